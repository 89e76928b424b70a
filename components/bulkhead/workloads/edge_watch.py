"""Who hears of a public edge: that it is attacked, fails, loses a guard, or is about to close."""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.exposure import OptIn
from bulkhead.domain.labels import Labels
from bulkhead.domain.names import EVENT_RULE, fit
from bulkhead.domain.scope import Scope
from bulkhead.foundation.alarm_patterns import calls, either
from bulkhead.foundation.alarm_rules import call_message, make_alarm_rule
from bulkhead.workloads.edge_requests import STAGE

PERIOD_SECONDS = 300


@dataclass(frozen=True)
class Telling:
    """Whose alarms they are, and who hears them."""

    name: str
    scope: Scope
    labels: Labels
    topic_arn: pulumi.Input[str]
    dead_letter_arn: pulumi.Input[str]
    opts: pulumi.ResourceOptions


def make_alarms(tell: Telling, *, blocked: int) -> None:
    """Register alarms of refused and failed requests.

    More than ``blocked`` requests in five minutes that the firewall stops are an attack, or a
    client that doesn't know its limits.
    """
    api = {"ApiName": tell.scope.named(tell.name), "Stage": STAGE}
    acl = {"WebACL": tell.scope.named(tell.name), "Region": tell.scope.region, "Rule": "ALL"}
    watched: dict[str, tuple[str, str, Mapping[str, str], str, float, str]] = {
        "blocked": (
            "AWS/WAFV2",
            "BlockedRequests",
            acl,
            "Sum",
            blocked,
            "The firewall of the public edge stops many requests.",
        ),
        "refused": (
            "AWS/ApiGateway",
            "4XXError",
            api,
            "Average",
            0.5,
            "Half of the public edge's requests are refused: a key that leaked is being tried, or "
            "a client is broken.",
        ),
        "failed": (
            "AWS/ApiGateway",
            "5XXError",
            api,
            "Average",
            0.05,
            "One in twenty of the public edge's requests fails: look at the gateway behind it.",
        ),
    }
    for word, (space, metric, dimensions, statistic, threshold, said) in watched.items():
        aws.cloudwatch.MetricAlarm(
            f"{tell.name}-{word}",
            name=tell.scope.named(f"{tell.name}-{word}"),
            alarm_description=f"[{tell.scope.environment}] {said}",
            namespace=space,
            metric_name=metric,
            dimensions=dict(dimensions),
            statistic=statistic,
            period=PERIOD_SECONDS,
            evaluation_periods=2,
            threshold=threshold,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[tell.topic_arn],
            tags=tell.labels.tags(f"{tell.name}-{word}"),
            opts=tell.opts,
        )


def guard_pattern(scope: Scope, name: str) -> dict[str, Any]:
    """Calls that weaken what stands before the edge: its firewall, that one's log, its policy.

    An API's ID is not known before it is made: a change of any API of the Region counts.
    """
    firewall, stage = f"*/webacl/{scope.named(name)}/*", f"*/restapis/*/stages/{STAGE}"
    return either(
        calls(
            "wafv2",
            ["DeleteWebACL", "UpdateWebACL"],
            requestParameters={"name": [scope.named(name)]},
        ),
        calls(
            "wafv2",
            ["DisassociateWebACL"],
            requestParameters={"resourceArn": [{"wildcard": stage}]},
        ),
        calls(
            "wafv2",
            ["DeleteLoggingConfiguration"],
            requestParameters={"resourceArn": [{"wildcard": firewall}]},
        ),
        calls("apigateway", ["PutRestApi", "UpdateRestApi"]),
    )


def make_guard_alarms(tell: Telling) -> None:
    """Register the alarm of a guard that somebody takes away."""
    title = "A guard of the public edge was changed"
    make_alarm_rule(
        f"{tell.name}-guards",
        physical=fit(tell.scope.named(f"{tell.name}-guards"), EVENT_RULE),
        description=f"{title}.",
        pattern=guard_pattern(tell.scope, tell.name),
        message=call_message(
            tell.scope.environment,
            title,
            "If it was no deployment, deploy the edge again, then read its logs since.",
        ),
        topic_arn=tell.topic_arn,
        dead_letter_arn=tell.dead_letter_arn,
        labels=tell.labels,
        opts=tell.opts,
    )


def make_warnings(tell: Telling, opt_in: OptIn, *, today: datetime.date) -> None:
    """Register an EventBridge rule for each warning that is still to come.

    A rule and not a schedule of EventBridge Scheduler: that publishes as a role of the account, and
    nobody of the account may publish alarms.
    """
    for days, day in opt_in.warnings(today):
        named = f"{tell.name}-ends-in-{days}"
        said = (
            f"[{tell.scope.environment}] The public edge {opt_in.subject} closes by itself after "
            f"{opt_in.expires}. Owner: {opt_in.owner}. Do: let it close, or opt in anew."
        )
        rule = aws.cloudwatch.EventRule(
            named,
            name=fit(tell.scope.named(named), EVENT_RULE),
            description=f"Warns {days} days before the public edge closes.",
            schedule_expression=f"cron(0 8 {day.day} {day.month} ? {day.year})",
            tags=tell.labels.tags(named),
            opts=tell.opts,
        )
        aws.cloudwatch.EventTarget(
            named,
            rule=rule.name,
            target_id="alarms",
            arn=tell.topic_arn,
            input=json.dumps(said),
            dead_letter_config={"arn": tell.dead_letter_arn},
            opts=tell.opts,
        )
