"""Key partitions."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.access import check_role_arn
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import SIGNING_SPEC, Purpose, key_alias, keys_of
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.key_policies import key_policy

PLANES = {
    Purpose.DATA: Plane.DATA,
    Purpose.MODEL: Plane.MODEL,
    Purpose.LOG: Plane.CONTROL,
    Purpose.SECRET: Plane.CONTROL,
    Purpose.VOLUME: Plane.DATA,
    Purpose.SIGNING: Plane.MODEL,
}
"""The plane that each purpose's key belongs to."""


class KeyPartitionArgs(TypedDict):
    """What a ``KeyPartition`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the keys."""
    tier: str
    """Sensitivity tier of what the keys protect."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the keys and can't use them. The role that deploys
    must be one of them, since KMS refuses a policy that shuts out its author."""
    description: NotRequired[str | None]
    """What the keys' descriptions end with. Default: nothing."""


class KeyPartition(Component):
    """The KMS keys of one environment and tier (KEY-1, KEY-2, STO-2).

    Tiers whose catalogue entry asks for it have a key for each purpose (data, model, log, secret,
    volume), the others one key for all; either way every purpose has its alias
    ``alias/bulkhead/<environment>/<tier>/<purpose>``. Rotation period and waiting time before
    deletion come from the catalogue. The signing key is asymmetric (ECDSA, P-256) and not rotated,
    which KMS does for encryption keys only: the tier's builder signs models and evidence with it,
    and all of the environment verify.

    The key policy names its users by the path and the tags of their roles and by the service
    through which they come. It denies everyone of another environment or a lower tier, free grants,
    and any use by administrators beyond what DynamoDB, EFS, FSx and AWS Backup do in their name
    when they make a table, a file system or a vault. What it can't prevent is that an administrator
    puts another policy; the guardrail of the caller's role holds then.

    Where the environment protects its data, the keys are protected against deletion by Pulumi, and
    removing one takes two persons: the approver tags the key ``bulkhead:removal-approved`` =
    ``true``, then the key custodian, who must have signed in with a second factor, disables it or
    schedules its deletion.

    Example:
        import pulumi

        from bulkhead import KeyPartition
        from bulkhead.domain.partitions import Purpose

        keys = KeyPartition(
            "confidential",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "confidential",
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
            },
        )
        pulumi.export("data_key", keys.arn(Purpose.DATA))
    """

    arns: pulumi.Output[dict[str, str]]
    """ARN of the key for each purpose."""

    def __init__(
        self, name: str, args: KeyPartitionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the keys.

        Raises:
            RefusedError: the scope, the tier or an administrator is refused, or there is none.
        """
        args = checked(args, KeyPartitionArgs, where=name)
        scope, tier = read_place(args, where=name)
        administrators = check_administrators(args["administrators"], where=name)
        super().__init__(name, opts)
        ending = args.get("description") or ""
        self.keys: dict[Purpose, aws.kms.Key] = {}
        for key_name, purposes in keys_of(tier).items():
            key = aws.kms.Key(
                f"{name}-{key_name}",
                description=f"{scope.environment} {tier} {key_name} {ending}".strip(),
                policy=render(key_policy(scope, tier, purposes, administrators)),
                deletion_window_in_days=CATALOGUE[tier].keys.deletion_window_days,
                tags=scope.labels(tier, PLANES[purposes[0]], f"key-{key_name}").tags(name),
                opts=self._child(protect=scope.rules.protect_data),
                **_kind(tier, purposes),
            )
            for purpose in purposes:
                self.keys[purpose] = key
                aws.kms.Alias(
                    f"{name}-{purpose}",
                    name=key_alias(scope.environment, tier, purpose),
                    target_key_id=key.key_id,
                    opts=self._child(),
                )
        self._export({"arns": {str(purpose): key.arn for purpose, key in self.keys.items()}})

    def arn(self, purpose: Purpose) -> pulumi.Output[str]:
        """ARN of the key for ``purpose``."""
        arn: pulumi.Output[str] = self.keys[purpose].arn
        return arn


def _kind(tier: Tier, purposes: Sequence[Purpose]) -> dict[str, Any]:
    """What the key can do; KMS rotates no asymmetric key."""
    if Purpose.SIGNING in purposes:
        return {"key_usage": "SIGN_VERIFY", "customer_master_key_spec": SIGNING_SPEC}
    period = CATALOGUE[tier].keys.rotation_days
    return {"enable_key_rotation": True, "rotation_period_in_days": period}


def check_administrators(arns: list[str], *, where: str) -> list[str]:
    """Return the ARNs of the administrators if there are some and all are roles.

    Raises:
        RefusedError: there is none, or one is no role.
    """
    path = f"{where}.administrators"
    if not arns:
        raise RefusedError("an administrator is needed", allowed="at least one role", where=path)
    return [check_role_arn(arn, where=path) for arn in arns]
