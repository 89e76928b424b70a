"""The gateway in front of every model."""

from typing import Any, NotRequired, TypedDict

import pulumi

from bulkhead.domain.inference import (
    PROMPT_KIB,
    Route,
    check_clients,
    check_host,
    check_prompt,
)
from bulkhead.domain.issuers import Issuer
from bulkhead.domain.labels import Plane
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.workloads import gateway_edge, gateway_policies, gateway_routes
from bulkhead.workloads.gateway_ceilings import ceilings
from bulkhead.workloads.gateway_objects import AI, CORE, ENVOY, GatewayComponent
from bulkhead.workloads.inference_arguments import (
    IssuerArgs,
    ModelRouteArgs,
    read_issuer,
    read_routes,
)
from bulkhead.workloads.network_policies import proxy_policies


class CertificatesArgs(TypedDict):
    """Objects in the gateway's namespace that hold its certificates."""

    server: str
    """TLS Secret that clients see."""
    client: str
    """TLS Secret that servers see."""
    authority: str
    """ConfigMap whose ``ca.crt`` vouches for the servers."""


class GatewayNetworksArgs(TypedDict):
    """Who may connect to the gateway, and where it may connect to."""

    clients: list[str]
    """Private networks of the clients, which the load balancer lets in."""
    load_balancer: Strings
    """Networks of the load balancer's subnets."""
    issuer: Strings
    """Networks in which the issuer's keys are, by HTTPS: of an endpoint, or of the way out."""


class InferenceGatewayArgs(TypedDict):
    """What an ``InferenceGateway`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    host: str
    """DNS name that clients use."""
    issuer: IssuerArgs
    """Who vouches for clients."""
    certificates: CertificatesArgs
    """The gateway's certificates."""
    networks: GatewayNetworksArgs
    """Who may connect to the gateway, and where it may connect to."""
    models: list[ModelRouteArgs]
    """The models that tenants use, one entry for each tenant and model."""
    prompt_kib: NotRequired[int]
    """Size of a request's body in KiB, the same for all models. Default: 256, room for about 64,000
    tokens of text."""
    proxies: NotRequired[int]
    """Number of proxies, between which ceilings are split. Default: one for each zone of the
    environment."""
    own_nodes: NotRequired[bool]
    """Whether proxies keep to nodes with the label and taint ``bulkhead.dev/tenant: platform``, on
    which no tenant's pods land. Default: no; they run on nodes that tenants share."""


