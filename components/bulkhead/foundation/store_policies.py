"""Policies of stores that are no buckets, all of one shape.

They deny what crosses the partition, and let IAM and the boundary say who of the partition may
come. Settings are left to IAM, so that whoever deploys needs no label.
"""

from collections.abc import Sequence

from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.documents import (
    EVERYBODY,
    Document,
    Statement,
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
        {
            "Sid": "DenyTheInternet",
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": VECTOR_ACCESS,
            "Resource": indexes,
            "Condition": {
                "Null": {"aws:SourceVpce": "true"},
                "BoolIfExists": {
                    "aws:PrincipalIsAWSService": "false",
                    "aws:ViaAWSService": "false",
                },
            },
        },
    )
