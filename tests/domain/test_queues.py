"""Production is never starved, whatever the budgets and jobs (TRN-2).

Proved on a model of Kueue's arithmetic; tests/cluster_live shows the same of Kueue itself.
"""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.labels import Plane
from bulkhead.domain.pools import Pool
from bulkhead.domain.priorities import PRIORITIES
from bulkhead.domain.queues import (
    Reclaim,
    by_preference,
    cluster_queue,
    flavor_labels,
    rules,
    training_namespace,
)
from bulkhead.domain.reservations import Reservation
from bulkhead.domain.training import COMPUTE, Budget, BudgetPool, Compute
from tests.domain.kueue import AS_DESIGNED, NODES, Cohort, Rules, smaller

PRODUCTION = BudgetPool.PRODUCTION_RETRAINING

some = st.builds(Compute, st.integers(0, 4), st.integers(0, 8), st.integers(0, 8))


@st.composite
def budgets(draw: st.DrawFn) -> dict[BudgetPool, Budget]:
    made = {}
    for pool in BudgetPool:
        quota, keeps = draw(some), draw(some)
        kept = Compute(*(min(getattr(quota, key), getattr(keeps, key)) for key in COMPUTE))
        made[pool] = Budget(pool, {NODES: quota}, {NODES: draw(some)}, {NODES: kept})
    return made


jobs = st.lists(st.tuples(st.sampled_from(BudgetPool), some), max_size=25)


def crowded(
    budgets: Mapping[BudgetPool, Budget],
    asked: list[tuple[BudgetPool, Compute]],
    how: Rules = AS_DESIGNED,
) -> Cohort:
    """A cohort after everybody has asked for what they like."""
    cohort = Cohort(budgets, how)
    for pool, job in asked:
        cohort.start(pool, job)
    return cohort


@given(budgets(), jobs, some)
def test_production_starts_at_once_whatever_fits_its_own_budget(
    budgets: dict[BudgetPool, Budget], asked: list[tuple[BudgetPool, Compute]], job: Compute
) -> None:
    cohort = crowded(budgets, asked)
    if smaller(cohort.used(PRODUCTION) + job, cohort.nominal(PRODUCTION)):
        assert cohort.start(PRODUCTION, job) is not None


@given(budgets(), jobs, some)
def test_production_needs_nobody_to_give_way_for_what_it_keeps(
    budgets: dict[BudgetPool, Budget], asked: list[tuple[BudgetPool, Compute]], job: Compute
) -> None:
    cohort = crowded(budgets, asked)
    if smaller(cohort.used(PRODUCTION) + job, budgets[PRODUCTION].keeps[NODES]):
        assert cohort.start(PRODUCTION, job) == []


@given(budgets(), jobs)
def test_what_starts_never_exceeds_the_budgets_together(
    budgets: dict[BudgetPool, Budget], asked: list[tuple[BudgetPool, Compute]]
) -> None:
    cohort = Cohort(budgets)
    total = sum((budget.quota[NODES] for budget in budgets.values()), Compute())
    for pool, job in asked:
        cohort.start(pool, job)
        assert smaller(sum((job for _, job in cohort.jobs), Compute()), total)
        limit = cohort.nominal(pool) + budgets[pool].borrows[NODES]
        assert smaller(cohort.used(pool), limit)


@given(budgets(), jobs)
def test_only_what_was_borrowed_gives_way_and_never_production_s_jobs_to_experiments(
    budgets: dict[BudgetPool, Budget], asked: list[tuple[BudgetPool, Compute]]
) -> None:
    cohort = Cohort(budgets)
    for pool, job in asked:
        before = {each: cohort.used(each) for each in BudgetPool}
        for owner, lost in cohort.start(pool, job) or []:
            assert owner is not PRODUCTION
            assert not smaller(before[owner], cohort.nominal(owner)), "it was its own"
            before[owner] -= lost


def test_without_its_right_to_reclaim_production_starves() -> None:
    idle = Compute(4, 8, 8)
    shares = {pool: Budget(pool, {NODES: idle}, {NODES: idle}) for pool in BudgetPool}
    experiment = (BudgetPool.EXPLORATION, Compute(8, 16, 16))
    others = [(pool, idle) for pool in (BudgetPool.EVALUATION, BudgetPool.FINE_TUNING)]
    for how, starves in ((AS_DESIGNED, False), ({**AS_DESIGNED, PRODUCTION: None}, True)):
        cohort = crowded(shares, [experiment, *others], how)
        assert (cohort.start(PRODUCTION, idle) is None) == starves


def test_production_takes_its_own_back_from_anybody_and_experiments_from_lower_ones() -> None:
    assert rules(PRODUCTION).reclaims is Reclaim.ANY
    for pool in BudgetPool:
        assert (rules(pool).outranks is not None) == pool.production
        if not pool.production:
            assert rules(pool).reclaims is Reclaim.LOWER_PRIORITY
            assert rules(PRODUCTION).outranks >= pool.priority.value  # type: ignore[operator]
    assert rules(PRODUCTION).outranks < PRODUCTION.priority.value  # type: ignore[operator]


def test_every_pool_has_a_priority_of_its_own_and_production_the_highest_of_training() -> None:
    found = [pool.priority for pool in BudgetPool]
    assert found == sorted(set(found), key=PRIORITIES.index)
    assert found[0] is PRODUCTION.priority


def test_names_of_queues_are_no_two_tenants() -> None:
    assert cluster_queue("acme", BudgetPool.FINE_TUNING) == "acme-fine-tuning"
    assert training_namespace("acme") == "acme-training"
    longest = "a" * 40
    assert max(len(cluster_queue(longest, pool)) for pool in BudgetPool) <= 63
    assert len(training_namespace(longest)) <= 63
    for pool in BudgetPool:
        assert not any(pool.endswith(f"-{other}") for other in BudgetPool)


def test_a_queue_s_jobs_are_sent_to_their_own_nodes_and_reserved_ones_first() -> None:
    plain = Pool("spot", ("g6.4xlarge",), plane=Plane.TRAINING, tenant="acme")
    paid = Pool("paid", ("g6.4xlarge",), plane=Plane.TRAINING, reservation=Reservation("cr-1", 1))
    assert by_preference([plain, paid]) == [paid, plain]
    assert flavor_labels(plain) == {
        "bulkhead.dev/pool": "spot",
        "bulkhead.dev/plane": "training",
        "bulkhead.dev/tenant": "acme",
    }
