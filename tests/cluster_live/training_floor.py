"""A tenant that trains on a shared cluster, behind Kueue's own controller."""

import contextlib
import copy
import datetime
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bulkhead.cluster.admission.access import QUEUE_CONTROLLERS
from bulkhead.cluster.admission.training import SWITCH
from bulkhead.domain.queues import DEADLINE_LABEL, QUEUE_LABEL
from bulkhead.domain.training import BudgetPool
from bulkhead.preview.plan import Plan
from tests.cluster_live.compartments import Manifest, image
from tests.cluster_live.test_queues import of_kind, told
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.kwok import GPU
from tests.control_plane.rendered import wait
from tests.foundation.samples import planned
from tests.patterns.platforms import build, pool, tenant
from tests.patterns.test_training_plane import IMAGES

SPACE = "acme-training"
PRODUCTION, EVALUATION, TUNING, EXPLORATION = BudgetPool
ADMITTED = "admitted"

NIGHTS = {"opens": "20:00", "closes": "06:00", "timezone": "Etc/UTC", "drain": True}
ENDS = str(datetime.date.today() + datetime.timedelta(days=30))


def share(gpus: int) -> dict[str, dict[str, int]]:
    """So many GPUs of the nodes, with what of the rest belongs to them."""
    return {"train": {"gpus": gpus, "cpus": 12 * gpus, "memory_gib": 48 * gpus}}


BUDGETS: dict[str, Any] = {
    PRODUCTION: {"quota": share(4), "borrows": share(2)},
    TUNING: {"quota": share(2)},
    EXPLORATION: {"quota": share(2), "borrows": share(3), "expires": ENDS},
    EVALUATION: {"quota": {"plain": {"cpus": 8, "memory_gib": 16}}, "window": NIGHTS},
}
"""Eight GPUs: four are production's, and two fine-tuning's and two exploration's each. Evaluation
has none, on nodes of its own, and begins at night."""


def platform() -> Plan:
    """The whole cluster, as the pattern makes it."""
    training = {"budgets": BUDGETS, "quota": {"job_hours": 12}}
    arguments: dict[str, Any] = {
        "tenants": [tenant("acme", "internal", training=training)],
        "pools": [
            pool("general"),
            pool("train", "g6.12xlarge", plane="training"),
            pool("plain", plane="training"),
        ],
        "queue_images": IMAGES,
    }
    return planned(lambda: build("SharedCluster", **arguments), assume_applied=True)


