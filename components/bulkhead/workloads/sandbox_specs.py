"""Specs of agents' sandboxes: their pods, and what these reach.

Names and fields are those of agent-sandbox 0.5 (agents.x-k8s.io and extensions.agents.x-k8s.io,
v1beta1).
"""

from typing import Any

from bulkhead.cluster.services import STORAGE_CLASS
from bulkhead.cluster.system_policies import DNS_PODS, DNS_PORTS, tcp
from bulkhead.domain.admission import AGENT_SANDBOX, ROLE_LABEL
from bulkhead.domain.sandboxes import AGENT_ACCOUNT, Sandboxes
from bulkhead.workloads.gateway_edge import RESTRICTED, SYSCALLS
from bulkhead.workloads.names import GATEWAY_NAMESPACE
from bulkhead.workloads.tool_specs import TOOL_PORT, TOOL_PROXIES

TEMPLATE = "agent"
"""Name of a tenant's SandboxTemplate and of the pool of waiting sandboxes that claims name."""

WORKSPACE = "/workspace"
"""The only folder besides ``/tmp`` that an agent may write."""

ROLE = {ROLE_LABEL: AGENT_SANDBOX}


def template(sandboxes: Sandboxes, labels: dict[str, str], home: dict[str, str]) -> dict[str, Any]:
    """Spec of the SandboxTemplate; ``home`` are label and taint of the tenant's own nodes.

    A claim may add environment variables, such as a token of its session for the tools' gateway: it
    is the only credential that a sandbox ever holds. It then starts anew and not from the pool.
    """
    claims = {"volumeClaimTemplates": [_claim(sandboxes)]} if sandboxes.storage_gib else {}
    policy = {"sandbox.amazonaws.com/policy": sandboxes.policy} if sandboxes.policy else {}
    return {
        "podTemplate": {
            "metadata": {
                "labels": labels | ROLE,
                **({"annotations": policy} if policy else {}),
            },
            "spec": pod(sandboxes, home),
        },
        "service": False,
        "networkPolicyManagement": "Managed",
        "networkPolicy": {"egress": egress(sandboxes)},
        "envVarsInjectionPolicy": "Allowed",
        "volumeClaimTemplatesPolicy": "Disallowed",
        **claims,
    }


def pod(sandboxes: Sandboxes, home: dict[str, str]) -> dict[str, Any]:
    """The pod of a sandbox: no token, no root, nothing of its host."""
    resources = {
        "cpu": str(sandboxes.cpus),
        "memory": f"{sandboxes.memory_gib}Gi",
        "ephemeral-storage": f"{sandboxes.disk_gib}Gi",
    }
    limit = f"{sandboxes.disk_gib}Gi"
    names = ["tmp"] if sandboxes.storage_gib else ["tmp", "workspace"]
    tolerations = [
        {"key": key, "operator": "Equal", "value": value, "effect": "NoSchedule"}
        for key, value in home.items()
    ]
    return {
        "runtimeClassName": str(sandboxes.runtime),
        "serviceAccountName": AGENT_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 10,
        **({"nodeSelector": home, "tolerations": tolerations} if home else {}),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": sandboxes.user,
            "runAsGroup": sandboxes.user,
            "fsGroup": sandboxes.user,
            "seccompProfile": SYSCALLS,
        },
        "containers": [
            {
                "name": "agent",
                "image": sandboxes.image.reference,
                **({"command": list(sandboxes.command)} if sandboxes.command else {}),
                "resources": {"requests": resources, "limits": resources},
                "securityContext": RESTRICTED,
                "volumeMounts": [
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - of the pod's own
                    {"name": "workspace", "mountPath": WORKSPACE},
                ],
            }
        ],
        "volumes": [{"name": name, "emptyDir": {"sizeLimit": limit}} for name in names],
    }


def egress(sandboxes: Sandboxes) -> list[dict[str, Any]]:
    """Rules of what sandboxes reach: names, tools, and nothing that is not listed.

    Instance metadata and the Pod Identity agent are addresses like others, and not listed.
    """
    dns = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": DNS_PODS},
    }
    tools = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": GATEWAY_NAMESPACE}},
        "podSelector": {"matchLabels": TOOL_PROXIES},
    }
    return [
        {"to": [dns], "ports": DNS_PORTS},
        {"to": [tools], "ports": tcp(TOOL_PORT)},
        *(
            {"to": [{"ipBlock": {"cidr": each.cidr}}], "ports": tcp(each.port)}
            for each in sandboxes.egress
        ),
    ]


def warm_pool(sandboxes: Sandboxes) -> dict[str, Any]:
    """Spec of the SandboxWarmPool: sandboxes that wait for a claim, all of the newest template."""
    return {
        "replicas": sandboxes.warm,
        "sandboxTemplateRef": {"name": TEMPLATE},
        "updateStrategy": {"type": "Recreate"},
    }


def _claim(sandboxes: Sandboxes) -> dict[str, Any]:
    return {
        "metadata": {"name": "workspace"},
        "spec": {
            "accessModes": ["ReadWriteOncePod"],
            "storageClassName": STORAGE_CLASS,
            "resources": {"requests": {"storage": f"{sandboxes.storage_gib}Gi"}},
        },
    }
