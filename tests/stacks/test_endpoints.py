"""Endpoints, from the tenants file to servers, routes and what scales them (INF-2 to INF-7)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_stack
from tests.foundation.samples import one
from tests.stacks.environments import Edit, refusals

ROOT = Path(__file__).parents[2]
PROJECT = load_project(ROOT)


@pytest.fixture(scope="module")
def dev() -> dict[str, Plan]:
    plans = preview_environment(PROJECT, "dev", Options(assume_applied=True))
    return {plan.stack: plan for plan in plans}


def test_an_endpoint_stands_on_what_the_other_layers_give(dev: dict[str, Plan]) -> None:
    workloads, foundation = dev["dev-workloads"], dev["dev-foundation"]
    deployment = one(workloads, "kubernetes:apps/v1:Deployment", "assist-v1*").inputs
    assert deployment["metadata"]["namespace"] == "support-assist"
    spec = deployment["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "inference-server"
    signer = one(workloads, "kubernetes:core/v1:ConfigMap", "assist-signer*").inputs
    (key,) = signer["data"].values()
    assert key == foundation.outputs["signing_keys"]["internal"]
    role = one(workloads, "aws:iam/role:Role", "shared-support-assist-inference-*").inputs["name"]
    sending = one(workloads, "aws:iam/rolePolicy:RolePolicy", "assist-metrics").inputs
    assert sending["role"] == role
    assert workloads.outputs["endpoints"]["support-assist"]["assist"]["traffic"] == {
        "v1": 95,
        "v2": 5,
    }


def test_the_gateways_route_follows_from_the_endpoint(dev: dict[str, Plan]) -> None:
    """The model, its digest and its servers stand once, in the endpoint."""
    workloads = dev["dev-workloads"]
    told = workloads.outputs["endpoints"]["support-assist"]["assist"]
    route = one(workloads, "kubernetes:aigateway.envoyproxy.io/v1beta1:AIGatewayRoute", "*assist*")
    (rule,) = route.inputs["spec"]["rules"]
    assert [each["weight"] for each in rule["backendRefs"]] == list(told["traffic"].values())
    for release, reference in zip(told["traffic"], rule["backendRefs"], strict=True):
        assert told["digests"][release].removeprefix("sha256:")[:12] in reference["name"]
    token = "kubernetes:gateway.envoyproxy.io/v1alpha1:Backend"  # noqa: S105 - a type
    hosts = {
        each["fqdn"]["hostname"]
        for backend in workloads.of_type(token)
        for each in backend.inputs["spec"]["endpoints"]
    }
    assert {f"{server}.support-assist.svc.cluster.local" for server in told["servers"]} <= hosts


def test_the_cluster_scales_it_and_reaches_its_metrics_and_prompts(dev: dict[str, Plan]) -> None:
    cluster, foundation = dev["dev-cluster"], dev["dev-foundation"]
    release = one(cluster, "kubernetes:helm.sh/v3:Release", "shared-scaling").inputs
    assert release["chart"] == "keda"
    asked = one(cluster, "aws:iam/rolePolicy:RolePolicy", "shared-scaling*").inputs["policy"]
    assert "workspace/ws-11111111-2222-3333-4444-555555555555" in asked
    endpoints = foundation.outputs["networks"]["shared"]["endpoint_ids"]
    assert {"aps-workspaces", "secretsmanager"} <= set(endpoints)
    addons = {each.inputs["addonName"] for each in cluster.of_type("aws:eks/addon:Addon")}
    assert "aws-secrets-store-csi-driver-provider" in addons


def test_nobody_scales_where_nobody_serves(edited: Callable[[Edit], str]) -> None:
    file = edited(lambda content: content["tenants"][0].pop("endpoints"))
    config = {"bulkhead:tenants": file}
    plan = preview_stack(PROJECT, "dev-cluster", Options(config=config))
    assert [error.message for error in plan.errors] == []
    assert [each.name for each in plan.resources if "scaling" in each.name] == []


def at_endpoint(**changes: Any) -> Edit:
    return lambda content: content["tenants"][0]["endpoints"][0].update(changes)


def at_card(**changes: Any) -> Edit:
    return lambda content: content["tenants"][0]["endpoints"][0]["releases"]["v1"]["model"].update(
        changes
    )


def without(key: str) -> Edit:
    return lambda content: content["clusters"]["shared"].pop(key)


ASSIST = "tenants.support-assist.endpoints[0]"
LLAMA = {
    "tenant": "support-assist",
    "model": "llama-3.1-8b",
    "server": "assist-v1",
    "version": f"sha256:{64 * 'a'}",
}


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            without("gateway"),
            f"{ASSIST}: an endpoint on a cluster without a gateway in front, got 'assist'; "
            "allowed: gateway under clusters.shared",
        ),
        (
            without("scaling_images"),
            f"{ASSIST}: an endpoint on a cluster without what scales it, got 'assist'; "
            "allowed: scaling_images under clusters.shared",
        ),
        (
            lambda content: content["clusters"]["shared"]["gateway"]["models"].append(LLAMA),
            "clusters.shared.gateway.models[1]: the route to the model follows from endpoint "
            "'assist', got 'llama-3.1-8b'; allowed: no entry for tenant 'support-assist'",
        ),
        (
            at_card(artifact=LLAMA["server"]),
            f"{ASSIST}.releases.v1.model.artifact: an image is mirrored to a private registry and "
            "named by digest, got 'assist-v1'; allowed: "
            "<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex digits>, with a tag "
            "before the @ or without",
        ),
        (
            at_card(status="candidate"),
            f"{ASSIST}.releases.v1.model.status: a version that is not approved is not served, got "
            "'candidate'; allowed: approved, production",
        ),
        (
            at_endpoint(traffic={"v3": 100}),
            f"{ASSIST}.traffic: no such release, got 'v3'; allowed: v1, v2",
        ),
        (
            at_endpoint(budget={"monthly_usd": 2000, "replica_hour_usd": 1.65}),
            f"{ASSIST}.min_replicas: the budget carries fewer replicas than always run, got "
            "'2 x 1'; allowed: 1 in all",
        ),
        (
            at_endpoint(limits={"parallel_requests": 1}),
            f"{ASSIST}.limits.parallel_requests: a ceiling of parallel requests that can't be "
            "split between the proxies, got '1'; allowed: 2 or more, one for each proxy",
        ),
        (
            lambda content: content["tenants"][1].update(
                endpoints=content["tenants"][0]["endpoints"]
            ),
            "tenants.doc-summary.endpoints[0].name: an endpoint's name stands twice in the "
            "environment, got 'assist'",
        ),
        (
            at_endpoint(replicas=4),
            "tenants[0].endpoints[0]: unknown key, got 'replicas'; allowed: budget, certificates, "
            "limits, metrics, min_replicas, model, name, objective, releases, runtime, scanner, "
            "scanning_exemption, traffic, verification",
        ),
    ],
)
def test_an_endpoint_that_does_not_fit_is_refused_with_its_path(
    edited: Callable[[Edit], str], edit: Edit, sentence: str
) -> None:
    assert refusals(edited(edit)) == [f"tenants.test.yaml: {sentence}"]
