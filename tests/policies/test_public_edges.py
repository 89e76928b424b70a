"""A public API tells its own opt-in, and every report shows it until it ends (INF-1)."""

from bulkhead_policies.reports import EXEMPTED
from tests.policies.scenes import ADVISORY, found
from tests.policies.twins.balancers import BALANCER, GUARD
from tests.policies.twins.edges import LATER, opted_in


def test_an_opt_in_is_reported_and_refuses_nothing() -> None:
    [said] = found(opted_in(expires=LATER))
    assert (said.policyName, said.enforcementLevel) == (EXEMPTED.id, ADVISORY)
    assert f"open until {LATER} by partner-team: Partners try the summaries" in said.message


def test_an_opt_in_that_can_t_be_used_says_why() -> None:
    told = {
        "has expired": opted_in(expires="2026-01-31"),
        "not a date": opted_in(expires="soon"),
        "an opt-in needs an owner": opted_in(owner=" "),
        "an opt-in needs a reason": opted_in(reason="tbd"),
        "may not be reached from the internet": (
            opted_in()[0].but("tags/bulkhead:tier", "regulated"),
        ),
    }
    for words, scene in told.items():
        [said] = found(scene)
        assert said.policyName == "bulkhead-api-expire-exposure"
        assert words in said.message, said.message


def test_a_public_load_balancer_behind_a_firewall_breaks_one_rule_the_less() -> None:
    public = BALANCER.but("internal", False)
    assert {said.policyName for said in found((public, GUARD))} == {"bulkhead-lb-keep-internal"}
