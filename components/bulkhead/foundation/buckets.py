"""What buckets of every kind are made of: each part is a resource of its own beside the bucket."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels
from bulkhead.domain.names import S3_BUCKET, fit
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import Cooling, Lock, store_name
from bulkhead.domain.tiers import Tier

UPLOAD_DAYS = 7
"""Days after which an upload that was never completed is thrown away."""


def physical_name(scope: Scope, tier: Tier, store: str) -> str:
    """Physical name of a store; account and Region make it unique in the world."""
    whole = f"{store_name(scope.environment, tier, store)}-{scope.account_id}-{scope.region}"
    return fit(whole, S3_BUCKET)


class BucketParts:
    """A bucket, and the resources that make it what it should be."""

    def __init__(
        self,
        name: str,
        physical: str,
        labels: Labels,
        child: Callable[..., pulumi.ResourceOptions],
        *,
        lockable: bool,
        protect: bool,
    ) -> None:
        """Register the bucket.

        ``child`` makes the options of a component's child; ``lockable`` stays as it is for ever.
        """
        self._name = name
        self._child = child
        self.bucket = aws.s3.Bucket(
            name,
            bucket=physical,
            object_lock_enabled=lockable,
            force_destroy=False,
            tags=labels.tags(name),
            opts=child(protect=protect),
        )

    def encrypt(self, default: Mapping[str, Any], **rule: Any) -> None:
        """Set what encrypts objects; keys that callers bring (SSE-C) nobody could revoke."""
        aws.s3.BucketServerSideEncryptionConfiguration(
            self._name,
            bucket=self.bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": default,
                    "blocked_encryption_types": ["SSE-C"],
                    **rule,
                }
            ],
            opts=self._child(),
        )

    def close(self, policy: Any) -> None:
        """Own all objects, block public access, and set the policy."""
        aws.s3.BucketOwnershipControls(
            self._name,
            bucket=self.bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._child(),
        )
        block = aws.s3.BucketPublicAccessBlock(
            self._name,
            bucket=self.bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child(),
        )
        self.policy = aws.s3.BucketPolicy(
            self._name,
            bucket=self.bucket.bucket,
            policy=policy,
            # S3 answers OperationAborted when both change one bucket at once.
            opts=self._child(depends_on=[block]),
        )

    def age(
        self, *, expiry: int | None, undo: int, cool: Cooling | None = None
    ) -> "aws.s3.BucketVersioning":
        """Keep versions for ``undo`` days and objects for ``expiry`` days, None for ever."""
        versioning = aws.s3.BucketVersioning(
            self._name,
            bucket=self.bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self._child(),
        )
        rules: dict[str, Mapping[str, Any]] = {
            "throw-away-unfinished-uploads": {
                "abort_incomplete_multipart_upload": {"days_after_initiation": UPLOAD_DAYS}
            },
            "forget-old-versions": {"noncurrent_version_expiration": {"noncurrent_days": undo}},
        }
        if cool is not None:
            step = {"days": cool.days, "storage_class": str(cool.storage_class)}
            rules["cool"] = {"transitions": [step]}
        if expiry is not None:
            rules["expire"] = {"expiration": {"days": expiry}}
        aws.s3.BucketLifecycleConfiguration(
            self._name,
            bucket=self.bucket.bucket,
            rules=[
                {"id": each, "status": "Enabled", "filter": {"prefix": ""}, **rule}
                for each, rule in rules.items()
            ],
            opts=self._child(depends_on=[versioning]),
        )
        return versioning

    def lock(self, lock: Lock, versioning: pulumi.Resource) -> None:
        """Lock what is written from now on."""
        aws.s3.BucketObjectLockConfiguration(
            self._name,
            bucket=self.bucket.bucket,
            rule={"default_retention": {"mode": str(lock.mode), "days": lock.days}},
            opts=self._child(depends_on=[versioning]),
        )

    def log_to(self, target: pulumi.Input[str], physical: str) -> None:
        """Write server access logs, by day of the request, so that queries read what they need."""
        aws.s3.BucketLogging(
            self._name,
            bucket=self.bucket.bucket,
            target_bucket=target,
            target_prefix=f"{physical}/",
            target_object_key_format={"partitioned_prefix": {"partition_date_source": "EventTime"}},
            opts=self._child(),
        )
