"""What an endpoint comes to: its releases, their parts of the requests, and its ceiling."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bulkhead.domain import admission, parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.inference import Limits
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.pods import Runtime
from bulkhead.domain.releases import check_one_model, check_releases, check_traffic, server_name
from bulkhead.domain.scope import Scope
from bulkhead.domain.serving import Objective, Replica, ceiling, check_workspace, share
from bulkhead.domain.tenants import Tenant
from bulkhead.domain.tiers import CATALOGUE
from bulkhead.foundation.arguments import checked, read_scope
from bulkhead.workloads.arguments import ExemptionArgs, read_tenant
from bulkhead.workloads.endpoint_arguments import (
    Helpers,
    ObjectiveArgs,
    Release,
    ServerCertificatesArgs,
    read_budget,
    read_helpers,
    read_objective,
    read_release,
)
from bulkhead.workloads.inference_arguments import LimitsArgs, ModelRouteArgs, read_limits

SCANNING_RULE = "INF-4"
"""What an exemption from scanning sets aside."""


@dataclass(frozen=True)
class EndpointPlan:
    """An endpoint, read and checked.

    Attributes:
        scope: where it stands.
        tenant: whose it is.
        model: name of the model.
        releases: what runs, in the order in which it was given.
        traffic: per cent of the requests by release.
        helpers: images beside the server's.
        limits: the most that the tenant may use.
        objective: when a replica has enough to do.
        least, most: replicas of each release.
        bounds: how many replicas each bound allows, the one that holds first.
        selector: label of the tenant's own nodes, empty where tenants share them.
        runtime: runtime class.
        exemption: permission to answer without a scanner, where it is needed.
    """

    scope: Scope
    tenant: Tenant
    model: str
    releases: tuple[Release, ...]
    traffic: Mapping[str, int]
    helpers: Helpers
    limits: Limits
    objective: Objective
    least: int
    most: int
    bounds: Mapping[str, int]
    selector: Mapping[str, str]
    runtime: Runtime
    exemption: Exemption | None

    def route(self, limits: LimitsArgs) -> ModelRouteArgs:
        """The gateway's way to the releases, by the traffic that each gets.

        The releases stand in the order in which they were given, so that a change of traffic
        changes nothing but weights.
        """
        first, *others = self.releases
        return {
            "tenant": self.tenant.name,
            "model": self.model,
            "server": first.server,
            "version": first.card.digest,
            "others": [
                {
                    "server": release.server,
                    "version": release.card.digest,
                    "weight": self.traffic[release.name],
                }
                for release in others
            ],
            "limits": limits,
        }


def read_endpoint(name: str, args: Any, *, where: str) -> EndpointPlan:
    """The plan of the endpoint that ``args`` describe, whose role need not be known.

    Raises:
        RefusedError: see ``InferenceEndpoint``.
    """
    parsing.name(name, where=where)
    scope = read_scope(args["scope"], where=f"{where}.scope")
    tenant = read_tenant(args["tenant"], where=f"{where}.tenant").check(
        region=scope.region, where=f"{where}.tenant"
    )
    registries = admission.check_registries(
        args.get("registries") or admission.registries(scope, tenant), where=f"{where}.registries"
    )
    releases = _releases(name, args, tenant, registries, where=f"{where}.releases")
    model = check_one_model({each.name: each.card for each in releases}, where=f"{where}.releases")
    checked(args["certificates"], ServerCertificatesArgs, where=f"{where}.certificates")
    helpers = read_helpers(
        args["verification"],
        args["metrics"],
        args.get("scanner"),
        registries=registries,
        where=where,
    )
    check_workspace(args["metrics"]["workspace_id"], where=f"{where}.metrics.workspace_id")
    budget = read_budget(args["budget"], where=f"{where}.budget")
    bounds = ceiling(_largest(releases), budget, tenant.quota, scope.rules.server_replicas)
    least = args.get("min_replicas", scope.rules.least_replicas)
    limits = read_limits(args.get("limits", LimitsArgs()), where=f"{where}.limits")
    return EndpointPlan(
        scope=scope,
        tenant=tenant,
        model=model,
        releases=releases,
        traffic=check_traffic(args["traffic"], args["releases"], where=f"{where}.traffic"),
        helpers=helpers,
        limits=limits.check(where=f"{where}.limits"),
        objective=read_objective(
            args.get("objective", ObjectiveArgs()), where=f"{where}.objective"
        ),
        least=least,
        most=share(bounds, len(releases), least, where=f"{where}.min_replicas"),
        bounds=bounds,
        selector=_selector(args.get("nodes"), tenant, where=f"{where}.nodes"),
        runtime=_runtime(args.get("runtime"), tenant, where=f"{where}.runtime"),
        exemption=_exemption(args, tenant, where=where),
    )


def _releases(
    name: str, args: Any, tenant: Tenant, registries: list[str], *, where: str
) -> tuple[Release, ...]:
    given = args["releases"]
    check_releases(given, name, where=where)
    return tuple(
        read_release(
            release,
            server_name(name, release),
            described,
            quota=tenant.quota,
            registries=registries,
            where=f"{where}.{release}",
        )
        for release, described in given.items()
    )


def _largest(releases: tuple[Release, ...]) -> Replica:
    """What no replica of any release takes more of: a ceiling must hold for all of them."""
    replicas = [release.replica for release in releases]
    return Replica(
        gpus=max(each.gpus for each in replicas),
        cpus=max(each.cpus for each in replicas),
        memory_gib=max(each.memory_gib for each in replicas),
        scratch_gib=max(each.scratch_gib for each in replicas),
    )


def _selector(nodes: str | None, tenant: Tenant, *, where: str) -> dict[str, str]:
    if nodes is None:
        return {}
    admission.check_nodes(nodes, where=where)
    value = {"tenant": tenant.name, "tier": str(tenant.tier)}[nodes]
    return {f"{LABEL_PREFIX}{nodes}": value}


def _runtime(word: str | None, tenant: Tenant, *, where: str) -> Runtime:
    if word is None:
        return Runtime.DEFAULT
    allowed = sorted(CATALOGUE[tenant.tier].pods.runtimes - {Runtime.DEFAULT})
    if word not in allowed:
        raise RefusedError(
            f"no runtime class of tier '{tenant.tier}'", given=word, allowed=allowed, where=where
        )
    return Runtime(word)


def _exemption(args: Any, tenant: Tenant, *, where: str) -> Exemption | None:
    """The exemption from scanning, if the tier asks for it and there is no scanner."""
    if args.get("scanner") or not CATALOGUE[tenant.tier].pods.scan_answers:
        return None
    given = args.get("scanning_exemption")
    if given is None:
        raise RefusedError(
            f"answers of tier '{tenant.tier}' are scanned before a client sees them",
            allowed="a scanner, or a scanning_exemption with owner, reason and expires",
            where=f"{where}.scanner",
        )
    path = f"{where}.scanning_exemption"
    given = checked(given, ExemptionArgs, where=path)
    return Exemption(
        rule=SCANNING_RULE,
        subject=tenant.name,
        owner=given["owner"],
        reason=given["reason"],
        expires=parsing.date(given["expires"], where=f"{path}.expires"),
    ).check(today=datetime.date.today(), where=path)
