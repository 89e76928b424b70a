"""The controllers behind the gateway."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from bulkhead.cluster.charts import Chart, install
from bulkhead.cluster.versions import check_version
from bulkhead.domain import parsing
from bulkhead.domain.images import read_images
from bulkhead.domain.labels import Plane
from bulkhead.domain.tenants import Quota
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.workloads import gateway_charts as charts
from bulkhead.workloads.controller_policies import controller_policies
from bulkhead.workloads.controller_roles import CLUSTER_RULES, NAMESPACE_RULES
from bulkhead.workloads.names import CONTROLLER_NAMESPACE
from bulkhead.workloads.namespace import Namespace
from bulkhead.workloads.rbac import known_as

SECRET = "gateway-counters"  # noqa: S105 - a name
"""Name of the Secret with the password of the store of counters."""

CLUSTER_ROLE = f"{charts.AI_CONTROLLER}-reader"
"""Name of the AI controller's role in the whole cluster."""

QUOTA = Quota(gpus=0, cpus=12, memory_gib=16, storage_gib=1)
"""Room for two of each controller while a new version takes over, and for no GPU."""


class GatewayImagesArgs(TypedDict):
    """Images by digest, mirrored to a private ECR registry."""

    gateway: str
    """``envoyproxy/gateway`` of version 1.9.1."""
    proxy: str
    """``envoyproxy/envoy``, distroless, of version 1.39."""
    rate_limit: str
    """``envoyproxy/ratelimit``, which the chart would take by a tag."""
    ai_controller: str
    """``envoyproxy/ai-gateway-controller`` of version 1.1.0."""
    ai_processor: str
    """``envoyproxy/ai-gateway-extproc`` of the same version."""


class CountersAccessArgs(TypedDict):
    """The store in which requests and tokens are counted: see ``GatewayCounters``."""

    address: pulumi.Input[str]
    """``<host>:<port>``; it speaks TLS."""
    networks: Strings
    """Networks of its subnets."""
    secret: NotRequired[str]
    """Secret in the controllers' namespace whose key ``auth`` is ``<user>:<password>``. Default:
    ``gateway-counters``."""


class GatewayControllersArgs(TypedDict):
    """What ``GatewayControllers`` take."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    images: GatewayImagesArgs
    """What runs."""
    counters: CountersAccessArgs
    """Where requests and tokens are counted."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    certificate_manager: NotRequired[bool]
    """Whether the cluster has cert-manager, which then renews the certificate of Envoy AI Gateway's
    webhook. Default: no; the chart makes one of its own for a year, and no proxy starts after."""


