"""Budget pools: what is granted, until when, and on which nodes (TRN-2, TRN-4)."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.labels import Plane
from bulkhead.domain.placement import Placement, place
from bulkhead.domain.pools import Pool
from bulkhead.domain.tenants import Quota, Tenant
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.domain.training import (
    LONGEST_EXPERIMENT_DAYS,
    WARNED_DAYS,
    Budget,
    BudgetPool,
    Compute,
    Hold,
    Training,
)

TODAY = datetime.date(2026, 11, 29)
LATEST = TODAY + datetime.timedelta(days=LONGEST_EXPERIMENT_DAYS)
SOME = Compute(2, 16, 64)
PRODUCTION = Budget(BudgetPool.PRODUCTION_RETRAINING, {"train": SOME}, keeps={"train": SOME})
EXPLORATION = Budget(
    BudgetPool.EXPLORATION, {"train": SOME}, borrows={"train": SOME}, expires=LATEST
)
TRAINING = Training((PRODUCTION, EXPLORATION))
ACME = Tenant(
    "acme", Tier.INTERNAL, IsolationPattern.SHARED_CLUSTER, "ml", "cc-1", "p", Quota(cpus=8)
)
SERVE = Pool("serve", ("m7i.4xlarge",), max_size=2)
TRAIN = Pool("train", ("g6.12xlarge",), max_size=1, plane=Plane.TRAINING)


def refusal(budget: Budget, tier: Tier = Tier.INTERNAL) -> str:
    with pytest.raises(RefusedError) as caught:
        Training((budget,)).check(tier, today=TODAY, where="t")
    return str(caught.value)


def test_budgets_add_up_to_the_quota_of_the_namespace() -> None:
    training = replace(TRAINING, quota=Quota(pods=7, job_hours=5, pod_gpus=4))
    assert training.check(Tier.INTERNAL, today=TODAY, where="t") is training
    assert training.total == Compute(4, 32, 128)
    quota = training.namespace_quota()
    assert (quota.gpus, quota.cpus, quota.memory_gib) == (4, 32, 128)
    assert (quota.pods, quota.job_hours) == (7, 5)


@pytest.mark.parametrize("pool", BudgetPool)
@pytest.mark.parametrize("tier", Tier)
def test_a_tier_takes_the_pools_whose_pipeline_is_open_to_it(pool: BudgetPool, tier: Tier) -> None:
    budget = replace(PRODUCTION, pool=pool, expires=TODAY)
    training = Training((budget,))
    if pool.pipeline in CATALOGUE[tier].pipelines:
        assert training.check(tier, today=TODAY, where="t") is training
    else:
        assert refusal(budget, tier).startswith(
            f"t.budgets.{pool}: tier '{tier}' is closed to this pool, got '{pool}'; allowed: "
        )


def test_a_tier_closed_to_experiments_has_production_and_evaluation() -> None:
    assert refusal(replace(EXPLORATION, expires=TODAY), Tier.REGULATED).endswith(
        "allowed: production-retraining, evaluation"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"quota": {}},
            ": a budget of nothing; allowed: a quota on one node pool or more",
        ),
        (
            {"quota": {"train": Compute(1, 0, 64)}},
            ".quota.train.cpus: too small a budget for any job, got '0'; allowed: 1 or more",
        ),
        (
            {"quota": {"train": Compute(1, 4, 0)}},
            ".quota.train.memory_gib: too small a budget for any job, got '0'; allowed: 1 or more",
        ),
        (
            {"quota": {"train": Compute(-1, 4, 8)}},
            ".quota.train.gpus: a negative number, got '-1'; allowed: 0 or more",
        ),
        (
            {"borrows": {"serve": SOME}},
            ".borrows: no quota on these nodes, got 'serve'; allowed: train",
        ),
        (
            {"borrows": {"train": Compute(0, -4, 0)}},
            ".borrows.train.cpus: a negative number, got '-4'; allowed: 0 or more",
        ),
        (
            {"keeps": {"serve": SOME}},
            ".keeps: no quota on these nodes, got 'serve'; allowed: train",
        ),
        (
            {"keeps": {"train": Compute(3, 1, 1)}},
            ".keeps.train.gpus: keeps more than it has, got '3'; allowed: at most 2",
        ),
        ({"hold": Hold(" ")}, ".hold.reason: a held queue needs a reason, got ' '"),
        (
            {"expires": None},
            f".expires: the pool 'exploration' needs an end; allowed: {TODAY} to {LATEST}",
        ),
    ],
)
def test_a_budget_that_can_not_be_granted_is_refused(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(replace(EXPLORATION, **changes)) == f"t.budgets.exploration{sentence}"


days = st.dates(max_value=datetime.date.max - datetime.timedelta(days=LONGEST_EXPERIMENT_DAYS))


@given(days, st.dates())
@example(TODAY, TODAY)
@example(TODAY, LATEST)
@example(TODAY, LATEST + datetime.timedelta(days=1))
@example(TODAY, TODAY - datetime.timedelta(days=1))
def test_an_experiment_s_pool_lasts_until_its_day_and_a_quarter_at_most(
    today: datetime.date, expires: datetime.date
) -> None:
    training = Training((replace(EXPLORATION, expires=expires),))
    if 0 <= (expires - today).days <= LONGEST_EXPERIMENT_DAYS:
        training.check(Tier.INTERNAL, today=today, where="t")
    else:
        with pytest.raises(RefusedError, match="expired" if expires < today else "too late"):
            training.check(Tier.INTERNAL, today=today, where="t")


@given(st.integers(0, LONGEST_EXPERIMENT_DAYS))
def test_its_owner_is_warned_in_the_last_two_weeks(ahead: int) -> None:
    expires = TODAY + datetime.timedelta(days=ahead)
    told = list(Training((PRODUCTION, replace(EXPLORATION, expires=expires))).warnings(today=TODAY))
    assert told == (
        [
            f"the pool 'exploration' ends after {expires}, and its jobs with it: set a later day "
            "or leave it out"
        ]
        if ahead <= WARNED_DAYS
        else []
    )


def test_training_without_a_budget_and_two_of_one_pool_are_refused() -> None:
    for budgets, words in (((), "t: training without a budget"), ((PRODUCTION,) * 2, "two")):
        with pytest.raises(RefusedError, match=words):
            Training(budgets).check(Tier.INTERNAL, today=TODAY, where="t")


def placed(*pools: Pool, **training: Training) -> Placement:
    tenants = [ACME, replace(ACME, name="globex", owner="x")]
    return place(tenants, pools, tenants_at="p.tenants", pools_at="p.pools", training=training)


def test_jobs_land_on_nodes_for_training_and_servers_on_the_others() -> None:
    placement = placed(SERVE, TRAIN, acme=TRAINING)
    assert placement.training == {"acme": [TRAIN]}
    assert placement.training_nodes == {"acme": None}
    assert placement.nodes == {"acme": None, "globex": None}


def test_nodes_for_training_add_nothing_to_what_servers_may_use() -> None:
    with pytest.raises(RefusedError, match="the quotas of cpus of acme, globex are more than"):
        place(
            [
                replace(ACME, quota=Quota(cpus=32)),
                replace(ACME, name="globex", quota=Quota(cpus=33)),
            ],
            [SERVE, TRAIN],
            tenants_at="p.tenants",
            pools_at="p.pools",
            training={"acme": TRAINING},
        )


@pytest.mark.parametrize(
    ("pools", "training", "sentence"),
    [
        (
            [SERVE],
            {"acme": TRAINING},
            "p.pools: no pool takes the training jobs of 'acme'; allowed: one that is "
            "no tenant's or tier's",
        ),
        (
            [SERVE, TRAIN],
            {},
            "p.pools.train: a pool for training, and no tenant trains, got 'train'; allowed: a "
            "tenant with training, or no such pool",
        ),
        (
            [TRAIN],
            {"acme": TRAINING},
            "p.pools: no pool takes the pods of 'acme'; allowed: one that is no tenant's or tier's",
        ),
        (
            [SERVE, TRAIN],
            {"acme": Training((replace(PRODUCTION, quota={"serve": SOME}, keeps={}),))},
            "p.tenants.acme.training.budgets.production-retraining.quota: no node pool for "
            "training of this tenant, got 'serve'; allowed: train",
        ),
        (
            [SERVE, TRAIN],
            {"acme": TRAINING, "globex": Training((PRODUCTION,))},
            "p.tenants: the budgets on node pool 'train' add up to more gpus than it has, got '6'; "
            "allowed: at most 4",
        ),
    ],
)
def test_tenants_and_nodes_that_do_not_fit_are_refused(
    pools: list[Pool], training: dict[str, Training], sentence: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        placed(*pools, **training)
    assert str(caught.value) == sentence


def test_a_pool_of_another_plane_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        replace(TRAIN, plane=Plane.DATA).check(where="p", today=TODAY)
    assert str(caught.value) == (
        "p.plane: no tenant's pods are of this plane, got 'data'; allowed: inference, training"
    )
