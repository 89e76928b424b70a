import datetime
import re
from collections.abc import Callable
from enum import StrEnum

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bulkhead.domain import parsing
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.labels import Plane
from bulkhead.domain.tiers import Egress, Exposure, Pipeline, Tier

KINDS = [Tier, Environment, IsolationPattern, Plane, Pipeline, Egress, Exposure]

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
"""RFC 1123, as Kubernetes checks names of namespaces."""

near_names = st.text(alphabet="abz09-_.A\n é", max_size=45)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_choice_is_read_back_from_its_word(kind: type[StrEnum]) -> None:
    for member in kind:
        assert parsing.choice(kind, member.value, where="x") is member


@given(st.sampled_from(KINDS), st.text())
def test_any_other_word_is_refused_with_the_list_of_choices(kind: type[StrEnum], word: str) -> None:
    choices = [member.value for member in kind]
    assume(word not in choices)
    sentence = refusal(lambda: parsing.choice(kind, word, where="x"))
    assert sentence.startswith("x: unknown ")
    assert sentence.endswith(f"got {word!r}; allowed: {', '.join(choices)}")


@pytest.mark.parametrize("given", [None, 3, ["public"], {"public": 1}])
def test_a_choice_that_is_no_word_is_refused_too(given: object) -> None:
    sentence = refusal(lambda: parsing.choice(Tier, given, where="tenants.acme.tier"))  # type: ignore[arg-type]
    assert sentence.startswith("tenants.acme.tier: unknown tier")


@pytest.mark.parametrize("word", ["Public", " public", "public\n", "PUBLIC", ""])
def test_choices_are_read_to_the_letter(word: str) -> None:
    assert refusal(lambda: parsing.choice(Tier, word, where="tier")) == (
        f"tier: unknown tier, got {word!r}; "
        "allowed: public, internal, confidential, restricted, regulated"
    )


def test_a_choice_of_two_words_is_named_in_plain_words() -> None:
    sentence = refusal(lambda: parsing.choice(IsolationPattern, "shared", where="pattern"))
    assert sentence == (
        "pattern: unknown isolation pattern, got 'shared'; allowed: shared-cluster, "
        "dedicated-node-pools, single-tenant-cluster, dedicated-hosts, confidential-compute"
    )


@given(st.one_of(st.text(), near_names))
@example("a")
@example("a" * 40)
@example("a" * 41)
@example("acme\n")
@example("1st")
def test_a_name_is_taken_if_it_is_a_dns_label_of_40_that_starts_with_a_letter(value: str) -> None:
    usable = bool(DNS_LABEL.fullmatch(value)) and len(value) <= 40 and not value[0].isdigit()
    if usable:
        assert parsing.name(value, where="x") == value
    else:
        assert refusal(lambda: parsing.name(value, where="tenants.x.name")) == (
            f"tenants.x.name: not a usable name, got {value!r}; "
            "allowed: 1 to 40 lower-case letters, digits and hyphens, starting with a letter"
        )


@given(st.from_regex(parsing.NAME, fullmatch=True))
def test_a_taken_name_leaves_room_for_affixes_in_kubernetes_and_iam(value: str) -> None:
    longest = f"{parsing.name(value, where='x')}-regulated-batch-inf"
    assert DNS_LABEL.fullmatch(longest)
    assert len(longest) <= 63


@given(st.dates())
def test_a_day_is_read_from_its_word_and_from_itself(day: datetime.date) -> None:
    assert parsing.date(day.isoformat(), where="x") == day
    assert parsing.date(day, where="x") is day


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
@example(2026, 2, 29)
@example(2028, 2, 29)
def test_a_date_is_read_exactly_when_the_calendar_has_the_day(y: int, m: int, d: int) -> None:
    word = f"{y:04}-{m:02}-{d:02}"
    try:
        day = datetime.date(y, m, d)
    except ValueError:
        assert "not a date" in refusal(lambda: parsing.date(word, where="x"))
    else:
        assert parsing.date(word, where="x") == day


@given(st.text())
@example("20260131")
@example("2026-W05-6")
@example("2026-1-31")
@example("2026-01-31\n")
@example(" 2026-01-31")
@example("2026-01-31T00:00:00")
@example("２０２６-01-31")  # noqa: RUF001
@example("31.01.2026")
@example("\ud800")
@example("")
def test_any_other_word_is_no_date(word: str) -> None:
    assume(not re.fullmatch(r"\d{4}-\d{2}-\d{2}", word, re.ASCII))
    assert refusal(lambda: parsing.date(word, where="a.expires")) == (
        f"a.expires: not a date, got {word!r}; allowed: YYYY-MM-DD"
    )


@given(st.datetimes())
def test_a_moment_is_no_date_even_at_midnight(moment: datetime.datetime) -> None:
    assert "not a date" in refusal(lambda: parsing.date(moment, where="x"))
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    assert "not a date" in refusal(lambda: parsing.date(midnight, where="x"))


@pytest.mark.parametrize("value", [None, 20260131, 1.5, ["2026-01-31"]])
def test_what_yaml_makes_of_other_words_is_no_date(value: object) -> None:
    assert "not a date" in refusal(lambda: parsing.date(value, where="x"))  # type: ignore[arg-type]
