"""Queues: how budget pools lend what is idle and get their own back (TRN-2).

A tenant's pools are one cohort of Kueue, and nobody else's: together they never use more than their
budgets. A pool that asks for what is its own gets it, since whoever uses it then has borrowed.
"""

from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.pools import PLANE_KEY, Pool
from bulkhead.domain.training import BudgetPool, Training

QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
"""Label of a job that names its queue."""

PRIORITY_LABEL = "kueue.x-k8s.io/priority-class"
"""Label of a job that names its WorkloadPriorityClass."""

DEADLINE_LABEL = "kueue.x-k8s.io/max-exec-time-seconds"
"""Label of a job that says how long it may run, whatever its kind."""

POOLS = f"{LABEL_PREFIX}budget-pools"
"""Annotation of a namespace for training: its pools, separated by spaces, each with its last day
after ``=`` where it has one."""


QUEUE_NAMESPACE = "kueue-system"
"""Namespace of Kueue, and of what opens and closes its queues."""

QUEUE_SWITCH = "queue-switch"
"""Name of what opens and closes queues by the clock: its pods and its service account."""

LONGEST_GRACE_SECONDS = 120
"""How long a pod that gives way may take to write its checkpoint: as long as EC2 leaves a spot
instance (EC2 User Guide, "Spot Instance interruption notices")."""


class Reclaim(StrEnum):
    """From whom a queue takes its own quota back, as Kueue spells it."""

    LOWER_PRIORITY = "LowerPriority"
    ANY = "Any"


@dataclass(frozen=True)
class QueueRules:
    """How the jobs of a pool make room for themselves.

    Attributes:
        reclaims: from whom they take their own quota back.
        outranks: the highest priority of borrowers that give way when these jobs borrow too; None
            if nobody does.
    """

    reclaims: Reclaim
    outranks: int | None = None


def rules(pool: BudgetPool) -> QueueRules:
    """The rules of a pool: production takes its own from anybody, and before experiments."""
    if pool.production:
        others = [each.priority.value for each in BudgetPool if not each.production]
        return QueueRules(Reclaim.ANY, outranks=max(others))
    return QueueRules(Reclaim.LOWER_PRIORITY)


def pools_annotation(training: Training) -> dict[str, str]:
    """What admission reads of the pools on the namespace for training."""
    words = [f"{b.pool}={b.expires}" if b.expires else str(b.pool) for b in training.budgets]
    return {POOLS: " ".join(words)}


def training_namespace(tenant: str) -> str:
    """Name of a tenant's namespace for training; no tenant is called so."""
    return f"{tenant}-training"


def cluster_queue(tenant: str, pool: BudgetPool) -> str:
    """Name of the ClusterQueue of a tenant's pool; its LocalQueue has the pool's name alone."""
    return f"{tenant}-{pool}"


def flavor_labels(pool: Pool) -> dict[str, str]:
    """Labels by which a queue's jobs are sent to the nodes of one pool."""
    labels = {f"{LABEL_PREFIX}pool": pool.name, PLANE_KEY: str(pool.plane)}
    return labels | (dict([pool.exclusive]) if pool.exclusive else {})


def by_preference(pools: list[Pool]) -> list[Pool]:
    """The pools in the order in which a queue tries them: reserved capacity is paid for anyway."""
    return sorted(pools, key=lambda pool: pool.reservation is None)
