"""Each admission rule refuses what it is for, says so, and is the only one that does."""

import pytest

from bulkhead.cluster.admission.catalogue import admission_rules
from tests.cluster_live import (
    test_closed_pods,
    test_endpoints,
    test_namespaces,
    test_nodes,
    test_sandboxes,
)
from tests.cluster_live.cases import CASES, Case
from tests.cluster_live.compartments import Compartments
from tests.cluster_live.refusals import refusal, refused_by
from tests.control_plane.api import Api

LAYERED = "exceeded quota"
"""What a second fence, the quota, says of load balancers, node ports and ingresses."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_attempt_is_refused_by_its_rule_and_a_twin_is_let_through(
    case: Case, compartments: Compartments, careless: Api
) -> None:
    who = careless if case.who == "careless" else compartments.as_tenant("acme", case.who)
    if case.good:
        assert refusal(who, case.manifest("acme", case.good)) == ""
    with refused_by(case.rule, case.check):
        who.create(case.manifest("acme", case.bad), dryRun="All")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_the_rule_the_attempt_gets_past_admission(
    case: Case, compartments: Compartments, careless: Api
) -> None:
    who = careless if case.who == "careless" else compartments.as_tenant("acme", case.who)
    namespace = compartments.without(case.rule.name)
    said = refusal(who, case.manifest(namespace, case.bad))
    assert said == "" or LAYERED in said


def test_every_sentence_of_every_rule_is_provoked() -> None:
    provoked = {(case.rule.name, case.check) for case in CASES}
    for module in (test_closed_pods, test_sandboxes, test_endpoints, test_namespaces, test_nodes):
        provoked |= module.PROVOKED
    assert provoked == {
        (rule.name, check) for rule in admission_rules() for check in range(len(rule.checks))
    }
