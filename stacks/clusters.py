"""Which clusters an environment has, and for whom: what its tenants' patterns ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, cast

from bulkhead.domain.addresses import check_overlap, parse_private
from bulkhead.domain.endpoint_services import check_services
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.placement import ONE_TENANT, TOGETHER
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.plan import Plan, make_plan
from bulkhead.workloads.arguments import TenantArgs
from stacks.tenants_file import ClusterConfig, TenantConfig, TenantsFile

SHARED, CONFIDENTIAL = "shared", "confidential"
"""The clusters that tenants of a pattern have in common, by name."""


@dataclass(frozen=True)
class Cluster:
    """A cluster of an environment, checked.

    Attributes:
        config: how it is written.
        args: what a pattern would take to make it.
        plan: what is known of it before anything is registered.
    """

    config: ClusterConfig
    args: PatternArgs
    plan: Plan


def cluster_of(tenant: TenantConfig) -> str:
    """Name of the cluster that a tenant of this pattern runs on."""
    if tenant.pattern in ONE_TENANT:
        return tenant.name
    return SHARED if tenant.pattern in TOGETHER else CONFIDENTIAL


def read_clusters(
    written: TenantsFile,
    described: Mapping[str, TenantArgs],
    common: Mapping[str, Any],
    *,
    file: str,
) -> dict[str, Cluster]:
    """Check the clusters that tenants run on, and return those of enabled tenants.

    ``described`` are the enabled tenants by name, ``common`` what all clusters take.

    Raises:
        RefusedError: a tenant has no cluster or a cluster no tenant, two are of one name or of
            overlapping addresses, or see ``make_plan``.
    """
    where = f"{file}: clusters"
    _check_names(written.tenants, file=file)
    homes: dict[str, list[TenantConfig]] = {}
    for tenant in written.tenants:
        homes.setdefault(cluster_of(tenant), []).append(tenant)
    for name in written.clusters:
        if name not in homes:
            raise RefusedError(
                "no tenant runs on the cluster", given=name, allowed=sorted(homes), where=where
            )
    made = {}
    for name, tenants in homes.items():
        enabled = [tenant for tenant in tenants if tenant.enabled]
        if enabled:
            config = _config(written, name, enabled[0], where=where)
            made[name] = _read(
                name, config, enabled, described, common, where=f"{where}.{name}", file=file
            )
    _check_apart({name: cluster.config.cidr for name, cluster in made.items()}, where=where)
    return made


def _check_names(tenants: list[TenantConfig], *, file: str) -> None:
    for tenant in tenants:
        if tenant.pattern in ONE_TENANT and tenant.name in (SHARED, CONFIDENTIAL):
            raise RefusedError(
                "the name of a cluster that tenants have in common",
                given=tenant.name,
                allowed=f"any but {SHARED} and {CONFIDENTIAL}",
                where=f"{file}: tenants.{tenant.name}.name",
            )


def _config(written: TenantsFile, name: str, tenant: TenantConfig, *, where: str) -> ClusterConfig:
    found = written.clusters.get(name)
    if found is None:
        raise RefusedError(
            f"tenant '{tenant.name}' on pattern '{tenant.pattern}' needs cluster '{name}'",
            given=", ".join(written.clusters) or None,
            allowed=f"its cidr and pools under {name}",
            where=where,
        )
    return found


def _read(
    name: str,
    config: ClusterConfig,
    tenants: list[TenantConfig],
    described: Mapping[str, TenantArgs],
    common: Mapping[str, Any],
    *,
    where: str,
    file: str,
) -> Cluster:
    used = {tenant.pattern for tenant in tenants}
    patterns = [pattern for pattern in IsolationPattern if pattern in used]
    given = {key: value for key, value in config.given().items() if key != "services"}
    args = cast(
        PatternArgs, {**common, **given, "tenants": [described[each.name] for each in tenants]}
    )
    plan = make_plan(name, patterns, args, where=where, tenants_at=f"{file}: tenants")
    check_services(config.services, plan.scope.region, where=f"{where}.services")
    return Cluster(config, args, plan)


def _check_apart(networks: Mapping[str, str], *, where: str) -> None:
    """Networks that overlap could never be joined, nor both to one of the company's."""
    seen: dict[str, IPv4Network] = {}
    for name, cidr in networks.items():
        network = parse_private(cidr, where=f"{where}.{name}.cidr")
        check_overlap(network, seen, where=f"{where}.{name}.cidr")
        seen[f"that of cluster '{name}'"] = network
