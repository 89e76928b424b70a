"""What the role of each duty may do, and what it may not whatever else is attached to it (IAM-2).

Every duty ends with denials of the other duties' parts, so that a policy which somebody attaches by
mistake doesn't make one role do both.
"""

from collections.abc import Callable, Mapping, Sequence

from bulkhead.domain.duties import Duty
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import ACCESS_LOGS, BUCKETS, Store
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.bucket_policies import OBJECT_ACCESS
from bulkhead.foundation.buckets import physical_name
from bulkhead.foundation.documents import ENVIRONMENT_RESOURCE_TAG, Statement, condition
from bulkhead.foundation.identity import ARTIFACT_READING, allow_key
from bulkhead.foundation.key_policies import APPROVED_TAG, REMOVAL, VERIFICATION
from bulkhead.foundation.key_uses import CRYPTOGRAPHY, via
from bulkhead.foundation.store_policies import (
    FILE_ACCESS,
    IMAGE_ACCESS,
    QUEUE_ACCESS,
    TABLE_ACCESS,
    VECTOR_ACCESS,
)

CONTENTS = sorted(
    [
        "ebs:GetSnapshotBlock",
        "ec2:GetConsoleScreenshot",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "ssm:SendCommand",
        "ssm:StartSession",
        *FILE_ACCESS,
        *QUEUE_ACCESS,
        *TABLE_ACCESS,
        *VECTOR_ACCESS,
    ]
)
"""What reaches data, prompts or secrets elsewhere than in buckets, whose policies and keys know the
roles themselves; a shell on a node does too."""

PUSHING = [action for action in IMAGE_ACCESS if action != "ecr:BatchDeleteImage"]
"""What pushes images; none of it deletes one."""

SUBMITTING = "sagemaker:CreateModelPackage"
DECIDING = "sagemaker:UpdateModelPackage"
STATUS = "sagemaker:ModelApprovalStatus"
PENDING, DECISIONS = "PendingManualApproval", ["Approved", "Rejected"]
"""Model Registry's approval states (Amazon SageMaker AI Developer Guide, "Update the Approval
Status of a Model")."""

BUILDING = ["ecr:PutImage", "kms:Sign", SUBMITTING]
"""What makes something that somebody else must approve."""

IN_BUCKET = "kms:EncryptionContext:aws:s3:arn"
"""The bucket that S3 opens an object of, where it has a bucket key."""

SECOND_FACTOR: Statement = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

MANAGED: Mapping[Duty, Mapping[str, str]] = {Duty.AUDITOR: {"settings": "SecurityAudit"}}
"""AWS managed policies of a duty: ``SecurityAudit`` reads how everything is set, and no content."""


def duty_statements(scope: Scope, tier: Tier, duty: Duty) -> list[Statement]:
    """The permissions of the role of one duty."""
    return _DUTIES[duty](scope, tier)


def _builder(scope: Scope, tier: Tier) -> list[Statement]:
    """Reads data, writes checkpoints and models, pushes images, signs and submits; no approval."""
    images = arns.regional(scope, "ecr", f"repository/{scope.environment}/{tier}/*")
    written = [Store.CHECKPOINTS, Store.MODELS]
    return [
        _allow("ReadStores", ARTIFACT_READING, _objects(scope, tier, *_built_from())),
        _allow("ListStores", ["s3:ListBucket"], _buckets(scope, tier, *_built_from())),
        _allow("WriteModels", ["s3:PutObject"], _objects(scope, tier, *written)),
        _open("OpenData", scope, tier, Purpose.DATA, ["kms:Decrypt"]),
        _open("OpenModels", scope, tier, Purpose.MODEL, ["kms:Decrypt", "kms:GenerateDataKey"]),
        {
            "Sid": "Sign",
            **allow_key(scope, tier, Purpose.SIGNING, ["kms:Sign", *VERIFICATION]),
        },
        _allow("PushImages", PUSHING, [images]),
        _allow("SignInToRegistries", ["ecr:GetAuthorizationToken"], ["*"]),
        _allow("SubmitModels", [SUBMITTING], _packages(scope, f"{tier}-"), _status(PENDING)),
        _deny("DenyApproving", [DECIDING]),
        _deny("DenySubmittingApproved", [SUBMITTING], {"StringNotEquals": {STATUS: PENDING}}),
    ]


