from collections.abc import Callable
from itertools import pairwise

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.pods import PodRules
from bulkhead.domain.tiers import (
    CATALOGUE,
    BackupRules,
    DetectionRules,
    Egress,
    Exposure,
    KeyRules,
    LockMode,
    LogRules,
    Pipeline,
    Retention,
    SecretRules,
    StorageRules,
    Strength,
    Tier,
    TierRules,
    strictest,
)

CLOUDWATCH_RETENTION = {
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557),
    *(2922, 3288, 3653),
}
"""What logs:PutRetentionPolicy takes."""

AT_LEAST: dict[str, Callable[[TierRules], object]] = {
    "minimum_isolation": lambda rules: rules.minimum_isolation,
    "keys.customer_managed": lambda rules: rules.keys.customer_managed,
    "keys.per_purpose": lambda rules: rules.keys.per_purpose,
    "keys.deletion_window_days": lambda rules: rules.keys.deletion_window_days,
    "retention.log_days": lambda rules: rules.retention.log_days,
    "retention.evidence_days": lambda rules: rules.retention.evidence_days,
    "retention.object_lock": lambda rules: rules.retention.object_lock,
    "secrets.recovery_days": lambda rules: rules.secrets.recovery_days,
    "backup.keep_days": lambda rules: rules.backup.keep_days,
    "backup.locked": lambda rules: rules.backup.locked,
    "detection.runtime": lambda rules: rules.detection.runtime,
    "detection.malware": lambda rules: rules.detection.malware,
    "storage.cool_days": lambda rules: rules.storage.cool_days,
    "storage.archive_days": lambda rules: rules.storage.archive_days,
    "storage.evidence_lock": lambda rules: list(LockMode).index(rules.storage.evidence_lock),
    "pods.scan_answers": lambda rules: rules.pods.scan_answers,
    "egress": lambda rules: list(Egress).index(rules.egress),
    "exposure": lambda rules: list(Exposure).index(rules.exposure),
}
"""Demands that may only grow from a tier to the next."""

AT_MOST: dict[str, Callable[[TierRules], object]] = {
    "keys.rotation_days": lambda rules: rules.keys.rotation_days,
    "secrets.rotation_days": lambda rules: rules.secrets.rotation_days,
    "backup.every_hours": lambda rules: rules.backup.every_hours,
    "retention.data_days": lambda rules: rules.retention.data_days,
    "retention.checkpoint_days": lambda rules: rules.retention.checkpoint_days,
    "pipelines": lambda rules: rules.pipelines,
    "pods.runtimes": lambda rules: rules.pods.runtimes,
    "pods.open_logs": lambda rules: rules.pods.open_logs,
    "pods.debug_hours": lambda rules: rules.pods.debug_hours,
    "regions": lambda rules: rules.regions,
    "logs.payloads_by_opt_in": lambda rules: rules.logs.payloads_by_opt_in,
    "logs.third_party_export": lambda rules: rules.logs.third_party_export,
}
"""Freedoms that may only shrink from a tier to the next; of sets, the higher is a subset."""

steps = pytest.mark.parametrize(("lower", "higher"), list(pairwise(Tier)))
each_tier = pytest.mark.parametrize("tier", Tier)


def test_tiers_rise_from_public_to_regulated() -> None:
    words = ["public", "internal", "confidential", "restricted", "regulated"]
    assert [Tier(word).rank for word in words] == [0, 1, 2, 3, 4]


def test_the_words_that_configurations_use_stay() -> None:
    assert {kind: " ".join(kind) for kind in (Pipeline, Egress, Exposure)} == {
        Pipeline: "notebook exploration fine-tuning training evaluation retrieval "
        "batch-inference online-inference",
        Egress: "domain-allowlist vpc-endpoints-only",
        Exposure: "public-by-opt-in private-only",
    }


def test_every_tier_is_in_the_catalogue() -> None:
    assert set(CATALOGUE) == set(Tier)


@steps
@pytest.mark.parametrize("demand", AT_LEAST)
def test_a_higher_tier_never_demands_less(lower: Tier, higher: Tier, demand: str) -> None:
    read = AT_LEAST[demand]
    assert read(CATALOGUE[lower]) <= read(CATALOGUE[higher])  # type: ignore[operator]


