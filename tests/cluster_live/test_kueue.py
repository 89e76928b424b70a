"""Kueue's own controller keeps the budgets: jobs wait, borrow and give back as they say.

(TRN-2, TRN-3, TRN-5.) It is installed by its own chart with the platform's values, and runs with
the rights that the chart gives it. Each claim is tried again without a rule that it rests on, and
must fail there.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from bulkhead.cluster.admission.training import REQUIRE_QUEUE
from bulkhead.domain.queues import DEADLINE_LABEL, QUEUE_LABEL
from bulkhead.preview.plan import Plan
from tests.cluster_live.compartments import counted
from tests.cluster_live.refusals import refusal, refused_by
from tests.cluster_live.training_floor import (
    ADMITTED,
    EVALUATION,
    EXPLORATION,
    PRODUCTION,
    SPACE,
    TUNING,
    Floor,
    job,
    job_set,
    platform,
)
from tests.control_plane import charts, crds, external
from tests.control_plane.builds import MODULES, build, source
from tests.control_plane.kueue import kueue
from tests.control_plane.kwok import GPU, kwok, nodes, ready
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import apply, objects, wait
from tests.foundation.samples import one
from tests.installation import Tell, UnavailableError, unavailable

KUEUE, JOB_SETS = "kueue.x-k8s.io", "jobset.x-k8s.io"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return platform()


@pytest.fixture(scope="module")
def floor(
    plan: Plan, plane: ControlPlane, defined: crds.Definitions, tell: Tell
) -> Iterator[Floor]:
    """The platform's objects, with the controller."""
    if external.kubeconfig():
        pytest.skip("the control plane of BULKHEAD_KUBECONFIG can't reach a controller here")
    try:
        helm, programs = build("helm", tell), build("kueue", tell)
        chart = source(MODULES / "kueue", "sigs.k8s.io/kueue") / "charts" / "kueue"
    except UnavailableError as error:
        unavailable(error)
    release = one(plan, "kubernetes:helm.sh/v3:Release", "*-kueue").inputs
    told = yaml.safe_load((chart / "Chart.yaml").read_text("utf-8"))
    assert told["version"] == release["version"]
    names = {"release": release["name"], "namespace": release["namespace"]}
    installed = charts.rendered(helm / "helm", chart, values=release["values"], **names)
    made = objects(plan)
    queues = [each for each in made if each["apiVersion"].startswith(KUEUE)]
    sets = [each for each in defined.found if each["spec"]["group"] == JOB_SETS]
    with crds.installed(plane.api, sets):
        # Nothing is taken away again: the control plane is this module's own.
        for each in made:
            if each not in queues:
                apply(plane.api, each)
        with kueue(programs, plane, installed):
            for each in queues:
                apply(plane.api, each)
            counted(plane.api, SPACE)
            yield Floor(plane.api, made)


def a_job_past_its_budget_and_what_it_may_borrow_waits(floor: Floor) -> None:
    with floor.job(EXPLORATION, 6) as made:
        assert GPU in floor.outcome(made)


def production_keeps_to_its_budget_too(floor: Floor) -> None:
    with floor.job(PRODUCTION, 7) as made:
        assert GPU in floor.outcome(made)


def an_experiment_borrows_what_is_idle_and_production_takes_it_back(floor: Floor) -> None:
    with floor.job(EXPLORATION, 5) as experiment:
        assert floor.outcome(experiment) == ADMITTED
        with floor.job(PRODUCTION, 4) as retraining:
            assert floor.outcome(retraining) == ADMITTED
            assert floor.suspended(experiment)
        floor.becomes(experiment, ADMITTED)


def production_that_borrows_ends_experiments_that_borrow(floor: Floor) -> None:
    with floor.job(EXPLORATION, 4) as experiment:
        assert floor.outcome(experiment) == ADMITTED
        with floor.job(PRODUCTION, 6) as retraining:
            assert floor.outcome(retraining) == ADMITTED
            assert floor.suspended(experiment)


