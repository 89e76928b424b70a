"""Whose pods land on which nodes, held at admission (ISO-4, POL-2)."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.pool_policies import (
    NODES,
    Spec,
    nodes_policy,
    pods_policy,
    selection_policy,
)
from bulkhead.cluster.versions import KUBERNETES_VERSION, check_version
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels, Plane
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component

WITH_MUTATION = "1.36"
"""First Kubernetes version whose MutatingAdmissionPolicy is stable (KEP-3962)."""


class PoolExclusivityArgs(TypedDict):
    """What a ``PoolExclusivity`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants, for the labels."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""


class PoolExclusivity(Component):
    """Keeps every other tenant's pods off a pool, and a tenant's pods off every other (ISO-4).

    Taints alone keep nobody off: whoever makes a pod writes its tolerations. Three admission
    policies close that, in every namespace but ``kube-system``. A pod may tolerate the taint of its
    own namespace's nodes, of GPUs and of Kubernetes itself, and no other; it must select those
    nodes and can't name one past the scheduler; and a node can't take another pool's labels to draw
    a tenant's pods onto itself. From Kubernetes 1.36 on a fourth policy adds selector and
    toleration to the tenants' pods; before, they must state both.

    Needs a Kubernetes provider. The namespaces of tenants say by the label ``bulkhead.dev/nodes``
    whose nodes they use: see ``TenantNamespace``.

    Example:
        import pulumi_kubernetes as k8s
        import pulumi

        from bulkhead import PoolExclusivity

        PoolExclusivity(
            "pools",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "confidential",
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster")),
        )
    """

    policy_names: pulumi.Output[list[str]]
    """Names of the admission policies."""

    def __init__(
        self, name: str, args: PoolExclusivityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the policies.

        Raises:
            RefusedError: the scope, the tier or the version is refused.
        """
        args = checked(args, PoolExclusivityArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version") or KUBERNETES_VERSION, where=f"{name}.version")
        super().__init__(name, opts)
        labels = scope.labels(tier, Plane.CONTROL, "admission")
        specs = {"bulkhead-pool-exclusivity": pods_policy(), "bulkhead-pool-labels": nodes_policy()}
        for word, spec in specs.items():
            self._validate(f"{name}-{word}", word, spec, labels)
        names = [*specs]
        if _order(version) >= _order(WITH_MUTATION):
            names.append("bulkhead-pool-selection")
            self._mutate(f"{name}-{names[-1]}", names[-1], selection_policy(), labels)
        self._export({"policy_names": names})

    def _validate(self, logical: str, name: str, spec: Spec, labels: Labels) -> None:
        metadata = {"name": name, "labels": labels.kubernetes()}
        policy = k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
            logical, metadata=metadata, spec=spec, opts=self._child()
        )
        k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
            logical,
            metadata=metadata,
            spec={"policy_name": name, "validation_actions": ["Deny", "Audit"]},
            opts=self._child(depends_on=[policy]),
        )

    def _mutate(self, logical: str, name: str, spec: Spec, labels: Labels) -> None:
        metadata = {"name": name, "labels": labels.kubernetes()}
        policy = k8s.admissionregistration.v1.MutatingAdmissionPolicy(
            logical, metadata=metadata, spec=spec, opts=self._child()
        )
        k8s.admissionregistration.v1.MutatingAdmissionPolicyBinding(
            logical,
            metadata=metadata,
            spec={"policy_name": name},
            opts=self._child(depends_on=[policy]),
        )


def check_nodes(nodes: str | None, *, where: str) -> str:
    """Return ``nodes`` if it says whose nodes a tenant uses.

    Raises:
        RefusedError: it does not.
    """
    if nodes not in NODES:
        raise RefusedError("not whose nodes it uses", given=nodes, allowed=NODES, where=where)
    return nodes


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
