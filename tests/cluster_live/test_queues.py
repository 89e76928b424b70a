"""The clock opens and closes queues of a real API server, and does no more (TRN-4, TRN-5)."""

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import TrainingQueues
from bulkhead.cluster.admission.access import QUEUE_CONTROLLERS
from bulkhead.cluster.admission.training import KEEP_QUOTAS, SWITCH
from bulkhead.preview.run import preview_function
from tests.cluster_live.compartments import Compartments, Manifest, sparing_label
from tests.cluster_live.refusals import refused_by
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.crds import Definitions
from tests.control_plane.rendered import applied, objects
from tests.workloads.test_training import QUEUES

PROVOKED = {(KEEP_QUOTAS.name, 0)}


def program() -> None:
    opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
    TrainingQueues("queues", QUEUES, opts)


@pytest.fixture(scope="module")
def made(compartments: Compartments, definitions: Definitions) -> Iterator[list[Manifest]]:
    """The queues of a tenant with a window on one of them and a last day on another."""
    if why := definitions.missing.get("kueue.x-k8s.io"):
        pytest.skip(why)
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "kueue-system"},
    }
    wanted = [namespace, *objects(preview_function(program, assume_applied=True))]
    with applied(compartments.api, wanted):
        yield wanted


@pytest.fixture
def clock(compartments: Compartments) -> Api:
    """The API as the service account of the clock."""
    return compartments.api.impersonate(SWITCH, "system:serviceaccounts", QUEUE_CONTROLLERS)


def of_kind(made: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in made if each["kind"] == kind}


def told(job: Manifest) -> tuple[str, str, dict[str, Any]]:
    """The kind and name of the queue that a CronJob patches, and its patch."""
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    verb, kind, name, *flags = container["args"]
    assert verb == "patch"
    assert "--type=merge" in flags
    (patch,) = (flag.removeprefix("--patch=") for flag in flags if flag.startswith("--patch="))
    return kind, name, json.loads(patch)


def test_each_of_its_patches_stops_or_opens_the_queue(
    made: list[Manifest], clock: Api, compartments: Compartments
) -> None:
    jobs = of_kind(made, "CronJob")
    assert len(jobs) == 3
    for job in jobs.values():
        kind, name, patch = told(job)
        word = {"clusterqueues": "ClusterQueue", "localqueues": "LocalQueue"}[kind.split(".")[0]]
        queue = of_kind(made, word)[name]
        clock.get(queue)
        clock.patch(queue, patch)
        wanted = patch["spec"]["stopPolicy"]
        assert compartments.api.get(queue)["spec"]["stopPolicy"] == wanted


def test_a_window_leaves_a_hold_of_the_platform_s_alone(
    made: list[Manifest], clock: Api, compartments: Compartments
) -> None:
    local = of_kind(made, "LocalQueue")["fine-tuning"]
    compartments.api.patch(local, {"spec": {"stopPolicy": "HoldAndDrain"}})
    _, name, patch = told(of_kind(made, "CronJob")["open-acme-fine-tuning"])
    clock.patch(of_kind(made, "ClusterQueue")[name], patch)
    assert compartments.api.get(local)["spec"]["stopPolicy"] == "HoldAndDrain"
    with pytest.raises(ApiRefusalError, match="forbidden"):
        clock.patch(local, {"spec": {"stopPolicy": "None"}})


def test_it_changes_nothing_else_of_a_queue(
    made: list[Manifest], clock: Api, compartments: Compartments
) -> None:
    queue = of_kind(made, "ClusterQueue")["acme-fine-tuning"]
    changes: tuple[dict[str, Any], ...] = (
        {"spec": {"cohortName": "globex"}},
        {"spec": {"namespaceSelector": {"matchLabels": {"bulkhead.dev/tenant": "globex"}}}},
        {"spec": {"preemption": {"reclaimWithinCohort": "Any"}}},
        {"metadata": {"labels": {"bulkhead.dev/tenant": "globex"}}},
    )
    for change in changes:
        with refused_by(KEEP_QUOTAS):
            clock.patch(queue, change, dryRun="All")
    compartments.api.patch(queue, {"metadata": {"labels": sparing_label(KEEP_QUOTAS.name)}})
    for change in changes:
        clock.patch(queue, change, dryRun="All")


@pytest.mark.parametrize("verb", ["patch", "delete", "create"])
def test_it_reaches_no_other_queue_and_makes_none(
    made: list[Manifest], clock: Api, verb: str
) -> None:
    queue = of_kind(made, "ClusterQueue")["acme-production-retraining"]
    attempt = {
        "patch": lambda: clock.patch(queue, {"spec": {"stopPolicy": "Hold"}}),
        "delete": lambda: clock.delete(queue),
        "create": lambda: clock.create({**queue, "metadata": {"name": "another"}}),
    }[verb]
    with pytest.raises(ApiRefusalError, match="forbidden"):
        attempt()


def test_the_api_server_refuses_a_limit_without_a_cohort(
    made: list[Manifest], compartments: Compartments
) -> None:
    queue = of_kind(made, "ClusterQueue")["acme-fine-tuning"]
    alone = {key: value for key, value in queue["spec"].items() if key != "cohortName"}
    lonely = {**queue, "metadata": {"name": "lonely"}, "spec": alone}
    with pytest.raises(ApiRefusalError, match="borrowingLimit must be nil when cohort is empty"):
        compartments.api.create(lonely, dryRun="All")
