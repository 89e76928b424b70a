"""What a pattern has for tenants that train: namespaces, queues, and what holds them."""

from typing import Any

import pulumi

from bulkhead.domain.stores import Store
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation.tier_foundation import FoundationArgs
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.network import Network, at
from bulkhead.patterns.plan import Plan
from bulkhead.workloads.arguments import TenantArgs
from bulkhead.workloads.queue_controller import QueueController
from bulkhead.workloads.training_namespace import TrainingNamespace
from bulkhead.workloads.training_queues import TrainingQueues
from bulkhead.workloads.training_stores import READ

STORES = [str(store) for store in (Store.MODELS, *(s for s in READ if s is not Store.MODELS))]
"""The stores of a platform on which somebody trains."""


class TrainingPlane:
    """Registers training for one platform; nothing where nobody trains."""

    def __init__(
        self,
        name: str,
        args: PatternArgs,
        plan: Plan,
        stands_on: FoundationArgs,
        network: Network,
        *,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Register under the parent and with the cluster's provider that ``opts`` name."""
        self._name, self._args, self._plan = name, args, plan
        self._stands_on, self._network, self._opts = stands_on, network, opts
        self._spaces: dict[str, TrainingNamespace] = {}
        self._described: list[TenantArgs] = [
            {**described, "pattern": str(tenant.pattern)}
            for tenant, described in zip(plan.tenants, args["tenants"], strict=True)
            if tenant.name in plan.training
        ]
        if not self._described:
            return
        trainers = [tenant for tenant in plan.tenants if tenant.name in plan.training]
        for tenant, described in zip(trainers, self._described, strict=True):
            self._spaces[tenant.name] = self._space(tenant, described)
        self._queues()

    def outputs(self, tenant: Tenant) -> dict[str, Any]:
        """What the tenant's compartment says of its training."""
        space = self._spaces.get(tenant.name)
        if space is None:
            return {"queues": {}, "training_namespace": "", "training_role_arn": ""}
        budgets = self._plan.training[tenant.name].budgets
        return {
            "queues": {str(budget.pool): str(budget.pool) for budget in budgets},
            "training_namespace": space.namespace,
            "training_role_arn": space.role_arn,
        }

    def _space(self, tenant: Tenant, described: TenantArgs) -> TrainingNamespace:
        buckets = {
            str(store): at(self._stands_on["buckets"], str(tenant.tier), str(store))
            for store in READ
        }
        stores: Any = {**buckets, "endpoint_url": self._network.s3_endpoint_url}
        return TrainingNamespace(
            f"{self._name}-{tenant.name}-training",
            {
                "scope": self._args["scope"],
                "tenant": described,
                "cluster_name": self._plan.cluster_name,
                "version": self._args.get("version"),
                "nodes": self._plan.training_nodes[tenant.name],
                "stores": stores,
                "endpoint_cidrs": self._network.endpoint_cidrs,
                "boundary_arn": self._stands_on["boundary_arn"],
            },
            self._opts,
        )

    def _queues(self) -> None:
        images: Any = self._args["queue_images"]
        scope, tier = self._args["scope"], self._plan.tier
        controller = QueueController(
            f"{self._name}-queue-controller",
            {
                "scope": scope,
                "tier": tier,
                "image": images["kueue"],
                "cluster_cidrs": self._network.cluster_cidrs,
                "version": self._args.get("version"),
            },
            self._opts,
        )
        TrainingQueues(
            f"{self._name}-queues",
            {
                "scope": scope,
                "tier": tier,
                "tenants": self._described,
                "pools": self._plan.training_pools(self._args["pools"]),
                "switch_image": images.get("kubectl"),
            },
            pulumi.ResourceOptions.merge(
                self._opts,
                pulumi.ResourceOptions(depends_on=[controller, *self._spaces.values()]),
            ),
        )
