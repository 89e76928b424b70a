import json
from typing import Any

import pytest

from bulkhead import KeyPartition
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.iam import decide
from tests.foundation.samples import (
    ACCOUNT,
    ADMIN,
    REGION,
    one,
    planned,
    refusal,
    scope,
    statements,
)

KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
AUTOSCALING = f"{ROLE}/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


def partition(tier: str = "internal", environment: str = "dev", **changes: Any) -> Plan:
    args = {"scope": scope(environment=environment), "tier": tier, "administrators": [ADMIN]}
    return planned(lambda: KeyPartition("keys", {**args, **changes}))


@pytest.fixture(scope="module")
def policy() -> str:
    return str(one(partition(), KEY).inputs["policy"])


def caller(environment: str = "dev", tier: str = "internal", **more: str) -> dict[str, str]:
    """A role of the platform, by the tags that it carries."""
    return {
        "aws__PrincipalArn": f"{ROLE}/bulkhead/{environment}/somebody",
        "aws__PrincipalTag_of_bulkhead__environment": environment,
        "aws__PrincipalTag_of_bulkhead__tier": tier,
        **more,
    }


S3 = {
    "kms__ViaService": f"s3.{REGION}.amazonaws.com",
    "kms__EncryptionContext__aws__s3__arn": "arn:aws:s3:::dev-internal-models-x",
}
EC2 = {"kms__ViaService": f"ec2.{REGION}.amazonaws.com"}
FOR_SERVICE = {"kms__GrantIsForAWSResource": "true"}
FREE = {"kms__GrantIsForAWSResource": "false"}


@pytest.mark.parametrize("tier", [Tier.PUBLIC, Tier.INTERNAL])
def test_a_lower_tier_has_one_key_behind_the_aliases_of_all_purposes(tier: Tier) -> None:
    plan = partition(tier)
    one(plan, KEY)
    assert {alias.inputs["name"] for alias in plan.of_type(ALIAS)} == {
        f"alias/bulkhead/dev/{tier}/{purpose}" for purpose in Purpose
    }


@pytest.mark.parametrize("tier", [Tier.CONFIDENTIAL, Tier.RESTRICTED, Tier.REGULATED])
def test_a_higher_tier_has_a_key_for_each_purpose_whose_policy_serves_no_other(tier: Tier) -> None:
    plan = partition(tier)
    keys = {key.name: key for key in plan.of_type(KEY)}
    assert set(keys) == {f"keys-{purpose}" for purpose in Purpose}
    assert len(list(plan.of_type(ALIAS))) == len(Purpose)
    logs = json.dumps(statements(keys["keys-log"].inputs["policy"]))
    assert "UseByCloudWatchLogs" in logs
    assert "UseThroughS3" not in logs
    assert "UseForVolumes" not in logs


@pytest.mark.parametrize("tier", Tier)
def test_rotation_and_waiting_time_are_the_catalogues(tier: Tier) -> None:
    rules = CATALOGUE[tier].keys
    for key in partition(tier).of_type(KEY):
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["rotationPeriodInDays"] == rules.rotation_days
        assert key.inputs["deletionWindowInDays"] == rules.deletion_window_days


def test_no_statement_delegates_to_the_account_without_a_condition(policy: str) -> None:
    for statement in statements(policy).values():
        if statement["Effect"] == "Allow" and statement["Principal"].get("AWS", "").endswith(
            "root"
        ):
            assert statement["Condition"]
            assert "kms:*" not in statement["Action"]


def test_a_role_of_the_partition_opens_what_lies_in_its_own_buckets_through_s3(policy: str) -> None:
    assert decide(policy, "kms:Decrypt", **caller(), **S3) == "allow"
    assert decide(policy, "kms:Decrypt", **caller(tier="regulated"), **S3) == "allow"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {},
        {**S3, "kms__ViaService": f"dynamodb.{REGION}.amazonaws.com"},
        {**S3, "kms__EncryptionContext__aws__s3__arn": "arn:aws:s3:::dev-public-models-x"},
        {**S3, "kms__EncryptionContext__aws__s3__arn": "arn:aws:s3:::prod-internal-models-x"},
    ],
)
def test_it_opens_nothing_directly_nor_in_other_buckets(
    policy: str, elsewhere: dict[str, str]
) -> None:
    assert decide(policy, "kms:Decrypt", **caller(), **elsewhere) == "nothing"


@pytest.mark.parametrize(
    "action",
    [
        "kms:Decrypt",
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
    ],
)
@pytest.mark.parametrize(
    "who",
    [
        caller(environment="prod"),
        caller(environment="staging"),
        caller(tier="public"),
        {"aws__PrincipalArn": f"{ROLE}/a-developer-with-kms-star"},
        {"aws__PrincipalArn": f"arn:aws:iam::{ACCOUNT}:root"},
    ],
)
def test_nobody_of_another_environment_or_a_lower_tier_touches_the_key(
    policy: str, action: str, who: dict[str, str]
) -> None:
    assert decide(policy, action, **who, **S3, **FOR_SERVICE) == "deny"


