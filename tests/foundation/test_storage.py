from typing import Any

import pytest

from bulkhead import EncryptedBucket
from bulkhead.domain.environments import Environment
from bulkhead.domain.names import S3_BUCKET
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import Store, expiry_days, undo_days
from bulkhead.domain.tiers import CATALOGUE, DEFAULT_REGIONS, Tier
from bulkhead.foundation.storage import physical_name
from bulkhead.preview.plan import Plan
from tests.foundation.iam import decide
from tests.foundation.samples import ACCOUNT, KEY, one, planned, refusal, scope

NAME = f"dev-internal-models-{ACCOUNT}-eu-central-1"
OBJECT = "arn:aws:s3:::x/y"


def bucket(tier: str = "internal", store: str = "models", **changes: Any) -> Plan:
    args = {"scope": scope(), "tier": tier, "store": store, "key_arn": KEY, **changes}
    return planned(lambda: EncryptedBucket("store", args))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return bucket()


@pytest.fixture(scope="module")
def policy(plan: Plan) -> str:
    return str(one(plan, "aws:s3/bucketPolicy:BucketPolicy").inputs["policy"])


def companion(plan: Plan, kind: str) -> dict[str, Any]:
    token = f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"
    inputs = one(plan, token).inputs
    assert inputs["bucket"] == NAME
    return inputs


def test_the_bucket_is_named_by_environment_tier_store_account_and_region(plan: Plan) -> None:
    made = one(plan, "aws:s3/bucket:Bucket").inputs
    assert made["bucket"] == NAME
    assert made["forceDestroy"] is False


def test_it_is_encrypted_with_the_partitions_key_through_a_bucket_key(plan: Plan) -> None:
    assert companion(plan, "BucketServerSideEncryptionConfiguration")["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {
                "sseAlgorithm": "aws:kms",
                "kmsMasterKeyId": KEY,
            },
            "bucketKeyEnabled": True,
            "blockedEncryptionTypes": ["SSE-C"],
        }
    ]


def test_it_is_closed_to_the_public_and_owned_by_the_account(plan: Plan) -> None:
    block = companion(plan, "BucketPublicAccessBlock")
    switches = {
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    }
    assert {key: block[key] for key in switches} == dict.fromkeys(switches, True)
    rule = companion(plan, "BucketOwnershipControls")["rule"]
    assert rule == {"objectOwnership": "BucketOwnerEnforced"}


def test_it_is_versioned(plan: Plan) -> None:
    versioning = companion(plan, "BucketVersioning")["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("store", Store)
def test_objects_live_as_long_as_the_catalogue_says(tier: Tier, store: Store) -> None:
    plan = bucket(tier, store)
    rules = {
        rule["id"]: rule
        for rule in one(
            plan, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
        ).inputs["rules"]
    }
    assert all(rule["status"] == "Enabled" for rule in rules.values())
    old = rules["forget-old-versions"]["noncurrentVersionExpiration"]
    assert old == {"noncurrentDays": undo_days(tier, store)}
    if (expiry := expiry_days(tier, store)) is None:
        assert store is Store.MODELS
        assert "expire" not in rules
    else:
        assert rules["expire"]["expiration"] == {"days": expiry}
    locks = list(plan.of_type("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"))
    locked = CATALOGUE[tier].retention.object_lock
    assert one(plan, "aws:s3/bucket:Bucket").inputs["objectLockEnabled"] is locked
    assert len(locks) == int(locked)


def test_a_locked_object_can_expire_when_its_time_is_over() -> None:
    plan = bucket("regulated", "checkpoints")
    lock = one(plan, "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    days = CATALOGUE[Tier.REGULATED].retention.checkpoint_days
    assert lock.inputs["rule"]["defaultRetention"] == {"mode": "GOVERNANCE", "days": days}


def who(environment: str = "dev", tier: str = "internal") -> dict[str, str]:
    return {
        "aws__PrincipalArn": "arn:aws:iam::111122223333:role/x",
        "aws__PrincipalTag_of_bulkhead__environment": environment,
        "aws__PrincipalTag_of_bulkhead__tier": tier,
    }


def test_the_policy_lets_the_partitions_own_roles_through(policy: str) -> None:
    for action in ("s3:GetObject", "s3:PutObject"):
        good = {"aws__SecureTransport": "true", "s3__TlsVersion": "1.3"}
        assert decide(policy, action, **who(), **good) == "nothing"
        assert decide(policy, action, **who(tier="restricted"), **good) == "nothing"


@pytest.mark.parametrize(
    "bad",
    [
        {"aws__SecureTransport": "false"},
        {"s3__TlsVersion": "1.1"},
        {"aws__PrincipalTag_of_bulkhead__environment": "prod"},
        {"aws__PrincipalTag_of_bulkhead__environment": None},
        {"aws__PrincipalTag_of_bulkhead__tier": "public"},
    ],
)
def test_the_policy_denies_what_is_unsafe_or_comes_from_elsewhere(
    policy: str, bad: dict[str, Any]
) -> None:
    assert decide(policy, "s3:GetObject", **{**who(), **bad}) == "deny"


def test_the_policy_denies_uploads_with_a_foreign_key_or_none_of_kms(policy: str) -> None:
    method, key = (
        "s3__x-amz-server-side-encryption",
        "s3__x-amz-server-side-encryption-aws-kms-key-id",
    )
    uploads = {
        (): "nothing",
        ((method, "aws:kms"), (key, KEY)): "nothing",
        ((method, "aws:kms"), (key, KEY.replace(ACCOUNT, "999988887777"))): "deny",
        ((method, "AES256"),): "deny",
    }
    for headers, verdict in uploads.items():
        assert decide(policy, "s3:PutObject", **who(), **dict(headers)) == verdict


def test_access_logs_go_where_they_are_asked_to() -> None:
    logging = companion(bucket(access_log_bucket="logs"), "BucketLogging")
    assert (logging["targetBucket"], logging["targetPrefix"]) == ("logs", f"{NAME}/")


def test_where_data_is_protected_so_is_the_bucket() -> None:
    made = one(bucket(scope=scope(environment="prod")), "aws:s3/bucket:Bucket")
    assert made.options["protect"] is True


def test_every_name_is_one_that_s3_takes_and_no_two_are_the_same() -> None:
    names = [
        physical_name(Scope(environment, region, ACCOUNT, "o", "c", "p"), tier, store)
        for environment in Environment
        for region in DEFAULT_REGIONS
        for tier in Tier
        for store in Store
    ]
    assert max(map(len, names)) <= S3_BUCKET
    assert len(set(names)) == len(names)


def test_an_unknown_store_is_refused() -> None:
    args = {"scope": scope(), "tier": "internal", "store": "misc", "key_arn": KEY}
    assert refusal(lambda: EncryptedBucket("store", args)) == (
        "store.store: unknown store, got 'misc'; allowed: datasets, checkpoints, models"
    )
