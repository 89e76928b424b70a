"""Specs of the admission policies that hold whose pods land on which nodes (ISO-4, POL-2)."""

from typing import Any

from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.pools import TENANT_KEY, TIER_KEY

NODES_LABEL = f"{LABEL_PREFIX}nodes"
"""Label of a namespace that says whose nodes its pods land on: its tenant's or its tier's."""

NODES = ("tenant", "tier")

POOL_KEY = f"{LABEL_PREFIX}pool"

TOLERATED = ("nvidia.com/gpu",)
"""Taints, besides its own nodes', that a tenant's pods may tolerate; those of Kubernetes itself, of
which pods get some by default, are tolerated too."""

Spec = dict[str, Any]

NAMESPACE_LABELS = "has(namespaceObject.metadata.labels) ? namespaceObject.metadata.labels : {}"
KEY = (
    f"'{NODES_LABEL}' in variables.labels ? "
    f"'{LABEL_PREFIX}' + variables.labels['{NODES_LABEL}'] : ''"
)
VALUE = "variables.key in variables.labels ? variables.labels[variables.key] : ''"
"""Taint and label of the namespace's own nodes; empty where it has none."""

FOREIGN = (
    "(has(object.spec.tolerations) ? object.spec.tolerations : []).filter(t, !("
    "has(t.key) && ("
    "t.key.startsWith('node.kubernetes.io/') || "
    f"t.key in {list(TOLERATED)} || "
    "(variables.key != '' && t.key == variables.key && has(t.value) && "
    "t.value == variables.value && (!has(t.operator) || t.operator == 'Equal')))))"
)
"""Tolerations that would let a pod onto others' nodes, a blanket one without key among them."""


def _pods(operations: list[str], selector: Spec) -> Spec:
    return {
        "namespace_selector": selector,
        "resource_rules": [
            {
                "api_groups": [""],
                "api_versions": ["v1"],
                "operations": operations,
                "resources": ["pods"],
            }
        ],
    }


def _variables() -> list[Spec]:
    return [
        {"name": "labels", "expression": NAMESPACE_LABELS},
        {"name": "key", "expression": KEY},
        {"name": "value", "expression": VALUE},
    ]


def pods_policy() -> Spec:
    """Tolerations, selector and node name of a pod, as the spec of a ValidatingAdmissionPolicy."""
    elsewhere = {
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": ["kube-system"],
    }
    own = "has(object.spec.nodeSelector) && variables.key in object.spec.nodeSelector && "
    return {
        "failure_policy": "Fail",
        "match_constraints": _pods(["CREATE", "UPDATE"], {"match_expressions": [elsewhere]}),
        "variables": [*_variables(), {"name": "foreign", "expression": FOREIGN}],
        "validations": [
            {
                "expression": "variables.foreign.size() == 0",
                "message": "The pod tolerates a taint that keeps it off others' nodes; allowed: "
                "its own nodes', GPUs' and Kubernetes' own.",
            },
            {
                "expression": "request.operation != 'CREATE' || variables.key == '' || ("
                f"{own}object.spec.nodeSelector[variables.key] == variables.value)",
                "message_expression": "'The pod must select its own nodes; allowed: nodeSelector '"
                " + variables.key + ': ' + variables.value + '.'",
            },
            {
                "expression": "request.operation != 'CREATE' || !has(object.spec.nodeName) || "
                "object.spec.nodeName == ''",
                "message": "The pod names its node, past the scheduler and its taints.",
            },
        ],
    }


def nodes_policy() -> Spec:
    """A node keeps its labels, as the spec of a ValidatingAdmissionPolicy.

    The API server lets a node label itself, except under ``node-restriction.kubernetes.io`` (which
    kubelets can't register with), and keeps it from changing its taints (Kubernetes,
    "NodeRestriction").
    """
    kept = [
        f"(has(object.metadata.labels) && '{key}' in object.metadata.labels ? "
        f"object.metadata.labels['{key}'] : '') == "
        f"(has(oldObject.metadata.labels) && '{key}' in oldObject.metadata.labels ? "
        f"oldObject.metadata.labels['{key}'] : '')"
        for key in (TENANT_KEY, TIER_KEY, POOL_KEY)
    ]
    return {
        "failure_policy": "Fail",
        "match_constraints": {
            "resource_rules": [
                {
                    "api_groups": [""],
                    "api_versions": ["v1"],
                    "operations": ["UPDATE"],
                    "resources": ["nodes", "nodes/status"],
                }
            ]
        },
        "match_conditions": [
            {
                "name": "by-a-node",
                "expression": "request.userInfo.groups.exists(group, group == 'system:nodes')",
            }
        ],
        "validations": [
            {
                "expression": " && ".join(kept),
                "message": "A node can't change for whom it is.",
            }
        ],
    }


def selection_policy() -> Spec:
    """Selector and toleration are added, as the spec of a MutatingAdmissionPolicy."""
    toleration = (
        "Object.spec.tolerations{key: variables.key, operator: 'Equal', value: variables.value, "
        "effect: 'NoSchedule'}"
    )
    escaped = "variables.key.replace('/', '~1')"
    return {
        "failure_policy": "Fail",
        "reinvocation_policy": "Never",
        "match_constraints": _pods(
            ["CREATE"],
            {"match_expressions": [{"key": NODES_LABEL, "operator": "In", "values": list(NODES)}]},
        ),
        "variables": _variables(),
        "mutations": [
            {
                "patch_type": "JSONPatch",
                "json_patch": {
                    "expression": "["
                    "has(object.spec.nodeSelector) ? "
                    f"JSONPatch{{op: 'add', path: '/spec/nodeSelector/' + {escaped}, "
                    "value: variables.value} : "
                    "JSONPatch{op: 'add', path: '/spec/nodeSelector', "
                    "value: {variables.key: variables.value}}, "
                    "has(object.spec.tolerations) ? "
                    f"JSONPatch{{op: 'add', path: '/spec/tolerations/-', value: {toleration}}} : "
                    f"JSONPatch{{op: 'add', path: '/spec/tolerations', value: [{toleration}]}}"
                    "]"
                },
            }
        ],
    }
