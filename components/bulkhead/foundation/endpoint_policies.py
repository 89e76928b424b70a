"""Policies of VPC endpoints: who reaches what through them.

An endpoint's policy grants nothing: it bounds what a caller's and a resource's own policies allow
(AWS PrivateLink Guide, "Control access to VPC endpoints using endpoint policies"). These admit the
environment's own roles, so that a credential brought into the VPC from elsewhere opens no account,
and what these roles read is written nowhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bulkhead.domain.endpoint_services import ACTION_PREFIXES, EndpointService
from bulkhead.domain.labels import Plane
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    EVERYBODY,
    PLANE_TAG,
    Document,
    Statement,
    document,
)

READING = ["s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]
WRITING = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectTagging",
]
WRITERS = [plane for plane in Plane if plane is not Plane.INFERENCE]
"""Planes whose pods write to buckets; an inference server only reads its model."""

TABLE_USE = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
]


def s3_gateway_policy(scope: Scope, guests: Sequence[str]) -> Document:
    """The environment's roles on its own buckets, and the layers of container images.

    Nobody carries data into another account's bucket this way, nor another environment's. ECR
    serves layers from its own buckets, to presigned requests that no account condition fits
    (Amazon ECR User Guide, "Amazon ECR interface VPC endpoints"). Nodes are Bottlerocket and
    install no packages: no repository of an operating system is needed.
    """
    return document(
        _own("OwnBuckets", scope, guests, [*READING, *WRITING], _buckets(scope)),
        {
            "Sid": "PullImageLayers",
            "Effect": "Allow",
            "Principal": EVERYBODY,
            "Action": "s3:GetObject",
            "Resource": arns.bucket(f"prod-{scope.region}-starport-layer-bucket/*"),
        },
    )


def s3_interface_policy(scope: Scope, guests: Sequence[str]) -> Document:
    """The endpoint that pods reach: all read, and those write that don't serve inference."""
    return document(
        _own("ReadOwnBuckets", scope, guests, READING, _buckets(scope)),
        _own(
            "WriteOwnBuckets",
            scope,
            guests,
            WRITING,
            _buckets(scope),
            {PLANE_TAG: [str(plane) for plane in WRITERS]},
        ),
    )


def dynamodb_policy(scope: Scope, guests: Sequence[str]) -> Document:
    """The environment's roles on its own tables."""
    tables = arns.table(scope, f"{scope.environment}-*")
    return document(_own("OwnTables", scope, guests, TABLE_USE, [tables, f"{tables}/index/*"]))


def service_policy(scope: Scope, service: EndpointService, guests: Sequence[str]) -> Document:
    """The environment's roles, for one service.

    The resources' account is left open: EKS add-ons pull their images from AWS's own registries.
    """
    if service is EndpointService.GUARDDUTY_DATA:
        return _telemetry(scope)
    prefix = ACTION_PREFIXES.get(service, str(service))
    return document(_own("OwnPrincipals", scope, guests, f"{prefix}:*", "*"))


def _telemetry(scope: Scope) -> Document:
    """What GuardDuty's agent sends: its API has no actions that a policy could name.

    Amazon GuardDuty User Guide, "Creating an Amazon VPC endpoint manually".
    """
    return document(
        {
            "Sid": "OwnAccount",
            "Effect": "Allow",
            "Principal": EVERYBODY,
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": scope.account_id}},
        }
    )


def _buckets(scope: Scope) -> list[str]:
    return [arns.bucket(f"{scope.environment}-*"), arns.bucket(f"{scope.environment}-*/*")]


def _own(
    sid: str,
    scope: Scope,
    guests: Sequence[str],
    actions: str | list[str],
    resources: str | list[str],
    conditions: Mapping[str, Any] | None = None,
) -> Statement:
    """Let the environment's roles and ``guests`` call ``actions``; named resources are its own.

    Roles are known by their path, which nobody can change, and which ECR's tokens carry too.
    """
    account = {"aws:PrincipalAccount": scope.account_id}
    if resources != "*":
        account["aws:ResourceAccount"] = scope.account_id
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": EVERYBODY,
        "Action": actions,
        "Resource": resources,
        "Condition": {
            "StringEquals": {**account, **(conditions or {})},
            "ArnLike": {"aws:PrincipalArn": [arns.every_role(scope), *guests]},
        },
    }
