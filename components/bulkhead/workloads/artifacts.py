"""A tenant's way to its model artifacts."""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi

from bulkhead.domain.partitions import sealed_alias
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import Store
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import NAMESPACE_TAG, Statement
from bulkhead.foundation.identity import ARTIFACT_READING, ATTESTED_USE, allow_key


class ArtifactsArgs(TypedDict):
    """Where a tenant's model artifacts are."""

    bucket_name: pulumi.Input[str]
    """Bucket of the tier's models; each tenant reads the prefix of its own name."""
    endpoint_url: pulumi.Input[str]
    """Where pods reach S3."""


def reading(args: ArtifactsArgs, scope: Scope, tier: Tier) -> list[Statement]:
    """Permissions to read one's own artifacts and nothing else (ISO-3).

    The prefix is the namespace that EKS Pod Identity vouches for, so that the same statements give
    every tenant its own.
    """
    namespace = f"${{{NAMESPACE_TAG}}}"
    bucket = pulumi.Output.from_input(args["bucket_name"]).apply(arns.bucket)
    return [
        {
            "Sid": "ListOwnArtifacts",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": f"{namespace}/*"}},
        },
        {
            "Sid": "ReadOwnArtifacts",
            "Effect": "Allow",
            "Action": ARTIFACT_READING,
            "Resource": bucket.apply(lambda arn: f"{arn}/{namespace}/*"),
        },
        {
            "Sid": "OpenArtifacts",
            **allow_key(
                scope,
                tier,
                Store.MODELS.purpose,
                "kms:Decrypt",
                StringEquals={"kms:ViaService": f"s3.{scope.region}.amazonaws.com"},
            ),
        },
    ]


def opening(pools: Sequence[str], scope: Scope, tier: Tier) -> list[Statement]:
    """Permission to open the sealed keys of ``pools``, which ask for an attestation (KEY-3)."""
    if not pools:
        return []
    aliases = [sealed_alias(scope.environment, tier, pool) for pool in pools]
    return [
        {
            "Sid": "OpenSealed",
            "Effect": "Allow",
            "Action": ATTESTED_USE,
            "Resource": arns.every_key(scope),
            "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": aliases}},
        }
    ]


def settings(args: ArtifactsArgs, tenant: str, region: str) -> dict[str, Any]:
    """What a server takes as environment variables to find its artifacts."""
    return {
        "AWS_ENDPOINT_URL_S3": args["endpoint_url"],
        "AWS_REGION": region,
        "MODEL_ARTIFACTS_BUCKET": args["bucket_name"],
        "MODEL_ARTIFACTS_PREFIX": f"{tenant}/",
    }
