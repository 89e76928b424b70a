"""The environment that the layers share: who runs it, and its tenants, declared once."""

from dataclasses import dataclass
from typing import cast

import yaml
from pydantic import ValidationError

from bulkhead.cluster.versions import KUBERNETES_VERSION, check_version
from bulkhead.domain import access
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Quota, Tenant, check_tenants
from bulkhead.domain.tiers import Tier, strictest
from bulkhead.foundation.arguments import ScopeArgs, read_scope
from bulkhead.foundation.keys import check_administrators
from bulkhead.foundation.platform_roles import HoldersArgs, read_holders
from bulkhead.workloads.arguments import TenantArgs, read_tenant
from stacks.config import HERE, TenantsFile, at_key
from stacks.refusals import refusal

CLUSTER = "shared"
"""Name of the environment's cluster for pattern A."""

BUILT_PATTERNS = [IsolationPattern.SHARED_CLUSTER]
"""Patterns that these layers build."""


@dataclass(frozen=True)
class Platform:
    """An environment's platform and its tenants, checked.

    Attributes:
        args: where it stands, as components take it.
        scope: the same, as the domain knows it.
        administrators: ARNs of the roles that administer it.
        holders: who has which duty; empty where nobody has one.
        version: Kubernetes version.
        tenants: the tenants that are built, with the arguments that describe them.
        where: path of the tenants in the configuration, for refusals.
    """

    args: ScopeArgs
    scope: Scope
    administrators: list[str]
    holders: HoldersArgs
    version: str
    tenants: list[tuple[Tenant, TenantArgs]]
    where: str

    @property
    def tiers(self) -> list[Tier]:
        """The tiers in use, lowest first."""
        return sorted({tenant.tier for tenant, _ in self.tenants}, key=lambda tier: tier.rank)

    @property
    def tier(self) -> Tier:
        """The highest tier in use: what tenants share is held to it."""
        return strictest(self.tiers)

    def tenants_of(self, tier: Tier) -> list[str]:
        """Names of the tenants of a tier."""
        return [tenant.name for tenant, _ in self.tenants if tenant.tier is tier]

    def check_capacity(self, capacity: Quota) -> None:
        """Refuse tenants whose quotas add up to more than the cluster's pools can grow to.

        Raises:
            RefusedError: the sentence says by how much.
        """
        tenants = [tenant for tenant, _ in self.tenants]
        check_tenants(tenants, capacity=capacity, region=self.scope.region, where=self.where)


def load_platform(environment: Environment, file: str | None) -> Platform:
    """Read and check an environment's file; ``file`` is relative to this folder.

    Raises:
        RefusedError: the file is missing or no YAML, a key is unknown or a value wrong, or the
            platform or a tenant may not be built. The sentence names the path in the file.
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
    platform, where = written.platform, f"{file}: platform"
    args: ScopeArgs = {
        "environment": environment,
        **platform.model_dump(include=set(ScopeArgs.__annotations__) - {"environment"}),  # type: ignore[typeddict-item]
    }
    scope = read_scope(args, where=where)
    administrators = check_administrators(platform.administrators, where=where)
    holders = cast(HoldersArgs, platform.holders.given())
    if holders:
        read_holders(holders, administrators=administrators, where=f"{where}.holders")
    version = check_version(platform.version or KUBERNETES_VERSION, where=f"{where}.version")
    where = f"{file}: tenants"
    described = [
        TenantArgs(**{k: v for k, v in tenant.given().items() if k != "enabled"})  # type: ignore[typeddict-item]
        for tenant in written.tenants
        if tenant.enabled
    ]
    if not described:
        raise RefusedError("no tenant is enabled", allowed="at least one", where=where)
    tenants = [read_tenant(args, where=f"{where}.{args['name']}") for args in described]
    check_tenants(tenants, capacity=None, region=scope.region, where=where)
    _refuse_unbuilt(tenants, where)
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
        version=version,
        tenants=list(zip(tenants, described, strict=True)),
        where=where,
    )


def _refuse_unbuilt(tenants: list[Tenant], where: str) -> None:
    for tenant in tenants:
        if tenant.pattern not in BUILT_PATTERNS:
            raise RefusedError(
                "these layers do not build the pattern",
                given=tenant.pattern,
                allowed=BUILT_PATTERNS,
                where=f"{where}.{tenant.name}.pattern",
            )
