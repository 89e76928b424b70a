"""The queues of a cluster's training."""

import datetime
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.pool_arguments import PoolArgs
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.queues import cluster_queue, training_namespace
from bulkhead.domain.scope import Scope
from bulkhead.domain.training import BudgetPool
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.workloads import queue_specs
from bulkhead.workloads.arguments import TenantArgs
from bulkhead.workloads.queue_switch import register, switches
from bulkhead.workloads.trainers import Trainer, read_image_of, read_pools, read_trainers


class TrainingQueuesArgs(TypedDict):
    """What ``TrainingQueues`` take."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    tenants: list[TenantArgs]
    """The tenants that train, one at least, each with its ``training``."""
    pools: list[PoolArgs]
    """The cluster's node pools for training, ``plane`` training."""
    switch_image: NotRequired[str | None]
    """``kubectl`` of the cluster's version, by digest, mirrored to a private ECR registry. Default:
    none; windows and last days need it."""


class TrainingQueues(Component):
    """Queues in which training jobs wait for their budget, on Kueue (TRN-2, TRN-4, TRN-5).

    Each budget pool of a tenant has a ClusterQueue with its own quota, and a LocalQueue of the
    pool's name in the tenant's namespace for training. A tenant's queues are one cohort: what one
    leaves idle the others borrow, up to their limits, and give back when it is asked for.
    Production retraining takes its own back from everybody and comes first, so that no experiment
    starves it. No tenant borrows from another. Budgets on a node pool add up to no more than it
    grows to.

    A held pool's LocalQueue is stopped, with the reason on it. A window closes the ClusterQueue and
    a last day ends the LocalQueue, by CronJobs beside Kueue whose rights are to patch these queues;
    ``AdmissionPolicies`` keep them to ``stopPolicy``.

    Needs a Kubernetes provider, a ``QueueController``, and the tenants' ``TrainingNamespace``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import TrainingQueues

        TrainingQueues(
            "queues",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "pools": [
                    {
                        "name": "train",
                        "instance_types": ["g6.12xlarge"],
                        "max_size": 2,
                        "plane": "training",
                    },
                ],
                "tenants": [
                    {
                        "name": "acme",
                        "tier": "internal",
                        "owner": "team-ml",
                        "cost_center": "cc-42",
                        "training": {
                            "budgets": {
                                "production-retraining": {
                                    "quota": {
                                        "train": {"gpus": 4, "cpus": 48, "memory_gib": 192},
                                    },
                                },
                                "fine-tuning": {
                                    "quota": {
                                        "train": {"gpus": 4, "cpus": 48, "memory_gib": 192},
                                    },
                                    "borrows": {
                                        "train": {"gpus": 4, "cpus": 48, "memory_gib": 192},
                                    },
                                },
                            },
                        },
                    },
                ],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    queues: pulumi.Output[dict[str, dict[str, str]]]
    """For each tenant the name of its LocalQueue, by budget pool."""

    def __init__(
        self, name: str, args: TrainingQueuesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the queues. Of a pool that ends within two weeks a warning is logged.

        Raises:
            RefusedError: the scope, the tier, a tenant, a node pool or a budget is refused, budgets
                are on other nodes or of more than these grow to, or a window or a last day has no
                image to keep it.
        """
        args = checked(args, TrainingQueuesArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        pools = read_pools(args["pools"], scope, where=f"{name}.pools")
        trainers = read_trainers(args["tenants"], scope, pools, where=f"{name}.tenants")
        switched = [s for t in trainers for s in switches(t.tenant, t.training.budgets)]
        image = read_image_of(args.get("switch_image"), switched, where=f"{name}.switch_image")
        super().__init__(name, opts)
        self._name = name
        self._labels = scope.labels(tier, Plane.TRAINING, "training-queues")

        for trainer in trainers:
            for told in trainer.training.warnings(today=datetime.date.today()):
                pulumi.log.warn(f"{name}.tenants.{trainer.tenant.name}: {told}", self)
        priorities = [self._priority(pool) for pool in BudgetPool]
        flavors = {
            pool.name: self._object("ResourceFlavor", pool.name, queue_specs.flavor(pool))
            for pool in pools
        }
        for trainer in trainers:
            self._queues(scope, trainer, [*priorities, *flavors.values()])
        if image is not None:
            register(name, switched, image, self._labels, self._child())
        self._export(
            {
                "queues": {
                    t.tenant.name: {str(b.pool): str(b.pool) for b in t.training.budgets}
                    for t in trainers
                }
            }
        )

    def _queues(self, scope: Scope, trainer: Trainer, needed: list[pulumi.Resource]) -> None:
        tenant = trainer.tenant
        labels = tenant.labels(scope.environment, Plane.TRAINING, "training-queues")
        cohort = self._object("Cohort", tenant.name, {}, labels=labels)
        for budget in trainer.training.budgets:
            queue = self._object(
                "ClusterQueue",
                cluster_queue(tenant.name, budget.pool),
                queue_specs.queue(tenant, budget, trainer.pools),
                labels=labels,
                after=[*needed, cohort],
                # From its first opening on the field is the clock's.
                ignored=["spec.stopPolicy"] if budget.window else [],
            )
            self._object(
                "LocalQueue",
                str(budget.pool),
                queue_specs.local_queue(tenant, budget),
                namespace=training_namespace(tenant.name),
                labels=labels,
                notes=queue_specs.local_queue_notes(budget),
                after=[queue],
            )

    def _object(
        self,
        kind: str,
        name: str,
        spec: dict[str, Any],
        *,
        namespace: str = "",
        labels: Labels | None = None,
        notes: Mapping[str, str] | None = None,
        after: list[pulumi.Resource] | None = None,
        ignored: list[str] | None = None,
    ) -> pulumi.Resource:
        made: pulumi.Resource = k8s.apiextensions.CustomResource(
            "-".join(part for part in (self._name, kind.lower(), namespace, name) if part),
            api_version=queue_specs.API,
            kind=kind,
            metadata={
                "name": name,
                "labels": (labels or self._labels).kubernetes(),
                **({"namespace": namespace} if namespace else {}),
                **({"annotations": dict(notes)} if notes else {}),
            },
            spec=spec,
            opts=pulumi.ResourceOptions.merge(
                self._child(depends_on=after or []),
                pulumi.ResourceOptions(ignore_changes=ignored or None),
            ),
        )
        return made

    def _priority(self, pool: BudgetPool) -> pulumi.Resource:
        """Register a WorkloadPriorityClass, whose value stands beside a spec that it has not."""
        name = pool.priority.name
        return pulumi.CustomResource(
            f"kubernetes:{queue_specs.API}:WorkloadPriorityClass",
            f"{self._name}-{name}",
            {
                "apiVersion": queue_specs.API,
                "kind": "WorkloadPriorityClass",
                "metadata": {"name": name, "labels": self._labels.kubernetes()},
                **queue_specs.priority(pool),
            },
            self._child(),
        )
