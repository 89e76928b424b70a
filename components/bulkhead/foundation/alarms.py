"""Alarms of what an attacker, or a tired administrator, does to the platform's own guards."""

import json
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.names import EVENT_RULE, fit
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.alarm_patterns import Alarm, alarms
from bulkhead.foundation.alarm_rules import ALL_EVENTS, call_message, make_alarm_rule
from bulkhead.foundation.alarm_topic import make_dead_letter_queue, make_topic
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import make_role, service_trust
from bulkhead.foundation.keys import check_administrators

GLOBAL_REGION = "us-east-1"
"""Where AWS records the calls of global services such as IAM."""


class AuditAlarmsArgs(TypedDict):
    """What ``AuditAlarms`` takes."""

    scope: ScopeArgs
    """Environment, account and Region that are watched."""
    tier: str
    """Highest tier of the tenants, for the labels."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for logs, which encrypts alarms on their way."""
    administrators: list[str]
    """ARNs of the IAM roles that decide who hears the alarms; the role that deploys is one."""
    emails: NotRequired[list[str] | None]
    """Addresses that get every alarm, once their owners confirm. Default: none."""
    webhooks: NotRequired[list[pulumi.Input[str]] | None]
    """HTTPS addresses of a pager that get every alarm. Give secrets: they often hold a key.
    Default: none."""


