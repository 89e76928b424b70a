"""What well-made objects of a cluster have in common."""

from typing import Any

from tests.policies.parts import ACCOUNT, labels
from tests.policies.scenes import Declared, Scene

REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
PLATFORM = labels(tenant="platform").kubernetes()
HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
IN_POD = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
SIZES = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    "limits": {"memory": "256Mi", "ephemeral-storage": "1Gi"},
}


def image(name: str) -> str:
    return f"{REGISTRY}/{name}@sha256:{'5' * 64}"


def made(token: str, name: str, namespace: str | None = None, **properties: Any) -> Declared:
    """An object of a cluster, in ``namespace`` where its kind has one."""
    version, _, kind = token.rpartition(":")
    metadata: dict[str, Any] = {"name": name, "labels": PLATFORM}
    if namespace:
        metadata["namespace"] = namespace
    metadata |= properties.pop("metadata", {})
    return Declared(
        f"kubernetes:{token}",
        {
            "apiVersion": version.removeprefix("core/"),
            "kind": kind,
            "metadata": metadata,
            **properties,
        },
        name=f"{kind}-{name}".lower(),
    )


def container(name: str, port: int, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": image(name),
        "ports": [{"name": "http", "containerPort": port}],
        "resources": SIZES,
        "readinessProbe": {"httpGet": {"path": "/ready", "port": port}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": port}},
        "securityContext": HARDENED,
        **more,
    }


def pod(name: str, *containers: Any, **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app.kubernetes.io/name": name}},
        "spec": {
            "serviceAccountName": name,
            "securityContext": IN_POD,
            "containers": list(containers),
            **more,
        },
    }


def account(name: str, namespace: str) -> Declared:
    return made("core/v1:ServiceAccount", name, namespace, automountServiceAccountToken=False)


def deployment(name: str, namespace: str, template: Any, replicas: int = 2) -> Scene:
    """A server of two replicas that spread, with what keeps one of them up."""
    selector = {"matchLabels": {"app.kubernetes.io/name": name}}
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": selector,
    }
    template = {**template, "spec": {**template["spec"], "topologySpreadConstraints": [spread]}}
    return (
        made(
            "apps/v1:Deployment",
            name,
            namespace,
            spec={"replicas": replicas, "selector": selector, "template": template},
        ),
        made(
            "policy/v1:PodDisruptionBudget",
            name,
            namespace,
            spec={"maxUnavailable": 1, "selector": selector},
        ),
    )


def bound(name: str, namespace: str, *rules: dict[str, Any]) -> Scene:
    """An account, a role of the whole cluster and what binds them."""
    return (
        account(name, namespace),
        made("rbac.authorization.k8s.io/v1:ClusterRole", name, rules=list(rules)),
        made(
            "rbac.authorization.k8s.io/v1:ClusterRoleBinding",
            name,
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            subjects=[{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        ),
    )


def rule(groups: list[str], resources: list[str], *verbs: str) -> dict[str, Any]:
    return {"apiGroups": groups, "resources": resources, "verbs": list(verbs)}


READ = ("get", "list", "watch")
