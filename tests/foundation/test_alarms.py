import json
import re
from typing import Any

import pytest

from bulkhead import AuditAlarms
from bulkhead.domain.environments import Environment
from bulkhead.domain.scope import Scope
from bulkhead.foundation.alarm_patterns import alarms
from bulkhead.foundation.alarm_rules import Message, call_message
from bulkhead.preview.plan import Plan
from tests.foundation.events import call, sign_in
from tests.foundation.samples import ACCOUNT, ADMIN, KEY, REGION, one, planned, refusal, scope

RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
TOPIC, QUEUE = "aws:sns/topic:Topic", "aws:sqs/queue:Queue"
ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:prod-alarms"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:prod-alarms-undelivered"
PROD = Scope(Environment.PROD, REGION, ACCOUNT, "o", "c", "p")


def arguments(**changes: Any) -> Any:
    return {
        "scope": scope(environment="prod"),
        "tier": "regulated",
        "key_arn": KEY,
        "administrators": [ADMIN],
        **changes,
    }


def made(**changes: Any) -> Plan:
    return planned(
        lambda: AuditAlarms("alarms", arguments(**changes)),
        assume_applied=True,
        config={"aws:region": REGION},
    )


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made()


def rendered(message: Message, event: dict[str, Any]) -> str:
    """What EventBridge writes: quoted lines without their quotes, nothing for what is missing."""

    def value(path: str) -> str:
        found: Any = event
        for key in path.removeprefix("$.").split("."):
            found = found.get(key, "") if isinstance(found, dict) else ""
        return str(found or "")

    lines = [json.loads(line) for line in message.template().splitlines()]
    return "\n".join(
        re.sub(r"<(\w+)>", lambda found: value(message.values[found[1]]), line) for line in lines
    )


class TestRules:
    def test_every_alarm_has_a_rule_with_its_pattern_that_publishes_to_the_topic(
        self, plan: Plan
    ) -> None:
        for alarm in alarms(PROD):
            rule = one(plan, RULE, f"alarms-{alarm.name}").inputs
            assert rule["name"] == f"prod-alarms-{alarm.name}"
            assert json.loads(rule["eventPattern"]) == alarm.pattern
            target = one(plan, TARGET, f"alarms-{alarm.name}").inputs
            assert target["rule"] == rule["name"]
            assert target["arn"] == ARN
            assert "roleArn" not in target  # a role would break delivery to an encrypted topic
            assert target["deadLetterConfig"] == {"arn": DEAD}

    def test_the_rules_of_roles_taken_on_see_calls_that_only_read(self, plan: Plan) -> None:
        states = {
            rule.name: rule.inputs["state"]
            for rule in plan.of_type(RULE)
            if rule.inputs["state"] != "ENABLED"
        }
        every = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
        assert states == {
            f"alarms-{word}-used{where}": every
            for word in ("break-glass", "debug-access")
            for where in ("", "-global")
        }

    def test_global_services_events_are_sent_on_from_the_region_that_records_them(
        self, plan: Plan
    ) -> None:
        worldwide = {alarm.name: alarm for alarm in alarms(PROD) if alarm.worldwide}
        forwards = [rule for rule in plan.of_type(RULE) if rule.name.endswith("-global")]
        assert {rule.name for rule in forwards} == {f"alarms-{name}-global" for name in worldwide}
        for rule in forwards:
            assert rule.inputs["region"] == "us-east-1"
            target = one(plan, TARGET, rule.name).inputs
            assert target["region"] == "us-east-1"
            assert target["arn"] == f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
            name = rule.name.removeprefix("alarms-").removesuffix("-global")
            assert json.loads(rule.inputs["eventPattern"]) == worldwide[name].pattern

    def test_where_they_are_recorded_at_home_nothing_is_sent_on(self) -> None:
        at_home = made(scope=scope(environment="prod", region="us-east-1"))
        assert [rule.name for rule in at_home.of_type(RULE) if "-global" in rule.name] == []
        assert list(at_home.of_type("aws:iam/role:Role")) == []

    def test_names_fit(self) -> None:
        long = planned(lambda: AuditAlarms("a" * 50, arguments()))
        names = [str(rule.inputs["name"]) for rule in long.of_type(RULE)]
        assert max(map(len, names)) == 64
        assert len(set(names)) == len(alarms(PROD))  # a forwarding rule is named as its alarm's


