"""The gateway's own objects: what it listens on, whom it believes, and what it writes down.

Names and fields are those of the Gateway API v1, Envoy Gateway 1.9 (gateway.envoyproxy.io/v1alpha1)
and Envoy AI Gateway 1.1 (aigateway.envoyproxy.io/v1beta1).
"""

from typing import Any

from bulkhead.cluster.charts import spread
from bulkhead.domain.admission import TENANT_LABEL
from bulkhead.domain.labels import PLATFORM

CLASS = "bulkhead"
"""Name of the GatewayClass."""

GATEWAY = "inference"
"""Name of the Gateway and of the policies that hold for all of it."""

CONFIG_ANNOTATION = "aigateway.envoyproxy.io/gateway-config"
"""Annotation of a Gateway that names its GatewayConfig."""

PROXIES = {"gateway.envoyproxy.io/owning-gateway-name": GATEWAY}
"""Labels of the Gateway's proxies, which Envoy Gateway sets."""

LISTENER, HTTPS_PORT = "https", 443

PROXY_PORT = 10_000 + HTTPS_PORT
"""Where proxies listen: Envoy Gateway moves the ports that only root may take."""

TENANT_HEADER = "x-bulkhead-tenant"
"""Header in which the tenant of the verified token goes on to the rate-limit service."""

MODEL_HEADER = "x-ai-eg-model"
"""Header in which Envoy AI Gateway tells the model that a request's body names."""

OWN_HEADERS = (TENANT_HEADER, MODEL_HEADER)
"""Headers that only the gateway may set: what a client sends under these names is dropped."""

METADATA = "io.envoy.ai_gateway"
"""Where Envoy AI Gateway keeps what it knows of a request."""

PROVIDER = "tenants"
"""Name of the JWT provider."""

JWT_METADATA = "envoy.filters.http.jwt_authn"
"""Where Envoy keeps a verified token's claims, under the provider's name."""

TOKENS = {
    "llm_input_token": "InputToken",
    "llm_output_token": "OutputToken",
    "llm_total_token": "TotalToken",
}
"""What a request costs, by the key under which the gateway keeps it."""

SLOW_HEADERS_SECONDS, SLOW_BODY_SECONDS, IDLE_SECONDS = 5, 15, 60
"""How long a client may take to send headers and body, and hold a connection without a request."""


RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
}
"""What the restricted Pod Security Standard asks of a container, and a root that is read only."""

SYSCALLS = {"type": "RuntimeDefault"}
"""The seccomp profile that the same standard asks of a pod or of its containers."""


HIDDEN = [
    {"name": "OPENINFERENCE_HIDE_INPUTS", "value": "true"},
    {"name": "OPENINFERENCE_HIDE_OUTPUTS", "value": "true"},
]
"""Variables of the processor; OpenInference writes prompts and completions into spans without."""


ON_OWN_NODES = {
    "nodeSelector": {TENANT_LABEL: PLATFORM},
    "tolerations": [
        {"key": TENANT_LABEL, "operator": "Equal", "value": PLATFORM, "effect": "NoSchedule"}
    ],
}
"""What puts proxies on nodes that no tenant's pods land on."""