@pytest.mark.parametrize("action", ["kms:PutKeyPolicy", "kms:DescribeKey", "kms:EnableKeyRotation"])
def test_administrators_administer(policy: str, action: str) -> None:
    assert decide(policy, action, aws__PrincipalArn=ADMIN) == "allow"


@pytest.mark.parametrize(
    "action", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"]
)
def test_administrators_do_not_use_the_key_even_when_they_carry_the_right_tags(
    policy: str, action: str
) -> None:
    who = caller() | {"aws__PrincipalArn": ADMIN}
    assert decide(policy, action, **who, **S3) == "deny"


@pytest.mark.parametrize("who", [ADMIN, AUTOSCALING, f"{ROLE}/bulkhead/dev/somebody"])
def test_grants_are_for_services_only(policy: str, who: str) -> None:
    tags = caller() | {"aws__PrincipalArn": who}
    assert decide(policy, "kms:CreateGrant", **tags, **EC2, **FREE) == "deny"
    assert decide(policy, "kms:CreateGrant", **tags, **EC2) == "deny"
    assert decide(policy, "kms:CreateGrant", **tags, **EC2, **FOR_SERVICE) == "allow"


def test_auto_scaling_encrypts_the_disks_of_nodes_and_ec2_keeps_its_grant(policy: str) -> None:
    infrastructure = f"{ROLE}/aws:ec2-infrastructure"
    assert decide(policy, "kms:GenerateDataKey", aws__PrincipalArn=AUTOSCALING) == "allow"
    assert decide(policy, "kms:Decrypt", aws__PrincipalArn=infrastructure) == "nothing"


def test_cloudwatch_logs_encrypts_log_groups_of_its_environment_only(policy: str) -> None:
    def asks(group: str, region: str = REGION) -> str:
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
        return decide(
            policy,
            "kms:GenerateDataKey",
            service=f"logs.{region}.amazonaws.com",
            kms__EncryptionContext__aws__logs__arn=arn,
        )

    assert asks("/bulkhead/dev/network/flow-logs") == "allow"
    assert asks("/aws/eks/dev-shared/cluster") == "allow"
    assert asks("/aws/eks/prod-shared/cluster") == "nothing"
    assert asks("/bulkhead/prod/network/flow-logs") == "nothing"
    assert asks("/bulkhead/dev/network/flow-logs", region="us-east-1") == "nothing"


def test_the_control_plane_alone_encrypts_kubernetes_secrets(policy: str) -> None:
    workload = "aws__PrincipalTag_of_bulkhead__workload"
    assert decide(policy, "kms:Encrypt", **caller(**{workload: "control-plane"})) == "allow"
    assert decide(policy, "kms:Encrypt", **caller(**{workload: "node"})) == "nothing"


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_where_data_is_protected_nobody_disables_or_deletes_a_key(environment: str) -> None:
    key = one(partition(environment=environment), KEY)
    assert key.options["protect"] is True
    for action in ("kms:ScheduleKeyDeletion", "kms:DisableKey"):
        assert decide(key.inputs["policy"], action, aws__PrincipalArn=ADMIN) == "nothing"


def test_dev_can_be_torn_down(policy: str) -> None:
    assert decide(policy, "kms:ScheduleKeyDeletion", aws__PrincipalArn=ADMIN) == "allow"
    assert not one(partition(), KEY).options.get("protect")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"administrators": []},
            "keys.administrators: an administrator is needed; allowed: at least one role",
        ),
        (
            {"administrators": ["arn:aws:iam::111122223333:user/root"]},
            "keys.administrators: not the ARN of an IAM role, got "
            "'arn:aws:iam::111122223333:user/root'; "
            "allowed: arn:aws:iam::<account>:role/<path and name>",
        ),
        (
            {"tier": "secret"},
            "keys.tier: unknown tier, got 'secret'; "
            "allowed: public, internal, confidential, restricted, regulated",
        ),
        (
            {"tier": "regulated", "scope": scope(region="eu-west-2")},
            "keys.tier: tier 'regulated' may not live in this region, got 'eu-west-2'; "
            "allowed: eu-central-1, eu-west-1, us-east-1, us-west-2",
        ),
        (
            {"scope": scope(environment="production")},
            "keys.scope.environment: unknown environment, got 'production'; "
            "allowed: dev, staging, prod",
        ),
        (
            {"scope": scope(account_id="1234")},
            "keys.scope.account_id: not an AWS account ID, got '1234'; "
            "allowed: twelve digits, as a string",
        ),
        (
            {"purposes": ["data"]},
            "keys: unknown argument, got 'purposes'; "
            "allowed: administrators, description, scope, tier",
        ),
    ],
)
def test_what_can_not_be_a_partition_is_refused(changes: dict[str, Any], sentence: str) -> None:
    args = {"scope": scope(), "tier": "internal", "administrators": [ADMIN], **changes}
    assert refusal(lambda: KeyPartition("keys", args)) == sentence
