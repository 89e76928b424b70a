"""Training, from the tenants file to queues, namespaces and nodes (TRN-1, TRN-2, TRN-5)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment
from tests.foundation.samples import one, statements
from tests.stacks.environments import Edit, refusals

PROJECT = load_project(Path(__file__).parents[2])


@pytest.fixture(scope="module")
def dev() -> dict[str, Plan]:
    plans = preview_environment(PROJECT, "dev", Options(assume_applied=True))
    return {plan.stack: plan for plan in plans}


def test_trainers_read_and_write_the_foundations_stores(dev: dict[str, Plan]) -> None:
    buckets = dev["dev-foundation"].outputs["buckets"]["internal"]
    workloads = dev["dev-workloads"]
    settings = one(workloads, "kubernetes:core/v1:ConfigMap", "*training-stores").inputs["data"]
    assert {buckets["datasets"], buckets["checkpoints"]} <= set(settings.values())
    policy = one(workloads, "aws:iam/rolePolicy:RolePolicy", "*-trainer-permissions").inputs
    asked = str(statements(policy["policy"]))
    assert f"{buckets['datasets']}/support-assist/" in asked
    assert buckets["evidence"] not in asked


def test_what_a_tenant_gets_tells_its_queues(dev: dict[str, Plan]) -> None:
    got = dev["dev-workloads"].outputs["tenants"]
    assert got["support-assist"]["training_namespace"] == "support-assist-training"
    assert set(got["support-assist"]["queues"]) == {"production-retraining", "fine-tuning"}
    assert got["doc-summary"]["queues"] == {}
    release = one(dev["dev-workloads"], "kubernetes:helm.sh/v3:Release", "*kueue").inputs
    assert release["namespace"] == "kueue-system"


def test_nothing_that_serves_lands_where_it_trains(dev: dict[str, Plan]) -> None:
    """TRN-1: nodes of their own, in subnets of their own."""
    pools = {
        each.name: each.inputs for each in dev["dev-cluster"].of_type("aws:eks/nodeGroup:NodeGroup")
    }
    subnets = dev["dev-foundation"].outputs["networks"]["shared"]["subnet_ids"]
    assert set(pools["shared-train"]["subnetIds"]) == set(subnets["training"])
    taints = {each["key"] for each in pools["shared-train"]["taints"]}
    assert "bulkhead.dev/plane" in taints
    assert set(pools["shared-gpu"]["subnetIds"]) == set(subnets["inference"])


def at_budgets(**changes: Any) -> Edit:
    return lambda content: content["tenants"][0]["training"]["budgets"].update(changes)


def at_cluster(edit: Edit) -> Edit:
    return lambda content: edit(content["clusters"]["shared"])


PRIVATE = (
    "an image is mirrored to a private registry and named by digest, got 'none'; allowed: "
    "<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex digits>, with a tag before the "
    "@ or without"
)
BUDGETS = "tenants.support-assist.training.budgets"


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            at_cluster(lambda cluster: cluster.pop("queue_images")),
            f"clusters.shared.queue_images.kueue: {PRIVATE}",
        ),
        (
            at_cluster(lambda cluster: cluster["queue_images"].pop("kubectl")),
            f"clusters.shared.queue_images.kubectl: {PRIVATE}",
        ),
        (
            at_cluster(lambda cluster: cluster["pools"].pop(2)),
            "clusters.shared.pools: no pool takes the training jobs of 'support-assist'; allowed: "
            "one that is no tenant's or tier's",
        ),
        (
            at_budgets(retraining={"quota": {"train": {"cpus": 4, "memory_gib": 16}}}),
            f"{BUDGETS}: unknown budget pool, got 'retraining'; allowed: production-retraining, "
            "evaluation, fine-tuning, exploration",
        ),
        (
            at_budgets(evaluation={"quota": {"gpu": {"cpus": 4, "memory_gib": 16}}}),
            f"{BUDGETS}.evaluation.quota: no node pool for training of this tenant, got 'gpu'; "
            "allowed: train",
        ),
        (
            at_budgets(evaluation={"quota": {"train": {"gpus": 1, "cpus": 4, "memory_gib": 16}}}),
            "tenants: the budgets on node pool 'train' add up to more gpus than it has, got '3'; "
            "allowed: at most 2",
        ),
        (
            at_budgets(evaluation={"quota": {}, "quotas": {}}),
            "tenants[0].training.budgets.evaluation: unknown key, got 'quotas'; allowed: borrows, "
            "expires, hold, keeps, quota, window",
        ),
    ],
)
def test_training_that_does_not_fit_is_refused_with_its_path(
    edited: Callable[[Edit], str], edit: Edit, sentence: str
) -> None:
    assert refusals(edited(edit)) == [f"tenants.test.yaml: {sentence}"]
