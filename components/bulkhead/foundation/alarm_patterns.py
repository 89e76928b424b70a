"""What people are woken for: patterns of events that EventBridge gets (AUD-1, IAM-3).

An attempt that AWS refused matches as well: the alarm then names the error. Patterns name nothing
inside lists of objects, which EventBridge would match across the objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bulkhead.domain.access import DEBUG
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns

API_CALL = "AWS API Call via CloudTrail"
SIGN_IN = "AWS Console Sign In via CloudTrail"
SERVICE_EVENT = "AWS Service Event via CloudTrail"

BY_PEOPLE = {"userIdentity": {"invokedBy": [{"exists": False}]}}
"""Calls that no AWS service made on somebody's behalf (CloudTrail User Guide, "userIdentity")."""


@dataclass(frozen=True)
class Alarm:
    """One reason to wake somebody.

    Attributes:
        name: last part of the rule's name.
        title: what happened, in a few words.
        advice: what to do first.
        pattern: the EventBridge pattern.
        worldwide: whether AWS may record the event in us-east-1, wherever the platform is: global
            services and their global endpoints do (CloudTrail User Guide, "Global service events").
        read_only: whether CloudTrail holds the call to be one that only reads, which rules see only
            when asked to (EventBridge User Guide, "Receiving read-only management events").
    """

    name: str
    title: str
    advice: str
    pattern: dict[str, Any]
    worldwide: bool = False
    read_only: bool = False


def calls(service: str, names: Sequence[str], **detail: Any) -> dict[str, Any]:
    """The pattern of calls of one service; ``detail`` narrows it down."""
    return {
        "source": [f"aws.{service}"],
        "detail-type": [API_CALL],
        "detail": {
            "eventSource": [f"{service}.amazonaws.com"],
            "eventName": list(names),
            **detail,
        },
    }


def either(*patterns: dict[str, Any]) -> dict[str, Any]:
    """The pattern of events that match one of the patterns."""
    return {"$or": list(patterns)}


def alarms(scope: Scope) -> list[Alarm]:
    """Every alarm of one environment."""
    return [*_people(scope), *_keys(), *_watchers(scope), *_stores(scope)]


def _people(scope: Scope) -> list[Alarm]:
    roles, policies = (
        f"arn:aws:iam::{scope.account_id}:{kind}/bulkhead/{scope.environment}/"
        for kind in ("role", "policy")
    )
    debugging = arns.role(scope, scope.named(f"{DEBUG}-*"), arns.PEOPLE)
    return [
        Alarm(
            "break-glass-used",
            "The break-glass role was taken on",
            "Find the incident that it was taken on for; if there is none, revoke its sessions.",
            calls(
                "sts",
                ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"],
                requestParameters={"roleArn": [{"wildcard": f"{roles}*-break-glass"}]},
            ),
            worldwide=True,
            read_only=True,
        ),
        Alarm(
            "debug-access-used",
            "Debug access to a tenant's pods was taken on",
            "Compare it with the reason that the program gives; if there is none, delete the role.",
            calls(
                "sts",
                ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"],
                requestParameters={"roleArn": [{"wildcard": debugging}]},
            ),
            worldwide=True,
            read_only=True,
        ),
        Alarm(
            "root-used",
            "The account's root user acted",
            "Ask the holder of its credentials; if it was not them, call AWS Support.",
            {
                "detail-type": [API_CALL, SIGN_IN],
                "detail": {
                    "userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]},
                    "eventType": [{"anything-but": "AwsServiceEvent"}],
                },
            },
            worldwide=True,
        ),
        Alarm(
            "sign-in-without-mfa",
            "Somebody signed in to the console without MFA",
            "Disable the user's password, then ask them.",
            {
                "source": ["aws.signin"],
                "detail-type": [SIGN_IN],
                "detail": {
                    "eventName": ["ConsoleLogin"],
                    # Federated sessions say No whatever their identity provider asked for.
                    "userIdentity": {"type": ["IAMUser", "Root"]},
                    "additionalEventData": {"MFAUsed": ["No"]},
                    "responseElements": {"ConsoleLogin": ["Success"]},
                },
            },
            worldwide=True,
        ),
        Alarm(
            "boundary-changed",
            "A permissions boundary was removed, replaced or rewritten",
            "Put it back by deploying the foundation layer, then see what the role did since.",
            either(
                calls(
                    "iam",
                    [
                        "DeleteRolePermissionsBoundary",
                        "DeleteUserPermissionsBoundary",
                        "PutRolePermissionsBoundary",
                        "PutUserPermissionsBoundary",
                    ],
                ),
                calls(
                    "iam",
                    ["CreatePolicyVersion", "DeletePolicy", "SetDefaultPolicyVersion"],
                    requestParameters={"policyArn": [{"prefix": policies}]},
                ),
            ),
            worldwide=True,
        ),
        Alarm(
            "role-recast",
            "A role's tags or trust were changed, which decide what it may open",
            "Compare the role with the deployed program; remove tags that it does not give.",
            calls("iam", ["TagRole", "UntagRole", "UpdateAssumeRolePolicy"]),
            worldwide=True,
        ),
    ]