def _approver(scope: Scope, _: Tier) -> list[Statement]:
    """Decides on submitted models and on the removal of keys; makes and reads nothing."""
    packages = _packages(scope, "")
    review = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"]
    removal: Statement = {
        "ForAllValues:StringEquals": {"aws:TagKeys": APPROVED_TAG},
        "Null": {"aws:TagKeys": "false"},
    }
    tagging = ["kms:TagResource", "kms:UntagResource"]
    return [
        _allow("ReviewModels", review, packages),
        _allow("DecideOnModels", [DECIDING], packages, _status(*DECISIONS)),
        _keys_of("VerifySignatures", scope, VERIFICATION, purpose=Purpose.SIGNING),
        _keys_of("ApproveKeyRemoval", scope, tagging, removal),
        _deny("DenyBuilding", BUILDING),
        _deny("DenyContents", CONTENTS),
    ]


def _custodian(scope: Scope, _: Tier) -> list[Statement]:
    """Removes keys whose removal the approver has approved."""
    return [
        _keys_of("RemoveKeys", scope, REMOVAL, SECOND_FACTOR),
        _deny("DenyBuildingAndApproving", [*BUILDING, DECIDING]),
        _deny("DenyContents", CONTENTS),
    ]


def _operator(scope: Scope, _: Tier) -> list[Statement]:
    """Keeps clusters running: sees what they are and log, replaces nodes; reads no content."""
    clusters = [arns.eks_cluster(scope, scope.named("*"))]
    groups = [arns.regional(scope, "eks", f"nodegroup/{scope.named('*')}/*/*")]
    logs = arns.log_group(scope, f"/aws/eks/{scope.named('*')}/cluster")
    ours: Statement = {"StringEquals": {ENVIRONMENT_RESOURCE_TAG: str(scope.environment)}}
    instances = [arns.regional(scope, "ec2", "instance/*")]
    look = [
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceStatus",
        "eks:ListClusters",
        "logs:DescribeLogGroups",
        "logs:GetQueryResults",
    ]
    return [
        _allow("Look", look, ["*"]),
        _allow(
            "ReachClusters",
            ["eks:AccessKubernetesApi", "eks:DescribeCluster", "eks:ListNodegroups"],
            clusters,
        ),
        _allow("ResizePools", ["eks:DescribeNodegroup", "eks:UpdateNodegroupConfig"], groups),
        _allow(
            "ReadClusterLogs",
            ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"],
            [logs, f"{logs}:*"],
        ),
        _allow("ReplaceNodes", ["ec2:RebootInstances", "ec2:TerminateInstances"], instances, ours),
        _deny("DenyBuildingAndApproving", [*BUILDING, DECIDING]),
        _deny("DenyContents", CONTENTS),
    ]


def _auditor(scope: Scope, tier: Tier) -> list[Statement]:
    """Reads evidence, access logs and how everything is set; no data, no prompts, no change."""
    shown = [Store.EVIDENCE, ACCESS_LOGS]
    read = _objects(scope, tier, *shown)
    elsewhere: Statement = {"ArnNotEquals": {IN_BUCKET: _buckets(scope, tier, *shown)}}
    return [
        _allow("ReadEvidence", ARTIFACT_READING, read),
        _open("OpenEvidence", scope, tier, Purpose.LOG, ["kms:Decrypt"]),
        _deny_elsewhere("DenyOtherObjects", ARTIFACT_READING, read),
        _deny("DenyChangingObjects", _changing()),
        _deny("DenyOpeningOthers", CRYPTOGRAPHY, elsewhere),
        _deny("DenyBuildingAndApproving", [*BUILDING, DECIDING]),
        _deny("DenyContents", CONTENTS),
    ]


