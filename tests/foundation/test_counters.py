"""The gateway's counters are kept closed (INF-3, STO-2, KEY-4)."""

from typing import Any

import pytest

from bulkhead import GatewayCounters
from bulkhead.preview.plan import Plan
from tests.foundation.samples import planned, refusal, scope

KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def arguments(**changes: Any) -> Any:
    return {
        "scope": scope(),
        "tier": "internal",
        "name": "counters",
        "key_arn": KEY,
        "secret_key_arn": KEY,
        "log_key_arn": KEY,
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "client_security_group_ids": ["sg-0123456789abcdef0"],
        **changes,
    }


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(lambda: GatewayCounters("counters", arguments()), assume_applied=True)


def one(plan: Plan, kind: str) -> dict[str, Any]:
    (found,) = (r for r in plan.resources if r.type.endswith(f":{kind}"))
    return dict(found.inputs)


def test_counters_are_encrypted_at_rest_and_on_the_way(plan: Plan) -> None:
    store = one(plan, "ReplicationGroup")
    assert store["atRestEncryptionEnabled"] is True
    assert store["kmsKeyId"] == KEY
    assert store["transitEncryptionEnabled"] is True
    assert store["transitEncryptionMode"] == "required"


def test_a_full_store_refuses_and_forgets_nothing(plan: Plan) -> None:
    assert one(plan, "ParameterGroup")["parameters"] == [
        {"name": "maxmemory-policy", "value": "noeviction"}
    ]


def test_it_outlives_a_zone(plan: Plan) -> None:
    store = one(plan, "ReplicationGroup")
    assert store["numCacheClusters"] == 2
    assert store["automaticFailoverEnabled"] is True
    assert store["multiAzEnabled"] is True
    assert store["snapshotRetentionLimit"] == 7


def test_its_one_user_counts_and_does_nothing_else(plan: Plan) -> None:
    user = one(plan, "User")
    assert user["accessString"] == "on ~* -@all +incrby +expire +get +ping"
    assert one(plan, "UserGroup")["userIds"] == [user["userId"]]
    assert one(plan, "ReplicationGroup")["userGroupIds"] == ["dev-internal-counters"]


def test_only_the_nodes_reach_it(plan: Plan) -> None:
    rule = one(plan, "SecurityGroupIngressRule")
    assert rule["referencedSecurityGroupId"] == "sg-0123456789abcdef0"
    assert (rule["fromPort"], rule["toPort"]) == (6379, 6379)


def test_rotation_tells_its_own_user_alone(plan: Plan) -> None:
    policies = [r.inputs["policy"] for r in plan.resources if r.type.endswith(":RolePolicy")]
    telling = [policy for policy in policies if "elasticache:ModifyUser" in policy]
    assert len(telling) == 1
    assert "arn:aws:elasticache:eu-central-1:111122223333:user:dev-internal-counters" in telling[0]
    assert "elasticache:*" not in telling[0]


def test_its_password_is_made_once_the_user_is_there(plan: Plan) -> None:
    names = [(r.type.rpartition(":")[2], r.name) for r in plan.resources]
    assert names.index(("User", "counters")) < names.index(("SecretRotation", "counters"))
    secret = one(plan, "Secret")
    assert secret["name"] == "bulkhead/dev/internal/platform/counters"
    assert secret["tags"]["bulkhead:cache-user"] == one(plan, "User")["userId"]


def test_somebody_is_told_before_requests_are_refused(plan: Plan) -> None:
    alarms = [r.inputs for r in plan.resources if r.type.endswith(":MetricAlarm")]
    assert {alarm["metricName"] for alarm in alarms} == {
        "AuthenticationFailures",
        "DatabaseMemoryUsagePercentage",
        "EngineCPUUtilization",
    }
    assert {alarm["dimensions"]["CacheClusterId"] for alarm in alarms} == {
        "dev-internal-counters-001",
        "dev-internal-counters-002",
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "a" * 40}, ["counters.name", "40 characters"]),
        ({"node_type": "t4g.small"}, ["counters.node_type", "cache.t4g.small"]),
        ({"client_security_group_ids": []}, ["counters.client_security_group_ids"]),
        ({"subnet_ids": ["subnet-0123456789abcdef0"]}, ["counters.subnet_ids", "two zones"]),
        ({"tier": "secret"}, ["counters.tier"]),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], words: list[str]) -> None:
    said = refusal(lambda: GatewayCounters("counters", arguments(**changes)))
    assert [word for word in words if word not in said] == [], said
