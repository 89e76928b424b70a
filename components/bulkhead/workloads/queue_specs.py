"""Specs of Kueue's objects (Kueue, "ClusterQueue", "Cohort", "ResourceFlavor", v1beta2)."""

from collections.abc import Sequence
from typing import Any

from bulkhead.cluster.admission.limits import GPU
from bulkhead.cluster.pools import pool_taints
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.pools import PLANE_KEY, Pool
from bulkhead.domain.queues import by_preference, cluster_queue, flavor_labels, rules
from bulkhead.domain.tenants import Tenant
from bulkhead.domain.training import Budget, BudgetPool, Compute

API = "kueue.x-k8s.io/v1beta2"

Spec = dict[str, Any]

HOLD, DRAIN, NONE = "Hold", "HoldAndDrain", "None"
"""``stopPolicy``: no job starts; those under way end too; not stopped."""


def flavor(pool: Pool) -> Spec:
    """The nodes of one pool: jobs of a queue get their labels and tolerate their taints."""
    return {
        "nodeLabels": flavor_labels(pool),
        "tolerations": [
            {"key": key, "operator": "Equal", "value": value, "effect": "NoSchedule"}
            for key, value in pool_taints(pool).items()
        ],
    }


def queue(tenant: Tenant, budget: Budget, pools: Sequence[Pool]) -> Spec:
    """The ClusterQueue of a tenant's budget pool.

    Its cohort is the tenant: what a pool leaves idle the tenant's other pools may borrow, and
    nobody else's. A queue with a window is closed until the clock opens it for the first time;
    ``stopPolicy`` then belongs to the clock.
    """
    how = rules(budget.pool)
    borrowing: Spec = {"policy": "Never"}
    if how.outranks is not None:
        borrowing = {"policy": "LowerPriority", "maxPriorityThreshold": how.outranks}
    own = [pool for pool in by_preference(list(pools)) if pool.name in budget.quota]
    gpus = any(pool.has_gpus for pool in own)
    return {
        "cohortName": tenant.name,
        "namespaceSelector": {
            "matchLabels": {f"{LABEL_PREFIX}tenant": tenant.name, PLANE_KEY: "training"}
        },
        "queueingStrategy": "BestEffortFIFO",
        "preemption": {
            "withinClusterQueue": "LowerPriority",
            "reclaimWithinCohort": str(how.reclaims),
            "borrowWithinCohort": borrowing,
        },
        "resourceGroups": [
            {
                "coveredResources": [name for name, _ in _amounts(Compute(), gpus)],
                "flavors": [_quota(budget, pool.name, gpus) for pool in own],
            }
        ],
        **({"stopPolicy": HOLD} if budget.window else {}),
    }


def _quota(budget: Budget, nodes: str, gpus: bool) -> Spec:
    """What is the queue's own of one flavor, what it borrows at most, and what it lends."""
    own, kept = budget.quota[nodes], budget.keeps.get(nodes, Compute())
    borrowed = dict(_amounts(budget.borrows.get(nodes, Compute()), gpus))
    lent = dict(_amounts(own - kept, gpus))
    return {
        "name": nodes,
        "resources": [
            {
                "name": name,
                "nominalQuota": amount,
                "borrowingLimit": borrowed[name],
                "lendingLimit": lent[name],
            }
            for name, amount in _amounts(own, gpus)
        ],
    }


def _amounts(compute: Compute, gpus: bool) -> list[tuple[str, str]]:
    """Quantities by the names of resources; GPUs where some nodes of the queue have them."""
    found = [("cpu", str(compute.cpus)), ("memory", f"{compute.memory_gib}Gi")]
    return [*found, (GPU, str(compute.gpus))] if gpus else found


def local_queue(tenant: Tenant, budget: Budget) -> Spec:
    """The LocalQueue by which the tenant's jobs name the pool; a hold of the platform's is here.

    The clock stops ClusterQueues, so that opening one lifts no hold.
    """
    hold = budget.hold
    stopped = {"stopPolicy": DRAIN if hold.drain else HOLD} if hold else {}
    return {"clusterQueue": cluster_queue(tenant.name, budget.pool), **stopped}


def local_queue_notes(budget: Budget) -> dict[str, str]:
    """Annotations of the LocalQueue: why it is held, and its last day.

    Where the clock ends a pool it writes the hold into the queue; with a new day Pulumi takes the
    field back (Pulumi, "Server-Side Apply", ``patchForce``).
    """
    notes = {}
    if budget.hold:
        notes[f"{LABEL_PREFIX}held"] = budget.hold.reason
    if budget.expires:
        notes[f"{LABEL_PREFIX}expires"] = str(budget.expires)
        notes["pulumi.com/patchForce"] = "true"
    return notes


def priority(pool: BudgetPool) -> dict[str, Any]:
    """What a WorkloadPriorityClass says: the same as the PriorityClass of its name."""
    return {
        "value": pool.priority.value,
        "description": f"Training jobs of the budget pool {pool}.",
    }