def fine_tuning_takes_its_own_back_from_an_experiment(floor: Floor) -> None:
    with floor.job(EXPLORATION, 5) as experiment, floor.job(PRODUCTION, 3) as retraining:
        assert floor.outcome(experiment) == floor.outcome(retraining) == ADMITTED
        with floor.job(TUNING, 2) as tuning:
            assert floor.outcome(tuning) == ADMITTED
            assert floor.suspended(experiment)
            assert not floor.suspended(retraining)


def no_experiment_ends_production_though_it_borrows(floor: Floor) -> None:
    with floor.job(PRODUCTION, 6) as retraining, floor.job(TUNING, 2) as tuning:
        assert floor.outcome(retraining) == floor.outcome(tuning) == ADMITTED
        with floor.job(EXPLORATION, 2) as experiment:
            assert GPU in floor.outcome(experiment)
            assert not floor.suspended(retraining)


Claim = Callable[[Floor], None]
GPUS = "spec/resourceGroups/0/flavors/0/resources/2"
RECLAIM, BORROW = (f"spec/preemption/{word}WithinCohort" for word in ("reclaim", "borrow"))
TAKES_NOTHING = {"reclaimWithinCohort": "Never", "borrowWithinCohort": {"policy": "Never"}}
CLAIMS: list[tuple[Claim, str, str, Any]] = [
    (a_job_past_its_budget_and_what_it_may_borrow_waits, EXPLORATION, f"{GPUS}/borrowingLimit",
     None),
    (production_keeps_to_its_budget_too, PRODUCTION, f"{GPUS}/nominalQuota", "7"),
    (an_experiment_borrows_what_is_idle_and_production_takes_it_back, PRODUCTION,
     "spec/preemption", TAKES_NOTHING),
    (production_that_borrows_ends_experiments_that_borrow, PRODUCTION, BORROW, None),
    (fine_tuning_takes_its_own_back_from_an_experiment, TUNING, RECLAIM, "Never"),
    (no_experiment_ends_production_though_it_borrows, EXPLORATION, RECLAIM, "Any"),
]  # fmt: skip
"""Each claim with a rule that it rests on: a pool, a field of its ClusterQueue, and what stands
there instead."""


@pytest.mark.parametrize("claim", [claim for claim, *_ in CLAIMS], ids=lambda claim: claim.__name__)
def test_the_queues_keep_the_budgets(floor: Floor, claim: Claim) -> None:
    claim(floor)


@pytest.mark.parametrize(
    ("claim", "pool", "path", "instead"), CLAIMS, ids=[claim.__name__ for claim, *_ in CLAIMS]
)
def test_without_a_rule_a_claim_fails(
    floor: Floor, claim: Claim, pool: str, path: str, instead: Any
) -> None:
    with (
        floor.changed(floor.cluster_queue(pool), path, instead),
        pytest.raises(AssertionError),
    ):
        claim(floor)


def test_without_its_priority_fine_tuning_takes_nothing_back(floor: Floor) -> None:
    fine, lowest = (
        floor.of("WorkloadPriorityClass", queue.priority.name) for queue in (TUNING, EXPLORATION)
    )
    with floor.changed(fine, "value", lowest["value"]):

        def noticed() -> bool:
            with floor.job(TUNING, 1) as made:
                floor.outcome(made)
                return bool(floor.kept(made)["spec"]["priority"] == lowest["value"])

        wait(noticed, what="Kueue does not notice the priority")
        with pytest.raises(AssertionError):
            fine_tuning_takes_its_own_back_from_an_experiment(floor)


def test_a_window_opens_its_queue_and_ends_its_jobs(floor: Floor) -> None:
    with floor.job(EVALUATION, 1) as made:
        assert "inactive" in floor.outcome(made)
        for _ in range(2):
            floor.clock("open", EVALUATION)
            floor.becomes(made, ADMITTED)
            floor.clock("close", EVALUATION)
            floor.becomes(made, "inactive")


def test_a_held_queue_starts_nothing_and_lets_run_what_runs(floor: Floor) -> None:
    with floor.job(TUNING, 1) as running:
        assert floor.outcome(running) == ADMITTED
        with (
            floor.changed(floor.of("LocalQueue", TUNING), "spec/stopPolicy", "Hold"),
            floor.job(TUNING, 1) as late,
        ):
            assert "inactive" in floor.outcome(late)
            assert not floor.suspended(running)


