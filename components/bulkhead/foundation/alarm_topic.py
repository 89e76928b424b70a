"""The way of alarms to people: an encrypted topic, and a queue for what can't be delivered."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import EVERYBODY, Document, Statement, document, render

DEAD_LETTER_SECONDS = 14 * 24 * 3600
"""How long an undelivered alarm waits; the most that SQS takes."""

KEEPING = [
    "sns:AddPermission",
    "sns:DeleteTopic",
    "sns:RemovePermission",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
]
"""What decides who hears an alarm."""


def topic_policy(scope: Scope, topic: str, administrators: Sequence[str]) -> Document:
    """The policy of an alarm topic.

    Rules and metric alarms publish; nobody of the account does, so that no alarm is forged; only
    administrators decide who hears them.

    EventBridge is let in without a condition on the source: "You can't use Condition blocks in
    Amazon SNS topic policies for EventBridge" (EventBridge User Guide, "Amazon SNS permissions").
    With one it would drop every alarm and report success.
    """
    metric_alarms = f"arn:aws:cloudwatch:{scope.region}:{scope.account_id}:alarm:"
    return document(
        {
            "Sid": "AlarmsOfEvents",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
        },
        _let(
            "AlarmsOfMetrics",
            "cloudwatch.amazonaws.com",
            "sns:Publish",
            topic,
            scope,
            f"{metric_alarms}{scope.environment}-*",
        ),
        {
            "Sid": "DenyForgery",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"StringEquals": {"aws:PrincipalAccount": scope.account_id}},
        },
        {
            "Sid": "DenyOthersThanAdministrators",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": KEEPING,
            "Resource": topic,
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": list(administrators)}},
        },
        _deny_plain_http("sns:Publish", topic),
    )


def dead_letter_policy(scope: Scope, queue: str) -> Document:
    """The policy of the queue of undelivered alarms.

    Only the environment's rules fill it (EventBridge User Guide, "Using dead-letter queues to
    process undelivered events").
    """
    return document(
        _let(
            "UndeliveredAlarms",
            "events.amazonaws.com",
            "sqs:SendMessage",
            queue,
            scope,
            arns.event_rule(scope, f"{scope.environment}-*"),
        ),
        _deny_plain_http("sqs:*", queue),
    )


def _let(
    sid: str, service: str, action: str, resource: str, scope: Scope, source: str
) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resource,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": scope.account_id},
            "ArnLike": {"aws:SourceArn": source},
        },
    }


def _deny_plain_http(action: str, resource: str) -> Statement:
    return {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def make_topic(
    name: str,
    *,
    scope: Scope,
    labels: Labels,
    key_arn: pulumi.Input[str],
    administrators: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> "aws.sns.Topic":
    """Register the topic with its policy."""
    physical = scope.named(name)
    topic = aws.sns.Topic(
        name, name=physical, kms_master_key_id=key_arn, tags=labels.tags(name), opts=opts
    )
    aws.sns.TopicPolicy(
        name,
        arn=topic.arn,
        policy=render(topic_policy(scope, arns.topic(scope, physical), administrators)),
        opts=opts,
    )
    return topic


def make_dead_letter_queue(
    name: str,
    *,
    scope: Scope,
    labels: Labels,
    key_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> "aws.sqs.Queue":
    """Register the queue with its policy."""
    physical = scope.named(name)
    queue = aws.sqs.Queue(
        name,
        name=physical,
        kms_master_key_id=key_arn,
        message_retention_seconds=DEAD_LETTER_SECONDS,
        tags=labels.tags(name),
        opts=opts,
    )
    aws.sqs.QueuePolicy(
        name,
        queue_url=queue.url,
        policy=render(dead_letter_policy(scope, arns.queue(scope, physical))),
        opts=opts,
    )
    return queue
