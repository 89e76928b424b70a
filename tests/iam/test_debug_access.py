"""Debug access begins and ends by IAM's own clock (ISO-10, IAM-3)."""

import datetime

import pytest

from tests.foundation.samples import planned
from tests.iam.cast import ALL
from tests.iam.documents import Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Principal, Request
from tests.iam.proofs import HERE
from tests.iam.writing import ACCOUNT
from tests.workloads.test_debug_access import PERSON, START, program


@pytest.fixture(scope="module")
def found() -> Documents:
    return documents(planned(program, assume_applied=True), assumed=HERE)


def let_in(evaluator: Evaluator, found: Documents, who: str, hours: float) -> bool:
    moment = START + datetime.timedelta(hours=hours)
    asked = Request(
        Principal(who, identity_policies=(ALL,)),
        "sts:AssumeRole",
        found.principal("dev-debug-acme-incident").arn,
        {"aws:CurrentTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")},
    )
    return evaluator.evaluate([asked], found.world)[0].allowed


@pytest.mark.parametrize(
    ("hours", "allowed"), [(-0.01, False), (0, True), (2.99, True), (3, False), (4, False)]
)
def test_the_role_is_taken_on_from_its_start_to_an_hour_before_its_end(
    evaluator: Evaluator, found: Documents, hours: float, *, allowed: bool
) -> None:
    assert let_in(evaluator, found, PERSON, hours) is allowed


def test_nobody_else_of_the_account_takes_it_on(evaluator: Evaluator, found: Documents) -> None:
    assert not let_in(evaluator, found, f"arn:aws:iam::{ACCOUNT}:role/sso/ml-engineers", 1)
    assert not let_in(evaluator, found, f"arn:aws:iam::{ACCOUNT}:user/mallory", 1)


def test_it_finds_the_cluster_and_may_do_nothing_else(
    evaluator: Evaluator, found: Documents
) -> None:
    role = found.principal("dev-debug-acme-incident")
    cluster = f"arn:aws:eks:eu-central-1:{ACCOUNT}:cluster/dev-shared"
    other = f"arn:aws:eks:eu-central-1:{ACCOUNT}:cluster/dev-other"
    asked = [
        Request(role, "eks:DescribeCluster", cluster),
        Request(role, "eks:DescribeCluster", other),
        Request(role, "eks:CreateAccessEntry", cluster),
        Request(role, "s3:GetObject", "arn:aws:s3:::dev-internal-models/x"),
    ]
    answers = [each.allowed for each in evaluator.evaluate(asked, found.world)]
    assert answers == [True, False, False, False]
