import datetime
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption

TODAY = datetime.date(2026, 11, 22)
YEAR = datetime.timedelta(days=366)
GOOD = Exemption(
    rule="ISO-9",
    subject="acme",
    owner="team-ml",
    reason="the single-tenant cluster is being built",
    expires=TODAY,
)

days = st.dates(max_value=datetime.date.max - YEAR)
plain = st.text(alphabet="abc:$-[]!", max_size=8)


def refusal(exemption: Exemption) -> str:
    with pytest.raises(RefusedError) as caught:
        exemption.check(today=TODAY, where="t.exemption")
    return str(caught.value)


@given(days, st.dates())
@example(TODAY, TODAY)
@example(TODAY, TODAY + YEAR)
@example(TODAY, TODAY + YEAR + datetime.timedelta(days=1))
@example(TODAY, TODAY - datetime.timedelta(days=1))
def test_it_holds_from_today_until_its_last_day_and_a_year_ahead_at_most(
    today: datetime.date, expires: datetime.date
) -> None:
    exemption = replace(GOOD, expires=expires)
    if 0 <= (expires - today).days <= 366:
        assert exemption.check(today=today, where="x") is exemption
    else:
        with pytest.raises(RefusedError, match="expired" if expires < today else "too late"):
            exemption.check(today=today, where="x")


@given(days, st.integers(0, 366), st.integers(0, 366))
def test_once_expired_it_never_holds_again(today: datetime.date, ahead: int, later: int) -> None:
    exemption = replace(GOOD, expires=today + datetime.timedelta(days=ahead))
    afterwards = exemption.expires + datetime.timedelta(days=1)
    if afterwards > datetime.date.max - 2 * YEAR:
        return
    with pytest.raises(RefusedError, match="has expired"):
        exemption.check(today=afterwards + datetime.timedelta(days=later), where="x")


def test_an_expired_one_is_refused_with_the_days_that_would_do() -> None:
    assert refusal(replace(GOOD, expires=datetime.date(2026, 11, 21))) == (
        "t.exemption.expires: the exemption has expired, got '2026-11-21'; "
        "allowed: 2026-11-22 to 2027-11-23"
    )


def test_one_too_far_ahead_is_refused_with_the_days_that_would_do() -> None:
    assert refusal(replace(GOOD, expires=datetime.date(2027, 11, 24))) == (
        "t.exemption.expires: the exemption expires too late, got '2027-11-24'; "
        "allowed: 2026-11-22 to 2027-11-23"
    )


@pytest.mark.parametrize("expires", ["soon", datetime.datetime(2026, 12, 1), None])
def test_an_end_that_is_no_day_is_refused(expires: object) -> None:
    sentence = refusal(replace(GOOD, expires=expires))  # type: ignore[arg-type]
    assert sentence.startswith("t.exemption.expires: not a date")


@pytest.mark.parametrize("owner", ["", "  ", "\n"])
def test_one_without_owner_is_refused(owner: str) -> None:
    assert refusal(replace(GOOD, owner=owner)) == (
        f"t.exemption.owner: an exemption needs an owner, got {owner!r}"
    )


@pytest.mark.parametrize("reason", ["", "tbd", " " * 30, "  14 characters   "])
def test_one_without_a_sentence_as_reason_is_refused(reason: str) -> None:
    assert refusal(replace(GOOD, reason=reason)) == (
        f"t.exemption.reason: an exemption needs a reason, got {reason!r}; "
        "allowed: a sentence of at least 15 characters"
    )


def test_a_reason_of_fifteen_characters_is_enough() -> None:
    exemption = replace(GOOD, reason="customer agreed")
    assert exemption.check(today=TODAY, where="x") is exemption


@given(plain, plain, plain, plain)
@example("ISO-9", "acme", "ISO-9", "acme-2")
@example("x", "urn::a[0]", "x", "urn::a[0]")
@example("x", "[ab]", "x", "a")
def test_without_wildcards_it_covers_its_own_rule_and_subject_only(
    rule: str, subject: str, asked_rule: str, asked: str
) -> None:
    exemption = replace(GOOD, rule=rule, subject=subject)
    assert exemption.covers(rule, subject)
    assert exemption.covers(asked_rule, asked) == (rule == asked_rule and subject == asked)


@pytest.mark.parametrize(
    ("subject", "asked", "covered"),
    [
        ("urn:pulumi:dev::*", "urn:pulumi:dev::p::aws:s3/bucket:Bucket::b", True),
        ("urn:pulumi:dev::*", "urn:pulumi:prod::p::aws:s3/bucket:Bucket::b", False),
        ("*::b?", "urn:pulumi:dev::p::aws:s3/bucket:Bucket::b1", True),
        ("*::b?", "urn:pulumi:dev::p::aws:s3/bucket:Bucket::b12", False),
        ("*::b[*]", "urn:pulumi:dev::p::aws:s3/bucket:Bucket::b[0]", True),
        ("acme", "ACME", False),
        ("acme", "acme\n", False),
    ],
)
def test_wildcards_cover_what_they_match_in_full(subject: str, asked: str, covered: bool) -> None:
    assert replace(GOOD, subject=subject).covers("ISO-9", asked) is covered


def test_a_report_shows_the_end_the_owner_and_the_reason() -> None:
    assert str(GOOD) == (
        "exempted until 2026-11-22 by team-ml: the single-tenant cluster is being built"
    )
