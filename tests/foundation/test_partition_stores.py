import datetime
import json
from typing import Any

import pytest

from bulkhead import KeyPartition, PartitionStores, VectorStore
from bulkhead.domain.stores import BUCKETS, Store
from bulkhead.domain.tiers import Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, ADMIN, KEY, one, planned, refusal, scope, statements

BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
VECTORS = "aws:s3/vectorsVectorBucket:VectorsVectorBucket"
INDEX = "aws:s3/vectorsIndex:VectorsIndex"
HANDBOOK = {"name": "handbook", "dimension": 1024, "metric": "cosine", "hidden_keys": ["chunk"]}


def key_arn(purpose: str) -> str:
    return f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{purpose}"


def arguments(tier: str = "confidential", **changes: Any) -> Any:
    keys = {purpose: key_arn(purpose) for purpose in ("data", "model", "log")}
    return {"scope": scope(environment="prod"), "tier": tier, "key_arns": keys, **changes}


def stores(tier: str = "confidential", **changes: Any) -> Plan:
    args = arguments(tier, **changes)
    return planned(lambda: PartitionStores("stores", args))


def refused(**changes: Any) -> str:
    args = arguments(**changes)
    return refusal(lambda: PartitionStores("stores", args))


@pytest.mark.parametrize("tier", Tier)
def test_each_store_of_a_partition_is_a_store_of_its_own_and_there_is_no_other(tier: Tier) -> None:
    plan = stores(tier)
    buckets = {r.inputs["bucket"] for r in plan.of_type(BUCKET)}
    assert buckets == {
        f"prod-{tier}-{store}-{ACCOUNT}-eu-central-1" for store in [*BUCKETS, "access-logs"]
    }
    assert one(plan, VECTORS).inputs["vectorBucketName"] == (
        f"prod-{tier}-embeddings-{ACCOUNT}-eu-central-1"
    )
    for each in [*plan.of_type(BUCKET), *plan.of_type(VECTORS)]:
        assert each.options["protect"] is True
        assert each.inputs["tags"]["bulkhead:tier"] == tier


@pytest.mark.parametrize(
    ("store", "purpose"),
    [
        ("datasets", "data"),
        ("features", "data"),
        ("checkpoints", "model"),
        ("models", "model"),
        ("evidence", "log"),
    ],
)
def test_each_store_has_the_key_of_its_purpose(store: str, purpose: str) -> None:
    encryption = one(stores(), ENCRYPTION, f"stores-{store}")
    [rule] = encryption.inputs["rules"]
    default = rule["applyServerSideEncryptionByDefault"]
    assert default == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key_arn(purpose)}


def test_all_buckets_log_to_the_partitions_own() -> None:
    logs = list(stores().of_type("aws:s3/bucketLogging:BucketLogging"))
    assert len(logs) == len(BUCKETS)
    assert {r.inputs["targetBucket"] for r in logs} == {
        f"prod-confidential-access-logs-{ACCOUNT}-eu-central-1"
    }


def test_the_keys_of_a_partition_that_is_made_with_them_are_taken_as_they_come() -> None:
    def program() -> None:
        place = {"scope": scope(), "tier": "regulated"}
        keys = KeyPartition("keys", {**place, "administrators": [ADMIN]})
        PartitionStores("stores", {**place, "key_arns": keys.arns})

    assert one(planned(program), VECTORS)


def test_what_is_not_asked_for_is_not_made() -> None:
    plan = stores(stores=["models"])
    assert {r.name for r in plan.of_type(BUCKET)} == {"stores-models", "stores-access-logs"}
    assert list(plan.of_type(VECTORS)) == []


def test_retention_outside_access_and_vpc_reach_their_store() -> None:
    outside = {
        "role_arn": f"arn:aws:iam::{ACCOUNT}:role/ci",
        "owner": "ml-platform",
        "reason": "Hosted runners upload until they move into the VPC.",
        "expires": datetime.date.today().isoformat(),
    }
    plan = stores(
        vpc_id="vpc-1", retention_days={"datasets": 90}, outside_access={"models": [outside]}
    )
    expiry = {
        r.name: [rule["expiration"] for rule in r.inputs["rules"] if rule["id"] == "expire"]
        for r in plan.of_type(LIFECYCLE)
    }
    assert expiry["stores-datasets"] == [{"days": 90}]
    assert expiry["stores-features"] == [{"days": 731}]
    for store in BUCKETS:
        policy = one(plan, "aws:s3/bucketPolicy:BucketPolicy", f"stores-{store}").inputs["policy"]
        networks = statements(json.dumps(policy))["DenyOtherNetworks"]["Condition"]
        assert networks["StringNotEquals"] == {"aws:SourceVpc": "vpc-1"}
        assert ("ArnNotEquals" in networks) is (store is Store.MODELS)