@dataclass
class Floor:
    """The tenant's queues and people, and what becomes of their jobs.

    Attributes:
        api: the API as an administrator.
        made: what the platform renders.
    """

    api: Api
    made: list[Manifest]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def people(self) -> Api:
        """The API as one of the tenant's developers."""
        return self.api.impersonate("acme-developer", "acme:developer")

    @contextlib.contextmanager
    def job(self, queue: str, pods: int, **labels: str) -> Iterator[Manifest]:
        """A job of so many pods with a GPU each, until the ``with`` statement ends."""
        with self.work(job(f"job-{next(self.numbers)}", queue, pods, labels)) as made:
            yield made

    @contextlib.contextmanager
    def work(self, made: Manifest) -> Iterator[Manifest]:
        """What the tenant's people submit; at the end its quota is free again."""
        self.people.create(made)
        try:
            yield made
        finally:
            kept = self.kept(made)
            # Kubernetes would take away what is kept too, once it has learnt of the kind.
            for each in (made, *([kept] if kept else [])):
                with contextlib.suppress(ApiRefusalError):
                    self.api.delete(each, propagationPolicy="Background")
            wait(lambda: not self.kept(made), what=f"{made['metadata']['name']} keeps its quota")

    def kept(self, made: Manifest) -> Manifest:
        """What Kueue keeps of a job; empty if it keeps nothing."""
        listed = self.api.call("GET", f"/apis/kueue.x-k8s.io/v1beta2/namespaces/{SPACE}/workloads")
        owner = (made["kind"], made["metadata"]["name"])
        found: list[Manifest] = [
            {"apiVersion": listed["apiVersion"], "kind": "Workload", **each}
            for each in listed["items"]
            for by in each["metadata"].get("ownerReferences", [])
            if (by["kind"], by["name"]) == owner
        ]
        return found[0] if found else {}

    def condition(self, made: Manifest, kind: str) -> Manifest:
        """A condition of what Kueue keeps of a job; empty before there is one."""
        conditions = self.kept(made).get("status", {}).get("conditions", [])
        return next((each for each in conditions if each["type"] == kind), {})

    def suspended(self, made: Manifest) -> bool:
        """Whether none of the job's pods may be made."""
        return bool(self.api.get(made)["spec"]["suspend"])

    def outcome(self, made: Manifest) -> str:
        """``ADMITTED``, or why the job waits, once Kueue has decided."""
        wait(lambda: bool(self._decision(made)), what=f"nothing is decided: {self.kept(made)}")
        return self._decision(made)

    def becomes(self, made: Manifest, outcome: str) -> None:
        """Wait until this is what is decided of a job."""
        wait(lambda: outcome in self._decision(made), what=f"not '{outcome}': {self.kept(made)}")

    def _decision(self, made: Manifest) -> str:
        if not self.suspended(made):
            return ADMITTED
        reserved = self.condition(made, "QuotaReserved")
        said = str(reserved.get("message", ""))
        return said if reserved.get("status") == "False" and "preempt" not in said.lower() else ""

    def of(self, kind: str, name: str) -> Manifest:
        """An object that the platform renders."""
        return of_kind(self.made, kind)[name]

    def cluster_queue(self, queue: str) -> Manifest:
        """The ClusterQueue of a budget pool."""
        return self.of("ClusterQueue", f"acme-{queue}")

    @contextlib.contextmanager
    def changed(self, manifest: Manifest, path: str, value: Any) -> Iterator[None]:
        """The object with another value at ``path``, or none, until the ``with`` statement ends."""
        changed = copy.deepcopy(manifest)
        *parents, last = path.split("/")
        inner: Any = changed
        for each in parents:
            inner = inner[int(each) if each.isdigit() else each]
        inner.pop(last, None)
        if value is not None:
            inner[last] = value
        self._apply(changed)
        try:
            yield
        finally:
            self._apply(manifest)

    def _apply(self, manifest: Manifest) -> None:
        self.api.apply(manifest)
        if manifest["kind"].endswith("Queue"):
            wait(lambda: self._noticed(manifest), what=f"Kueue does not notice {manifest}")

    def _noticed(self, manifest: Manifest) -> bool:
        """Whether Kueue has seen the queue as it is."""
        found = self.api.get(manifest)
        (active,) = (c for c in found["status"]["conditions"] if c["type"] == "Active")
        return bool(active["observedGeneration"] == found["metadata"]["generation"])

    def clock(self, word: str, queue: str) -> None:
        """Do what the CronJob that opens or closes a pool's window does."""
        _, name, patch = told(self.of("CronJob", f"{word}-acme-{queue}"))
        clock = self.api.impersonate(SWITCH, "system:serviceaccounts", QUEUE_CONTROLLERS)
        clock.patch(self.of("ClusterQueue", name), patch)


def job(name: str, queue: str, pods: int, labels: dict[str, str]) -> Manifest:
    """A job of so many pods, as the tenant's people write it: evaluation's has no GPU."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": SPACE, "labels": {QUEUE_LABEL: queue, **labels}},
        "spec": _job_spec(queue, pods),
    }


def job_set(name: str, queue: str, jobs: int) -> Manifest:
    """A set of jobs of one pod each."""
    template = {"name": "workers", "replicas": jobs, "template": {"spec": _job_spec(queue, 1)}}
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {
            "name": name,
            "namespace": SPACE,
            "labels": {QUEUE_LABEL: queue, DEADLINE_LABEL: "3600"},
        },
        "spec": {"replicatedJobs": [template]},
    }


def _job_spec(queue: str, pods: int) -> Manifest:
    amounts = {"cpu": "4", "memory": "8Gi", **({} if queue == EVALUATION else {GPU: "1"})}
    container = {"name": "main", "image": image("acme"), "resources": {"limits": amounts}}
    return {
        "parallelism": pods,
        "completions": pods,
        "template": {
            "metadata": {"labels": {"bulkhead.dev/workload": "trainer"}},
            "spec": {"restartPolicy": "Never", "containers": [container]},
        },
    }
