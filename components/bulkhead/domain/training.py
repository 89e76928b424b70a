"""Training: budget pools, what each may use, borrow and keep, and until when (TRN-2, TRN-4)."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.pools import Pool
from bulkhead.domain.priorities import PRIORITIES, Priority
from bulkhead.domain.tenants import Quota
from bulkhead.domain.tiers import CATALOGUE, Pipeline, Tier
from bulkhead.domain.windows import Window

LONGEST_EXPERIMENT_DAYS = 92
"""How far ahead an experiment's pool may end: a quarter, after which its owner decides anew."""

WARNED_DAYS = 14
"""How long before its end a pool's owner is warned at every preview."""

COMPUTE = ("gpus", "cpus", "memory_gib")
"""What budget pools share out; the other numbers of a quota are the namespace's."""


class BudgetPool(StrEnum):
    """What training is for; each has a budget, a queue and a priority of its own."""

    PRODUCTION_RETRAINING = "production-retraining"
    EVALUATION = "evaluation"
    FINE_TUNING = "fine-tuning"
    EXPLORATION = "exploration"

    @property
    def pipeline(self) -> Pipeline:
        """What is done with the data (DAT-3)."""
        return PIPELINES[self]

    @property
    def priority(self) -> Priority:
        """Before whom its jobs come."""
        return next(each for each in PRIORITIES if each.pipeline is self.pipeline)

    @property
    def production(self) -> bool:
        """Whether it is the one that no other may starve."""
        return self is BudgetPool.PRODUCTION_RETRAINING

    @property
    def expires(self) -> bool:
        """Whether it must have an end."""
        return self is BudgetPool.EXPLORATION


PIPELINES = {
    BudgetPool.PRODUCTION_RETRAINING: Pipeline.TRAINING,
    BudgetPool.EVALUATION: Pipeline.EVALUATION,
    BudgetPool.FINE_TUNING: Pipeline.FINE_TUNING,
    BudgetPool.EXPLORATION: Pipeline.EXPLORATION,
}


@dataclass(frozen=True)
class Compute:
    """A part of a node pool's capacity.

    Attributes:
        gpus: NVIDIA GPUs.
        cpus: vCPUs.
        memory_gib: memory in GiB.
    """

    gpus: int = 0
    cpus: int = 0
    memory_gib: int = 0

    def check(self, *, where: str) -> "Compute":
        """Return it if no number is negative.

        Raises:
            RefusedError: one is.
        """
        for number in fields(self):
            if getattr(self, number.name) < 0:
                raise RefusedError(
                    "a negative number",
                    given=getattr(self, number.name),
                    allowed="0 or more",
                    where=f"{where}.{number.name}",
                )
        return self

    def __add__(self, other: "Compute") -> "Compute":
        return Compute(*(getattr(self, key) + getattr(other, key) for key in COMPUTE))

    def __sub__(self, other: "Compute") -> "Compute":
        return Compute(*(getattr(self, key) - getattr(other, key) for key in COMPUTE))


@dataclass(frozen=True)
class Hold:
    """A queue that is stopped: by a quarantine, or because its money is spent (COST-2, RSP-1).

    Attributes:
        reason: why, as a sentence.
        drain: whether jobs under way are ended too; else they run to their end.
    """

    reason: str
    drain: bool = False

    def check(self, *, where: str) -> "Hold":
        """Return it if it says why.

        Raises:
            RefusedError: the reason is empty.
        """
        if not self.reason.strip():
            raise RefusedError(
                "a held queue needs a reason", given=self.reason, where=f"{where}.reason"
            )
        return self


