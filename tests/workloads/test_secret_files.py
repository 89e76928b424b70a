"""Secrets as files (KEY-4)."""

import json
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import SecretFiles
from bulkhead.preview.plan import Plan
from bulkhead.workloads.secret_files import volume
from tests.foundation.samples import one, planned, refusal, scope

CLASS = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"


def arguments(**changes: Any) -> Any:
    return {
        "scope": scope(),
        "tier": "internal",
        "tenant": "acme",
        "role_name": "dev-acme-server",
        "secrets": ["gateway-token", "webhook"],
        **changes,
    }


@pytest.fixture(scope="module")
def plan() -> Plan:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
        SecretFiles("acme-secrets", arguments(), opts)

    return planned(program)


def test_each_secret_is_a_file_that_the_pods_own_identity_fetches(plan: Plan) -> None:
    found = one(plan, CLASS).inputs
    assert found["metadata"]["namespace"] == "acme"
    assert found["metadata"]["labels"]["bulkhead.dev/tenant"] == "acme"
    parameters = found["spec"]["parameters"]
    assert parameters["usePodIdentity"] == "true"
    assert [
        (file["objectName"], file["objectAlias"]) for file in json.loads(parameters["objects"])
    ] == [
        ("bulkhead/dev/internal/acme/gateway-token", "gateway-token"),
        ("bulkhead/dev/internal/acme/webhook", "webhook"),
    ]


def test_no_kubernetes_secret_is_made(plan: Plan) -> None:
    assert not list(plan.of_type("kubernetes:core/v1:Secret"))
    assert "secretObjects" not in one(plan, CLASS).inputs["spec"]


def test_a_pod_mounts_the_class_read_only_through_the_driver(plan: Plan) -> None:
    mounted = volume("acme-secrets")
    assert mounted["csi"]["readOnly"] is True
    assert (
        mounted["csi"]["volumeAttributes"]["secretProviderClass"]
        == (one(plan, CLASS).inputs["metadata"]["name"])
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"secrets": []},
            "files.secrets: no secret, or one twice, got ''; allowed: one or more, each once",
        ),
        (
            {"secrets": ["token", "token"]},
            "files.secrets: no secret, or one twice, got 'token, token'; "
            "allowed: one or more, each once",
        ),
        (
            {"secrets": ["../other/token"]},
            "files.secrets: not a usable name, got '../other/token'; allowed: 1 to 40 lower-case "
            "letters, digits and hyphens, starting with a letter",
        ),
    ],
)
def test_what_can_not_be_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: SecretFiles("files", arguments(**changes))) == sentence
