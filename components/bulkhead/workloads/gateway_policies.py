"""What the gateway asks of every client: speed, size, a token, and whose it is (INF-2, INF-3)."""

from collections.abc import Sequence
from typing import Any

from bulkhead.domain.inference import Limits, Route, Window
from bulkhead.domain.issuers import Issuer
from bulkhead.workloads.gateway_edge import (
    GATEWAY,
    IDLE_SECONDS,
    METADATA,
    MODEL_HEADER,
    OWN_HEADERS,
    PROVIDER,
    SLOW_BODY_SECONDS,
    SLOW_HEADERS_SECONDS,
    TENANT_HEADER,
    TOKENS,
)

UNITS = {
    Window.MINUTE: "Minute",
    Window.HOUR: "Hour",
    Window.DAY: "Day",
    Window.MONTH: "Month",
}
"""Envoy Gateway's words for the windows."""

CONNECTIONS = 10_000
"""Connections that one proxy holds at the most: about 50 KiB of memory each."""

RETRIES = 1
"""Tries after the first, and only where the server has not begun: a generation is never paid
twice."""


ASKED = {"/v1/chat/completions": "messages", "/v1/embeddings": "input"}
"""What clients may ask for, and the field that a request must have there (OpenAI's API). Other
paths of a server lead around its system prompt (completions), or tell what it is (tokenize)."""

_ASKED = rf"({'|'.join(ASKED)})(\?.*)?"
"""With or without a query."""


def _at_gateway() -> dict[str, Any]:
    return {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": GATEWAY}]
    }


def _at_route(route: Route) -> dict[str, Any]:
    """Envoy AI Gateway makes an HTTPRoute of the AIGatewayRoute's name."""
    return {
        "targetRefs": [
            {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": route.name}
        ]
    }


def client_traffic() -> dict[str, Any]:
    """Spec of the ClientTrafficPolicy: what a client may send, and how slowly.

    Headers that only the gateway sets are dropped before anything reads them, and a request's ID is
    always the gateway's own, so that nobody writes into another's records.
    """
    return {
        **_at_gateway(),
        "tls": {"minVersion": "1.2", "alpnProtocols": ["h2", "http/1.1"]},
        "headers": {
            "earlyRequestHeaders": {"remove": list(OWN_HEADERS)},
            "requestID": "Generate",
            "withUnderscoresAction": "RejectRequest",
            "xForwardedClientCert": {"mode": "Sanitize"},
        },
        "path": {"escapedSlashesAction": "RejectRequest"},
        "http2": {"maxConcurrentStreams": 100, "onInvalidMessage": "TerminateConnection"},
        "timeout": {
            "http": {
                "requestHeadersReceivedTimeout": f"{SLOW_HEADERS_SECONDS}s",
                "requestReceivedTimeout": f"{SLOW_BODY_SECONDS}s",
                "idleTimeout": f"{IDLE_SECONDS}s",
            },
            "tcp": {"tlsHandshakeTimeout": f"{SLOW_HEADERS_SECONDS}s"},
        },
        "connection": {"connectionLimit": {"value": CONNECTIONS}},
    }


def _token(issuer: Issuer) -> dict[str, Any]:
    """A valid token; the tenant is taken from its verified claim and from nowhere else."""
    return {
        "providers": [
            {
                "name": PROVIDER,
                "issuer": issuer.url,
                "audiences": list(issuer.audiences),
                "remoteJWKS": {"uri": issuer.jwks_uri, "cacheDuration": "300s"},
                "claimToHeaders": [{"claim": issuer.tenant_claim, "header": TENANT_HEADER}],
                "recomputeRoute": True,
            }
        ]
    }


def identity(issuer: Issuer) -> dict[str, Any]:
    """Spec of the Gateway's SecurityPolicy: a valid token, which opens nothing by itself."""
    return {
        **_at_gateway(),
        "jwt": _token(issuer),
        "authorization": {"defaultAction": "Deny"},
    }


def authorization(route: Route, issuer: Issuer) -> dict[str, Any]:
    """Spec of a route's SecurityPolicy, in place of the Gateway's: its own tenant and model."""
    return {
        **_at_route(route),
        "jwt": _token(issuer),
        "authorization": {
            "defaultAction": "Deny",
            "rules": [
                {
                    "name": "own-tenant",
                    "action": "Allow",
                    "operation": {
                        "methods": ["POST"],
                        "path": {"type": "RegularExpression", "value": _ASKED},
                    },
                    "principal": {
                        "jwt": {
                            "provider": PROVIDER,
                            "claims": [
                                {
                                    "name": issuer.tenant_claim,
                                    "valueType": "String",
                                    "values": [route.tenant],
                                }
                            ],
                        },
                        "headers": [{"name": MODEL_HEADER, "values": [route.model]}],
                    },
                }
            ],
        },
    }


def backend_traffic(route: Route, *, prompt_kib: int, proxies: int) -> dict[str, Any]:
    """Spec of a route's BackendTrafficPolicy: its quotas and ceilings.

    Tokens are counted when the answer is there: requests under way at once may overshoot a quota
    by what they cost together, so the ceiling of parallel requests bounds the overshoot. Each proxy
    holds its share of the ceiling. ``prompt_kib`` must be the same for all routes: Envoy buffers a
    request before the model is known, by the first route that would take any.
    """
    limits = route.limits
    parallel = limits.parallel_requests // proxies
    return {
        **_at_route(route),
        "requestBuffer": {"limit": f"{prompt_kib}Ki"},
        "circuitBreaker": {
            "maxConnections": parallel,
            "maxParallelRequests": parallel,
            "maxPendingRequests": parallel,
            "maxParallelRetries": RETRIES,
        },
        "timeout": {
            "tcp": {"connectTimeout": "5s"},
            "http": {
                "requestTimeout": f"{limits.timeout_seconds}s",
                "maxStreamDuration": f"{limits.timeout_seconds}s",
            },
        },
        "retry": {
            "numRetries": RETRIES,
            "retryOn": {"triggers": ["connect-failure", "refused-stream"]},
        },
        "rateLimit": {"type": "Global", "global": {"rules": rate_limits(limits)}},
    }


def rate_limits(limits: Limits) -> list[dict[str, Any]]:
    """Rules of the rate limit: requests as they come, tokens as they were used.

    A rule is of one route, and so of one tenant and model; the tenant's header tells the counters
    of the rate-limit service apart even where two gateways share it.
    """
    tenant = [{"headers": [{"name": TENANT_HEADER, "type": "Distinct"}]}]
    return [
        {
            "clientSelectors": tenant,
            "limit": {"requests": most, "unit": UNITS[window]},
        }
        for window, most in _by_window(limits.requests)
    ] + [
        {
            "clientSelectors": tenant,
            "limit": {"requests": most, "unit": UNITS[window]},
            "cost": {
                "request": {"from": "Number", "number": 0},
                "response": {
                    "from": "Metadata",
                    "metadata": {"namespace": METADATA, "key": "llm_total_token"},
                },
            },
        }
        for window, most in _by_window(limits.tokens)
    ]


def _by_window(quotas: Any) -> Sequence[tuple[Window, int]]:
    return sorted(quotas.items(), key=lambda quota: quota[0].rank)


def request_costs() -> list[dict[str, str]]:
    """What Envoy AI Gateway counts of each answer, and where it keeps it."""
    return [{"metadataKey": key, "type": kind} for key, kind in TOKENS.items()]
