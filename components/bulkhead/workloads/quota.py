"""Quotas and limits of a namespace (TRN-3)."""

from typing import Any

from bulkhead.cluster.admission.limits import GPU
from bulkhead.domain.tenants import Quota

CRITICAL = ["system-cluster-critical", "system-node-critical"]
"""Priorities that preempt every other pod of the cluster."""

DEFAULT_CPUS, DEFAULT_MEMORY, DEFAULT_EPHEMERAL = ("100m", "1"), ("256Mi", "1Gi"), ("256Mi", "1Gi")
"""Request and limit of a container that states none."""


def resource_quota(quota: Quota, load_balancers: int = 0) -> dict[str, Any]:
    """What a namespace may hold at most, as the spec of a ResourceQuota.

    Extended resources can be limited by request only (Kubernetes, "Resource Quotas"). Claims on
    devices are closed, since they would reach GPUs past the count of the device plugin (KEP-4381).
    Load balancers, node ports and ingresses are closed: there is one gateway, and only its
    namespace has a load balancer.
    """
    return {
        "hard": {
            f"requests.{GPU}": str(quota.gpus),
            "requests.cpu": str(quota.cpus),
            "limits.cpu": str(quota.cpus),
            "requests.memory": f"{quota.memory_gib}Gi",
            "limits.memory": f"{quota.memory_gib}Gi",
            "requests.ephemeral-storage": f"{quota.ephemeral_gib}Gi",
            "limits.ephemeral-storage": f"{quota.ephemeral_gib}Gi",
            "requests.storage": f"{quota.storage_gib}Gi",
            "persistentvolumeclaims": str(quota.volume_claims),
            "pods": str(quota.pods),
            "services": str(quota.services),
            "services.loadbalancers": str(load_balancers),
            "services.nodeports": "0",
            "secrets": str(quota.secrets),
            "configmaps": str(quota.config_maps),
            "count/jobs.batch": str(quota.jobs),
            "count/cronjobs.batch": str(quota.jobs),
            "count/ingresses.networking.k8s.io": "0",
            "count/resourceclaims.resource.k8s.io": "0",
            "count/resourceclaimtemplates.resource.k8s.io": "0",
        }
    }


def priority_quota() -> dict[str, Any]:
    """No pod may take a priority of the system, as the spec of a second ResourceQuota."""
    return {
        "hard": {"pods": "0"},
        "scope_selector": {
            "match_expressions": [
                {"scope_name": "PriorityClass", "operator": "In", "values": CRITICAL}
            ]
        },
    }


def limit_range(quota: Quota) -> dict[str, Any]:
    """Defaults and bounds of containers and volume claims, as the spec of a LimitRange.

    A quota on compute refuses containers that state no requests; the defaults are what makes it
    usable. One container may take the whole quota, or a pod's share of memory, and no more.
    GPUs are left to the quota: a
    maximum here would be every container's default too (Kubernetes, "Limit Ranges").
    """
    requests, limits = zip(DEFAULT_CPUS, DEFAULT_MEMORY, DEFAULT_EPHEMERAL, strict=True)
    compute = ("cpu", "memory", "ephemeral-storage")
    return {
        "limits": [
            {
                "type": "Container",
                "default_request": dict(zip(compute, requests, strict=True)),
                "default": dict(zip(compute, limits, strict=True)),
                "max": {
                    "cpu": str(quota.cpus),
                    "memory": f"{quota.pod_memory}Gi",
                    "ephemeral-storage": f"{quota.ephemeral_gib}Gi",
                },
            },
            {"type": "Pod", "max": {"memory": f"{quota.pod_memory}Gi"}},
            {
                "type": "PersistentVolumeClaim",
                "min": {"storage": "1Gi"},
                "max": {"storage": f"{quota.storage_gib}Gi"},
            },
        ]
    }
