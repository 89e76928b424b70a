from itertools import product

import pytest

from bulkhead.domain.environments import Environment
from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import Purpose, key_alias, keys_of, may_use
from bulkhead.domain.stores import ACCESS_LOGS, Store, expiry_days, store_name, undo_days
from bulkhead.domain.tiers import CATALOGUE, Tier

PLACES = list(product(Environment, Tier))

each_tier = pytest.mark.parametrize("tier", Tier)


def test_no_two_environments_tiers_or_purposes_share_an_alias() -> None:
    aliases = {key_alias(*place, purpose) for place, purpose in product(PLACES, Purpose)}
    assert len(aliases) == len(Environment) * len(Tier) * len(Purpose)
    assert key_alias(Environment.PROD, Tier.PUBLIC, Purpose.LOG) == "alias/bulkhead/prod/public/log"
    assert not any(alias.startswith("alias/aws/") for alias in aliases)


def test_the_words_in_the_names_of_keys_and_buckets_stay() -> None:
    purposes = ["data", "model", "log", "secret", "volume", "signing"]
    assert list(keys_of(Tier.REGULATED)) == purposes
    assert list(keys_of(Tier.PUBLIC)) == ["shared", "signing"]
    stores = ["datasets", "features", "embeddings", "checkpoints", "models", "evidence"]
    assert list(Store) == stores


@each_tier
def test_every_purpose_has_exactly_one_key_and_above_internal_one_of_its_own(tier: Tier) -> None:
    keys = keys_of(tier)
    served = [purpose for purposes in keys.values() for purpose in purposes]
    assert sorted(served) == sorted(Purpose)
    apart = tier not in {Tier.PUBLIC, Tier.INTERNAL}
    assert len(keys) == (len(Purpose) if apart else 2)
    assert keys["signing"] == [Purpose.SIGNING]


def test_no_lower_tier_may_use_the_key_of_a_higher() -> None:
    for key, principal in product(Tier, Tier):
        assert (principal in may_use(key)) is (principal.rank >= key.rank)


def test_no_bucket_name_of_a_partition_begins_like_that_of_another() -> None:
    words = [*Store, ACCESS_LOGS]
    names = [store_name(*place, store) for place, store in product(PLACES, words)]
    assert store_name(Environment.DEV, Tier.INTERNAL, Store.MODELS) == "dev-internal-models"
    assert not [(a, b) for a, b in product(names, names) if a != b and a.startswith(b)]


@pytest.mark.parametrize(
    ("store", "plane", "purpose"),
    [
        (Store.DATASETS, Plane.DATA, Purpose.DATA),
        (Store.FEATURES, Plane.DATA, Purpose.DATA),
        (Store.EMBEDDINGS, Plane.DATA, Purpose.DATA),
        (Store.CHECKPOINTS, Plane.MODEL, Purpose.MODEL),
        (Store.MODELS, Plane.MODEL, Purpose.MODEL),
        (Store.EVIDENCE, Plane.CONTROL, Purpose.LOG),
    ],
)
def test_each_store_is_in_its_plane_with_that_planes_key(
    store: Store, plane: Plane, purpose: Purpose
) -> None:
    assert store.plane is plane
    assert store.purpose is purpose


@each_tier
def test_data_and_checkpoints_expire_by_tier_and_are_gone_a_week_later(tier: Tier) -> None:
    retention = CATALOGUE[tier].retention
    assert expiry_days(tier, Store.DATASETS) == retention.data_days
    assert expiry_days(tier, Store.CHECKPOINTS) == retention.checkpoint_days
    assert undo_days(tier, Store.DATASETS) == 7
    assert undo_days(tier, Store.CHECKPOINTS) == 7


@each_tier
def test_models_do_not_expire_and_can_be_rolled_back_as_long_as_data_is_kept(tier: Tier) -> None:
    assert expiry_days(tier, Store.MODELS) is None
    assert undo_days(tier, Store.MODELS) == CATALOGUE[tier].retention.data_days
