"""The record of how everything was configured."""

import json
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import CONFIGURATIONS, UNDO_DAYS, Store, check_retention, cooling
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.audit_policies import CONFIG, audit_bucket_policy
from bulkhead.foundation.buckets import BucketParts, physical_name
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render

ROLE_NAME = "AWSServiceRoleForConfig"
"""The service-linked role that AWS Config records with (FSBP Config.1)."""


class ConfigurationRecordArgs(TypedDict):
    """What a ``ConfigurationRecord`` takes."""

    scope: ScopeArgs
    """Environment, account and Region that are recorded."""
    tier: str
    """Highest tier in use; what is judged and how long it is kept follow from it."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for logs."""
    access_log_bucket: pulumi.Input[str]
    """Name of the ``AccessLogBucket`` of the same environment and tier."""
    make_role: NotRequired[bool | None]
    """Whether to make AWS Config's service-linked role; false where the account has it. Default:
    true."""
    retention_days: NotRequired[int | None]
    """Days that records are kept. Default: the tier's for evidence, which is the least."""


class ConfigurationRecord(Component):
    """AWS Config: how every resource was configured, and what breaks the catalogue (AUD-1).

    Every type is recorded, global ones too: each change where the environment is watched as
    closely, else the state at the end of the day. Managed rules judge what was changed past the
    programs by the catalogue's own numbers: trails, public buckets, keys that wait for deletion,
    rotation of secrets, retention of logs, endpoints of clusters. Snapshots and histories go to a
    bucket that only AWS Config writes to and nobody deletes from; Object Lock it can't have, since
    AWS Config does not deliver to such buckets (AWS Config API Reference, "DeliveryChannel").

    There is one recorder for an account and Region.

    Example:
        from bulkhead import AccessLogBucket, ConfigurationRecord, KeyPartition
        from bulkhead.domain.partitions import Purpose

        scope = {
            "environment": "dev",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        place = {"scope": scope, "tier": "confidential"}
        administrators = ["arn:aws:iam::111122223333:role/platform-deployer"]
        keys = KeyPartition("keys", {**place, "administrators": administrators})
        logs = AccessLogBucket("access-logs", place)
        ConfigurationRecord(
            "record",
            {
                **place,
                "key_arn": keys.arn(Purpose.LOG),
                "access_log_bucket": logs.bucket_name,
            },
        )
    """

    recorder_name: pulumi.Output[str]
    """Name of the recorder, once it records."""
    bucket_name: pulumi.Output[str]
    """Name of its bucket: ``<environment>-<tier>-configurations-<account>-<region>``."""

    def __init__(
        self, name: str, args: ConfigurationRecordArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Record.

        Raises:
            RefusedError: the scope or the tier is refused, or the retention is under the tier's.
        """
        args = checked(args, ConfigurationRecordArgs, where=name)
        scope, tier = read_place(args, where=name)
        days = check_retention(
            tier, Store.EVIDENCE, args.get("retention_days"), where=f"{name}.retention_days"
        )
        super().__init__(name, opts)
        labels = scope.labels(tier, Plane.CONTROL, CONFIGURATIONS)
        bucket = self._bucket(name, scope, tier, labels, args, days)
        needed = [self._role(name, labels)] if args.get("make_role", True) else []
        recorder = aws.cfg.Recorder(
            name,
            name=scope.named(name),
            role_arn=arns.service_linked_role(scope, CONFIG, ROLE_NAME),
            recording_group={"all_supported": True, "include_global_resource_types": True},
            recording_mode={
                "recording_frequency": "CONTINUOUS" if scope.rules.watch.continuous else "DAILY"
            },
            opts=self._child(depends_on=needed),
        )
        channel = aws.cfg.DeliveryChannel(
            name,
            name=scope.named(name),
            s3_bucket_name=bucket.policy.bucket,
            s3_kms_key_arn=args["key_arn"],
            snapshot_delivery_properties={"delivery_frequency": "TwentyFour_Hours"},
            opts=self._child(depends_on=[recorder, bucket.policy]),
        )
        on = aws.cfg.RecorderStatus(
            name, name=recorder.name, is_enabled=True, opts=self._child(depends_on=[channel])
        )
        for word, (identifier, parameters) in rules(tier).items():
            aws.cfg.Rule(
                f"{name}-{word}",
                name=scope.named(word),
                source={"owner": "AWS", "source_identifier": identifier},
                input_parameters=json.dumps(parameters) if parameters else None,
                tags=labels.tags(f"{name}-{word}"),
                opts=self._child(depends_on=[on]),
            )
        self._export({"recorder_name": on.name, "bucket_name": bucket.bucket.bucket})

    def _role(self, name: str, labels: Labels) -> "aws.iam.ServiceLinkedRole":
        return aws.iam.ServiceLinkedRole(
            name, aws_service_name=CONFIG, tags=labels.tags(name), opts=self._child()
        )

    def _bucket(
        self,
        name: str,
        scope: Scope,
        tier: Tier,
        labels: Labels,
        args: ConfigurationRecordArgs,
        days: int | None,
    ) -> BucketParts:
        physical = physical_name(scope, tier, CONFIGURATIONS)
        parts = BucketParts(
            name,
            physical,
            labels,
            self._child,
            lockable=False,
            protect=scope.rules.protect_data,
        )
        parts.encrypt(
            {"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            bucket_key_enabled=True,
        )
        parts.close(render(audit_bucket_policy(scope, tier, physical, CONFIG)))
        parts.age(expiry=days, undo=UNDO_DAYS, cool=cooling(tier, Store.EVIDENCE, days))
        parts.log_to(args["access_log_bucket"], physical)
        return parts


def rules(tier: Tier) -> Mapping[str, tuple[str, dict[str, Any]]]:
    """AWS Config's managed rules by name, with the catalogue's numbers.

    AWS Config Developer Guide, "List of AWS Config Managed Rules". Parameters are text.
    """
    asked = CATALOGUE[tier]
    longest = max(each.secrets.rotation_days for each in CATALOGUE.values())
    shortest = min(each.retention.log_days for each in CATALOGUE.values())
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "trail-in-every-region": ("MULTI_REGION_CLOUD_TRAIL_ENABLED", {}),
        "trail-encrypted": ("CLOUD_TRAIL_ENCRYPTION_ENABLED", {}),
        "trail-validated": ("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", {}),
        "root-has-mfa": ("ROOT_ACCOUNT_MFA_ENABLED", {}),
        "root-has-no-keys": ("IAM_ROOT_ACCESS_KEY_CHECK", {}),
        "buckets-not-public": ("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", {}),
        "buckets-tls-only": ("S3_BUCKET_SSL_REQUESTS_ONLY", {}),
        "keys-stay": ("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", {}),
        "keys-rotate": ("CMK_BACKING_KEY_ROTATION_ENABLED", {}),
        "secrets-rotate": (
            "SECRETSMANAGER_SECRET_PERIODIC_ROTATION",
            {"maxDaysSinceRotation": str(longest)},
        ),
        "logs-kept": ("CW_LOGGROUP_RETENTION_PERIOD_CHECK", {"MinRetentionTime": str(shortest)}),
        "clusters-private": ("EKS_ENDPOINT_NO_PUBLIC_ACCESS", {}),
        "instances-imdsv2": ("EC2_IMDSV2_CHECK", {}),
        "volumes-encrypted": ("ENCRYPTED_VOLUMES", {}),
        "networks-logged": ("VPC_FLOW_LOGS_ENABLED", {}),
        "tables-restorable": ("DYNAMODB_PITR_ENABLED", {}),
        "threats-detected": ("GUARDDUTY_ENABLED_CENTRALIZED", {}),
    }
    if asked.detection.runtime:
        found["nodes-watched"] = ("GUARDDUTY_EKS_PROTECTION_RUNTIME_ENABLED", {})
    if asked.backup.locked:
        found["backups-stay"] = ("BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED", {})
    return found
