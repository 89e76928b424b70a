"""Network policies of the gateway's controllers.

Everything is denied; each policy below opens the paths of one kind of pod.
"""

from bulkhead.cluster.system_policies import (
    Spec,
    closed_but_for_names,
    egress_to_api_server,
    egress_to_networks,
    ingress_from_networks,
    namespace_named,
    tcp,
)
from bulkhead.foundation.arguments import Strings
from bulkhead.workloads.gateway_edge import PROXIES
from bulkhead.workloads.names import COUNTERS_PORT, GATEWAY_NAMESPACE
from bulkhead.workloads.network_policies import RATE_LIMIT_PORT, XDS_PORT
from bulkhead.workloads.tool_specs import TOOL_PROXIES

LIMITS_PORT, HOOK_PORT, WEBHOOK_PORT = 18001, 1063, 9443
"""Where Envoy Gateway configures the service that counts, where Envoy AI Gateway has its say on
configurations, and where the API server calls it."""

ENVOY_GATEWAY = {"match_labels": {"control-plane": "envoy-gateway"}}
RATE_LIMIT = {"match_labels": {"app.kubernetes.io/component": "ratelimit"}}
AI_GATEWAY = {"match_labels": {"app.kubernetes.io/name": "ai-gateway-helm"}}
CERTGEN = {"match_labels": {"app": "certgen"}}
"""The job that makes the controllers' certificates before they start."""

_PROXIES = [
    {
        "namespace_selector": namespace_named(GATEWAY_NAMESPACE),
        "pod_selector": {"match_labels": labels},
    }
    for labels in (PROXIES, TOOL_PROXIES)
]
"""Those in front of models and those in front of tools, which have the same controllers."""


def controller_policies(cluster_cidrs: Strings, counters_cidrs: Strings) -> dict[str, Spec]:
    """The specs of the policies, by name."""
    api_server = egress_to_api_server(cluster_cidrs)
    return {
        **closed_but_for_names(),
        "envoy-gateway": {
            "pod_selector": ENVOY_GATEWAY,
            "policy_types": ["Ingress", "Egress"],
            "ingress": [
                {"from_": _PROXIES, "ports": tcp(XDS_PORT)},
                {"from_": [{"pod_selector": RATE_LIMIT}], "ports": tcp(LIMITS_PORT)},
            ],
            "egress": [
                *api_server,
                {"to": [{"pod_selector": AI_GATEWAY}], "ports": tcp(HOOK_PORT)},
            ],
        },
        "rate-limit": {
            "pod_selector": RATE_LIMIT,
            "policy_types": ["Ingress", "Egress"],
            "ingress": [{"from_": _PROXIES, "ports": tcp(RATE_LIMIT_PORT)}],
            "egress": [
                {"to": [{"pod_selector": ENVOY_GATEWAY}], "ports": tcp(LIMITS_PORT)},
                egress_to_networks(counters_cidrs, tcp(COUNTERS_PORT)),
            ],
        },
        "ai-gateway": {
            "pod_selector": AI_GATEWAY,
            "policy_types": ["Ingress", "Egress"],
            "ingress": [
                {"from_": [{"pod_selector": ENVOY_GATEWAY}], "ports": tcp(HOOK_PORT)},
                ingress_from_networks(cluster_cidrs, tcp(WEBHOOK_PORT)),
            ],
            "egress": api_server,
        },
        "certificates": {
            "pod_selector": CERTGEN,
            "policy_types": ["Ingress", "Egress"],
            "egress": api_server,
        },
    }