def test_an_index_is_as_the_embedding_model_asks() -> None:
    plan = stores(vector_indexes=[HANDBOOK])
    index = one(plan, INDEX).inputs
    expected = {
        "indexName": "handbook",
        "dataType": "float32",
        "dimension": 1024,
        "distanceMetric": "cosine",
        "metadataConfiguration": {"nonFilterableMetadataKeys": ["chunk"]},
    }
    assert {key: index[key] for key in expected} == expected
    assert "encryptionConfigurations" not in index
    assert one(plan, VECTORS).inputs["encryptionConfigurations"] == [
        {"sseType": "aws:kms", "kmsKeyArn": key_arn("data")}
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stores": ["misc"]}, "stores.stores: unknown store, got 'misc'; allowed: datasets, "),
        ({"stores": []}, "stores.stores: no store, or one twice"),
        ({"stores": ["models", "models"]}, "stores.stores: no store, or one twice, got 'models, "),
        ({"stores": "models"}, "stores.stores: a value of the wrong type"),
        ({"retention_days": 3}, "stores.retention_days: a value of the wrong type, got '3'"),
        (
            {"retention_days": {"embeddings": 3}},
            "stores.retention_days: not a bucket of these stores, got 'embeddings'",
        ),
        (
            {"stores": ["models"], "outside_access": {"datasets": []}},
            "stores.outside_access: not a bucket of these stores, got 'datasets'; allowed: models",
        ),
        (
            {"retention_days": {"evidence": 1}},
            "stores.retention_days.evidence: a retention under the tier's minimum, got '1'; "
            "allowed: 1096 days or more",
        ),
        (
            {"outside_access": {"models": [{"role_arn": ADMIN}]}},
            "stores.outside_access.models[0].expires: a missing argument",
        ),
        (
            {"stores": ["models"], "vector_indexes": [HANDBOOK]},
            "stores.vector_indexes: indexes without a store of embeddings",
        ),
        ({"vector_indexes": {}}, "stores.vector_indexes: a value of the wrong type"),
        ({"vector_indexes": ["x"]}, "stores.vector_indexes[0]: not a mapping of arguments"),
        (
            {"vector_indexes": [HANDBOOK, HANDBOOK]},
            "stores.vector_indexes[1].name: an index stands twice, got 'handbook'",
        ),
        (
            {"vector_indexes": [{**HANDBOOK, "name": "Handbook"}]},
            "stores.vector_indexes[0].name: not the name of a vector index, got 'Handbook'",
        ),
        (
            {"vector_indexes": [{**HANDBOOK, "dimension": 4097}]},
            "stores.vector_indexes[0].dimension: not a dimension, got '4097'; allowed: 1 to 4096",
        ),
        (
            {"vector_indexes": [{**HANDBOOK, "dimension": 0}]},
            "stores.vector_indexes[0].dimension: not a dimension, got '0'",
        ),
        (
            {"vector_indexes": [{**HANDBOOK, "metric": "dot"}]},
            "stores.vector_indexes[0].metric: unknown distance metric, got 'dot'; "
            "allowed: cosine, euclidean",
        ),
        (
            {"vector_indexes": [{**HANDBOOK, "hidden_keys": [f"k{n}" for n in range(11)]}]},
            "stores.vector_indexes[0].hidden_keys: too many metadata keys, or one twice",
        ),
        (
            {"vector_indexes": [{**HANDBOOK, "hidden_keys": ["a", "a"]}]},
            "stores.vector_indexes[0].hidden_keys: too many metadata keys, or one twice",
        ),
        (
            {"vector_indexes": [{**HANDBOOK, "hidden_keys": ["k" * 64]}]},
            "stores.vector_indexes[0].hidden_keys: not a metadata key",
        ),
        ({"tier": "secret"}, "stores.tier: unknown tier, got 'secret'"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_made(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refused(**changes).startswith(sentence)


def test_a_store_of_embeddings_stands_by_itself_too() -> None:
    args: Any = {"scope": scope(), "tier": "internal", "key_arn": KEY}
    plan = planned(lambda: VectorStore("vectors", args))
    assert one(plan, VECTORS).inputs["forceDestroy"] is False
    assert list(plan.of_type(INDEX)) == []
