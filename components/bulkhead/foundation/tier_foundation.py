"""What the tenants of an environment stand on, tier by tier."""

from typing import NotRequired, TypedDict

import pulumi

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.stores import Store
from bulkhead.domain.tiers import strictest
from bulkhead.foundation.arguments import ScopeArgs, checked, read_tiers
from bulkhead.foundation.boundary import WorkloadBoundary
from bulkhead.foundation.component import Component
from bulkhead.foundation.keys import KeyPartition
from bulkhead.foundation.partition_stores import PartitionStores, read_stores


class TierFoundationArgs(TypedDict):
    """What a ``TierFoundation`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of keys and stores."""
    tiers: list[str]
    """Sensitivity tiers in use, each once."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the keys and can't use them."""
    stores: NotRequired[list[str] | None]
    """Stores of each tier, models among them: datasets, features, embeddings, checkpoints, models
    and evidence. Default: models alone, which is what inference needs."""


class FoundationArgs(TypedDict):
    """Keys and stores that patterns of one environment share: outputs of a ``TierFoundation``."""

    key_arns: pulumi.Input[dict[str, pulumi.Input[dict[str, pulumi.Input[str]]]]]
    """ARN of the key for each tier and purpose."""
    model_buckets: pulumi.Input[dict[str, pulumi.Input[str]]]
    """Name of the bucket of model artifacts for each tier."""
    boundary_arn: pulumi.Input[str]
    """ARN of the permissions boundary of tenants' roles."""
    buckets: NotRequired[pulumi.Input[dict[str, pulumi.Input[dict[str, pulumi.Input[str]]]]]]
    """Name of the bucket for each tier and store. Default: none; tenants that train need those of
    datasets and checkpoints."""


class TierFoundation(Component):
    """Keys and stores of every tier in use, and the boundary of tenants' roles.

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
    buckets: pulumi.Output[dict[str, dict[str, str]]]
    """Name of the bucket for each tier and store."""
    boundary_arn: pulumi.Output[str]
    """ARN of the permissions boundary of tenants' roles."""

    def __init__(
        self, name: str, args: TierFoundationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make keys, stores and boundary.

        Raises:
            RefusedError: the scope, a tier, an administrator or a store is refused, there is no
                tier, or models are not among the stores.
        """
        args = checked(args, TierFoundationArgs, where=name)
        tiers = read_tiers(args["tiers"], where=f"{name}.tiers")
        stores = read_stores(args.get("stores"), [Store.MODELS], where=f"{name}.stores")
        if Store.MODELS not in stores:
            raise RefusedError(
                "no store of models, from which inference reads",
                given=", ".join(stores),
                allowed="models among the stores",
                where=f"{name}.stores",
            )
        super().__init__(name, opts)
        scope = args["scope"]
        self.kinds = stores
        self.keys = {
            tier: KeyPartition(
                f"{name}-{tier}",
                {"scope": scope, "tier": tier, "administrators": args["administrators"]},
                self._child(),
            )
            for tier in tiers
        }
        self.stores = {
            tier: PartitionStores(
                f"{name}-{tier}",
                {
                    "scope": scope,
                    "tier": tier,
                    "key_arns": self.keys[tier].arns,
                    "stores": [str(store) for store in stores],
                },
                self._child(),
            )
            for tier in tiers
        }
        self.boundary_arn = WorkloadBoundary(
            f"{name}-workload-boundary", {"scope": scope, "tier": strictest(tiers)}, self._child()
        ).arn
        self._export(dict(self.shared()))

    def shared(self) -> FoundationArgs:
        """What patterns take as ``foundation``: the outputs, each depending on its own resource."""
        return {
            "key_arns": {
                str(tier): {str(purpose): partition.arn(purpose) for purpose in Purpose}
                for tier, partition in self.keys.items()
            },
            "model_buckets": {
                str(tier): made.bucket_names[Store.MODELS] for tier, made in self.stores.items()
            },
            "boundary_arn": self.boundary_arn,
            "buckets": {
                str(tier): {str(store): made.bucket_names[store] for store in self.kinds}
                for tier, made in self.stores.items()
            },
        }
