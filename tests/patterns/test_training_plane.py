"""Every pattern trains apart from where it serves, and gives tenants queues (TRN-1, TRN-2)."""

import datetime
from typing import Any

import pulumi
import pytest

from bulkhead.preview.plan import Plan
from bulkhead.preview.run import preview_function
from tests.foundation.samples import one, planned
from tests.patterns.platforms import COMMON, PLATFORMS, TPM, build, platform, pool

IMAGE = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/{}@sha256:" + 64 * "d"
IMAGES = {"kueue": IMAGE.format("kueue"), "kubectl": IMAGE.format("kubectl")}
SHARE = {"cpus": 8, "memory_gib": 32}
TRAINING = {"budgets": {"production-retraining": {"quota": {"train": SHARE}}}}
KUEUE = "kubernetes:kueue.x-k8s.io/v1beta2:"

NODES: dict[str, dict[str, Any]] = {
    "SharedCluster": pool("train"),
    "DedicatedNodePools": pool("train", tenant="red"),
    "SingleTenantCluster": pool("train"),
    "ConfidentialCompute": pool("train", "g6.4xlarge", tenant="red", seal=TPM),
    "DedicatedHosts": pool("train", "m7i.8xlarge", hosts=1, zone="eu-central-1a"),
}
"""Nodes for training, by pattern."""


def changes(component: str, **training: Any) -> dict[str, Any]:
    """A platform's arguments whose tenant red trains."""
    base = PLATFORMS[component]
    red, *others = base["tenants"]
    return {
        "tenants": [{**red, "training": {**TRAINING, **training}}, *others],
        "pools": [*base["pools"], {**NODES[component], "plane": "training"}],
        "queue_images": IMAGES,
    }


@pytest.fixture(scope="module", params=PLATFORMS)
def plan(request: pytest.FixtureRequest) -> Plan:
    made = platform_of(request.param)
    made.outputs["component"] = request.param
    return made


def platform_of(component: str, **training: Any) -> Plan:
    return platform(component, **changes(component, **training))


def named(plan: Plan, token: str) -> dict[str, dict[str, Any]]:
    return {r.inputs["metadata"]["name"]: r.inputs for r in plan.of_type(token)}


def test_a_tenant_that_trains_has_a_queue_and_a_namespace_for_it(plan: Plan) -> None:
    assert "red-training" in named(plan, "kubernetes:core/v1:Namespace")
    queue = named(plan, f"{KUEUE}ClusterQueue")["red-production-retraining"]
    assert queue["spec"]["cohortName"] == "red"
    local = named(plan, f"{KUEUE}LocalQueue")["production-retraining"]
    assert local["metadata"]["namespace"] == "red-training"
    releases = {r.inputs["name"] for r in plan.of_type("kubernetes:helm.sh/v3:Release")}
    assert "kueue" in releases


def test_its_jobs_run_on_nodes_for_training_with_the_pattern_s_own_taints(plan: Plan) -> None:
    component = plan.outputs["component"]
    flavor = named(plan, f"{KUEUE}ResourceFlavor")["train"]["spec"]
    wanted = {"bulkhead.dev/pool": "train", "bulkhead.dev/plane": "training"}
    if component != "SharedCluster":
        wanted["bulkhead.dev/tenant"] = "red"
    assert flavor["nodeLabels"] == wanted
    tolerated = {each["key"] for each in flavor["tolerations"]}
    assert tolerated - {"nvidia.com/gpu"} == set(wanted) - {"bulkhead.dev/pool"}
    space = named(plan, "kubernetes:core/v1:Namespace")["red-training"]["metadata"]
    whose = space["labels"].get("bulkhead.dev/nodes")
    assert whose == (None if component == "SharedCluster" else "tenant")


def test_a_cluster_in_which_nobody_trains_has_no_queues() -> None:
    plain = platform("SharedCluster")
    assert not list(plain.of_type(f"{KUEUE}ClusterQueue"))
    assert "kueue-system" not in named(plain, "kubernetes:core/v1:Namespace")


