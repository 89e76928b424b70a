"""A tenant's way to one model: route, backend, and TLS to its servers."""

from typing import Any

from bulkhead.domain.inference import Route, Servers
from bulkhead.workloads.gateway_edge import GATEWAY, MODEL_HEADER, TENANT_HEADER
from bulkhead.workloads.gateway_policies import request_costs
from bulkhead.workloads.names import INFERENCE_PORT

SHOWN = 12
"""Hexadecimal digits of a model's digest in the name of its backend, as in container tools."""


TELLING = ("echo", "prompt_logprobs", "return_token_ids", "return_tokens_as_token_ids")
"""Fields of a request that make vLLM answer with the prompt, the system's included."""


def backend_name(route: Route, servers: Servers) -> str:
    """Name of the servers' backend, which the access log shows: it tells the model's version.

    Other releases than the route's own have the server's name behind it: two of them may run one
    model with different prompts.
    """
    own = f"{route.name}.{servers.version.removeprefix('sha256:')[:SHOWN]}"
    return own if servers.server == route.server else f"{own}.{servers.server}"


def server_host(route: Route, servers: Servers) -> str:
    """Name of the servers' Service in the cluster, which their certificate must have."""
    return f"{servers.server}.{route.tenant}.svc.cluster.local"


def backend(
    route: Route, servers: Servers, client_certificate: str, authority: str
) -> dict[str, Any]:
    """Spec of the Backend: the servers by name, over TLS in which both sides show who they are."""
    host = server_host(route, servers)
    return {
        "endpoints": [{"fqdn": {"hostname": host, "port": INFERENCE_PORT}}],
        "tls": {
            "sni": host,
            "minVersion": "1.3",
            "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": authority}],
            "clientCertificateRef": {"group": "", "kind": "Secret", "name": client_certificate},
        },
    }


def service_backend(route: Route, servers: Servers) -> dict[str, Any]:
    """Spec of the AIServiceBackend: servers that speak OpenAI's API, such as vLLM.

    A client's token ends at the gateway, or the server could pass for the client. What would have
    the server tell its whole prompt is taken out of the request (INF-4).
    """
    return {
        "schema": {"name": "OpenAI"},
        "headerMutation": {"remove": ["authorization"]},
        "bodyMutation": {"remove": list(TELLING)},
        "backendRef": {
            "group": "gateway.envoyproxy.io",
            "kind": "Backend",
            "name": backend_name(route, servers),
        },
    }


def ai_route(route: Route, host: str) -> dict[str, Any]:
    """Spec of the AIGatewayRoute: requests of this tenant for this model.

    Both headers are the gateway's own: the tenant of the verified token, and the model that the
    body names. Releases get their parts of the requests by weight.
    """
    return {
        "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": GATEWAY}],
        "hostnames": [host],
        "llmRequestCosts": request_costs(),
        "rules": [
            {
                "matches": [
                    {
                        "headers": [
                            {"type": "Exact", "name": MODEL_HEADER, "value": route.model},
                            {"type": "Exact", "name": TENANT_HEADER, "value": route.tenant},
                        ]
                    }
                ],
                "backendRefs": [
                    {"name": backend_name(route, servers), "weight": servers.weight}
                    for servers in route.releases
                ],
                "timeouts": {
                    "request": f"{route.limits.timeout_seconds}s",
                    "backendRequest": f"{route.limits.timeout_seconds}s",
                },
            }
        ],
    }
