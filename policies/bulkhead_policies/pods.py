"""The pods that Kubernetes resources make, whatever kind of controller makes them."""

from collections.abc import Iterator

from bulkhead_policies.resource import Resource
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

Path = tuple[str, ...]

APPS = ("apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1")
APPS_LATER = ("apps/v1", "apps/v1beta2", "extensions/v1beta1")
TEMPLATE: Path = ("spec", "template", "spec")
EVERY = "*"
"""A step of a path that takes each item of a list, or each entry of a mapping."""

SERVER_KINDS = (
    kinds("Deployment", *APPS)
    | kinds("ReplicaSet", *APPS_LATER)
    | kinds("StatefulSet", "apps/v1", "apps/v1beta2", "apps/v1beta1")
    | kinds("ReplicationController", "core/v1")
    | kinds("Rollout", "argoproj.io/v1alpha1")
)
"""Controllers that keep a number of pods running."""

BATCH_JOBS = kinds("Job", "batch/v1")
CRON_JOBS = kinds("CronJob", "batch/v1", "batch/v1beta1", "batch/v2alpha1")
JOB_SETS = kinds("JobSet", "jobset.x-k8s.io/v1alpha2")
SCALED_JOBS = kinds("ScaledJob", "keda.sh/v1alpha1")
RAY_CLUSTERS = kinds("RayCluster", "ray.io/v1")
RAY_JOBS = kinds("RayJob", "ray.io/v1")
REPLICA_SPECS = {
    "kubernetes:kubeflow.org/v1:JAXJob": "jaxReplicaSpecs",
    "kubernetes:kubeflow.org/v1:MPIJob": "mpiReplicaSpecs",
    "kubernetes:kubeflow.org/v1:PyTorchJob": "pytorchReplicaSpecs",
    "kubernetes:kubeflow.org/v1:TFJob": "tfReplicaSpecs",
    "kubernetes:kubeflow.org/v1:XGBoostJob": "xgbReplicaSpecs",
    "kubernetes:kubeflow.org/v2beta1:MPIJob": "mpiReplicaSpecs",
}
"""Kubeflow's training jobs, and where each holds its pods by role."""

SANDBOXES = kinds("Sandbox", "agents.x-k8s.io/v1beta1", "agents.x-k8s.io/v1alpha1") | kinds(
    "SandboxTemplate", "extensions.agents.x-k8s.io/v1beta1", "extensions.agents.x-k8s.io/v1alpha1"
)
"""What runs the code that agents write."""

LEADER_WORKERS: Path = ("spec", "leaderWorkerTemplate")
RAY_WORKERS: Path = ("workerGroupSpecs", EVERY, "template", "spec")
RAY_HEAD: Path = ("headGroupSpec", "template", "spec")

BUILT_IN: dict[str, Path] = {
    **dict.fromkeys(kinds("Pod", "core/v1"), ("spec",)),
    **dict.fromkeys(kinds("PodTemplate", "core/v1"), ("template", "spec")),
    **dict.fromkeys(kinds("DaemonSet", *APPS_LATER), TEMPLATE),
    **dict.fromkeys(SERVER_KINDS - kinds("Rollout", "argoproj.io/v1alpha1"), TEMPLATE),
    **dict.fromkeys(BATCH_JOBS, TEMPLATE),
    **dict.fromkeys(CRON_JOBS, ("spec", "jobTemplate", *TEMPLATE)),
}

CUSTOM: dict[str, tuple[Path, ...]] = {
    **dict.fromkeys(kinds("Rollout", "argoproj.io/v1alpha1"), (TEMPLATE,)),
    **dict.fromkeys(kinds("Service", "serving.knative.dev/v1"), (TEMPLATE,)),
    **dict.fromkeys(
        kinds("Job", "batch.volcano.sh/v1alpha1"), (("spec", "tasks", "*", *TEMPLATE[1:]),)
    ),
    **dict.fromkeys(JOB_SETS, (("spec", "replicatedJobs", EVERY, "template", *TEMPLATE),)),
    **dict.fromkeys(SCALED_JOBS, (("spec", "jobTargetRef", "template", "spec"),)),
    **dict.fromkeys(
        kinds("LeaderWorkerSet", "leaderworkerset.x-k8s.io/v1"),
        (
            (*LEADER_WORKERS, "leaderTemplate", "spec"),
            (*LEADER_WORKERS, "workerTemplate", "spec"),
        ),
    ),
    **dict.fromkeys(RAY_CLUSTERS, (("spec", *RAY_HEAD), ("spec", *RAY_WORKERS))),
    **dict.fromkeys(
        RAY_JOBS,
        (("spec", "rayClusterSpec", *RAY_HEAD), ("spec", "rayClusterSpec", *RAY_WORKERS)),
    ),
    **dict.fromkeys(
        kinds("RayService", "ray.io/v1"),
        (("spec", "rayClusterConfig", *RAY_HEAD), ("spec", "rayClusterConfig", *RAY_WORKERS)),
    ),
    **{
        token: (("spec", specs, EVERY, "template", "spec"),)
        for token, specs in REPLICA_SPECS.items()
    },
    **dict.fromkeys(SANDBOXES, (("spec", "podTemplate", "spec"),)),
}
"""Where custom resources hold the pods that their controllers make."""

PATCHES: dict[str, Path] = {f"{token}Patch": path for token, path in BUILT_IN.items()}
"""Changes to what another program made: they say only what they change."""

POD_PATHS: dict[str, tuple[Path, ...]] = {
    **{token: (path,) for token, path in BUILT_IN.items()},
    **{f"{token}List": (("items", EVERY, *path),) for token, path in BUILT_IN.items()},
    **CUSTOM,
    **{token: (path,) for token, path in PATCHES.items()},
}
"""Where each kind holds the specifications of its pods."""

EVERY_POD = frozenset(POD_PATHS)
"""Whatever says something about pods: for rules that refuse what is said."""

WHOLE_PODS = EVERY_POD - frozenset(PATCHES)
"""Whatever makes pods: for rules that ask for something to be said."""

CONTROLLERS = frozenset(BUILT_IN) | frozenset(CUSTOM)
"""One resource of one namespace that makes pods."""


def pods(resource: Resource) -> list[View]:
    """The specifications of the pods that a resource of ``POD_PATHS`` makes."""
    return [template["spec"] for template in templates(resource) if template["spec"].is_set]


def templates(resource: Resource) -> list[View]:
    """What holds the metadata and the specification of the pods that a resource makes."""
    return [
        found for path in POD_PATHS[resource.type] for found in along(resource.props, path[:-1])
    ]


def along(view: View, path: Path) -> Iterator[View]:
    """What stands at the end of ``path``, in which ``EVERY`` branches."""
    if not path:
        yield view
        return
    step, *rest = path
    if step != EVERY:
        branches = [view[step]]
    else:
        branches = view.items() if view.is_list else list(view.entries().values())
    for branch in branches:
        yield from along(branch, tuple(rest))


def containers(spec: View) -> list[View]:
    """All containers of a pod, whenever they run."""
    groups = ("initContainers", "containers", "ephemeralContainers")
    return [container for group in groups for container in spec[group].items()]


def every_container(resource: Resource) -> list[View]:
    """All containers of all pods that a resource makes."""
    return [container for spec in pods(resource) for container in containers(spec)]
