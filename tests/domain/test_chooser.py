"""The chooser: never weaker than construction asks, never dearer than needed (ISO-8, ISO-9)."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.chooser import OPTIONS, fits, recommend
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import (
    PATTERNS,
    Cost,
    IsolationPattern,
    isolation_gap,
    read_cost,
    require_isolation,
)
from bulkhead.domain.risk import (
    Audience,
    GpuNeed,
    Latency,
    ModelValue,
    Property,
    Regulation,
    Risk,
    needs,
)
from bulkhead.domain.tiers import Tier

A = IsolationPattern.SHARED_CLUSTER
B = IsolationPattern.DEDICATED_NODE_POOLS
C = IsolationPattern.SINGLE_TENANT_CLUSTER
D = IsolationPattern.DEDICATED_HOSTS
E = IsolationPattern.CONFIDENTIAL_COMPUTE

risks = st.builds(
    Risk,
    st.sampled_from(Tier),
    st.sampled_from(ModelValue),
    st.sampled_from(Audience),
    st.sampled_from(Regulation),
    st.sampled_from(Latency),
    st.sampled_from(GpuNeed),
).filter(lambda risk: risk.may_be_taken)

WORSE_REGULATIONS = {
    Regulation.NONE: set(Regulation),
    Regulation.DATA_PROTECTION: set(Regulation) - {Regulation.NONE},
    Regulation.SEALED_IN_USE: {Regulation.SEALED_IN_USE},
    Regulation.NO_SHARED_HOSTS: {Regulation.NO_SHARED_HOSTS},
}


def at_least(low: Risk, high: Risk) -> bool:
    """Whether ``high`` risks as much as ``low`` in every respect."""
    return (
        low.tier.rank <= high.tier.rank
        and all(
            list(type(getattr(low, key))).index(getattr(low, key))
            <= list(type(getattr(high, key))).index(getattr(high, key))
            for key in ("model", "audience", "latency")
        )
        and high.regulation in WORSE_REGULATIONS[low.regulation]
    )


@pytest.mark.parametrize(
    ("risk", "pattern", "sealed"),
    [
        (Risk(Tier.PUBLIC), A, False),
        (Risk(Tier.INTERNAL), A, False),
        (Risk(Tier.PUBLIC, audience=Audience.PUBLIC), A, False),
        (Risk(Tier.INTERNAL, audience=Audience.PARTNERS), A, False),
        (Risk(Tier.INTERNAL, audience=Audience.PUBLIC), B, False),
        (Risk(Tier.INTERNAL, ModelValue.VALUABLE), B, False),
        (Risk(Tier.INTERNAL, latency=Latency.STRICT), B, False),
        (Risk(Tier.INTERNAL, regulation=Regulation.DATA_PROTECTION), B, False),
        (Risk(Tier.CONFIDENTIAL), B, False),
        (Risk(Tier.CONFIDENTIAL, ModelValue.CROWN_JEWEL), E, False),
        (Risk(Tier.CONFIDENTIAL, regulation=Regulation.SEALED_IN_USE), E, False),
        (Risk(Tier.RESTRICTED), C, False),
        (Risk(Tier.REGULATED, ModelValue.CROWN_JEWEL), C, True),
        (Risk(Tier.INTERNAL, regulation=Regulation.NO_SHARED_HOSTS), D, False),
        (Risk(Tier.PUBLIC, ModelValue.CROWN_JEWEL, regulation=Regulation.NO_SHARED_HOSTS), D, True),
    ],
)
def test_a_risk_gets_the_cheapest_pattern_that_is_strong_enough(
    risk: Risk, pattern: IsolationPattern, sealed: bool
) -> None:
    option = recommend(risk).option
    assert (option.pattern, option.sealed) == (pattern, sealed)


@given(risks)
def test_what_is_recommended_may_be_built(risk: Risk) -> None:
    option = recommend(risk).option
    require_isolation(risk, option.pattern, tenant="acme", where="acme")
    asked = {need.asks for need in needs(risk) if need.asks}
    assert asked <= option.gives


@given(risks)
def test_nothing_cheaper_would_do(risk: Risk) -> None:
    chosen = recommend(risk).option
    for option in OPTIONS[: OPTIONS.index(chosen)]:
        assert not fits(risk, option)
        unsealed = option.sealed or not PATTERNS[option.pattern].may_give
        if unsealed:
            assert isolation_gap(risk, option.pattern) is not None or chosen.sealed


@given(risks, risks)
def test_more_risk_never_yields_a_weaker_pattern(one: Risk, other: Risk) -> None:
    if not at_least(one, other):
        one, other = other, one
    if not at_least(one, other):
        highest = replace(
            one,
            tier=max(one.tier, other.tier, key=lambda tier: tier.rank),
            audience=min(one.audience, other.audience, key=list(Audience).index),
        )
        if not (highest.may_be_taken and at_least(one, highest)):
            return
        other = highest
    low, high = recommend(one), recommend(other)
    assert low.strength <= high.strength
    assert low.cost <= high.cost
    assert OPTIONS.index(low.option) <= OPTIONS.index(high.option)


@given(risks, st.sampled_from(Cost))
def test_the_answer_is_always_the_same_and_the_budget_does_not_weaken_it(
    risk: Risk, budget: Cost
) -> None:
    assert recommend(risk) == recommend(risk)
    bounded = recommend(risk, budget=budget)
    assert bounded.option == recommend(risk).option
    assert bounded.within_budget == (bounded.cost <= budget)


@given(risks)
def test_every_other_option_gets_a_verdict(risk: Risk) -> None:
    found = recommend(risk)
    assert {found.option, *(other.option for other in found.alternatives)} == set(OPTIONS)
    for other in found.alternatives:
        assert fits(risk, other.option) == other.verdict.startswith("strong enough, but dearer")


@given(risks)
def test_what_would_change_the_answer_does(risk: Risk) -> None:
    found = recommend(risk)
    told = {
        (line.partition(": ")[0], what)
        for line in found.changes
        for what in line.partition(": ")[2].split(", or ")
    }
    real = {
        (str(recommend(other).option), what)
        for what, other in risk.variations()
        if other.may_be_taken and recommend(other).option != found.option
    }
    assert told == real


def test_no_option_is_weaker_than_a_cheaper_one() -> None:
    for cheaper, dearer in pairwise(OPTIONS):
        assert PATTERNS[cheaper.pattern].strength <= PATTERNS[dearer.pattern].strength


def test_the_deciding_reason_stands_first() -> None:
    why = recommend(Risk(Tier.CONFIDENTIAL, ModelValue.CROWN_JEWEL)).why
    assert why == (
        "a crown jewel needs to stay sealed from operators while in use",
        "tier 'confidential' needs high isolation",
    )


def test_gpus_under_a_seal_and_on_hosts_are_told_plainly() -> None:
    risk = Risk(Tier.RESTRICTED, ModelValue.CROWN_JEWEL, gpus=GpuNeed.SOME)
    assert any("memory of GPUs is not encrypted" in line for line in recommend(risk).cautions)
    hosts = replace(risk, regulation=Regulation.NO_SHARED_HOSTS)
    assert any("few GPU families" in line for line in recommend(hosts).cautions)
    assert not any("GPU" in line for line in recommend(Risk(Tier.RESTRICTED)).cautions)


def test_a_gap_names_the_property_that_is_missing() -> None:
    risk = Risk(Tier.INTERNAL, ModelValue.CROWN_JEWEL)
    assert isolation_gap(risk, B) == (
        "a crown jewel needs to stay sealed from operators while in use and may not run on pattern "
        "'dedicated-node-pools', which gives no sealed memory and keys; the weakest pattern that "
        "would do is 'confidential-compute'"
    )
    assert Property.SEALED in PATTERNS[E].gives
    assert isolation_gap(risk, E) is None


@pytest.mark.parametrize("tier", [Tier.RESTRICTED, Tier.REGULATED])
def test_a_private_tier_has_no_public_audience(tier: Tier) -> None:
    with pytest.raises(RefusedError, match="may not be exposed to the public"):
        recommend(Risk(tier, audience=Audience.PUBLIC))


def test_a_cost_is_read_as_it_is_shown() -> None:
    assert [read_cost(str(cost), where="x") for cost in Cost] == list(Cost)
    assert read_cost("Moderate-to-high", where="x") is Cost.MODERATE_TO_HIGH
    with pytest.raises(RefusedError, match="x: unknown cost, got 'free'; allowed: lowest, "):
        read_cost("free", where="x")