class InferenceGateway(GatewayComponent):
    """One gateway in front of all models, on Envoy Gateway and Envoy AI Gateway (INF-1…INF-3).

    It listens on an internal load balancer, over TLS, for clients with a token of the issuer. The
    tenant is the one that the token's claim names; what a client says of itself is dropped. A
    tenant reaches its own models, within its quotas of requests and tokens, its ceiling of parallel
    requests, its sizes and its time; everything else is refused. Servers are reached over mutual
    TLS. The log tells who asked what model, what was decided and what it cost, and holds no prompt,
    completion or token (OBS-1).

    What a tenant can spend past its quota: tokens are counted when an answer ends, so requests that
    began before are still served, at most ``parallel_requests`` of them, each of one prompt and
    ``output_tokens``. If the service that counts can't be reached, requests are refused.

    Needs a Kubernetes provider, a ``GatewayNamespace`` and ``GatewayControllers``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import InferenceGateway

        cluster = k8s.Provider("cluster", kubeconfig=pulumi.Config().get("kubeconfig") or "{}")
        InferenceGateway(
            "gateway",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "host": "inference.dev.example.com",
                "issuer": {
                    "url": "https://login.example.com/",
                    "jwks_uri": "https://login.example.com/keys",
                    "audiences": ["inference-gateway"],
                },
                "certificates": {
                    "server": "gateway-server",
                    "client": "gateway-client",
                    "authority": "cluster-authority",
                },
                "networks": {
                    "clients": ["10.64.0.0/16"],
                    "load_balancer": ["10.20.8.0/22"],
                    "issuer": ["10.20.250.0/24"],
                },
                "models": [
                    {
                        "tenant": "support-assist",
                        "model": "llama-3.1-8b",
                        "server": "llama",
                        "version": "sha256:" + 64 * "a",
                        "limits": {
                            "tokens": {"day": 2_000_000, "month": 30_000_000},
                            "parallel_requests": 16,
                        },
                    }
                ],
            },
            pulumi.ResourceOptions(provider=cluster),
        )
    """

    host: pulumi.Output[str]
    """DNS name that clients use."""
    routes: pulumi.Output[list[str]]
    """Names of the routes, ``<tenant>.<model>``."""

    def __init__(
        self, name: str, args: InferenceGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the gateway.

        Raises:
            RefusedError: the scope, the tier, the host, the issuer, a network, a route or a limit
                is refused.
        """
        args = checked(args, InferenceGatewayArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        host = check_host(args["host"], where=f"{name}.host")
        issuer = read_issuer(args["issuer"], where=f"{name}.issuer")
        certificates = checked(args["certificates"], CertificatesArgs, where=f"{name}.certificates")
        networks = checked(args["networks"], GatewayNetworksArgs, where=f"{name}.networks")
        clients = check_clients(networks["clients"], where=f"{name}.networks.clients")
        proxies = args.get("proxies", scope.rules.zones)
        prompt = check_prompt(args.get("prompt_kib", PROMPT_KIB), where=f"{name}.prompt_kib")
        routes = read_routes(args["models"], proxies=proxies, where=f"{name}.models")
        labels = scope.labels(tier, Plane.INFERENCE, "gateway")
        super().__init__(name, labels.kubernetes(), opts)

        edge, policies = gateway_edge, gateway_policies
        kind = self._add(CORE, "GatewayClass", edge.CLASS, edge.gateway_class(), namespace=None)
        self._add(
            ENVOY,
            "EnvoyProxy",
            edge.GATEWAY,
            edge.proxy(
                labels.kubernetes(),
                labels.tags(name),
                clients=clients,
                proxies=proxies,
                own_nodes=args.get("own_nodes", False),
            ),
        )
        self._add(AI, "GatewayConfig", edge.GATEWAY, edge.processor())
        # What guards the listener is there before it opens.
        guards = [
            kind,
            *self._policies(proxy_policies(networks["load_balancer"], networks["issuer"])),
            self._add(ENVOY, "ClientTrafficPolicy", edge.GATEWAY, policies.client_traffic()),
            self._add(ENVOY, "SecurityPolicy", edge.GATEWAY, policies.identity(issuer)),
            self._add(ENVOY, "EnvoyExtensionPolicy", edge.GATEWAY, ceilings(routes)),
        ]
        self._add(
            CORE,
            "Gateway",
            edge.GATEWAY,
            edge.gateway(host, certificates["server"]),
            annotations={edge.CONFIG_ANNOTATION: edge.GATEWAY},
            after=guards,
        )
        for route in routes:
            traffic = policies.backend_traffic(route, prompt_kib=prompt, proxies=proxies)
            self._route(route, host, issuer, certificates, traffic)
        self._export({"host": host, "routes": [route.name for route in routes]})

    def _route(
        self,
        route: Route,
        host: str,
        issuer: Issuer,
        certificates: CertificatesArgs,
        traffic: dict[str, Any],
    ) -> None:
        made, policies = gateway_routes, gateway_policies
        for servers in route.releases:
            named = made.backend_name(route, servers)
            self._add(
                ENVOY,
                "Backend",
                named,
                made.backend(route, servers, certificates["client"], certificates["authority"]),
            )
            self._add(AI, "AIServiceBackend", named, made.service_backend(route, servers))
        guards = [
            self._add(ENVOY, "SecurityPolicy", route.name, policies.authorization(route, issuer)),
            self._add(ENVOY, "BackendTrafficPolicy", route.name, traffic),
        ]
        self._add(AI, "AIGatewayRoute", route.name, made.ai_route(route, host), after=guards)
