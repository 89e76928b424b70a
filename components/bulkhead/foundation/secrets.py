"""Secrets of a partition."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import PLATFORM, TAG_PREFIX, Plane
from bulkhead.domain.secrets import SecretKind, check_rotation, secret_name
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.rotation import function_arn, make_rotation
from bulkhead.foundation.store_policies import secret_policy

KIND_TAG = f"{TAG_PREFIX}secret-kind"
"""The tag by which the rotation function knows what to generate."""


class SecretArgs(TypedDict):
    """One secret."""

    name: str
    """DNS label; unique in its tenant."""
    kind: str
    """What rotation generates: api-key, password or signing-secret."""
    tenant: NotRequired[str | None]
    """Whose pods read it. Default: ``platform``, the platform's own."""
    rotation_days: NotRequired[int | None]
    """Days after which it gets a new value. Default: the tier's, which is the most."""


class PartitionSecretsArgs(TypedDict):
    """What ``PartitionSecrets`` take."""

    scope: ScopeArgs
    """Environment, account and Region of the secrets."""
    tier: str
    """Sensitivity tier of what they open."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for secrets."""
    log_key_arn: pulumi.Input[str]
    """ARN of the partition's key for logs, which encrypts what the rotation tells."""
    secrets: list[SecretArgs]
    """The secrets; there is at least one."""


class PartitionSecrets(Component):
    """The secrets of one environment and tier, and the function that rotates them (KEY-4).

    Rotation makes the first value and every other, so that neither a program nor a state file ever
    holds one. It comes at the latest when the tier asks, and the old value stays readable as the
    previous version until the next. Only roles of the secret's own tenant in its environment and
    tier read it, through VPC endpoints; ``SecretFiles`` delivers it to their pods. A deleted secret
    can be brought back for as long as the tier says. ``AuditAlarms`` tell when a rotation fails.

    Example:
        from bulkhead import KeyPartition, PartitionSecrets
        from bulkhead.domain.partitions import Purpose

        scope = {
            "environment": "dev",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        keys = KeyPartition(
            "confidential",
            {
                "scope": scope,
                "tier": "confidential",
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
            },
        )
        PartitionSecrets(
            "confidential",
            {
                "scope": scope,
                "tier": "confidential",
                "key_arn": keys.arn(Purpose.SECRET),
                "log_key_arn": keys.arn(Purpose.LOG),
                "secrets": [{"name": "gateway-token", "kind": "api-key", "tenant": "acme"}],
            },
        )
    """

    secret_arns: pulumi.Output[dict[str, str]]
    """ARN of each secret by ``<tenant>/<name>``."""

    def __init__(
        self, name: str, args: PartitionSecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the secrets.

        Raises:
            RefusedError: the scope, the tier or a secret is refused, there is none, or one stands
                twice.
        """
        args = checked(args, PartitionSecretsArgs, where=name)
        scope, tier = read_place(args, where=name)
        secrets = _check_secrets(args["secrets"], tier, where=f"{name}.secrets")
        super().__init__(name, opts)
        self._name, self._scope, self._tier = name, scope, tier
        callable_by_service = make_rotation(
            scope, tier, log_key_arn=args["log_key_arn"], opts=self._child()
        )
        self._export(
            {
                "secret_arns": {
                    path: self._make(path, secret, args["key_arn"], callable_by_service)
                    for path, secret in secrets.items()
                }
            }
        )

    def _make(
        self,
        path: str,
        secret: SecretArgs,
        key_arn: pulumi.Input[str],
        callable_by_service: pulumi.Resource,
    ) -> pulumi.Output[str]:
        """Register a secret; the ARN that comes back is known once the secret is fenced."""
        scope, tier = self._scope, self._tier
        tenant, _, word = path.partition("/")
        name = f"{self._name}-{tenant}-{word}"
        labels = scope.labels(tier, Plane.CONTROL, word).but(tenant=tenant)
        made = aws.secretsmanager.Secret(
            name,
            name=secret_name(scope.environment, tier, tenant, word),
            description=f"{secret['kind']} of {tenant}; rotation makes its values.",
            kms_key_id=key_arn,
            recovery_window_in_days=CATALOGUE[tier].secrets.recovery_days,
            tags={**labels.tags(name), KIND_TAG: secret["kind"]},
            opts=self._child(protect=scope.rules.protect_data),
        )
        policy = aws.secretsmanager.SecretPolicy(
            name,
            secret_arn=made.arn,
            policy=render(secret_policy(scope, tier, tenant, arns.rotation_role(scope, tier))),
            block_public_policy=True,
            opts=self._child(),
        )
        days = check_rotation(tier, secret.get("rotation_days"), where=name)
        aws.secretsmanager.SecretRotation(
            name,
            secret_id=made.id,
            rotation_lambda_arn=function_arn(scope, tier),
            rotation_rules={"automatically_after_days": days},
            rotate_immediately=True,
            opts=self._child(depends_on=[callable_by_service, policy]),
        )
        arn: pulumi.Output[str] = policy.secret_arn
        return arn


def _check_secrets(asked: list[SecretArgs], tier: Tier, *, where: str) -> dict[str, SecretArgs]:
    """The secrets by ``<tenant>/<name>``."""
    if not asked:
        raise RefusedError("no secret", allowed="at least one", where=where)
    secrets: dict[str, SecretArgs] = {}
    for place, secret in enumerate(asked):
        path = f"{where}[{place}]"
        secret = checked(secret, SecretArgs, where=path)
        parsing.name(secret["name"], where=f"{path}.name")
        parsing.choice(SecretKind, secret["kind"], where=f"{path}.kind")
        tenant = parsing.name(secret.get("tenant") or PLATFORM, where=f"{path}.tenant")
        check_rotation(tier, secret.get("rotation_days"), where=f"{path}.rotation_days")
        key = f"{tenant}/{secret['name']}"
        if key in secrets:
            raise RefusedError("a secret stands twice", given=key, where=path)
        secrets[key] = secret
    return secrets
