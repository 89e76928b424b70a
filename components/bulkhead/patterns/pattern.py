"""What every pattern is made of; the five differ in what they accept and in their nodes."""

import pulumi

from bulkhead.domain import parsing
from bulkhead.domain.boundaries import SEPARATION
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.partitions import Purpose
from bulkhead.foundation.arguments import checked
from bulkhead.foundation.component import Component
from bulkhead.foundation.network import PlaneNetwork
from bulkhead.foundation.tier_foundation import FoundationArgs, TierFoundation
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.cluster import Cluster, key_of
from bulkhead.patterns.compartments import Compartments
from bulkhead.patterns.gateway import clients_of
from bulkhead.patterns.network import Network, existing_network, made_network
from bulkhead.patterns.plan import make_plan
from bulkhead.patterns.training import STORES

COMPONENTS = {
    IsolationPattern.SHARED_CLUSTER: "SharedCluster",
    IsolationPattern.DEDICATED_NODE_POOLS: "DedicatedNodePools",
    IsolationPattern.SINGLE_TENANT_CLUSTER: "SingleTenantCluster",
    IsolationPattern.DEDICATED_HOSTS: "DedicatedHosts",
    IsolationPattern.CONFIDENTIAL_COMPUTE: "ConfidentialCompute",
}
"""The component of each pattern."""


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
        plan = make_plan(name, [self.PATTERN], args)
        super().__init__(name, pulumi.ResourceOptions.merge(opts, _known_as(self.PATTERN)))
        self._name, self._args, self._plan = name, args, plan

        foundation = self._foundation()
        network = self._network(foundation)
        cluster = Cluster(name, args, plan, network, foundation, self._child())
        made = Compartments(
            name,
            args,
            plan,
            network,
            foundation,
            sealed_key_arns=cluster.sealing.key_arns,
            counters=cluster.counters,
            opts=pulumi.ResourceOptions.merge(
                cluster.inside,
                pulumi.ResourceOptions(depends_on=[cluster.admission, cluster.services]),
            ),
        )
        self._export(
            {
                "cluster_name": cluster.control_plane.cluster_name,
                "endpoint": cluster.control_plane.endpoint,
                "kubeconfig": cluster.kubeconfig,
                "access": cluster.access,
                "vpc_id": network.vpc_id,
                "key_arns": foundation["key_arns"],
                "model_buckets": foundation["model_buckets"],
                "gateway_host": made.gateway_host,
                "tenants": made.tenants,
                "isolation": {str(at): what for at, what in SEPARATION[self.PATTERN].items()},
            }
        )

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
                "stores": STORES if self._plan.training else None,
            },
            self._child(),
        )
        return made.shared()

    def _network(self, foundation: FoundationArgs) -> Network:
        given = self._args.get("network")
        if given is not None:
            return existing_network(given)
        made = PlaneNetwork(
            self._name,
            {
                "scope": self._args["scope"],
                "tier": self._plan.tier,
                "cidr": self._args["cidr"],
                "log_key_arn": key_of(foundation, self._plan.tier, Purpose.LOG),
                "zones": self._args.get("zones"),
                "services": self._plan.services,
                "egress": self._args.get("egress"),
                "private_domains": self._args.get("private_domains"),
                "gateway_clients": clients_of(self._plan),
            },
            self._child(),
        )
        return made_network(made)


def _known_as(pattern: IsolationPattern) -> pulumi.ResourceOptions:
    """The types of the other patterns, under which the same platform may be known."""
    return pulumi.ResourceOptions(
        aliases=[
            pulumi.Alias(type_=f"bulkhead:index:{word}")
            for other, word in COMPONENTS.items()
            if other is not pattern
        ]
    )
