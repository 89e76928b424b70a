"""Who may raise alarms, mute them and fill the queue of those that failed (AUD-1)."""

import pytest

from bulkhead.domain.environments import Environment
from bulkhead.domain.scope import Scope
from bulkhead.foundation.alarm_topic import dead_letter_policy, topic_policy
from tests.foundation.samples import ACCOUNT, ADMIN, REGION
from tests.iam.evaluation import Evaluator
from tests.iam.model import Policy, Principal, Request
from tests.iam.writing import allow, policy, role, world

ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:prod-alarms"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:prod-alarms-undelivered"
PROD = Scope(Environment.PROD, REGION, ACCOUNT, "o", "c", "p")
EVENTS, METRICS = Principal("events.amazonaws.com"), Principal("cloudwatch.amazonaws.com")
PERSON = role("prod-operator", allow())
DEPLOYER = role("platform-deployer", allow())
RULES = f"arn:aws:events:{REGION}:{ACCOUNT}:rule"


WORLD = world(
    resource_policies={
        ARN: Policy("topic", topic_policy(PROD, ARN, [ADMIN])),
        DEAD: Policy("queue", dead_letter_policy(PROD, DEAD)),
    }
)


@pytest.mark.parametrize(
    ("who", "action", "context", "allowed"),
    [
        (EVENTS, "sns:Publish", {}, True),
        (METRICS, "sns:Publish", {"aws:SourceArn": "alarm:prod-gpu"}, True),
        (METRICS, "sns:Publish", {"aws:SourceArn": "alarm:dev-gpu"}, False),
        (METRICS, "sns:Publish", {}, False),
        (PERSON, "sns:Publish", {}, False),
        (DEPLOYER, "sns:Publish", {}, False),
        (role("stranger", allow(), account="999988887777"), "sns:Publish", {}, False),
        (PERSON, "sns:Subscribe", {}, False),
        (PERSON, "sns:DeleteTopic", {}, False),
        (PERSON, "sns:SetTopicAttributes", {}, False),
        (DEPLOYER, "sns:Subscribe", {}, True),
        (DEPLOYER, "sns:SetTopicAttributes", {}, True),
        (DEPLOYER, "sns:Publish", {"aws:SecureTransport": "false"}, False),
    ],
)
def test_alarms_come_from_guards_and_only_administrators_say_who_hears_them(
    evaluator: Evaluator,
    who: Principal,
    action: str,
    context: dict[str, str],
    allowed: bool,
) -> None:
    source = context.get("aws:SourceArn")
    if source:
        full = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:{source}"
        context = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": full}
    request = Request(who, action, ARN, {"aws:SecureTransport": "true", **context})
    decision = evaluator.evaluate([request], WORLD)[0]
    assert decision.allowed is allowed, decision


def test_an_alarm_in_plain_text_is_refused(evaluator: Evaluator) -> None:
    request = Request(EVENTS, "sns:Publish", ARN, {"aws:SecureTransport": "false"})
    assert evaluator.evaluate([request], WORLD)[0].sids == {"DenyPlainHttp"}


@pytest.mark.parametrize(
    ("rule", "account", "allowed"),
    [
        ("prod-alarms-root-used", ACCOUNT, True),
        ("dev-alarms-root-used", ACCOUNT, False),
        ("prod-alarms-root-used", "999988887777", False),
    ],
)
def test_only_the_environments_rules_fill_the_queue(
    evaluator: Evaluator, rule: str, account: str, allowed: bool
) -> None:
    source = {"aws:SourceAccount": account, "aws:SourceArn": f"{RULES}/{rule}"}
    request = Request(EVENTS, "sqs:SendMessage", DEAD, source)
    assert evaluator.evaluate([request], WORLD)[0].allowed is allowed


def test_a_statement_less_lets_somebody_in(evaluator: Evaluator) -> None:
    document = topic_policy(PROD, ARN, [ADMIN])
    attempts = {
        "DenyForgery": (PERSON, "sns:Publish"),
        "DenyOthersThanAdministrators": (PERSON, "sns:Subscribe"),
    }
    for sid, (who, action) in attempts.items():
        rest = [s for s in document["Statement"] if s["Sid"] != sid]
        weaker = world(resource_policies={ARN: policy(*rest, name="topic")})
        request = Request(who, action, ARN, {"aws:SecureTransport": "true"})
        assert evaluator.evaluate([request], weaker)[0].allowed, sid
