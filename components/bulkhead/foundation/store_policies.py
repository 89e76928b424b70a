"""Policies of stores that are no buckets, all of one shape.

They deny what crosses the partition, and let IAM and the boundary say who of the partition may
come. Settings are left to IAM, so that whoever deploys needs no label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    EVERYBODY,
    TENANT_TAG,
    Document,
    Statement,
    condition,
    deny_outside_partition,
    document,
)

VECTOR_ACCESS = [
    "s3vectors:DeleteVectors",
    "s3vectors:GetVectors",
    "s3vectors:ListVectors",
    "s3vectors:PutVectors",
    "s3vectors:QueryVectors",
]
"""What touches vectors."""

TABLE_ACCESS = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLSelect",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
]
"""What touches items."""

QUEUE_ACCESS = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:PurgeQueue",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "sqs:StartMessageMoveTask",
]
"""What touches messages; SQS takes at most seven actions in a statement."""

TOPIC_ACCESS = ["sns:Publish", "sns:Subscribe"]
"""What touches messages of a topic, now or later."""

SAFE_PROTOCOLS = ["firehose", "https", "lambda", "sqs"]
"""How a topic may deliver: to machines, over TLS."""

IMAGE_ACCESS = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchDeleteImage",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
]
"""What pulls, pushes and deletes images."""

SECRET_ACCESS = [
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
]
"""What touches values. ``UpdateSecret`` can write one too, but whoever deploys needs it to set the
description and the key; the old value stays, as the previous version."""

FILE_ACCESS = [
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientRootAccess",
    "elasticfilesystem:ClientWrite",
]
"""What NFS clients do."""


@dataclass(frozen=True)
class ServiceAccess:
    """An AWS service that writes into a store for one of the account's resources.

    Attributes:
        service: its principal, such as ``sns.amazonaws.com``.
        source_arn: the resource, or a pattern of resources.
    """

    service: str
    source_arn: str


def let_services(
    scope: Scope, services: Sequence[ServiceAccess], action: str, resource: str
) -> list[Statement]:
    """Allow services what they do for resources of the account, and for nobody else's.

    The conditions keep a service from being talked into it by somebody else (IAM User Guide, "The
    confused deputy problem").
    """
    return [
        {
            "Sid": f"LetService{place}",
            "Effect": "Allow",
            "Principal": {"Service": each.service},
            "Action": action,
            "Resource": resource,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": scope.account_id},
                "ArnLike": {"aws:SourceArn": each.source_arn},
            },
        }
        for place, each in enumerate(services, start=1)
    ]


def deny_plain_http(actions: str | Sequence[str], resources: str | Sequence[str]) -> Statement:
    """Deny requests that TLS does not carry."""
    return {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": actions,
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def vector_policy(scope: Scope, tier: Tier, bucket_arn: str) -> Document:
    """The policy of a vector bucket; vectors are reached through VPC endpoints alone.

    Whether S3 Vectors sends the owner of an endpoint is not documented, so that any endpoint will
    do here; the endpoints' own policies and the partition's labels say whose.
    """
    indexes = f"{bucket_arn}/index/*"
    return document(
        deny_plain_http("s3vectors:*", [bucket_arn, indexes]),
        *deny_outside_partition(scope, tier, VECTOR_ACCESS, indexes),
        _deny_the_internet(VECTOR_ACCESS, indexes),
    )


def secret_policy(scope: Scope, tier: Tier, tenant: str, rotation_role_arn: str) -> Document:
    """The policy of a secret: its tenant's roles in the partition read it, from inside of a VPC.

    The tenant is a tag of the role, beside the path which no tag can forge. Rotation serves every
    tenant, from Lambda's own network. "*" is the secret that the policy belongs to (AWS Secrets
    Manager User Guide, "Resource-based policies").
    """
    all_but_rotation: Statement = {"ArnNotEquals": {"aws:PrincipalArn": rotation_role_arn}}
    internet = _deny_the_internet(SECRET_ACCESS, "*")
    return document(
        *deny_outside_partition(scope, tier, SECRET_ACCESS, "*"),
        {
            "Sid": "DenyOtherTenants",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": SECRET_ACCESS,
            "Resource": "*",
            "Condition": condition({"StringNotEquals": {TENANT_TAG: tenant}}, all_but_rotation),
        },
        {**internet, "Condition": condition(internet["Condition"], all_but_rotation)},
    )


def _deny_the_internet(actions: Sequence[str], resources: str) -> Statement:
    return {
        "Sid": "DenyTheInternet",
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": actions,
        "Resource": resources,
        "Condition": {
            "Null": {"aws:SourceVpce": "true"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
        },
    }


def table_policy(scope: Scope, tier: Tier, table_arn: str) -> Document:
    """The policy of a table and its indexes."""
    resources = [table_arn, f"{table_arn}/index/*"]
    return document(
        deny_plain_http("dynamodb:*", resources),
        *deny_outside_partition(scope, tier, TABLE_ACCESS, resources),
    )


def queue_policy(
    scope: Scope, tier: Tier, queue_arn: str, senders: Sequence[ServiceAccess] = ()
) -> Document:
    """The policy of a queue (FSBP SQS.3)."""
    return document(
        *let_services(scope, senders, "sqs:SendMessage", queue_arn),
        deny_plain_http("sqs:*", queue_arn),
        *deny_outside_partition(scope, tier, QUEUE_ACCESS, queue_arn),
    )


def topic_policy(
    scope: Scope, tier: Tier, topic_arn: str, publishers: Sequence[ServiceAccess] = ()
) -> Document:
    """The policy of a topic (FSBP SNS.4); who could subscribe another address hears all of it."""
    return document(
        *let_services(scope, publishers, "sns:Publish", topic_arn),
        deny_plain_http("sns:Publish", topic_arn),
        *deny_outside_partition(scope, tier, TOPIC_ACCESS, topic_arn),
        {
            "Sid": "DenyOtherProtocols",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": "sns:Subscribe",
            "Resource": topic_arn,
            "Condition": {"StringNotEquals": {"sns:Protocol": SAFE_PROTOCOLS}},
        },
    )


def repository_policy(scope: Scope, tier: Tier) -> Document:
    """The policy of an image repository.

    It names no resource (Amazon ECR User Guide, "Private repository policies"). The service-linked
    roles with which AWS scans images carry no labels.
    """
    fences = deny_outside_partition(
        scope, tier, IMAGE_ACCESS, None, except_for=[arns.service_linked_roles(scope)]
    )
    return document(*({k: v for k, v in fence.items() if k != "Resource"} for fence in fences))


def file_system_policy(scope: Scope, tier: Tier) -> Document:
    """The policy of a file system.

    It replaces the one that EFS has by default, with which anyone who reaches a mount target reads
    and writes as root (Amazon EFS User Guide, "Using IAM to control file system data access"):
    nobody is let in whom IAM does not know, nobody as root, and nobody past an access point.
    """
    everybody = {"Effect": "Deny", "Principal": EVERYBODY, "Resource": "*"}
    return document(
        deny_plain_http("elasticfilesystem:*", "*"),
        {"Sid": "DenyRoot", **everybody, "Action": "elasticfilesystem:ClientRootAccess"},
        {
            "Sid": "DenyWithoutAccessPoint",
            **everybody,
            "Action": FILE_ACCESS,
            "Condition": {"Null": {"elasticfilesystem:AccessPointArn": "true"}},
        },
        {
            "Sid": "DenyWithoutMountTarget",
            **everybody,
            "Action": FILE_ACCESS,
            "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}},
        },
        *deny_outside_partition(scope, tier, FILE_ACCESS, "*"),
    )
