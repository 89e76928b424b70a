"""What tenants attempt where there is training, each beside a twin that is let through."""

import copy
from typing import Any

from bulkhead.cluster.admission import access, labels, placement, training
from tests.cluster_live.cases import (
    Case,
    Change,
    both,
    in_spec,
    labelled,
    named,
    nothing,
    own_label,
    token,
    toleration,
)
from tests.cluster_live.compartments import Manifest, workload

NAMESPACE = "acme-training"
QUEUE, PRIORITY, SECONDS = (
    f"kueue.x-k8s.io/{word}" for word in ("queue-name", "priority-class", "max-exec-time-seconds")
)
AUDIENCE = {"audience": "pods.eks.amazonaws.com"}


def job(namespace: str) -> Manifest:
    """A sound job in the queue of fine-tuning."""
    made = workload(namespace, "Job")
    made["metadata"]["labels"] = {QUEUE: "fine-tuning"}
    return made


def cron_job(namespace: str) -> Manifest:
    """A sound schedule of such jobs."""
    made = workload(namespace, "CronJob")
    made["spec"]["jobTemplate"]["metadata"] = {"labels": {QUEUE: "fine-tuning"}}
    return made


def job_set(namespace: str) -> Manifest:
    """A sound set of such jobs."""
    template = copy.deepcopy(job(namespace)["spec"])
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {
            "name": "chat",
            "namespace": namespace,
            "labels": {QUEUE: "fine-tuning", SECONDS: "3600"},
        },
        "spec": {
            "replicatedJobs": [{"name": "workers", "replicas": 2, "template": {"spec": template}}]
        },
    }


def pod(namespace: str) -> Manifest:
    return workload(namespace, "Pod")


def deployment(namespace: str) -> Manifest:
    return workload(namespace)


def config_map(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": namespace},
        "data": {"CHECKPOINTS_BUCKET": "somebody-s"},
    }


def queue(namespace: str) -> Manifest:
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "LocalQueue",
        "metadata": {"name": "mine", "namespace": namespace},
        "spec": {"clusterQueue": "globex-production-retraining"},
    }


def in_queue(name: str, *, template: bool = False) -> Change:
    def change(manifest: Manifest) -> None:
        holder = manifest["spec"]["jobTemplate"] if template else manifest
        holder["metadata"]["labels"][QUEUE] = name

    return change


def meta(**found: Any) -> Change:
    return lambda manifest: manifest["metadata"]["labels"].update(found)


def no_queue(manifest: Manifest) -> None:
    manifest["metadata"]["labels"].pop(QUEUE)


def _trains(
    what: str, rule: Any, check: int, bad: Change, *good: Change | None, **more: Any
) -> Case:
    return Case(what, rule, check, bad, *good, **{"make": job, "namespace": NAMESPACE, **more})


PRODUCTION = "bulkhead-retraining"
TRAINS = labelled(role="trainer")

TRAINING = [
    _trains("a job without a queue", training.REQUIRE_QUEUE, 0, no_queue),
    _trains("a queue that the tenant has not", training.REQUIRE_QUEUE, 0, in_queue("production"),
            in_queue("production-retraining")),
    _trains("a queue whose name begins alike", training.REQUIRE_QUEUE, 0, in_queue("fine")),
    _trains("a schedule of jobs without a queue", training.REQUIRE_QUEUE, 0,
            in_queue("none", template=True), make=cron_job),
    _trains("a set of jobs without a queue", training.REQUIRE_QUEUE, 0, no_queue, make=job_set),
    _trains("a job for a pool that has ended", training.REQUIRE_QUEUE, 1, in_queue("exploration"),
            in_queue("fine-tuning")),
    _trains("production's priority for an experiment", training.REQUIRE_QUEUE, 2,
            meta(**{PRIORITY: PRODUCTION}), meta(**{PRIORITY: "bulkhead-fine-tuning"})),
    _trains("production's class for an experiment's pods", training.REQUIRE_QUEUE, 2,
            in_spec(priorityClassName=PRODUCTION),
            in_spec(priorityClassName="bulkhead-fine-tuning")),
    _trains("production's priority for an experiment's set", training.REQUIRE_QUEUE, 2,
            meta(**{PRIORITY: PRODUCTION}), make=job_set),
    _trains("a set of jobs without an end", training.REQUIRE_QUEUE, 3,
            lambda m: m["metadata"]["labels"].pop(SECONDS), make=job_set),
    _trains("a set of jobs that ends too late", training.REQUIRE_QUEUE, 3,
            meta(**{SECONDS: str(12 * 3600 + 1)}), meta(**{SECONDS: str(12 * 3600)}), make=job_set),
    _trains("a bare pod", training.LIMIT_TRAINERS, 0, nothing, None, make=pod,
            who="careless"),
    _trains("a deployment", training.LIMIT_TRAINERS, 0, nothing, None, make=deployment,
            who="careless"),
    _trains("ten minutes to leave", training.LIMIT_TRAINERS, 1,
            in_spec(terminationGracePeriodSeconds=600), in_spec(terminationGracePeriodSeconds=120)),
    _trains("a server's nodes", training.LIMIT_TRAINERS, 2,
            in_spec(nodeSelector={"bulkhead.dev/plane": "inference"}),
            in_spec(nodeSelector={"bulkhead.dev/plane": "training"})),
    _trains("the priority of inference for a set's jobs", training.LIMIT_TRAINERS, 3,
            in_spec(priorityClassName="bulkhead-inference"), in_spec(priorityClassName=PRODUCTION),
            who="sets"),
    _trains("the role of a server", labels.LIMIT_ROLES, 0, labelled(role="inference-server"),
            TRAINS),
    _trains("the trainers' account for another pod", labels.LIMIT_ROLES, 1,
            in_spec(serviceAccountName="trainer"),
            both(in_spec(serviceAccountName="trainer"), TRAINS)),
    Case("a trainer among servers", labels.LIMIT_ROLES, 0, TRAINS,
         labelled(role="inference-server")),
    _trains("an identity for another account", access.DENY_TOKENS, 1,
            both(token(**AUDIENCE), TRAINS),
            both(token(**AUDIENCE), in_spec(serviceAccountName="trainer"), TRAINS)),
    _trains("where its stores are", access.PROTECT_FENCES, 0, named("training-stores"),
            make=config_map),
    _trains("a queue on another tenant's quota", access.PROTECT_FENCES, 0, nothing, None,
            make=queue, who="careless"),
    Case("the taint of nodes for training, to serve", placement.KEEP_TO_POOL, 1,
         toleration(key="bulkhead.dev/plane", value="training", effect="NoSchedule"),
         toleration(key="nvidia.com/gpu", operator="Exists")),
    _trains("every plane's taint", placement.KEEP_TO_POOL, 1,
            toleration(key="bulkhead.dev/plane", operator="Exists"),
            toleration(key="bulkhead.dev/plane", value="training", effect="NoSchedule")),
    _trains("another payer on a job", labels.PROTECT_LABELS, 0, own_label("cost-center", "cc-1"),
            own_label("cost-center", "cc-42")),
]  # fmt: skip
