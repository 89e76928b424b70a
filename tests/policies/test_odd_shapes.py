"""Whatever a program hands over, the rules answer and never die."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.policies.scenes import UNKNOWN, Declared, Scene, found, secret
from tests.policies.twins import EVERY

SCENES = [twins.good for twins in EVERY.values()] + [
    scene for twins in EVERY.values() for scene in twins.more_good.values()
]
DEEP: Any = "end"
for _ in range(40):
    DEEP = {"deep": [DEEP]}

ODD = st.one_of(
    st.sampled_from(
        [None, True, 0, -1, 1e308, "", "30", "true", "*", "{}", "[1]", '{"Statement": 1}', UNKNOWN]
    ),
    st.sampled_from([[], {}, [None], [[]], {"": ""}, {"a": None}, [UNKNOWN], {"a": UNKNOWN}]),
    st.sampled_from([DEEP, "x" * 5_000, "\U0001f6a2\u202e\x00", "::/0", "999.1.1.1/99"]),
    st.text(max_size=20),
    st.floats(allow_nan=False),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything within ``value``."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


@st.composite
def odd_scenes(draw: st.DrawFn) -> Scene:
    scene = draw(st.sampled_from(SCENES))
    index = draw(st.integers(0, len(scene) - 1))
    properties = copy.deepcopy(dict(scene[index].properties))
    *steps, last = draw(st.sampled_from(list(places(properties))))
    holder: Any = properties
    for step in steps:
        holder = holder[step]
    odd = draw(ODD)
    holder[last] = draw(st.sampled_from([odd, secret(odd)]))
    was = scene[index]
    changed = Declared(was.type, properties, was.name, was.depends, was.protect, was.provider)
    return (*scene[:index], changed, *scene[index + 1 :])


@given(odd_scenes())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_odd_value_anywhere_is_answered(scene: Scene) -> None:
    for said in found(scene):
        assert "error in the rule" not in said.message
        assert len(said.message) < 2_000
