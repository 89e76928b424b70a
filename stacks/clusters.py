"""Which clusters an environment has, and for whom: what its tenants' patterns ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, cast

from bulkhead.domain import parsing
from bulkhead.domain.addresses import check_overlap, parse_private
from bulkhead.domain.endpoint_services import check_services
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import read_images
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.placement import ONE_TENANT, TOGETHER
from bulkhead.domain.secrets import check_rotation
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation.secrets import SecretArgs
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.plan import Plan, make_plan
from bulkhead.workloads.arguments import TenantArgs
from stacks.endpoints import METRICS_SERVICE, Endpoint, check_names, read_endpoints
from stacks.sandboxes import check_sandboxes
from stacks.tenants_file import ClusterConfig, TenantConfig, TenantsFile

SHARED, CONFIDENTIAL = "shared", "confidential"
"""The clusters that tenants of a pattern have in common, by name."""

SECRETS_SERVICE = "secretsmanager"
"""The endpoint over which pods read secrets."""


@dataclass(frozen=True)
class Cluster:
    """A cluster of an environment, checked.

    Attributes:
        config: how it is written.
        args: what a pattern would take to make it.
        plan: what is known of it before anything is registered.
        secrets: the secrets of each of its tenants.
        endpoints: the endpoints of all of them.
        sandboxes: for each tenant whose agents have some what is written of them.
    """

    config: ClusterConfig
    args: PatternArgs
    plan: Plan
    secrets: dict[str, list[SecretArgs]]
    endpoints: list[Endpoint]
    sandboxes: dict[str, dict[str, Any]]

    @property
    def has_secrets(self) -> bool:
        """Whether pods of a tenant of it mount some."""
        return any(self.secrets.values()) or any(each.has_prompts for each in self.endpoints)

    @property
    def services(self) -> list[str]:
        """AWS services to reach besides those that EKS needs."""
        more = {SECRETS_SERVICE} if self.has_secrets else set()
        if self.endpoints:
            more.add(METRICS_SERVICE)
        return sorted({*self.config.services, *self.plan.services, *more})


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
    check_names([each for each in written.tenants if each.enabled], tenants_at=f"{file}: tenants")
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
    for key in ("scaling_images", "verifier_images"):
        images = getattr(config, key)
        if images is not None:
            read_images(images.given(), where=f"{where}.{key}")
    endpoints = read_endpoints(
        config, tenants, described, common["scope"], where=where, tenants_at=f"{file}: tenants"
    )
    given = {k: v for k, v in config.given().items() if k in PatternArgs.__annotations__}
    if config.gateway:
        written = given["gateway"].get("models", [])
        given["gateway"]["models"] = [*written, *(each.route for each in endpoints)]
    args = cast(
        PatternArgs, {**common, **given, "tenants": [described[each.name] for each in tenants]}
    )
    plan = make_plan(name, patterns, args, where=where, tenants_at=f"{file}: tenants")
    check_services(config.services, plan.scope.region, where=f"{where}.services")
    at_cluster, where = where, f"{file}: tenants"
    secrets = {
        tenant.name: _read_secrets(each, tenant, where=f"{where}.{tenant.name}.secrets")
        for each, tenant in zip(tenants, plan.tenants, strict=True)
    }
    sandboxes = check_sandboxes(config, tenants, plan, where=at_cluster, tenants_at=where)
    return Cluster(config, args, plan, secrets, endpoints, sandboxes)


def _read_secrets(config: TenantConfig, tenant: Tenant, *, where: str) -> list[SecretArgs]:
    """The secrets of a tenant, as components take them.

    Raises:
        RefusedError: a name is unusable or stands twice, or a rotation is later than its tier's.
    """
    found: list[SecretArgs] = []
    for secret in config.secrets:
        path = f"{where}.{secret.name}"
        parsing.name(secret.name, where=f"{path}.name")
        check_rotation(tenant.tier, secret.rotation_days, where=f"{path}.rotation_days")
        if any(other["name"] == secret.name for other in found):
            raise RefusedError("a secret stands twice", given=secret.name, where=where)
        found.append(
            {
                "name": secret.name,
                "kind": secret.kind,
                "tenant": tenant.name,
                "rotation_days": secret.rotation_days,
            }
        )
    return found


def _check_apart(networks: Mapping[str, str], *, where: str) -> None:
    """Networks that overlap could never be joined, nor both to one of the company's."""
    seen: dict[str, IPv4Network] = {}
    for name, cidr in networks.items():
        network = parse_private(cidr, where=f"{where}.{name}.cidr")
        check_overlap(network, seen, where=f"{where}.{name}.cidr")
        seen[f"that of cluster '{name}'"] = network
