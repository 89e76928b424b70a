"""What is known of a platform before anything of it is registered."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from bulkhead.cluster.addons import check_addon_versions
from bulkhead.cluster.admission.catalogue import check_exempt
from bulkhead.cluster.eks import check_operator_networks, physical_name
from bulkhead.cluster.pool_arguments import SYSTEM_POOL, PoolArgs, read_pool
from bulkhead.cluster.pools import check_sharing
from bulkhead.cluster.sandbox_runtimes import read_kata
from bulkhead.cluster.versions import check_version
from bulkhead.domain.access import access_groups
from bulkhead.domain.egress import check_domain, read_egress
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import read_image
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.labels import Plane
from bulkhead.domain.placement import place
from bulkhead.domain.pods import Runtime
from bulkhead.domain.pools import Pool, check_pools
from bulkhead.domain.provisioners import Provisioner
from bulkhead.domain.runtimes import check_nitro_version
from bulkhead.domain.scope import Scope
from bulkhead.domain.seals import Protection
from bulkhead.domain.tenants import Tenant, check_tenants
from bulkhead.domain.tiers import Tier, strictest
from bulkhead.domain.training import Training
from bulkhead.foundation.arguments import checked, read_scope
from bulkhead.foundation.keys import check_administrators
from bulkhead.foundation.network_plan import check_zones, plan_network
from bulkhead.foundation.tier_foundation import FoundationArgs
from bulkhead.patterns.arguments import NetworkArgs, PatternArgs
from bulkhead.patterns.gateway_arguments import GATEWAY_POOL, GatewayArgs, check_gateway
from bulkhead.patterns.trainers import read_trainers
from bulkhead.workloads.arguments import TenantArgs, read_tenant

CALLED_BY_KARPENTER = ["sqs", "ssm"]
"""Services that Karpenter calls besides those that every cluster needs (Karpenter, "Private
Clusters")."""


@dataclass(frozen=True)
class Plan:
    """A platform whose arguments fit each other.

    Attributes:
        scope: where it stands.
        tenants: its tenants, in the order of the arguments.
        tiers: the tiers in use, lowest first.
        tier: the highest tier in use.
        cluster_name: physical name of the cluster.
        system_pool: nodes of the cluster's own pods.
        pools: the tenants' pools in the order of the arguments, each told whose it is.
        nodes: for each tenant whose nodes its pods land on; see ``Placement``.
        training: for each tenant that trains how it does.
        training_nodes: for each of them whose nodes its jobs land on.
        gateway: the gateway in front of the tenants' models, if there is one.
    """

    scope: Scope
    tenants: list[Tenant]
    tiers: list[Tier]
    tier: Tier
    cluster_name: str
    system_pool: PoolArgs
    pools: list[Pool]
    nodes: dict[str, str | None]
    training: dict[str, Training]
    training_nodes: dict[str, str | None]
    gateway: GatewayArgs | None = None

    def training_pools(self, described: list[PoolArgs]) -> list[PoolArgs]:
        """The pools for training as they were described, each told whose it is."""
        return [
            owned(args, pool)
            for args, pool in zip(described, self.pools, strict=True)
            if pool.plane is Plane.TRAINING
        ]

    @property
    def has_karpenter(self) -> bool:
        """Whether Karpenter starts the nodes of a pool."""
        return any(pool.provisioner is Provisioner.KARPENTER for pool in self.pools)

    @property
    def services(self) -> list[str]:
        """AWS services that its pods call besides those that every cluster needs."""
        return CALLED_BY_KARPENTER if self.has_karpenter else []


def make_plan(
    name: str,
    patterns: Collection[IsolationPattern],
    args: PatternArgs,
    *,
    where: str | None = None,
    tenants_at: str | None = None,
) -> Plan:
    """Check a platform whose tenants are on ``patterns``, the first unless they name one.

    ``where`` is its path in a configuration, by default its name; ``tenants_at`` that of the
    tenants, by default inside it.

    Raises:
        RefusedError: an argument is refused, a tenant may not run on the pattern, or pools and
            tenants don't fit each other; the sentence names the tenant or the pool.
    """
    where = where or name
    tenants_at = tenants_at or f"{where}.tenants"
    scope = read_scope(args["scope"], where=f"{where}.scope")
    version = check_version(args.get("version"), where=f"{where}.version")
    check_addon_versions(args.get("addon_versions"), where=f"{where}.addon_versions")
    check_operator_networks(args.get("operator_networks"), where=f"{where}.operator_networks")
    check_exempt(args.get("exempt_namespaces") or [], where=f"{where}.exempt_namespaces")
    administrators = check_administrators(args["administrators"], where=where)
    _check_network(where, scope, args)
    if "foundation" in args:
        checked(args["foundation"], FoundationArgs, where=f"{where}.foundation")
    system = args.get("system_pool") or SYSTEM_POOL
    pools = _read_pools(where, scope, args, system)
    tenants = _read_tenants(patterns, args["tenants"], scope, where=tenants_at)
    training = read_trainers(args, tenants, where=where, tenants_at=tenants_at)
    placement = place(
        tenants, pools, tenants_at=tenants_at, pools_at=f"{where}.pools", training=training
    )
    for pool in placement.pools:
        check_sharing(pool, where=f"{where}.pools.{pool.name}")
    if any(p.seal and p.seal.protection is Protection.NITRO_ENCLAVES for p in placement.pools):
        read_image(args.get("enclave_plugin"), where=f"{where}.enclave_plugin")
    if any(p.provisioner is Provisioner.KARPENTER for p in placement.pools):
        read_image(args.get("karpenter_image"), where=f"{where}.karpenter_image")
    runtimes = runtimes_of(placement.pools)
    check_nitro_version(runtimes, version, where=f"{where}.version")
    read_kata(runtimes, args.get("kata"), where=f"{where}.kata")
    access_groups(
        {tenant.name: tenant.people for tenant in tenants},
        where=tenants_at,
        reserved=tuple(administrators),
    )
    tiers = sorted({tenant.tier for tenant in tenants}, key=lambda tier: tier.rank)
    _check_ways_out(where, strictest(tiers), args)
    return Plan(
        scope=scope,
        tenants=tenants,
        tiers=tiers,
        tier=strictest(tiers),
        cluster_name=physical_name(scope, name),
        system_pool=system,
        pools=placement.pools,
        nodes=placement.nodes,
        training=training,
        training_nodes=placement.training_nodes,
        gateway=_read_gateway(where, scope, tenants, args),
    )


def _read_gateway(
    where: str, scope: Scope, tenants: list[Tenant], args: PatternArgs
) -> GatewayArgs | None:
    given = args.get("gateway")
    if given is None:
        return None
    names = [tenant.name for tenant in tenants]
    return check_gateway(given, scope, names, args.get("cidr"), where=f"{where}.gateway")


def owned(described: PoolArgs, pool: Pool | None) -> PoolArgs:
    """The pool as described, told whose it is; a cluster's one tenant need not be named."""
    whose = {"tenant": pool.tenant} if pool and pool.tenant else {}
    return cast(PoolArgs, {**described, **whose})


def runtimes_of(pools: list[Pool]) -> list[Runtime]:
    """The sandboxes that some pool runs."""
    return [runtime for runtime in Runtime if any(runtime in pool.runtimes for pool in pools)]


def _check_network(where: str, scope: Scope, args: PatternArgs) -> None:
    zones = check_zones(scope, args.get("zones"), where=f"{where}.zones")
    if ("cidr" in args) == ("network" in args):
        raise RefusedError(
            "a cluster has addresses of its own or a network that exists",
            allowed="one of cidr and network",
            where=f"{where}.cidr",
        )
    if "cidr" in args:
        plan_network(args["cidr"], zones, where=f"{where}.cidr")
        return
    network = checked(args["network"], NetworkArgs, where=f"{where}.network")
    if network.get("instance_tenancy", "default") != "default":
        raise RefusedError(
            "EKS works in no VPC of dedicated tenancy",
            given=network["instance_tenancy"],
            allowed=f"default; pattern '{IsolationPattern.DEDICATED_HOSTS}' has whole servers",
            where=f"{where}.network.instance_tenancy",
        )


def _check_ways_out(where: str, tier: Tier, args: PatternArgs) -> None:
    """What a cluster's own network reaches and resolves; one that exists says so itself (NET-2)."""
    for key in ("egress", "private_domains"):
        if "network" in args and args.get(key) is not None:
            raise RefusedError(
                "a network that exists has its own ways out",
                allowed="none, or cidr instead of network",
                where=f"{where}.{key}",
            )
    read_egress(args.get("egress"), tier, where=f"{where}.egress")
    for domain in args.get("private_domains") or []:
        check_domain(domain, where=f"{where}.private_domains")


def _read_pools(where: str, scope: Scope, args: PatternArgs, system_pool: PoolArgs) -> list[Pool]:
    """The tenants' pools."""
    at = f"{where}.pools"
    if not args["pools"]:
        raise RefusedError("a pool for the tenants is needed", allowed="at least one", where=at)
    system = read_pool(system_pool, where=f"{where}.system_pool", region=scope.region)
    pools = [
        read_pool(pool, where=f"{at}[{n}]", region=scope.region)
        for n, pool in enumerate(args["pools"])
    ]
    gateway = [read_pool(GATEWAY_POOL, where=at)] if args.get("gateway") else []
    check_pools([system, *gateway, *pools], where=at, region=scope.region)
    if system.provisioner is not Provisioner.MANAGED:
        raise RefusedError(
            "the cluster's own pods run on nodes that start by themselves",
            given=system.provisioner,
            allowed=[Provisioner.MANAGED],
            where=f"{where}.system_pool.provisioner",
        )
    for pool in pools:
        zones = args.get("zones")
        if pool.zone is not None and (zones is None or pool.zone not in zones):
            raise RefusedError(
                "the zone is none of the network's",
                given=pool.zone,
                allowed=zones or "one that zones names",
                where=f"{at}.{pool.name}.zone",
            )
    return pools


def _read_tenants(
    patterns: Collection[IsolationPattern],
    described: list[TenantArgs],
    scope: Scope,
    *,
    where: str,
) -> list[Tenant]:
    if not described:
        raise RefusedError("a tenant is needed", allowed="at least one", where=where)
    usual = {"pattern": str(next(iter(patterns)))}
    tenants = [
        read_tenant(cast(TenantArgs, usual | each), where=f"{where}[{n}]")
        for n, each in enumerate(described)
    ]
    for tenant in tenants:
        if tenant.pattern not in patterns:
            raise RefusedError(
                "the tenant belongs on another pattern",
                given=tenant.pattern,
                allowed=patterns,
                where=f"{where}.{tenant.name}.pattern",
            )
    return check_tenants(tenants, region=scope.region, where=where)
