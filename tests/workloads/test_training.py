"""Training stands apart from inference, and its queues share as its budgets say (TRN-1…TRN-5)."""

import datetime
import json
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
import yaml

from bulkhead import QueueController, TrainingNamespace, TrainingQueues
from bulkhead.domain.queues import POOLS
from bulkhead.preview.plan import Plan, Resource
from tests.foundation.samples import ACCOUNT, REGION, one, planned, refusal, scope, statements

SOON = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
KUBECTL = f"{REGISTRY}/kubectl:v1.36.1@sha256:{64 * 'c'}"
NIGHTS = {"opens": "20:00", "closes": "06:00", "days": ["mon", "fri"], "timezone": "Europe/Berlin"}
SHARE = {"gpus": 2, "cpus": 24, "memory_gib": 96}
BUDGETS: dict[str, Any] = {
    "production-retraining": {"quota": {"train": SHARE, "paid": SHARE}, "keeps": {"paid": SHARE}},
    "fine-tuning": {
        "quota": {"train": SHARE},
        "borrows": {"train": {"gpus": 1, "cpus": 12, "memory_gib": 48}},
        "window": NIGHTS,
    },
    "exploration": {"quota": {"train": SHARE}, "expires": SOON},
}
TENANT: dict[str, Any] = {
    "name": "acme",
    "tier": "internal",
    "owner": "team-ml",
    "cost_center": "cc-42",
    "training": {
        "budgets": BUDGETS,
        "quota": {"pod_gpus": 2, "pod_memory_gib": 96, "job_hours": 48, "storage_gib": 300},
    },
}
POOLS_ARGS: list[dict[str, Any]] = [
    {"name": "train", "instance_types": ["g6.12xlarge"], "max_size": 2, "plane": "training"},
    {
        "name": "paid",
        "instance_types": ["g6.12xlarge"],
        "max_size": 1,
        "plane": "training",
        "zone": "eu-central-1a",
        "reservation": {"id": "cr-0123456789abcdef0", "instances": 1},
    },
]
QUEUES: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "tenants": [TENANT],
    "pools": POOLS_ARGS,
    "switch_image": KUBECTL,
}
NAMESPACE: dict[str, Any] = {
    "scope": scope(),
    "tenant": TENANT,
    "cluster_name": "dev-shared",
    "stores": {
        "datasets": "dev-internal-datasets-x",
        "models": "dev-internal-models-x",
        "checkpoints": "dev-internal-checkpoints-x",
        "endpoint_url": "https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com",
    },
    "endpoint_cidrs": ["10.20.2.0/26"],
    "boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/bulkhead/dev/boundary",
}
KUEUE = "kubernetes:kueue.x-k8s.io/v1beta2:"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
TRAINERS = {"matchLabels": {"bulkhead.dev/role": "trainer"}}


def training(**changes: Any) -> dict[str, Any]:
    return {**TENANT, "training": {**TENANT["training"], **changes}}


def budgets(**changes: Any) -> dict[str, Any]:
    return training(budgets={key.replace("_", "-"): each for key, each in changes.items()})


@pytest.fixture(scope="module")
def plan() -> Plan:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
        TrainingNamespace("acme-training", NAMESPACE, opts)
        TrainingQueues("queues", QUEUES, opts)

    return planned(program)


def objects(plan: Plan, token: str) -> dict[str, Resource]:
    return {r.inputs["metadata"]["name"]: r for r in plan.of_type(token)}


