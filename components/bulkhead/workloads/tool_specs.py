"""Objects of the tools' gateway: who is believed, who may call which tool, and how often (ISO-11).

Names and fields are those of Envoy Gateway 1.9 (gateway.envoyproxy.io/v1alpha1) and Envoy AI
Gateway 1.1 (aigateway.envoyproxy.io/v1beta1).
"""

import json
from collections.abc import Sequence
from typing import Any

from bulkhead.domain.issuers import Issuer
from bulkhead.domain.tools import Grant, ToolServer
from bulkhead.workloads.gateway_edge import (
    LISTENER,
    RESTRICTED,
    SYSCALLS,
    TENANT_HEADER,
    access_log,
)

TOOL_GATEWAY = "tools"
"""Name of the Gateway in front of tools, and of the Service of its proxies."""

TOOL_CLASS = "bulkhead-tools"

TOOL_PORT = 8443
"""Where its proxies listen, inside the cluster only."""

TOOL_PROXIES = {"gateway.envoyproxy.io/owning-gateway-name": TOOL_GATEWAY}
"""Labels of its proxies, which Envoy Gateway sets."""

RULE_TOOLS = 16
"""Tools of one rule of a route, at the most."""

MAIN_ROUTE = "ai-eg-mcp-main-"
"""What precedes a route's name in that of the HTTPRoute which Envoy AI Gateway makes of it."""

LOGGED = {
    "tool": "%DYNAMIC_METADATA(io.envoy.ai_gateway:mcp_tool_name)%",
    "server": "%DYNAMIC_METADATA(io.envoy.ai_gateway:mcp_backend)%",
    "mcp_method": "%DYNAMIC_METADATA(io.envoy.ai_gateway:mcp_method)%",
}


def gateway(host: str, certificate: str) -> dict[str, Any]:
    """Spec of the Gateway: one TLS listener, to routes of its own namespace only."""
    reference = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": TOOL_GATEWAY}
    return {
        "gatewayClassName": TOOL_CLASS,
        "infrastructure": {"parametersRef": reference},
        "listeners": [
            {
                "name": LISTENER,
                "protocol": "HTTPS",
                "port": TOOL_PORT,
                "hostname": host,
                "tls": {
                    "mode": "Terminate",
                    "certificateRefs": [{"kind": "Secret", "name": certificate}],
                },
                "allowedRoutes": {"namespaces": {"from": "Same"}},
            }
        ],
    }


def proxy(labels: dict[str, str], proxies: int) -> dict[str, Any]:
    """Spec of the EnvoyProxy: reached inside the cluster, and a log without arguments or answers.

    The image is the one that ``GatewayControllers`` name, with which this is merged.
    """
    return {
        "mergeType": "StrategicMerge",
        "provider": {
            "type": "Kubernetes",
            "kubernetes": {
                "envoyService": {"type": "ClusterIP", "name": TOOL_GATEWAY},
                "envoyPDB": {"minAvailable": 1},
                "envoyDeployment": {
                    "replicas": proxies,
                    "pod": {
                        "labels": labels,
                        "securityContext": {"runAsNonRoot": True, "seccompProfile": SYSCALLS},
                    },
                    "container": {
                        "resources": {
                            "requests": {"cpu": "250m", "memory": "256Mi"},
                            "limits": {"cpu": "1", "memory": "1Gi"},
                        },
                        "securityContext": RESTRICTED,
                    },
                },
            },
        },
        "telemetry": {
            "accessLog": {
                "settings": [
                    {
                        "format": {"type": "JSON", "json": access_log() | LOGGED},
                        "sinks": [{"type": "File", "file": {"path": "/dev/stdout"}}],
                    }
                ]
            }
        },
    }


def at_gateway() -> dict[str, Any]:
    """What a policy of the whole gateway targets."""
    kind = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": TOOL_GATEWAY}
    return {"targetRefs": [kind]}


def backend(server: ToolServer) -> dict[str, Any]:
    """Spec of the Backend: the server by name, over TLS, and no other that is called alike."""
    return {
        "endpoints": [{"fqdn": {"hostname": server.host, "port": server.port}}],
        "tls": {"sni": server.host, "minVersion": "1.2", "wellKnownCACertificates": "System"},
    }


