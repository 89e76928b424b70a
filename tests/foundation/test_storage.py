import datetime
from typing import Any

import pulumi_aws as aws
import pytest

from bulkhead import AccessLogBucket, EncryptedBucket
from bulkhead.domain.environments import Environment
from bulkhead.domain.names import S3_BUCKET
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import BUCKETS, Store, expiry_days, undo_days
from bulkhead.domain.tiers import CATALOGUE, DEFAULT_REGIONS, Tier
from bulkhead.foundation.buckets import physical_name
from bulkhead.preview.plan import Plan
from bulkhead.preview.wire import contains_unknown
from tests.foundation.samples import ACCOUNT, KEY, one, planned, refusal, scope

NAME = f"dev-internal-models-{ACCOUNT}-eu-central-1"


def arguments(tier: str = "internal", store: str = "models", **changes: Any) -> Any:
    told = {"scope": scope(), "tier": tier, "store": store, "key_arn": KEY}
    return {**told, "access_log_bucket": "logs", **changes}


def bucket(tier: str = "internal", store: str = "models", **changes: Any) -> Plan:
    args = arguments(tier, store, **changes)
    return planned(lambda: EncryptedBucket("store", args))


def refused(**changes: Any) -> str:
    args = arguments(**changes)
    return refusal(lambda: EncryptedBucket("store", args))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return bucket()


ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


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


def lifecycle(plan: Plan) -> dict[str, Any]:
    found = one(plan, LIFECYCLE).inputs["rules"]
    assert all(rule["status"] == "Enabled" for rule in found)
    return {rule["id"]: rule for rule in found}


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("store", BUCKETS)
def test_objects_live_as_long_as_the_catalogue_says(tier: Tier, store: Store) -> None:
    plan = bucket(tier, store)
    rules = lifecycle(plan)
    old = rules["forget-old-versions"]["noncurrentVersionExpiration"]
    assert old == {"noncurrentDays": undo_days(tier, store)}
    if (expiry := expiry_days(tier, store)) is None:
        assert store is Store.MODELS
        assert "expire" not in rules
    else:
        assert rules["expire"]["expiration"] == {"days": expiry}


@pytest.mark.parametrize(
    ("tier", "store", "storage_class", "days"),
    [
        ("internal", "datasets", "INTELLIGENT_TIERING", 30),
        ("regulated", "features", "INTELLIGENT_TIERING", 30),
        ("public", "models", "INTELLIGENT_TIERING", 30),
        ("internal", "evidence", "GLACIER_IR", 90),
        ("restricted", "evidence", "GLACIER_IR", 365),
    ],
)
def test_objects_get_cheaper_when_the_catalogue_says(
    tier: str, store: str, storage_class: str, days: int
) -> None:
    [transition] = lifecycle(bucket(tier, store))["cool"]["transitions"]
    assert transition == {"days": days, "storageClass": storage_class}


@pytest.mark.parametrize("changes", [{"store": "checkpoints"}, {"retention_days": 30}])
def test_what_goes_before_it_would_get_cheaper_stays_where_it_is(changes: dict[str, Any]) -> None:
    assert "cool" not in lifecycle(bucket(**{"store": "datasets", **changes}))


LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"


@pytest.mark.parametrize(
    ("environment", "tier", "store", "mode", "days"),
    [
        ("dev", "internal", "evidence", "GOVERNANCE", 365),
        ("prod", "confidential", "evidence", "GOVERNANCE", 1096),
        ("dev", "regulated", "evidence", "GOVERNANCE", 3653),
        ("staging", "restricted", "evidence", "COMPLIANCE", 2557),
        ("prod", "regulated", "evidence", "COMPLIANCE", 3653),
        ("prod", "regulated", "datasets", "GOVERNANCE", 365),
        ("prod", "restricted", "checkpoints", "GOVERNANCE", 14),
        ("prod", "restricted", "models", "GOVERNANCE", 365),
    ],
)
def test_locks_are_as_firm_as_tier_and_environment_ask(
    environment: str, tier: str, store: str, mode: str, days: int
) -> None:
    plan = bucket(tier, store, scope=scope(environment=environment))
    assert one(plan, "aws:s3/bucket:Bucket").inputs["objectLockEnabled"] is True
    assert one(plan, LOCK).inputs["rule"] == {"defaultRetention": {"mode": mode, "days": days}}


@pytest.mark.parametrize("tier", ["public", "internal", "confidential"])
@pytest.mark.parametrize("store", ["datasets", "checkpoints", "models"])
def test_nothing_but_evidence_is_locked_where_the_tier_does_not_ask(tier: str, store: str) -> None:
    plan = bucket(tier, store)
    assert one(plan, "aws:s3/bucket:Bucket").inputs["objectLockEnabled"] is False
    assert list(plan.of_type(LOCK)) == []


def test_evidence_may_be_kept_longer_and_data_for_a_shorter_time() -> None:
    evidence = bucket("restricted", "evidence", retention_days=4000)
    assert lifecycle(evidence)["expire"]["expiration"] == {"days": 4000}
    assert one(evidence, LOCK).inputs["rule"]["defaultRetention"]["days"] == 4000
    datasets = bucket("restricted", "datasets", retention_days=90)
    assert lifecycle(datasets)["expire"]["expiration"] == {"days": 90}
    assert one(datasets, LOCK).inputs["rule"]["defaultRetention"]["days"] == 90


