"""The workloads stack opens a cluster's gateway to the internet where it is told to."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

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


def options(**edges: Any) -> Options:
    packs = [ROOT / "policies" / "packs" / "regulated"]
    return Options(config={"bulkhead:public_edges": json.dumps(edges)}, packs=packs)


def refusal(**edges: Any) -> str:
    plan = preview_stack(PROJECT, "dev-workloads", options(**edges))
    assert plan.resources == []
    (error,) = plan.errors
    return error.message


@pytest.fixture(scope="module")
def opened() -> Plan:
    """The workloads layer with an edge before the shared cluster's gateway."""
    workloads = preview_stack(PROJECT, "dev-workloads", options(shared=edge()))
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
    edges: dict[str, Any], words: list[str]
) -> None:
    said = refusal(**edges)
    assert [word for word in words if word not in said] == [], said
