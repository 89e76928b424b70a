"""What Envoy AI Gateway's controller may do.

Its chart lets it write every Secret, Service, Pod and Deployment of the cluster. It needs that in
the gateway's namespace, which it is told to watch: there it writes routes for Envoy Gateway and the
configuration of its processor, and starts proxies anew. Elsewhere it reads.
"""

from typing import Any

from bulkhead.workloads.names import CONTROLLER_NAMESPACE, GATEWAY_NAMESPACE
from bulkhead.workloads.rbac import CHANGE, READ, rule

WEBHOOK = f"envoy-ai-gateway-gateway-pod-mutator.{CONTROLLER_NAMESPACE}"
"""The chart's webhook configuration, into which the controller writes its own authority."""

_OWN = [
    *("aigatewayroutes", "aiservicebackends", "backendsecuritypolicies", "gatewayconfigs"),
    *("mcproutes", "quotapolicies"),
]
_ENVOY = [
    *("backends", "backendtrafficpolicies", "clienttrafficpolicies", "envoyextensionpolicies"),
    *("envoyproxies", "httproutefilters", "securitypolicies"),
]
_ROUTES = ["gateways", "httproutes", "referencegrants"]

CLUSTER_RULES: list[dict[str, Any]] = [
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get", "list"]),
    rule("admissionregistration.k8s.io", ["mutatingwebhookconfigurations"], READ),
    {
        **rule(
            "admissionregistration.k8s.io", ["mutatingwebhookconfigurations"], ["patch", "update"]
        ),
        "resource_names": [WEBHOOK],
    },
]
"""In the whole cluster."""

NAMESPACE_RULES: dict[str, list[dict[str, Any]]] = {
    GATEWAY_NAMESPACE: [
        rule("aigateway.envoyproxy.io", _OWN, [*READ, *CHANGE]),
        rule("aigateway.envoyproxy.io", [f"{kind}/status" for kind in _OWN], ["patch", "update"]),
        rule("gateway.envoyproxy.io", _ENVOY, [*READ, *CHANGE]),
        rule("gateway.networking.k8s.io", _ROUTES, [*READ, *CHANGE]),
        rule("gateway.networking.k8s.io", ["httproutes/status"], ["patch", "update"]),
        # All secrets of this namespace, since it watches them; its own have ten names.
        rule("", ["secrets", "services"], [*READ, *CHANGE]),
        rule("", ["pods"], [*READ, "patch"]),
        rule("apps", ["daemonsets", "deployments"], [*READ, "patch"]),
        rule("", ["events"], ["create", "patch"]),
    ],
    CONTROLLER_NAMESPACE: [
        rule("", ["pods"], READ),
        rule("apps", ["daemonsets", "deployments"], READ),
        rule("", ["events"], ["create", "patch"]),
        rule("coordination.k8s.io", ["leases"], [*READ, "create", "update"]),
    ],
}
"""In one namespace."""