def test_nodes_for_training_stand_in_subnets_of_their_own_and_are_labelled() -> None:
    made = platform("SharedCluster", **changes("SharedCluster"))
    groups = {r.name: r for r in made.of_type("aws:eks/nodeGroup:NodeGroup")}
    train, serve = groups["platform-train"].inputs, groups["platform-general"].inputs
    assert train["labels"]["bulkhead.dev/plane"] == "training"
    assert {"key": "bulkhead.dev/plane", "value": "training", "effect": "NO_SCHEDULE"} in train[
        "taints"
    ]
    assert serve["labels"]["bulkhead.dev/plane"] == "inference"
    assert serve.get("taints") in (None, [])


def test_a_platform_that_trains_has_stores_of_datasets_and_checkpoints() -> None:
    made = platform("SharedCluster", **changes("SharedCluster"))
    buckets = {r.inputs["bucket"] for r in made.of_type("aws:s3/bucket:Bucket")}
    for store in ("datasets", "checkpoints", "models"):
        assert any(f"internal-{store}" in name for name in buckets), store
    plain = platform("SharedCluster")
    assert not any("datasets" in r.inputs["bucket"] for r in plain.of_type("aws:s3/bucket:Bucket"))


def test_inference_and_training_share_no_role() -> None:
    made = platform("SharedCluster", **changes("SharedCluster"))
    serves = one(made, "aws:iam/role:Role", "platform-red-inference-server").inputs
    trains = one(made, "aws:iam/role:Role", "platform-red-training-trainer").inputs
    assert serves["tags"]["bulkhead:plane"] == "inference"
    assert trains["tags"]["bulkhead:plane"] == "training"
    assert serves["assumeRolePolicy"] != trains["assumeRolePolicy"]


def test_the_output_names_queues_and_is_empty_for_those_that_do_not_train() -> None:
    def program() -> None:
        made = build("SharedCluster", **changes("SharedCluster"))
        pulumi.export("tenants", made.tenants)

    found = planned(program, assume_applied=True).outputs["tenants"]
    assert found["red"]["queues"] == {"production-retraining": "production-retraining"}
    assert found["red"]["training_namespace"] == "red-training"
    assert "red-training-trainer" in found["red"]["training_role_arn"]
    assert found["blue"]["queues"] == {}
    assert found["blue"]["training_namespace"] == ""


TOMORROW = (datetime.date.today() + datetime.timedelta(days=1)).isoformat()
FOUNDATION = {
    "key_arns": {},
    "model_buckets": {"internal": "dev-models", "public": "dev-models"},
    "boundary_arn": "arn:aws:iam::111122223333:policy/bulkhead/dev/boundary",
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"queue_images": None}, "platform.queue_images.kueue: an image is mirrored"),
        (
            {"queue_images": {"kueue": IMAGES["kueue"]}},
            "platform.queue_images.kubectl: an image is mirrored",
        ),
        (
            {"pools": PLATFORMS["SharedCluster"]["pools"]},
            "no pool takes the training jobs of 'red'",
        ),
        (
            {"foundation": FOUNDATION},
            "platform.foundation.buckets.internal: the foundation lacks a store that 'red' trains "
            "with, got 'none'; allowed: datasets, models, checkpoints",
        ),
        (
            {"foundation": {**FOUNDATION, "buckets": {"internal": {"datasets": "dev-datasets"}}}},
            "with, got 'datasets'; allowed: datasets, models, checkpoints",
        ),
    ],
)
def test_a_platform_that_can_not_train_is_refused(change: dict[str, Any], words: str) -> None:
    given = changes(
        "SharedCluster",
        budgets={"exploration": {"quota": {"train": SHARE}, "expires": TOMORROW}},
    )
    (error,) = preview_function(lambda: build("SharedCluster", **{**given, **change})).errors
    assert words in error.message


def test_the_platforms_here_are_all_there_are() -> None:
    assert NODES.keys() == PLATFORMS.keys()
    assert "zones" in COMMON
