"""Kueue, which starts training jobs when there is quota for them."""

from typing import Any, NotRequired, TypedDict

import pulumi
import yaml

from bulkhead.cluster.charts import Chart, install, on_system_nodes, spread
from bulkhead.cluster.system_policies import (
    Spec,
    closed_but_for_names,
    egress_to_api_server,
    ingress_from_networks,
    tcp,
)
from bulkhead.cluster.versions import check_version
from bulkhead.domain.admission import TENANT_LABEL
from bulkhead.domain.images import Image, read_image
from bulkhead.domain.labels import PLATFORM, Plane
from bulkhead.domain.pools import PLANE_KEY
from bulkhead.domain.queues import QUEUE_NAMESPACE, QUEUE_SWITCH
from bulkhead.domain.tenants import Quota
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.workloads.namespace import Namespace

KUEUE = Chart("oci://registry.k8s.io/kueue/charts/kueue", "0.19.2")

QUOTA = Quota(gpus=0, cpus=12, memory_gib=16, storage_gib=1, jobs=100)
"""Room for two controllers while a new version takes over, and for what opens and closes queues."""

WEBHOOK_PORT, VISIBILITY_PORT = 9443, 8082
"""Where the API server asks about jobs, and where it hands on questions about pending ones."""

FRAMEWORKS = ["batch/job", "jobset.x-k8s.io/jobset", "trainer.kubeflow.org/trainjob"]
"""Kinds of jobs that queues hold. All of them end in Jobs, which are judged again. Pods of other
makers are refused in namespaces for training, so that no integration for them is needed."""

READY_MINUTES = 20
"""How long an admitted job may wait for its pods, a node with GPUs takes minutes to come up."""

PODS, SWITCH_PODS = {"app.kubernetes.io/name": "kueue"}, {"app": QUEUE_SWITCH}
"""Labels of Kueue's pods, and of those that open and close queues."""

UNCOUNTED = ["ephemeral-storage", "vpc.amazonaws.com/"]
"""Prefixes of resources that have no budget: namespaces bound the first, EKS adds the second."""

TRAINING = {
    "matchLabels": {PLANE_KEY: str(Plane.TRAINING)},
    "matchExpressions": [{"key": TENANT_LABEL, "operator": "NotIn", "values": [PLATFORM]}],
}
"""Tenants' namespaces for training."""


class QueueControllerArgs(TypedDict):
    """What a ``QueueController`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    image: str
    """``kueue/kueue`` of version 0.19.2, by digest, mirrored to a private ECR registry."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""


class QueueController(Component):
    """Kueue on the system's nodes, in a closed namespace (TRN-2).

    Two of it in different zones, by its own chart and an image by digest. In tenants' namespaces
    for training it holds every job until a queue has quota for it, also one that names no queue,
    and no job starts while it can't be asked. It leaves all other namespaces alone. Who comes first
    is said by queues and priorities and not by shares (Kueue, "Fair Sharing"), which would let
    experiments keep what production asks back. A job whose pods don't come up gives its quota back
    after 20 minutes and tries again later, five times at most.

    Needs a Kubernetes provider, and nodes of the system. Comes before ``TrainingQueues``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import QueueController

        QueueController(
            "queue-controller",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "image": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/kueue/kueue:v0.19.2"
                "@sha256:" + 64 * "e",
                "cluster_cidrs": ["10.20.1.0/28"],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    namespace: pulumi.Output[str]
    """Name of its namespace."""

    def __init__(
        self, name: str, args: QueueControllerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install the controller.

        Raises:
            RefusedError: the scope, the tier, the version or the image is refused.
        """
        args = checked(args, QueueControllerArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version"), where=f"{name}.version")
        image = read_image(args["image"], where=f"{name}.image")
        super().__init__(name, opts)

        namespace = Namespace(
            name,
            QUEUE_NAMESPACE,
            version=version,
            labels=scope.labels(tier, Plane.CONTROL, "queue-controller"),
            quota=QUOTA,
            policies=policies(args["cluster_cidrs"]),
            opts=self._child(),
        )
        release = install(
            f"{name}-kueue",
            KUEUE,
            release="kueue",
            namespace=QUEUE_NAMESPACE,
            values=values(image),
            opts=self._child(depends_on=namespace.objects),
        )
        # Known once the controller is there, so that whoever uses it waits for it.
        self._export({"namespace": release.namespace})


def values(image: Image) -> dict[str, Any]:
    """Values of the chart."""
    pods = {"control-plane": "controller-manager", **PODS}
    return {
        "controllerManager": {
            "replicas": 2,
            "manager": {
                "image": {
                    "repository": image.repository,
                    "tag": image.pinned_tag,
                    "pullPolicy": "IfNotPresent",
                },
                "priorityClassName": "system-cluster-critical",
                "resources": {
                    "requests": {"cpu": "500m", "memory": "1Gi"},
                    "limits": {"cpu": "2", "memory": "1Gi"},
                },
            },
            "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
            **on_system_nodes(),
            "topologySpreadConstraints": spread(pods),
        },
        "managerConfig": {
            "controllerManagerConfigYaml": yaml.safe_dump(configuration(), sort_keys=False)
        },
    }


def configuration() -> dict[str, Any]:
    """Kueue's own configuration."""
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
        "webhook": {"port": WEBHOOK_PORT},
        "leaderElection": {"leaderElect": True, "resourceName": "c1f6bfd2.kueue.x-k8s.io"},
        "clientConnection": {"qps": 300, "burst": 500},
        "manageJobsWithoutQueueName": True,
        "managedJobsNamespaceSelector": TRAINING,
        "waitForPodsReady": {
            "timeout": f"{READY_MINUTES}m",
            "recoveryTimeout": f"{READY_MINUTES}m",
            "blockAdmission": False,
            "requeuingStrategy": {
                "timestamp": "Eviction",
                "backoffBaseSeconds": 60,
                "backoffMaxSeconds": 3600,
                "backoffLimitCount": 5,
            },
        },
        "integrations": {"frameworks": FRAMEWORKS},
        "resources": {"excludeResourcePrefixes": UNCOUNTED},
        "objectRetentionPolicies": {"workloads": {"afterFinished": "168h"}},
    }


def policies(cluster_cidrs: Strings) -> dict[str, Spec]:
    """The specs of the namespace's network policies, by name.

    The API server reaches the controller; both the controller and what opens and closes queues
    reach the API server, and nobody reaches anything else.
    """
    api_server = egress_to_api_server(cluster_cidrs)
    return {
        **closed_but_for_names(),
        "kueue": {
            "pod_selector": {"match_labels": PODS},
            "policy_types": ["Ingress", "Egress"],
            "ingress": [ingress_from_networks(cluster_cidrs, tcp(WEBHOOK_PORT, VISIBILITY_PORT))],
            "egress": api_server,
        },
        "switch": {
            "pod_selector": {"match_labels": SWITCH_PODS},
            "policy_types": ["Egress"],
            "egress": api_server,
        },
    }
