"""A public edge closes by itself: its policy, evaluated before and after the end (INF-1)."""

import datetime
from typing import Any

import pytest

from bulkhead import PublicEdge
from tests.foundation.samples import ACCOUNT, APPLIED, REGION, planned
from tests.iam.documents import Assumed, Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import ANONYMOUS, Principal, Request
from tests.iam.writing import allow, role
from tests.workloads.edges import EXPIRES, arguments

STRANGER = Principal(ANONYMOUS)
"""A client: it signs nothing for IAM, and shows its key to API Gateway and its token inside."""

INSIDER = role("developer", allow("execute-api:Invoke"))
"""Somebody of the account whom IAM lets call any API."""

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
LAST = f"{EXPIRES}T23:59:59Z"
AFTER = f"{EXPIRES + datetime.timedelta(days=1)}T00:00:00Z"
MUCH_LATER = f"{EXPIRES + datetime.timedelta(days=400)}T12:00:00Z"


def rendered(**changes: Any) -> Documents:
    plan = planned(lambda: PublicEdge("edge", arguments(**changes)), **APPLIED)
    return documents(plan, assumed=Assumed(account=ACCOUNT, region=REGION))


def call(who: Principal, when: str, found: Documents, where: str = HOME) -> Request:
    (api,) = (arn for arn in found.world.resource_policies if ":execute-api:" in arn)
    context = {"aws:CurrentTime": when, "aws:SourceIp": where}
    return Request(who, "execute-api:Invoke", f"{api}/v1/POST/chat/completions", context)


@pytest.mark.parametrize("who", [STRANGER, INSIDER], ids=["a client", "an insider"])
@pytest.mark.parametrize(
    ("when", "open_"), [(LAST, True), (AFTER, False), (MUCH_LATER, False)], ids=str
)
def test_it_is_open_until_the_end_of_its_last_day_and_never_after(
    evaluator: Evaluator, who: Principal, when: str, open_: bool
) -> None:
    found = rendered()
    (decision,) = evaluator.evaluate([call(who, when, found)], found.world)
    assert decision.allowed is open_, decision


def test_clients_of_other_networks_stay_outside(evaluator: Evaluator) -> None:
    found = rendered(networks=["198.51.100.0/24"])
    asked = [call(STRANGER, LAST, found), call(STRANGER, LAST, found, ELSEWHERE)]
    inside, outside = evaluator.evaluate(asked, found.world)
    assert inside.allowed
    assert outside.sids == {"DenyOtherNetworks"}


def test_each_statement_is_needed(evaluator: Evaluator) -> None:
    """Without it a call that gets through is stopped, or one gets through that is stopped."""
    found = rendered(networks=["198.51.100.0/24"])
    asked = [
        call(STRANGER, LAST, found),
        call(INSIDER, AFTER, found),
        call(INSIDER, LAST, found, ELSEWHERE),
    ]
    as_made = [d.allowed for d in evaluator.evaluate(asked, found.world)]
    assert as_made == [True, False, False]
    changed = {
        name: [d.allowed for d in evaluator.evaluate(asked, weaker.world)]
        for name, weaker in found.weakened()
        if name.startswith("edge/")
    }
    assert changed == {
        "edge/LetClientsIn": [False, False, False],
        "edge/DenyAfterTheEnd": [True, True, False],
        "edge/DenyOtherNetworks": [True, False, True],
    }


def test_every_document_is_sound(evaluator: Evaluator) -> None:
    found = rendered()
    assert [str(finding) for finding in evaluator.lint(found.policies)] == []
    unread = [note for notes in found.unmodelled.values() for note in notes]
    assert [note for note in unread if "not modelled" in note] == []
