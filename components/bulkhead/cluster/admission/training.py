"""Training: jobs wait in their tenant's queues, and nothing else runs in its namespaces (TRN-2)."""

from bulkhead.cluster.admission.pods import CHANGED, EVERY_POD, POD
from bulkhead.cluster.admission.rule import AdmissionRule, Check, Match, annotation, text, texts
from bulkhead.domain.admission import JOB_HOURS
from bulkhead.domain.labels import Plane
from bulkhead.domain.pools import PLANE_KEY
from bulkhead.domain.queues import (
    DEADLINE_LABEL,
    LONGEST_GRACE_SECONDS,
    POOLS,
    PRIORITY_LABEL,
    QUEUE_LABEL,
    QUEUE_NAMESPACE,
    QUEUE_SWITCH,
)
from bulkhead.domain.training import BudgetPool

JOB_CONTROLLER = "system:serviceaccount:kube-system:job-controller"
"""Who makes the pods of jobs."""

JOB_MAKERS = ("system:serviceaccounts:jobset-system", "system:serviceaccounts:kubeflow-system")
"""Groups of the controllers that make the jobs of sets, and the sets of training jobs; the queue
holds what these are made of."""

SWITCH = f"system:serviceaccount:{QUEUE_NAMESPACE}:{QUEUE_SWITCH}"
"""Who opens and closes queues by the clock."""

PRIORITY_OF = "{" + ", ".join(f"{text(p)}: {text(p.priority.name)}" for p in BudgetPool) + "}"
"""CEL of the priority class of each budget pool."""

QUEUE = (
    (
        "labels",
        "request.kind.kind == 'CronJob' ? "
        "dyn(object).spec.jobTemplate.?metadata.?labels.orValue({}) : "
        "dyn(object).metadata.?labels.orValue({})",
    ),
    ("queue", f"variables.labels[?{text(QUEUE_LABEL)}].orValue('')"),
    ("pools", f"{annotation(POOLS)}.split(' ').filter(p, p != '')"),
    (
        "pool",
        "variables.pools.filter(p, p == variables.queue || p.startsWith(variables.queue + '='))",
    ),
    ("priority", f"{PRIORITY_OF}[?variables.queue].orValue('')"),
)
"""The queue that a job names, the pool of that name with its last day, and its priority."""

_TODAY = "timestamp(object.metadata.creationTimestamp)"

_CLASS = (
    "request.kind.kind == 'CronJob' ? "
    "dyn(object).spec.jobTemplate.spec.template.spec.?priorityClassName.orValue('') : "
    "request.kind.kind == 'Job' ? "
    "dyn(object).spec.template.spec.?priorityClassName.orValue('') : ''"
)

REQUIRE_QUEUE = AdmissionRule(
    name="bulkhead-job-require-queue",
    title="A job waits in a queue of its tenant, with the queue's priority",
    why="A job without a queue takes the GPUs that it finds, past every budget, and one with "
    "another pool's priority ends production's jobs.",
    requirements=("POL-2", "TRN-2", "TRN-3", "TRN-4"),
    frameworks=("OWASP LLM10",),
    matches=(
        Match("batch", ("jobs", "cronjobs")),
        Match("jobset.x-k8s.io", ("jobsets",), versions=("*",)),
        Match("trainer.kubeflow.org", ("trainjobs",), versions=("*",)),
    ),
    plane=Plane.TRAINING,
    conditions=(
        (
            "changed",
            "request.operation != 'UPDATE' || object.metadata.?labels != "
            "oldObject.metadata.?labels || dyn(object).spec != dyn(oldObject).spec",
        ),
        (
            "not-of-a-set",
            f"!{texts(JOB_MAKERS)}.exists(g, g in request.userInfo.?groups.orValue([]))",
        ),
    ),
    variables=(
        *QUEUE,
        ("class", _CLASS),
        ("seconds", f"variables.labels[?{text(DEADLINE_LABEL)}].orValue('')"),
        ("hours", f"int({annotation(JOB_HOURS, '0')})"),
    ),
    checks=(
        Check(
            "variables.pool.size() == 1",
            f"a job without a queue of its tenant; allowed: the label {QUEUE_LABEL} with one of "
            f"the budget pools that the annotation {POOLS} of the namespace lists",
            given="(variables.queue == '' ? 'none' : variables.queue)",
        ),
        Check(
            "request.operation != 'CREATE' || variables.pool.all(p, !p.contains('=') || "
            f"{_TODAY} <= timestamp(p.split('=')[1] + 'T23:59:59Z'))",
            "the budget pool has ended; allowed: one without an end, or with a later day",
            given="variables.pool[0]",
        ),
        Check(
            f"variables.labels[?{text(PRIORITY_LABEL)}].orValue(variables.priority) == "
            "variables.priority && variables.class in ['', variables.priority]",
            "another priority than the queue's; allowed: the budget pool's own, or none",
            given=f"(variables.labels[?{text(PRIORITY_LABEL)}].orValue('') + ' ' + "
            "variables.class)",
        ),
        Check(
            "request.kind.kind in ['Job', 'CronJob'] || (variables.seconds.matches('^[0-9]{1,9}$')"
            " && int(variables.seconds) <= variables.hours * 3600)",
            f"a set of jobs without an end; allowed: the label {DEADLINE_LABEL} with up to the "
            f"hours, in seconds, that the annotation {JOB_HOURS} of the namespace says",
            given="(variables.seconds == '' ? 'none' : variables.seconds)",
        ),
    ),
)

