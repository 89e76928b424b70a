"""What is known of a platform before anything of it is registered."""

from dataclasses import dataclass

from bulkhead.cluster.addons import check_addon_versions
from bulkhead.cluster.eks import check_operator_networks, physical_name
from bulkhead.cluster.pools import PoolArgs, read_pool
from bulkhead.cluster.versions import KUBERNETES_VERSION, check_version
from bulkhead.domain.access import access_groups
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.pools import Pool, check_pools, total_capacity
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Quota, Tenant, check_tenants
from bulkhead.domain.tiers import Tier, strictest
from bulkhead.foundation.arguments import ScopeArgs, read_scope
from bulkhead.foundation.keys import check_administrators
from bulkhead.foundation.network_plan import check_zones, plan_network
from bulkhead.workloads.arguments import TenantArgs, read_tenant


@dataclass(frozen=True)
class Plan:
    """A platform whose arguments fit each other.

    Attributes:
        scope: where it stands.
        tenants: its tenants, in the order of the arguments.
        tiers: the tiers in use, lowest first.
        tier: the highest tier in use.
        cluster_name: physical name of the cluster.
    """

    scope: Scope
    tenants: list[Tenant]
    tiers: list[Tier]
    tier: Tier
    cluster_name: str


def make_plan(
    name: str,
    pattern: IsolationPattern,
    *,
    scope: ScopeArgs,
    cidr: str,
    zones: list[str] | None,
    version: str | None,
    addon_versions: dict[str, str] | None,
    operator_networks: list[str] | None,
    administrators: list[str],
    pools: list[PoolArgs],
    system_pool: PoolArgs,
    tenants: list[TenantArgs],
) -> Plan:
    """Check a platform of one ``pattern``; the parameters are a pattern component's arguments.

    Raises:
        RefusedError: an argument is refused, a tenant may not run on the pattern, or the quotas add
            up to more than the pools can grow to.
    """
    where = read_scope(scope, where=f"{name}.scope")
    check_version(version or KUBERNETES_VERSION, where=f"{name}.version")
    check_addon_versions(addon_versions, where=f"{name}.addon_versions")
    check_operator_networks(operator_networks, where=f"{name}.operator_networks")
    check_administrators(administrators, where=name)
    plan_network(cidr, check_zones(where, zones, where=f"{name}.zones"), where=f"{name}.cidr")
    capacity = total_capacity(_read_pools(name, pools, system_pool))
    checked = _read_tenants(name, pattern, tenants, where, capacity)
    access_groups(
        {tenant.name: tenant.people for tenant in checked},
        where=f"{name}.tenants",
        reserved=tuple(administrators),
    )
    tiers = sorted({tenant.tier for tenant in checked}, key=lambda tier: tier.rank)
    return Plan(where, checked, tiers, strictest(tiers), physical_name(where, name))


def _read_pools(name: str, pools: list[PoolArgs], system_pool: PoolArgs) -> list[Pool]:
    """The pools that the tenants share."""
    where = f"{name}.pools"
    if not pools:
        raise RefusedError("a pool for the tenants is needed", allowed="at least one", where=where)
    system = read_pool(system_pool, where=f"{name}.system_pool")
    shared = [read_pool(pool, where=f"{where}[{n}]") for n, pool in enumerate(pools)]
    check_pools([system, *shared], where=where)
    return shared


def _read_tenants(
    name: str,
    pattern: IsolationPattern,
    described: list[TenantArgs],
    scope: Scope,
    capacity: Quota,
) -> list[Tenant]:
    where = f"{name}.tenants"
    if not described:
        raise RefusedError("a tenant is needed", allowed="at least one", where=where)
    tenants = [read_tenant(each, where=f"{where}[{n}]") for n, each in enumerate(described)]
    for tenant in tenants:
        if tenant.pattern is not pattern:
            raise RefusedError(
                "the tenant belongs on another pattern",
                given=tenant.pattern,
                allowed=[pattern],
                where=f"{where}.{tenant.name}.pattern",
            )
    return check_tenants(tenants, capacity=capacity, region=scope.region, where=where)
