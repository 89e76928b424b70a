from typing import Any, NotRequired, TypedDict

import pulumi
import pytest

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import Strings, checked, read_place, read_scope
from tests.foundation.samples import scope


class SampleArgs(TypedDict):
    name: str
    count: NotRequired[int | None]
    flags: NotRequired[list[str]]
    on: NotRequired[bool]
    later: NotRequired[pulumi.Input[str]]
    many: NotRequired[Strings]


def test_arguments_that_fit_come_back_without_those_that_are_none() -> None:
    given: Any = {"name": "a", "count": None, "flags": [], "on": False, "later": 7, "many": [1]}
    expected = {key: value for key, value in given.items() if key != "count"}
    assert checked(given, SampleArgs, where="x") == expected


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "x.name: a missing argument"),
        ({"name": None}, "x.name: a missing argument"),
        ({"name": 3}, "x.name: a value of the wrong type, got '3'; allowed: a string"),
        (
            {"name": "a", "count": "3"},
            "x.count: a value of the wrong type, got '3'; allowed: a whole number",
        ),
        (
            {"name": "a", "count": True},
            "x.count: a value of the wrong type, got 'True'; allowed: a whole number",
        ),
        (
            {"name": "a", "on": 1},
            "x.on: a value of the wrong type, got '1'; allowed: true or false",
        ),
        (
            {"name": "a", "flags": "b"},
            "x.flags: a value of the wrong type, got 'b'; allowed: a list of strings",
        ),
        (
            {"name": "a", "nmae": "b"},
            "x: unknown argument, got 'nmae'; allowed: count, flags, later, many, name, on",
        ),
        ("a", "x: not a mapping of arguments, got 'a'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(given: Any, sentence: str) -> None:
    with pytest.raises(RefusedError) as caught:
        checked(given, SampleArgs, where="x")
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"scope": scope(environment="test")}, "x.scope.environment: unknown environment, got"),
        ({"tier": "secret"}, "x.tier: unknown tier, got 'secret'; allowed: public, "),
        (
            {"scope": scope(region="eu-west-3"), "tier": "regulated"},
            "x.tier: tier 'regulated' may not live in this region, got 'eu-west-3'; allowed: ",
        ),
    ],
)
def test_a_place_that_may_not_be_is_refused(changes: Any, sentence: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read_place({"scope": scope(), "tier": "public", **changes}, where="x")
    assert str(caught.value).startswith(sentence)


def test_a_place_is_a_scope_and_a_tier() -> None:
    found, tier = read_place({"scope": scope(), "tier": "public"}, where="x")
    assert (found, tier) == (read_scope(scope(), where="x"), Tier.PUBLIC)
