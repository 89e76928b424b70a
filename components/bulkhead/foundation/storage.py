"""Buckets."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain import parsing
from bulkhead.domain.labels import Labels
from bulkhead.domain.names import S3_BUCKET, fit
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import Store, expiry_days, store_name, undo_days
from bulkhead.domain.tenants import check_region
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.bucket_policies import bucket_policy
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render

UPLOAD_DAYS = 7
"""Days after which an upload that was never completed is thrown away."""


class EncryptedBucketArgs(TypedDict):
    """What an ``EncryptedBucket`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the bucket."""
    tier: str
    """Sensitivity tier of what it holds."""
    store: str
    """What it holds: datasets, checkpoints or models. Decides plane, lifetime and key purpose."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for the store's purpose."""
    access_log_bucket: NotRequired[pulumi.Input[str]]
    """Bucket that receives the server access logs. Default: none are written."""


class EncryptedBucket(Component):
    """The bucket of one store, environment and tier (STO-1, STO-3).

    Encrypted with the partition's key through a bucket key, versioned, owner-enforced, closed to
    the public, TLS only; objects expire as the tier's catalogue entry says, and are locked against
    deletion for as long where it asks for Object Lock. Customer-provided keys (SSE-C) are blocked,
    since nobody could revoke them. Contents are fenced to the environment and to its tier and
    above.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket: ``<environment>-<tier>-<store>-<account>-<region>``."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(
        self, name: str, args: EncryptedBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the bucket.

        Raises:
            RefusedError: the scope, the tier or the store is unknown or refused.
        """
        args = checked(args, EncryptedBucketArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        store = parsing.choice(Store, args["store"], where=f"{name}.store")
        check_region(tier, scope.region, where=f"{name}.tier")
        super().__init__(name, opts)

        physical = physical_name(scope, tier, store)
        labels = scope.labels(tier, store.plane, str(store))
        bucket = self._make(name, physical, tier, labels, protect=scope.rules.protect_data)
        self._encrypt(name, bucket, args["key_arn"])
        self._close(name, bucket, bucket_policy(scope, tier, physical))
        self._age(name, bucket, tier, store)
        if "access_log_bucket" in args:
            aws.s3.BucketLogging(
                name,
                bucket=bucket.bucket,
                target_bucket=args["access_log_bucket"],
                target_prefix=f"{physical}/",
                opts=self._child(),
            )
        self._export({"bucket_name": bucket.bucket, "bucket_arn": bucket.arn})

    def _make(
        self, name: str, physical: str, tier: Tier, labels: Labels, *, protect: bool
    ) -> "aws.s3.Bucket":
        return aws.s3.Bucket(
            name,
            bucket=physical,
            object_lock_enabled=CATALOGUE[tier].retention.object_lock,
            force_destroy=False,
            tags=labels.tags(name),
            opts=self._child(protect=protect),
        )

    def _encrypt(self, name: str, bucket: "aws.s3.Bucket", key_arn: pulumi.Input[str]) -> None:
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": key_arn,
                    },
                    "bucket_key_enabled": True,
                    "blocked_encryption_types": ["SSE-C"],
                }
            ],
            opts=self._child(),
        )

    def _close(self, name: str, bucket: "aws.s3.Bucket", policy: dict[str, object]) -> None:
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._child(),
        )
        block = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child(),
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=render(policy),
            # S3 answers OperationAborted when both change one bucket at once.
            opts=self._child(depends_on=[block]),
        )

    def _age(self, name: str, bucket: "aws.s3.Bucket", tier: Tier, store: Store) -> None:
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self._child(),
        )
        expiry, undo = expiry_days(tier, store), undo_days(tier, store)
        rules = [
            {
                "id": "throw-away-unfinished-uploads",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "abort_incomplete_multipart_upload": {"days_after_initiation": UPLOAD_DAYS},
            },
            {
                "id": "forget-old-versions",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": undo},
            },
        ]
        if expiry is not None:
            rules.append(
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": expiry},
                }
            )
        aws.s3.BucketLifecycleConfiguration(
            name, bucket=bucket.bucket, rules=rules, opts=self._child(depends_on=[versioning])
        )
        if CATALOGUE[tier].retention.object_lock:
            aws.s3.BucketObjectLockConfiguration(
                name,
                bucket=bucket.bucket,
                rule={"default_retention": {"mode": "GOVERNANCE", "days": expiry or undo}},
                opts=self._child(depends_on=[versioning]),
            )


def physical_name(scope: Scope, tier: Tier, store: Store) -> str:
    """Physical name of a store's bucket; account and Region make it unique in the world."""
    whole = f"{store_name(scope.environment, tier, store)}-{scope.account_id}-{scope.region}"
    return fit(whole, S3_BUCKET)