def test_a_job_that_runs_for_longer_than_it_says_is_ended(floor: Floor) -> None:
    with floor.job(PRODUCTION, 1, **{DEADLINE_LABEL: "1"}) as made:
        wait(lambda: bool(floor.condition(made, "Evicted")), what="it runs on")
        assert "MaximumExecutionTime" in floor.condition(made, "Evicted")["reason"]
        wait(lambda: floor.suspended(made), what="it runs on")


def test_a_set_of_jobs_is_counted_whole(floor: Floor) -> None:
    with floor.work(job_set("fits", EXPLORATION, 5)) as made:
        assert floor.outcome(made) == ADMITTED
    with floor.work(job_set("too-many", EXPLORATION, 6)) as made:
        assert GPU in floor.outcome(made)


def test_a_set_of_jobs_that_names_no_priority_has_its_queue_s(floor: Floor) -> None:
    with floor.job(EXPLORATION, 5) as experiment, floor.job(PRODUCTION, 3):
        assert floor.outcome(experiment) == ADMITTED
        with floor.work(job_set("tuning", TUNING, 2)) as made:
            assert floor.outcome(made) == ADMITTED
            assert floor.kept(made)["spec"]["priority"] == TUNING.priority.value
            assert floor.suspended(experiment)


def test_a_job_without_a_queue_is_refused_and_were_it_not_it_would_wait(floor: Floor) -> None:
    stray = job("stray", "", 1, {})
    del stray["metadata"]["labels"][QUEUE_LABEL]
    with refused_by(REQUIRE_QUEUE):
        floor.api.create(stray)
    binding = floor.of("ValidatingAdmissionPolicyBinding", REQUIRE_QUEUE.name)
    elsewhere = {"matchLabels": {"kubernetes.io/metadata.name": "nowhere"}}
    with floor.changed(binding, "spec/matchResources/namespaceSelector", elsewhere):
        wait(lambda: not refusal(floor.api, stray), what="the rule stays in force")
        with floor.work(stray):
            wait(lambda: bool(floor.api.get(stray)["status"].get("conditions")), what="unseen")
            assert floor.suspended(stray)
            assert floor.condition(stray, "QuotaReserved").get("status") != "True"


def test_its_namespace_lets_the_controller_s_own_pods_in(floor: Floor) -> None:
    metadata = {"name": "kueue-controller-manager", "namespace": "kueue-system"}
    made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
    wait(
        lambda: floor.api.get(made)["status"].get("replicas") == 2,
        what=f"the pods are refused: {floor.api.get(made)['status']}",
    )


def test_its_namespace_lets_the_pods_of_the_clock_in(floor: Floor) -> None:
    schedule = floor.of("CronJob", f"open-acme-{EVALUATION}")
    made = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "now", "namespace": schedule["metadata"]["namespace"]},
        "spec": schedule["spec"]["jobTemplate"]["spec"],
    }
    floor.api.create(made)
    wait(
        lambda: floor.api.get(made)["status"].get("active") == 1,
        what=f"the pod is refused: {floor.api.get(made)['status']}",
    )


def test_an_admitted_job_runs_on_its_budget_s_nodes_and_its_quota_goes_on(
    floor: Floor, plan: Plan, plane: ControlPlane, tell: Tell
) -> None:
    try:
        programs = build("kwok", tell)
    except UnavailableError as error:
        unavailable(error)
    with floor.job(PRODUCTION, 4) as first, floor.job(PRODUCTION, 4) as second:
        assert floor.outcome(first) == ADMITTED
        assert GPU in floor.outcome(second)
        with kwok(programs, plane), ready(floor.api, nodes(plan)):
            floor.becomes(second, ADMITTED)
            assert floor.condition(first, "Finished")["status"] == "True"
            pods = floor.api.call("GET", f"/api/v1/namespaces/{SPACE}/pods")["items"]
            landed = {pod["spec"].get("nodeName") for pod in pods}
            assert "platform-train" in landed
            assert landed <= {"platform-train", None}
