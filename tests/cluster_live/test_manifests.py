"""A real API server takes everything that stacks and examples make, with no field unknown to it."""

from collections.abc import Iterator

import pytest

from tests.cluster_live.programs import COMPONENTS, ENVIRONMENTS, EXAMPLES, plans
from tests.cluster_live.refusals import refusal
from tests.control_plane.api import Api, ApiRefusalError, Manifest
from tests.control_plane.crds import Definitions, unserved
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import applied, objects, wait
from tests.gateway.rendered import objects as gateway_objects
from tests.installation import Tell

ANYBODY = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "anybody"}}
"""A namespace that is refused as long as policies are in force, a moment longer than they exist."""


def take(plane: ControlPlane, definitions: Definitions, tell: Tell, made: list[Manifest]) -> None:
    """Have the API server take the objects, all of whose kinds it must know."""
    wanted = definitions.takes(made, tell)
    assert unserved(plane.api, wanted) == set(), "add the project to tests/control_plane/crds.py"
    with applied(plane.api, [*missing_namespaces(plane.api, wanted), *wanted]):
        pass
    if any(each["kind"] == "ValidatingAdmissionPolicy" for each in wanted):
        wait(lambda: refusal(plane.api, ANYBODY) == "", what="policies outlive their objects")


def missing_namespaces(api: Api, made: list[Manifest]) -> Iterator[Manifest]:
    """Namespaces that the objects stand in and a part of a platform leaves to another part."""
    there = {
        each["metadata"]["name"]
        for each in api.call("GET", "/api/v1/namespaces")["items"]
        if "deletionTimestamp" not in each["metadata"]
    }
    there |= {each["metadata"]["name"] for each in made if each["kind"] == "Namespace"}
    for name in {each["metadata"].get("namespace", "default") for each in made} - there:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


@pytest.mark.parametrize("program", [*ENVIRONMENTS, *EXAMPLES])
def test_the_api_server_takes_every_manifest(
    plane: ControlPlane, definitions: Definitions, tell: Tell, program: str
) -> None:
    manifests = [manifest for plan in plans(program) for manifest in objects(plan)]
    assert len(manifests) > 20
    take(plane, definitions, tell, manifests)


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_api_server_takes_what_a_component_makes(
    plane: ControlPlane, definitions: Definitions, tell: Tell, component: str
) -> None:
    (plan,) = plans(component)
    take(plane, definitions, tell, objects(plan))


def test_the_api_server_takes_a_gateway_with_every_limit(
    plane: ControlPlane, definitions: Definitions, tell: Tell
) -> None:
    take(plane, definitions, tell, gateway_objects())


def test_a_custom_resource_with_an_unknown_field_is_refused(
    plane: ControlPlane, definitions: Definitions, tell: Tell
) -> None:
    (gateway,) = definitions.takes([o for o in gateway_objects() if o["kind"] == "Gateway"], tell)
    gateway = {**gateway, "metadata": {**gateway["metadata"], "namespace": "default"}}
    plane.api.apply(gateway, dryRun="All")
    wrong = {**gateway, "spec": {**gateway["spec"], "listenerz": []}}
    with pytest.raises(ApiRefusalError, match="field not declared in schema"):
        plane.api.apply(wrong, dryRun="All")


def test_a_kind_that_nobody_defines_is_seen(plane: ControlPlane) -> None:
    unknown = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
    misspelt = {"apiVersion": "v1", "kind": "Pods", "metadata": {"name": "a"}}
    assert unserved(plane.api, [unknown, misspelt]) == {"example.com/v1 Widget", "v1 Pods"}


def test_the_api_server_refuses_a_field_that_it_does_not_know(plane: ControlPlane) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota", "namespace": "default"},
        "spec": {"hard": {"pods": "1"}, "scopeSelectors": {}},
    }
    with pytest.raises(ApiRefusalError, match="field not declared in schema"):
        plane.api.apply(quota, dryRun="All")