@dataclass(frozen=True)
class Budget:
    """What one budget pool of a tenant may use.

    Attributes:
        pool: what it is for.
        quota: what is its own, by node pool.
        borrows: what it may take beyond, by node pool, while the tenant's other pools leave it
            idle.
        keeps: what of its own the others never borrow, by node pool.
        expires: last day on which it takes jobs; None for one without end.
        window: when jobs may start; None for always.
        hold: why it is stopped; None if it isn't.
    """

    pool: BudgetPool
    quota: Mapping[str, Compute]
    borrows: Mapping[str, Compute] = field(default_factory=dict)
    keeps: Mapping[str, Compute] = field(default_factory=dict)
    expires: datetime.date | None = None
    window: Window | None = None
    hold: Hold | None = None

    def check(self, *, today: datetime.date, where: str) -> "Budget":
        """Return the budget if it can be granted on ``today``.

        Raises:
            RefusedError: it is of nothing, a number is negative, it borrows or keeps on nodes of
                which it has no quota, keeps more than it has, has no end that it needs or one that
                has passed or is too far, or see ``Window.check`` and ``Hold.check``.
        """
        if not self.quota:
            raise RefusedError(
                "a budget of nothing", allowed="a quota on one node pool or more", where=where
            )
        for nodes, quota in self.quota.items():
            quota.check(where=f"{where}.quota.{nodes}")
            for key in ("cpus", "memory_gib"):
                if getattr(quota, key) < 1:
                    raise RefusedError(
                        "too small a budget for any job",
                        given=getattr(quota, key),
                        allowed="1 or more",
                        where=f"{where}.quota.{nodes}.{key}",
                    )
        self._check_beside("borrows", where)
        self._check_beside("keeps", where)
        for nodes, kept in self.keeps.items():
            for key in COMPUTE:
                if getattr(kept, key) > getattr(self.quota[nodes], key):
                    raise RefusedError(
                        "keeps more than it has",
                        given=getattr(kept, key),
                        allowed=f"at most {getattr(self.quota[nodes], key)}",
                        where=f"{where}.keeps.{nodes}.{key}",
                    )
        self._check_end(today, f"{where}.expires")
        if self.window:
            self.window.check(where=f"{where}.window")
        if self.hold:
            self.hold.check(where=f"{where}.hold")
        return self

    def _check_beside(self, what: str, where: str) -> None:
        for nodes, compute in getattr(self, what).items():
            if nodes not in self.quota:
                raise RefusedError(
                    "no quota on these nodes",
                    given=nodes,
                    allowed=sorted(self.quota),
                    where=f"{where}.{what}",
                )
            compute.check(where=f"{where}.{what}.{nodes}")

    def _check_end(self, today: datetime.date, where: str) -> None:
        latest = today + datetime.timedelta(days=LONGEST_EXPERIMENT_DAYS)
        if self.expires is None:
            if self.pool.expires:
                raise RefusedError(
                    f"the pool '{self.pool}' needs an end",
                    allowed=f"{today} to {latest}",
                    where=where,
                )
        elif self.expires < today:
            raise RefusedError(
                f"the pool '{self.pool}' has expired",
                given=self.expires,
                allowed=f"{today} to {latest}, or no such pool",
                where=where,
            )
        elif self.expires > latest:
            raise RefusedError(
                f"the pool '{self.pool}' expires too late",
                given=self.expires,
                allowed=f"{today} to {latest}",
                where=where,
            )

    def warning(self, *, today: datetime.date) -> str | None:
        """What its owner is told when it ends soon."""
        if self.expires is None or self.expires > today + datetime.timedelta(days=WARNED_DAYS):
            return None
        return (
            f"the pool '{self.pool}' ends after {self.expires}, and its jobs with it: set a later "
            "day or leave it out"
        )


@dataclass(frozen=True)
class Training:
    """How a tenant trains: in a namespace of its own, apart from inference (TRN-1).

    Attributes:
        budgets: its budget pools; production's is one of them only where there is production.
        quota: what its namespace may hold; GPUs, vCPUs and memory are the sum of the budgets.
    """

    budgets: tuple[Budget, ...]
    quota: Quota = field(default_factory=Quota)

    @property
    def total(self) -> Compute:
        """All budgets together: the most that is ever used, since nothing is borrowed outside."""
        return sum((each for b in self.budgets for each in b.quota.values()), Compute())

    def namespace_quota(self) -> Quota:
        """The quota of its namespace."""
        total = self.total
        return replace(self.quota, gpus=total.gpus, cpus=total.cpus, memory_gib=total.memory_gib)

    def check(self, tier: Tier, *, today: datetime.date, where: str) -> "Training":
        """Return it if a tenant of ``tier`` may train so on ``today``.

        Raises:
            RefusedError: there is no budget or one pool has two, the tier closes a pool's pipeline,
                or see ``Budget.check`` and ``Quota.check``.
        """
        if not self.budgets:
            raise RefusedError("training without a budget", allowed=list(BudgetPool), where=where)
        seen = set()
        for budget in self.budgets:
            path = f"{where}.budgets.{budget.pool}"
            if budget.pool in seen:
                raise RefusedError("a pool has two budgets", given=budget.pool, where=path)
            seen.add(budget.pool)
            if budget.pool.pipeline not in CATALOGUE[tier].pipelines:
                raise RefusedError(
                    f"tier '{tier}' is closed to this pool",
                    given=budget.pool,
                    allowed=[p for p in BudgetPool if p.pipeline in CATALOGUE[tier].pipelines],
                    where=path,
                )
            budget.check(today=today, where=path)
        self.namespace_quota().check(where=f"{where}.quota")
        return self

    def warnings(self, *, today: datetime.date) -> Iterator[str]:
        """What is told of pools that end soon."""
        for budget in self.budgets:
            if told := budget.warning(today=today):
                yield told


def check_capacity(
    budgets: Mapping[str, Sequence[Budget]], pools: Mapping[str, Sequence[Pool]], *, where: str
) -> None:
    """Refuse budgets, by tenant, that are of more than the nodes grow to.

    ``pools`` are the node pools for training that each tenant's pods land on.

    Raises:
        RefusedError: a budget is on other nodes than the tenant's, of GPUs that these have not, or
            the budgets on one node pool add up to more than it has at its largest.
    """
    claimed: dict[str, Compute] = {}
    known: dict[str, Pool] = {}
    for tenant, theirs in budgets.items():
        own = {pool.name: pool for pool in pools[tenant]}
        known |= own
        for budget in theirs:
            for nodes, quota in budget.quota.items():
                if nodes not in own:
                    raise RefusedError(
                        "no node pool for training of this tenant",
                        given=nodes,
                        allowed=sorted(own),
                        where=f"{where}.{tenant}.training.budgets.{budget.pool}.quota",
                    )
                claimed[nodes] = claimed.get(nodes, Compute()) + quota
    for nodes, compute in claimed.items():
        capacity = known[nodes].capacity()
        for key in COMPUTE:
            if getattr(compute, key) > getattr(capacity, key):
                raise RefusedError(
                    f"the budgets on node pool '{nodes}' add up to more {key} than it has",
                    given=getattr(compute, key),
                    allowed=f"at most {getattr(capacity, key)}",
                    where=where,
                )
