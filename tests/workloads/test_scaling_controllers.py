"""KEDA is installed closed, and may scale and ask but nothing else (INF-6)."""

import json
from typing import Any

import pytest

from bulkhead import ScalingControllers
from bulkhead.cluster.charts import on_system_nodes
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, refusal, scope, statements
from tests.workloads.endpoints import WORKSPACE

DIGEST = f"sha256:{64 * 'e'}"
MIRROR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/kedacore"
IMAGES = {
    "operator": f"{MIRROR}/keda:2.20.2@{DIGEST}",
    "metrics_server": f"{MIRROR}/keda-metrics-apiserver:2.20.2@{DIGEST}",
    "webhooks": f"{MIRROR}/keda-admission-webhooks@{DIGEST}",
}


def arguments(**changes: Any) -> Any:
    return {
        "scope": scope(),
        "tier": "internal",
        "cluster_name": "dev-shared",
        "images": IMAGES,
        "workspace_ids": [WORKSPACE],
        "cluster_cidrs": ["10.20.1.0/28"],
        "endpoint_cidrs": ["10.20.2.0/26"],
        **changes,
    }


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(lambda: ScalingControllers("scaling", arguments()), assume_applied=True)


def values(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = one(plan, "kubernetes:helm.sh/v3:Release").inputs
    assert (found["name"], found["namespace"], found["version"]) == (
        "keda",
        "keda-system",
        "2.20.2",
    )
    assert found["repositoryOpts"] == {"repo": "https://kedacore.github.io/charts"}
    given: dict[str, Any] = found["values"]
    return given


def test_every_image_is_named_by_digest(plan: Plan) -> None:
    for image in values(plan)["image"].values():
        assert image["registry"] == ""
        assert image["repository"].startswith(MIRROR)
        assert image["tag"].endswith(f"@{DIGEST}")


def test_its_pods_run_on_the_systems_nodes(plan: Plan) -> None:
    given = values(plan)
    assert {key: given[key] for key in ("nodeSelector", "tolerations")} == on_system_nodes()
    for part in ("operator", "metricsServer", "webhooks"):
        assert not {"nodeSelector", "tolerations"} & set(given[part]), "it would come first"


def test_it_reads_no_secrets_and_scales_no_kind_that_it_does_not_know(plan: Plan) -> None:
    given = values(plan)
    assert given["rbac"] == {"enabledCustomScaledRefKinds": False}
    for restricted in given["permissions"].values():
        assert restricted == {"restrict": {"secret": True}}
    assert given["webhooks"]["failurePolicy"] == "Fail"


def test_its_role_asks_the_workspaces_that_are_told_and_does_nothing_else(plan: Plan) -> None:
    found = statements(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    assert set(found) == {"AskMetrics"}
    assert found["AskMetrics"]["Action"] == "aps:QueryMetrics"
    (workspace,) = found["AskMetrics"]["Resource"]
    assert workspace == f"arn:aws:aps:eu-central-1:111122223333:workspace/{WORKSPACE}"
    trust = json.loads(one(plan, "aws:iam/role:Role").inputs["assumeRolePolicy"])
    tags = trust["Statement"][0]["Condition"]["StringEquals"]
    assert tags["aws:RequestTag/kubernetes-namespace"] == "keda-system"
    assert tags["aws:RequestTag/kubernetes-service-account"] == "keda-operator"


def test_the_api_server_alone_calls_in_and_the_operator_alone_calls_aws(plan: Plan) -> None:
    token = "kubernetes:networking.k8s.io/v1:NetworkPolicy"  # noqa: S105 - a type
    specs = {r.inputs["metadata"]["name"]: r.inputs["spec"] for r in plan.of_type(token)}
    assert specs["default-deny"]["podSelector"] == {}
    for name, port in (("metrics-server", 6443), ("webhooks", 9443)):
        (rule,) = specs[name]["ingress"]
        assert rule["from"] == [{"ipBlock": {"cidr": "10.20.1.0/28"}}]
        assert [each["port"] for each in rule["ports"]] == [port]
    endpoints = [
        name
        for name, spec in specs.items()
        for rule in spec.get("egress", [])
        if {"ipBlock": {"cidr": "10.20.2.0/26"}} in rule["to"]
    ]
    assert endpoints == ["operator"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"workspace_ids": []},
            "scaling.workspace_ids: nothing to scale by; allowed: one workspace or more",
        ),
        (
            {"workspace_ids": ["all"]},
            "scaling.workspace_ids: not a workspace of Amazon Managed Service for Prometheus, got "
            "'all'; allowed: ws-<its UUID>",
        ),
        (
            {"images": {**IMAGES, "operator": "ghcr.io/kedacore/keda:2.20.2"}},
            "scaling.images.operator: an image is mirrored to a private registry and named by "
            "digest, got 'ghcr.io/kedacore/keda:2.20.2'; allowed: "
            "<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex digits>, with a tag "
            "before the @ or without",
        ),
    ],
)
def test_what_can_not_be_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: ScalingControllers("scaling", arguments(**changes))) == sentence
