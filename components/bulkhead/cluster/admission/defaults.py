"""Safe defaults of pods and jobs: what a tenant need not write (MutatingAdmissionPolicy, KEP-3962).

A default never overrides what was written; whether that is allowed, the rules say. Its patches are
one mutation, since the API server writes and reads the whole object anew for each. The API server
has the feature since Kubernetes 1.36; before, tenants write all of it.
"""

from dataclasses import dataclass

from bulkhead.cluster.admission.labels import INHERITED
from bulkhead.cluster.admission.placement import HOME
from bulkhead.cluster.admission.pods import PODS
from bulkhead.cluster.admission.rule import (
    TENANTS,
    Match,
    Spec,
    annotation,
    label,
    match_rules,
    named,
    text,
    texts,
)
from bulkhead.cluster.admission.training import PRIORITY_OF
from bulkhead.domain.admission import JOB_HOURS
from bulkhead.domain.labels import Plane
from bulkhead.domain.pools import PLANE_KEY
from bulkhead.domain.queues import PRIORITY_LABEL, QUEUE_LABEL

SINCE = "1.36"
"""First version of Kubernetes whose API server knows the kind."""

KEEP_FINISHED_SECONDS = 24 * 3600
"""A finished job stays for a day to be looked at."""


@dataclass(frozen=True)
class AdmissionDefault:
    """Defaults of one kind.

    Attributes:
        name: name of the policy.
        title: what is set.
        matches: the requests that it completes.
        patches: CEL, each of which yields a list of JSON patches; none needs another's.
        variables: CEL by name.
    """

    name: str
    title: str
    matches: tuple[Match, ...]
    patches: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()

    def policy(self) -> Spec:
        """The spec of its MutatingAdmissionPolicy."""
        return {
            "failure_policy": "Fail",
            "reinvocation_policy": "IfNeeded",
            "match_constraints": {"resource_rules": match_rules(self.matches)},
            "variables": named(self.variables),
            "mutations": [{"patch_type": "JSONPatch", "json_patch": {"expression": self.patch()}}],
        }

    def patch(self) -> str:
        """CEL of all patches."""
        return " + ".join(f"({patch})" for patch in self.patches)

    def binding(self) -> Spec:
        """The spec of the MutatingAdmissionPolicyBinding of the same name."""
        return {"policy_name": self.name, "match_resources": {"namespace_selector": TENANTS}}


def _add(path: str, value: str) -> str:
    return f"JSONPatch{{op: 'add', path: {path}, value: {value}}}"


def _unless(there: str, path: str, value: str) -> str:
    return f"({there} ? [] : [{_add(text(path), value)}])"


def _containers(group: str) -> str:
    """Patches that close the security context of each container in ``group``."""
    path = f"'/spec/{group}/' + string(i) + '/securityContext"
    here = f"variables.spec.{group}[i].?securityContext"
    closed = (
        f"({here}.hasValue() ? [] : [{_add(path + chr(39), '{}')}]) + "
        f"({here}.?allowPrivilegeEscalation.hasValue() ? [] : "
        f"[{_add(path + '/allowPrivilegeEscalation' + chr(39), 'false')}]) + "
        f"({here}.?capabilities.hasValue() ? [] : "
        f"[{_add(path + '/capabilities' + chr(39), _DROP)}])"
    )
    indices = f"lists.range(variables.spec.?{group}.orValue([]).size())"
    return f"{indices}.map(i, {closed}).flatten()"


_DROP = "Object.spec.containers.securityContext.capabilities{drop: ['ALL']}"

_TOLERATION = (
    "Object.spec.tolerations{key: variables.key, operator: 'Equal', value: variables.value, "
    "effect: 'NoSchedule'}"
)

