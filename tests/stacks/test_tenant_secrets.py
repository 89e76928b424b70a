"""Tenants' secrets, from the tenants file to a file in a pod (KEY-4)."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_stack
from tests.foundation.samples import one

ROOT = Path(__file__).parents[2]
PROJECT = load_project(ROOT)
DEV = ROOT / "stacks" / "tenants.dev.yaml"


@pytest.fixture(scope="module")
def prod() -> dict[str, Plan]:
    plans = preview_environment(PROJECT, "prod", Options(assume_applied=True))
    return {plan.stack: plan for plan in plans}


def test_rotation_makes_the_secrets_of_every_tier_that_has_some(prod: dict[str, Plan]) -> None:
    foundation = prod["prod-foundation"]
    days = {
        r.inputs["secretId"]: r.inputs["rotationRules"]["automaticallyAfterDays"]
        for r in foundation.of_type("aws:secretsmanager/secretRotation:SecretRotation")
    }
    assert set(foundation.outputs["secrets"]) == {"confidential", "regulated"}
    assert set(foundation.outputs["secrets"]["regulated"]) == {"claims/answers-signing"}
    assert 7 in days.values()
    assert not list(foundation.of_type("aws:secretsmanager/secretVersion:SecretVersion"))


def test_clusters_mount_secrets_and_reach_them_by_an_endpoint(prod: dict[str, Plan]) -> None:
    addons = prod["prod-cluster"].of_type("aws:eks/addon:Addon")
    drivers = {
        addon.inputs["clusterName"]
        for addon in addons
        if addon.inputs["addonName"] == "aws-secrets-store-csi-driver-provider"
    }
    assert drivers == {"prod-shared", "prod-claims"}
    networks = prod["prod-foundation"].outputs["networks"]
    assert all("secretsmanager" in network["endpoint_ids"] for network in networks.values())


def test_a_tenants_pods_mount_its_own_secrets_and_its_role_reads_no_others(
    prod: dict[str, Plan],
) -> None:
    workloads = prod["prod-workloads"]
    (described,) = [
        r
        for r in workloads.resources
        if r.inputs.get("kind") == "SecretProviderClass"
        and r.inputs["metadata"]["namespace"] == "claims"
    ]
    (file,) = json.loads(described.inputs["spec"]["parameters"]["objects"])
    assert file["objectName"] == "bulkhead/prod/regulated/claims/answers-signing"
    volume = workloads.outputs["secret_volumes"]["claims"]
    mounted = volume["csi"]["volumeAttributes"]["secretProviderClass"]
    assert mounted == described.inputs["metadata"]["name"]
    policy = one(workloads, "aws:iam/rolePolicy:RolePolicy", "claims-secrets")
    assert policy.inputs["role"] == "prod-claims-claims-inference-server"
    assert set(workloads.outputs["secret_volumes"]) == {"claims", "fraud-models"}


def test_where_nobody_has_secrets_there_is_nothing_of_them() -> None:
    foundation, cluster, workloads = preview_environment(PROJECT, "staging")
    assert not list(foundation.of_type("aws:secretsmanager/secret:Secret"))
    (network,) = foundation.outputs["networks"].values()
    assert "secretsmanager" not in network["endpoint_ids"]
    assert not [
        addon
        for addon in cluster.of_type("aws:eks/addon:Addon")
        if "secrets" in addon.inputs["addonName"]
    ]
    assert workloads.outputs["secret_volumes"] == {}


@pytest.mark.parametrize(
    ("secrets", "sentence"),
    [
        (
            [{"name": "Token", "kind": "api-key"}],
            "tenants.support-assist.secrets.Token.name: not a usable name, got 'Token'",
        ),
        (
            [{"name": "token", "kind": "tocken"}],
            "tenants[0].secrets[0].kind: unknown kind, got 'tocken'; allowed: api-key, password, "
            "signing-secret",
        ),
        (
            [{"name": "token", "kind": "api-key", "rotation_days": 4000}],
            "tenants.support-assist.secrets.token.rotation_days: a rotation later than the "
            "tier's, got '4000'",
        ),
        (
            [{"name": "token", "kind": "api-key"}] * 2,
            "tenants.support-assist.secrets: a secret stands twice, got 'token'",
        ),
    ],
)
def test_a_wrong_secret_is_refused_with_its_path(
    tmp_path: Path, secrets: list[dict[str, Any]], sentence: str
) -> None:
    content = yaml.safe_load(DEV.read_text("utf-8"))
    content["tenants"][0]["secrets"] = secrets
    path = tmp_path / "tenants.test.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    options = Options(config={"bulkhead:tenants": str(path)})
    plan = preview_stack(PROJECT, "dev-workloads", options)
    assert plan.resources == []
    assert [e.message.startswith(f"tenants.test.yaml: {sentence}") for e in plan.errors] == [True]
