"""Which events wake people (AUD-1, IAM-3), by EventBridge's own rules of matching."""

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from bulkhead.domain.environments import Environment
from bulkhead.domain.scope import Scope
from bulkhead.foundation.alarm_patterns import alarms
from tests.foundation.events import (
    ROOT,
    SOMEBODY,
    USER,
    by_service,
    call,
    event,
    service_event,
    sign_in,
)
from tests.foundation.samples import ACCOUNT, KEY, REGION

SCOPE = Scope(Environment.PROD, REGION, ACCOUNT, "o", "c", "p")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/bulkhead"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/bulkhead"


def assume(role: str, name: str = "AssumeRole", **detail: Any) -> dict[str, Any]:
    return call("sts", name, {"roleArn": role, "roleSessionName": "alice"}, readOnly=True, **detail)


def backup_job(state: str) -> dict[str, Any]:
    return event("aws.backup", "Backup Job State Change", {"state": state, "backupJobId": "b"})


def heard(given: dict[str, Any]) -> set[str]:
    """The alarms that an event sets off."""
    return {
        alarm.name
        for alarm in alarms(SCOPE)
        if EventPattern.load(json.dumps(alarm.pattern)).matches_event(given)  # type: ignore[arg-type]
    }


ALARMING: list[tuple[str, dict[str, Any]]] = [
    ("break-glass-used", assume(f"{ROLE}/prod/prod-break-glass")),
    ("break-glass-used", assume(f"{ROLE}/prod/prod-break-glass", "AssumeRoleWithSAML")),
    ("break-glass-used", assume(f"{ROLE}/prod/regulated/prod-regulated-break-glass")),
    ("break-glass-used", assume(f"{ROLE}/prod/prod-break-glass", errorCode="AccessDenied")),
    ("debug-access-used", assume(f"{ROLE}/prod/people/prod-debug-acme-incident-4711")),
    ("debug-access-used", assume(f"{ROLE}/prod/people/prod-debug-acme-x", "AssumeRoleWithSAML")),
    ("root-used", call("ec2", "RunInstances", {}, who=ROOT)),
    ("root-used", call("iam", "CreateAccessKey", None, who=ROOT)),
    ("root-used", sign_in(ROOT, mfa="Yes")),
    ("sign-in-without-mfa", sign_in(USER)),
    *[
        ("boundary-changed", call("iam", name, {"roleName": "prod-x"}))
        for name in ("DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary")
    ],
    ("boundary-changed", call("iam", "DeleteUserPermissionsBoundary", {"userName": "alice"})),
    *[
        ("boundary-changed", call("iam", name, {"policyArn": f"{POLICY}/prod/prod-boundary"}))
        for name in ("CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy")
    ],
    *[
        ("role-recast", call("iam", name, {"roleName": "anything"}))
        for name in ("TagRole", "UntagRole", "UpdateAssumeRolePolicy")
    ],
    *[
        ("key-changed", call("kms", name, {"keyId": KEY}))
        for name in (
            "DisableKey",
            "DisableKeyRotation",
            "PutKeyPolicy",
            "ReplicateKey",
            "ScheduleKeyDeletion",
        )
    ],
    *[
        ("key-changed", call("kms", name, {"aliasName": "alias/bulkhead/prod/internal/data"}))
        for name in ("UpdateAlias", "DeleteAlias")
    ],
    ("key-changed", call("kms", "PutKeyPolicy", None, errorCode="AccessDenied")),
    ("key-granted", call("kms", "CreateGrant", {"keyId": KEY})),
    *[
        ("trail-changed", call("cloudtrail", name, {"name": "prod-audit"}))
        for name in (
            "DeleteTrail",
            "PutEventSelectors",
            "PutInsightSelectors",
            "StopLogging",
            "UpdateTrail",
        )
    ],
    *[
        ("detection-changed", call("guardduty", name, {"detectorId": "12abc"}))
        for name in ("DeleteDetector", "UpdateDetector", "CreateFilter", "StopMonitoringMembers")
    ],
    *[
        ("detection-changed", call("config", name, {}))
        for name in (
            "DeleteConfigurationRecorder",
            "DeleteDeliveryChannel",
            "PutConfigurationRecorder",
            "StopConfigurationRecorder",
        )
    ],
    ("alarm-muted", call("events", "DisableRule", {"name": "prod-alarms-root-used"})),
    ("alarm-muted", call("events", "DeleteRule", {"name": "prod-alarms-root-used"})),
    ("alarm-muted", call("events", "RemoveTargets", {"rule": "prod-alarms-root-used"})),
    ("alarm-muted", call("sns", "DeleteTopic", {"topicArn": "t"})),
    *[
        ("bucket-opened", call("s3", name, {"bucketName": "prod-regulated-evidence-x"}))
        for name in (
            "DeleteBucketEncryption",
            "DeleteBucketLifecycle",
            "DeleteBucketPolicy",
            "PutBucketAcl",
            "PutBucketObjectLockConfiguration",
            "PutBucketPolicy",
            "PutBucketPublicAccessBlock",
            "PutBucketVersioning",
        )
    ],
    *[
        ("secret-opened", call("secretsmanager", name, {"secretId": "prod/internal/x"}))
        for name in (
            "CancelRotateSecret",
            "DeleteResourcePolicy",
            "DeleteSecret",
            "PutResourcePolicy",
        )
    ],
    ("rotation-failed", service_event("secretsmanager", "RotationFailed")),
    *[
        ("backup-attacked", call("backup", name, {"backupVaultName": "prod-backups"}))
        for name in (
            "DeleteBackupVault",
            "DeleteBackupVaultLockConfiguration",
            "DeleteRecoveryPoint",
            "PutBackupVaultAccessPolicy",
        )
    ],
    *[("backup-failed", backup_job(state)) for state in ("ABORTED", "EXPIRED", "FAILED")],
]

