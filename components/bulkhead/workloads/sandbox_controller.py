"""The controller that makes sandboxes."""

import re
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi

from bulkhead.cluster.charts import Chart, install, on_system_nodes
from bulkhead.cluster.system_policies import (
    Spec,
    default_deny,
    egress_to_api_server,
    ingress_from_networks,
    tcp,
)
from bulkhead.cluster.versions import check_version
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image, read_image
from bulkhead.domain.labels import Plane
from bulkhead.domain.sandboxes import CONTROLLER_NAMESPACE
from bulkhead.domain.tenants import Quota
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.workloads.gateway_edge import RESTRICTED, SYSCALLS
from bulkhead.workloads.namespace import Namespace

CHART_VERSION = "0.1.0"
"""Version of the chart in the project's own repository at v0.5.6."""

CHART = re.compile(r"oci://\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9._/-]+")

PODS = {"app.kubernetes.io/name": "agent-sandbox"}
"""Label of the controller's pods, in the chart."""

DIGEST = "bulkhead.dev/image-digest"
"""What the tag meant when it was written down, beside what a node tells that it runs."""

WEBHOOK_PORT = 9443
"""Where the API server asks it to convert between versions of its kinds."""

QUOTA = Quota(gpus=0, cpus=4, memory_gib=4, storage_gib=1)


class SandboxControllerArgs(TypedDict):
    """What a ``SandboxController`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    chart: str
    """Its chart in a private registry, ``oci://<account>.dkr.ecr.<region>.amazonaws.com/<name>``:
    the project keeps it in its repository (``helm/``) and publishes it nowhere."""
    image: str
    """``registry.k8s.io/agent-sandbox/agent-sandbox-controller`` of v0.5.6, by tag and digest,
    mirrored to a private registry whose tags are immutable (``ArtifactRegistry``): the chart writes
    the tag into a label, which can't hold a digest, so that the tag decides what runs."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""


class SandboxController(Component):
    """agent-sandbox, which makes pods, volumes and network policies of sandboxes (ISO-11).

    By its own chart, in a closed namespace on the nodes of the system: it reaches the API server
    and nothing else, and only the API server reaches it. Its chart lets it write pods, services,
    volume claims and network policies anywhere; admission holds its pods as everybody's, and its
    network policies to namespaces of sandboxes.

    Needs a Kubernetes provider. Comes before any ``AgentSandbox``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import SandboxController

        REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
        SandboxController(
            "sandboxes",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "chart": f"oci://{REGISTRY}/charts/agent-sandbox",
                "image": f"{REGISTRY}/agent-sandbox-controller:v0.5.6@sha256:" + 64 * "a",
                "cluster_cidrs": ["10.20.1.0/28"],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    namespace: pulumi.Output[str]
    """Name of the controller's namespace."""

    def __init__(
        self, name: str, args: SandboxControllerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install the controller.

        Raises:
            RefusedError: the scope, the tier, the version, the chart or the image is refused, or
                the image has no tag.
        """
        args = checked(args, SandboxControllerArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version"), where=f"{name}.version")
        image = read_controller(args, where=name)
        super().__init__(name, opts)
        namespace = Namespace(
            name,
            CONTROLLER_NAMESPACE,
            version=version,
            labels=scope.labels(tier, Plane.CONTROL, "sandbox-controller"),
            quota=QUOTA,
            policies=policies(args["cluster_cidrs"]),
            opts=self._child(),
        )
        release = install(
            name,
            Chart(args["chart"], CHART_VERSION),
            release="agent-sandbox",
            namespace=CONTROLLER_NAMESPACE,
            values=values(image),
            opts=self._child(depends_on=namespace.objects),
        )
        # Known once the controller is there, so that whoever uses it waits for it.
        self._export({"namespace": release.namespace})


def read_controller(args: Mapping[str, Any], *, where: str) -> Image:
    """The image of the controller whose chart and image ``args`` name.

    Raises:
        RefusedError: the chart is of no private registry, the image has no tag, or see
            ``read_image``.
    """
    image = read_image(args["image"], where=f"{where}.image")
    if not image.tag:
        raise RefusedError(
            "an image without the tag that its chart goes by",
            given=args["image"],
            allowed="<repository>:<tag>@<digest>",
            where=f"{where}.image",
        )
    if CHART.fullmatch(args["chart"]) is None:
        raise RefusedError(
            "not a chart in a private registry",
            given=args["chart"],
            allowed="oci://<account>.dkr.ecr.<region>.amazonaws.com/<name>",
            where=f"{where}.chart",
        )
    return image


def values(image: Image) -> dict[str, Any]:
    """Values of the chart: templates, claims and warm pools too, in a restricted pod."""
    return {
        "namespace": {"create": False, "name": CONTROLLER_NAMESPACE},
        "image": {
            "repository": image.repository,
            "tag": image.tag,
            "pullPolicy": "Always",
        },
        "podAnnotations": {DIGEST: image.digest},
        "controller": {"leaderElect": True, "extensions": True},
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"cpu": "1", "memory": "1Gi"},
        },
        "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": SYSCALLS},
        # It writes the certificate of its webhook to its own /tmp.
        "containerSecurityContext": {**RESTRICTED, "readOnlyRootFilesystem": False},
        **on_system_nodes(),
    }


def policies(cluster_cidrs: Strings) -> dict[str, Spec]:
    """The specs of the namespace's network policies, by name."""
    return {
        "default-deny": default_deny(),
        "allow-api-server": {
            "pod_selector": {"match_labels": PODS},
            "policy_types": ["Ingress", "Egress"],
            "ingress": [ingress_from_networks(cluster_cidrs, tcp(WEBHOOK_PORT))],
            "egress": egress_to_api_server(cluster_cidrs),
        },
    }
