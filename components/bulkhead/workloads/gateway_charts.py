"""Charts of the gateway's controllers, and the values that they get.

Read in the charts themselves: gateway-helm 1.9.1, ai-gateway-crds-helm and ai-gateway-helm 1.1.0.
"""

from dataclasses import dataclass
from typing import Any

import pulumi

from bulkhead.cluster.charts import Chart, on_system_nodes, spread
from bulkhead.domain.images import Image
from bulkhead.workloads.gateway_edge import HIDDEN, RESTRICTED, SYSCALLS
from bulkhead.workloads.names import CONTROLLER_NAMESPACE, GATEWAY_NAMESPACE

ENVOY_GATEWAY = Chart("oci://docker.io/envoyproxy/gateway-helm", "1.9.1")
AI_GATEWAY_CRDS = Chart("oci://docker.io/envoyproxy/ai-gateway-crds-helm", "1.1.0")
AI_GATEWAY = Chart("oci://docker.io/envoyproxy/ai-gateway-helm", "1.1.0")

AI_CONTROLLER = "ai-gateway-controller"
"""Name of Envoy AI Gateway's controller, its Service and its service account."""

REPLICAS = 2
"""Of each controller and of the service that counts: one may go with its node."""

COUNTING_MILLISECONDS = 250
"""How long a proxy waits for the service that counts. Envoy Gateway's own default of 20 lets
requests be refused at every pause of a node."""

COUNTERS_USER_KEY = "auth"
"""Key of the Secret that holds ``<user>:<password>`` of the store of counters."""

_CONTROLLER = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    "limits": {"cpu": "1", "memory": "1Gi"},
}


@dataclass(frozen=True)
class GatewayImages:
    """Images of the controllers and of what they start.

    Attributes:
        gateway: Envoy Gateway; also what shuts proxies down in order.
        proxy: Envoy.
        rate_limit: Envoy's rate-limit service.
        ai_controller: Envoy AI Gateway's controller.
        ai_processor: its processor beside each proxy.
    """

    gateway: Image
    proxy: Image
    rate_limit: Image
    ai_controller: Image
    ai_processor: Image


def envoy_gateway_values(
    images: GatewayImages, labels: dict[str, str], counters: pulumi.Input[str], secret: str
) -> dict[str, Any]:
    """Values of Envoy Gateway's chart.

    Without the webhook that writes zones into every pod of the cluster as it is bound to a node.
    """
    return {
        "global": {
            "images": {
                "envoyGateway": {"image": images.gateway.reference},
                "envoyProxy": {"image": images.proxy.reference},
                "ratelimit": {"image": images.rate_limit.reference},
            }
        },
        "podDisruptionBudget": {"minAvailable": 1},
        "deployment": {
            "replicas": REPLICAS,
            "envoyGateway": {"resources": _CONTROLLER},
            "pod": {
                "labels": labels,
                "topologySpreadConstraints": spread({"control-plane": "envoy-gateway"}),
                **on_system_nodes(),
            },
        },
        "certgen": {
            "job": {"pod": {"labels": labels}, "resources": _CONTROLLER, **on_system_nodes()}
        },
        "topologyInjector": {"enabled": False},
        "config": {"envoyGateway": envoy_gateway(labels, counters, secret)},
    }


