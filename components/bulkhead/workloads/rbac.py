"""Roles of a tenant's people inside its namespace (CIS EKS 4.1).

No role may read secrets, run commands in a container, forward a port, debug a running pod, mint a
token, impersonate anybody, or touch roles, quotas and network policies. No verb and no resource is
a wildcard, so that a kind that the cluster learns later is closed.

Whoever may create a pod may mount its namespace's secrets and config maps: a developer is trusted
with all that the tenant's servers know. ``patch`` and ``update`` on secrets are closed since their
answers contain the secret.
"""

from typing import Any

from bulkhead.domain.access import Access
from bulkhead.domain.labels import Plane
from bulkhead.domain.tiers import CATALOGUE, Tier

Rule = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"

READ = ["get", "list", "watch"]
CHANGE = ["create", "delete", "patch", "update"]

WORKLOADS: list[tuple[str, list[str]]] = [
    ("apps", ["deployments", "statefulsets"]),
    ("autoscaling", ["horizontalpodautoscalers"]),
    ("batch", ["cronjobs", "jobs"]),
    ("policy", ["poddisruptionbudgets"]),
    ("", ["configmaps", "persistentvolumeclaims", "services"]),
]
"""What a tenant runs, by API group."""

TRAINING: list[tuple[str, list[str]]] = [
    ("batch", ["cronjobs", "jobs"]),
    ("jobset.x-k8s.io", ["jobsets"]),
    ("trainer.kubeflow.org", ["trainjobs"]),
    ("", ["configmaps", "persistentvolumeclaims", "services"]),
]
"""What it trains with: kinds that its queues hold, and what belongs to them."""

SURROUNDINGS: list[tuple[str, list[str]]] = [
    ("apps", ["controllerrevisions", "replicasets"]),
    ("networking.k8s.io", ["networkpolicies"]),
    ("", ["events", "limitranges", "pods", "resourcequotas", "serviceaccounts"]),
]
"""What surrounds it and is only looked at."""

QUEUES: list[tuple[str, list[str]]] = [("kueue.x-k8s.io", ["localqueues", "workloads"])]
"""Where its jobs wait, and why."""


def rules(access: Access, tier: Tier, plane: Plane = Plane.INFERENCE) -> list[Rule]:
    """The rules of the role for one access; each includes those of the lesser ones.

    What a pod writes is read from the cluster where the tier lets people read it past the
    redaction, and else from the tenant's log group (ISO-10). In a namespace for training nobody
    makes pods but jobs.
    """
    training = plane is Plane.TRAINING
    run, around = (TRAINING, [*SURROUNDINGS, *QUEUES]) if training else (WORKLOADS, SURROUNDINGS)
    granted = [rule(group, kinds, READ) for group, kinds in [*run, *around]]
    if access is Access.VIEWER:
        return granted
    granted += [rule(group, kinds, CHANGE) for group, kinds in run]
    if not training:
        scales = ["deployments/scale", "statefulsets/scale"]
        granted.append(rule("apps", scales, ["get", "patch", "update"]))
    granted += [
        *_logs(tier),
        rule("", ["pods"], ["delete"]),
        rule("", ["secrets"], ["create", "delete"]),
    ]
    if access is Access.DEVELOPER:
        return granted
    return [
        *granted,
        rule(GROUP, ["rolebindings", "roles"], READ),
        *([] if training else [rule("", ["pods"], ["create"])]),
        rule("", ["pods/eviction"], ["create"]),
        *(rule(group, kinds, ["deletecollection"]) for group, kinds in run),
    ]


def sandbox_rules(access: Access, tier: Tier) -> list[Rule]:
    """The rules of the role for one access where a tenant's agents run: people claim sandboxes.

    Nobody of the tenant's makes a pod, a template or a pool of one's own here. Logs are read as
    anywhere else.
    """
    agents = [
        ("agents.x-k8s.io", ["sandboxes"]),
        ("extensions.agents.x-k8s.io", ["sandboxclaims", "sandboxtemplates", "sandboxwarmpools"]),
    ]
    granted = [rule(group, kinds, READ) for group, kinds in [*agents, *SURROUNDINGS[1:]]]
    if access is Access.VIEWER:
        return granted
    claims = ("extensions.agents.x-k8s.io", ["sandboxclaims"])
    granted += [rule(*claims, CHANGE), *_logs(tier)]
    return [*granted, rule(*claims, ["deletecollection"])] if access is Access.ADMIN else granted


def _logs(tier: Tier) -> list[Rule]:
    return [rule("", ["pods/log"], ["get"])] if CATALOGUE[tier].pods.open_logs else []


def rule(group: str, resources: list[str], verbs: list[str]) -> Rule:
    """A rule of a role."""
    return {"api_groups": [group], "resources": resources, "verbs": verbs}


def known_as(kind: str, name: str) -> dict[str, str]:
    """How a binding names a role, a user or a group."""
    return {"api_group": GROUP, "kind": kind, "name": name}
