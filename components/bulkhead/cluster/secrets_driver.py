"""What delivers secrets to pods as files."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster import system_policies
from bulkhead.cluster.addons import SYSTEM_NAMESPACE, make_addon
from bulkhead.domain.labels import Plane
from bulkhead.foundation.arguments import (
    ScopeArgs,
    Strings,
    checked,
    read_place,
)
from bulkhead.foundation.component import Component

ADDON = "aws-secrets-store-csi-driver-provider"
"""The EKS add-on of the AWS provider, which brings the driver itself (EKS User Guide, "AWS
add-ons")."""

POLL = "3600s"
"""How often mounted files are fetched again; what the provider's own guide recommends."""


class SecretsDriverArgs(TypedDict):
    """What a ``SecretsDriver`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    cluster_name: str
    """Name of the cluster."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    endpoint_cidrs: Strings
    """Addresses of the endpoint subnets, of which ``secretsmanager`` is one."""
    version: NotRequired[str | None]
    """Version of the add-on. Default: EKS's own default for the Kubernetes version."""


class SecretsDriver(Component):
    """The Secrets Store CSI driver with its AWS provider (KEY-4).

    It mounts what ``SecretFiles`` describe, as files in memory, and fetches them again every hour.
    It has no AWS role of its own: each secret is fetched in the name of the pod that mounts it,
    through EKS Pod Identity. It makes no Kubernetes Secrets. Its pods reach the API server, name
    resolution, the Pod Identity agent and the VPC's endpoints, and nothing else.

    Needs a Kubernetes provider, nodes, and the default-deny policy of ``ClusterServices``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import SecretsDriver

        cluster = k8s.Provider("cluster", kubeconfig="kubeconfig.yaml")
        SecretsDriver(
            "secrets-driver",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "cluster_name": "dev-shared",
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            pulumi.ResourceOptions(provider=cluster),
        )
    """

    addon_name: pulumi.Output[str]
    """Name of the add-on; what mounts secrets waits for it."""

    def __init__(
        self, name: str, args: SecretsDriverArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install the driver.

        Raises:
            RefusedError: the scope or the tier is refused.
        """
        args = checked(args, SecretsDriverArgs, where=name)
        scope, tier = read_place(args, where=name)
        super().__init__(name, opts)
        labels = scope.labels(tier, Plane.CONTROL, "secrets-driver")
        policy = k8s.networking.v1.NetworkPolicy(
            name,
            metadata={
                "name": "secrets-driver",
                "namespace": SYSTEM_NAMESPACE,
                "labels": labels.kubernetes(),
            },
            spec=system_policies.secrets_policy(args["cluster_cidrs"], args["endpoint_cidrs"]),
            opts=self._child(),
        )
        addon = make_addon(
            name,
            ADDON,
            cluster_name=args["cluster_name"],
            labels=labels,
            version=args.get("version"),
            namespace=SYSTEM_NAMESPACE,
            configuration=configuration(scope.region),
            opts=self._child(depends_on=[policy]),
        )
        self._export({"addon_name": addon.addon_name})


def configuration(region: str) -> dict[str, Any]:
    """Configuration of the add-on: no Kubernetes Secrets, and files that follow rotations."""
    return {
        "awsRegion": region,
        "secrets-store-csi-driver": {
            "enableSecretRotation": True,
            "rotationPollInterval": POLL,
            "syncSecret": {"enabled": False},
        },
    }
