"""What opens and closes queues by the clock: windows and last days (TRN-4, TRN-5).

Kueue knows no hours, and no scheduler outside reaches a private cluster. A CronJob of Kubernetes
starts ``kubectl`` at the edges of a window; one that was missed while the control plane was away is
made up for (Kubernetes, "CronJob", schedule delays).
"""

import datetime
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.charts import on_system_nodes
from bulkhead.domain.images import Image
from bulkhead.domain.labels import Labels
from bulkhead.domain.names import CRON_JOB, fit
from bulkhead.domain.queues import (
    QUEUE_NAMESPACE,
    QUEUE_SWITCH,
    cluster_queue,
    training_namespace,
)
from bulkhead.domain.tenants import Tenant
from bulkhead.domain.training import Budget
from bulkhead.workloads.queue_specs import DRAIN, HOLD, NONE
from bulkhead.workloads.rbac import Rule, known_as

GROUP = "kueue.x-k8s.io"

ATTEMPTS, SECONDS, FINISHED_SECONDS = 6, 600, 24 * 3600
"""How often and for how long a switch tries, and how long its job can be looked at after."""

_NOBODY = 65532
"""The user of images without a shell or package manager."""


@dataclass(frozen=True)
class Switch:
    """One change of one queue at a time of day.

    Attributes:
        name: name of its CronJob.
        schedule, timezone: when, as cron writes it.
        kind: ``clusterqueues`` or ``localqueues``.
        queue: the queue's name.
        namespace: the LocalQueue's namespace; empty for a ClusterQueue.
        stop: the ``stopPolicy`` from then on.
        tenant: whose queue it is.
    """

    name: str
    schedule: str
    timezone: str
    kind: str
    queue: str
    namespace: str
    stop: str
    tenant: str

    @property
    def arguments(self) -> list[str]:
        """What ``kubectl`` is told."""
        return [
            "patch",
            f"{self.kind}.{GROUP}",
            self.queue,
            *([f"--namespace={self.namespace}"] if self.namespace else []),
            "--type=merge",
            f"--patch={json.dumps({'spec': {'stopPolicy': self.stop}}, separators=(',', ':'))}",
            f"--field-manager={QUEUE_SWITCH}",
        ]


def switches(tenant: Tenant, budgets: Sequence[Budget]) -> Iterator[Switch]:
    """The switches of a tenant's queues.

    A window's are of the ClusterQueue. The last day's is of the LocalQueue, which a window does not
    open again; it comes at the end of that day, in UTC.
    """
    for budget in budgets:
        queue = cluster_queue(tenant.name, budget.pool)
        if window := budget.window:
            close = DRAIN if window.drain else HOLD
            for word, schedule, stop in (
                ("open", window.opening, NONE),
                ("close", window.closing, close),
            ):
                name, zone = fit(f"{word}-{queue}", CRON_JOB), window.timezone
                yield Switch(name, schedule, zone, "clusterqueues", queue, "", stop, tenant.name)
        if budget.expires:
            day = budget.expires + datetime.timedelta(days=1)
            yield Switch(
                name=fit(f"end-{queue}", CRON_JOB),
                schedule=f"0 0 {day.day} {day.month} *",
                timezone="Etc/UTC",
                kind="localqueues",
                queue=str(budget.pool),
                namespace=training_namespace(tenant.name),
                stop=DRAIN,
                tenant=tenant.name,
            )


def cron_job(switch: Switch, image: Image, labels: Labels) -> dict[str, Any]:
    """The spec of a switch's CronJob."""
    found = {**labels.kubernetes(), "app": QUEUE_SWITCH}
    nodes = on_system_nodes()
    pod = {
        "restart_policy": "OnFailure",
        "service_account_name": QUEUE_SWITCH,
        "automount_service_account_token": True,
        "enable_service_links": False,
        "priority_class_name": "system-cluster-critical",
        "node_selector": nodes["nodeSelector"],
        "tolerations": nodes["tolerations"],
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": _NOBODY,
            "run_as_group": _NOBODY,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "kubectl",
                "image": image.reference,
                "command": ["kubectl"],
                "args": switch.arguments,
                "resources": {
                    "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
                    "limits": {"cpu": "500m", "memory": "128Mi", "ephemeral-storage": "64Mi"},
                },
                "security_context": {
                    "allow_privilege_escalation": False,
                    "privileged": False,
                    "read_only_root_filesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
    return {
        "schedule": switch.schedule,
        "time_zone": switch.timezone,
        "concurrency_policy": "Replace",
        "successful_jobs_history_limit": 1,
        "failed_jobs_history_limit": 3,
        "job_template": {
            "metadata": {"labels": found},
            "spec": {
                "backoff_limit": ATTEMPTS,
                "active_deadline_seconds": SECONDS,
                "ttl_seconds_after_finished": FINISHED_SECONDS,
                "template": {"metadata": {"labels": found}, "spec": pod},
            },
        },
    }


def rules(switched: Sequence[Switch]) -> list[Rule]:
    """What the switches may do: read and patch these queues, and no others.

    RBAC knows no fields: that nothing but ``stopPolicy`` changes, admission holds.
    """
    return [
        {
            "api_groups": [GROUP],
            "resources": [kind],
            "resource_names": sorted({each.queue for each in switched if each.kind == kind}),
            "verbs": ["get", "patch"],
        }
        for kind in sorted({each.kind for each in switched})
    ]


def register(
    prefix: str,
    switched: Sequence[Switch],
    image: Image,
    labels: Labels,
    opts: pulumi.ResourceOptions,
) -> None:
    """Register the CronJobs, the account that they run as, and its rights."""
    labels = labels.but(workload=QUEUE_SWITCH)
    metadata = {"namespace": QUEUE_NAMESPACE, "labels": labels.kubernetes()}
    needed: list[pulumi.Resource] = [
        k8s.core.v1.ServiceAccount(
            f"{prefix}-{QUEUE_SWITCH}",
            metadata={"name": QUEUE_SWITCH, **metadata},
            automount_service_account_token=False,
            opts=opts,
        )
    ]
    by_place: dict[str, list[Switch]] = {}
    for switch in switched:
        by_place.setdefault(switch.namespace, []).append(switch)
    for place, here in by_place.items():
        needed.append(_grant(prefix, place, here, labels, opts))
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needed))
    for switch in switched:
        k8s.batch.v1.CronJob(
            f"{prefix}-{switch.name}",
            metadata={"name": switch.name, **metadata},
            spec=cron_job(switch, image, labels),
            opts=after,
        )


def _grant(
    prefix: str,
    place: str,
    switched: Sequence[Switch],
    labels: Labels,
    opts: pulumi.ResourceOptions,
) -> pulumi.Resource:
    """Register what the switches may do in one namespace, or without ``place`` in the cluster."""
    kind = "Role" if place else "ClusterRole"
    namespaced = {"namespace": place} if place else {}
    metadata = {"name": QUEUE_SWITCH, "labels": labels.kubernetes(), **namespaced}
    name, rbac = f"{prefix}-{QUEUE_SWITCH}-{place or 'cluster'}", k8s.rbac.v1
    role = getattr(rbac, kind)(name, metadata=metadata, rules=rules(switched), opts=opts)
    subject = {"kind": "ServiceAccount", "name": QUEUE_SWITCH, "namespace": QUEUE_NAMESPACE}
    made: pulumi.Resource = getattr(rbac, f"{kind}Binding")(
        name,
        metadata=metadata,
        role_ref=known_as(kind, QUEUE_SWITCH),
        subjects=[subject],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[role])),
    )
    return made
