"""Tenants' endpoints: their routes are the gateway's, their controllers the cluster's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from bulkhead import InferenceEndpoint
from bulkhead.domain.errors import RefusedError
from bulkhead.foundation.arguments import ScopeArgs, read_scope
from bulkhead.patterns.compartments import Compartments
from bulkhead.patterns.network import at
from bulkhead.patterns.plan import Plan
from bulkhead.workloads.arguments import TenantArgs
from bulkhead.workloads.endpoint_routes import route_of
from bulkhead.workloads.inference_arguments import ModelRouteArgs, read_routes
from stacks.endpoint_config import EndpointConfig
from stacks.tenants_file import ClusterConfig, TenantConfig

CERTIFICATES = {"server": "server-tls", "clients": "gateway-authority"}
"""Objects that hold servers' certificates where no others are named."""

METRICS_SERVICE = "aps-workspaces"
"""The endpoint over which servers send their metrics, and KEDA asks for them."""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of a tenant, checked.

    Attributes:
        name: its name, in the environment.
        tenant: whose it is.
        args: what ``InferenceEndpoint`` takes, but for what other layers make.
        route: the gateway's way to it.
    """

    name: str
    tenant: str
    args: dict[str, Any]
    route: ModelRouteArgs

    @property
    def workspace(self) -> str:
        """Where its metrics go."""
        return str(self.args["metrics"]["workspace_id"])

    @property
    def has_prompts(self) -> bool:
        """Whether its pods mount a secret."""
        return any("prompt" in release for release in self.args["releases"].values())


def read_endpoints(
    config: ClusterConfig,
    tenants: Sequence[TenantConfig],
    described: Mapping[str, TenantArgs],
    scope: ScopeArgs,
    *,
    where: str,
    tenants_at: str,
) -> list[Endpoint]:
    """Check the endpoints of a cluster's ``tenants``, described as components take them.

    ``where`` and ``tenants_at`` are the paths of the cluster and of the tenants in the file.

    Raises:
        RefusedError: the cluster lacks a gateway or the images of what scales, a model has a route
            besides the one to its endpoint, or see ``InferenceEndpoint`` and ``read_routes``.
    """
    found = []
    for tenant in tenants:
        path = f"{tenants_at}.{tenant.name}.endpoints"
        whose: Any = {**described[tenant.name], "pattern": str(tenant.pattern)}
        own = []
        for number, each in enumerate(tenant.endpoints):
            _check_cluster(config, each.name, at_cluster=where, where=f"{path}[{number}]")
            own.append(_read(each, scope, whose, where=f"{path}[{number}]"))
        if config.gateway and own:
            _check_written(config, own, where=f"{where}.gateway.models")
            proxies = config.gateway.proxies or read_scope(scope, where=where).rules.zones
            read_routes([each.route for each in own], proxies=proxies, where=path)
        found += own
    return found


def check_names(tenants: Sequence[TenantConfig], *, tenants_at: str) -> None:
    """Refuse two endpoints of one name: it is theirs among all resources of the environment.

    Raises:
        RefusedError: a name stands twice.
    """
    seen: set[str] = set()
    for tenant in tenants:
        for number, each in enumerate(tenant.endpoints):
            if each.name in seen:
                raise RefusedError(
                    "an endpoint's name stands twice in the environment",
                    given=each.name,
                    where=f"{tenants_at}.{tenant.name}.endpoints[{number}].name",
                )
            seen.add(each.name)


def serve(
    endpoints: Sequence[Endpoint],
    plan: Plan,
    made: Compartments,
    signing_keys: pulumi.Output[Any],
    opts: pulumi.ResourceOptions,
) -> dict[str, dict[str, Any]]:
    """Register the endpoints of a cluster; return what each runs, by tenant and name.

    ``signing_keys`` tell the key of each tier by which models are verified that name no other,
    ``opts`` name the providers of the cluster and of AWS.
    """
    running: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        (tier,) = (tenant.tier for tenant in plan.tenants if tenant.name == endpoint.tenant)
        verification = {
            "public_key": at(signing_keys, str(tier)),
            **endpoint.args["verification"],
        }
        args: Any = {
            **endpoint.args,
            "verification": verification,
            "role_arn": made.tenants[endpoint.tenant]["role_arn"],
            "nodes": plan.nodes[endpoint.tenant],
        }
        after = pulumi.ResourceOptions(depends_on=[made.spaces[endpoint.tenant]])
        served = InferenceEndpoint(endpoint.name, args, pulumi.ResourceOptions.merge(opts, after))
        running.setdefault(endpoint.tenant, {})[endpoint.name] = {
            "servers": served.servers,
            "digests": served.digests,
            "traffic": served.traffic,
            "max_replicas": served.max_replicas,
        }
    return running


def _read(config: EndpointConfig, scope: ScopeArgs, tenant: TenantArgs, *, where: str) -> Endpoint:
    given = config.given()
    name, model = given.pop("name"), given.pop("model")
    for release in given["releases"].values():
        release["model"]["name"] = model
    args = {"certificates": CERTIFICATES, **given, "scope": scope, "tenant": tenant}
    # The tier's signing key is the foundation's to tell.
    later = {"public_key": pulumi.Output.from_input(""), **given["verification"]}
    route = route_of(name, {**args, "verification": later}, where=where)
    return Endpoint(name, tenant["name"], args, route)


def _check_cluster(config: ClusterConfig, name: str, *, at_cluster: str, where: str) -> None:
    for key, word in (("gateway", "a gateway in front"), ("scaling_images", "what scales it")):
        if getattr(config, key) is None:
            raise RefusedError(
                f"an endpoint on a cluster without {word}",
                given=name,
                allowed=f"{key} under {at_cluster.partition(': ')[2]}",
                where=where,
            )


def _check_written(config: ClusterConfig, endpoints: Sequence[Endpoint], *, where: str) -> None:
    """Refuse a route that stands beside the endpoint from which it follows."""
    served = {(each.tenant, each.route["model"]): each.name for each in endpoints}
    for number, model in enumerate(config.gateway.models if config.gateway else []):
        if endpoint := served.get((model.tenant, model.model)):
            raise RefusedError(
                f"the route to the model follows from endpoint '{endpoint}'",
                given=model.model,
                allowed=f"no entry for tenant '{model.tenant}'",
                where=f"{where}[{number}]",
            )
