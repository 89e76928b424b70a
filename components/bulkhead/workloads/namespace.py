"""What every namespace has, a tenant's and the gateway's alike (ISO-2)."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.domain.access import Access, group
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.tenants import Quota
from bulkhead.workloads.pod_security import pod_security_labels
from bulkhead.workloads.quota import limit_range, priority_quota, resource_quota
from bulkhead.workloads.rbac import Rule, known_as


class Namespace:
    """A namespace, closed: labels, pod security, quotas, limits, policies, no default token.

    Registered under whatever parent ``opts`` name; everything else in the namespace waits for it.
    ``objects`` are all that it has, for pods that must not start before them.
    """

    def __init__(
        self,
        logical_name: str,
        name: str,
        *,
        version: str,
        labels: Labels,
        quota: Quota,
        policies: Mapping[str, Mapping[str, Any]],
        opts: pulumi.ResourceOptions,
        annotations: Mapping[str, str] | None = None,
        more_labels: Mapping[str, str] | None = None,
        load_balancers: int = 0,
    ) -> None:
        """Register the namespace ``name`` in a cluster of Kubernetes ``version``.

        ``logical_name`` begins the names by which Pulumi knows its objects, and must differ between
        the clusters of one program.
        """
        self.name = name
        self._logical_name = logical_name
        self.labels = labels.kubernetes()
        namespace = k8s.core.v1.Namespace(
            logical_name,
            metadata={
                "name": name,
                "labels": self.labels | pod_security_labels(version) | dict(more_labels or {}),
                "annotations": dict(annotations) if annotations else None,
            },
            opts=opts,
        )
        # Its name is written out below and not taken from its outputs, so that whoever reads a
        # preview can tell what belongs to it. What the namespace waits for, its objects need not
        # name each for itself: it is much, and a thousand tenants have many objects.
        self._opts = pulumi.ResourceOptions(parent=opts.parent, depends_on=[namespace])
        self.objects: list[pulumi.Resource] = [namespace]
        for kind, word, spec in (
            (k8s.core.v1.ResourceQuota, "quota", resource_quota(quota, load_balancers)),
            (k8s.core.v1.LimitRange, "limits", limit_range(quota)),
            *((k8s.networking.v1.NetworkPolicy, word, spec) for word, spec in policies.items()),
        ):
            self.add(kind, word, spec=spec)
        # The platform's own controllers may come before all else.
        if labels.plane is not Plane.CONTROL:
            self.add(k8s.core.v1.ResourceQuota, "no-system-priority", spec=priority_quota())
        # Kubernetes makes this account itself, at about the same time: a patch meets it either way.
        k8s.core.v1.ServiceAccountPatch(
            f"{logical_name}-default",
            metadata={"name": "default", "namespace": self.name, "labels": self.labels},
            automount_service_account_token=False,
            opts=self._opts,
        )

    def add(self, kind: Any, word: str, **properties: Any) -> Any:
        """Register an object of the namespace, named ``word`` in it."""
        made = kind(
            f"{self._logical_name}-{word}",
            metadata={"name": word, "namespace": self.name, "labels": self.labels},
            opts=self._opts,
            **properties,
        )
        self.objects.append(made)
        return made

    def let_in(self, tenant: str, rules: Callable[[Access], list[Rule]]) -> None:
        """Give the groups of a tenant's people their rights here, each what ``rules`` tell."""
        for access in Access:
            word = f"tenant-{access}"
            self.add(k8s.rbac.v1.Role, word, rules=rules(access))
            self.add(
                k8s.rbac.v1.RoleBinding,
                word,
                role_ref=known_as("Role", word),
                subjects=[known_as("Group", group(tenant, access))],
            )
