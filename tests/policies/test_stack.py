"""Which resources belong together, by name or by dependency."""

import pytest

from bulkhead_policies.findings import Kind, StopError
from bulkhead_policies.resource import Resource
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.view import Mark, View

OWNS = Relation(
    holders=frozenset({"policy", "rule"}),
    reference=("spec", "bucket"),
    targets=frozenset({"bucket"}),
    name=("name",),
)


def bucket(urn: str, name: object = "b", provider: str = "") -> Resource:
    return Resource("bucket", urn, urn, View({"name": name}, urn=urn), provider_urn=provider)


def holder(urn: str, named: object, *depends: str, provider: str = "") -> Resource:
    props = View({"spec": {"bucket": named}} if named != "odd" else {"spec": "odd"}, urn=urn)
    dependencies = {"spec": list(depends), "other": ["b2"]}
    return Resource(
        "policy", urn, urn, props, provider_urn=provider, property_dependencies=dependencies
    )


def naming(target: str, *resources: Resource) -> list[str]:
    stack = Stack(resources)
    return [resource.urn for resource in stack.naming(stack.by_urn[target], OWNS)]


def test_a_literal_names_its_target() -> None:
    told = (bucket("b1", "b"), bucket("b2", "c"), holder("p1", "b"), holder("p2", "d"))
    assert naming("b1", *told) == ["p1"]
    assert naming("b2", *told) == []


def test_an_unknown_name_is_settled_by_the_dependencies_of_its_property() -> None:
    told = (bucket("b1"), bucket("b2", None), holder("p1", Mark.UNKNOWN, "b1", "p2"))
    assert naming("b1", *told) == ["p1"]
    assert naming("b2", *told) == []


def test_a_name_that_only_the_deployment_gave_is_settled_by_dependencies_too() -> None:
    assert naming("b1", bucket("b1", None), holder("p1", "b-1234", "b1")) == ["p1"]


def test_a_literal_outweighs_dependencies() -> None:
    told = (bucket("b1", "b"), bucket("b2", "c"), holder("p1", "b", "b2"))
    assert (naming("b1", *told), naming("b2", *told)) == (["p1"], [])


def test_what_may_name_either_of_two_is_undecided_for_both_unless_another_is_certain() -> None:
    told = (bucket("b1", "b"), bucket("b2", "c"), holder("p1", Mark.UNKNOWN, "b1", "b2"))
    for target in ("b1", "b2"):
        with pytest.raises(StopError) as stop:
            naming(target, *told)
        assert (stop.value.finding.kind, stop.value.finding.urn) == (Kind.UNDECIDED, "p1")
    assert naming("b1", *told, holder("p2", "b")) == ["p2"]


def test_of_two_targets_of_one_name_the_one_of_the_same_provider_is_meant() -> None:
    told = (bucket("b1", "b", "east"), bucket("b2", "b", "west"))
    assert naming("b2", *told, holder("p1", "b", provider="west")) == ["p1"]
    assert naming("b1", *told, holder("p1", "b", provider="west")) == []
    with pytest.raises(StopError):
        naming("b1", *told, holder("p1", "b", provider="north"))


def test_a_single_target_may_be_made_by_another_provider() -> None:
    assert naming("b1", bucket("b1", "b", "east"), holder("p1", "b", provider="west")) == ["p1"]


def test_a_resource_of_an_odd_shape_names_nothing() -> None:
    assert naming("b1", bucket("b1", ["odd"]), holder("p1", "odd"), holder("p2", None)) == []


def test_dependencies_are_looked_up_by_property_and_type() -> None:
    policy = holder("p1", "b", "b1", "p2", "elsewhere")
    stack = Stack([bucket("b1"), bucket("b2"), policy, holder("p2", "b")])
    assert [r.urn for r in stack.depends_on(policy, "spec", {"bucket"})] == ["b1"]
    assert stack.depends_on(policy, "nothing", {"bucket"}) == []
