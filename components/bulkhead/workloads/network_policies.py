"""Network policies of tenants and of the gateway.

Everything is denied; each policy below opens one path. Tenants can't add policies of their own
(``rbac``), since policies only ever add up. Two pods of one tenant don't reach each other either: a
server that is spread over several pods needs a policy for its ports.
"""

from bulkhead.cluster.admission.rule import TENANTS
from bulkhead.cluster.system_policies import (
    EVERYWHERE,
    HTTPS,
    Spec,
    default_deny,
    egress_to_dns,
    egress_to_networks,
    egress_to_pod_identity,
    namespace_named,
)
from bulkhead.domain.admission import INFERENCE_SERVER, ROLE_LABEL
from bulkhead.foundation.arguments import Strings
from bulkhead.workloads.names import GATEWAY_NAMESPACE, INFERENCE_PORT

SERVERS = {"match_labels": {ROLE_LABEL: INFERENCE_SERVER}}
"""Pods that serve a model."""

SERVING = [{"protocol": "TCP", "port": INFERENCE_PORT}]


def tenant_policies(
    endpoint_cidrs: Strings,
) -> dict[str, Spec]:
    """The specs of a tenant's policies, by name.

    Only inference servers are reached, by the gateway alone and on their port, and only they reach
    out: to the agent that holds their identity and to the VPC's endpoints for AWS.
    """
    return {
        "default-deny": default_deny(),
        "allow-dns": _allow_dns(),
        "allow-gateway": {
            "pod_selector": SERVERS,
            "policy_types": ["Ingress"],
            "ingress": [
                {
                    "from_": [
                        {
                            "namespace_selector": namespace_named(GATEWAY_NAMESPACE),
                            "pod_selector": EVERYWHERE,
                        }
                    ],
                    "ports": SERVING,
                }
            ],
        },
        "allow-artifacts": {
            "pod_selector": SERVERS,
            "policy_types": ["Egress"],
            "egress": [egress_to_pod_identity(), egress_to_networks(endpoint_cidrs, HTTPS)],
        },
    }


def gateway_policies() -> dict[str, Spec]:
    """The specs of the gateway's policies, by name: it reaches inference servers and DNS."""
    return {
        "default-deny": default_deny(),
        "allow-dns": _allow_dns(),
        "allow-inference-servers": {
            "pod_selector": EVERYWHERE,
            "policy_types": ["Egress"],
            "egress": [
                {
                    "to": [{"namespace_selector": TENANTS, "pod_selector": SERVERS}],
                    "ports": SERVING,
                }
            ],
        },
    }


def _allow_dns() -> Spec:
    return {"pod_selector": EVERYWHERE, "policy_types": ["Egress"], "egress": [egress_to_dns()]}
