"""KEDA, which scales inference servers."""

from typing import Any, NotRequired, TypedDict

import pulumi

from bulkhead.cluster.charts import Chart, install, on_system_nodes, spread
from bulkhead.cluster.system_policies import (
    HTTPS,
    Spec,
    closed_but_for_names,
    egress_to_api_server,
    egress_to_networks,
    egress_to_pod_identity,
    ingress_from_networks,
    tcp,
)
from bulkhead.cluster.versions import check_version
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image, read_images
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.serving import check_workspace
from bulkhead.domain.tenants import Quota
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import MadePodRole, make_pod_role
from bulkhead.workloads.names import SCALING_NAMESPACE
from bulkhead.workloads.namespace import Namespace

KEDA = Chart("keda", "2.20.2", "https://kedacore.github.io/charts")

OPERATOR = "keda-operator"
"""Name of the operator and of its service account, in the chart."""

METRICS_SERVER, WEBHOOKS = f"{OPERATOR}-metrics-apiserver", "keda-admission-webhooks"
"""Labels ``app`` of the pods that answer the API server."""

GRPC_PORT, METRICS_PORT, WEBHOOK_PORT = 9666, 6443, 9443
"""Where the operator is asked by its metrics server, and these by the API server."""

REPLICAS = 2
"""Of each: one may go with its node."""

QUOTA = Quota(gpus=0, cpus=12, memory_gib=16, storage_gib=1)
"""Room for two of each while a new version takes over, and for no GPU."""


class ScalingImagesArgs(TypedDict):
    """Images of KEDA 2.20.2 by digest, mirrored to a private ECR registry."""

    operator: str
    """``kedacore/keda``."""
    metrics_server: str
    """``kedacore/keda-metrics-apiserver``."""
    webhooks: str
    """``kedacore/keda-admission-webhooks``."""


