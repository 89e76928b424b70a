"""What pods may be, whoever makes them: themselves, and the templates that tenants may write."""

from bulkhead.cluster.admission.rule import Match

PODS = Match("", ("pods",))
TEMPLATES = (
    Match("apps", ("deployments", "statefulsets")),
    Match("batch", ("jobs", "cronjobs")),
)
"""Templates are judged too, so that whoever applies one learns at once what its pods would be
refused for. Kinds that tenants may not make are judged by their pods alone."""

EVERY_POD = (PODS, *TEMPLATES)
DEBUGGED = Match("", ("pods/ephemeralcontainers",), ("UPDATE",))

_TEMPLATE = (
    "request.kind.kind == 'Pod' ? dyn(object) : request.kind.kind == 'CronJob' "
    "? dyn(object).spec.jobTemplate.spec.template : dyn(object).spec.template"
)
POD = (
    ("pod", _TEMPLATE),
    ("spec", "variables.pod.spec"),
    ("labels", "variables.pod.?metadata.?labels.orValue({})"),
)
CONTAINERS = (
    *POD,
    (
        "containers",
        "variables.spec.containers + variables.spec.?initContainers.orValue([]) + "
        "variables.spec.?ephemeralContainers.orValue([])",
    ),
)

_OLD_TEMPLATE = _TEMPLATE.replace("object)", "oldObject)")
CHANGED = (
    (
        "changed",
        "request.operation != 'UPDATE' || (!has(dyn(object).metadata.deletionTimestamp) && ("
        f"({_TEMPLATE}).spec != ({_OLD_TEMPLATE}).spec || "
        f"({_TEMPLATE}).?metadata.?labels != ({_OLD_TEMPLATE}).?metadata.?labels || "
        "dyn(object).metadata.?labels != dyn(oldObject).metadata.?labels))",
    ),
)
"""Leaves a pod that was there before a rule was tightened alone until somebody changes it: its
controllers must be able to take finalizers off it."""
