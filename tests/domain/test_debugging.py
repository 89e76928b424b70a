"""Debug access lasts for hours, for a reason, and not past what the tier allows (ISO-10)."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.debugging import (
    ANNOTATIONS,
    SESSION_HOURS,
    Grant,
    Way,
    instant,
    read_grant,
    read_ways,
)
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.tiers import CATALOGUE, Tier

STARTS = datetime.datetime(2026, 5, 1, 8, tzinfo=datetime.UTC)
GRANT = Grant("team-ml", "Incident 4711: the server leaks", STARTS, hours=2)


def hours_later(hours: float) -> datetime.datetime:
    return STARTS + datetime.timedelta(hours=hours)


def refusal(grant: Grant, tier: Tier = Tier.INTERNAL, hours: float = 0) -> str:
    with pytest.raises(RefusedError) as caught:
        grant.check(tier, now=hours_later(hours), where="debug")
    return str(caught.value)


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_lets_people_in_for_its_hours_and_no_longer(tier: Tier) -> None:
    most = CATALOGUE[tier].pods.debug_hours
    longest = replace(GRANT, hours=most)
    assert longest.check(tier, now=STARTS, where="debug") is longest
    assert f"got '{most + 1}'; allowed: 2 to {most} hours" in refusal(
        replace(GRANT, hours=most + 1), tier
    )


@pytest.mark.parametrize("tier", Tier)
def test_logs_are_opened_where_the_tier_lets_them_be_read(tier: Tier) -> None:
    reading = replace(GRANT, ways=(Way.LOGS,))
    if CATALOGUE[tier].pods.open_logs:
        assert reading.check(tier, now=STARTS, where="debug") is reading
    else:
        assert refusal(reading, tier) == (
            f"debug.ways: logs of tier '{tier}' are read after their redaction only, got 'logs'; "
            "allowed: debug-container, command"
        )


def test_nobody_gets_in_during_the_last_session() -> None:
    assert GRANT.last_entry == hours_later(GRANT.hours - SESSION_HOURS)
    assert GRANT.expires == hours_later(GRANT.hours)


def test_a_grant_holds_until_it_expires() -> None:
    assert GRANT.check(Tier.REGULATED, now=hours_later(1.99), where="debug") is GRANT
    assert refusal(GRANT, hours=2) == (
        "debug.starts: debug access has expired, got '2026-05-01T10:00:00Z'; allowed: a later "
        "start, or none: take it away"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"owner": " "}, "debug.owner: debug access needs an owner, got ' '"),
        (
            {"reason": "tbd"},
            "debug.reason: debug access needs a reason, got 'tbd'; allowed: a sentence of at "
            "least 15 characters",
        ),
        (
            {"ways": ()},
            "debug.ways: debug access that opens nothing; allowed: logs, debug-container, command",
        ),
        (
            {"hours": 1},
            "debug.hours: debug access to tier 'internal' does not last so long or so short, got "
            "'1'; allowed: 2 to 24 hours",
        ),
        (
            {"starts": STARTS + datetime.timedelta(days=15)},
            "debug.starts: debug access begins too far ahead, got '2026-05-16T08:00:00Z'; allowed: "
            "within 14 days",
        ),
    ],
)
def test_a_grant_without_what_it_needs_is_refused(change: Any, sentence: str) -> None:
    assert refusal(replace(GRANT, **change)) == sentence


def test_a_grant_is_read_back_from_what_its_role_tells() -> None:
    grant = replace(GRANT, ways=(Way.COMMAND, Way.DEBUG_CONTAINER))
    notes = grant.annotations()
    told = {key: notes[name] for key, name in ANNOTATIONS.items()}
    assert read_grant(told, where="grant") == grant


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-05-01", "2026-05-01T08:00:00+02:00"])
def test_an_instant_is_told_in_utc(text: str) -> None:
    with pytest.raises(RefusedError, match=r"not an instant in UTC, got .*; allowed: YYYY-MM-DD"):
        instant(text, where="starts")


def test_an_unknown_way_is_refused_and_one_told_twice_counts_once() -> None:
    assert read_ways(["command", "command"], where="ways") == (Way.COMMAND,)
    with pytest.raises(RefusedError, match="unknown way, got 'ssh'; allowed: logs, debug-contain"):
        read_ways(["ssh"], where="ways")
