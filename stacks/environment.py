"""The environment that the layers share: who runs it, and its tenants, declared once."""

from dataclasses import dataclass
from typing import cast

import yaml
from pydantic import ValidationError

from bulkhead.cluster.versions import KUBERNETES_VERSION, check_version
from bulkhead.domain import access
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Tenant, check_tenants
from bulkhead.domain.tiers import Tier, strictest
from bulkhead.foundation.arguments import ScopeArgs, read_scope
from bulkhead.foundation.keys import check_administrators
from bulkhead.foundation.platform_roles import HoldersArgs, read_holders
from bulkhead.workloads.arguments import TenantArgs, read_tenant
from stacks.clusters import Cluster, read_clusters
from stacks.config import HERE, at_key
from stacks.refusals import refusal
from stacks.tenants_file import PlatformConfig, TenantConfig, TenantsFile


@dataclass(frozen=True)
class Platform:
    """An environment's platform and its tenants, checked.

    Attributes:
        args: where it stands, as components take it.
        scope: the same, as the domain knows it.
        administrators: ARNs of the roles that administer it.
        holders: who has which duty; empty where nobody has one.
        tenants: the tenants that are built.
        clusters: the clusters that are built for them, by name.
    """

    args: ScopeArgs
    scope: Scope
    administrators: list[str]
    holders: HoldersArgs
    tenants: list[Tenant]
    clusters: dict[str, Cluster]

    @property
    def tiers(self) -> list[Tier]:
        """The tiers in use, lowest first."""
        return sorted({tenant.tier for tenant in self.tenants}, key=lambda tier: tier.rank)

    @property
    def tier(self) -> Tier:
        """The highest tier in use: what the account has one of is held to it."""
        return strictest(self.tiers)

    def tenants_of(self, tier: Tier) -> list[str]:
        """Names of the tenants of a tier."""
        return [tenant.name for tenant in self.tenants if tenant.tier is tier]


def load_platform(environment: Environment, file: str | None) -> Platform:
    """Read and check an environment's file; ``file`` is relative to this folder.

    Raises:
        RefusedError: the file is missing or no YAML, a key is unknown or a value wrong, or the
            platform, a cluster or a tenant may not be built. The sentence names the path in the
            file.
    """
    path = HERE / (file or f"tenants.{environment}.yaml")
    if not path.is_file():
        raise RefusedError(
            "the tenants file is missing",
            given=path.name,
            allowed=f"a file in {HERE.name}/, by default tenants.{environment}.yaml",
            where=at_key("tenants"),
        )
    try:
        written = TenantsFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except yaml.YAMLError as error:
        place = str(getattr(error, "problem_mark", "")).strip()
        raise RefusedError(f"not YAML {place}".strip(), where=path.name) from None
    except ValidationError as error:
        raise refusal(error, TenantsFile, file=path.name) from None
    return _check(environment, written, path.name)


def _check(environment: Environment, written: TenantsFile, file: str) -> Platform:
    platform = written.platform
    args: ScopeArgs = {
        "environment": environment,
        **platform.model_dump(include=set(ScopeArgs.__annotations__) - {"environment"}),  # type: ignore[typeddict-item]
    }
    scope = read_scope(args, where=f"{file}: platform")
    administrators, holders = _check_people(platform, where=f"{file}: platform")
    version = check_version(
        platform.version or KUBERNETES_VERSION, where=f"{file}: platform.version"
    )
    where = f"{file}: tenants"
    described = [_describe(tenant) for tenant in written.tenants if tenant.enabled]
    if not described:
        raise RefusedError("no tenant is enabled", allowed="at least one", where=where)
    tenants = [read_tenant(args, where=f"{where}.{args['name']}") for args in described]
    check_tenants(tenants, region=scope.region, where=where)
    access.access_groups(
        {tenant.name: tenant.people for tenant in tenants},
        where=where,
        reserved=tuple(administrators),
    )
    return Platform(
        args=args,
        scope=scope,
        administrators=administrators,
        holders=holders,
        tenants=tenants,
        clusters=read_clusters(
            written,
            {tenant["name"]: tenant for tenant in described},
            {"scope": args, "administrators": administrators, "version": version},
            file=file,
        ),
    )


def _check_people(platform: PlatformConfig, *, where: str) -> tuple[list[str], HoldersArgs]:
    administrators = check_administrators(platform.administrators, where=where)
    holders = cast(HoldersArgs, platform.holders.given())
    if holders:
        read_holders(holders, administrators=administrators, where=f"{where}.holders")
    return administrators, holders


def _describe(tenant: TenantConfig) -> TenantArgs:
    """The tenant as components take it."""
    ours = {"enabled", "secrets", "endpoints", "sandbox"}
    return cast(TenantArgs, {k: v for k, v in tenant.given().items() if k not in ours})