class TestMessages:
    @pytest.mark.parametrize("alarm", alarms(PROD), ids=lambda alarm: alarm.name)
    def test_a_message_names_only_values_that_it_takes_from_the_event(self, alarm: Any) -> None:
        message = call_message("prod", alarm.title, alarm.advice)
        used = set(re.findall(r"<(\w+)>", message.template()))
        assert used == set(message.values)
        assert len(message.template()) <= 8192
        assert len(message.values) <= 100

    def test_it_says_who_did_what_where_and_when_and_what_to_do(self) -> None:
        event = call("kms", "PutKeyPolicy", {"keyId": KEY}, errorCode="AccessDenied")
        assert rendered(call_message("prod", "A key was opened", "Close it."), event).split(
            "\n"
        ) == [
            "[prod] A key was opened.",
            f"Who: arn:aws:sts::{ACCOUNT}:assumed-role/developer/alice "
            "AROAEXAMPLEEXAMPLEEXA:alice (AssumedRole), from 203.0.113.7",
            "What: PutKeyPolicy of aws.kms AccessDenied",
            f"Where: account {ACCOUNT}, {REGION}, at 2026-11-25T03:04:05Z",
            f"On:  {KEY}      ",
            "Do: Close it.",
            "Look up: CloudTrail event 0d27f2b6-6a31-4c0e-9a80-5a6e2f0d2d6f",
        ]

    def test_an_event_without_parameters_leaves_them_empty(self) -> None:
        text = rendered(call_message("prod", "Root acted", "Ask."), sign_in({"type": "Root"}))
        assert "What: ConsoleLogin of aws.signin" in text
        assert "<" not in text


class TestDelivery:
    def test_topic_and_queue_are_encrypted_and_undelivered_alarms_wait_two_weeks(
        self, plan: Plan
    ) -> None:
        assert one(plan, TOPIC).inputs["kmsMasterKeyId"] == KEY
        queue = one(plan, QUEUE).inputs
        assert queue["kmsMasterKeyId"] == KEY
        assert queue["messageRetentionSeconds"] == 1_209_600

    def test_an_undelivered_alarm_alarms(self, plan: Plan) -> None:
        alarm = one(plan, "aws:cloudwatch/metricAlarm:MetricAlarm").inputs
        assert alarm["alarmActions"] == [ARN]
        assert alarm["dimensions"] == {"QueueName": "prod-alarms-undelivered"}
        assert alarm["threshold"] == 0

    def test_people_and_pagers_are_subscribed(self) -> None:
        plan = made(emails=["security@example.com"], webhooks=["https://pager.example.com/k"])
        found = [
            (subscription.inputs["protocol"], subscription.inputs["endpoint"])
            for subscription in plan.of_type("aws:sns/topicSubscription:TopicSubscription")
        ]
        assert found == [
            ("email", "security@example.com"),
            ("https", "https://pager.example.com/k"),
        ]


class TestForwarder:
    def test_the_forwarder_may_only_put_events_on_the_home_bus(self, plan: Plan) -> None:
        found = json.loads(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
        assert [(s["Action"], s["Resource"]) for s in found["Statement"]] == [
            ("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default")
        ]
        trust = json.loads(one(plan, "aws:iam/role:Role").inputs["assumeRolePolicy"])
        condition = trust["Statement"][0]["Condition"]
        assert condition["ArnLike"]["aws:SourceArn"] == (
            f"arn:aws:events:us-east-1:{ACCOUNT}:rule/prod-alarms-*"
        )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"emails": ["security"]},
            "alarms.emails: not an e-mail address, got 'security'; allowed: name@domain",
        ),
        (
            {"administrators": []},
            "alarms.administrators: an administrator is needed; allowed: at least one role",
        ),
        (
            {"tier": "secret"},
            "alarms.tier: unknown tier, got 'secret'; allowed: public, internal, confidential, "
            "restricted, regulated",
        ),
    ],
)
def test_what_can_not_be_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: AuditAlarms("alarms", arguments(**changes))) == sentence