LIMIT_TRAINERS = AdmissionRule(
    name="bulkhead-pod-limit-trainers",
    title="Where there is training, pods come from jobs, on nodes for training, and leave in time",
    why="A pod that no queue holds is in no budget, and one that takes an hour to leave keeps "
    "what production asks back.",
    requirements=("POL-2", "TRN-1", "TRN-2"),
    matches=EVERY_POD,
    conditions=CHANGED,
    plane=Plane.TRAINING,
    variables=(
        *POD,
        ("pools", f"{annotation(POOLS)}.split(' ').map(p, p.split('=')[0])"),
        ("classes", f"variables.pools.filter(p, p in {PRIORITY_OF}).map(p, {PRIORITY_OF}[p])"),
        ("selector", "variables.spec.?nodeSelector.orValue({})"),
    ),
    checks=(
        Check(
            "request.kind.kind in ['Job', 'CronJob'] || (request.kind.kind == 'Pod' && "
            "(request.operation == 'UPDATE' || "
            f"request.userInfo.username == {text(JOB_CONTROLLER)}))",
            "a pod that no job makes; allowed: jobs, and sets of them",
            given="request.kind.kind",
        ),
        Check(
            f"variables.spec.?terminationGracePeriodSeconds.orValue(0) <= {LONGEST_GRACE_SECONDS}",
            "too long a time to leave; allowed: terminationGracePeriodSeconds up to "
            f"{LONGEST_GRACE_SECONDS}",
            given="string(variables.spec.terminationGracePeriodSeconds)",
        ),
        Check(
            f"variables.selector[?{text(PLANE_KEY)}].orValue(request.kind.kind == 'Pod' ? '' : "
            f"{text(Plane.TRAINING)}) == {text(Plane.TRAINING)}",
            f"a trainer on other nodes; allowed: the nodeSelector {PLANE_KEY}={Plane.TRAINING}, "
            "which its queue adds",
            given=f"variables.selector[?{text(PLANE_KEY)}].orValue('none')",
        ),
        Check(
            "variables.spec.?priorityClassName.orValue('') in variables.classes + ['']",
            "a priority class of no budget pool of the tenant; allowed: none, or a pool's own",
            given="variables.spec.priorityClassName",
        ),
    ),
)

_QUEUE_FIELDS = (
    *("admissionChecksStrategy", "admissionScope", "clusterQueue", "cohortName"),
    *("concurrentAdmissionPolicy", "fairSharing", "flavorFungibility", "namespaceSelector"),
    *("preemption", "queueingStrategy", "resourceGroups"),
)
"""Fields of ClusterQueues and LocalQueues besides ``stopPolicy``."""

KEEP_QUOTAS = AdmissionRule(
    name="bulkhead-queue-keep-quotas",
    title="The clock opens and closes queues, and changes nothing else of them",
    why="RBAC knows no fields: whoever gets hold of the clock's token would give itself every "
    "quota.",
    requirements=("POL-2", "TRN-2", "TRN-5"),
    matches=(
        Match("kueue.x-k8s.io", ("clusterqueues", "localqueues"), ("UPDATE",), versions=("*",)),
    ),
    conditions=(("by-the-clock", f"request.userInfo.username == {text(SWITCH)}"),),
    checks=(
        Check(
            " && ".join(
                f"dyn(object).spec.?{field} == dyn(oldObject).spec.?{field}"
                for field in _QUEUE_FIELDS
            )
            + " && dyn(object).metadata.?labels == dyn(oldObject).metadata.?labels",
            "the clock changes a queue; allowed: stopPolicy alone",
            given="request.name",
        ),
    ),
    everywhere=True,
)
