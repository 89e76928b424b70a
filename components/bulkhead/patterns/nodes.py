"""The nodes of a pattern's cluster: those of its own pods, and the tenants' pools."""

from collections.abc import Callable
from typing import Any

import pulumi

from bulkhead.cluster.eks import PrivateCluster
from bulkhead.cluster.host_pool import HostPool
from bulkhead.cluster.karpenter import Karpenter
from bulkhead.cluster.karpenter_pool import KarpenterPool
from bulkhead.cluster.pool_arguments import PoolArgs, read_pool
from bulkhead.cluster.pools import NodePool, PayerArgs
from bulkhead.cluster.self_managed import SelfManagedPool
from bulkhead.domain.pools import Pool
from bulkhead.domain.provisioners import Provisioner
from bulkhead.domain.subnets import SubnetGroup
from bulkhead.domain.tiers import Tier
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.gateway_arguments import GATEWAY_POOL
from bulkhead.patterns.network import Network
from bulkhead.patterns.plan import Plan, owned

STARTED_BY: dict[Provisioner, Any] = {
    Provisioner.MANAGED: NodePool,
    Provisioner.SELF_MANAGED: SelfManagedPool,
    Provisioner.HOSTS: HostPool,
}
"""The component of a pool by who starts its nodes; Karpenter's come later, inside the cluster."""


class Nodes:
    """Registers pools for one cluster."""

    def __init__(
        self,
        name: str,
        args: PatternArgs,
        plan: Plan,
        cluster: PrivateCluster,
        network: Network,
        *,
        volume_key: Callable[[Tier], pulumi.Input[str]],
        log_key: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Register under the parent that ``opts`` name; each tier's disks have its own key."""
        self._name, self._args, self._plan = name, args, plan
        self._cluster, self._network = cluster, network
        self._volume_key, self._log_key, self._opts = volume_key, log_key, opts

    def system(self) -> pulumi.Resource:
        """Register the nodes of the cluster's own pods."""
        return self._pool(self._plan.system_pool, None)

    def gateway(self) -> None:
        """Register the nodes of the gateway's proxies, if there is one."""
        if self._plan.gateway is not None:
            self._pool(GATEWAY_POOL, read_pool(GATEWAY_POOL, where=self._name))

    def of_tenants(self) -> None:
        """Register the tenants' pools, but for those of Karpenter's."""
        for described, pool in zip(self._args["pools"], self._plan.pools, strict=True):
            if pool.provisioner is not Provisioner.KARPENTER:
                self._pool(described, pool)

    def of_karpenter(self, opts: pulumi.ResourceOptions) -> None:
        """Register Karpenter and its pools, if there are any, with the cluster's provider."""
        pools = [
            (described, pool)
            for described, pool in zip(self._args["pools"], self._plan.pools, strict=True)
            if pool.provisioner is Provisioner.KARPENTER
        ]
        if not pools:
            return
        controller = Karpenter(
            f"{self._name}-karpenter",
            {
                "scope": self._args["scope"],
                "tier": self._plan.tier,
                "disk_tiers": sorted({str(self._tier(pool)) for _, pool in pools}),
                "cluster_name": self._plan.cluster_name,
                "endpoint": self._cluster.endpoint,
                "image": self._args.get("karpenter_image") or "",
                "instance_types": sorted(
                    {kind for _, pool in pools for kind in pool.instance_types}
                ),
                "log_key_arn": self._log_key,
                "cluster_cidrs": self._network.cluster_cidrs,
                "endpoint_cidrs": self._network.endpoint_cidrs,
            },
            opts,
        )
        after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[controller]))
        for described, pool in pools:
            tier = self._tier(pool)
            KarpenterPool(
                f"{self._name}-{pool.name}",
                {
                    "scope": self._args["scope"],
                    "tier": tier,
                    "pool": owned(described, pool),
                    "security_group_id": self._cluster.security_group_id,
                    "subnet_ids": self._subnets(pool),
                    "instance_profile": controller.instance_profile,
                    "volume_key_arn": self._volume_key(tier),
                    "payer": self._payer(pool),
                    "alarm_topic_arn": self._args.get("alarm_topic_arn"),
                },
                after,
            )

    def _pool(self, described: PoolArgs, pool: Pool | None) -> pulumi.Resource:
        """Register a pool; without ``pool`` it is the system's."""
        tier = self._tier(pool)
        component = STARTED_BY[pool.provisioner if pool else Provisioner.MANAGED]
        made: pulumi.Resource = component(
            f"{self._name}-{described['name']}",
            {
                "scope": self._args["scope"],
                "tier": tier,
                "pool": owned(described, pool),
                "system": pool is None,
                "cluster_name": self._cluster.cluster_name,
                "version": self._cluster.version,
                "security_group_id": self._cluster.security_group_id,
                "subnet_ids": self._subnets(pool),
                "node_role_arn": self._cluster.node_role_arn,
                "volume_key_arn": self._volume_key(tier),
                "payer": self._payer(pool),
                "endpoint": self._cluster.endpoint,
                "certificate_authority": self._cluster.certificate_authority,
                "alarm_topic_arn": self._args.get("alarm_topic_arn"),
            },
            self._opts,
        )
        return made

    def _subnets(self, pool: Pool | None) -> pulumi.Output[list[str]]:
        """The subnets of a pool: serving, training and what runs the cluster are apart (ISO-1)."""
        if pool is None:
            return self._network.of(SubnetGroup.CONTROL)
        zones = self._args.get("zones") or []
        place = zones.index(pool.zone) if pool.zone else None
        return self._network.of(SubnetGroup(pool.plane), place)

    def _tier(self, pool: Pool | None) -> Tier:
        """The highest tier of the tenants whose pods land on a pool."""
        if pool is None:
            return self._plan.tier
        owners = [tenant.tier for tenant in self._plan.tenants if tenant.name == pool.tenant]
        return owners[0] if owners else pool.tier or self._plan.tier

    def _payer(self, pool: Pool | None) -> PayerArgs | None:
        owners = [t for t in self._plan.tenants if pool and pool.tenant == t.name]
        if not owners:
            return None
        (owner,) = owners
        payer: PayerArgs = {
            "owner": owner.owner,
            "cost_center": owner.cost_center,
            "project": owner.project,
        }
        return {**payer, "organization": owner.organization} if owner.organization else payer
