"""Every pattern has its gateway whole, from counters to routes (INF-2, INF-3)."""

from typing import Any

import pytest

from bulkhead import SharedCluster
from bulkhead.preview.plan import Plan
from tests.foundation.samples import refusal
from tests.patterns.platforms import COMMON, PLATFORMS, platform
from tests.workloads.test_gateway_controllers import IMAGES

DIGEST = f"sha256:{64 * 'a'}"


def gateway(**changes: Any) -> dict[str, Any]:
    """A gateway for the tenant red, which every platform has."""
    return {
        "host": "inference.dev.example.com",
        "issuer": {
            "url": "https://login.example.com/",
            "jwks_uri": "https://login.example.com/keys",
            "audiences": ["inference-gateway"],
        },
        "images": IMAGES,
        "certificates": {"server": "server", "client": "client", "authority": "authority"},
        "networks": {"clients": ["10.64.0.0/16"], "issuer": ["10.20.208.0/20"]},
        "models": [{"tenant": "red", "model": "llama", "server": "llama", "version": DIGEST}],
        **changes,
    }


@pytest.fixture(scope="module", params=PLATFORMS)
def plan(request: pytest.FixtureRequest) -> Plan:
    return platform(request.param, gateway=gateway())


def names(plan: Plan, kind: str) -> list[str]:
    return [r.name for r in plan.resources if r.type.endswith(f":{kind}")]


def test_it_comes_in_the_order_in_which_its_parts_need_each_other(plan: Plan) -> None:
    kinds = [r.type.rpartition(":")[2] for r in plan.resources]
    parts = ("GatewayCounters", "GatewayNamespace", "GatewayControllers", "InferenceGateway")
    assert [kinds.count(part) for part in parts] == [1, 1, 1, 1]
    places = [kinds.index(part) for part in parts]
    assert places == sorted(places)


def test_proxies_have_nodes_of_their_own(plan: Plan) -> None:
    (pool,) = (
        r.inputs
        for r in plan.resources
        if r.type == "aws:eks/nodeGroup:NodeGroup" and r.inputs["nodeGroupName"].endswith("gateway")
    )
    assert pool["labels"]["bulkhead.dev/tenant"] == "platform"
    assert [(taint["key"], taint["value"]) for taint in pool["taints"]] == [
        ("bulkhead.dev/tenant", "platform")
    ]


def test_load_balancer_and_counters_are_in_the_inference_plane(plan: Plan) -> None:
    texts = {
        r.inputs["metadata"]["name"]: str(r.inputs["spec"])
        for r in plan.resources
        if r.type.endswith(":NetworkPolicy")
    }
    assert "10.20.0.0/18" in texts["allow-load-balancer"]
    assert "10.20.0.0/18" in texts["rate-limit"]


def test_without_arguments_there_is_none() -> None:
    without = platform("SharedCluster")
    assert names(without, "GatewayNamespace")
    assert not names(without, "GatewayControllers")
    assert not names(without, "GatewayCounters")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"models": [{**gateway()["models"][0], "tenant": "yellow"}]},
            ["platform.gateway.models[0].tenant", "'yellow'", "blue, red"],
        ),
        ({"host": "localhost"}, ["platform.gateway.host"]),
        ({"images": {}}, ["platform.gateway.images"]),
        (
            {"networks": {**gateway()["networks"], "clients": ["0.0.0.0/0"]}},
            ["platform.gateway.networks.clients[0]"],
        ),
        ({"proxies": 0}, ["platform.gateway.models", "1 to 12"]),
        ({"issuer": {}}, ["platform.gateway.issuer"]),
    ],
)
def test_a_gateway_that_fits_no_tenant_is_refused(
    changes: dict[str, Any], words: list[str]
) -> None:
    args: Any = {**COMMON, **PLATFORMS["SharedCluster"], "gateway": gateway(**changes)}
    said = refusal(lambda: SharedCluster("platform", args))
    assert [word for word in words if word not in said] == [], said
