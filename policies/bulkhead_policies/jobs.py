"""Jobs end, are cleaned up, wait in a queue and keep what they have learnt."""

from bulkhead.domain.labels import Plane
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.limits import uses_accelerators
from bulkhead_policies.pods import (
    BATCH_JOBS,
    CRON_JOBS,
    EVERY,
    JOB_SETS,
    RAY_CLUSTERS,
    RAY_JOBS,
    REPLICA_SPECS,
    SCALED_JOBS,
    Path,
    along,
    pods,
)
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import number
from bulkhead_policies.view import View

QUEUE = "kueue.x-k8s.io/queue-name"
MOST_SECONDS = "kueue.x-k8s.io/max-exec-time-seconds"
"""Kueue's own deadline of a job, as a label; it does for kinds that have none."""

KUBEFLOW = frozenset(REPLICA_SPECS)
JOB_SPEC: Path = ("spec", "jobTemplate", "spec")

DEADLINES: dict[str, Path] = {
    **dict.fromkeys(BATCH_JOBS, ("spec",)),
    **dict.fromkeys(CRON_JOBS, JOB_SPEC),
    **dict.fromkeys(SCALED_JOBS, ("spec", "jobTargetRef")),
    **dict.fromkeys(JOB_SETS, ("spec", "replicatedJobs", EVERY, "template", "spec")),
    **dict.fromkeys(KUBEFLOW, ("spec", "runPolicy")),
    **dict.fromkeys(RAY_JOBS, ("spec",)),
}
"""Where each kind of job holds ``activeDeadlineSeconds``."""

CLEANED_UP: dict[str, Path] = {
    **dict.fromkeys(BATCH_JOBS, ("spec",)),
    **dict.fromkeys(JOB_SETS, ("spec",)),
    **dict.fromkeys(KUBEFLOW, ("spec", "runPolicy")),
    **dict.fromkeys(RAY_JOBS, ("spec",)),
}
"""Where each kind of job that nothing else cleans up holds ``ttlSecondsAfterFinished``."""

QUEUED = BATCH_JOBS | JOB_SETS | KUBEFLOW | RAY_JOBS | RAY_CLUSTERS
"""What Kueue holds back until there is quota."""

LONGEST = number(
    "seconds", 7 * 86_400, "The longest that a job may run, in seconds. Default: a week."
)

LASTING = ("persistentVolumeClaim", "csi", "ephemeral", "nfs")
"""Kinds of volumes that may outlive a pod."""


@resource_rule(
    "bulkhead-job-bound-duration",
    types=frozenset(DEADLINES),
    severity=Severity.MEDIUM,
    requirements=("TRN-3",),
    title="Jobs have a deadline",
    why="A training job that hangs holds its GPUs until somebody looks at the bill.",
    remediation="Set activeDeadlineSeconds.",
    options=(LONGEST,),
)
def duration_bounded(job: Resource) -> Findings:
    """Judge the deadline of the job, or of each job of a set, or Kueue's."""
    longest = job.settings[LONGEST]
    label = job.props.at("metadata", "labels", MOST_SECONDS)
    if label.is_set:
        deadlines = [label]
    else:
        deadlines = [v["activeDeadlineSeconds"] for v in along(job.props, DEADLINES[job.type])]
    yield from each(deadlines, lambda deadline: _ends(deadline, longest))


def _ends(deadline: View, longest: int) -> Findings:
    seconds = deadline.number()
    if seconds is None or seconds > longest:
        yield deadline.refuse("no end in sight", allowed=f"{longest} seconds or fewer")


@resource_rule(
    "bulkhead-job-clean-up",
    types=frozenset(CLEANED_UP),
    severity=Severity.LOW,
    requirements=("TRN-3",),
    title="Finished jobs are removed",
    why="Finished jobs fill the quota of objects and keep their pods' logs, with what they say "
    "about data.",
    remediation="Set ttlSecondsAfterFinished.",
)
def jobs_cleaned_up(job: Resource) -> Findings:
    """Judge presence; schedules keep a few jobs by themselves."""
    for holder in along(job.props, CLEANED_UP[job.type]):
        if not holder.holds("ttlSecondsAfterFinished"):
            yield holder["ttlSecondsAfterFinished"].refuse("never removed", allowed="seconds")


@resource_rule(
    "bulkhead-cronjob-deny-overlap",
    types=CRON_JOBS,
    severity=Severity.LOW,
    requirements=("COST-4", "TRN-3"),
    title="A scheduled job does not start beside its former run",
    why="A run that is slower than its schedule doubles its cost at every tick.",
    remediation="Set concurrencyPolicy to Forbid or Replace.",
)
def overlap_denied(job: Resource) -> Findings:
    """Judge the policy; Kubernetes allows overlap by default."""
    policy = job.props.at("spec", "concurrencyPolicy")
    if policy.text() not in ("Forbid", "Replace"):
        yield policy.refuse("runs may overlap", allowed=("Forbid", "Replace"))


@resource_rule(
    "bulkhead-job-name-queue",
    types=QUEUED,
    severity=Severity.MEDIUM,
    requirements=("TRN-2", "TRN-5"),
    title="Jobs that use accelerators wait in a queue",
    why="A job without a queue takes the GPUs that it finds, past every pool's quota and priority.",
    remediation=f"Label the job {QUEUE}.",
)
def queue_named(job: Resource) -> Findings:
    """Judge jobs for training and jobs with accelerators; a queue not known yet is named."""
    queue = job.props.at("metadata", "labels", QUEUE)
    if not queue.is_named and (_trains(job) or uses_accelerators(job)):
        yield queue.refuse("no queue", allowed="the name of a LocalQueue")


@resource_rule(
    "bulkhead-job-keep-checkpoints",
    types=QUEUED,
    severity=Severity.LOW,
    requirements=("TRN-1", "STO-3"),
    title="Training jobs have a volume that outlives them",
    why="A spot node is taken away with two minutes' notice; a week of training without a "
    "checkpoint is gone with it.",
    remediation="Mount a persistentVolumeClaim or a CSI volume for checkpoints, not read-only.",
)
def checkpoints_kept(job: Resource) -> Findings:
    """Judge jobs of the training plane that use accelerators."""
    if _trains(job) and uses_accelerators(job):
        specs = pods(job)
        if not any(_keeps(spec) for spec in specs):
            yield (specs[0]["volumes"] if specs else job.props).refuse(
                "nowhere to keep checkpoints", allowed="a volume that lasts, mounted to write"
            )


def _keeps(spec: View) -> bool:
    """Whether a container of the pod may write to a volume that lasts."""
    lasting = {
        volume["name"].text()
        for volume in spec["volumes"].items()
        if any(volume[kind].is_set and not volume[kind]["readOnly"].flag() for kind in LASTING)
    }
    return any(
        mount["name"].text() in lasting and not mount["readOnly"].flag()
        for container in spec["containers"].items()
        for mount in container["volumeMounts"].items()
    )


def _trains(job: Resource) -> bool:
    return job.label("plane") == Plane.TRAINING
