"""Limits of inference are refused before anything is made (INF-3)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.inference import (
    Limits,
    Route,
    Servers,
    Window,
    check_host,
    check_prompt,
    check_routes,
)

ROUTE = Route("acme", "llama-3.1-8b", "llama", f"sha256:{64 * 'a'}")


def sentence(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        call()
    return str(refused.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"requests": {}}, ["limits.requests", "window"]),
        ({"tokens": {}}, ["limits.tokens", "window"]),
        ({"requests": {Window.MINUTE: 0}}, ["limits.requests.minute", "'0'"]),
        ({"tokens": {Window.DAY: -1}}, ["limits.tokens.day", "'-1'"]),
        ({"tokens": {Window.DAY: 10, Window.MONTH: 9}}, ["limits.tokens.month", "10 or more"]),
        ({"parallel_requests": 0}, ["limits.parallel_requests", "1 to"]),
        ({"output_tokens": 0}, ["limits.output_tokens", "1 to"]),
        ({"timeout_seconds": 3601}, ["limits.timeout_seconds", "1 to 3600"]),
    ],
)
def test_limits_that_limit_nothing_are_refused(changes: dict[str, Any], words: list[str]) -> None:
    said = sentence(lambda: Limits(**changes).check(where="limits"))
    assert [word for word in words if word not in said] == []


def test_the_default_limits_hold() -> None:
    assert Limits().check(where="limits") == Limits()


def test_servers_are_told_the_ceiling_that_the_gateway_holds() -> None:
    assert Limits(output_tokens=256).generation_config == {"max_new_tokens": 256}


@given(st.dictionaries(st.sampled_from(Window), st.integers(1, 10**9), min_size=1))
def test_a_longer_window_never_allows_less(quotas: dict[Window, int]) -> None:
    ordered = [quotas[window] for window in Window if window in quotas]
    limits = Limits(tokens=quotas)
    if ordered == sorted(ordered):
        assert limits.check(where="limits") is limits
    else:
        assert "smaller" in sentence(lambda: limits.check(where="limits"))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"tenant": "Acme"}, "routes[0].tenant"),
        ({"server": "a.b"}, "routes[0].server"),
        ({"model": "Meta/Llama"}, "routes[0].model"),
        ({"model": "-"}, "routes[0].model"),
        ({"version": "latest"}, "routes[0].version"),
        ({"version": f"sha256:{63 * 'a'}"}, "routes[0].version"),
        ({"limits": Limits(parallel_requests=2)}, "routes[0].limits.parallel_requests"),
    ],
)
def test_a_route_that_names_nothing_is_refused(changes: dict[str, Any], word: str) -> None:
    route = replace(ROUTE, **changes)
    assert word in sentence(lambda: check_routes([route], proxies=3, where="routes"))
    assert check_routes([ROUTE], proxies=3, where="routes") == [ROUTE]


NEXT = Servers("llama-next", f"sha256:{64 * 'b'}", 10)


def test_the_own_servers_get_what_the_others_leave() -> None:
    both = replace(ROUTE, others=(NEXT, replace(NEXT, server="llama-old", weight=0)))
    assert [
        each.weight for each in check_routes([both], proxies=3, where="routes")[0].releases
    ] == [
        90,
        10,
        0,
    ]
    assert [each.weight for each in ROUTE.releases] == [100]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"weight": 101}, "routes[0].weight"),
        ({"weight": -1}, "routes[0].weight"),
        ({"server": "llama"}, "routes[0].others[0].server: a server stands twice"),
        ({"server": "a.b"}, "routes[0].others[0].server"),
        ({"version": "v2"}, "routes[0].others[0].version"),
    ],
)
def test_releases_that_are_no_whole_are_refused(changes: dict[str, Any], word: str) -> None:
    route = replace(ROUTE, others=(replace(NEXT, **changes),))
    assert word in sentence(lambda: check_routes([route], proxies=3, where="routes"))


def test_a_model_stands_once_for_each_tenant() -> None:
    other = replace(ROUTE, tenant="globex")
    assert check_routes([ROUTE, other], proxies=1, where="routes") == [ROUTE, other]
    said = sentence(lambda: check_routes([ROUTE, ROUTE], proxies=1, where="routes"))
    assert "twice for tenant 'acme'" in said


@pytest.mark.parametrize("proxies", [0, -1, 13])
def test_a_gateway_has_proxies(proxies: int) -> None:
    assert "1 to 12" in sentence(lambda: check_routes([ROUTE], proxies=proxies, where="routes"))


@pytest.mark.parametrize(
    "host", ["", "localhost", "Inference.example.com", "*.example.com", "a..b"]
)
def test_a_host_is_a_full_dns_name(host: str) -> None:
    assert "DNS name" in sentence(lambda: check_host(host, where="host"))
    assert check_host("inference.example.com", where="host") == "inference.example.com"


@pytest.mark.parametrize("kib", [0, -1, 4097])
def test_a_prompt_has_a_size(kib: int) -> None:
    assert "1 to 4096" in sentence(lambda: check_prompt(kib, where="prompt_kib"))
    assert check_prompt(4096, where="prompt_kib") == 4096
