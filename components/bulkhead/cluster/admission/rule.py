"""What an admission rule is, and the ValidatingAdmissionPolicy that it becomes.

Expressions are in CEL, as Kubernetes extends it. Several kinds pass through one policy, so objects
are read as ``dyn(object)``: the API server would otherwise warn of every field that one of the
kinds lacks.
"""

from dataclasses import dataclass
from typing import Any

from bulkhead.domain.admission import TENANT_LABEL
from bulkhead.domain.labels import PLATFORM, Plane
from bulkhead.domain.pools import PLANE_KEY

Spec = dict[str, Any]

WRITE = ("CREATE", "UPDATE")


@dataclass(frozen=True)
class Match:
    """Requests that a rule judges: operations on resources of one API group."""

    group: str
    resources: tuple[str, ...]
    operations: tuple[str, ...] = WRITE
    versions: tuple[str, ...] = ("v1",)


@dataclass(frozen=True)
class Check:
    """What must be true, and the sentence that tells what is allowed.

    Attributes:
        expression: CEL that yields a bool.
        message: what is wrong and what is allowed, in one sentence.
        given: CEL that yields the offending value as a string, or nothing.
    """

    expression: str
    message: str
    given: str = ""


@dataclass(frozen=True)
class AdmissionRule:
    """One rule, with its metadata beside it (CMP-1).

    Attributes:
        name: name of the policy: ``bulkhead-<resource>-<verb>-<what>``.
        title: the rule as a sentence.
        why: what goes wrong without it.
        requirements: IDs of the requirements that it serves.
        frameworks: items of frameworks that it decides.
        matches: the requests that it judges.
        checks: what it demands of them.
        variables: CEL by name, in the order in which they refer to each other.
        conditions: CEL by name that must hold for the rule to judge at all.
        everywhere: whether it judges every namespace and not tenants' alone.
        plane: the plane of the tenants' namespaces that it judges; None for all.
    """

    name: str
    title: str
    why: str
    requirements: tuple[str, ...]
    matches: tuple[Match, ...]
    checks: tuple[Check, ...]
    frameworks: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()
    everywhere: bool = False
    plane: Plane | None = None

    def policy(self) -> Spec:
        """The spec of its ValidatingAdmissionPolicy; a rule that can't be decided refuses."""
        return {
            "failure_policy": "Fail",
            "match_constraints": {"resource_rules": match_rules(self.matches)},
            "match_conditions": named(self.conditions),
            "variables": named(self.variables),
            "validations": [_validation(check) for check in self.checks],
        }

    def binding(self) -> Spec:
        """The spec of the ValidatingAdmissionPolicyBinding of the same name."""
        spec: Spec = {"policy_name": self.name, "validation_actions": ["Deny"]}
        if not self.everywhere:
            spec["match_resources"] = {"namespace_selector": self._selector()}
        return spec

    def _selector(self) -> Spec:
        if self.plane is None:
            return TENANTS
        of_plane = {"key": PLANE_KEY, "operator": "In", "values": [str(self.plane)]}
        return {"match_expressions": [*TENANTS["match_expressions"], of_plane]}


TENANTS: Spec = {
    "match_expressions": [
        {"key": TENANT_LABEL, "operator": "Exists"},
        {"key": TENANT_LABEL, "operator": "NotIn", "values": [PLATFORM]},
    ]
}
"""Namespaces of tenants."""


def match_rules(matches: tuple[Match, ...]) -> list[Spec]:
    """The matches as rules with operations."""
    return [
        {
            "api_groups": [match.group],
            "api_versions": list(match.versions),
            "resources": list(match.resources),
            "operations": list(match.operations),
        }
        for match in matches
    ]


def named(expressions: tuple[tuple[str, str], ...]) -> list[Spec]:
    """Expressions with their names, as policies list them."""
    return [{"name": name, "expression": expression} for name, expression in expressions]


def _validation(check: Check) -> Spec:
    validation = {"expression": check.expression, "message": check.message, "reason": "Forbidden"}
    if check.given:
        what, _, allowed = check.message.partition("; ")
        validation["message_expression"] = (
            f"{text(what + ', got ')} + {check.given} + {text('; ' + allowed)}"
        )
    return validation


def text(value: str) -> str:
    """``value`` as a literal of CEL."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def texts(values: Any) -> str:
    """A list literal of CEL."""
    return "[" + ", ".join(text(str(value)) for value in values) + "]"


def label(key: str) -> str:
    """CEL for a label of the request's namespace, empty without."""
    return f"namespaceObject.metadata.?labels[?{text(key)}].orValue('')"


def annotation(key: str, default: str = "") -> str:
    """CEL for an annotation of the request's namespace."""
    return f"namespaceObject.metadata.?annotations[?{text(key)}].orValue({text(default)})"
