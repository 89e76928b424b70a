"""Kueue's quotas and classic preemption as its documentation tells them, small enough to try out.

"ClusterQueue" and "Preemption" of Kueue's concepts: a cohort without a parent, one flavor. What is
admitted never exceeds the cohort's nominal quotas; candidates to give way belong to queues that
borrow at that moment, least priority first and newest first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bulkhead.domain.queues import QueueRules, Reclaim, rules
from bulkhead.domain.training import COMPUTE, Budget, BudgetPool, Compute

NODES = "nodes"
Rules = Mapping[BudgetPool, QueueRules | None]
AS_DESIGNED: Rules = {pool: rules(pool) for pool in BudgetPool}


def smaller(one: Compute, other: Compute) -> bool:
    return all(getattr(one, key) <= getattr(other, key) for key in COMPUTE)


@dataclass
class Cohort:
    """The queues of one tenant, and the jobs under way in each, oldest first."""

    budgets: Mapping[BudgetPool, Budget]
    rules: Rules = field(default_factory=lambda: AS_DESIGNED)
    jobs: list[tuple[BudgetPool, Compute]] = field(default_factory=list)

    def nominal(self, pool: BudgetPool) -> Compute:
        return self.budgets[pool].quota[NODES]

    def used(self, pool: BudgetPool) -> Compute:
        return sum((job for owner, job in self.jobs if owner is pool), Compute())

    def borrows(self, pool: BudgetPool) -> bool:
        return not smaller(self.used(pool), self.nominal(pool))

    def fits(self, pool: BudgetPool, job: Compute) -> bool:
        """Whether the job may start now: inside its limit, and what others lend is there."""
        budget, wanted = self.budgets[pool], self.used(pool) + job
        if not smaller(wanted, self.nominal(pool) + budget.borrows.get(NODES, Compute())):
            return False
        return all(self._there(pool, key) >= getattr(wanted, key) for key in COMPUTE)

    def _there(self, pool: BudgetPool, key: str) -> int:
        """The most of one resource that the queue may use now: its own that is not lent out, and
        what the others lend. A queue's kept part and what it uses itself are never lent."""
        lendable, taken = 0, 0
        for each, budget in self.budgets.items():
            own = getattr(self.nominal(each), key)
            kept = getattr(budget.keeps.get(NODES, Compute()), key)
            used = getattr(self.used(each), key)
            lendable += own - kept
            if each is not pool:
                taken += max(0, used - kept)
        kept = getattr(self.budgets[pool].keeps.get(NODES, Compute()), key)
        return kept + max(0, lendable - taken)

    def start(self, pool: BudgetPool, job: Compute) -> list[tuple[BudgetPool, Compute]] | None:
        """Start a job, and return those that gave way for it; None if it has to wait."""
        if self.fits(pool, job):
            self.jobs.append((pool, job))
            return []
        how = self.rules[pool]
        if how is None:
            return None
        before, gone = list(self.jobs), []
        own = smaller(self.used(pool) + job, self.nominal(pool))
        for victim in sorted(
            [each for each in enumerate(self.jobs) if each[1][0] is not pool],
            key=lambda each: (each[1][0].priority.value, -each[0]),
        ):
            owner = victim[1][0]
            if self.fits(pool, job):
                break
            if not self.borrows(owner) or not self._gives_way(pool, how, owner, own=own):
                continue
            self.jobs.remove(victim[1])
            gone.append(victim[1])
        if not self.fits(pool, job):
            self.jobs = before
            return None
        self.jobs.append((pool, job))
        return gone

    @staticmethod
    def _gives_way(pool: BudgetPool, how: QueueRules, owner: BudgetPool, *, own: bool) -> bool:
        lower = owner.priority.value < pool.priority.value
        if own:
            return how.reclaims is Reclaim.ANY or lower
        return how.outranks is not None and lower and owner.priority.value <= how.outranks
