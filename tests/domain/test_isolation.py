import datetime
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.isolation import (
    PATTERNS,
    Cost,
    IsolationPattern,
    isolation_gap,
    require_isolation,
    sufficient_patterns,
)
from bulkhead.domain.tiers import Strength, Tier

A = IsolationPattern.SHARED_CLUSTER
B = IsolationPattern.DEDICATED_NODE_POOLS
C = IsolationPattern.SINGLE_TENANT_CLUSTER
D = IsolationPattern.DEDICATED_HOSTS
E = IsolationPattern.CONFIDENTIAL_COMPUTE

ENOUGH = {
    Tier.PUBLIC: [A, B, E, C, D],
    Tier.INTERNAL: [A, B, E, C, D],
    Tier.CONFIDENTIAL: [B, E, C, D],
    Tier.RESTRICTED: [C, D],
    Tier.REGULATED: [C, D],
}
"""What each tier may run on, the weakest first, then the cheapest."""

NEEDS = {Tier.CONFIDENTIAL: "high", Tier.RESTRICTED: "very high", Tier.REGULATED: "very high"}
GIVES = {A: "medium", B: "high", E: "high"}

TODAY = datetime.date(2026, 11, 22)
IN_FORCE = Exemption(
    rule="ISO-9",
    subject="acme",
    owner="team-ml",
    reason="the single-tenant cluster is being built",
    expires=datetime.date(2026, 12, 31),
)
GAP = (
    "tenants.acme: tier 'restricted' needs very high isolation and may not run on pattern "
    "'shared-cluster', whose isolation is medium; the weakest pattern that would do is "
    "'single-tenant-cluster'"
)

every_tier = pytest.mark.parametrize("tier", Tier)
every_pattern = pytest.mark.parametrize("pattern", IsolationPattern)


def judge(
    exemption: Exemption | None, tier: Tier = Tier.RESTRICTED, pattern: IsolationPattern = A
) -> str | None:
    """The refusal of tenant acme, or None."""
    try:
        require_isolation(
            tier, pattern, tenant="acme", where="tenants.acme", exemption=exemption, today=TODAY
        )
    except RefusedError as refused:
        return str(refused)
    return None


def test_the_patterns_give_and_cost_what_iso_8_says() -> None:
    assert {p: (v.letter, str(v.strength), str(v.cost)) for p, v in PATTERNS.items()} == {
        A: ("A", "medium", "lowest"),
        B: ("B", "high", "moderate"),
        C: ("C", "very high", "high"),
        D: ("D", "very high", "highest"),
        E: ("E", "high", "moderate to high"),
    }
    assert list(Cost) == sorted(Cost)
    assert list(Strength) == sorted(Strength)


@every_pattern
def test_every_pattern_is_described(pattern: IsolationPattern) -> None:
    profile = PATTERNS[pattern]
    assert profile.shares
    assert profile.best_use
    assert profile.limitation


@every_tier
def test_the_patterns_that_do_are_listed_weakest_and_cheapest_first(tier: Tier) -> None:
    assert sufficient_patterns(tier) == ENOUGH[tier]


def test_a_higher_tier_never_runs_where_a_lower_may_not() -> None:
    for lower, higher in pairwise(Tier):
        assert set(sufficient_patterns(higher)) <= set(sufficient_patterns(lower))


@every_pattern
@every_tier
def test_a_gap_is_seen_exactly_where_the_pattern_is_too_weak(
    tier: Tier, pattern: IsolationPattern
) -> None:
    gap = isolation_gap(tier, pattern)
    if pattern in ENOUGH[tier]:
        assert gap is None
        assert judge(None, tier, pattern) is None
    else:
        assert gap == (
            f"tier '{tier.value}' needs {NEEDS[tier]} isolation and may not run on pattern "
            f"'{pattern.value}', whose isolation is {GIVES[pattern]}; "
            f"the weakest pattern that would do is '{ENOUGH[tier][0].value}'"
        )
        assert judge(None, tier, pattern) == f"tenants.acme: {gap}"


