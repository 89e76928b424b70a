"""What separates two tenants at each boundary, looked for in what is registered (ISO-2)."""

import base64
import json
from collections.abc import Callable
from typing import Any

from bulkhead.domain.boundaries import Boundary
from bulkhead.preview.plan import Resource

Records = list[Resource]


def of(plan: Records, token: str) -> Records:
    return [r for r in plan if r.type == token]


def metadata(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = resource.inputs.get("metadata") or {}
    return found


def inside(plan: Records, name: str, token: str) -> Records:
    return [r for r in of(plan, token) if metadata(r).get("namespace") == name]


def by_namespace(plan: Records, a: str, b: str) -> bool:
    """A namespace each, with a quota, held to the restricted standard, and no rights beyond it."""
    for name in (a, b):
        (space,) = [
            r for r in of(plan, "kubernetes:core/v1:Namespace") if metadata(r)["name"] == name
        ]
        restricted = metadata(space)["labels"].get("pod-security.kubernetes.io/enforce")
        quotas = inside(plan, name, "kubernetes:core/v1:ResourceQuota")
        groups = {
            subject["name"]
            for r in inside(plan, name, "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")
            for subject in r.inputs["subjects"]
        }
        own = bool(groups) and all(group.startswith(f"{name}:") for group in groups)
        if restricted != "restricted" or not quotas or not own:
            return False
    return True


def by_node(plan: Records, a: str, b: str) -> bool:
    """Taints of their own, or their tiers', and admission that holds them.

    A tenant whose nodes are nobody's own lands on untainted ones, and on no others.
    """
    bound = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding"
    held = {r.inputs["spec"]["policyName"] for r in of(plan, bound)}
    nodes: list[tuple[str, str] | None] = []
    for name in (a, b):
        (labels,) = [
            metadata(r)["labels"]
            for r in of(plan, "kubernetes:core/v1:Namespace")
            if metadata(r)["name"] == name
        ]
        whose = labels.get("bulkhead.dev/nodes")
        home = (f"bulkhead.dev/{whose}", labels[f"bulkhead.dev/{whose}"]) if whose else None
        if home and not any("=".join(home) in taints(r) for r in plan):
            return False
        nodes.append(home)
    return nodes[0] != nodes[1] and "bulkhead-pod-keep-to-pool" in held


def taints(pool: Resource) -> set[str]:
    if pool.type == "aws:eks/nodeGroup:NodeGroup":
        return {f"{t['key']}={t['value']}" for t in pool.inputs.get("taints") or []}
    if pool.type == "aws:ec2/launchTemplate:LaunchTemplate":
        told = base64.b64decode(pool.inputs["userData"]).decode()
        flags = told.partition("--register-with-taints=")[2].partition('"')[0]
        return {flag.removesuffix(":NoSchedule") for flag in flags.split(",")}
    return set()


def by_identity(plan: Records, a: str, b: str) -> bool:
    """A role each, which trusts the own namespace's pods alone."""
    roles = {}
    for name in (a, b):
        (trust,) = [
            json.loads(r.inputs["assumeRolePolicy"])["Statement"][0]
            for r in of(plan, "aws:iam/role:Role")
            if r.name.endswith(f"-{name}-inference-server")
        ]
        wanted = trust.get("Condition", {}).get("StringEquals", {})
        roles[name] = wanted.get("aws:RequestTag/kubernetes-namespace")
    return roles == {a: a, b: b}


def by_key(plan: Records, a: str, b: str) -> bool:
    """What a role opens lies under its own namespace's prefix."""
    for name in (a, b):
        (policy,) = [
            {s["Sid"]: s for s in json.loads(r.inputs["policy"])["Statement"]}
            for r in of(plan, "aws:iam/rolePolicy:RolePolicy")
            if r.name.endswith(f"-{name}-inference-server-permissions")
        ]
        prefix = "${aws:PrincipalTag/kubernetes-namespace}"
        via = policy["OpenArtifacts"]["Condition"].get("StringEquals", {})
        if f"/{prefix}/" not in policy["ReadOwnArtifacts"]["Resource"]:
            return False
        if via.get("kms:ViaService") != "s3.eu-central-1.amazonaws.com":
            return False
    return True


def by_network(plan: Records, a: str, b: str) -> bool:
    """Everything is denied, and nobody but the gateway is let in."""
    for name in (a, b):
        policies = inside(plan, name, "kubernetes:networking.k8s.io/v1:NetworkPolicy")
        specs = [r.inputs["spec"] for r in policies]
        denied = any(
            spec["podSelector"] == {}
            and set(spec["policyTypes"]) == {"Ingress", "Egress"}
            and not (spec.get("ingress") or spec.get("egress"))
            for spec in specs
        )
        peers = [
            peer
            for spec in specs
            for rule in spec.get("ingress") or []
            for peer in rule.get("from") or [{}]
        ]
        wanted = {"matchLabels": {"kubernetes.io/metadata.name": "bulkhead-gateway"}}
        if not denied or any(peer.get("namespaceSelector") != wanted for peer in peers):
            return False
    return True


def by_log(plan: Records, a: str, b: str) -> bool:
    """Log groups are encrypted, and no tenant's role reads any."""
    groups = of(plan, "aws:cloudwatch/logGroup:LogGroup")
    policies = [
        r.inputs["policy"]
        for r in of(plan, "aws:iam/rolePolicy:RolePolicy")
        if r.name.endswith("-inference-server-permissions")
    ]
    return (
        bool(groups)
        and all(group.inputs.get("kmsKeyId") for group in groups)
        and not any('"logs:' in policy for policy in policies)
    )


SEPARATORS: dict[Boundary, Callable[[Records, str, str], bool]] = {
    Boundary.NAMESPACE: by_namespace,
    Boundary.NODE: by_node,
    Boundary.IDENTITY: by_identity,
    Boundary.KEY: by_key,
    Boundary.NETWORK: by_network,
    Boundary.LOG: by_log,
}
