"""Keys that open for an attested measurement alone."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain import parsing
from bulkhead.domain.access import check_role_arn
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import SEALED, sealed_alias
from bulkhead.domain.seals import CONDITIONS, Protection, check_measurements, conditions
from bulkhead.domain.tiers import CATALOGUE
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.key_policies import sealed_policy
from bulkhead.foundation.keys import check_administrators


class SealedKeyArgs(TypedDict):
    """What a ``SealedKey`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the key."""
    tier: str
    """Sensitivity tier of what the key protects."""
    pool: str
    """The pool whose nodes are attested; names the key."""
    protection: str
    """What attests: nitro-enclaves or nitro-tpm."""
    measurements: dict[str, str]
    """SHA-384 digests on which the key opens; see ``SealArgs``."""
    users: list[str]
    """ARNs of the roles that open it, on the attested nodes alone."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the key and can't use it."""


class SealedKey(Component):
    """A KMS key that opens on one attested measurement, and for nobody else (KEY-3, ISO-7).

    Weights or data that the tier's builder encrypts under it are decrypted only for a request that
    carries an attestation document, signed by Nitro, with every one of the measurements: of an
    enclave's image, or of the image that an instance booted (NitroTPM). KMS encrypts its answer to
    the key in that document, so that nobody who relays it can read it. An explicit deny holds this
    against every IAM policy and grant; there are no grants at all. A new image has new
    measurements: change them before its nodes start.

    What it can't hold: an administrator may put another policy, which CloudTrail tells. SEV-SNP has
    no such key, since KMS doesn't read its reports; it protects memory alone.

    Example:
        from bulkhead import SealedKey

        SealedKey(
            "weights",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "restricted",
                "pool": "enclaves",
                "protection": "nitro-enclaves",
                "measurements": {"pcr0": "5f" * 48},
                "users": [
                    "arn:aws:iam::111122223333:role/bulkhead/dev/restricted/dev-claims-server"
                ],
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
            },
        )
    """

    arn: pulumi.Output[str]
    """ARN of the key."""
    alias: pulumi.Output[str]
    """Alias of the key."""

    def __init__(
        self, name: str, args: SealedKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the key.

        Raises:
            RefusedError: the scope, the tier, a role or a measurement is refused, or the protection
                attests nothing to KMS.
        """
        args = checked(args, SealedKeyArgs, where=name)
        scope, tier = read_place(args, where=name)
        pool = parsing.name(args["pool"], where=f"{name}.pool")
        protection = parsing.choice(Protection, args["protection"], where=f"{name}.protection")
        if not CONDITIONS[protection]:
            raise RefusedError(
                "KMS reads no attestation of this protection",
                given=protection,
                allowed=[each for each in Protection if CONDITIONS[each]],
                where=f"{name}.protection",
            )
        check_measurements(protection, args["measurements"], where=name)
        administrators = check_administrators(args["administrators"], where=name)
        users = [check_role_arn(arn, where=f"{name}.users") for arn in args["users"]]
        attested: Mapping[str, str] = conditions(protection, args["measurements"])
        super().__init__(name, opts)
        rules = CATALOGUE[tier].keys
        key = aws.kms.Key(
            name,
            description=f"{scope.environment} {tier} {SEALED}{pool}",
            policy=render(sealed_policy(scope, tier, users, administrators, attested)),
            deletion_window_in_days=rules.deletion_window_days,
            enable_key_rotation=True,
            rotation_period_in_days=rules.rotation_days,
            tags=scope.labels(tier, Plane.MODEL, "key-sealed").tags(name),
            opts=self._child(protect=scope.rules.protect_data),
        )
        alias = aws.kms.Alias(
            name,
            name=sealed_alias(scope.environment, tier, pool),
            target_key_id=key.key_id,
            opts=self._child(),
        )
        self._export({"arn": key.arn, "alias": alias.name})