POD_DEFAULTS = AdmissionDefault(
    name="bulkhead-pod-defaults",
    title="Pods inherit their namespace's labels and nodes, and are restricted",
    matches=(Match(PODS.group, PODS.resources, ("CREATE",)),),
    variables=(("spec", "object.spec"), *HOME),
    patches=(
        _unless("has(object.metadata.labels)", "/metadata/labels", "{}")
        + f" + {texts(INHERITED)}.filter(k, k in namespaceObject.metadata.labels && "
        "!(k in object.metadata.?labels.orValue({}))).map(k, "
        + _add("'/metadata/labels/' + jsonpatch.escapeKey(k)", "namespaceObject.metadata.labels[k]")
        + f") + ({text(PLANE_KEY)} in object.metadata.?labels.orValue({{}}) ? [] : ["
        + _add(f"'/metadata/labels/' + jsonpatch.escapeKey({text(PLANE_KEY)})", label(PLANE_KEY))
        + "])",
        "variables.key == '' ? [] : "
        + _unless("has(object.spec.nodeSelector)", "/spec/nodeSelector", "{}")
        + " + (variables.key in variables.selector ? [] : ["
        + _add("'/spec/nodeSelector/' + jsonpatch.escapeKey(variables.key)", "variables.value")
        + "])",
        "variables.key == '' || variables.spec.?tolerations.orValue([]).exists(t, "
        "t.?key.orValue('') == variables.key) ? [] : "
        + _unless("has(object.spec.tolerations)", "/spec/tolerations", "[]")
        + f" + [{_add(text('/spec/tolerations/-'), _TOLERATION)}]",
        _unless("has(object.spec.securityContext)", "/spec/securityContext", "{}")
        + " + "
        + _unless(
            "object.spec.?securityContext.?runAsNonRoot.hasValue()",
            "/spec/securityContext/runAsNonRoot",
            "true",
        )
        + " + "
        + _unless(
            "object.spec.?securityContext.?seccompProfile.hasValue()",
            "/spec/securityContext/seccompProfile",
            "Object.spec.securityContext.seccompProfile{type: 'RuntimeDefault'}",
        ),
        _containers("containers"),
        _containers("initContainers"),
    ),
)

QUEUE_PRIORITY = (
    ("labels", "object.metadata.?labels.orValue({})"),
    (
        "priority",
        f"{label(PLANE_KEY)} != {text(Plane.TRAINING)} ? '' : "
        f"{PRIORITY_OF}[?variables.labels[?{text(QUEUE_LABEL)}].orValue('')].orValue('')",
    ),
)
"""The priority of the queue that a job names; empty where there is none."""

ADD_PRIORITY = (
    f"(variables.priority == '' || {text(PRIORITY_LABEL)} in variables.labels) ? [] : ["
    + _add(
        f"'/metadata/labels/' + jsonpatch.escapeKey({text(PRIORITY_LABEL)})",
        "variables.priority",
    )
    + "]"
)

JOB_DEFAULTS = AdmissionDefault(
    name="bulkhead-job-defaults",
    title="Jobs end by the tenant's deadline, are cleared away a day after, and have their queue's "
    "priority",
    matches=(Match("batch", ("jobs",), ("CREATE",)),),
    variables=(
        ("hours", f"int({annotation(JOB_HOURS, '0')})"),
        *QUEUE_PRIORITY,
    ),
    patches=(
        "(has(object.spec.activeDeadlineSeconds) || variables.hours == 0) ? [] : ["
        + _add("'/spec/activeDeadlineSeconds'", "variables.hours * 3600")
        + "]",
        _unless(
            "has(object.spec.ttlSecondsAfterFinished)",
            "/spec/ttlSecondsAfterFinished",
            str(KEEP_FINISHED_SECONDS),
        ),
        ADD_PRIORITY,
        "(variables.priority == '' || "
        "object.spec.template.spec.?priorityClassName.orValue('') != '') ? [] : ["
        + _add("'/spec/template/spec/priorityClassName'", "variables.priority")
        + "]",
    ),
)

_SET_CLASS = "/template/spec/template/spec/priorityClassName"

SET_DEFAULTS = AdmissionDefault(
    name="bulkhead-job-set-defaults",
    title="Sets of jobs, and the pods of their jobs, have their queue's priority",
    matches=(
        Match("jobset.x-k8s.io", ("jobsets",), ("CREATE",), versions=("*",)),
        Match("trainer.kubeflow.org", ("trainjobs",), ("CREATE",), versions=("*",)),
    ),
    variables=(*QUEUE_PRIORITY, ("jobs", "dyn(object).spec.?replicatedJobs.orValue([])")),
    patches=(
        ADD_PRIORITY,
        "variables.priority == '' ? [] : lists.range(variables.jobs.size()).map(i, "
        "variables.jobs[i].template.spec.template.spec.?priorityClassName.orValue('') != '' ? [] : "
        "["
        + _add(f"'/spec/replicatedJobs/' + string(i) + {text(_SET_CLASS)}", "variables.priority")
        + "]).flatten()",
    ),
)

DEFAULTS = (POD_DEFAULTS, JOB_DEFAULTS, SET_DEFAULTS)