def envoy_gateway(
    labels: dict[str, str], counters: pulumi.Input[str], secret: str
) -> dict[str, Any]:
    """The EnvoyGateway configuration.

    It watches the gateway's namespace alone and runs proxies there, so that it has no rights in
    others. Requests are refused when nobody can count them, and nothing is configured when Envoy AI
    Gateway has not had its say: both would otherwise open.
    """
    return {
        "gateway": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
        "logging": {"level": {"default": "info"}},
        "provider": {
            "type": "Kubernetes",
            "kubernetes": {
                "deploy": {"type": "GatewayNamespace"},
                "watch": {"type": "Namespaces", "namespaces": [GATEWAY_NAMESPACE]},
                "rateLimitDeployment": _rate_limit_deployment(labels, secret),
                "rateLimitPDB": {"minAvailable": 1},
            },
        },
        "extensionApis": {
            "enableBackend": True,
            "enableLua": True,
            "enableEnvoyPatchPolicy": False,
        },
        "extensionManager": {
            "failOpen": False,
            "hooks": {
                "xdsTranslator": {
                    "translation": {
                        kind: {"includeAll": True}
                        for kind in ("listener", "route", "cluster", "secret")
                    },
                    "post": ["Translation", "Cluster", "Route"],
                }
            },
            "service": {
                "fqdn": {
                    "hostname": f"{AI_CONTROLLER}.{CONTROLLER_NAMESPACE}.svc.cluster.local",
                    "port": 1063,
                }
            },
        },
        "rateLimit": {
            "backend": {"type": "Redis", "redis": {"url": counters}},
            "failClosed": True,
            "timeout": f"{COUNTING_MILLISECONDS}ms",
        },
    }


def _rate_limit_deployment(labels: dict[str, str], secret: str) -> dict[str, Any]:
    """The service that counts.

    It takes its password by an environment variable and in no other way, and its image has no
    shell. TLS is asked for by a variable too: with ``redis.tls`` and no client certificate Envoy
    Gateway mounts a volume that it does not declare.
    """
    return {
        "replicas": REPLICAS,
        "pod": {
            "labels": labels,
            "topologySpreadConstraints": spread({"app.kubernetes.io/component": "ratelimit"}),
            **on_system_nodes(),
        },
        "container": {
            "resources": _CONTROLLER,
            "securityContext": {
                **RESTRICTED,
                "runAsUser": 65534,
                "runAsGroup": 65534,
                "seccompProfile": SYSCALLS,
            },
            "env": [
                {"name": "REDIS_TLS", "value": "true"},
                {
                    "name": "REDIS_AUTH",
                    "valueFrom": {"secretKeyRef": {"name": secret, "key": COUNTERS_USER_KEY}},
                },
            ],
        },
    }


def ai_gateway_values(
    images: GatewayImages,
    labels: dict[str, str],
    seed: pulumi.Input[str],
    *,
    certificate_manager: bool,
) -> dict[str, Any]:
    """Values of Envoy AI Gateway's chart.

    Its own service account may write every Secret of the cluster; it gets one that may not. Its
    seed for sessions of tools is the same everywhere unless one is given.
    """
    return {
        "controller": {
            "image": _image(images.ai_controller),
            "replicaCount": REPLICAS,
            "podLabels": labels,
            "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
            "topologySpreadConstraints": spread({"app.kubernetes.io/name": "ai-gateway-helm"}),
            **on_system_nodes(),
            "resources": _CONTROLLER,
            "securityContext": {
                **RESTRICTED,
                "privileged": False,
                "runAsUser": 65532,
                "runAsGroup": 65532,
                "seccompProfile": SYSCALLS,
            },
            "serviceAccount": {"create": False, "name": AI_CONTROLLER},
            "watch": {"namespaces": [GATEWAY_NAMESPACE]},
            "extraEnvVars": [_NO_PROFILES],
            "mcp": {"sessionEncryption": {"seed": seed}},
            "mutatingWebhook": {
                "namespaceSelector": {
                    "matchLabels": {"kubernetes.io/metadata.name": GATEWAY_NAMESPACE}
                },
                "certManager": {"enable": certificate_manager},
            },
        },
        "extProc": {
            "image": _image(images.ai_processor),
            "extraEnvVars": [*HIDDEN, _NO_PROFILES],
        },
        "envoyGateway": {"namespace": CONTROLLER_NAMESPACE},
    }


_NO_PROFILES = {"name": "DISABLE_PPROF", "value": "true"}
"""Profiles of a running process hold what it has in memory."""


def _image(image: Image) -> dict[str, str]:
    return {"repository": image.repository, "tag": image.pinned_tag}