QUIET: list[tuple[str, dict[str, Any]]] = [
    ("another role", assume(f"{ROLE}/prod/prod-operator")),
    ("another environment's role", assume(f"{ROLE}/dev/dev-break-glass")),
    ("a role that is called alike", assume(f"{ROLE}/prod/prod-break-glass-2")),
    ("a role elsewhere", assume(f"{ROLE}/prod/prod-break-glass".replace("/bulkhead", ""))),
    ("a call that STS makes no session for", call("sts", "GetCallerIdentity")),
    ("a service for the root user", call("kms", "Decrypt", who={**ROOT, "invokedBy": "s3"})),
    ("a sign-in with MFA", sign_in(USER, mfa="Yes")),
    ("a sign-in that failed", sign_in(USER, result="Failure")),
    ("a federated sign-in", sign_in(SOMEBODY)),
    ("another environment's policy", call("iam", "DeletePolicy", {"policyArn": f"{POLICY}/dev/x"})),
    ("a new role", call("iam", "CreateRole", {"roleName": "prod-x"})),
    ("a grant through a service", call("kms", "CreateGrant", who=by_service("ec2"))),
    ("use of a key", call("kms", "Decrypt", {"keyId": KEY})),
    ("a key's rotation", service_event("kms", "RotateKey")),
    ("a look at the trail", call("cloudtrail", "GetTrailStatus", {"name": "prod-audit"})),
    ("a new trail", call("cloudtrail", "StartLogging", {"name": "prod-audit"})),
    ("a look at findings", call("guardduty", "GetFindings", {"detectorId": "12abc"})),
    ("a bucket of another environment", call("s3", "PutBucketPolicy", {"bucketName": "dev-x"})),
    ("another bucket", call("s3", "PutBucketPolicy", {"bucketName": "web-prod-x"})),
    ("an object", call("s3", "PutObject", {"bucketName": "prod-regulated-evidence-x"})),
    ("another environment's rule", call("events", "DeleteRule", {"name": "dev-alarms-root-used"})),
    ("a reading of a secret", call("secretsmanager", "GetSecretValue", {"secretId": "x"})),
    ("a rotation that worked", service_event("secretsmanager", "RotationSucceeded")),
    ("an end of time", call("backup", "DeleteRecoveryPoint", who=by_service("backup"))),
    ("a backup", backup_job("COMPLETED")),
    ("another service's call of that name", call("other", "PutKeyPolicy", {"keyId": KEY})),
]  # fmt: skip


@pytest.mark.parametrize(("alarm", "given"), ALARMING)
def test_an_event_sets_off_its_alarm_and_no_other(alarm: str, given: dict[str, Any]) -> None:
    assert heard(given) == {alarm}


@pytest.mark.parametrize("given", [given for _, given in QUIET], ids=[name for name, _ in QUIET])
def test_neighbouring_events_wake_nobody(given: dict[str, Any]) -> None:
    assert heard(given) == set()


def test_root_without_mfa_is_both() -> None:
    assert heard(sign_in(ROOT)) == {"root-used", "sign-in-without-mfa"}


def test_every_call_that_a_pattern_names_was_shown_to_alarm_or_is_told() -> None:
    """So that no misspelt name hides in a pattern: these are of the same kind as their siblings."""
    shown = {given["detail"].get("eventName") for _, given in ALARMING}
    named = {name for alarm in alarms(SCOPE) for name in _event_names(alarm.pattern)}
    assert named - shown == {
        "AssumeRoleWithWebIdentity",
        "CreateIPSet",
        "DeleteBackupPlan",
        "DeleteBackupVaultAccessPolicy",
        "DeleteBucket",
        "DeleteBucketPublicAccessBlock",
        "DisassociateFromAdministratorAccount",
        "PutBucketEncryption",
        "PutBucketLifecycle",
        "PutDeliveryChannel",
        "PutUserPermissionsBoundary",
        "RemovePermission",
        "SetTopicAttributes",
        "TestRotationFailed",
        "UpdateFilter",
        "UpdateRecoveryPointLifecycle",
    }


def _event_names(pattern: dict[str, Any]) -> set[str]:
    names = set(pattern.get("detail", {}).get("eventName", []))
    return names.union(*(_event_names(one) for one in pattern.get("$or", [])))


def test_what_global_services_record_is_looked_for_in_their_region() -> None:
    worldwide = {alarm.name for alarm in alarms(SCOPE) if alarm.worldwide}
    assert worldwide == {
        "boundary-changed",
        "break-glass-used",
        "debug-access-used",
        "role-recast",
        "root-used",
        "sign-in-without-mfa",
    }


def test_taking_on_a_role_only_reads_so_its_rule_asks_for_such_calls() -> None:
    reading = {alarm.name for alarm in alarms(SCOPE) if alarm.read_only}
    assert reading == {"break-glass-used", "debug-access-used"}
