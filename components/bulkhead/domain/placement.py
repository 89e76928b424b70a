"""Which pools a pattern takes, and whether its tenants fit them (ISO-3 to ISO-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.instances import INSTANCES
from bulkhead.domain.isolation import PATTERNS, IsolationPattern
from bulkhead.domain.labels import Plane
from bulkhead.domain.pods import Runtime
from bulkhead.domain.pools import Pool, pools_of, total_capacity
from bulkhead.domain.provisioners import Provisioner
from bulkhead.domain.risk import Property, needs
from bulkhead.domain.seals import Protection
from bulkhead.domain.tenants import Tenant
from bulkhead.domain.training import Training, check_capacity

ONE_TENANT = frozenset({IsolationPattern.SINGLE_TENANT_CLUSTER, IsolationPattern.DEDICATED_HOSTS})
"""Patterns whose cluster has one tenant."""

TOGETHER = frozenset({IsolationPattern.SHARED_CLUSTER, IsolationPattern.DEDICATED_NODE_POOLS})
"""Patterns whose tenants may share a cluster: some on nodes for all, some on nodes of their own."""

SEALED = frozenset({IsolationPattern.CONFIDENTIAL_COMPUTE}) | {
    pattern for pattern, profile in PATTERNS.items() if Property.SEALED in profile.may_give
}
"""Patterns whose pools may be sealed."""


@dataclass(frozen=True)
class Placement:
    """Who lands where.

    Attributes:
        pools: the pools, each told whose it is.
        nodes: for each tenant whether its pods land on nodes of its own (``tenant``), on its tier's
            (``tier``), or on shared ones (None).
        training: for each tenant that trains the pools that its jobs land on.
        training_nodes: the same of these as ``nodes``.
    """

    pools: list[Pool]
    nodes: dict[str, str | None]
    training: dict[str, list[Pool]] = field(default_factory=dict)
    training_nodes: dict[str, str | None] = field(default_factory=dict)


def place(
    tenants: Sequence[Tenant],
    pools: Sequence[Pool],
    *,
    tenants_at: str,
    pools_at: str,
    training: Mapping[str, Training] | None = None,
) -> Placement:
    """Give every tenant of a cluster its pools, and others to those that train, by their names.

    Refusals name ``tenants_at``, the tenants' path, or one below ``pools_at``, the pools'.

    Raises:
        RefusedError: tenants of these patterns share no cluster, a pool or a combination is none
            of the pattern's, a pool is for nobody, a tenant has no pool, needs sealed ones and has
            others, or its quota or its budgets are more than its pools can grow to.
    """
    patterns = list(dict.fromkeys(tenant.pattern for tenant in tenants))
    if len(patterns) > 1 and not TOGETHER.issuperset(patterns):
        raise RefusedError(
            "tenants of these patterns share no cluster",
            given=", ".join(patterns),
            allowed=sorted(TOGETHER),
            where=tenants_at,
        )
    parts = [
        _place(
            pattern,
            [tenant for tenant in tenants if tenant.pattern is pattern],
            [pool for pool in pools if len(patterns) == 1 or _is_for(pattern, pool)],
            training or {},
            tenants_at=tenants_at,
            pools_at=pools_at,
        )
        for pattern in patterns
    ]
    placed = {pool.name: pool for part in parts for pool in part.pools}
    return Placement(
        [placed[pool.name] for pool in pools],
        {name: nodes for part in parts for name, nodes in part.nodes.items()},
        {name: yard for part in parts for name, yard in part.training.items()},
        {name: nodes for part in parts for name, nodes in part.training_nodes.items()},
    )


def _is_for(pattern: IsolationPattern, pool: Pool) -> bool:
    """Where two patterns share a cluster, what is nobody's own is for the shared one's tenants."""
    return (pool.exclusive is None) is (pattern is IsolationPattern.SHARED_CLUSTER)


def _place(
    pattern: IsolationPattern,
    tenants: Sequence[Tenant],
    pools: Sequence[Pool],
    training: Mapping[str, Training],
    *,
    tenants_at: str,
    pools_at: str,
) -> Placement:
    if pattern in ONE_TENANT and len(tenants) != 1:
        raise RefusedError(
            f"pattern '{pattern}' has one tenant",
            given=", ".join(tenant.name for tenant in tenants),
            allowed="a cluster for each",
            where=tenants_at,
        )
    placed = [_own(pattern, tenants, pool) for pool in pools]
    trainers = [tenant for tenant in tenants if tenant.name in training]
    for pool in placed:
        users = trainers if pool.plane is Plane.TRAINING else tenants
        _check_pool(pattern, pool, where=f"{pools_at}.{pool.name}")
        _check_audience(users, pool, where=f"{pools_at}.{pool.name}")
    homes = {tenant.name: pools_of(tenant, placed) for tenant in tenants}
    for tenant in tenants:
        _check_home(tenant, homes[tenant.name], where=pools_at)
    _check_capacity(tenants, homes, where=tenants_at)
    yards = {tenant.name: pools_of(tenant, placed, Plane.TRAINING) for tenant in trainers}
    for tenant in trainers:
        _check_home(tenant, yards[tenant.name], where=pools_at, plane=Plane.TRAINING)
    check_capacity(
        {tenant.name: training[tenant.name].budgets for tenant in trainers},
        yards,
        where=tenants_at,
    )
    return Placement(
        placed,
        {name: _nodes(home) for name, home in homes.items()},
        yards,
        {name: _nodes(yard) for name, yard in yards.items()},
    )


def _own(pattern: IsolationPattern, tenants: Sequence[Tenant], pool: Pool) -> Pool:
    """In a cluster with one tenant, every pool is its."""
    if pattern in ONE_TENANT and pool.exclusive is None:
        return replace(pool, tenant=tenants[0].name)
    return pool


def _check_pool(pattern: IsolationPattern, pool: Pool, *, where: str) -> None:
    if pattern is IsolationPattern.SHARED_CLUSTER and pool.exclusive:
        raise RefusedError(
            "a shared cluster has no pools of one tenant or tier",
            given=pool.exclusive[1],
            allowed=f"none, or pattern '{IsolationPattern.DEDICATED_NODE_POOLS}'",
            where=where,
        )
    if pattern is not IsolationPattern.SHARED_CLUSTER and pool.exclusive is None:
        raise RefusedError(
            f"a pool of pattern '{pattern}' is somebody's", allowed="tenant or tier", where=where
        )
    if pool.seal and pattern not in SEALED:
        raise RefusedError(
            f"pattern '{pattern}' seals no nodes",
            given=pool.seal.protection,
            allowed=sorted(SEALED),
            where=f"{where}.seal",
        )
    if pattern is IsolationPattern.CONFIDENTIAL_COMPUTE and not pool.sealed:
        raise RefusedError(
            "a confidential pool says what seals it",
            allowed=f"{', '.join(Protection)}, or {Runtime.CONFIDENTIAL_SANDBOX} alone as runtime",
            where=f"{where}.seal",
        )
    if pattern is IsolationPattern.DEDICATED_HOSTS:
        _check_server(pool, where=where)
    elif pool.hosts or pool.provisioner is Provisioner.HOSTS:
        raise RefusedError(
            f"pattern '{pattern}' has no hosts",
            given=pool.hosts,
            allowed=f"none, or pattern '{IsolationPattern.DEDICATED_HOSTS}'",
            where=f"{where}.hosts",
        )


def _check_server(pool: Pool, *, where: str) -> None:
    """Every node has a physical server to itself: by a Dedicated Host, or as bare metal."""
    if pool.provisioner is not (Provisioner.HOSTS if pool.hosts else Provisioner.MANAGED):
        raise RefusedError(
            "hosts take self-managed nodes only, and bare metal managed ones",
            given=pool.provisioner,
            allowed=[Provisioner.HOSTS if pool.hosts else Provisioner.MANAGED],
            where=f"{where}.provisioner",
        )
    if not pool.hosts and not all(INSTANCES[name].metal for name in pool.instance_types):
        raise RefusedError(
            "the nodes are neither on Dedicated Hosts nor bare metal",
            given=", ".join(pool.instance_types),
            allowed="a number of hosts, or .metal types",
            where=f"{where}.instance_types",
        )
    # A host is allocated for SEV-SNP or never has it (EC2 API Reference, "HostCpuOptionsRequest"),
    # and Pulumi's AWS provider can't ask for that.
    if pool.hosts and pool.seal and pool.seal.protection is not Protection.NITRO_TPM:
        raise RefusedError(
            "nodes on hosts are not sealed by this",
            given=pool.seal.protection,
            allowed=[Protection.NITRO_TPM],
            where=f"{where}.seal.protection",
        )


def _check_audience(tenants: Sequence[Tenant], pool: Pool, *, where: str) -> None:
    if pool.plane is Plane.TRAINING and not tenants:
        raise RefusedError(
            "a pool for training, and no tenant trains",
            given=pool.name,
            allowed="a tenant with training, or no such pool",
            where=where,
        )
    names, tiers = {tenant.name for tenant in tenants}, {tenant.tier for tenant in tenants}
    if pool.tenant is not None and pool.tenant not in names:
        raise RefusedError(
            "no such tenant", given=pool.tenant, allowed=sorted(names), where=f"{where}.tenant"
        )
    if pool.tenant is None and pool.tier is not None and pool.tier not in tiers:
        raise RefusedError(
            "no tenant of this tier", given=pool.tier, allowed=sorted(tiers), where=f"{where}.tier"
        )
    shares = [tenant.name for tenant in tenants if tenant.tier is pool.tier]
    if pool.sealed and pool.tenant is None and len(shares) > 1:
        raise RefusedError(
            "every pod of a sealed node reaches what is sealed",
            given=", ".join(shares),
            allowed="a pool for each tenant",
            where=f"{where}.tier",
        )


def _check_home(
    tenant: Tenant, home: Sequence[Pool], *, where: str, plane: Plane = Plane.INFERENCE
) -> None:
    if not home:
        what = "pods" if plane is Plane.INFERENCE else "training jobs"
        raise RefusedError(
            f"no pool takes the {what} of '{tenant.name}'",
            allowed=f"one of tenant {tenant.name} or of tier {tenant.tier}"
            if tenant.pattern is not IsolationPattern.SHARED_CLUSTER
            else "one that is no tenant's or tier's",
            where=where,
        )
    sealing = any(need.asks is Property.SEALED for need in needs(tenant.risk))
    for pool in home if sealing and tenant.exemption is None else ():
        if not pool.sealed:
            raise RefusedError(
                f"'{tenant.name}' needs sealed nodes",
                given=f"pool {pool.name} without a seal",
                allowed=Protection,
                where=f"{where}.{pool.name}.seal",
            )


def _check_capacity(tenants: Sequence[Tenant], homes: dict[str, list[Pool]], *, where: str) -> None:
    """The tenants of the same pools may not claim more than these grow to."""
    together: dict[tuple[str, ...], list[Tenant]] = {}
    for tenant in tenants:
        names = tuple(pool.name for pool in homes[tenant.name])
        together.setdefault(names, []).append(tenant)
    for sharing in together.values():
        capacity = total_capacity(homes[sharing[0].name])
        for resource in ("gpus", "cpus", "memory_gib"):
            claimed = sum(getattr(tenant.quota, resource) for tenant in sharing)
            if claimed > getattr(capacity, resource):
                who = ", ".join(tenant.name for tenant in sharing)
                raise RefusedError(
                    f"the quotas of {resource} of {who} are more than their pools grow to",
                    given=claimed,
                    allowed=f"at most {getattr(capacity, resource)}",
                    where=where,
                )


def _nodes(home: Sequence[Pool]) -> str | None:
    first = home[0]
    return "tenant" if first.tenant else "tier" if first.tier else None