class AuditAlarms(Component):
    """What people are woken for (AUD-1, IAM-3).

    EventBridge rules for the use of the break-glass role or the root user, sign-ins without MFA,
    changes of permissions boundaries, role tags and trust, keys and grants, the trail, GuardDuty
    and AWS Config, buckets, secrets, rotations, backups, and of these alarms themselves. Each
    writes to one encrypted topic who did what, where, when, and what to do first. Attempts that AWS
    refused alarm too. What can't be delivered within a day waits in a queue for two weeks, which
    has an alarm of its own.

    IAM, the console and other global services record in us-east-1: rules there forward to the
    environment's Region. Rules see calls only while a trail records them: have an ``AuditTrail``.

    Example:
        from bulkhead import AuditAlarms, KeyPartition
        from bulkhead.domain.partitions import Purpose

        administrators = ["arn:aws:iam::111122223333:role/platform-deployer"]
        scope = {
            "environment": "prod",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        keys = KeyPartition(
            "keys", {"scope": scope, "tier": "confidential", "administrators": administrators}
        )
        AuditAlarms(
            "alarms",
            {
                "scope": scope,
                "tier": "confidential",
                "key_arn": keys.arn(Purpose.LOG),
                "administrators": administrators,
                "emails": ["security@example.com"],
            },
        )
    """

    topic_arn: pulumi.Output[str]
    """ARN of the topic; ``ThreatDetection`` and other alarms publish to it too."""
    dead_letter_arn: pulumi.Output[str]
    """ARN of the queue of alarms that could not be delivered."""

    def __init__(
        self, name: str, args: AuditAlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the alarms.

        Raises:
            RefusedError: the scope, the tier, an administrator or an address is refused.
        """
        args = checked(args, AuditAlarmsArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        administrators = check_administrators(args["administrators"], where=name)
        emails = [check_email(email, where=f"{name}.emails") for email in args.get("emails") or []]
        super().__init__(name, opts)

        labels = scope.labels(tier, Plane.CONTROL, "audit-alarms")
        key_arn = args["key_arn"]
        topic = make_topic(
            name,
            scope=scope,
            labels=labels,
            key_arn=key_arn,
            administrators=administrators,
            opts=self._child(),
        )
        queue = make_dead_letter_queue(
            f"{name}-undelivered", scope=scope, labels=labels, key_arn=key_arn, opts=self._child()
        )
        for alarm in alarms(scope):
            make_alarm_rule(
                f"{name}-{alarm.name}",
                physical=_physical(scope, name, alarm),
                description=f"{alarm.title}.",
                pattern=alarm.pattern,
                message=call_message(scope.environment, alarm.title, alarm.advice),
                topic_arn=topic.arn,
                dead_letter_arn=queue.arn,
                labels=labels,
                state=_state(alarm),
                opts=self._child(),
            )
        if scope.region != GLOBAL_REGION:
            self._forward(name, scope, labels)
        self._watch_queue(name, scope, labels, queue, topic)
        for number, email in enumerate(emails, start=1):
            self._subscribe(f"{name}-email-{number}", topic, "email", email)
        for number, webhook in enumerate(args.get("webhooks") or [], start=1):
            self._subscribe(f"{name}-webhook-{number}", topic, "https", webhook)
        self._export({"topic_arn": topic.arn, "dead_letter_arn": queue.arn})

    def _forward(self, name: str, scope: Scope, labels: Labels) -> None:
        """Rules in us-east-1 that send what AWS records there to the environment's Region."""
        there = arns.event_rule(scope, scope.named(f"{name}-*"), region=GLOBAL_REGION)
        bus = arns.event_bus(scope)
        role = make_role(
            f"{name}-forwarder",
            scope=scope,
            labels=labels,
            trust=service_trust(scope, "events.amazonaws.com", there),
            description=f"EventBridge, sending {GLOBAL_REGION}'s events to {scope.region}.",
            statements=[
                {
                    "Sid": "ForwardEvents",
                    "Effect": "Allow",
                    "Action": "events:PutEvents",
                    "Resource": bus,
                }
            ],
            opts=self._child(),
        )
        for alarm in alarms(scope):
            if not alarm.worldwide:
                continue
            rule = aws.cloudwatch.EventRule(
                f"{name}-{alarm.name}-global",
                name=_physical(scope, name, alarm),
                description=f"{alarm.title}: sent on to {scope.region}.",
                event_pattern=json.dumps(alarm.pattern),
                state=_state(alarm),
                region=GLOBAL_REGION,
                tags=labels.tags(f"{name}-{alarm.name}-global"),
                opts=self._child(),
            )
            aws.cloudwatch.EventTarget(
                f"{name}-{alarm.name}-global",
                rule=rule.name,
                target_id="home",
                arn=bus,
                role_arn=role.arn,
                region=GLOBAL_REGION,
                opts=self._child(depends_on=role.permissions),
            )

    def _watch_queue(
        self,
        name: str,
        scope: Scope,
        labels: Labels,
        queue: "aws.sqs.Queue",
        topic: "aws.sns.Topic",
    ) -> None:
        aws.cloudwatch.MetricAlarm(
            f"{name}-undelivered",
            name=scope.named(f"{name}-undelivered"),
            alarm_description=f"[{scope.environment}] An alarm could not be delivered.",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": queue.name},
            statistic="Maximum",
            period=300,
            evaluation_periods=1,
            threshold=0,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[topic.arn],
            tags=labels.tags(f"{name}-undelivered"),
            opts=self._child(),
        )

    def _subscribe(
        self, name: str, topic: "aws.sns.Topic", protocol: str, endpoint: pulumi.Input[str]
    ) -> None:
        aws.sns.TopicSubscription(
            name, topic=topic.arn, protocol=protocol, endpoint=endpoint, opts=self._child()
        )


def _physical(scope: Scope, name: str, alarm: Alarm) -> str:
    return fit(scope.named(f"{name}-{alarm.name}"), EVENT_RULE)


def _state(alarm: Alarm) -> str:
    return ALL_EVENTS if alarm.read_only else "ENABLED"


def check_email(email: str, *, where: str) -> str:
    """Return ``email`` if it can be an address.

    Raises:
        RefusedError: it can't.
    """
    user, at, domain = email.partition("@")
    if not (user and at and "." in domain) or email != email.strip() or " " in email:
        raise RefusedError("not an e-mail address", given=email, allowed="name@domain", where=where)
    return email