def spec(plan: Plan, token: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = objects(plan, token)[name].inputs["spec"]
    return found


def test_the_namespace_is_the_tenant_s_of_the_training_plane_and_knows_its_pools(
    plan: Plan,
) -> None:
    metadata = one(plan, "kubernetes:core/v1:Namespace").inputs["metadata"]
    labels, notes = metadata["labels"], metadata["annotations"]
    assert metadata["name"] == "acme-training"
    assert labels["bulkhead.dev/tenant"] == "acme"
    assert labels["bulkhead.dev/plane"] == "training"
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert notes[POOLS] == f"production-retraining fine-tuning exploration={SOON}"
    assert notes["bulkhead.dev/job-hours"] == "48"
    assert notes["bulkhead.dev/pod-gpus"] == "2"


def test_its_quota_is_the_sum_of_the_budgets_and_one_pod_takes_its_share(plan: Plan) -> None:
    hard = spec(plan, "kubernetes:core/v1:ResourceQuota", "quota")["hard"]
    assert hard["requests.nvidia.com/gpu"] == "8"
    assert hard["requests.cpu"] == "96"
    assert hard["requests.memory"] == "384Gi"
    assert hard["requests.storage"] == "300Gi"
    _, pod, claim = spec(plan, "kubernetes:core/v1:LimitRange", "limits")["limits"]
    assert pod == {"type": "Pod", "max": {"memory": "96Gi"}}
    assert claim["max"] == {"storage": "300Gi"}


def test_trainers_reach_each_other_and_aws_and_nothing_leads_to_inference(plan: Plan) -> None:
    policies = {name: each.inputs["spec"] for name, each in objects(plan, POLICY).items()}
    assert set(policies) == {"default-deny", "allow-dns", "allow-workers", "allow-stores"}
    assert policies["default-deny"]["podSelector"] == {}
    workers = policies["allow-workers"]
    assert workers["podSelector"] == TRAINERS
    assert workers["ingress"] == [{"from": [{"podSelector": TRAINERS}]}]
    assert workers["egress"] == [{"to": [{"podSelector": TRAINERS}]}]
    assert policies["allow-stores"]["podSelector"] == TRAINERS
    assert "ingress" not in policies["allow-stores"]
    said = json.dumps(policies)
    assert "gateway" not in said
    assert "inference" not in said


def test_a_trainer_reads_its_tenant_s_data_and_writes_checkpoints_alone(plan: Plan) -> None:
    role = one(plan, "aws:iam/role:Role").inputs
    assert role["permissionsBoundary"] == NAMESPACE["boundary_arn"]
    assert role["tags"]["bulkhead:plane"] == "training"
    trust = json.loads(role["assumeRolePolicy"])["Statement"][0]["Condition"]["StringEquals"]
    assert trust["aws:RequestTag/kubernetes-namespace"] == "acme-training"
    assert trust["aws:RequestTag/kubernetes-service-account"] == "trainer"
    found = statements(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    assert found["ReadOwnStores"]["Resource"] == [
        f"arn:aws:s3:::dev-internal-{store}-x/acme/*"
        for store in ("datasets", "models", "checkpoints")
    ]
    writing = found["WriteOwnCheckpoints"]
    assert writing["Resource"] == "arn:aws:s3:::dev-internal-checkpoints-x/acme/*"
    assert "s3:PutObject" in writing["Action"]
    assert found["UseDataKey"]["Action"] == "kms:Decrypt"
    assert found["UseModelKey"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    for sid, statement in found.items():
        if sid != "WriteOwnCheckpoints":
            assert "Put" not in json.dumps(statement["Action"])


def test_people_run_jobs_there_and_nobody_makes_pods(plan: Plan) -> None:
    roles = objects(plan, "kubernetes:rbac.authorization.k8s.io/v1:Role")
    granted = {
        (kind, verb)
        for access in ("tenant-admin", "tenant-developer", "tenant-viewer")
        for rule in roles[access].inputs["rules"]
        for kind in rule["resources"]
        for verb in rule["verbs"]
    }
    assert {("jobs", "create"), ("jobsets", "create"), ("trainjobs", "create")} <= granted
    assert {("localqueues", "list"), ("workloads", "get")} <= granted
    for kind in ("pods", "deployments", "localqueues", "workloads", "clusterqueues"):
        assert (kind, "create") not in granted
        assert (kind, "patch") not in granted


def test_each_pool_has_a_queue_in_its_tenant_s_cohort_for_its_own_namespace(plan: Plan) -> None:
    queues = objects(plan, f"{KUEUE}ClusterQueue")
    assert set(queues) == {f"acme-{pool}" for pool in BUDGETS}
    for each in queues.values():
        assert each.inputs["spec"]["cohortName"] == "acme"
        assert each.inputs["spec"]["namespaceSelector"]["matchLabels"] == {
            "bulkhead.dev/tenant": "acme",
            "bulkhead.dev/plane": "training",
        }
    local = objects(plan, f"{KUEUE}LocalQueue")
    assert {n: q.inputs["spec"]["clusterQueue"] for n, q in local.items()} == {
        pool: f"acme-{pool}" for pool in BUDGETS
    }
    assert {q.inputs["metadata"]["namespace"] for q in local.values()} == {"acme-training"}
    assert spec(plan, f"{KUEUE}Cohort", "acme") == {}


def test_production_reclaims_from_anybody_keeps_what_it_keeps_and_tries_reserved_nodes_first(
    plan: Plan,
) -> None:
    found = spec(plan, f"{KUEUE}ClusterQueue", "acme-production-retraining")
    assert found["preemption"] == {
        "withinClusterQueue": "LowerPriority",
        "reclaimWithinCohort": "Any",
        "borrowWithinCohort": {"policy": "LowerPriority", "maxPriorityThreshold": 15000},
    }
    (group,) = found["resourceGroups"]
    assert group["coveredResources"] == ["cpu", "memory", "nvidia.com/gpu"]
    paid, train = group["flavors"]
    assert (paid["name"], train["name"]) == ("paid", "train")
    assert [r["lendingLimit"] for r in paid["resources"]] == ["0", "0Gi", "0"]
    assert [r["lendingLimit"] for r in train["resources"]] == ["24", "96Gi", "2"]
    assert [r["borrowingLimit"] for r in train["resources"]] == ["0", "0Gi", "0"]


def test_an_experiment_borrows_up_to_its_limit_and_gives_way(plan: Plan) -> None:
    found = spec(plan, f"{KUEUE}ClusterQueue", "acme-fine-tuning")
    assert found["preemption"]["reclaimWithinCohort"] == "LowerPriority"
    assert found["preemption"]["borrowWithinCohort"] == {"policy": "Never"}
    (flavor,) = found["resourceGroups"][0]["flavors"]
    assert flavor["resources"] == [
        {"name": "cpu", "nominalQuota": "24", "borrowingLimit": "12", "lendingLimit": "24"},
        {
            "name": "memory",
            "nominalQuota": "96Gi",
            "borrowingLimit": "48Gi",
            "lendingLimit": "96Gi",
        },
        {"name": "nvidia.com/gpu", "nominalQuota": "2", "borrowingLimit": "1", "lendingLimit": "2"},
    ]


def test_jobs_are_sent_to_nodes_for_training_and_tolerate_their_taints(plan: Plan) -> None:
    assert spec(plan, f"{KUEUE}ResourceFlavor", "train") == {
        "nodeLabels": {"bulkhead.dev/pool": "train", "bulkhead.dev/plane": "training"},
        "tolerations": [
            {"key": key, "operator": "Equal", "value": value, "effect": "NoSchedule"}
            for key, value in (("nvidia.com/gpu", "present"), ("bulkhead.dev/plane", "training"))
        ],
    }


def test_jobs_have_the_priority_of_their_pool_as_pods_have(plan: Plan) -> None:
    found = {
        name: each.inputs["value"]
        for name, each in objects(plan, f"{KUEUE}WorkloadPriorityClass").items()
    }
    assert found == {
        "bulkhead-retraining": 50_000,
        "bulkhead-evaluation": 15_000,
        "bulkhead-fine-tuning": 10_000,
        "bulkhead-exploration": 1_000,
    }


def test_a_window_opens_and_closes_its_queue_by_the_clock_of_its_zone(plan: Plan) -> None:
    queue = objects(plan, f"{KUEUE}ClusterQueue")["acme-fine-tuning"]
    assert queue.inputs["spec"]["stopPolicy"] == "Hold"
    jobs = objects(plan, "kubernetes:batch/v1:CronJob")
    assert set(jobs) == {
        "open-acme-fine-tuning",
        "close-acme-fine-tuning",
        "end-acme-exploration",
    }
    for name, schedule, stop in (
        ("open-acme-fine-tuning", "0 20 * * mon,fri", "None"),
        ("close-acme-fine-tuning", "0 6 * * tue,sat", "Hold"),
    ):
        found = jobs[name].inputs["spec"]
        assert (found["schedule"], found["timeZone"]) == (schedule, "Europe/Berlin")
        (container,) = found["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        assert container["image"] == KUBECTL.replace(":v1.36.1", "")
        assert container["args"][:3] == [
            "patch",
            "clusterqueues.kueue.x-k8s.io",
            "acme-fine-tuning",
        ]
        assert f'--patch={{"spec":{{"stopPolicy":"{stop}"}}}}' in container["args"]
    others = objects(plan, f"{KUEUE}ClusterQueue")
    assert [n for n, q in others.items() if "stopPolicy" in q.inputs["spec"]] == [
        "acme-fine-tuning"
    ]


def test_a_pool_ends_after_its_last_day_and_a_window_does_not_open_it_again(plan: Plan) -> None:
    found = spec(plan, "kubernetes:batch/v1:CronJob", "end-acme-exploration")
    after = datetime.date.fromisoformat(SOON) + datetime.timedelta(days=1)
    assert found["schedule"] == f"0 0 {after.day} {after.month} *"
    (container,) = found["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"][:4] == [
        "patch",
        "localqueues.kueue.x-k8s.io",
        "exploration",
        "--namespace=acme-training",
    ]
    assert '--patch={"spec":{"stopPolicy":"HoldAndDrain"}}' in container["args"]
    notes = objects(plan, f"{KUEUE}LocalQueue")["exploration"].inputs["metadata"]["annotations"]
    assert notes["bulkhead.dev/expires"] == SOON


def test_the_clock_may_patch_these_queues_and_nothing_else(plan: Plan) -> None:
    kind = "kubernetes:rbac.authorization.k8s.io/v1:"
    (everywhere,) = plan.of_type(f"{kind}ClusterRole")
    here = objects(plan, f"{kind}Role")["queue-switch"]
    assert everywhere.inputs["rules"] == [
        {
            "apiGroups": ["kueue.x-k8s.io"],
            "resources": ["clusterqueues"],
            "resourceNames": ["acme-fine-tuning"],
            "verbs": ["get", "patch"],
        }
    ]
    assert here.inputs["rules"][0]["resourceNames"] == ["exploration"]
    assert here.inputs["metadata"]["namespace"] == "acme-training"


def test_a_held_pool_says_why_and_drains_if_told() -> None:
    held = {"quota": {"train": SHARE}, "hold": {"reason": "its budget is spent"}}
    drained = {"quota": {"train": SHARE}, "hold": {"reason": "quarantine 17", "drain": True}}
    tenants = [budgets(fine_tuning=held, evaluation=drained)]
    plan = planned(lambda: TrainingQueues("queues", {**QUEUES, "tenants": tenants}))
    local = objects(plan, f"{KUEUE}LocalQueue")
    for name, stop, why in (
        ("fine-tuning", "Hold", "its budget is spent"),
        ("evaluation", "HoldAndDrain", "quarantine 17"),
    ):
        assert local[name].inputs["spec"]["stopPolicy"] == stop
        assert local[name].inputs["metadata"]["annotations"]["bulkhead.dev/held"] == why


def test_nodes_without_gpus_have_queues_without_gpus() -> None:
    pools = [{"name": "cpus", "instance_types": ["m7i.4xlarge"], "plane": "training"}]
    share = {"quota": {"cpus": {"cpus": 8, "memory_gib": 32}}}
    tenants = [{**TENANT, "training": {"budgets": {"evaluation": share}}}]
    args = {**QUEUES, "tenants": tenants, "pools": pools}
    plan = planned(lambda: TrainingQueues("queues", args))
    (group,) = spec(plan, f"{KUEUE}ClusterQueue", "acme-evaluation")["resourceGroups"]
    assert group["coveredResources"] == ["cpu", "memory"]


def test_a_pool_that_ends_soon_is_warned_of() -> None:
    day = (datetime.date.today() + datetime.timedelta(days=5)).isoformat()
    tenants = [budgets(exploration={"quota": {"train": SHARE}, "expires": day})]
    plan = planned(lambda: TrainingQueues("queues", {**QUEUES, "tenants": tenants}))
    said = "; ".join(plan.notes)
    assert f"queues.tenants.acme: the pool 'exploration' ends after {day}" in said


YESTERDAY = (datetime.date.today() - datetime.timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tenants": []}, ["queues.tenants: nobody to queue"]),
        (
            {"tenants": [{**TENANT, "training": None}]},
            ["queues.tenants[0]: a tenant that does not"],
        ),
        ({"tenants": [TENANT, TENANT]}, ["queues.tenants: a tenant's name stands twice"]),
        (
            {"tenants": [budgets(research={"quota": {"train": SHARE}})]},
            [
                "queues.tenants[0].training.budgets: unknown budget pool, got 'research'",
                "production-retraining, evaluation, fine-tuning, exploration",
            ],
        ),
        (
            {"tenants": [budgets(evaluation={"quota": {"train": {**SHARE, "gpus": 9}}})]},
            ["the budgets on node pool 'train' add up to more gpus than it has, got '9'", "most 8"],
        ),
        (
            {"tenants": [budgets(evaluation={"quota": {"train": {"gpus": 1}}})]},
            ["budgets.evaluation.quota.train.cpus: too small a budget for any job, got '0'"],
        ),
        (
            {"tenants": [budgets(evaluation={"quota": {"other": SHARE}})]},
            ["no node pool for training of this tenant, got 'other'; allowed: paid, train"],
        ),
        (
            {"tenants": [budgets(exploration={"quota": {"train": SHARE}})]},
            ["budgets.exploration.expires: the pool 'exploration' needs an end"],
        ),
        (
            {"tenants": [budgets(exploration={"quota": {"train": SHARE}, "expires": YESTERDAY})]},
            ["budgets.exploration.expires: the pool 'exploration' has expired"],
        ),
        (
            {
                "tenants": [
                    budgets(evaluation={"quota": {"train": SHARE}, "window": {"opens": "8"}})
                ]
            },
            ["budgets.evaluation.window.closes: a missing argument"],
        ),
        (
            {
                "tenants": [
                    budgets(
                        evaluation={"quota": {"train": SHARE}, "window": {**NIGHTS, "opens": "8pm"}}
                    )
                ]
            },
            ["budgets.evaluation.window.opens: not a time of day, got '8pm'"],
        ),
        (
            {
                "tenants": [
                    budgets(
                        evaluation={"quota": {"train": SHARE}, "window": {**NIGHTS, "days": ["x"]}}
                    )
                ]
            },
            ["budgets.evaluation.window.days: unknown day, got 'x'"],
        ),
        ({"switch_image": None}, ["queues.switch_image: a window or a last day, and nothing"]),
        ({"switch_image": "kubectl:latest"}, ["queues.switch_image: an image is mirrored"]),
        (
            {"pools": [{**POOLS_ARGS[0], "plane": "inference"}]},
            ["queues.pools.train.plane: a node pool that is not for training, got 'inference'"],
        ),
        (
            {"tenants": [training(quota={"gpus": 4})]},
            ["queues.tenants[0].training.quota: unknown argument, got 'gpus'"],
        ),
        (
            {"tenants": [training(quota={"job_hours": 169})]},
            ["training.quota.job_hours: a job of this length is not possible, got '169'"],
        ),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], words: list[str]) -> None:
    said = refusal(lambda: TrainingQueues("queues", {**QUEUES, **changes}))
    assert [word for word in words if word not in said] == [], said


def test_a_namespace_for_a_tenant_that_does_not_train_is_refused() -> None:
    args = {**NAMESPACE, "tenant": {**TENANT, "training": None}}
    assert refusal(lambda: TrainingNamespace("acme-training", args)) == (
        "acme-training.tenant: a tenant that does not train, got 'acme'"
    )


CONTROLLER: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "image": f"{REGISTRY}/kueue/kueue:v0.19.2@sha256:{64 * 'e'}",
    "cluster_cidrs": ["10.20.1.0/28"],
}


@pytest.fixture(scope="module")
def controller() -> Plan:
    return planned(lambda: QueueController("kueue", CONTROLLER))


def test_no_job_of_a_tenant_starts_past_the_controller(controller: Plan) -> None:
    values = one(controller, "kubernetes:helm.sh/v3:Release").inputs["values"]
    config = yaml.safe_load(values["managerConfig"]["controllerManagerConfigYaml"])
    assert config["manageJobsWithoutQueueName"] is True
    assert config["managedJobsNamespaceSelector"]["matchLabels"] == {
        "bulkhead.dev/plane": "training"
    }
    assert "fairSharing" not in config
    assert config["waitForPodsReady"]["requeuingStrategy"]["backoffLimitCount"] == 5
    assert config["integrations"]["frameworks"] == [
        "batch/job",
        "jobset.x-k8s.io/jobset",
        "trainer.kubeflow.org/trainjob",
    ]


def test_the_controller_runs_twice_by_digest_on_the_system_s_nodes(controller: Plan) -> None:
    values = one(controller, "kubernetes:helm.sh/v3:Release").inputs["values"]
    manager = values["controllerManager"]
    assert manager["replicas"] == 2
    assert manager["manager"]["image"]["tag"] == f"v0.19.2@sha256:{64 * 'e'}"
    assert manager["nodeSelector"] == {"bulkhead.dev/plane": "control"}
    assert [each["key"] for each in manager["tolerations"]] == ["CriticalAddonsOnly"]


def test_only_the_api_server_reaches_the_controller(controller: Plan) -> None:
    policies = {name: each.inputs["spec"] for name, each in objects(controller, POLICY).items()}
    assert policies["default-deny"]["policyTypes"] == ["Ingress", "Egress"]
    ingress = {name for name, each in policies.items() if "ingress" in each}
    assert ingress == {"kueue"}
    (rule,) = policies["kueue"]["ingress"]
    assert rule["from"] == [{"ipBlock": {"cidr": "10.20.1.0/28"}}]
    assert [port["port"] for port in rule["ports"]] == [9443, 8082]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": "registry.k8s.io/kueue/kueue:v0.19.2"}, "kueue.image: an image is mirrored"),
        ({"version": "1.20"}, "kueue.version: unsupported Kubernetes version"),
        ({"tier": "secret"}, "kueue.tier: unknown tier"),
    ],
)
def test_a_controller_that_can_not_be_installed_is_refused(
    changes: dict[str, Any], words: str
) -> None:
    assert words in refusal(lambda: QueueController("kueue", {**CONTROLLER, **changes}))