@steps
@pytest.mark.parametrize("freedom", AT_MOST)
def test_a_higher_tier_is_never_allowed_more(lower: Tier, higher: Tier, freedom: str) -> None:
    read = AT_MOST[freedom]
    assert read(CATALOGUE[lower]) >= read(CATALOGUE[higher])  # type: ignore[operator]


def test_every_field_of_the_catalogue_is_held_by_an_order() -> None:
    groups = {
        "keys": KeyRules,
        "retention": Retention,
        "secrets": SecretRules,
        "backup": BackupRules,
        "detection": DetectionRules,
        "storage": StorageRules,
        "logs": LogRules,
        "pods": PodRules,
    }
    names = {
        f"{field}.{inner}" if field in groups else field
        for field in TierRules.__dataclass_fields__
        for inner in (groups[field].__dataclass_fields__ if field in groups else [""])
    }
    assert names == AT_LEAST.keys() | AT_MOST.keys()


@each_tier
def test_cloudwatch_accepts_the_log_retention(tier: Tier) -> None:
    assert CATALOGUE[tier].retention.log_days in CLOUDWATCH_RETENTION


@each_tier
def test_kms_accepts_the_key_rules(tier: Tier) -> None:
    keys = CATALOGUE[tier].keys
    assert 90 <= keys.rotation_days <= 2560
    assert 7 <= keys.deletion_window_days <= 30


@each_tier
def test_secrets_manager_accepts_the_rules_of_secrets(tier: Tier) -> None:
    secrets = CATALOGUE[tier].secrets
    assert 1 <= secrets.rotation_days <= 1000
    assert 7 <= secrets.recovery_days <= 30


@each_tier
def test_backups_do_not_outlive_the_data_and_have_an_hour_of_their_own(tier: Tier) -> None:
    rules = CATALOGUE[tier]
    assert rules.backup.keep_days < rules.retention.data_days
    assert 24 % rules.backup.every_hours == 0


@each_tier
def test_evidence_outlives_the_logs_it_is_drawn_from(tier: Tier) -> None:
    retention = CATALOGUE[tier].retention
    assert retention.evidence_days >= retention.log_days
    assert 0 < retention.checkpoint_days <= retention.data_days


@each_tier
def test_eks_runs_in_every_region_of_the_tier(tier: Tier) -> None:
    regions = set(botocore.session.get_session().get_available_regions("eks"))
    assert CATALOGUE[tier].regions
    assert regions >= CATALOGUE[tier].regions


@each_tier
def test_every_tier_can_be_evaluated_and_served(tier: Tier) -> None:
    needed = {Pipeline.TRAINING, Pipeline.EVALUATION, Pipeline.ONLINE_INFERENCE}
    assert needed <= CATALOGUE[tier].pipelines


@each_tier
def test_tiers_above_internal_are_kept_apart_with_keys_of_their_own(tier: Tier) -> None:
    rules = CATALOGUE[tier]
    above_internal = tier not in {Tier.PUBLIC, Tier.INTERNAL}
    assert rules.keys.customer_managed is above_internal
    assert rules.keys.per_purpose is above_internal
    assert (rules.minimum_isolation > Strength.MEDIUM) is above_internal
    assert rules.logs.payloads_by_opt_in is not above_internal


@each_tier
def test_restricted_and_regulated_are_closed_to_the_internet_and_locked(tier: Tier) -> None:
    rules = CATALOGUE[tier]
    closed = tier in {Tier.RESTRICTED, Tier.REGULATED}
    assert (rules.egress is Egress.VPC_ENDPOINTS_ONLY) is closed
    assert (rules.exposure is Exposure.PRIVATE_ONLY) is closed
    assert rules.retention.object_lock is closed
    assert rules.logs.third_party_export is not closed


@given(st.lists(st.sampled_from(Tier), min_size=1))
def test_the_strictest_is_one_of_them_and_none_is_above_it(tiers: list[Tier]) -> None:
    top = strictest(tiers)
    assert top in tiers
    assert all(tier.rank <= top.rank for tier in tiers)


@each_tier
def test_s3_accepts_when_objects_get_cheaper_and_charges_for_no_days_after_they_went(
    tier: Tier,
) -> None:
    rules = CATALOGUE[tier]
    assert 0 < rules.storage.cool_days < rules.retention.data_days
    shortest_in_glacier_ir = 90
    in_archive = rules.retention.evidence_days - rules.storage.archive_days
    assert in_archive >= shortest_in_glacier_ir
