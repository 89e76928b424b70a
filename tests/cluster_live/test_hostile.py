"""Each admission rule refuses what it is for, says so, and is the only one that does."""

import pytest

from bulkhead.cluster.admission.catalogue import admission_rules
from bulkhead.cluster.admission.training import JOB_MAKERS
from tests.cluster_live import (
    cases,
    test_closed_pods,
    test_endpoints,
    test_namespaces,
    test_nodes,
    test_queues,
    test_sandboxes,
)
from tests.cluster_live.cases import Case
from tests.cluster_live.compartments import Compartments
from tests.cluster_live.refusals import refusal, refused_by
from tests.cluster_live.training_cases import TRAINING
from tests.control_plane.api import Api

CASES = [*cases.CASES, *TRAINING]
LAYERED = "exceeded quota"
"""What a second fence, the quota, says of load balancers, node ports and ingresses."""


def person(case: Case, compartments: Compartments, careless: Api) -> Api:
    """Who makes the attempt."""
    if case.who == "sets":
        return careless.impersonate("careless", JOB_MAKERS[0])
    return careless if case.who == "careless" else compartments.as_tenant("acme", case.who)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_attempt_is_refused_by_its_rule_and_a_twin_is_let_through(
    case: Case, compartments: Compartments, careless: Api
) -> None:
    who = person(case, compartments, careless)
    if case.good:
        assert refusal(who, case.manifest(case.namespace, case.good)) == ""
    with refused_by(case.rule, case.check):
        who.create(case.manifest(case.namespace, case.bad), dryRun="All")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_the_rule_the_attempt_gets_past_admission(
    case: Case, compartments: Compartments, careless: Api
) -> None:
    who = person(case, compartments, careless)
    namespace = compartments.without(case.rule.name, case.namespace)
    said = refusal(who, case.manifest(namespace, case.bad))
    assert said == "" or LAYERED in said


def test_every_sentence_of_every_rule_is_provoked() -> None:
    provoked = {(case.rule.name, case.check) for case in CASES}
    modules = (test_closed_pods, test_sandboxes, test_endpoints, test_namespaces, test_nodes)
    for module in (*modules, test_queues):
        provoked |= module.PROVOKED
    assert provoked == {
        (rule.name, check) for rule in admission_rules() for check in range(len(rule.checks))
    }