def tool_route(
    tenant: str,
    grants: Sequence[Grant],
    servers: dict[str, ToolServer],
    issuer: Issuer,
    host: str,
) -> dict[str, Any]:
    """Spec of a tenant's MCPRoute: its servers, its tools, and nobody else's token.

    Three decisions, each denied by default. The token is verified. The tenant in it picks the
    servers of a session, so that another tenant's session has none, and with them neither their
    resources nor prompts. Each call of a tool, and each name in the list of tools, needs a rule for
    this tenant, this server and this tool.
    """
    return {
        "parentRefs": [
            {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": TOOL_GATEWAY}
        ],
        "hostnames": [host],
        "path": route_path(tenant),
        "backendRefs": [_server(grant, servers[grant.server]) for grant in grants],
        "backendSelector": {
            "defaultAction": "Deny",
            "rules": [{"action": "Allow", "cel": whose(issuer, tenant)}],
        },
        "securityPolicy": {
            "oauth": {
                "issuer": issuer.url,
                "audiences": list(issuer.audiences),
                "jwks": {"remoteJWKS": {"uri": issuer.jwks_uri, "cacheDuration": "300s"}},
                "protectedResourceMetadata": {
                    "resource": f"https://{host}:{TOOL_PORT}{route_path(tenant)}",
                    "scopesSupported": [],
                },
                "claimToHeaders": [{"claim": issuer.tenant_claim, "header": TENANT_HEADER}],
            },
            "authorization": {
                "defaultAction": "Deny",
                "rules": [
                    {
                        "action": "Allow",
                        "source": {
                            "jwt": {
                                "claims": [
                                    {
                                        "name": issuer.tenant_claim,
                                        "valueType": "String",
                                        "values": [tenant],
                                    }
                                ]
                            }
                        },
                        "target": {
                            "tools": [{"backend": grant.server, "tool": tool} for tool in some]
                        },
                    }
                    for grant in grants
                    for some in _portions(grant.tools)
                ],
            },
        },
    }


def _portions(tools: Sequence[str]) -> list[Sequence[str]]:
    """The tools in as many parts as rules take."""
    return [tools[start : start + RULE_TOOLS] for start in range(0, len(tools), RULE_TOOLS)]


def route_path(tenant: str) -> str:
    """Where a tenant's agents find their tools."""
    return f"/{tenant}/mcp"


def whose(issuer: Issuer, tenant: str) -> str:
    """CEL that is true of the tokens of a tenant."""
    path = "".join(f"[{json.dumps(part)}]" for part in issuer.tenant_claim.split("."))
    return f"request.auth.jwt.claims{path} == {json.dumps(tenant)}"


def calls(tenant: str, a_minute: int) -> dict[str, Any]:
    """Spec of the BackendTrafficPolicy of a tenant's route: so many calls a minute.

    Envoy AI Gateway makes one of its own for the same HTTPRoute, which only adds a header to
    refusals; of two, Envoy Gateway keeps the older one, so that this one comes before the route.
    """
    route = {
        "group": "gateway.networking.k8s.io",
        "kind": "HTTPRoute",
        "name": f"{MAIN_ROUTE}{tenant}",
    }
    header = [{"name": TENANT_HEADER, "type": "Distinct"}]
    limit = {"requests": a_minute, "unit": "Minute"}
    return {
        "targetRefs": [route],
        "rateLimit": {
            "type": "Global",
            "global": {"rules": [{"clientSelectors": [{"headers": header}], "limit": limit}]},
        },
    }


def _server(grant: Grant, server: ToolServer) -> dict[str, Any]:
    """A server as one tenant sees it: the tools that it was granted, and the server's own key."""
    key = {"securityPolicy": {"apiKey": {"secretRef": {"name": server.secret}}}}
    return {
        "group": "gateway.envoyproxy.io",
        "kind": "Backend",
        "name": server.name,
        "port": server.port,
        "path": server.path,
        "toolSelector": {"include": list(grant.tools)},
        **(key if server.secret else {}),
    }