def gateway_class() -> dict[str, Any]:
    """Spec of the GatewayClass that Envoy Gateway serves."""
    return {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"}


def gateway(host: str, certificate: str) -> dict[str, Any]:
    """Spec of the Gateway: one TLS listener for ``host``, to routes of its own namespace only."""
    return {
        "gatewayClassName": CLASS,
        "infrastructure": {
            "parametersRef": {
                "group": "gateway.envoyproxy.io",
                "kind": "EnvoyProxy",
                "name": GATEWAY,
            }
        },
        "listeners": [
            {
                "name": LISTENER,
                "protocol": "HTTPS",
                "port": HTTPS_PORT,
                "hostname": host,
                "tls": {
                    "mode": "Terminate",
                    "certificateRefs": [{"kind": "Secret", "name": certificate}],
                },
                "allowedRoutes": {"namespaces": {"from": "Same"}},
            }
        ],
    }


def proxy(
    labels: dict[str, str],
    tags: dict[str, str],
    *,
    clients: list[str],
    proxies: int,
    own_nodes: bool,
) -> dict[str, Any]:
    """Spec of the EnvoyProxy: an internal load balancer, restricted pods, a log without bodies.

    Only ``clients`` reach the load balancer. The number of ``proxies`` is fixed: ceilings are split
    between them. The image is the one that ``GatewayControllers`` name, with which this is merged.
    With ``own_nodes`` they land on nodes that are the platform's alone.
    """
    return {
        "mergeType": "StrategicMerge",
        "provider": {
            "type": "Kubernetes",
            "kubernetes": {
                "envoyService": {
                    "type": "LoadBalancer",
                    "externalTrafficPolicy": "Local",
                    "allocateLoadBalancerNodePorts": False,
                    "loadBalancerClass": "service.k8s.aws/nlb",
                    "loadBalancerSourceRanges": clients,
                    "annotations": _load_balancer(tags),
                },
                "envoyPDB": {"minAvailable": 1},
                "envoyDeployment": {
                    "replicas": proxies,
                    "pod": {
                        "labels": labels,
                        "securityContext": {
                            "runAsNonRoot": True,
                            "seccompProfile": SYSCALLS,
                        },
                        "topologySpreadConstraints": spread(PROXIES),
                        **(ON_OWN_NODES if own_nodes else {}),
                    },
                    "container": {
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "512Mi"},
                            "limits": {"cpu": "2", "memory": "2Gi"},
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
                        "format": {"type": "JSON", "json": access_log()},
                        "sinks": [{"type": "File", "file": {"path": "/dev/stdout"}}],
                    }
                ]
            }
        },
        "shutdown": {"drainTimeout": "60s", "minDrainDuration": "10s"},
    }


def processor() -> dict[str, Any]:
    """Spec of the GatewayConfig: the processor beside each proxy, which never traces contents."""
    return {
        "extProc": {
            "kubernetes": {
                "env": HIDDEN,
                "resources": {
                    "requests": {"cpu": "250m", "memory": "256Mi"},
                    "limits": {"cpu": "1", "memory": "1Gi"},
                },
                "securityContext": {**RESTRICTED, "seccompProfile": SYSCALLS},
            }
        }
    }


def _load_balancer(tags: dict[str, str]) -> dict[str, str]:
    """Annotations of the AWS Load Balancer Controller; an internal one is its default, but said."""
    prefix = "service.beta.kubernetes.io/aws-load-balancer"
    return {
        f"{prefix}-scheme": "internal",
        f"{prefix}-nlb-target-type": "ip",
        f"{prefix}-attributes": "load_balancing.cross_zone.enabled=true",
        f"{prefix}-additional-resource-tags": ",".join(f"{k}={v}" for k, v in tags.items()),
    }


def access_log() -> dict[str, str]:
    """What a request leaves in the log (OBS-1): no body, no token, no query string.

    ``decision`` is Envoy's response code detail, which says who refused a request; the backend's
    name carries the version of the model that answered.
    """
    return {
        "time": "%START_TIME%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "tenant": f"%REQ({TENANT_HEADER.upper()})%",
        "subject": f"%DYNAMIC_METADATA({JWT_METADATA}:{PROVIDER}:sub)%",
        "model": f"%REQ({MODEL_HEADER.upper()})%",
        "backend": f"%DYNAMIC_METADATA({METADATA}:backend_name)%",
        "route": "%ROUTE_NAME%",
        "upstream": "%UPSTREAM_HOST%",
        "method": "%REQ(:METHOD)%",
        "path": "%REQ_WITHOUT_QUERY(:PATH)%",
        "code": "%RESPONSE_CODE%",
        "decision": "%RESPONSE_CODE_DETAILS%",
        "flags": "%RESPONSE_FLAGS%",
        "milliseconds": "%DURATION%",
        "first_byte_milliseconds": "%RESPONSE_DURATION%",
        "bytes_received": "%BYTES_RECEIVED%",
        "bytes_sent": "%BYTES_SENT%",
        **{
            key.removeprefix("llm_") + "s": f"%DYNAMIC_METADATA({METADATA}:{key})%"
            for key in TOKENS
        },
    }
