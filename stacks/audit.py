"""What watches an environment, and keeps copies of what it holds."""

from typing import Any

import pulumi

from bulkhead import (
    AuditAlarms,
    AuditTrail,
    ConfigurationRecord,
    PartitionBackups,
    ThreatDetection,
    TierFoundation,
)
from bulkhead.domain.partitions import Purpose
from stacks.config import FoundationConfig
from stacks.environment import Platform


def watch(
    platform: Platform,
    config: FoundationConfig,
    foundation: TierFoundation,
    opts: pulumi.ResourceOptions,
) -> dict[str, Any]:
    """Register what the environment's and its tiers' catalogue entries ask for.

    What there is one of for an account is held to the highest tier in use.
    """
    scope, tier = platform.args, platform.tier
    key_arn = foundation.keys[tier].arn(Purpose.LOG)
    access_log_bucket = foundation.stores[tier].access_log_bucket_name
    alarms = AuditAlarms(
        "alarms",
        {
            "scope": scope,
            "tier": tier,
            "key_arn": key_arn,
            "administrators": platform.administrators,
            "emails": config.alarm_emails,
        },
        opts,
    )
    trail = AuditTrail(
        "audit",
        {
            "scope": scope,
            "tier": tier,
            "key_arn": key_arn,
            "access_log_bucket": access_log_bucket,
        },
        opts,
    )
    ConfigurationRecord(
        "configurations",
        {
            "scope": scope,
            "tier": tier,
            "key_arn": key_arn,
            "access_log_bucket": access_log_bucket,
            "make_role": config.config_role,
        },
        opts,
    )
    ThreatDetection(
        "detection",
        {
            "scope": scope,
            "tier": tier,
            "topic_arn": alarms.topic_arn,
            "dead_letter_arn": alarms.dead_letter_arn,
        },
        opts,
    )
    backups = {
        each: PartitionBackups(
            f"{each}-backups",
            {
                "scope": scope,
                "tier": each,
                "key_arn": foundation.keys[each].arn(Purpose.LOG),
                "administrators": platform.administrators,
            },
            opts,
        )
        for each in platform.tiers
    }
    return {
        "alarm_topic_arn": alarms.topic_arn,
        "alarm_dead_letter_arn": alarms.dead_letter_arn,
        "audit_trail_arn": trail.trail_arn,
        "backup_vaults": {str(each): made.vault_name for each, made in backups.items()},
    }
