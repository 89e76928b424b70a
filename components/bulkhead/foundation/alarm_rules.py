"""EventBridge rules that tell people, in words that make sense at night."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels

MAXIMUM_AGE_SECONDS = 24 * 3600
"""How long EventBridge tries to deliver an alarm; the most that it takes."""

ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state of a rule that sees read-only calls as well; taking on a role is one of them."""


@dataclass(frozen=True)
class Message:
    """What a rule writes.

    Attributes:
        lines: text, with ``<name>`` where a value of the event stands; none holds quotes.
        values: JSON paths by name. What an event lacks is left empty.
    """

    lines: Sequence[str]
    values: Mapping[str, str]

    def template(self) -> str:
        """The input transformer's template: a quoted string for each line."""
        return "\n".join(json.dumps(line, ensure_ascii=False) for line in self.lines)


def call_message(environment: str, title: str, advice: str) -> Message:
    """Who did what, where and when, for events that CloudTrail records."""
    return Message(
        lines=(
            f"[{environment}] {title}.",
            "Who: <arn> <principal> (<kind>), from <address>",
            "What: <event> of <service> <error>",
            "Where: account <account>, <region>, at <time>",
            "On: <role> <key> <bucket> <trail> <secret> <name> <policy> <vault>",
            f"Do: {advice}",
            "Look up: CloudTrail event <id>",
        ),
        values={
            "arn": "$.detail.userIdentity.arn",
            "principal": "$.detail.userIdentity.principalId",
            "kind": "$.detail.userIdentity.type",
            "address": "$.detail.sourceIPAddress",
            "event": "$.detail.eventName",
            "service": "$.source",
            "error": "$.detail.errorCode",
            "account": "$.account",
            "region": "$.detail.awsRegion",
            "time": "$.time",
            "role": "$.detail.requestParameters.roleArn",
            "key": "$.detail.requestParameters.keyId",
            "bucket": "$.detail.requestParameters.bucketName",
            "trail": "$.detail.requestParameters.name",
            "secret": "$.detail.requestParameters.secretId",
            "name": "$.detail.requestParameters.roleName",
            "policy": "$.detail.requestParameters.policyArn",
            "vault": "$.detail.requestParameters.backupVaultName",
            "id": "$.detail.eventID",
        },
    )


def make_alarm_rule(
    name: str,
    *,
    physical: str,
    description: str,
    pattern: Mapping[str, Any],
    message: Message,
    topic_arn: pulumi.Input[str],
    dead_letter_arn: pulumi.Input[str],
    labels: Labels,
    opts: pulumi.ResourceOptions,
    state: str = "ENABLED",
) -> "aws.cloudwatch.EventRule":
    """Register a rule that publishes ``message`` for every event that fits the pattern."""
    rule = aws.cloudwatch.EventRule(
        name,
        name=physical,
        description=description,
        event_pattern=json.dumps(pattern),
        state=state,
        tags=labels.tags(name),
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        name,
        rule=rule.name,
        target_id="alarms",
        arn=topic_arn,
        input_transformer={
            "input_paths": dict(message.values),
            "input_template": message.template(),
        },
        dead_letter_config={"arn": dead_letter_arn},
        retry_policy={
            "maximum_event_age_in_seconds": MAXIMUM_AGE_SECONDS,
            "maximum_retry_attempts": 185,
        },
        opts=opts,
    )
    return rule