class GatewayControllers(Component):
    """Envoy Gateway, Envoy AI Gateway and the service that counts (INF-2, INF-3).

    They stand in a closed namespace, two of each in different zones, by their own charts and images
    by digest. They watch the gateway's namespace alone and may change nothing in others: the AI
    controller gets a service account of its own in place of the chart's, which may write every
    Secret of the cluster. Requests are refused while nobody can count them.

    Needs a Kubernetes provider, a ``GatewayNamespace``, and a Secret with the password of the store
    of counters: the service that counts takes it by no other way (docs/gateway.md shows how to
    bring it). Comes before ``InferenceGateway``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import GatewayControllers

        cluster = k8s.Provider("cluster", kubeconfig="kubeconfig.yaml")
        mirror = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/envoyproxy"
        digest = "sha256:" + 64 * "e"
        GatewayControllers(
            "gateway-controllers",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "images": {
                    "gateway": f"{mirror}/gateway:v1.9.1@{digest}",
                    "proxy": f"{mirror}/envoy:distroless-v1.39.0@{digest}",
                    "rate_limit": f"{mirror}/ratelimit@{digest}",
                    "ai_controller": f"{mirror}/ai-gateway-controller:v1.1.0@{digest}",
                    "ai_processor": f"{mirror}/ai-gateway-extproc:v1.1.0@{digest}",
                },
                "counters": {
                    "address": "master.counters.abc123.euc1.cache.amazonaws.com:6379",
                    "networks": ["10.20.24.0/22"],
                },
                "cluster_cidrs": ["10.20.1.0/28"],
            },
            pulumi.ResourceOptions(provider=cluster),
        )
    """

    namespace: pulumi.Output[str]
    """Name of the controllers' namespace."""

    def __init__(
        self, name: str, args: GatewayControllersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install the controllers.

        Raises:
            RefusedError: the scope, the tier, the version, an image or the Secret's name is
                refused.
        """
        args = checked(args, GatewayControllersArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version"), where=f"{name}.version")
        images = read_gateway_images(args["images"], where=f"{name}.images")
        counters = checked(args["counters"], CountersAccessArgs, where=f"{name}.counters")
        secret = parsing.name(counters.get("secret", SECRET), where=f"{name}.counters.secret")
        super().__init__(name, opts)
        self._name = name
        labels = scope.labels(tier, Plane.INFERENCE, "gateway-controllers")
        self._labels = labels.kubernetes()

        namespace = Namespace(
            name,
            CONTROLLER_NAMESPACE,
            version=version,
            labels=labels,
            quota=QUOTA,
            policies=controller_policies(args["cluster_cidrs"], counters["networks"]),
            opts=self._child(),
        )
        envoy = self._install(
            "envoy-gateway",
            charts.ENVOY_GATEWAY,
            charts.envoy_gateway_values(images, self._labels, counters["address"], secret),
            after=namespace.objects,
        )
        definitions = self._install("ai-gateway-crds", charts.AI_GATEWAY_CRDS, {}, after=[envoy])
        seed = random.RandomPassword(f"{name}-seed", length=64, special=False, opts=self._child())
        ai = self._install(
            "ai-gateway",
            charts.AI_GATEWAY,
            charts.ai_gateway_values(
                images,
                self._labels,
                seed.result,
                certificate_manager=args.get("certificate_manager", False),
            ),
            after=[definitions, *self._roles(namespace)],
        )
        # Known once the controllers are there, so that whoever uses it waits for them.
        self._export({"namespace": ai.namespace})

    def _install(
        self,
        release: str,
        chart: Chart,
        values: dict[str, Any],
        *,
        after: list[pulumi.Resource],
    ) -> k8s.helm.v3.Release:
        return install(
            f"{self._name}-{release}",
            chart,
            release=release,
            namespace=CONTROLLER_NAMESPACE,
            values=values,
            opts=self._child(depends_on=after),
        )

    def _roles(self, namespace: Namespace) -> list[pulumi.Resource]:
        """Register the AI controller's service account, and what it may do where."""
        account = namespace.add(k8s.core.v1.ServiceAccount, charts.AI_CONTROLLER)
        subject = {
            "kind": "ServiceAccount",
            "name": charts.AI_CONTROLLER,
            "namespace": CONTROLLER_NAMESPACE,
        }
        made: list[pulumi.Resource] = [account]
        rbac, name = k8s.rbac.v1, f"{self._name}-{charts.AI_CONTROLLER}"
        everywhere = {"name": CLUSTER_ROLE, "labels": self._labels}
        made.append(
            rbac.ClusterRole(name, metadata=everywhere, rules=CLUSTER_RULES, opts=self._child())
        )
        made.append(
            rbac.ClusterRoleBinding(
                name,
                metadata=everywhere,
                role_ref=known_as("ClusterRole", CLUSTER_ROLE),
                subjects=[subject],
                opts=self._child(depends_on=made),
            )
        )
        for place, rules in NAMESPACE_RULES.items():
            metadata = {
                "name": charts.AI_CONTROLLER,
                "namespace": place,
                "labels": self._labels,
            }
            role = rbac.Role(
                f"{name}-{place}",
                metadata=metadata,
                rules=rules,
                opts=self._child(depends_on=namespace.objects),
            )
            made.append(
                rbac.RoleBinding(
                    f"{name}-{place}",
                    metadata=metadata,
                    role_ref=known_as("Role", charts.AI_CONTROLLER),
                    subjects=[subject],
                    opts=self._child(depends_on=[role]),
                )
            )
        return made


def read_gateway_images(args: GatewayImagesArgs, *, where: str) -> charts.GatewayImages:
    """The images that ``args`` name.

    Raises:
        RefusedError: one is missing, of no private registry, or has no digest.
    """
    return charts.GatewayImages(
        **read_images(checked(args, GatewayImagesArgs, where=where), where=where)
    )
