"""What the tenants of an environment stand on, tier by tier."""

from typing import TypedDict

import pulumi

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.stores import ACCESS_LOGS, Store
from bulkhead.domain.tiers import Tier, strictest
from bulkhead.foundation.access_logs import AccessLogBucket
from bulkhead.foundation.arguments import ScopeArgs, checked
from bulkhead.foundation.boundary import WorkloadBoundary
from bulkhead.foundation.component import Component
from bulkhead.foundation.keys import KeyPartition
from bulkhead.foundation.storage import EncryptedBucket


class TierFoundationArgs(TypedDict):
    """What a ``TierFoundation`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of keys and stores."""
    tiers: list[str]
    """Sensitivity tiers in use, each once."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the keys and can't use them."""


class FoundationArgs(TypedDict):
    """Keys and stores that patterns of one environment share: outputs of a ``TierFoundation``."""

    key_arns: pulumi.Input[dict[str, pulumi.Input[dict[str, pulumi.Input[str]]]]]
    """ARN of the key for each tier and purpose."""
    model_buckets: pulumi.Input[dict[str, pulumi.Input[str]]]
    """Name of the bucket of model artifacts for each tier."""
    boundary_arn: pulumi.Input[str]
    """ARN of the permissions boundary of tenants' roles."""


class TierFoundation(Component):
    """Keys and model stores of every tier in use, and the boundary of tenants' roles.

    There is one for an environment: every pattern of it stands on the same, so that a tenant which
    moves from one pattern to another leaves its keys and its data where they are.

    Example:
        from bulkhead import TierFoundation

        TierFoundation(
            "foundation",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tiers": ["internal", "confidential"],
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
            },
        )
    """

    key_arns: pulumi.Output[dict[str, dict[str, str]]]
    """ARN of the key for each tier and purpose."""
    model_buckets: pulumi.Output[dict[str, str]]
    """Name of the bucket of model artifacts for each tier."""
    boundary_arn: pulumi.Output[str]
    """ARN of the permissions boundary of tenants' roles."""

    def __init__(
        self, name: str, args: TierFoundationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make keys, stores and boundary.

        Raises:
            RefusedError: the scope, a tier or an administrator is refused, or there is no tier.
        """
        args = checked(args, TierFoundationArgs, where=name)
        tiers = [parsing.choice(Tier, tier, where=f"{name}.tiers") for tier in args["tiers"]]
        if not tiers or len(set(tiers)) < len(tiers):
            raise RefusedError(
                "not a list of different tiers",
                given=", ".join(tiers),
                allowed="one or more, each once",
                where=f"{name}.tiers",
            )
        super().__init__(name, opts)
        scope = args["scope"]
        self.keys = {
            tier: KeyPartition(
                f"{name}-{tier}",
                {"scope": scope, "tier": tier, "administrators": args["administrators"]},
                self._child(),
            )
            for tier in tiers
        }
        self.models = {tier: self._models(name, scope, tier, self.keys[tier]) for tier in tiers}
        self.boundary_arn = WorkloadBoundary(
            f"{name}-workload-boundary", {"scope": scope, "tier": strictest(tiers)}, self._child()
        ).arn
        self._export(self.shared())

    def shared(self) -> FoundationArgs:
        """What patterns take as ``foundation``: the outputs, each depending on its own resource."""
        return {
            "key_arns": {
                str(tier): {str(purpose): partition.arn(purpose) for purpose in Purpose}
                for tier, partition in self.keys.items()
            },
            "model_buckets": {
                str(tier): bucket.bucket_name for tier, bucket in self.models.items()
            },
            "boundary_arn": self.boundary_arn,
        }

    def _models(
        self, name: str, scope: ScopeArgs, tier: Tier, keys: KeyPartition
    ) -> EncryptedBucket:
        logs = AccessLogBucket(
            f"{name}-{tier}-{ACCESS_LOGS}", {"scope": scope, "tier": tier}, self._child()
        )
        return EncryptedBucket(
            f"{name}-{tier}-{Store.MODELS}",
            {
                "scope": scope,
                "tier": tier,
                "store": Store.MODELS,
                "key_arn": keys.arn(Store.MODELS.purpose),
                "access_log_bucket": logs.bucket_name,
            },
            self._child(),
        )
