"""Buckets for access logs."""

from typing import TypedDict

import pulumi

from bulkhead.domain.labels import Plane
from bulkhead.domain.stores import ACCESS_LOGS, UNDO_DAYS
from bulkhead.domain.tiers import CATALOGUE
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.bucket_policies import access_log_policy
from bulkhead.foundation.buckets import BucketParts, physical_name
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render


class AccessLogBucketArgs(TypedDict):
    """What an ``AccessLogBucket`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the bucket."""
    tier: str
    """Sensitivity tier of the buckets whose logs it holds."""


class AccessLogBucket(Component):
    """The bucket that receives the server access logs of one environment and tier (STO-1, AUD-1).

    The one bucket that is not encrypted with the partition's key: S3 delivers access logs to
    buckets with its own keys (SSE-S3) alone, and to none with Object Lock (Amazon S3 User Guide,
    "Enabling Amazon S3 server access logging"). The logs name objects and callers and hold no
    contents. Nobody but S3 writes here, only principals of the tier or above read, through VPC
    endpoints of the account, and logs stay as long as the tier keeps logs.

    Example:
        from bulkhead import AccessLogBucket

        AccessLogBucket(
            "access-logs",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
            },
        )
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket: ``<environment>-<tier>-access-logs-<account>-<region>``."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(
        self, name: str, args: AccessLogBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the bucket.

        Raises:
            RefusedError: the scope or the tier is unknown or refused.
        """
        args = checked(args, AccessLogBucketArgs, where=name)
        scope, tier = read_place(args, where=name)
        super().__init__(name, opts)

        physical = physical_name(scope, tier, ACCESS_LOGS)
        parts = BucketParts(
            name,
            physical,
            scope.labels(tier, Plane.CONTROL, ACCESS_LOGS),
            self._child,
            lockable=False,
            protect=scope.rules.protect_data,
        )
        parts.encrypt({"sse_algorithm": "AES256"})
        parts.close(render(access_log_policy(scope, tier, physical)))
        parts.age(expiry=CATALOGUE[tier].retention.log_days, undo=UNDO_DAYS)
        # Who takes the name from the policy waits for it: S3 refuses to deliver logs before.
        self._export({"bucket_name": parts.policy.bucket, "bucket_arn": parts.bucket.arn})
