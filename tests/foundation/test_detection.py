"""Threat detection (AUD-1)."""

import json
from typing import Any

import pytest

from bulkhead import ThreatDetection
from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, REGION, one, planned, refusal, scope

FEATURE = "aws:guardduty/detectorFeature:DetectorFeature"
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:prod-alarms"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:prod-alarms-undelivered"


def made(environment: str = "prod", tier: str = "restricted") -> Plan:
    args: Any = {
        "scope": scope(environment=environment),
        "tier": tier,
        "topic_arn": TOPIC,
        "dead_letter_arn": QUEUE,
    }
    return planned(lambda: ThreatDetection("detection", args))


def features(plan: Plan) -> dict[str, Any]:
    return {each.inputs["name"]: each.inputs for each in plan.of_type(FEATURE)}


@pytest.mark.parametrize("tier", Tier)
def test_every_cluster_and_bucket_is_watched_and_nodes_and_volumes_where_the_tier_asks(
    tier: Tier,
) -> None:
    found = features(made(tier=tier))
    asked = CATALOGUE[tier].detection
    status = {True: "ENABLED", False: "DISABLED"}
    assert found["EKS_AUDIT_LOGS"]["status"] == "ENABLED"
    assert found["S3_DATA_EVENTS"]["status"] == "ENABLED"
    assert found["RUNTIME_MONITORING"]["status"] == status[asked.runtime]
    assert found["EBS_MALWARE_PROTECTION"]["status"] == status[asked.malware]
    agents = {
        agent["name"]: agent["status"]
        for agent in found["RUNTIME_MONITORING"]["additionalConfigurations"]
    }
    assert agents["EKS_ADDON_MANAGEMENT"] == status[asked.runtime]
    assert agents["EC2_AGENT_MANAGEMENT"] == "DISABLED"


def test_the_detector_is_on_and_stays_where_data_is_protected() -> None:
    for environment in Environment:
        detector = one(made(environment=environment), "aws:guardduty/detector:Detector")
        assert detector.inputs["enable"] is True
        assert detector.inputs["findingPublishingFrequency"] == "FIFTEEN_MINUTES"
        assert detector.options["protect"] is ENVIRONMENTS[environment].protect_data


@pytest.mark.parametrize("environment", Environment)
def test_findings_alarm_from_the_environments_severity_and_above(environment: Environment) -> None:
    plan = made(environment=environment)
    pattern = json.loads(one(plan, RULE, "detection-finding").inputs["eventPattern"])
    least = ENVIRONMENTS[environment].watch.alarmed_severity
    assert pattern["detail"] == {"severity": [{"numeric": [">=", least]}]}


def test_alarms_go_to_people_and_none_is_lost() -> None:
    plan = made()
    for word in ("finding", "uncovered"):
        target = one(plan, TARGET, f"detection-{word}").inputs
        assert target["arn"] == TOPIC
        assert target["deadLetterConfig"] == {"arn": QUEUE}
        template = target["inputTransformer"]["inputTemplate"]
        assert template.startswith('"[prod] ')
        for value in target["inputTransformer"]["inputPaths"]:
            assert f"<{value}>" in template


def test_production_hears_of_more_than_dev() -> None:
    dev, prod = (ENVIRONMENTS[each].watch for each in (Environment.DEV, Environment.PROD))
    assert prod.alarmed_severity < dev.alarmed_severity


def test_an_unknown_tier_is_refused() -> None:
    args: Any = {
        "scope": scope(),
        "tier": "secret",
        "topic_arn": TOPIC,
        "dead_letter_arn": QUEUE,
    }
    assert refusal(lambda: ThreatDetection("detection", args)).startswith(
        "detection.tier: unknown tier, got 'secret'"
    )
