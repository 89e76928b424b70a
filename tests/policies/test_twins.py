"""Every rule refuses its bad twins, lets its good twins be, and says where it can't decide."""

import pytest
from _pytest.mark import ParameterSet

from bulkhead_policies.reports import UNDECIDED
from tests.policies.scenes import MANDATORY, Scene, found
from tests.policies.twins import EVERY


def cases(kind: str) -> list[ParameterSet]:
    return [
        pytest.param(rule, scene, id=f"{rule} {name}".strip())
        for rule, twins in EVERY.items()
        for name, scene in {"": getattr(twins, kind), **getattr(twins, f"more_{kind}", {})}.items()
        if scene is not None
    ]


@pytest.mark.parametrize(("rule", "scene"), cases("good"))
def test_a_good_twin_passes_every_rule(rule: str, scene: Scene) -> None:
    assert [(d.policyName, d.message) for d in found(scene)] == []


@pytest.mark.parametrize(("rule", "scene"), cases("bad"))
def test_a_bad_twin_breaks_its_rule_and_no_other(rule: str, scene: Scene) -> None:
    said = found(scene)
    named = {rule, *EVERY[rule].beside}
    assert {d.policyName for d in said} == named, [d.message for d in said]
    assert {d.enforcementLevel for d in said} == {MANDATORY}
    assert {d.urn for d in said} <= {resource.urn for resource in scene}


@pytest.mark.parametrize(("rule", "scene"), cases("unknown"))
def test_an_unknown_value_that_decides_is_reported_as_undecided(rule: str, scene: Scene) -> None:
    said = found(scene)
    assert {d.policyName for d in said} == {UNDECIDED.id}, [d.message for d in said]
    assert rule in {d.message.partition("\n")[2].partition(":")[0] for d in said}
    assert {d.enforcementLevel for d in said} == {MANDATORY}


@pytest.mark.parametrize(("rule", "scene"), cases("settled"))
def test_an_unknown_value_is_settled_by_what_is_known(rule: str, scene: Scene) -> None:
    assert [(d.policyName, d.message) for d in found(scene)] == []
