"""The audit trail."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import (
    ACCESS_LOGS,
    AUDIT_TRAIL,
    UNDO_DAYS,
    Store,
    check_retention,
    cooling,
    lock,
    store_name,
)
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.audit_policies import CLOUDTRAIL, audit_bucket_policy
from bulkhead.foundation.buckets import BucketParts, physical_name
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.identity import make_role, service_trust
from bulkhead.foundation.log_groups import make_log_group

INSIGHTS = ("ApiCallRateInsight", "ApiErrorRateInsight")
"""What CloudTrail learns the usual rate of."""


class AuditTrailArgs(TypedDict):
    """What an ``AuditTrail`` takes."""

    scope: ScopeArgs
    """Environment, account and home Region of the trail."""
    tier: str
    """Highest tier in use; how long records are kept and how firmly follows from it."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for logs."""
    access_log_bucket: pulumi.Input[str]
    """Name of the ``AccessLogBucket`` of the same environment and tier."""
    retention_days: NotRequired[int | None]
    """Days that records are kept. Default: the tier's for evidence, which is the least."""


class AuditTrail(Component):
    """Who did what in the account, where nobody can change it (AUD-1).

    A CloudTrail trail of every Region and of global services, with digests that show a change (FSBP
    CloudTrail.1, CloudTrail.4), encrypted with the partition's key (FSBP CloudTrail.2). It records
    every call that manages something, the use of keys among them, and who reads and writes objects
    of the environment's buckets and items of its tables; unusual rates too, and a log group to
    search in (FSBP CloudTrail.5), where the environment is watched as closely.

    The bucket is locked: only CloudTrail writes there, for this trail, and nobody deletes, in
    compliance mode not even the account's root user. Principals of the tier or above read, through
    the account's VPC endpoints. Its own bucket and those of access logs are left out of what it
    records, or each delivery would be an event to deliver.

    There is one for an account: two would record everything twice.

    Example:
        from bulkhead import AccessLogBucket, AuditTrail, KeyPartition
        from bulkhead.domain.partitions import Purpose

        scope = {
            "environment": "dev",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        keys = KeyPartition(
            "confidential",
            {
                "scope": scope,
                "tier": "confidential",
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
            },
        )
        logs = AccessLogBucket("access-logs", {"scope": scope, "tier": "confidential"})
        AuditTrail(
            "audit",
            {
                "scope": scope,
                "tier": "confidential",
                "key_arn": keys.arn(Purpose.LOG),
                "access_log_bucket": logs.bucket_name,
            },
        )
    """

    trail_arn: pulumi.Output[str]
    """ARN of the trail."""
    bucket_name: pulumi.Output[str]
    """Name of its bucket: ``<environment>-<tier>-audit-trail-<account>-<region>``."""
    log_group_name: pulumi.Output[str | None]
    """Name of the log group to search in, where the environment has one."""

    def __init__(
        self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the trail.

        Raises:
            RefusedError: the scope or the tier is refused, or the retention is under the tier's.
        """
        args = checked(args, AuditTrailArgs, where=name)
        scope, tier = read_place(args, where=name)
        days = check_retention(
            tier, Store.EVIDENCE, args.get("retention_days"), where=f"{name}.retention_days"
        )
        super().__init__(name, opts)
        self._name, self._scope, self._tier = name, scope, tier
        self._labels: Labels = scope.labels(tier, Plane.CONTROL, AUDIT_TRAIL)
        bucket = self._bucket(args, days)
        group, search, needed = self._search(args)
        rates = INSIGHTS if scope.rules.watch.insights else ()
        trail = aws.cloudtrail.Trail(
            name,
            name=scope.named(name),
            s3_bucket_name=bucket.policy.bucket,
            kms_key_id=args["key_arn"],
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_logging=True,
            enable_log_file_validation=True,
            advanced_event_selectors=selectors(scope, tier),
            insight_selectors=[{"insight_type": rate} for rate in rates] or None,
            tags=self._labels.tags(name),
            opts=self._child(depends_on=[bucket.policy, *needed], protect=scope.rules.protect_data),
            **search,
        )
        self._export(
            {
                "trail_arn": trail.arn,
                "bucket_name": bucket.bucket.bucket,
                "log_group_name": group,
            }
        )

    def _search(
        self, args: AuditTrailArgs
    ) -> tuple[str | None, dict[str, Any], list[pulumi.Resource]]:
        """The log group's name, what the trail says of it, and what must exist before."""
        scope, name = self._scope, self._name
        if not scope.rules.watch.searchable:
            return None, {}, []
        group_name = f"/bulkhead/{scope.environment}/{name}"
        group = make_log_group(
            name, group_name, labels=self._labels, key_arn=args["key_arn"], opts=self._child()
        )
        streams = f"log-stream:{scope.account_id}_CloudTrail_{scope.region}*"
        role = make_role(
            f"{name}-to-logs",
            scope=scope,
            labels=self._labels,
            trust=service_trust(scope, CLOUDTRAIL, arns.trail(scope, scope.named(name))),
            description=f"CloudTrail, writing to the log group {group_name}.",
            statements=[
                {
                    "Sid": "Write",
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": arns.log_group(scope, f"{group_name}:{streams}"),
                }
            ],
            opts=self._child(),
        )
        given = {
            "cloud_watch_logs_group_arn": arns.log_group(scope, f"{group_name}:*"),
            "cloud_watch_logs_role_arn": role.arn,
        }
        return group_name, given, [group, *role.permissions]

    def _bucket(self, args: AuditTrailArgs, days: int | None) -> BucketParts:
        scope, tier = self._scope, self._tier
        physical = physical_name(scope, tier, AUDIT_TRAIL)
        parts = BucketParts(
            self._name,
            physical,
            self._labels,
            self._child,
            lockable=True,
            protect=scope.rules.protect_data,
        )
        parts.encrypt(
            {"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            bucket_key_enabled=True,
        )
        trail = arns.trail(scope, scope.named(self._name))
        policy = audit_bucket_policy(scope, tier, physical, CLOUDTRAIL, source_arn=trail)
        parts.close(render(policy))
        versioning = parts.age(
            expiry=days, undo=UNDO_DAYS, cool=cooling(tier, Store.EVIDENCE, days)
        )
        held = lock(scope.environment, tier, Store.EVIDENCE, days)
        if held:
            parts.lock(held, versioning)
        parts.log_to(args["access_log_bucket"], physical)
        return parts


def selectors(scope: Scope, tier: Tier) -> list[dict[str, Any]]:
    """What the trail records: management, and data of the environment's buckets and tables.

    AWS CloudTrail User Guide, "Logging data events". Buckets that receive logs are left out.
    """
    own = [store_name(scope.environment, tier, AUDIT_TRAIL)]
    logs = [store_name(scope.environment, each, ACCESS_LOGS) for each in Tier]
    return [
        {
            "name": "Calls that manage something",
            "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}],
        },
        _data_events(
            "AWS::S3::Object",
            arns.bucket(f"{scope.environment}-"),
            but=[arns.bucket(each) for each in (*own, *logs)],
        ),
        _data_events("AWS::DynamoDB::Table", arns.table(scope, f"{scope.environment}-")),
    ]


def _data_events(kind: str, beginning: str, but: Sequence[str] = ()) -> dict[str, Any]:
    which: dict[str, Any] = {"field": "resources.ARN", "starts_withs": [beginning]}
    if but:
        which["not_starts_withs"] = list(but)
    return {
        "name": f"Data of {kind}",
        "field_selectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "resources.type", "equals": [kind]},
            which,
        ],
    }
