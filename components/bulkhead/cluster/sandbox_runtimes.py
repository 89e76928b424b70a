"""Runtime classes of sandboxes, and what installs them on nodes."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster import system_policies
from bulkhead.cluster.addons import SYSTEM_NAMESPACE
from bulkhead.cluster.charts import Chart, install
from bulkhead.cluster.versions import check_version
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image, read_image
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.pods import Runtime
from bulkhead.domain.runtimes import (
    PROFILES,
    SANDBOX_TAINT,
    check_nitro_version,
    read_runtimes,
    runtime_label,
)
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component

KATA = Chart("oci://ghcr.io/kata-containers/kata-deploy-charts/kata-deploy", "4.1.0")
"""The chart of Kata Containers' own project; its image puts Kata on a running node."""

SHIM = PROFILES[Runtime.KATA].handler.removeprefix("kata-")

KATA_PODS = {
    "kata-deploy": {"name": "kata-deploy"},
    "kata-deploy-cleanup": {"batch.kubernetes.io/job-name": "kata-deploy-rb-cleanup"},
}
"""Labels of the chart's pods: the daemon, and the job that takes its rights away at the end."""


class KataImagesArgs(TypedDict):
    """Images of Kata's chart, mirrored into a private registry."""

    installer: str
    """``quay.io/kata-containers/kata-deploy``, by digest."""
    kubectl: str
    """``quay.io/kata-containers/kubectl``, by digest; cleans up when the chart is removed."""


class SandboxRuntimesArgs(TypedDict):
    """What ``SandboxRuntimes`` take."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    runtimes: list[str]
    """Sandboxes that nodes of the cluster run: gvisor, kata, isolated-sandbox,
    confidential-sandbox."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    kata: NotRequired[KataImagesArgs | None]
    """What installs Kata on nodes. Default: none; needed for kata."""


class SandboxRuntimes(Component):
    """Runtime classes by which pods run apart from their node's kernel (ISO-11).

    Each class sends its pods to the nodes that can run it, which pools name in ``runtimes``, lets
    them past the taint that keeps everything else off those nodes, and charges them for what the
    sandbox itself takes. Kata is installed on running nodes by its own chart, whose daemon is
    privileged, on these nodes alone; the others are part of an image of your own. Nitro sandboxes
    need Kubernetes 1.36.

    Needs a Kubernetes provider.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import SandboxRuntimes

        REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
        SandboxRuntimes(
            "runtimes",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "runtimes": ["kata"],
                "cluster_cidrs": ["10.20.1.0/28"],
                "kata": {
                    "installer": f"{REGISTRY}/kata-deploy:4.1.0@sha256:" + 64 * "a",
                    "kubectl": f"{REGISTRY}/kubectl@sha256:" + 64 * "b",
                },
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    runtime_classes: pulumi.Output[list[str]]
    """Names of the runtime classes."""

    def __init__(
        self, name: str, args: SandboxRuntimesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the runtime classes.

        Raises:
            RefusedError: the scope, the tier, the version or a runtime is refused, or what installs
                Kata is missing.
        """
        args = checked(args, SandboxRuntimesArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        runtimes = read_runtimes(args["runtimes"], where=f"{name}.runtimes")
        version = check_version(args.get("version"), where=f"{name}.version")
        check_nitro_version(runtimes, version, where=f"{name}.version")
        images = read_kata(runtimes, args.get("kata"), where=f"{name}.kata")
        super().__init__(name, opts)
        labels = scope.labels(tier, Plane.CONTROL, "sandbox-runtimes")
        installer = [self._install(name, args, labels, *images)] if images else []
        for runtime in runtimes:
            k8s.node.v1.RuntimeClass(
                f"{name}-{runtime}",
                metadata={"name": runtime, "labels": labels.kubernetes()},
                **runtime_class(runtime),
                opts=self._child(depends_on=installer),
            )
        self._export({"runtime_classes": [str(runtime) for runtime in runtimes]})

    def _install(
        self,
        name: str,
        args: SandboxRuntimesArgs,
        labels: Labels,
        installer: Image,
        kubectl: Image,
    ) -> pulumi.Resource:
        policies = [
            k8s.networking.v1.NetworkPolicy(
                f"{name}-{named}",
                metadata={
                    "name": named,
                    "namespace": SYSTEM_NAMESPACE,
                    "labels": labels.kubernetes(),
                },
                spec={
                    "pod_selector": {"match_labels": pods},
                    "policy_types": ["Ingress", "Egress"],
                    "egress": system_policies.egress_to_api_server(args["cluster_cidrs"]),
                },
                opts=self._child(),
            )
            for named, pods in KATA_PODS.items()
        ]
        release: pulumi.Resource = install(
            f"{name}-kata-deploy",
            KATA,
            release="kata-deploy",
            namespace=SYSTEM_NAMESPACE,
            values=kata_values(installer, kubectl),
            opts=self._child(depends_on=policies),
        )
        return release


def read_kata(
    runtimes: list[Runtime], args: KataImagesArgs | None, *, where: str
) -> tuple[Image, Image] | None:
    """The images that install Kata, if one of the runtimes is.

    Raises:
        RefusedError: they are needed and missing, or given for nothing, or refused.
    """
    if (Runtime.KATA in runtimes) != (args is not None):
        raise RefusedError(
            "Kata is installed on nodes by its own chart",
            given="no images" if args is None else "images without nodes that run kata",
            allowed="images for the runtime kata, and for no other",
            where=where,
        )
    if args is None:
        return None
    args = checked(args, KataImagesArgs, where=where)
    return (
        read_image(args["installer"], where=f"{where}.installer"),
        read_image(args["kubectl"], where=f"{where}.kubectl"),
    )


def runtime_class(runtime: Runtime) -> dict[str, Any]:
    """What a RuntimeClass says besides its name.

    The admission of Kubernetes itself adds selector and tolerations to pods (Kubernetes, "Runtime
    Class").
    """
    profile = PROFILES[runtime]
    selector = {runtime_label(runtime): "true"} | ({profile.ready: "true"} if profile.ready else {})
    return {
        "handler": profile.handler,
        "overhead": {"pod_fixed": {"cpu": profile.cpu, "memory": profile.memory}},
        "scheduling": {
            "node_selector": selector,
            "tolerations": [
                {
                    "key": SANDBOX_TAINT,
                    "operator": "Equal",
                    "value": "true",
                    "effect": "NoSchedule",
                }
            ],
        },
    }


def kata_values(installer: Image, kubectl: Image) -> dict[str, Any]:
    """Values of Kata's chart: one virtual machine monitor, on the nodes of sandboxes alone."""
    return {
        "image": {"reference": installer.reference},
        "kubectlImage": {"reference": kubectl.reference},
        "imagePullPolicy": "IfNotPresent",
        "nodeSelector": {runtime_label(Runtime.KATA): "true"},
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
        "shims": {"disableAll": True, SHIM: {"enabled": True}},
        "defaultShim": {"amd64": SHIM, "arm64": SHIM},
        "snapshotter": {"setup": []},
        # The platform's own class knows its nodes and their taint.
        "runtimeClasses": {"enabled": False},
    }
