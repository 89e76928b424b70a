"""The workloads stack opens a cluster's gateway to the internet where it is told to."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.preview.exposure import exposures
from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_stack
from tests.foundation.samples import one

ROOT = Path(__file__).parents[2]
PROJECT = load_project(ROOT)
UNTIL = datetime.date.today() + datetime.timedelta(days=60)
ARN = "arn:aws:{}:eu-central-1:111122223333:{}"


def edge(**changes: Any) -> dict[str, Any]:
    return {
        "opt_in": {
            "owner": "partner-team",
            "reason": "Partners try the summaries",
            "expires": str(UNTIL),
        },
        "host": "models.example.com",
        "certificate_arn": ARN.format("acm", "certificate/1"),
        "gateway": {
            "host": "inference.example.com",
            "load_balancer_arn": ARN.format("elasticloadbalancing", "loadbalancer/net/gateway/1"),
        },
        "models": ["llama"],
        "clients": [{"name": "partner-a", "requests": {"minute": 60, "day": 5000}}],
        **changes,
    }


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Dev's tenants, of whom one says that partners reach it."""
    written = yaml.safe_load((ROOT / "stacks" / "tenants.dev.yaml").read_text("utf-8"))
    written["tenants"][0]["risk"] = {"audience": "partners"}
    path = tmp_path_factory.mktemp("tenants") / "tenants.test.yaml"
    path.write_text(yaml.safe_dump(written), "utf-8")
    return str(path)


def options(tenants: str, **edges: Any) -> Options:
    packs = [ROOT / "policies" / "packs" / "regulated"]
    config = {"bulkhead:tenants": tenants, "bulkhead:public_edges": json.dumps(edges)}
    return Options(config=config, packs=packs)


def refusal(tenants: str, **edges: Any) -> str:
    plan = preview_stack(PROJECT, "dev-workloads", options(tenants, **edges))
    assert plan.resources == []
    (error,) = plan.errors
    return error.message


@pytest.fixture(scope="module")
def opened(tenants: str) -> Plan:
    """The workloads layer with an edge before the shared cluster's gateway."""
    workloads = preview_stack(PROJECT, "dev-workloads", options(tenants, shared=edge()))
    assert [error.message for error in workloads.errors] == []
    return workloads


def test_nothing_is_reached_unless_it_is_asked_for() -> None:
    workloads = preview_stack(PROJECT, "dev-workloads", Options())
    assert exposures([workloads]) == []
    assert workloads.outputs["public_edges"] == {}


def test_an_edge_stands_in_its_cluster_s_network_under_its_tier_s_key(opened: Plan) -> None:
    said = {v.policy for v in opened.violations if "bulkhead:index:PublicEdge" in v.urn}
    assert said == {"bulkhead-exemptions-report"}
    assert [(row.owner, row.expires) for row in exposures([opened])] == [
        ("partner-team", str(UNTIL))
    ]
    group = one(opened, "aws:ec2/securityGroup:SecurityGroup", "shared-edge-link").inputs
    assert group["egress"][0]["cidrBlocks"] == ["10.20.0.0/18"]
    log = one(opened, "aws:cloudwatch/logGroup:LogGroup", "shared-edge-access").inputs
    assert log["retentionInDays"] == 90
    assert opened.outputs["public_edges"]["shared"]["closes"].endswith("T00:00:00Z")


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ({"other": edge()}, ["bulkhead:public_edges: no such cluster, got 'other'", "shared"]),
        (
            {"shared": edge(opt_in={**edge()["opt_in"], "expires": "2026-01-31"})},
            ["bulkhead:public_edges.shared.opt_in.expires: the opt-in has expired"],
        ),
        (
            {"shared": edge(clients=[{"name": "a", "requests": {"week": 1}}])},
            ["bulkhead:public_edges.shared.clients[0].requests: unknown window, got 'week'"],
        ),
        (
            {"shared": edge(clients=[{"name": "a", "limit": 1}])},
            ["bulkhead:public_edges.shared.clients[0]: unknown key, got 'limit'; allowed: name"],
        ),
        (
            {"shared": edge(prompt_kib=100)},
            ["bulkhead:public_edges.shared.prompt_kib", "16, 32, 48, 64"],
        ),
    ],
)
def test_a_wrong_edge_is_refused_before_anything_is_made(
    tenants: str, edges: dict[str, Any], words: list[str]
) -> None:
    said = refusal(tenants, **edges)
    assert [word for word in words if word not in said] == [], said


def test_a_cluster_that_only_insiders_use_is_not_opened() -> None:
    assert refusal("tenants.dev.yaml", shared=edge()) == (
        "Pulumi.dev-workloads.yaml: bulkhead:public_edges.shared: no tenant of the cluster is "
        "reached from outside, got 'internal'; allowed: a tenant with risk.audience partners or "
        "public"
    )
