from typing import Any

import pytest

from bulkhead import KeyPartition
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ADMIN, one, planned, refusal, scope, statements

KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
ENCRYPTION = [purpose for purpose in Purpose if purpose is not Purpose.SIGNING]


def partition(tier: str = "internal", environment: str = "dev", **changes: Any) -> Plan:
    args = {"scope": scope(environment=environment), "tier": tier, "administrators": [ADMIN]}
    return planned(lambda: KeyPartition("keys", {**args, **changes}))


@pytest.mark.parametrize("tier", [Tier.PUBLIC, Tier.INTERNAL])
def test_a_lower_tier_has_one_encryption_key_behind_the_aliases_of_all_purposes(tier: Tier) -> None:
    plan = partition(tier)
    assert {key.name for key in plan.of_type(KEY)} == {"keys-shared", "keys-signing"}
    assert {alias.inputs["name"] for alias in plan.of_type(ALIAS)} == {
        f"alias/bulkhead/dev/{tier}/{purpose}" for purpose in Purpose
    }


@pytest.mark.parametrize("tier", [Tier.CONFIDENTIAL, Tier.RESTRICTED, Tier.REGULATED])
def test_a_higher_tier_has_a_key_for_each_purpose_whose_policy_serves_no_other(tier: Tier) -> None:
    plan = partition(tier)
    keys = {key.name: key for key in plan.of_type(KEY)}
    assert set(keys) == {f"keys-{purpose}" for purpose in Purpose}
    assert len(list(plan.of_type(ALIAS))) == len(Purpose)
    served = {
        purpose: {
            sid
            for sid in statements(keys[f"keys-{purpose}"].inputs["policy"])
            if sid.startswith(("UseThrough", "UseBy", "UseFor", "Sign", "Verify"))
        }
        for purpose in Purpose
    }
    messages = {
        "UseThroughSqs", "UseThroughSns", "UseBySendersToQueues", "UseByPublishersToTopics"
    }  # fmt: skip
    assert served == {
        Purpose.DATA: {
            "UseThroughS3", "UseThroughS3Vectors", "UseByVectorIndexing", "UseThroughDynamoDb",
            "UseThroughFiles", *messages,
        },
        Purpose.MODEL: {"UseThroughS3", "UseThroughEcr"},
        Purpose.LOG: {
            "UseThroughS3", "UseByCloudWatchLogs", "UseByCloudTrail", "UseByConfig",
            "UseThroughBackup", *messages
        },
        Purpose.SECRET: {"UseByKubernetesControlPlane", "UseThroughSecretsManager"},
        Purpose.VOLUME: {"UseThroughEc2", "UseForVolumesOfNodes", "UseThroughFiles"},
        Purpose.SIGNING: {"SignAsBuilder", "Verify"},
    }  # fmt: skip


@pytest.mark.parametrize("tier", Tier)
def test_rotation_and_waiting_time_are_the_catalogues(tier: Tier) -> None:
    rules = CATALOGUE[tier].keys
    for key in partition(tier).of_type(KEY):
        assert key.inputs["deletionWindowInDays"] == rules.deletion_window_days
        if not key.name.endswith("signing"):
            assert key.inputs["enableKeyRotation"] is True
            assert key.inputs["rotationPeriodInDays"] == rules.rotation_days


@pytest.mark.parametrize("tier", Tier)
def test_the_signing_key_is_asymmetric_and_stands_alone(tier: Tier) -> None:
    key = one(partition(tier), KEY, "keys-signing")
    assert key.inputs["keyUsage"] == "SIGN_VERIFY"
    assert key.inputs["customerMasterKeySpec"] == "ECC_NIST_P256"
    assert "enableKeyRotation" not in key.inputs
    assert key.inputs["tags"]["bulkhead:plane"] == "model"


@pytest.mark.parametrize("tier", Tier)
def test_no_statement_delegates_to_the_account_without_a_condition(tier: Tier) -> None:
    for key in partition(tier).of_type(KEY):
        for statement in statements(key.inputs["policy"]).values():
            if statement["Effect"] == "Allow" and ":root" in str(statement["Principal"]):
                assert statement["Condition"]
                assert "kms:*" not in statement["Action"]


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_where_data_is_protected_so_are_the_keys(environment: str) -> None:
    for key in partition(environment=environment).of_type(KEY):
        assert key.options["protect"] is True


def test_dev_can_be_torn_down() -> None:
    for key in partition().of_type(KEY):
        assert not key.options.get("protect")


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
