"""Policies of what audit writes: one service writes, the partition reads, nobody deletes."""

from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.bucket_policies import deny_other_networks, encrypted_transport
from bulkhead.foundation.documents import (
    EVERYBODY,
    Document,
    Statement,
    deny_outside_partition,
    document,
)
from bulkhead.foundation.identity import ARTIFACT_READING

CLOUDTRAIL, CONFIG = "cloudtrail.amazonaws.com", "config.amazonaws.com"

DESTRUCTION = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
]
"""What ends a record before its time."""


def audit_bucket_policy(
    scope: Scope, tier: Tier, bucket_name: str, service: str, *, source_arn: str | None = None
) -> Document:
    """The policy of a bucket that ``service`` writes the account's records to.

    AWS CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail"; AWS Config Developer Guide,
    "Permissions for the Amazon S3 bucket for the AWS Config delivery channel". S3's own lifecycle,
    which is no principal, ends records when their time is over.
    """
    whole, objects = arns.bucket(bucket_name), arns.bucket(f"{bucket_name}/*")
    source: Statement = {"StringEquals": {"aws:SourceAccount": scope.account_id}}
    if source_arn:
        source["ArnEquals"] = {"aws:SourceArn": source_arn}
    by_service = {"Effect": "Allow", "Principal": {"Service": service}, "Condition": source}
    everybody = {"Effect": "Deny", "Principal": EVERYBODY, "Resource": objects}
    return document(
        {
            "Sid": "LetServiceCheckBucket",
            **by_service,
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
            "Resource": whole,
        },
        {
            "Sid": "LetServiceWrite",
            **by_service,
            "Action": "s3:PutObject",
            "Resource": arns.bucket(f"{bucket_name}/AWSLogs/{scope.account_id}/*"),
        },
        *encrypted_transport(bucket_name),
        {
            "Sid": "DenyForgedRecords",
            **everybody,
            "Action": "s3:PutObject",
            "Condition": {"StringNotEquals": {"aws:PrincipalServiceName": service}},
        },
        {"Sid": "DenyDeletion", **everybody, "Action": DESTRUCTION},
        *deny_outside_partition(scope, tier, ARTIFACT_READING, objects),
        deny_other_networks(scope, objects),
    )
