"""The gateway's namespace."""

from typing import NotRequired, TypedDict

import pulumi

from bulkhead.cluster.versions import check_version
from bulkhead.domain.labels import Plane
from bulkhead.domain.tenants import Quota
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.workloads.names import GATEWAY_NAMESPACE
from bulkhead.workloads.namespace import Namespace
from bulkhead.workloads.network_policies import gateway_policies

QUOTA = Quota(gpus=0, cpus=16, memory_gib=32, storage_gib=20)
"""Room for a handful of proxies and their controllers, and for no GPU."""


class GatewayNamespaceArgs(TypedDict):
    """What a ``GatewayNamespace`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""


class GatewayNamespace(Component):
    """The platform's namespace in front of every inference call (ISO-3).

    The proxies of its ``InferenceGateway`` reach tenants' inference servers, on their port; every
    pod asks for names, and nothing reaches any until the gateways bring their policies. It is the
    only namespace that may have a load balancer, one. Needs a Kubernetes provider.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import GatewayNamespace

        GatewayNamespace(
            "gateway",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    namespace: pulumi.Output[str]
    """Name of the namespace."""

    def __init__(
        self, name: str, args: GatewayNamespaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the namespace.

        Raises:
            RefusedError: the scope, the tier or the version is refused.
        """
        args = checked(args, GatewayNamespaceArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version"), where=f"{name}.version")
        super().__init__(name, opts)
        namespace = Namespace(
            name,
            GATEWAY_NAMESPACE,
            version=version,
            labels=scope.labels(tier, Plane.INFERENCE, "gateway"),
            quota=QUOTA,
            policies=gateway_policies(),
            load_balancers=1,
            opts=self._child(),
        )
        self._export({"namespace": namespace.name})