def test_a_tenant_on_a_pattern_too_weak_is_refused() -> None:
    assert judge(None) == GAP


@every_pattern
@every_tier
def test_an_exemption_in_force_allows_every_tier_on_every_pattern(
    tier: Tier, pattern: IsolationPattern
) -> None:
    assert judge(IN_FORCE, tier, pattern) is None


def test_an_exemption_holds_on_its_last_day_and_not_after() -> None:
    assert judge(replace(IN_FORCE, expires=TODAY)) is None
    assert judge(replace(IN_FORCE, expires=datetime.date(2026, 11, 21))) == (
        "tenants.acme.exemption.expires: the exemption has expired, got '2026-11-21'; "
        "allowed: 2026-11-22 to 2027-11-23"
    )


def test_an_exemption_too_far_ahead_allows_nothing() -> None:
    assert judge(replace(IN_FORCE, expires=datetime.date(2027, 11, 23))) is None
    assert judge(replace(IN_FORCE, expires=datetime.date(2027, 11, 24))) == (
        "tenants.acme.exemption.expires: the exemption expires too late, got '2027-11-24'; "
        "allowed: 2026-11-22 to 2027-11-23"
    )


def test_an_exemption_without_reason_or_owner_allows_nothing() -> None:
    assert judge(replace(IN_FORCE, reason="tbd")) == (
        "tenants.acme.exemption.reason: an exemption needs a reason, got 'tbd'; "
        "allowed: a sentence of at least 15 characters"
    )
    assert judge(replace(IN_FORCE, owner=" ")) == (
        "tenants.acme.exemption.owner: an exemption needs an owner, got ' '"
    )


def test_an_exemption_for_another_tenant_allows_nothing_and_is_named() -> None:
    assert judge(replace(IN_FORCE, subject="blue")) == (
        f"{GAP}; the exemption is for rule 'ISO-9' and 'blue', not for rule 'ISO-9' and 'acme'"
    )


def test_an_exemption_for_another_rule_allows_nothing_and_is_named() -> None:
    assert judge(replace(IN_FORCE, rule="NET-2")) == (
        f"{GAP}; the exemption is for rule 'NET-2' and 'acme', not for rule 'ISO-9' and 'acme'"
    )


def test_an_exemption_that_is_not_needed_is_not_judged() -> None:
    assert judge(replace(IN_FORCE, expires=datetime.date(2020, 1, 1)), pattern=C) is None


def test_without_a_day_given_today_decides() -> None:
    def require(ahead: int) -> None:
        expires = datetime.date.today() + datetime.timedelta(days=ahead)
        exemption = replace(IN_FORCE, expires=expires)
        require_isolation(Tier.RESTRICTED, A, tenant="acme", where="x", exemption=exemption)

    require(30)
    with pytest.raises(RefusedError, match="has expired"):
        require(-30)


@given(
    st.sampled_from(Tier),
    st.sampled_from(IsolationPattern),
    st.sampled_from(["ISO-9", "ISO-90", "iso-9", "NET-2"]),
    st.sampled_from(["acme", "acme-2", "acm", "blue", "a*", "*", "b*"]),
    st.sampled_from(["the node pools are being bought", "tbd"]),
    st.integers(-400, 800),
)
def test_a_weak_pattern_is_let_through_by_nothing_but_a_whole_exemption(
    tier: Tier, pattern: IsolationPattern, rule: str, subject: str, reason: str, ahead: int
) -> None:
    whole = (
        rule == "ISO-9" and subject in {"acme", "a*", "*"} and reason != "tbd" and 0 <= ahead <= 366
    )
    exemption = replace(
        IN_FORCE,
        rule=rule,
        subject=subject,
        reason=reason,
        expires=TODAY + datetime.timedelta(days=ahead),
    )
    refused = judge(exemption, tier, pattern) is not None
    assert refused == (pattern not in ENOUGH[tier] and not whole)
