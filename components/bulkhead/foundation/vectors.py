"""Stores of embeddings."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.stores import Store
from bulkhead.domain.vectors import VectorIndex, read_index
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.buckets import physical_name
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.store_policies import vector_policy


class VectorIndexArgs(TypedDict):
    """An index of embeddings; changing it makes a new and empty one."""

    name: str
    """Name within the store: 3 to 63 lower-case letters, digits, hyphens and dots."""
    dimension: int
    """Numbers in a vector, 1 to 4096, as the embedding model gives them."""
    metric: str
    """The distance that the model was trained for: cosine or euclidean."""
    hidden_keys: NotRequired[list[str] | None]
    """Metadata keys that queries return and can't filter by, at most 10. Default: none."""


class VectorStoreArgs(TypedDict):
    """What a ``VectorStore`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the store."""
    tier: str
    """Sensitivity tier of what was embedded; embeddings can be turned back into text."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for data."""
    indexes: NotRequired[list[VectorIndexArgs] | None]
    """The indexes. Default: none; programs that may make some of their own get the same key."""


class VectorStore(Component):
    """The embeddings of one environment and tier, as vector indexes on S3 Vectors (STO-2, STO-3).

    Encrypted with the partition's data key, which every index inherits. Vectors are fenced to
    principals of the environment and of its tier or above, and are reached through VPC endpoints
    alone. S3 Vectors has no lifecycle: vectors are deleted with what they were made from (DAT-4).

    S3 Vectors was chosen over OpenSearch Serverless because it costs nothing while nobody asks, and
    its policy is one that can be evaluated with the others'. It does not exist in every Region.

    Example:
        from bulkhead import VectorStore

        VectorStore(
            "embeddings",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "indexes": [
                    {
                        "name": "handbook",
                        "dimension": 1024,
                        "metric": "cosine",
                        "hidden_keys": ["chunk"],
                    }
                ],
            },
        )
    """

    vector_bucket_name: pulumi.Output[str]
    """Name of the vector bucket: ``<environment>-<tier>-embeddings-<account>-<region>``."""
    vector_bucket_arn: pulumi.Output[str]
    """ARN of the vector bucket."""
    index_arns: pulumi.Output[dict[str, str]]
    """ARN of each index."""

    def __init__(
        self, name: str, args: VectorStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the store.

        Raises:
            RefusedError: the scope, the tier or an index is refused, or two indexes have one name.
        """
        args = checked(args, VectorStoreArgs, where=name)
        scope, tier = read_place(args, where=name)
        indexes = check_indexes(args.get("indexes") or [], where=f"{name}.indexes")
        super().__init__(name, opts)

        physical = physical_name(scope, tier, Store.EMBEDDINGS)
        labels = scope.labels(tier, Store.EMBEDDINGS.plane, str(Store.EMBEDDINGS))
        protect = scope.rules.protect_data
        bucket = aws.s3.VectorsVectorBucket(
            name,
            vector_bucket_name=physical,
            encryption_configurations=[{"sse_type": "aws:kms", "kms_key_arn": args["key_arn"]}],
            force_destroy=False,
            tags=labels.tags(name),
            opts=self._child(protect=protect),
        )
        policy = aws.s3.VectorsVectorBucketPolicy(
            name,
            vector_bucket_arn=bucket.vector_bucket_arn,
            policy=render(vector_policy(scope, tier, arns.vector_bucket(scope, physical))),
            opts=self._child(),
        )
        made = {
            index.name: aws.s3.VectorsIndex(
                f"{name}-{index.name}",
                vector_bucket_name=bucket.vector_bucket_name,
                index_name=index.name,
                data_type="float32",
                dimension=index.dimension,
                distance_metric=str(index.metric),
                metadata_configuration=(
                    {"non_filterable_metadata_keys": list(index.hidden_keys)}
                    if index.hidden_keys
                    else None
                ),
                tags=labels.tags(f"{name}-{index.name}"),
                # No vector is written before the policy guards it.
                opts=self._child(depends_on=[policy], protect=protect),
            )
            for index in indexes
        }
        self._export(
            {
                "vector_bucket_name": bucket.vector_bucket_name,
                "vector_bucket_arn": bucket.vector_bucket_arn,
                "index_arns": {each: index.index_arn for each, index in made.items()},
            }
        )


def check_indexes(asked: list[VectorIndexArgs], *, where: str) -> list[VectorIndex]:
    """The indexes that are asked for.

    Raises:
        RefusedError: one is refused, or two have one name.
    """
    indexes: list[VectorIndex] = []
    for place, each in enumerate(asked):
        path = f"{where}[{place}]"
        each = checked(each, VectorIndexArgs, where=path)
        index = read_index(
            each["name"],
            each["dimension"],
            each["metric"],
            each.get("hidden_keys") or [],
            where=path,
        )
        if index.name in {other.name for other in indexes}:
            raise RefusedError("an index stands twice", given=index.name, where=f"{path}.name")
        indexes.append(index)
    return indexes
