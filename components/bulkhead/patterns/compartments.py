"""The tenants' places in a cluster, as patterns and stacks have them."""

from collections.abc import Mapping
from typing import Any

import pulumi

from bulkhead.domain.labels import LABEL_PREFIX, Plane
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation.tier_foundation import FoundationArgs
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.gateway import make_gateway
from bulkhead.patterns.network import Network, at
from bulkhead.patterns.plan import Plan
from bulkhead.patterns.sealing import sealed_pools
from bulkhead.patterns.training import TrainingPlane
from bulkhead.workloads.gateway import GatewayNamespace
from bulkhead.workloads.tenant import TenantNamespace


class Compartments:
    """Registers the gateway's namespace and one for each tenant of a cluster.

    Attributes:
        gateway: the platform's namespace in front of every inference call.
        gateway_host: DNS name of the gateway, None without one.
        tenants: what each tenant gets, by its name: a ``Compartment``.
        spaces: the namespace of each tenant and its role.
    """

    def __init__(
        self,
        name: str,
        args: PatternArgs,
        plan: Plan,
        network: Network,
        foundation: FoundationArgs,
        *,
        sealed_key_arns: Mapping[str, Any],
        counters: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Register under ``opts``, which name the cluster's provider.

        ``sealed_key_arns`` tells for each tenant the key of each of its sealed pools, ``counters``
        where the gateway counts, if there is one.
        """
        self._name, self._args, self._plan = name, args, plan
        self._net, self._stands_on, self._opts = network, foundation, opts
        self.gateway = GatewayNamespace(
            f"{name}-gateway",
            {"scope": args["scope"], "tier": plan.tier, "version": args.get("version")},
            opts,
        )
        self.gateway_host = make_gateway(name, args, plan, network, counters, self.gateway, opts)
        training = TrainingPlane(name, args, plan, foundation, network, opts=opts)
        self.tenants: dict[str, Any] = {}
        self.spaces: dict[str, TenantNamespace] = {}
        for tenant, described in zip(plan.tenants, args["tenants"], strict=True):
            made = self._namespace(tenant, {**described, "pattern": str(tenant.pattern)})
            self.spaces[tenant.name] = made
            self.tenants[tenant.name] = {
                "namespace": made.namespace,
                "role_arn": made.role_arn,
                "service_account": made.service_account,
                "node_selector": self._selector(tenant),
                "sealed_key_arns": sealed_key_arns[tenant.name],
                "labels": tenant.labels(
                    plan.scope.environment, Plane.INFERENCE, "inference"
                ).kubernetes(),
                **training.outputs(tenant),
            }

    def _namespace(self, tenant: Tenant, described: Any) -> TenantNamespace:
        return TenantNamespace(
            f"{self._name}-{tenant.name}",
            {
                "scope": self._args["scope"],
                "tenant": described,
                "cluster_name": self._plan.cluster_name,
                "version": self._args.get("version"),
                "nodes": self._plan.nodes[tenant.name],
                "sealed_pools": sealed_pools(self._plan, tenant),
                "artifacts": {
                    "bucket_name": at(self._stands_on["model_buckets"], str(tenant.tier)),
                    "endpoint_url": self._net.s3_endpoint_url,
                },
                "endpoint_cidrs": self._net.endpoint_cidrs,
                "boundary_arn": self._stands_on["boundary_arn"],
            },
            self._opts,
        )

    def _selector(self, tenant: Tenant) -> dict[str, str]:
        nodes = self._plan.nodes[tenant.name]
        value = {"tenant": tenant.name, "tier": str(tenant.tier)}
        return {f"{LABEL_PREFIX}{nodes}": value[nodes]} if nodes else {}
