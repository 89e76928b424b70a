"""What the policies add to a request: the same server with and without them, in turns."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.programs import shared_cluster
from bulkhead.preview.run import preview_function
from tests.cluster_live.compartments import LAST, in_force
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.plane import start
from tests.control_plane.rendered import applied, objects, wait

ROUNDS = 3
REQUESTS = 200
WARM_UP = 50
"""Rounds, each without and then with the policies; requests of each kind in one of both; and those
that come first and don't count."""

NAMESPACE = "tenant-0"
POLICIES = "AdmissionPolicy"

Manifest = dict[str, Any]
Tell = Callable[[str], None]


@dataclass
class Latency:
    """Milliseconds of each request of a kind, without and with the policies."""

    kind: str
    without: list[float]
    having: list[float]

    @staticmethod
    def p99(found: list[float]) -> float:
        """The time that one request in a hundred exceeds."""
        return statistics.quantiles(found, n=100)[98]


def latencies(programs: Path, tell: Tell) -> list[Latency]:
    """Ask for a tenant's pod and job over one connection; nothing is kept (``dryRun``)."""
    made = objects(preview_function(shared_cluster(1), assume_applied=True))
    policies = [each for each in made if POLICIES in each["kind"]]
    others = [each for each in made if POLICIES not in each["kind"]]
    found = [Latency(kind, [], []) for kind in SOUND]
    with start(programs) as plane, applied(plane.api, others):
        wait(lambda: _asked(plane.api, SOUND["Pod"]), what="the tenant's pod is not admitted")
        for number in range(1, ROUNDS + 1):
            tell(f"  round {number} of {ROUNDS}")
            wait(lambda: _asked(plane.api, STRAY), what="the policies do not go away")
            for each in found:
                each.without += _milliseconds(plane.api, SOUND[each.kind])
            with applied(plane.api, [*policies, *LAST]):
                wait(lambda: _settled(plane.api), what="the policies are not in force")
                for each in found:
                    each.having += _milliseconds(plane.api, SOUND[each.kind])
    return found


def _settled(api: Api) -> bool:
    """Whether the policies are in force, and the controller manager has checked their types."""
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    return in_force(api) and all(
        (each.get("status") or {}).get("observedGeneration")
        for each in api.call("GET", path)["items"]
    )


def _milliseconds(api: Api, manifest: Manifest) -> list[float]:
    found = []
    for _ in range(WARM_UP + REQUESTS):
        before = time.perf_counter()
        api.create(manifest, dryRun="All")
        found.append(1000 * (time.perf_counter() - before))
    return found[WARM_UP:]


def _asked(api: Api, manifest: Manifest) -> bool:
    try:
        api.create(manifest, dryRun="All")
    except ApiRefusalError:
        return False
    return True


_IMAGE = f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/dev/internal/tenant-0@sha256:{'a' * 64}"
_METADATA = {"name": "bench", "namespace": NAMESPACE}
_TEMPLATE: Manifest = {
    "metadata": {"labels": {"bulkhead.dev/workload": "bench"}},
    "spec": {
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "main",
                "image": _IMAGE,
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    },
}
SOUND: dict[str, Manifest] = {
    "Pod": {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**_TEMPLATE["metadata"], **_METADATA},
        "spec": _TEMPLATE["spec"],
    },
    "Job": {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _METADATA,
        "spec": {"template": _TEMPLATE},
    },
}
"""What is admitted with the policies and without them."""

STRAY: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stray"}}
"""What the policy that is made first, and taken away last, refuses."""
