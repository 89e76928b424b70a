"""All stores of a partition."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.stores import ACCESS_LOGS, Store, check_retention
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.access_logs import AccessLogBucket
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.component import Component
from bulkhead.foundation.storage import EncryptedBucket, OutsideAccessArgs, check_outside_access
from bulkhead.foundation.vectors import VectorIndexArgs, VectorStore, check_indexes


class PartitionStoresArgs(TypedDict):
    """What ``PartitionStores`` take."""

    scope: ScopeArgs
    """Environment, account and Region of the stores."""
    tier: str
    """Sensitivity tier of what they hold."""
    key_arns: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """ARN of the partition's key for each purpose, as ``KeyPartition`` gives them."""
    stores: NotRequired[list[str] | None]
    """The stores to make. Default: datasets, features, embeddings, checkpoints, models and
    evidence."""
    retention_days: NotRequired[dict[str, int] | None]
    """Days that a store keeps objects, by store, where not the tier's. Default: the tier's."""
    vector_indexes: NotRequired[list[VectorIndexArgs] | None]
    """Indexes of the embeddings. Default: none."""
    vpc_id: NotRequired[pulumi.Input[str] | None]
    """ID of the only VPC from which contents are reached. Default: any VPC of the account."""
    outside_access: NotRequired[dict[str, list[OutsideAccessArgs]] | None]
    """Roles that reach a store's contents from outside of a VPC until a day, by store. Default:
    none."""


class PartitionStores(Component):
    """The stores of one environment and tier, each with its own key and retention (STO-1, STO-3).

    A bucket for each of datasets, features, checkpoints, models and evidence, a vector store for
    embeddings, and one bucket for the access logs of the others. There is no bucket for anything
    else: what fits none of them has no tier's rules.

    Example:
        from bulkhead import KeyPartition, PartitionStores

        scope = {
            "environment": "dev",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        keys = KeyPartition(
            "internal",
            {
                "scope": scope,
                "tier": "internal",
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
            },
        )
        PartitionStores(
            "internal", {"scope": scope, "tier": "internal", "key_arns": keys.arns}
        )
    """

    bucket_names: pulumi.Output[dict[str, str]]
    """Name of the bucket of each store; that of embeddings is a vector bucket."""
    bucket_arns: pulumi.Output[dict[str, str]]
    """ARN of the bucket of each store."""
    access_log_bucket_name: pulumi.Output[str]
    """Name of the bucket that receives access logs."""
    index_arns: pulumi.Output[dict[str, str]]
    """ARN of each vector index."""

    def __init__(
        self, name: str, args: PartitionStoresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the stores.

        Raises:
            RefusedError: the scope, the tier, a store, its retention, an index or an outside access
                is unknown or refused. Nothing is registered then.
        """
        args = checked(args, PartitionStoresArgs, where=name)
        _, tier = read_place(args, where=name)
        stores = _check_stores(args, tier, where=name)
        super().__init__(name, opts)

        keys = pulumi.Output.from_input(args["key_arns"])
        logs = AccessLogBucket(
            f"{name}-{ACCESS_LOGS}", {"scope": args["scope"], "tier": tier}, self._child()
        )
        buckets = {
            store: EncryptedBucket(
                f"{name}-{store}",
                {
                    "scope": args["scope"],
                    "tier": tier,
                    "store": store,
                    "key_arn": keys[str(store.purpose)],
                    "access_log_bucket": logs.bucket_name,
                    "retention_days": (args.get("retention_days") or {}).get(store),
                    "vpc_id": args.get("vpc_id"),
                    "outside_access": (args.get("outside_access") or {}).get(store),
                },
                self._child(),
            )
            for store in stores
            if store is not Store.EMBEDDINGS
        }
        names = {str(store): bucket.bucket_name for store, bucket in buckets.items()}
        arns = {str(store): bucket.bucket_arn for store, bucket in buckets.items()}
        indexes: pulumi.Input[Mapping[str, str]] = {}
        if Store.EMBEDDINGS in stores:
            vectors = VectorStore(
                f"{name}-{Store.EMBEDDINGS}",
                {
                    "scope": args["scope"],
                    "tier": tier,
                    "key_arn": keys[str(Store.EMBEDDINGS.purpose)],
                    "indexes": args.get("vector_indexes"),
                },
                self._child(),
            )
            names[str(Store.EMBEDDINGS)] = vectors.vector_bucket_name
            arns[str(Store.EMBEDDINGS)] = vectors.vector_bucket_arn
            indexes = vectors.index_arns
        self._export(
            {
                "bucket_names": names,
                "bucket_arns": arns,
                "access_log_bucket_name": logs.bucket_name,
                "index_arns": indexes,
            }
        )


def read_stores(asked: Sequence[str] | None, usual: list[Store], *, where: str) -> list[Store]:
    """The stores of the names ``asked``, or where none are the ``usual`` ones.

    Raises:
        RefusedError: one is unknown or stands twice, or there is none.
    """
    if asked is None:
        return usual
    stores = [parsing.choice(Store, each, where=where) for each in asked]
    if not stores or len(set(stores)) < len(stores):
        raise RefusedError(
            "no store, or one twice", given=", ".join(stores), allowed=list(Store), where=where
        )
    return stores


def _check_stores(args: PartitionStoresArgs, tier: Tier, *, where: str) -> list[Store]:
    """The stores to make, once what is said of each is known to fit it."""
    stores = read_stores(args.get("stores"), list(Store), where=f"{where}.stores")
    retention, outside = args.get("retention_days") or {}, args.get("outside_access") or {}
    for key, given in (("retention_days", retention), ("outside_access", outside)):
        for each in given:
            if each not in stores or each == Store.EMBEDDINGS:
                raise RefusedError(
                    "not a bucket of these stores",
                    given=each,
                    allowed=[store for store in stores if store is not Store.EMBEDDINGS],
                    where=f"{where}.{key}",
                )
    for each, days in retention.items():
        check_retention(tier, Store(each), days, where=f"{where}.retention_days.{each}")
    for each, access in outside.items():
        check_outside_access(access, where=f"{where}.outside_access.{each}")
    indexes = args.get("vector_indexes") or []
    if indexes and Store.EMBEDDINGS not in stores:
        raise RefusedError(
            "indexes without a store of embeddings",
            allowed="embeddings among the stores",
            where=f"{where}.vector_indexes",
        )
    check_indexes(indexes, where=f"{where}.vector_indexes")
    return stores
