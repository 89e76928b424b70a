"""Key policies: who may administer a key and who may use it, through which service.

No statement delegates to the account without a condition. Principals are recognised by the tags
that the platform puts on its roles and by the ARNs of the administrators, and explicit denies fence
the partition whatever IAM policies allow (AWS KMS Developer Guide, "Key policies").
"""

from collections.abc import Sequence

from bulkhead.domain.partitions import Purpose
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    EVERYBODY,
    WORKLOAD_TAG,
    Document,
    Statement,
    deny_outside_partition,
    document,
    inside_partition,
)

CONTROL_PLANE = "control-plane"
"""The workload label of a cluster's own role, which encrypts Kubernetes secrets."""

ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]
"""What administrators do; none of it uses the key."""

REMOVAL = ["kms:DisableKey", "kms:ScheduleKeyDeletion"]
"""What makes ciphertext unreadable; allowed only where the environment does not protect data."""

CRYPTOGRAPHY = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
"""What uses the key."""


def key_policy(
    scope: Scope, tier: Tier, purposes: Sequence[Purpose], administrators: Sequence[str]
) -> Document:
    """The policy of a key that serves ``purposes`` in one environment and tier."""
    use = {
        Purpose.DATA: [_through_s3(scope, tier)],
        Purpose.MODEL: [_through_s3(scope, tier)],
        Purpose.LOG: [_logs(scope)],
        Purpose.SECRET: [_kubernetes_secrets(scope, tier)],
        Purpose.VOLUME: _volumes(scope, tier),
    }
    statements: dict[str, Statement] = {}
    for purpose in purposes:
        statements |= {statement["Sid"]: statement for statement in use[purpose]}
    return document(
        *_administration(scope, administrators),
        *statements.values(),
        *_fences(scope, tier, administrators),
    )


def _administration(scope: Scope, administrators: Sequence[str]) -> list[Statement]:
    """Administration without use.

    The administrators are recognised by ARN in a condition and not as principals: KMS replaces a
    principal's ARN by an ID, so that a role made anew under its old name would be locked out.
    """
    removal = [] if scope.rules.protect_data else REMOVAL
    only = {"ArnEquals": {"aws:PrincipalArn": list(administrators)}}
    return [
        {
            "Sid": "AdministerWithoutUse",
            "Effect": "Allow",
            "Principal": {"AWS": arns.root(scope)},
            "Action": [*ADMINISTRATION, *removal],
            "Resource": "*",
            "Condition": only,
        },
        {
            "Sid": "LetServicesHoldGrantsForAdministrators",
            "Effect": "Allow",
            "Principal": {"AWS": arns.root(scope)},
            "Action": "kms:CreateGrant",
            "Resource": "*",
            "Condition": {**only, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
    ]


def _through_s3(scope: Scope, tier: Tier) -> Statement:
    """S3 objects in the partition's own buckets.

    With a bucket key the encryption context is the bucket's ARN, so that the key opens nothing
    that lies elsewhere (Amazon S3 User Guide, "Using S3 Bucket Keys").
    """
    return {
        "Sid": "UseThroughS3",
        "Effect": "Allow",
        "Principal": {"AWS": arns.root(scope)},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                **inside_partition(scope, tier),
                "kms:ViaService": f"s3.{scope.region}.amazonaws.com",
            },
            "ArnLike": {
                "kms:EncryptionContext:aws:s3:arn": arns.bucket(f"{scope.environment}-{tier}-*")
            },
        },
    }


def _logs(scope: Scope) -> Statement:
    """CloudWatch Logs, for the environment's log groups.

    The encryption context is the group's ARN (CloudWatch Logs User Guide, "Encrypt log data in
    CloudWatch Logs using AWS KMS").
    """
    groups = [f"/bulkhead/{scope.environment}/*", f"/aws/eks/{scope.environment}-*/cluster"]
    return {
        "Sid": "UseByCloudWatchLogs",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{scope.region}.amazonaws.com"},
        "Action": [*CRYPTOGRAPHY, "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": [
                    arns.log_group(scope, group) for group in groups
                ]
            }
        },
    }


def _kubernetes_secrets(scope: Scope, tier: Tier) -> Statement:
    """The API server, which calls KMS as the cluster's role and through no service."""
    return {
        "Sid": "UseByKubernetesControlPlane",
        "Effect": "Allow",
        "Principal": {"AWS": arns.root(scope)},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {**inside_partition(scope, tier), WORKLOAD_TAG: CONTROL_PLANE}
        },
    }


def _volumes(scope: Scope, tier: Tier) -> list[Statement]:
    """EBS volumes: of pods by the storage driver, of nodes by EC2 Auto Scaling.

    Auto Scaling's service-linked role has no KMS permission of its own and must be a principal by
    name; it has to exist (Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use
    with encrypted volumes").
    """
    driver = {"AWS": arns.root(scope)}
    scaling = {"AWS": arns.autoscaling_role(scope)}
    through_ec2 = {
        "StringEquals": {
            **inside_partition(scope, tier),
            "kms:ViaService": f"ec2.{scope.region}.amazonaws.com",
        }
    }
    for_services = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    shared = {"Effect": "Allow", "Resource": "*"}
    return [
        {
            "Sid": "UseForVolumesOfPods",
            "Principal": driver,
            "Action": [*CRYPTOGRAPHY, "kms:DescribeKey"],
            "Condition": through_ec2,
            **shared,
        },
        {
            "Sid": "LetEc2HoldGrantsForVolumesOfPods",
            "Principal": driver,
            "Action": "kms:CreateGrant",
            "Condition": {**through_ec2, **for_services},
            **shared,
        },
        {
            "Sid": "UseForVolumesOfNodes",
            "Principal": scaling,
            "Action": [*CRYPTOGRAPHY, "kms:DescribeKey"],
            **shared,
        },
        {
            "Sid": "LetEc2HoldGrantsForVolumesOfNodes",
            "Principal": scaling,
            "Action": "kms:CreateGrant",
            "Condition": for_services,
            **shared,
        },
    ]


def _fences(scope: Scope, tier: Tier, administrators: Sequence[str]) -> list[Statement]:
    """What nothing may lift: the partition, the ban on free grants, administration without use."""
    return [
        *deny_outside_partition(
            scope,
            tier,
            ["kms:*"],
            "*",
            except_for=[
                *administrators,
                arns.autoscaling_role(scope),
                arns.ec2_infrastructure_role(scope),
            ],
        ),
        {
            "Sid": "DenyGrantsToOthersThanServices",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": "kms:CreateGrant",
            "Resource": "*",
            "Condition": {"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}},
        },
        {
            "Sid": "DenyUseByAdministrators",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": CRYPTOGRAPHY,
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": list(administrators)}},
        },
    ]
