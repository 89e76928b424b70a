"""What every pattern is made of; the five differ in what they accept and in their nodes."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.admission.catalogue import check_exempt
from bulkhead.cluster.admission_policies import AdmissionPolicies
from bulkhead.cluster.eks import PrivateCluster
from bulkhead.cluster.kubeconfig import kubeconfig
from bulkhead.cluster.sandbox_runtimes import SandboxRuntimes
from bulkhead.cluster.services import ClusterServices
from bulkhead.domain import parsing
from bulkhead.domain.boundaries import SEPARATION
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.labels import LABEL_PREFIX, Plane
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.subnets import SubnetGroup
from bulkhead.domain.tenants import Tenant
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import checked
from bulkhead.foundation.component import Component
from bulkhead.foundation.network import PlaneNetwork
from bulkhead.foundation.tier_foundation import FoundationArgs, TierFoundation
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.network import Network, at, existing_network, made_network
from bulkhead.patterns.nodes import Nodes
from bulkhead.patterns.plan import make_plan, on_pattern, runtimes_of
from bulkhead.patterns.sealing import Sealing
from bulkhead.workloads.gateway import GatewayNamespace
from bulkhead.workloads.tenant import TenantNamespace

COMPONENTS = {
    IsolationPattern.SHARED_CLUSTER: "SharedCluster",
    IsolationPattern.DEDICATED_NODE_POOLS: "DedicatedNodePools",
    IsolationPattern.SINGLE_TENANT_CLUSTER: "SingleTenantCluster",
    IsolationPattern.DEDICATED_HOSTS: "DedicatedHosts",
    IsolationPattern.CONFIDENTIAL_COMPUTE: "ConfidentialCompute",
}
"""The component of each pattern."""


CALLED_BY_KARPENTER = ["sqs", "ssm"]
"""Services that Karpenter calls besides those that every cluster needs (Karpenter, "Private
Clusters")."""


class Pattern(Component):
    """A platform of one pattern: foundation, network, cluster, pools, add-ons and tenants.

    A program that changes one pattern's word for another's keeps what both have: every pattern
    answers to the types of the others, so that Pulumi finds keys, stores, network, cluster and
    namespaces again under the new word.
    """

    PATTERN = IsolationPattern.SHARED_CLUSTER

    def __init__(
        self, name: str, args: PatternArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the platform.

        Raises:
            RefusedError: see ``make_plan``. Nothing is registered then.
        """
        parsing.name(name, where=name)
        args = checked(args, PatternArgs, where=name)
        plan = make_plan(name, self.PATTERN, args)
        check_exempt(args.get("exempt_namespaces") or [], where=f"{name}.exempt_namespaces")
        super().__init__(name, pulumi.ResourceOptions.merge(opts, _known_as(self.PATTERN)))
        self._name, self._args, self._plan = name, args, plan

        self._stands_on = self._foundation()
        self._net = self._network()
        self._cluster = self._make_cluster()
        nodes = self._nodes()
        system = nodes.system()
        nodes.of_tenants()
        config = kubeconfig(
            self._cluster.cluster_name,
            self._cluster.endpoint,
            self._cluster.certificate_authority,
            plan.scope.region,
        )
        # Access entries must be there before the first call, and still be at the last.
        provider = k8s.Provider(
            name, kubeconfig=config, opts=self._child(depends_on=[self._cluster])
        )
        self._inside = pulumi.ResourceOptions(parent=self, provider=provider)
        services = self._services(provider, system)
        nodes.of_karpenter(
            pulumi.ResourceOptions(parent=self, provider=provider, depends_on=[services])
        )
        rules = self._admission()
        self._sandboxes()
        self._sealing = Sealing(name, args, plan, opts=self._child(), inside=self._inside)
        made = self._tenants(rules)
        self._export(
            {
                "cluster_name": self._cluster.cluster_name,
                "endpoint": self._cluster.endpoint,
                "kubeconfig": config,
                "access": self._access(),
                "vpc_id": self._net.vpc_id,
                "key_arns": self._stands_on["key_arns"],
                "model_buckets": self._stands_on["model_buckets"],
                "tenants": made,
                "isolation": {str(at): what for at, what in SEPARATION[self.PATTERN].items()},
            }
        )

    def key(self, purpose: Purpose, tier: Tier | None = None) -> pulumi.Input[str]:
        """ARN of the key for ``purpose``; without ``tier`` that of what tenants share."""
        arn: pulumi.Input[str] = at(
            self._stands_on["key_arns"], str(tier or self._plan.tier), str(purpose)
        )
        return arn

    def _foundation(self) -> FoundationArgs:
        given = self._args.get("foundation")
        if given is not None:
            return given
        made = TierFoundation(
            self._name,
            {
                "scope": self._args["scope"],
                "tiers": [str(tier) for tier in self._plan.tiers],
                "administrators": self._args["administrators"],
            },
            self._child(),
        )
        return made.shared()

    def _network(self) -> Network:
        given = self._args.get("network")
        if given is not None:
            return existing_network(given)
        made = PlaneNetwork(
            self._name,
            {
                "scope": self._args["scope"],
                "tier": self._plan.tier,
                "cidr": self._args["cidr"],
                "log_key_arn": self.key(Purpose.LOG),
                "zones": self._args.get("zones"),
                "services": CALLED_BY_KARPENTER if self._plan.has_karpenter else None,
                "egress": self._args.get("egress"),
                "private_domains": self._args.get("private_domains"),
            },
            self._child(),
        )
        return made_network(made)

    def _make_cluster(self) -> PrivateCluster:
        return PrivateCluster(
            self._name,
            {
                "scope": self._args["scope"],
                "tier": self._plan.tier,
                "subnet_ids": self._net.of(SubnetGroup.CLUSTER),
                "secrets_key_arn": self.key(Purpose.SECRET),
                "log_key_arn": self.key(Purpose.LOG),
                "administrators": self._args["administrators"],
                "version": self._args.get("version"),
                "addon_versions": self._args.get("addon_versions"),
                "operator_networks": self._args.get("operator_networks"),
            },
            self._child(),
        )

    def _nodes(self) -> Nodes:
        return Nodes(
            self._name,
            self._args,
            self._plan,
            self._cluster,
            self._net,
            volume_key=lambda tier: self.key(Purpose.VOLUME, tier),
            log_key=self.key(Purpose.LOG),
            opts=self._child(depends_on=[self._cluster]),
        )

    def _services(self, provider: k8s.Provider, system: pulumi.Resource) -> pulumi.Resource:
        return ClusterServices(
            self._name,
            {
                "scope": self._args["scope"],
                "tier": self._plan.tier,
                "cluster_name": self._plan.cluster_name,
                "volume_key_arn": self.key(Purpose.VOLUME),
                "cluster_cidrs": self._net.cluster_cidrs,
                "endpoint_cidrs": self._net.endpoint_cidrs,
                "resolver_cidr": self._net.resolver_cidr,
                "addon_versions": self._args.get("addon_versions"),
            },
            pulumi.ResourceOptions(parent=self, provider=provider, depends_on=[system]),
        )

    def _admission(self) -> pulumi.Resource:
        """Register what the API server refuses; it stands before there is anything to refuse."""
        return AdmissionPolicies(
            self._name,
            {
                "scope": self._args["scope"],
                "tier": self._plan.tier,
                "version": self._args.get("version"),
                "exempt_namespaces": self._args.get("exempt_namespaces"),
            },
            self._inside,
        )

    def _sandboxes(self) -> None:
        """Register the runtime classes that the pools can run, if any."""
        runtimes = runtimes_of(self._plan.pools)
        if runtimes:
            SandboxRuntimes(
                self._name,
                {
                    "scope": self._args["scope"],
                    "tier": self._plan.tier,
                    "runtimes": [str(runtime) for runtime in runtimes],
                    "version": self._args.get("version"),
                    "cluster_cidrs": self._net.cluster_cidrs,
                    "kata": self._args.get("kata"),
                },
                self._inside,
            )

    def _tenants(self, rules: pulumi.Resource) -> dict[str, Any]:
        version = self._args.get("version")
        opts = pulumi.ResourceOptions.merge(
            self._inside, pulumi.ResourceOptions(depends_on=[rules])
        )
        GatewayNamespace(
            f"{self._name}-gateway",
            {"scope": self._args["scope"], "tier": self._plan.tier, "version": version},
            opts,
        )
        compartments = {}
        for tenant, described in zip(self._plan.tenants, self._args["tenants"], strict=True):
            made = TenantNamespace(
                f"{self._name}-{tenant.name}",
                {
                    "scope": self._args["scope"],
                    "tenant": on_pattern(self.PATTERN, described),
                    "cluster_name": self._plan.cluster_name,
                    "version": version,
                    "nodes": self._plan.nodes[tenant.name],
                    "sealed_pools": self._sealing.pools(tenant),
                    "artifacts": {
                        "bucket_name": at(self._stands_on["model_buckets"], str(tenant.tier)),
                        "endpoint_url": self._net.s3_endpoint_url,
                    },
                    "endpoint_cidrs": self._net.endpoint_cidrs,
                    "boundary_arn": self._stands_on["boundary_arn"],
                },
                opts,
            )
            compartments[tenant.name] = {
                "namespace": made.namespace,
                "role_arn": made.role_arn,
                "service_account": made.service_account,
                "node_selector": self._selector(tenant),
                "sealed_key_arns": self._sealing.key_arns(tenant),
                "labels": tenant.labels(
                    self._plan.scope.environment, Plane.INFERENCE, "inference"
                ).kubernetes(),
            }
        return compartments

    def _selector(self, tenant: Tenant) -> dict[str, str]:
        nodes = self._plan.nodes[tenant.name]
        value = {"tenant": tenant.name, "tier": str(tenant.tier)}
        return {f"{LABEL_PREFIX}{nodes}": value[nodes]} if nodes else {}

    def _access(self) -> str:
        networks = self._args.get("operator_networks") or []
        ways = ["inside the VPC", *(f"{network} by peering or transit" for network in networks)]
        return f"private endpoint, reached from {', and from '.join(ways)}"


def _known_as(pattern: IsolationPattern) -> pulumi.ResourceOptions:
    """The types of the other patterns, under which the same platform may be known."""
    return pulumi.ResourceOptions(
        aliases=[
            pulumi.Alias(type_=f"bulkhead:index:{word}")
            for other, word in COMPONENTS.items()
            if other is not pattern
        ]
    )
