"""Network policies of tenants and of the gateway.

Everything is denied; each policy below opens one path. Tenants can't add policies of their own
(``rbac``), since policies only ever add up. Two pods of one tenant don't reach each other either: a
server that is spread over several pods needs a policy for its ports.
"""

from collections.abc import Sequence

from bulkhead.cluster.admission.rule import TENANTS
from bulkhead.cluster.system_policies import (
    EVERYWHERE,
    HTTPS,
    Spec,
    closed_but_for_names,
    egress_to_networks,
    egress_to_pod_identity,
    ingress_from_networks,
    namespace_named,
    tcp,
)
from bulkhead.domain.admission import AGENT_SANDBOX, INFERENCE_SERVER, ROLE_LABEL, TRAINER
from bulkhead.domain.sandboxes import SANDBOXES_LABEL
from bulkhead.foundation.arguments import Strings
from bulkhead.workloads.gateway_edge import PROXIES, PROXY_PORT
from bulkhead.workloads.names import CONTROLLER_NAMESPACE, GATEWAY_NAMESPACE, INFERENCE_PORT
from bulkhead.workloads.tool_specs import TOOL_PORT, TOOL_PROXIES

SERVERS = {"match_labels": {ROLE_LABEL: INFERENCE_SERVER}}
"""Pods that serve a model."""

TRAINERS = {"match_labels": {ROLE_LABEL: TRAINER}}
"""Pods that train one."""

MODEL_PROXIES = {"match_labels": PROXIES}
"""Pods of the gateway in front of models; those in front of tools stand in its namespace too."""

SERVING = tcp(INFERENCE_PORT)

XDS_PORT, RATE_LIMIT_PORT = 18000, 8081
"""Where Envoy Gateway configures proxies, and where its rate-limit service counts."""


def tenant_policies(
    endpoint_cidrs: Strings,
) -> dict[str, Spec]:
    """The specs of a tenant's policies, by name.

    Only inference servers are reached, by the gateway alone and on their port, and only they reach
    out: to the agent that holds their identity and to the VPC's endpoints for AWS.
    """
    return {
        **closed_but_for_names(),
        "allow-gateway": {
            "pod_selector": SERVERS,
            "policy_types": ["Ingress"],
            "ingress": [
                {
                    "from_": [
                        {
                            "namespace_selector": namespace_named(GATEWAY_NAMESPACE),
                            "pod_selector": MODEL_PROXIES,
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


def training_policies(endpoint_cidrs: Strings) -> dict[str, Spec]:
    """The specs of the policies of a tenant's namespace for training, by name (TRN-1).

    Trainers of one namespace reach each other on any port, since collectives pick theirs, and the
    VPC's endpoints for AWS. Nothing leads to inference servers or from them, nor from the gateway.
    """
    return {
        **closed_but_for_names(),
        "allow-workers": {
            "pod_selector": TRAINERS,
            "policy_types": ["Ingress", "Egress"],
            "ingress": [{"from_": [{"pod_selector": TRAINERS}]}],
            "egress": [{"to": [{"pod_selector": TRAINERS}]}],
        },
        "allow-stores": {
            "pod_selector": TRAINERS,
            "policy_types": ["Egress"],
            "egress": [egress_to_pod_identity(), egress_to_networks(endpoint_cidrs, HTTPS)],
        },
    }


def gateway_policies() -> dict[str, Spec]:
    """The specs of the gateway's policies, by name.

    Its proxies of models reach inference servers; every pod asks for names, and reaches nothing
    else.
    """
    return {
        **closed_but_for_names(),
        "allow-inference-servers": {
            "pod_selector": MODEL_PROXIES,
            "policy_types": ["Egress"],
            "egress": [
                {
                    "to": [{"namespace_selector": TENANTS, "pod_selector": SERVERS}],
                    "ports": SERVING,
                }
            ],
        },
    }


def proxy_policies(load_balancer_cidrs: Strings, issuer_cidrs: Strings) -> dict[str, Spec]:
    """The specs of the proxies' policies, by name.

    The load balancer reaches them on their port. They reach their controller, which configures
    them, the service that counts, and the issuer's keys.
    """
    return {
        "allow-load-balancer": {
            "pod_selector": MODEL_PROXIES,
            "policy_types": ["Ingress"],
            "ingress": [ingress_from_networks(load_balancer_cidrs, tcp(PROXY_PORT))],
        },
        "allow-controllers": {
            "pod_selector": MODEL_PROXIES,
            "policy_types": ["Egress"],
            "egress": [
                {
                    "to": [
                        {
                            "namespace_selector": namespace_named(CONTROLLER_NAMESPACE),
                            "pod_selector": EVERYWHERE,
                        }
                    ],
                    "ports": tcp(XDS_PORT, RATE_LIMIT_PORT),
                }
            ],
        },
        "allow-issuer": {
            "pod_selector": MODEL_PROXIES,
            "policy_types": ["Egress"],
            "egress": [egress_to_networks(issuer_cidrs, HTTPS)],
        },
    }


def tool_policies(
    server_cidrs: Strings, server_ports: Sequence[int], issuer_cidrs: Strings
) -> dict[str, Spec]:
    """The specs of the policies of the tools' proxies, by name.

    Agents' sandboxes alone reach them, whoever's. They reach their controller, the service that
    counts, the tools' servers and the issuer's keys.
    """
    pods = {"match_labels": TOOL_PROXIES}
    agents = {
        "namespace_selector": {"match_labels": {SANDBOXES_LABEL: "true"}},
        "pod_selector": {"match_labels": {ROLE_LABEL: AGENT_SANDBOX}},
    }
    controllers = {
        "namespace_selector": namespace_named(CONTROLLER_NAMESPACE),
        "pod_selector": EVERYWHERE,
    }
    return {
        "allow-agents": {
            "pod_selector": pods,
            "policy_types": ["Ingress"],
            "ingress": [{"from_": [agents], "ports": tcp(TOOL_PORT)}],
        },
        "allow-tools": {
            "pod_selector": pods,
            "policy_types": ["Egress"],
            "egress": [
                {"to": [controllers], "ports": tcp(XDS_PORT, RATE_LIMIT_PORT)},
                egress_to_networks(server_cidrs, tcp(*server_ports)),
                egress_to_networks(issuer_cidrs, HTTPS),
            ],
        },
    }
