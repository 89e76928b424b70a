"""The record of configurations (AUD-1)."""

import json
from typing import Any

import pytest

from bulkhead import ConfigurationRecord
from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, KEY, REGION, one, planned, refusal, scope

RECORDER, CHANNEL = "aws:cfg/recorder:Recorder", "aws:cfg/deliveryChannel:DeliveryChannel"
STATUS, RULE = "aws:cfg/recorderStatus:RecorderStatus", "aws:cfg/rule:Rule"
ROLE = "aws:iam/serviceLinkedRole:ServiceLinkedRole"


def arguments(environment: str = "prod", tier: str = "restricted", **changes: Any) -> Any:
    return {
        "scope": scope(environment=environment),
        "tier": tier,
        "key_arn": KEY,
        "access_log_bucket": "logs",
        **changes,
    }


def made(**changes: Any) -> Plan:
    return planned(
        lambda: ConfigurationRecord("record", arguments(**changes)),
        assume_applied=True,
        config={"aws:region": REGION},
    )


@pytest.mark.parametrize("environment", Environment)
def test_everything_is_recorded_as_closely_as_the_environment_is_watched(
    environment: Environment,
) -> None:
    recorder = one(made(environment=environment), RECORDER).inputs
    assert recorder["recordingGroup"] == {"allSupported": True, "includeGlobalResourceTypes": True}
    frequency = "CONTINUOUS" if ENVIRONMENTS[environment].watch.continuous else "DAILY"
    assert recorder["recordingMode"] == {"recordingFrequency": frequency}


def test_it_records_once_it_can_deliver_and_judges_once_it_records() -> None:
    plan = made()
    status, channel = one(plan, STATUS), one(plan, CHANNEL)
    assert status.inputs["isEnabled"] is True
    assert channel.urn in status.dependencies
    assert one(plan, RECORDER).urn in channel.dependencies
    assert all(status.urn in rule.dependencies for rule in plan.of_type(RULE))


def test_it_records_with_the_services_own_role_which_is_made_unless_the_account_has_it() -> None:
    plan = made()
    role = one(plan, ROLE)
    assert role.inputs["awsServiceName"] == "config.amazonaws.com"
    assert one(plan, RECORDER).inputs["roleArn"] == (
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    )
    assert not list(made(make_role=False).of_type(ROLE))


def test_records_are_encrypted_and_kept_as_evidence_without_the_lock_that_config_refuses() -> None:
    plan = made()
    assert one(plan, CHANNEL).inputs["s3KmsKeyArn"] == KEY
    bucket = one(plan, "aws:s3/bucket:Bucket").inputs
    assert bucket["objectLockEnabled"] is False
    lifecycle = one(plan, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs
    ends = [rule["expiration"] for rule in lifecycle["rules"] if "expiration" in rule]
    assert ends == [{"days": CATALOGUE[Tier.RESTRICTED].retention.evidence_days}]


def judged(plan: Plan) -> dict[str, dict[str, str]]:
    return {
        rule.inputs["source"]["sourceIdentifier"]: json.loads(
            rule.inputs.get("inputParameters", "{}")
        )
        for rule in plan.of_type(RULE)
    }


@pytest.mark.parametrize("tier", Tier)
def test_rules_judge_by_the_catalogues_numbers(tier: Tier) -> None:
    found, asked = judged(made(tier=tier)), CATALOGUE[tier]
    assert found["SECRETSMANAGER_SECRET_PERIODIC_ROTATION"] == {
        "maxDaysSinceRotation": str(max(t.secrets.rotation_days for t in CATALOGUE.values()))
    }
    assert found["CW_LOGGROUP_RETENTION_PERIOD_CHECK"] == {
        "MinRetentionTime": str(min(t.retention.log_days for t in CATALOGUE.values()))
    }
    runtime = "GUARDDUTY_EKS_PROTECTION_RUNTIME_ENABLED"
    assert (runtime in found) is asked.detection.runtime
    assert ("BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED" in found) is asked.backup.locked


def test_a_retention_under_the_tiers_minimum_is_refused() -> None:
    args = arguments(tier="public", retention_days=364)
    assert refusal(lambda: ConfigurationRecord("record", args)) == (
        "record.retention_days: a retention under the tier's minimum, got '364'; "
        "allowed: 365 days or more for evidence of tier public"
    )
