"""What search-ranking trains: a job of production over two workers, and a set of jobs by night."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

NAMESPACE = "search-ranking-training"
WORKERS, GPUS = 2, 2
HOURS = 12
RESOURCES = {
    "cpu": "20",
    "memory": "80Gi",
    "nvidia.com/gpu": str(GPUS),
    "ephemeral-storage": "20Gi",
}
"""Of one worker; requests are what its queue counts, limits what its namespace does."""

LABELS = {
    "bulkhead.dev/tenant": "search-ranking",
    "bulkhead.dev/tier": "internal",
    "bulkhead.dev/environment": "dev",
    "bulkhead.dev/plane": "training",
    "bulkhead.dev/owner": "search",
    "bulkhead.dev/cost-center": "cc-310",
    "bulkhead.dev/project": "search-ranking",
}


def labels(workload: str, pool: str) -> dict[str, str]:
    """Whose the job is, and in which queue it waits, with what priority."""
    return {
        **LABELS,
        "bulkhead.dev/workload": workload,
        "kueue.x-k8s.io/queue-name": pool,
        "kueue.x-k8s.io/max-exec-time-seconds": str(HOURS * 3600),
    }


def pod(workload: str, service: str, image: str, priority: str) -> dict[str, Any]:
    """A worker: it finds the others by the service, and begins at the last checkpoint.

    Torch's elastic launcher takes a worker back that was preempted or lost its spot node.
    """
    return {
        "metadata": {
            "labels": {
                **LABELS,
                "bulkhead.dev/workload": workload,
                "bulkhead.dev/role": "trainer",
                "app": service,
            }
        },
        "spec": {
            "serviceAccountName": "trainer",
            "priorityClassName": priority,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "subdomain": service,
            # Time to write a checkpoint, as long as EC2 leaves a spot instance.
            "terminationGracePeriodSeconds": 120,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "trainer",
                    "image": image,
                    "command": ["torchrun"],
                    "args": [
                        f"--nnodes=1:{WORKERS}",
                        f"--nproc-per-node={GPUS}",
                        "--max-restarts=10",
                        "--rdzv-backend=c10d",
                        f"--rdzv-endpoint={service}-0.{service}:29400",
                        "train.py",
                        "--resume=latest",
                        "--checkpoints=/checkpoints",
                        "--checkpoint-minutes=10",
                    ],
                    "envFrom": [{"configMapRef": {"name": "training-stores"}}],
                    "resources": {"requests": RESOURCES, "limits": RESOURCES},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "privileged": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [
                        {"name": "checkpoints", "mountPath": "/checkpoints"},
                        {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108
                    ],
                }
            ],
            "volumes": [
                {
                    # Each worker's disk; what is finished goes on to the tenant's bucket.
                    "name": "checkpoints",
                    "ephemeral": {
                        "volumeClaimTemplate": {
                            "metadata": {"labels": {**LABELS, "bulkhead.dev/workload": workload}},
                            "spec": {
                                "accessModes": ["ReadWriteOnce"],
                                "resources": {"requests": {"storage": "200Gi"}},
                            },
                        }
                    },
                },
                {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}},
            ],
        },
    }


def service(name: str, opts: pulumi.ResourceOptions) -> None:
    """The name by which workers find each other; it has no address and leads nowhere else."""
    k8s.core.v1.Service(
        name,
        metadata={
            "name": name,
            "namespace": NAMESPACE,
            "labels": {**LABELS, "bulkhead.dev/workload": name},
        },
        spec={
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {"app": name},
            "ports": [{"name": "rendezvous", "port": 29400}],
        },
        opts=opts,
    )


def retraining(image: str, opts: pulumi.ResourceOptions) -> None:
    """Production's job: two workers, each with an index by which the other knows it."""
    name = "ranker-retraining"
    service(name, opts)
    k8s.batch.v1.Job(
        name,
        metadata={
            "name": name,
            "namespace": NAMESPACE,
            "labels": labels(name, "production-retraining"),
            "annotations": {"pulumi.com/skipAwait": "true"},  # it may wait long for its turn
        },
        spec={
            "completionMode": "Indexed",
            "completions": WORKERS,
            "parallelism": WORKERS,
            "backoffLimit": 20,
            "activeDeadlineSeconds": HOURS * 3600,
            "ttlSecondsAfterFinished": 24 * 3600,
            # A pod that gave way or lost its node is no failure of the training.
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "Ignore",
                        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                    }
                ]
            },
            "template": pod(name, name, image, "bulkhead-retraining"),
        },
        opts=opts,
    )


def fine_tuning(image: str, opts: pulumi.ResourceOptions) -> None:
    """A set of jobs that waits for the night: it starts as a whole or not at all."""
    name = "ranker-tuning"
    k8s.apiextensions.CustomResource(
        name,
        api_version="jobset.x-k8s.io/v1alpha2",
        kind="JobSet",
        metadata={
            "name": name,
            "namespace": NAMESPACE,
            "labels": labels(name, "fine-tuning"),
        },
        spec={
            "suspend": True,  # until its queue admits it
            "ttlSecondsAfterFinished": 24 * 3600,
            "failurePolicy": {"maxRestarts": 10},
            "replicatedJobs": [
                {
                    "name": "workers",
                    "replicas": 1,
                    "template": {
                        "spec": {
                            "completionMode": "Indexed",
                            "completions": WORKERS,
                            "parallelism": WORKERS,
                            "backoffLimit": 0,
                            "activeDeadlineSeconds": HOURS * 3600,
                            "template": pod(
                                name, f"{name}-workers-0", image, "bulkhead-fine-tuning"
                            ),
                        }
                    },
                }
            ],
        },
        opts=opts,
    )