def _break_glass(scope: Scope, tier: Tier) -> list[Statement]:
    """Reads the tier's buckets in an emergency, with a second factor; changes nothing (IAM-3)."""
    every: Sequence[str] = [*BUCKETS, ACCESS_LOGS]
    listed = _buckets(scope, tier, *every)
    keys = [arns.every_key(scope)]
    aliases = {"kms:ResourceAliases": f"alias/bulkhead/{scope.environment}/{tier}/*"}
    opening = condition(
        SECOND_FACTOR,
        {
            "StringEquals": {"kms:ViaService": via(scope, "s3")},
            "ForAnyValue:StringLike": aliases,
        },
    )
    return [
        _allow("ReadStores", ARTIFACT_READING, _objects(scope, tier, *every), SECOND_FACTOR),
        _allow("ListStores", ["s3:ListBucket"], listed, SECOND_FACTOR),
        _allow("OpenStores", ["kms:Decrypt"], keys, opening),
        _deny("DenyChangingObjects", _changing()),
        _deny("DenyBuildingAndApproving", [*BUILDING, DECIDING]),
    ]


_DUTIES: Mapping[Duty, Callable[[Scope, Tier], list[Statement]]] = {
    Duty.BUILDER: _builder,
    Duty.APPROVER: _approver,
    Duty.KEY_CUSTODIAN: _custodian,
    Duty.OPERATOR: _operator,
    Duty.AUDITOR: _auditor,
    Duty.BREAK_GLASS: _break_glass,
}


def _allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Statement | None = None
) -> Statement:
    found = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**found, "Condition": conditions} if conditions else found


def _deny(sid: str, actions: Sequence[str], conditions: Statement | None = None) -> Statement:
    return {**_allow(sid, actions, ["*"], conditions), "Effect": "Deny"}


def _deny_elsewhere(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """Deny ``actions`` on all but ``resources``."""
    denied = {"Sid": sid, "Effect": "Deny", "Action": list(actions)}
    return {**denied, "NotResource": list(resources)}


def _changing() -> list[str]:
    return [action for action in OBJECT_ACCESS if action not in ARTIFACT_READING]


def _built_from() -> list[Store]:
    """The buckets that training reads: all but evidence."""
    return [store for store in BUCKETS if store is not Store.EVIDENCE]


def _open(
    sid: str, scope: Scope, tier: Tier, purpose: Purpose, actions: Sequence[str]
) -> Statement:
    """Use of a key through S3."""
    through = {"kms:ViaService": f"s3.{scope.region}.amazonaws.com"}
    return {"Sid": sid, **allow_key(scope, tier, purpose, actions, StringEquals=through)}


def _keys_of(
    sid: str,
    scope: Scope,
    actions: Sequence[str],
    conditions: Statement | None = None,
    *,
    purpose: Purpose | None = None,
) -> Statement:
    """Permission on the environment's keys of every tier."""
    alias = f"alias/bulkhead/{scope.environment}/*/{purpose or '*'}"
    ours: Statement = {"ForAnyValue:StringLike": {"kms:ResourceAliases": alias}}
    return _allow(sid, actions, [arns.every_key(scope)], condition(ours, conditions or {}))


def _buckets(scope: Scope, tier: Tier, *stores: str) -> list[str]:
    return [arns.bucket(physical_name(scope, tier, each)) for each in stores]


def _objects(scope: Scope, tier: Tier, *stores: str) -> list[str]:
    return [f"{bucket}/*" for bucket in _buckets(scope, tier, *stores)]


def _packages(scope: Scope, prefix: str) -> list[str]:
    return [arns.regional(scope, "sagemaker", f"model-package/{scope.named(prefix)}*")]


def _status(*states: str) -> Statement:
    return {"StringEquals": {STATUS: list(states)}}