@pytest.mark.parametrize(
    ("store", "days", "sentence"),
    [
        (
            "evidence",
            364,
            "store.retention_days: a retention under the tier's minimum, got '364'; "
            "allowed: 365 days or more for evidence of tier internal",
        ),
        (
            "datasets",
            732,
            "store.retention_days: a retention over the tier's maximum, got '732'; "
            "allowed: 1 to 731 days for datasets of tier internal",
        ),
        (
            "checkpoints",
            0,
            "store.retention_days: not a retention, got '0'; "
            "allowed: 1 to 30 days for checkpoints of tier internal",
        ),
        (
            "models",
            30,
            "store.retention_days: models have no retention, got '30'; "
            "allowed: none, since they live until they are retired",
        ),
    ],
)
def test_a_retention_on_the_wrong_side_of_the_catalogues_is_refused(
    store: str, days: int, sentence: str
) -> None:
    assert refused(store=store, retention_days=days) == sentence


def test_access_logs_go_where_they_are_asked_to() -> None:
    logging = companion(bucket(), "BucketLogging")
    assert (logging["targetBucket"], logging["targetPrefix"]) == ("logs", f"{NAME}/")


def test_a_bucket_logs_only_once_the_other_takes_logs() -> None:
    def program() -> None:
        logs = AccessLogBucket("logs", {"scope": scope(), "tier": "internal"})
        EncryptedBucket("store", arguments(access_log_bucket=logs.bucket_name))

    logging = one(planned(program), "aws:s3/bucketLogging:BucketLogging")
    assert logging.inputs["targetBucket"] == f"dev-internal-access-logs-{ACCOUNT}-eu-central-1"
    assert any("BucketPolicy::logs" in urn for urn in logging.dependencies)


def test_a_vpc_that_is_not_made_yet_leaves_the_rest_of_the_policy_known() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        EncryptedBucket("store", arguments(vpc_id=vpc.id))

    found = one(planned(program), "aws:s3/bucketPolicy:BucketPolicy").inputs["policy"]
    known = {each["Sid"]: each for each in found["Statement"]}
    where = known.pop("DenyOtherNetworks")["Condition"]["StringNotEquals"]
    assert contains_unknown(where["aws:SourceVpc"])
    assert "DenyLowerTiers" in known
    assert not contains_unknown(known)


OUTSIDE = {
    "role_arn": f"arn:aws:iam::{ACCOUNT}:role/ci",
    "owner": "ml-platform",
    "reason": "Hosted runners upload until they move into the VPC.",
    "expires": datetime.date.today().isoformat(),
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"role_arn": "*"}, "store.outside_access[0].role_arn: not the ARN of an IAM role"),
        ({"owner": " "}, "store.outside_access[0].owner: an exemption needs an owner"),
        ({"reason": "tbd"}, "store.outside_access[0].reason: an exemption needs a reason"),
        ({"expires": "soon"}, "store.outside_access[0].expires: "),
        ({"expires": "2020-01-01"}, "store.outside_access[0].expires: the exemption has expired"),
        ({"expires": "2999-01-01"}, "store.outside_access[0].expires: the exemption expires too"),
        ({"expires": None}, "store.outside_access[0].expires: a missing argument"),
    ],
)
def test_access_from_outside_needs_a_role_an_owner_a_reason_and_an_end(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refused(outside_access=[{**OUTSIDE, **changes}]).startswith(sentence)


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


@pytest.mark.parametrize(
    ("store", "what"), [("misc", "unknown store"), ("embeddings", "not a store of objects")]
)
def test_what_is_no_store_of_objects_is_refused(store: str, what: str) -> None:
    assert refused(store=store).startswith(f"store.store: {what}, got '{store}'; allowed: datasets")


def test_a_bucket_without_access_logs_is_refused() -> None:
    assert refused(access_log_bucket=None) == "store.access_log_bucket: a missing argument"


def access_logs(**changes: str) -> Any:
    args: Any = {"scope": scope(**changes), "tier": "restricted"}
    return lambda: AccessLogBucket("logs", args)


def test_s3_encrypts_the_access_logs_with_its_own_key_and_does_not_lock_them() -> None:
    logs = planned(access_logs(environment="prod"))
    [rule] = one(logs, ENCRYPTION).inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    made = one(logs, "aws:s3/bucket:Bucket")
    assert made.inputs["objectLockEnabled"] is False
    assert made.options["protect"] is True


def test_access_logs_are_kept_as_long_as_the_tier_keeps_logs() -> None:
    [expiry] = [
        rule["expiration"]
        for rule in one(planned(access_logs()), LIFECYCLE).inputs["rules"]
        if rule["id"] == "expire"
    ]
    assert expiry == {"days": CATALOGUE[Tier.RESTRICTED].retention.log_days}


def test_access_logs_of_a_tier_in_a_region_that_may_not_hold_it_are_refused() -> None:
    assert "region" in refusal(access_logs(region="sa-east-1"))