def _keys() -> list[Alarm]:
    return [
        Alarm(
            "key-changed",
            "A KMS key was opened, disabled or is to be deleted",
            "Cancel a deletion, enable the key, and put its policy back by deploying the layer.",
            calls(
                "kms",
                [
                    "DeleteAlias",
                    "DisableKey",
                    "DisableKeyRotation",
                    "PutKeyPolicy",
                    "ReplicateKey",
                    "ScheduleKeyDeletion",
                    "UpdateAlias",
                ],
            ),
        ),
        Alarm(
            "key-granted",
            "Somebody granted the use of a KMS key",
            "Revoke the grant: only AWS services hold grants on the platform's keys.",
            calls("kms", ["CreateGrant"], **BY_PEOPLE),
        ),
    ]


def _watchers(scope: Scope) -> list[Alarm]:
    return [
        Alarm(
            "trail-changed",
            "The audit trail was stopped or changed",
            "Start it again; what happened meanwhile is in CloudTrail's event history only.",
            calls(
                "cloudtrail",
                [
                    "DeleteTrail",
                    "PutEventSelectors",
                    "PutInsightSelectors",
                    "StopLogging",
                    "UpdateTrail",
                ],
            ),
        ),
        Alarm(
            "detection-changed",
            "GuardDuty or AWS Config was stopped or blinded",
            "Turn it on again by deploying the foundation layer.",
            either(
                calls(
                    "guardduty",
                    [
                        "CreateFilter",
                        "CreateIPSet",
                        "DeleteDetector",
                        "DisassociateFromAdministratorAccount",
                        "StopMonitoringMembers",
                        "UpdateDetector",
                        "UpdateFilter",
                    ],
                ),
                calls(
                    "config",
                    [
                        "DeleteConfigurationRecorder",
                        "DeleteDeliveryChannel",
                        "PutConfigurationRecorder",
                        "PutDeliveryChannel",
                        "StopConfigurationRecorder",
                    ],
                ),
            ),
        ),
        Alarm(
            "alarm-muted",
            "An alarm or its way to people was taken away",
            "Deploy the foundation layer, then look for what should not have been heard.",
            either(
                calls(
                    "events",
                    ["DeleteRule", "DisableRule", "RemoveTargets"],
                    requestParameters=_either_key(["name", "rule"], f"{scope.environment}-"),
                ),
                calls("sns", ["DeleteTopic", "RemovePermission", "SetTopicAttributes"]),
            ),
        ),
    ]


def _stores(scope: Scope) -> list[Alarm]:
    ours = {"bucketName": [{"prefix": f"{scope.environment}-"}]}
    return [
        Alarm(
            "bucket-opened",
            "The policy, lock, encryption or lifetime of a bucket was changed",
            "Put it back by deploying the layer, then read the bucket's data events.",
            calls(
                "s3",
                [
                    "DeleteBucket",
                    "DeleteBucketEncryption",
                    "DeleteBucketLifecycle",
                    "DeleteBucketPolicy",
                    "DeleteBucketPublicAccessBlock",
                    "PutBucketAcl",
                    "PutBucketEncryption",
                    "PutBucketLifecycle",
                    "PutBucketObjectLockConfiguration",
                    "PutBucketPolicy",
                    "PutBucketPublicAccessBlock",
                    "PutBucketVersioning",
                ],
                requestParameters=ours,
            ),
        ),
        Alarm(
            "secret-opened",
            "A secret's policy or rotation was changed, or it was deleted",
            "Restore the secret, put its policy back, and rotate it.",
            calls(
                "secretsmanager",
                ["CancelRotateSecret", "DeleteResourcePolicy", "DeleteSecret", "PutResourcePolicy"],
            ),
        ),
        Alarm(
            "rotation-failed",
            "A secret could not be rotated",
            "Read the rotation function's log group; the old value still works.",
            {
                "source": ["aws.secretsmanager"],
                "detail-type": [SERVICE_EVENT],
                "detail": {"eventName": ["RotationFailed", "TestRotationFailed"]},
            },
        ),
        Alarm(
            "backup-attacked",
            "Recovery points or the vault that keeps them were to be removed",
            "Deny the caller's role, then check the vault's recovery points.",
            calls(
                "backup",
                [
                    "DeleteBackupPlan",
                    "DeleteBackupVault",
                    "DeleteBackupVaultAccessPolicy",
                    "DeleteBackupVaultLockConfiguration",
                    "DeleteRecoveryPoint",
                    "PutBackupVaultAccessPolicy",
                    "UpdateRecoveryPointLifecycle",
                ],
                # AWS Backup itself deletes recovery points whose time is over.
                **BY_PEOPLE,
            ),
        ),
        Alarm(
            "backup-failed",
            "A backup was not made",
            "Read the job's message in AWS Backup; the last good copy is that of the day before.",
            {
                "source": ["aws.backup"],
                "detail-type": ["Backup Job State Change"],
                "detail": {"state": ["ABORTED", "EXPIRED", "FAILED"]},
            },
        ),
    ]


def _either_key(keys: Sequence[str], prefix: str) -> dict[str, Any]:
    """Request parameters of which one begins with ``prefix``."""
    return either(*({key: [{"prefix": prefix}]} for key in keys))
