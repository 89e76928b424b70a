"""Nothing that watches, records or keeps breaks a rule, in any tier and environment."""

from pathlib import Path
from typing import Any

import pytest

from bulkhead import (
    AccessLogBucket,
    AuditAlarms,
    AuditTrail,
    ConfigurationRecord,
    KeyPartition,
    PartitionBackups,
    PartitionSecrets,
    ThreatDetection,
)
from bulkhead.domain.environments import Environment
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.tiers import Tier
from bulkhead.preview.run import Options
from tests.foundation.samples import ADMIN, planned, scope

PACK = Path(__file__).parents[2] / "policies"


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("tier", Tier)
def test_audit_breaks_no_rule(tier: Tier, environment: Environment) -> None:
    place: Any = {"scope": scope(environment=environment), "tier": tier}

    def program() -> None:
        administered: Any = {**place, "administrators": [ADMIN]}
        keys = KeyPartition("keys", administered)
        log_key: Any = {"key_arn": keys.arn(Purpose.LOG)}
        logged: Any = {"access_log_bucket": AccessLogBucket("logs", place).bucket_name}
        alarms = AuditAlarms("alarms", {**administered, **log_key})
        AuditTrail("audit", {**place, **log_key, **logged})
        ConfigurationRecord("record", {**place, **log_key, **logged})
        way: Any = {"topic_arn": alarms.topic_arn, "dead_letter_arn": alarms.dead_letter_arn}
        ThreatDetection("detection", {**place, **way})
        PartitionBackups("backups", {**administered, **log_key})
        secrets: Any = {
            "key_arn": keys.arn(Purpose.SECRET),
            "log_key_arn": keys.arn(Purpose.LOG),
            "secrets": [{"name": "token", "kind": "api-key", "tenant": "acme"}],
        }
        PartitionSecrets("secrets", {**place, **secrets})

    plan = planned(program, options=Options(packs=[PACK]))
    assert [(v.policy, v.urn, v.message) for v in plan.violations] == []