class ScalingControllersArgs(TypedDict):
    """What ``ScalingControllers`` take."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    cluster_name: str
    """Name of the cluster."""
    images: ScalingImagesArgs
    """What runs."""
    workspace_ids: list[str]
    """Workspaces of Amazon Managed Service for Prometheus that are asked, ``ws-…``."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    endpoint_cidrs: Strings
    """Addresses of the endpoint subnets, of which ``aps-workspaces`` is one."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""


class ScalingControllers(Component):
    """KEDA by its own chart, closed in (INF-6).

    The operator asks the workspaces that are told, by a role that may do nothing else, and scales
    Deployments and StatefulSets. It reads no Secrets, makes no tokens, and scales no other kinds,
    which the chart would let it. Its pods run on the system's nodes and reach each other,
    the API server, name resolution, the Pod Identity agent and the VPC's endpoints.

    Needs a Kubernetes provider, and comes before ``InferenceEndpoint``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import ScalingControllers

        cluster = k8s.Provider("cluster", kubeconfig="kubeconfig.yaml")
        mirror = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/kedacore"
        digest = "sha256:" + 64 * "e"
        ScalingControllers(
            "scaling",
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
                "images": {
                    "operator": f"{mirror}/keda:2.20.2@{digest}",
                    "metrics_server": f"{mirror}/keda-metrics-apiserver:2.20.2@{digest}",
                    "webhooks": f"{mirror}/keda-admission-webhooks:2.20.2@{digest}",
                },
                "workspace_ids": ["ws-11111111-2222-3333-4444-555555555555"],
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            pulumi.ResourceOptions(provider=cluster),
        )
    """

    namespace: pulumi.Output[str]
    """Name of KEDA's namespace; what is scaled waits for it."""
    role_arn: pulumi.Output[str]
    """ARN of the role that asks the workspaces."""

    def __init__(
        self, name: str, args: ScalingControllersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install KEDA.

        Raises:
            RefusedError: the scope, the tier, the version, an image or a workspace is refused, or
                there is no workspace.
        """
        args = checked(args, ScalingControllersArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version"), where=f"{name}.version")
        named = checked(args["images"], ScalingImagesArgs, where=f"{name}.images")
        images = read_images(named, where=f"{name}.images")
        workspaces = _read_workspaces(args["workspace_ids"], where=f"{name}.workspace_ids")
        super().__init__(name, opts)
        labels = scope.labels(tier, Plane.CONTROL, "scaling")
        namespace = Namespace(
            name,
            SCALING_NAMESPACE,
            version=version,
            labels=labels,
            quota=QUOTA,
            policies=scaling_policies(args["cluster_cidrs"], args["endpoint_cidrs"]),
            opts=self._child(),
        )
        role = self._identity(name, scope, labels, args, workspaces)
        release = install(
            name,
            KEDA,
            release="keda",
            namespace=SCALING_NAMESPACE,
            values=values(images, labels.kubernetes(), scope.region),
            opts=self._child(depends_on=[*namespace.objects, role.association]),
        )
        self._export({"namespace": release.namespace, "role_arn": role.arn})

    def _identity(
        self,
        name: str,
        scope: Scope,
        labels: Labels,
        args: ScalingControllersArgs,
        workspaces: list[str],
    ) -> MadePodRole:
        return make_pod_role(
            name,
            cluster_name=args["cluster_name"],
            namespace=SCALING_NAMESPACE,
            service_account=OPERATOR,
            scope=scope,
            labels=labels,
            description=f"KEDA in the EKS cluster {args['cluster_name']}.",
            statements=[
                {
                    "Sid": "AskMetrics",
                    "Effect": "Allow",
                    "Action": "aps:QueryMetrics",
                    "Resource": [
                        arns.regional(scope, "aps", f"workspace/{each}") for each in workspaces
                    ],
                }
            ],
            opts=self._child(),
        )


def _read_workspaces(workspaces: list[str], *, where: str) -> list[str]:
    if not workspaces:
        raise RefusedError("nothing to scale by", allowed="one workspace or more", where=where)
    return [check_workspace(each, where=where) for each in workspaces]


def values(images: dict[str, Image], labels: dict[str, str], region: str) -> dict[str, Any]:
    """Values of KEDA's chart, read in version 2.20.2 of it."""
    apps = {"operator": OPERATOR, "metricsServer": METRICS_SERVER, "webhooks": WEBHOOKS}
    return {
        "image": {
            word: {"registry": "", "repository": image.repository, "tag": image.pinned_tag}
            for word, image in (
                ("keda", images["operator"]),
                ("metricsApiServer", images["metrics_server"]),
                ("webhooks", images["webhooks"]),
            )
        },
        "operator": {"replicaCount": REPLICAS},
        "metricsServer": {"replicaCount": REPLICAS},
        "webhooks": {"replicaCount": REPLICAS, "failurePolicy": "Fail"},
        "podDisruptionBudget": {
            word: {"minAvailable": 1} for word in ("operator", "metricServer", "webhooks")
        },
        "topologySpreadConstraints": {word: spread({"app": app}) for word, app in apps.items()},
        "podLabels": dict.fromkeys(("keda", "metricsAdapter", "webhooks"), labels),
        "rbac": {"enabledCustomScaledRefKinds": False},
        "permissions": {
            "operator": {"restrict": {"secret": True}},
            "metricServer": {"restrict": {"secret": True}},
        },
        "http": {"minTlsVersion": "TLS12"},
        "env": [{"name": "AWS_REGION", "value": region}],
        **on_system_nodes(),
    }


def scaling_policies(cluster_cidrs: Strings, endpoint_cidrs: Strings) -> dict[str, Spec]:
    """The specs of the network policies, by name; everything else is denied."""
    api_server = egress_to_api_server(cluster_cidrs)

    def of(app: str, ingress: list[Spec], egress: list[Spec]) -> Spec:
        return {
            "pod_selector": {"match_labels": {"app": app}},
            "policy_types": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": egress,
        }

    operator, metrics = (
        {"pod_selector": {"match_labels": {"app": app}}} for app in (OPERATOR, METRICS_SERVER)
    )
    return {
        **closed_but_for_names(),
        "operator": of(
            OPERATOR,
            [{"from_": [metrics], "ports": tcp(GRPC_PORT)}],
            [*api_server, egress_to_pod_identity(), egress_to_networks(endpoint_cidrs, HTTPS)],
        ),
        "metrics-server": of(
            METRICS_SERVER,
            [ingress_from_networks(cluster_cidrs, tcp(METRICS_PORT))],
            [*api_server, {"to": [operator], "ports": tcp(GRPC_PORT)}],
        ),
        "webhooks": of(
            WEBHOOKS, [ingress_from_networks(cluster_cidrs, tcp(WEBHOOK_PORT))], api_server
        ),
    }
