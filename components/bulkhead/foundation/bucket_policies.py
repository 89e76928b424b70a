"""Bucket policies."""

from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    EVERYBODY,
    Document,
    deny_outside_partition,
    document,
)

OBJECT_ACCESS = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
]
"""What touches contents. Listing is left to IAM: HeadBucket needs it, and whoever deploys calls
that."""

OLDEST_TLS = "1.2"
"""The oldest TLS version that S3 is asked to accept."""


def bucket_policy(scope: Scope, tier: Tier, bucket_name: str) -> Document:
    """The policy of a bucket: denies only, since IAM and the boundary say who may come.

    It denies plain HTTP (FSBP S3.5) and old TLS, contents to principals of another environment or
    a lower tier, other encryption than KMS, and keys of another account, with which a thief would
    hold the contents to ransom. An upload that names no encryption gets the bucket's own; the
    account's other partitions refuse to encrypt here by their keys' policies.
    """
    bucket, objects = arns.bucket(bucket_name), arns.bucket(f"{bucket_name}/*")
    everything = {"Effect": "Deny", "Principal": EVERYBODY, "Resource": [bucket, objects]}
    method_header = "s3:x-amz-server-side-encryption"
    key_header = f"{method_header}-aws-kms-key-id"
    return document(
        {
            "Sid": "DenyPlainHttp",
            **everything,
            "Action": "s3:*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "DenyOldTls",
            **everything,
            "Action": "s3:*",
            "Condition": {"NumericLessThan": {"s3:TlsVersion": OLDEST_TLS}},
        },
        {
            "Sid": "DenyForeignKeys",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": {
                "Null": {key_header: "false"},
                "ArnNotLike": {key_header: arns.every_key(scope)},
            },
        },
        {
            "Sid": "DenyOtherEncryption",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": {
                "Null": {method_header: "false"},
                "StringNotEquals": {method_header: "aws:kms"},
            },
        },
        *deny_outside_partition(scope, tier, OBJECT_ACCESS, objects),
    )
