"""What registers the objects of a gateway: that of models, and that of tools."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.system_policies import Spec
from bulkhead.foundation.component import Component
from bulkhead.workloads.names import GATEWAY_NAMESPACE

CORE = "gateway.networking.k8s.io/v1"
ENVOY = "gateway.envoyproxy.io/v1alpha1"
AI = "aigateway.envoyproxy.io/v1beta1"


class GatewayComponent(Component):
    """A component whose objects stand in the gateway's namespace, with its labels."""

    def __init__(
        self, name: str, labels: dict[str, str], opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__(name, opts)
        self._name, self._labels = name, labels

    def _policies(self, specs: Mapping[str, Spec]) -> list[pulumi.Resource]:
        """Register network policies, by name."""
        return [
            k8s.networking.v1.NetworkPolicy(
                f"{self._name}-{policy}",
                metadata={"name": policy, "namespace": GATEWAY_NAMESPACE, "labels": self._labels},
                spec=spec,
                opts=self._child(),
            )
            for policy, spec in specs.items()
        ]

    def _add(
        self,
        api: str,
        kind: str,
        named: str,
        spec: dict[str, Any],
        *,
        namespace: str | None = GATEWAY_NAMESPACE,
        annotations: dict[str, str] | None = None,
        after: list[pulumi.Resource] | None = None,
    ) -> pulumi.Resource:
        """Register an object; without ``namespace`` it is the cluster's."""
        made: pulumi.Resource = k8s.apiextensions.CustomResource(
            f"{self._name}-{kind.lower()}-{named}",
            api_version=api,
            kind=kind,
            metadata={
                "name": named,
                "labels": self._labels,
                **({"namespace": namespace} if namespace else {}),
                **({"annotations": annotations} if annotations else {}),
            },
            spec=spec,
            opts=self._child(depends_on=after or []),
        )
        return made
