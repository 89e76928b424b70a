"""A real API server takes the tools' gateway, by the rules of its definitions too."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead.preview.run import preview_function
from tests.cluster_live.refusals import refusal
from tests.control_plane.crds import Definitions
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import applied, objects
from tests.foundation.samples import scope
from tests.workloads.test_tool_gateway import ARGS

Manifest = dict[str, Any]


def program() -> None:
    from bulkhead import GatewayNamespace, ToolGateway

    opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
    GatewayNamespace("gateway", {"scope": scope(), "tier": "internal"}, opts)
    ToolGateway("tools", ARGS, opts)


@pytest.fixture(scope="module")
def route(plane: ControlPlane, definitions: Definitions) -> Iterator[Manifest]:
    lacking = definitions.missing.get("aigateway.envoyproxy.io/MCPRoute")
    if lacking:
        pytest.skip(f"{lacking}: set BULKHEAD_CRDS to a folder with the chart's own")
    rendered = objects(preview_function(program, assume_applied=True))
    with applied(plane.api, rendered):
        (found,) = (
            m for m in rendered if (m["kind"], m["metadata"]["name"]) == ("MCPRoute", "acme")
        )
        yield found


BROKEN: dict[str, Callable[[Manifest], object]] = {
    "no token": lambda spec: spec["securityPolicy"].pop("oauth"),
    "no claim": lambda spec: spec["securityPolicy"]["authorization"]["rules"][0]["source"][
        "jwt"
    ].update(claims=[]),
    "two servers of one name": lambda spec: spec["backendRefs"].append(spec["backendRefs"][0]),
    "a selector of nothing": lambda spec: spec["backendRefs"][0].update(toolSelector={}),
    "a field that nobody knows": lambda spec: spec.update(authorisation={}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_route_that_would_open_is_refused_by_its_definition(
    what: str, plane: ControlPlane, route: Manifest
) -> None:
    twin = copy.deepcopy(route)
    twin["metadata"]["name"] = "twin"
    assert refusal(plane.api, twin) == ""
    BROKEN[what](twin["spec"])
    assert refusal(plane.api, twin) != ""
