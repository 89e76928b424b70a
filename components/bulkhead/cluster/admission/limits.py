"""How much tenants' pods take, for how long and before whom."""

from bulkhead.cluster.admission.pods import CHANGED, CONTAINERS, EVERY_POD, POD
from bulkhead.cluster.admission.rule import (
    AdmissionRule,
    Check,
    Match,
    annotation,
    label,
    text,
    texts,
)
from bulkhead.domain.admission import AGENT_SANDBOX, JOB_HOURS, POD_GPUS, ROLE_LABEL, TIER_LABEL
from bulkhead.domain.pods import SANDBOXES
from bulkhead.domain.priorities import priorities
from bulkhead.domain.tiers import CATALOGUE, Tier

GPU = "nvidia.com/gpu"
"""The resource under which the device plugin offers whole GPUs."""

UNCOUNTED = ("vpc.amazonaws.com/", "aws.ec2.nitro/")
"""Prefixes of resources that need no quota: EKS itself adds the first, and nodes with enclaves are
one tenant's (``patterns.sealing``)."""


def _gpus(containers: str) -> str:
    return f"{containers}.map(c, int(c.?resources.?limits[?{text(GPU)}].orValue('0')))"


LIMIT_GPUS = AdmissionRule(
    name="bulkhead-pod-limit-gpus",
    title="A pod takes no more GPUs than its tenant's pods may, and counted ones only",
    why="One pod that asks for a whole node's GPUs starves the others, and a device under another "
    "name than the quota's is not counted at all.",
    requirements=("POL-2", "TRN-3", "COST-4"),
    frameworks=("OWASP LLM10",),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(
        *CONTAINERS,
        ("most", f"int({annotation(POD_GPUS, '0')})"),
        (
            "sidecars",
            "variables.spec.?initContainers.orValue([])"
            ".filter(c, c.?restartPolicy.orValue('') == 'Always')",
        ),
        ("gpus", f"{_gpus('(variables.spec.containers + variables.sidecars)')}.sum()"),
        ("first", _gpus("variables.spec.?initContainers.orValue([])")),
        (
            "devices",
            "variables.containers.map(c, c.?resources.?limits.orValue({}).map(r, r)).flatten()"
            f".filter(r, r.contains('/') && r != {text(GPU)} && "
            f"!{texts(UNCOUNTED)}.exists(p, r.startsWith(p)))",
        ),
    ),
    checks=(
        Check(
            "variables.gpus <= variables.most && variables.first.all(n, n <= variables.most)",
            "too many GPUs for one pod; allowed: as many as the annotation "
            f"{POD_GPUS} of the namespace says",
            given="string(variables.gpus)",
        ),
        Check(
            "variables.devices.size() == 0",
            f"a device that no quota counts; allowed: {GPU}",
            given="variables.devices[0]",
        ),
        Check(
            "variables.spec.?resourceClaims.orValue([]).size() == 0",
            f"a claim on devices that no quota counts; allowed: {GPU} in limits",
        ),
    ),
)

REQUIRE_DEADLINE = AdmissionRule(
    name="bulkhead-job-require-deadline",
    title="A job ends by a deadline",
    why="A job that hangs holds its GPUs until somebody looks at the bill.",
    requirements=("POL-2", "TRN-3"),
    frameworks=("OWASP LLM10",),
    matches=(Match("batch", ("jobs", "cronjobs")),),
    conditions=(("changed", "request.operation != 'UPDATE' || object.spec != oldObject.spec"),),
    variables=(
        (
            "job",
            "request.kind.kind == 'CronJob' ? dyn(object).spec.jobTemplate.spec : dyn(object).spec",
        ),
        ("hours", f"int({annotation(JOB_HOURS, '0')})"),
    ),
    checks=(
        Check(
            "variables.job.?activeDeadlineSeconds.orValue(0) > 0",
            "a job without a deadline; allowed: activeDeadlineSeconds up to the hours that the "
            f"annotation {JOB_HOURS} of the namespace says",
        ),
        Check(
            "variables.job.?activeDeadlineSeconds.orValue(0) <= variables.hours * 3600",
            "too late a deadline; allowed: activeDeadlineSeconds up to the hours that the "
            f"annotation {JOB_HOURS} of the namespace says",
            given="string(variables.job.activeDeadlineSeconds)",
        ),
    ),
)


def by_tier(allowed: dict[Tier, list[str]]) -> str:
    """A map of CEL from tiers to lists."""
    return "{" + ", ".join(f"{text(tier)}: {texts(each)}" for tier, each in allowed.items()) + "}"


LIMIT_PRIORITY = AdmissionRule(
    name="bulkhead-pod-limit-priority",
    title="Pods take priorities of their tier's pipelines only",
    why="A pod of a higher priority ends the pods of other tenants to make room for itself.",
    requirements=("POL-2", "TRN-2", "DAT-3"),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(
        *POD,
        ("allowed", f"{by_tier({t: priorities(t) for t in Tier})}[{label(TIER_LABEL)}]"),
    ),
    checks=(
        Check(
            "variables.spec.?priorityClassName.orValue('') in variables.allowed + ['']",
            "a priority class that the tier may not use; allowed: none, or one of a pipeline that "
            "is open to the tier",
            given="variables.spec.priorityClassName",
        ),
    ),
)

LIMIT_RUNTIMES = AdmissionRule(
    name="bulkhead-pod-limit-runtimes",
    title="Pods run on a runtime that their tier allows, and agents in a sandbox",
    why="Code that a model wrote escapes a container more easily than a virtual machine, and no "
    "software sandbox is strong enough for the highest tiers.",
    requirements=("POL-2", "ISO-11"),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(
        *POD,
        ("runtime", "variables.spec.?runtimeClassName.orValue('')"),
        (
            "allowed",
            f"{by_tier({t: sorted(CATALOGUE[t].pods.runtimes) for t in Tier})}"
            f"[{label(TIER_LABEL)}]",
        ),
    ),
    checks=(
        Check(
            "variables.runtime in variables.allowed",
            "a runtime class that the tier may not use; allowed: none, or a sandbox of the tier's",
            given="variables.runtime",
        ),
        Check(
            f"variables.labels[?{text(ROLE_LABEL)}].orValue('') != {text(AGENT_SANDBOX)} || "
            f"variables.runtime in {texts(sorted(SANDBOXES))}",
            f"an agent without a sandbox; allowed: {', '.join(sorted(SANDBOXES))} as "
            "runtimeClassName",
        ),
    ),
)
