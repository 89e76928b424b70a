"""Releases side by side, and their parts of the requests (INF-7)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.releases import check_one_model, check_releases, check_traffic
from tests.domain.test_models import CARD


def sentence(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        call()
    return str(refused.value)


def test_a_release_without_traffic_stands_ready() -> None:
    assert check_traffic({"v2": 100}, ["v1", "v2"], where="traffic") == {"v1": 0, "v2": 100}
    assert check_traffic({"v1": 90, "v2": 10}, ["v1", "v2"], where="t") == {"v1": 90, "v2": 10}


@pytest.mark.parametrize(
    ("traffic", "said"),
    [
        ({"v3": 100}, "traffic: no such release, got 'v3'; allowed: v1, v2"),
        ({"v1": 101}, "traffic.v1: not a part of the requests, got '101'; allowed: 0 to 100"),
        ({"v1": -1, "v2": 101}, "traffic.v1: not a part of the requests, got '-1'; allowed: 0"),
        ({"v1": True}, "traffic.v1: not a part of the requests, got 'True'"),
        ({"v1": 99.5}, "traffic.v1: not a part of the requests, got '99.5'"),
        ({"v1": 90}, "traffic: the parts of the requests don't add up, got '90'; allowed: 100"),
        ({}, "traffic: the parts of the requests don't add up, got '0'; allowed: 100"),
    ],
)
def test_parts_that_are_no_whole_are_refused(traffic: dict[str, Any], said: str) -> None:
    assert sentence(lambda: check_traffic(traffic, ["v1", "v2"], where="traffic")).startswith(said)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "releases: not a number of releases, got '0'; allowed: 1 to 3"),
        (["a", "b", "c", "d"], "releases: not a number of releases, got '4'; allowed: 1 to 3"),
        (["V1"], "releases.V1: not a usable name, got 'V1'"),
        (["v" * 36], "releases." + "v" * 36 + ": too long a name for a server"),
    ],
)
def test_releases_that_can_not_run_side_by_side_are_refused(names: list[str], said: str) -> None:
    assert sentence(lambda: check_releases(names, "llama", where="releases")).startswith(said)
    check_releases(["v1", "v2", "v3"], "llama", where="releases")


def test_an_endpoint_serves_versions_of_one_model() -> None:
    cards = {"v1": CARD, "v2": replace(CARD, version="3.2.0")}
    assert check_one_model(cards, where="releases") == CARD.name
    other = cards | {"v3": replace(CARD, name="mistral-7b")}
    assert sentence(lambda: check_one_model(other, where="releases")) == (
        "releases.v3.model.name: an endpoint serves one model, got 'mistral-7b'; "
        "allowed: llama-3.1-8b"
    )
