"""Who may opt in to the internet, for how long, and what one client gets (INF-1)."""

import datetime
from dataclasses import replace

import pytest

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exposure import (
    EXPOSABLE,
    INSPECTED_KIB,
    Client,
    OptIn,
    check_clients,
    check_inspected,
    check_sources,
    check_wait,
    most_in_window,
)
from bulkhead.domain.inference import Window
from bulkhead.domain.tiers import CATALOGUE, Exposure, Tier

TODAY = datetime.date(2026, 11, 22)
GOOD = OptIn(
    rule="INF-1",
    subject="models.example.com",
    owner="partner-team",
    reason="Partners try the summaries",
    expires=datetime.date(2026, 12, 31),
)


def refusal(opt_in: OptIn, tier: Tier = Tier.INTERNAL, today: datetime.date = TODAY) -> str:
    with pytest.raises(RefusedError) as caught:
        opt_in.check_for(tier, today=today, where="edge.opt_in")
    return str(caught.value)


def test_only_tiers_that_the_catalogue_opens_may_be_exposed() -> None:
    assert EXPOSABLE == [Tier.PUBLIC, Tier.INTERNAL, Tier.CONFIDENTIAL]
    for tier in Tier:
        if CATALOGUE[tier].exposure is Exposure.PUBLIC_BY_OPT_IN:
            assert GOOD.check_for(tier, today=TODAY, where="x") is GOOD
        else:
            assert refusal(GOOD, tier) == (
                f"edge.opt_in: tier '{tier}' may not be reached from the internet; "
                "allowed: public, internal, confidential"
            )


def test_an_opt_in_that_has_ended_is_refused() -> None:
    assert refusal(GOOD, today=datetime.date(2027, 1, 1)) == (
        "edge.opt_in.expires: the opt-in has expired, got '2026-12-31'; "
        "allowed: 2027-01-01 to 2028-01-02"
    )


def test_an_opt_in_needs_an_owner_and_a_reason_that_tags_can_tell() -> None:
    assert "edge.opt_in.owner: an opt-in needs an owner" in refusal(replace(GOOD, owner=" "))
    assert "edge.opt_in.reason: an opt-in needs a reason" in refusal(replace(GOOD, reason="tbd"))
    said = refusal(replace(GOOD, reason="Partners try it; see [42]"))
    assert said.startswith("edge.opt_in.reason: not a usable tag value, got 'Partners try it;")


def test_it_closes_when_its_last_day_is_over_in_utc() -> None:
    assert GOOD.closes == "2027-01-01T00:00:00Z"


def test_its_owner_is_warned_a_month_a_week_and_a_day_before() -> None:
    assert GOOD.warnings(TODAY) == [
        (30, datetime.date(2026, 12, 1)),
        (7, datetime.date(2026, 12, 24)),
        (1, datetime.date(2026, 12, 30)),
    ]


def test_a_warning_whose_day_has_come_is_not_made_again() -> None:
    assert [days for days, _ in GOOD.warnings(datetime.date(2026, 12, 24))] == [1]
    assert GOOD.warnings(GOOD.expires) == []


def test_tags_tell_the_opt_in() -> None:
    assert GOOD.tags() == {
        "bulkhead:exposure-owner": "partner-team",
        "bulkhead:exposure-reason": "Partners try the summaries",
        "bulkhead:exposure-expires": "2026-12-31",
    }


@pytest.mark.parametrize(
    ("requests", "rate", "quota"),
    [
        ({Window.MINUTE: 60}, 1.0, (86_400, Window.DAY)),
        ({Window.MINUTE: 90, Window.DAY: 5_000}, 1.5, (5_000, Window.DAY)),
        ({Window.HOUR: 1_800, Window.MONTH: 40_000}, 0.5, (40_000, Window.MONTH)),
    ],
)
def test_a_plan_follows_from_the_windows(
    requests: dict[Window, int], rate: float, quota: tuple[int, Window]
) -> None:
    client = Client("a", requests).check(where="x")
    assert (client.rate, client.quota) == (rate, quota)


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (Client("A b"), ["x.name", "'A b'"]),
        (Client("a", {Window.DAY: 10}), ["x.requests", "one throttle", "minute, hour"]),
        (Client("a", {Window.MINUTE: 1, Window.HOUR: 9}), ["one throttle", "'minute, hour'"]),
        (
            Client("a", {Window.MINUTE: 1, Window.DAY: 9, Window.MONTH: 99}),
            ["one quota", "'day, month'"],
        ),
        (Client("a", {Window.MINUTE: 0}), ["x.requests.minute", "'0'"]),
        (Client("a", parallel_requests=0), ["x.parallel_requests", "'0'"]),
    ],
)
def test_what_a_usage_plan_cannot_hold_is_refused(client: Client, words: list[str]) -> None:
    with pytest.raises(RefusedError) as caught:
        client.check(where="x")
    assert [word for word in words if word not in str(caught.value)] == [], caught.value


def test_an_edge_has_clients_each_once() -> None:
    with pytest.raises(RefusedError, match="1 to 300"):
        check_clients([], where="x")
    with pytest.raises(RefusedError, match=r"x\[1\].name: the client stands twice, got 'a'"):
        check_clients([Client("a"), Client("a")], where="x")


def test_a_flood_is_more_than_the_largest_client_may_send() -> None:
    assert most_in_window([Client("a"), Client("b", {Window.MINUTE: 120})]) == 612
    assert most_in_window([Client("a", {Window.HOUR: 1}, parallel_requests=1)]) == 10


def test_only_prompts_that_are_inspected_as_a_whole_pass() -> None:
    assert [check_inspected(kib, where="x") for kib in INSPECTED_KIB] == [16, 32, 48, 64]
    with pytest.raises(RefusedError, match="got '256'; allowed: 16, 32, 48, 64"):
        check_inspected(256, where="x")


def test_the_edge_waits_fifteen_minutes_at_most() -> None:
    assert check_wait(900, where="x") == 900
    for seconds in (0, 901):
        with pytest.raises(RefusedError, match="1 to 900 seconds"):
            check_wait(seconds, where="x")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "example.com", "10.0.0.1/8"])
def test_everybody_is_no_network_of_clients(network: str) -> None:
    with pytest.raises(RefusedError, match=r"x\[1\]: not a network of clients"):
        check_sources(["198.51.100.0/24", network], where="x")


def test_networks_of_both_kinds_are_taken() -> None:
    assert check_sources(["198.51.100.0/24", "2001:db8::/32"], where="x") == [
        "198.51.100.0/24",
        "2001:db8::/32",
    ]
