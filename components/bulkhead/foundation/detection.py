"""Threat detection."""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Plane
from bulkhead.domain.names import EVENT_RULE, fit
from bulkhead.domain.tiers import CATALOGUE, DetectionRules
from bulkhead.foundation.alarm_rules import Message, make_alarm_rule
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.component import Component

ALWAYS = ("EKS_AUDIT_LOGS", "S3_DATA_EVENTS", "LAMBDA_NETWORK_LOGS")
"""Features that cost by what they see and need nothing in the account (FSBP GuardDuty.5, .6, .10).
GuardDuty reads CloudTrail, flow and DNS logs without being told."""

AGENTS = ("EKS_ADDON_MANAGEMENT", "EC2_AGENT_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT")
"""Whose agents GuardDuty can manage. On EKS nodes its agent is the add-on's."""


class ThreatDetectionArgs(TypedDict):
    """What ``ThreatDetection`` takes."""

    scope: ScopeArgs
    """Environment, account and Region that are watched."""
    tier: str
    """Highest tier in use; how much is watched follows from it."""
    topic_arn: pulumi.Input[str]
    """ARN of the topic of ``AuditAlarms``."""
    dead_letter_arn: pulumi.Input[str]
    """ARN of its queue of alarms that could not be delivered."""


class ThreatDetection(Component):
    """GuardDuty, and its findings as alarms (AUD-1).

    It watches the account's calls, networks and names, EKS audit logs, S3 and Lambda. Where the
    tier asks, an agent on every EKS node watches processes, files and connections (FSBP
    GuardDuty.7): GuardDuty installs it as an add-on in each cluster, with an endpoint in its VPC,
    and alarms tell when a node is not covered. Where the tier asks, the volumes of a suspicious
    instance are scanned for malware (FSBP GuardDuty.8). Features that no tier asks for are off by
    name, so that a new account's defaults don't decide.

    Findings alarm from the severity that the environment asks. There is one detector for an account
    and Region: adopt one that is there with ``pulumi import``.

    Example:
        from bulkhead import AuditAlarms, KeyPartition, ThreatDetection
        from bulkhead.domain.partitions import Purpose

        administrators = ["arn:aws:iam::111122223333:role/platform-deployer"]
        scope = {
            "environment": "prod",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        place = {"scope": scope, "tier": "confidential"}
        keys = KeyPartition("keys", {**place, "administrators": administrators})
        alarms = AuditAlarms(
            "alarms",
            {**place, "key_arn": keys.arn(Purpose.LOG), "administrators": administrators},
        )
        ThreatDetection(
            "detection",
            {
                **place,
                "topic_arn": alarms.topic_arn,
                "dead_letter_arn": alarms.dead_letter_arn,
            },
        )
    """

    detector_id: pulumi.Output[str]
    """ID of the detector."""

    def __init__(
        self, name: str, args: ThreatDetectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Watch.

        Raises:
            RefusedError: the scope or the tier is refused.
        """
        args = checked(args, ThreatDetectionArgs, where=name)
        scope, tier = read_place(args, where=name)
        super().__init__(name, opts)
        labels = scope.labels(tier, Plane.CONTROL, "threat-detection")
        detector = aws.guardduty.Detector(
            name,
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            tags=labels.tags(name),
            opts=self._child(protect=scope.rules.protect_data),
        )
        for feature, status, agents in features(CATALOGUE[tier].detection):
            aws.guardduty.DetectorFeature(
                f"{name}-{feature.lower().replace('_', '-')}",
                detector_id=detector.id,
                name=feature,
                status=status,
                additional_configurations=agents or None,
                opts=self._child(),
            )
        for word, (title, pattern, message) in _alarms(scope.rules.watch.alarmed_severity).items():
            make_alarm_rule(
                f"{name}-{word}",
                physical=fit(scope.named(f"{name}-{word}"), EVENT_RULE),
                description=f"{title}.",
                pattern=pattern,
                message=Message(
                    [f"[{scope.environment}] {title}.", *message.lines], message.values
                ),
                topic_arn=args["topic_arn"],
                dead_letter_arn=args["dead_letter_arn"],
                labels=labels,
                opts=self._child(),
            )
        self._export({"detector_id": detector.id})


def features(rules: DetectionRules) -> list[tuple[str, str, Sequence[dict[str, str]]]]:
    """Each feature of GuardDuty, whether it is on, and whose agents it manages then."""
    found: list[tuple[str, str, Sequence[dict[str, str]]]] = [
        (feature, _status(True), ()) for feature in ALWAYS
    ]
    managed = [
        {"name": agent, "status": _status(rules.runtime and agent == AGENTS[0])} for agent in AGENTS
    ]
    return [
        *found,
        ("RUNTIME_MONITORING", _status(rules.runtime), managed),
        ("EBS_MALWARE_PROTECTION", _status(rules.malware), ()),
        ("RDS_LOGIN_EVENTS", _status(False), ()),
    ]


def _status(on: bool) -> str:
    return "ENABLED" if on else "DISABLED"


def _alarms(severity: int) -> dict[str, tuple[str, dict[str, Any], Message]]:
    """The alarms by name: title, pattern of the events, and what is told.

    Amazon GuardDuty User Guide, "Processing GuardDuty findings with Amazon EventBridge".
    """
    finding = {
        "source": ["aws.guardduty"],
        "detail-type": ["GuardDuty Finding"],
        "detail": {"severity": [{"numeric": [">=", severity]}]},
    }
    uncovered = {
        "source": ["aws.guardduty"],
        "detail-type": ["GuardDuty Runtime Protection Unhealthy"],
    }
    return {
        "finding": ("GuardDuty found a threat", finding, FINDING),
        "uncovered": ("Nodes are not watched by GuardDuty's agent", uncovered, UNCOVERED),
    }


FINDING = Message(
    lines=(
        "What: <type>, severity <severity>",
        "Told: <title>",
        "On: <kind> <cluster> <instance> <bucket>",
        "Where: account <account>, <region>, at <time>",
        "Do: open the finding, quarantine what it names, then read the trail around that time.",
        "Look up: GuardDuty finding <id>",
    ),
    values={
        "type": "$.detail.type",
        "severity": "$.detail.severity",
        "title": "$.detail.title",
        "kind": "$.detail.resource.resourceType",
        "cluster": "$.detail.resource.eksClusterDetails.name",
        "instance": "$.detail.resource.instanceDetails.instanceId",
        "bucket": "$.detail.resource.s3BucketDetails[0].name",
        "account": "$.account",
        "region": "$.region",
        "time": "$.time",
        "id": "$.detail.id",
    },
)

UNCOVERED = Message(
    lines=(
        "On: <kind> <cluster>",
        "Why: <issue>",
        "Where: account <account>, <region>, at <time>",
        "Do: look at the add-on aws-guardduty-agent and at the endpoint guardduty-data of the VPC.",
    ),
    values={
        "kind": "$.detail.resourceDetails.resourceType",
        "cluster": "$.detail.resourceDetails.eksClusterDetails.clusterName",
        "issue": "$.detail.issue",
        "account": "$.account",
        "region": "$.region",
        "time": "$.time",
    },
)
