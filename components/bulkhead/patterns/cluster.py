"""A cluster as patterns and stacks have it: control plane, nodes, add-ons, what it refuses."""

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.admission_policies import AdmissionPolicies
from bulkhead.cluster.eks import PrivateCluster
from bulkhead.cluster.kubeconfig import kubeconfig
from bulkhead.cluster.sandbox_runtimes import SandboxRuntimes
from bulkhead.cluster.services import ClusterServices
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.subnets import SubnetGroup
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.tier_foundation import FoundationArgs
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.gateway import make_counters
from bulkhead.patterns.network import Network, at
from bulkhead.patterns.nodes import Nodes
from bulkhead.patterns.plan import Plan, runtimes_of
from bulkhead.patterns.sealing import Sealing


class Cluster:
    """Registers a cluster with all that it has before its first tenant.

    Attributes:
        control_plane: the API server and who administers it.
        counters: address of the store of the gateway's counters, None without a gateway.
        kubeconfig: how to reach it, as JSON.
        access: over which network paths it is reached.
        services: what it offers pods.
        admission: what its API server refuses; it stands before there is anything to refuse.
        sealing: the keys of sealed pools.
        inside: options of what stands inside it.
    """

    def __init__(
        self,
        name: str,
        args: PatternArgs,
        plan: Plan,
        network: Network,
        foundation: FoundationArgs,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Register under the parent or the AWS provider that ``opts`` name."""
        self._name, self._args, self._plan = name, args, plan
        self._net, self._stands_on, self._opts = network, foundation, opts
        self.control_plane = self._make_control_plane()
        nodes = self._nodes()
        system = nodes.system()
        nodes.gateway()
        nodes.of_tenants()
        self.counters = make_counters(
            name, args, plan, network, foundation, self.control_plane.security_group_id, opts
        )
        self.kubeconfig = kubeconfig(
            self.control_plane.cluster_name,
            self.control_plane.endpoint,
            self.control_plane.certificate_authority,
            plan.scope.region,
        )
        # Access entries must be there before the first call, and still be at the last.
        provider = k8s.Provider(
            name, kubeconfig=self.kubeconfig, opts=self._and(depends_on=[self.control_plane])
        )
        self.inside = self._and(providers=[provider])
        self.services = self._make_services(system)
        nodes.of_karpenter(self._after(self.services))
        self.admission = AdmissionPolicies(
            name,
            {
                "scope": args["scope"],
                "tier": plan.tier,
                "version": args.get("version"),
                "exempt_namespaces": args.get("exempt_namespaces"),
            },
            self.inside,
        )
        self._make_sandboxes()
        self.sealing = Sealing(name, args, plan, opts=opts, provider=provider)

    @property
    def access(self) -> str:
        """Over which network paths the endpoint is reached."""
        networks = self._args.get("operator_networks") or []
        ways = ["inside the VPC", *(f"{network} by peering or transit" for network in networks)]
        return f"private endpoint, reached from {', and from '.join(ways)}"

    def _and(
        self,
        *,
        depends_on: list[pulumi.Resource] | None = None,
        providers: list[pulumi.ProviderResource] | None = None,
    ) -> pulumi.ResourceOptions:
        """The options of everything, and these."""
        more = pulumi.ResourceOptions(depends_on=depends_on, providers=providers)
        return pulumi.ResourceOptions.merge(self._opts, more)

    def _make_control_plane(self) -> PrivateCluster:
        return PrivateCluster(
            self._name,
            {
                "scope": self._args["scope"],
                "tier": self._plan.tier,
                "subnet_ids": self._net.of(SubnetGroup.CLUSTER),
                "secrets_key_arn": self._key(Purpose.SECRET),
                "log_key_arn": self._key(Purpose.LOG),
                "administrators": self._args["administrators"],
                "version": self._args.get("version"),
                "addon_versions": self._args.get("addon_versions"),
                "operator_networks": self._args.get("operator_networks"),
            },
            self._opts,
        )

    def _nodes(self) -> Nodes:
        return Nodes(
            self._name,
            self._args,
            self._plan,
            self.control_plane,
            self._net,
            volume_key=lambda tier: self._key(Purpose.VOLUME, tier),
            log_key=self._key(Purpose.LOG),
            opts=self._and(depends_on=[self.control_plane]),
        )

    def _make_services(self, system: pulumi.Resource) -> ClusterServices:
        return ClusterServices(
            self._name,
            {
                "scope": self._args["scope"],
                "tier": self._plan.tier,
                "cluster_name": self._plan.cluster_name,
                "volume_key_arn": self._key(Purpose.VOLUME),
                "cluster_cidrs": self._net.cluster_cidrs,
                "endpoint_cidrs": self._net.endpoint_cidrs,
                "resolver_cidr": self._net.resolver_cidr,
                "addon_versions": self._args.get("addon_versions"),
            },
            self._after(system),
        )

    def _make_sandboxes(self) -> None:
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
                self.inside,
            )

    def _after(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """The options of what stands inside and waits for others."""
        return pulumi.ResourceOptions.merge(
            self.inside, pulumi.ResourceOptions(depends_on=list(first))
        )

    def _key(self, purpose: Purpose, tier: Tier | None = None) -> pulumi.Input[str]:
        """ARN of the key for ``purpose``; without ``tier`` that of what tenants share."""
        return key_of(self._stands_on, tier or self._plan.tier, purpose)


def key_of(foundation: FoundationArgs, tier: Tier, purpose: Purpose) -> pulumi.Input[str]:
    """ARN of a tier's key for ``purpose``."""
    arn: pulumi.Input[str] = at(foundation["key_arns"], str(tier), str(purpose))
    return arn
