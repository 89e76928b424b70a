"""Bucket policies."""

from collections.abc import Sequence

import pulumi

from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import Lock
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    EVERYBODY,
    Document,
    Statement,
    deny_outside_partition,
    document,
)

OBJECT_ACCESS = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
]
"""What touches contents. Listing is left to IAM: HeadBucket needs it, and whoever deploys calls
that, as are settings, which come from outside of the VPC."""

OLDEST_TLS = "1.2"
"""The oldest TLS version that S3 is asked to accept."""

LOG_DELIVERY = "logging.s3.amazonaws.com"
"""The service that writes server access logs."""


def bucket_policy(
    scope: Scope,
    tier: Tier,
    bucket_name: str,
    *,
    evidence_lock: Lock | None = None,
    vpc_id: pulumi.Input[str] | None = None,
    outside_roles: Sequence[str] = (),
) -> Document:
    """The policy of a bucket: denies only, since IAM and the boundary say who may come.

    It denies plain HTTP (FSBP S3.5) and old TLS; contents to principals of another environment or
    a lower tier, and to anyone who does not come through a VPC endpoint of the account, or of
    ``vpc_id``; other encryption than KMS, and keys of another account, with which a thief would
    hold the contents to ransom. An upload that names no encryption gets the bucket's own; the
    account's other partitions refuse to encrypt here by their keys' policies. Nobody lifts or
    shortens an ``evidence_lock``.
    """
    objects = arns.bucket(f"{bucket_name}/*")
    method_header = "s3:x-amz-server-side-encryption"
    key_header = f"{method_header}-aws-kms-key-id"
    uploads = {
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": "s3:PutObject",
        "Resource": objects,
    }
    return document(
        *encrypted_transport(bucket_name),
        {
            "Sid": "DenyForeignKeys",
            **uploads,
            "Condition": {
                "Null": {key_header: "false"},
                "ArnNotLike": {key_header: arns.every_key(scope)},
            },
        },
        {
            "Sid": "DenyOtherEncryption",
            **uploads,
            "Condition": {
                "Null": {method_header: "false"},
                "StringNotEquals": {method_header: "aws:kms"},
            },
        },
        *deny_outside_partition(scope, tier, OBJECT_ACCESS, objects),
        deny_other_networks(scope, objects, vpc_id, outside_roles),
        *(_keep_locks(objects, evidence_lock.days) if evidence_lock else []),
    )


def access_log_policy(scope: Scope, tier: Tier, bucket_name: str) -> Document:
    """The policy of a bucket for server access logs.

    Only the service that delivers them writes, for buckets of the account's partition (Amazon S3
    User Guide, "Enabling Amazon S3 server access logging"), and only its principals read.
    """
    objects = arns.bucket(f"{bucket_name}/*")
    return document(
        {
            "Sid": "LetS3DeliverAccessLogs",
            "Effect": "Allow",
            "Principal": {"Service": LOG_DELIVERY},
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": scope.account_id},
                "ArnLike": {"aws:SourceArn": arns.bucket(f"{scope.environment}-{tier}-*")},
            },
        },
        *encrypted_transport(bucket_name),
        {
            "Sid": "DenyForgedLogs",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": {"StringNotEquals": {"aws:PrincipalServiceName": LOG_DELIVERY}},
        },
        *deny_outside_partition(scope, tier, OBJECT_ACCESS, objects),
        deny_other_networks(scope, objects),
    )


def encrypted_transport(bucket_name: str) -> list[Statement]:
    """Deny plain HTTP and old TLS."""
    everything = {
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": "s3:*",
        "Resource": [arns.bucket(bucket_name), arns.bucket(f"{bucket_name}/*")],
    }
    return [
        {
            "Sid": "DenyPlainHttp",
            **everything,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "DenyOldTls",
            **everything,
            "Condition": {"NumericLessThan": {"s3:TlsVersion": OLDEST_TLS}},
        },
    ]


def deny_other_networks(
    scope: Scope,
    objects: str,
    vpc_id: pulumi.Input[str] | None = None,
    outside_roles: Sequence[str] = (),
) -> Statement:
    """Deny contents to who does not come through the account's own VPC endpoints.

    The endpoints' owner is known before any endpoint is, unlike their IDs, and a request from the
    internet has none (IAM User Guide, "aws:VpceAccount"; S3 sends it for gateway and interface
    endpoints). What an AWS service does for itself, or for a principal that called it, comes from
    the service's network.
    """
    network = {"aws:SourceVpc": vpc_id} if vpc_id else {"aws:VpceAccount": scope.account_id}
    condition: Statement = {
        "StringNotEquals": network,
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
    }
    if outside_roles:
        condition["ArnNotEquals"] = {"aws:PrincipalArn": list(outside_roles)}
    return {
        "Sid": "DenyOtherNetworks",
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": OBJECT_ACCESS,
        "Resource": objects,
        "Condition": condition,
    }


def _keep_locks(objects: str, days: int) -> list[Statement]:
    """Deny lifting a lock in governance mode, and shorter ones than the bucket's own."""
    everybody = {"Effect": "Deny", "Principal": EVERYBODY, "Resource": objects}
    return [
        {"Sid": "DenyLiftingLocks", **everybody, "Action": "s3:BypassGovernanceRetention"},
        {
            "Sid": "DenyShorterLocks",
            **everybody,
            "Action": ["s3:PutObject", "s3:PutObjectRetention"],
            "Condition": {
                "NumericLessThan": {"s3:object-lock-remaining-retention-days": str(days)}
            },
        },
    ]
