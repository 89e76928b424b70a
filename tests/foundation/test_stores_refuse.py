"""Every store refuses what the catalogue doesn't know, at construction and in one sentence."""

from typing import Any

import pytest

from bulkhead import (
    AccessLogBucket,
    EncryptedBucket,
    EncryptedQueue,
    EncryptedTable,
    EncryptedTopic,
    ImageRegistry,
    PartitionStores,
    SharedFileSystem,
    VectorStore,
)
from bulkhead.domain.stores import BUCKETS, Store, expiry_days
from bulkhead.domain.tiers import Tier
from tests.foundation.samples import KEY, planned, refusal, scope

KEYED = {"key_arn": KEY}
NAMED = {**KEYED, "name": "lineage", "plane": "control"}
MOUNTED = {
    **KEYED,
    "name": "training-data",
    "vpc_id": "vpc-1",
    "subnet_ids": ["subnet-1", "subnet-2"],
    "client_security_group_ids": ["sg-1"],
    "tenants": [{"name": "alpha", "user_id": 2001}],
}
STORES: list[tuple[Any, dict[str, Any]]] = [
    (AccessLogBucket, {}),
    (EncryptedBucket, {**KEYED, "store": "models", "access_log_bucket": "logs"}),
    (EncryptedQueue, NAMED),
    (EncryptedTable, {**NAMED, "hash_key": "dataset"}),
    (EncryptedTopic, NAMED),
    (ImageRegistry, {**KEYED, "repositories": ["vllm"]}),
    (PartitionStores, {"key_arns": {"data": KEY, "model": KEY, "log": KEY}}),
    (SharedFileSystem, MOUNTED),
    (VectorStore, KEYED),
]
TIERS, ENVIRONMENTS = (
    "public, internal, confidential, restricted, regulated",
    "dev, staging, prod",
)

every_store = pytest.mark.parametrize(
    ("component", "more"), STORES, ids=[component.__name__ for component, _ in STORES]
)


@every_store
@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (
            {"tier": "secret"},
            f"store.tier: unknown tier, got 'secret'; allowed: {TIERS}",
        ),
        (
            {"scope": scope(environment="test")},
            f"store.scope.environment: unknown environment, got 'test'; allowed: {ENVIRONMENTS}",
        ),
    ],
    ids=["tier", "environment"],
)
def test_an_unknown_place_is_refused_before_anything_is_made(
    component: Any, more: dict[str, Any], place: dict[str, Any], sentence: str
) -> None:
    args = {"scope": scope(), "tier": "internal", **more}
    assert planned(lambda: component("store", args)).resources
    assert refusal(lambda: component("store", {**args, **place})) == sentence


@pytest.mark.parametrize("tier", Tier)
def test_evidence_is_never_kept_shorter_than_its_tier_asks(tier: Tier) -> None:
    least = expiry_days(tier, Store.EVIDENCE)
    assert least is not None
    args = {"scope": scope(), "tier": tier, "key_arn": KEY, "access_log_bucket": "logs"}

    def kept(days: int) -> Any:
        told: Any = {**args, "store": "evidence", "retention_days": days}
        return lambda: EncryptedBucket("store", told)

    assert planned(kept(least)).resources
    assert refusal(kept(least - 1)) == (
        f"store.retention_days: a retention under the tier's minimum, got '{least - 1}'; "
        f"allowed: {least} days or more for evidence of tier {tier}"
    )


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("store", [each for each in BUCKETS if each is not Store.EVIDENCE])
def test_nothing_else_is_kept_longer_than_its_tier_allows(tier: Tier, store: Store) -> None:
    most = expiry_days(tier, store)
    args: Any = {"scope": scope(), "tier": tier, "key_arn": KEY, "access_log_bucket": "logs"}
    days = (most or 0) + 1
    told: Any = {**args, "store": store, "retention_days": days}
    found = refusal(lambda: EncryptedBucket("store", told))
    if most is None:
        assert found.startswith(f"store.retention_days: {store} have no retention, got '{days}'")
    else:
        assert found.startswith(
            f"store.retention_days: a retention over the tier's maximum, got '{days}'; "
            f"allowed: 1 to {most} days"
        )
