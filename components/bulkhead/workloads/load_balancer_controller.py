"""The AWS Load Balancer Controller, which makes the gateway's load balancer."""

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
from bulkhead.domain.images import Image, read_image
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Quota
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import MadePodRole, make_pod_role
from bulkhead.workloads.gateway_edge import RESTRICTED, SYSCALLS
from bulkhead.workloads.load_balancer_policies import balancer_statements
from bulkhead.workloads.names import BALANCING_NAMESPACE, GATEWAY_NAMESPACE
from bulkhead.workloads.namespace import Namespace

BALANCER = Chart("aws-load-balancer-controller", "3.5.0", "https://aws.github.io/eks-charts")

ACCOUNT = "aws-load-balancer-controller"
"""Name of the release and of its service account."""

PODS = {"app.kubernetes.io/name": ACCOUNT}
"""Label of its pods, in the chart."""

WEBHOOK_PORT = 9443
REPLICAS = 2
QUOTA = Quota(gpus=0, cpus=4, memory_gib=4, storage_gib=1)
"""Room for two while a new version takes over, and for no GPU."""

GATES = dict.fromkeys(
    (
        "ALBGatewayAPI",
        "GatewayListenerSet",
        "LBCapacityReservation",
        "NLBGatewayAPI",
        "SubnetDiscoveryByReachability",
    ),
    False,
)
"""What it does by default and its role may not: routes are Envoy Gateway's, and subnets are found
by their tag."""


class LoadBalancerControllerArgs(TypedDict):
    """What a ``LoadBalancerController`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    cluster_name: str
    """Name of the cluster."""
    vpc_id: pulumi.Input[str]
    """ID of the cluster's network."""
    image: str
    """``eks/aws-load-balancer-controller`` of version 3.5.0, by digest, mirrored to a private ECR
    registry."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    endpoint_cidrs: Strings
    """Addresses of the endpoint subnets, of which ``ec2`` and ``elasticloadbalancing`` are some."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""


class LoadBalancerController(Component):
    """The AWS Load Balancer Controller on the system's nodes, in a closed namespace (INF-1, NET-1).

    Two of it in different zones, by its own chart and an image by digest. It watches the gateway's
    namespace and no other, and makes internal Network Load Balancers for Services of the class
    ``service.k8s.aws/nlb``: Ingresses, Gateways, Global Accelerator, web ACLs and Shield are off,
    and a Service that names no class stays without a load balancer. Its role makes nothing public,
    whatever a Service says, and changes only what carries the tag of this cluster. Its chart's own
    rights inside the cluster stand, of which the widest is to patch Services of all namespaces.

    Needs a Kubernetes provider, the system's nodes, and subnets that carry
    ``kubernetes.io/role/internal-elb``, as ``PlaneNetwork`` makes those for inference. Comes before
    ``InferenceGateway``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import LoadBalancerController

        LoadBalancerController(
            "load-balancers",
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
                "vpc_id": "vpc-0123456789abcdef0",
                "image": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/"
                "eks/aws-load-balancer-controller:v3.5.0@sha256:" + 64 * "e",
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    namespace: pulumi.Output[str]
    """Name of its namespace; the gateway waits for it."""
    role_arn: pulumi.Output[str]
    """ARN of the role that makes load balancers."""

    def __init__(
        self,
        name: str,
        args: LoadBalancerControllerArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Install the controller.

        Raises:
            RefusedError: the scope, the tier, the version or the image is refused.
        """
        args = checked(args, LoadBalancerControllerArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version"), where=f"{name}.version")
        image = read_image(args["image"], where=f"{name}.image")
        super().__init__(name, opts)

        labels = scope.labels(tier, Plane.CONTROL, "load-balancing")
        namespace = Namespace(
            name,
            BALANCING_NAMESPACE,
            version=version,
            labels=labels,
            quota=QUOTA,
            policies=balancer_policies(args["cluster_cidrs"], args["endpoint_cidrs"]),
            opts=self._child(),
        )
        role = self._identity(name, scope, labels, args)
        release = install(
            name,
            BALANCER,
            release=ACCOUNT,
            namespace=BALANCING_NAMESPACE,
            values=values(image, args["cluster_name"], scope.region, args["vpc_id"]),
            opts=self._child(depends_on=[*namespace.objects, role.association]),
        )
        self._export({"namespace": release.namespace, "role_arn": role.arn})

    def _identity(
        self, name: str, scope: Scope, labels: Labels, args: LoadBalancerControllerArgs
    ) -> MadePodRole:
        cluster = args["cluster_name"]
        return make_pod_role(
            name,
            cluster_name=cluster,
            namespace=BALANCING_NAMESPACE,
            service_account=ACCOUNT,
            scope=scope,
            labels=labels,
            description=f"Makes internal load balancers for the EKS cluster {cluster}.",
            statements=balancer_statements(scope, cluster, args["vpc_id"]),
            opts=self._child(),
        )


def values(image: Image, cluster: str, region: str, vpc_id: pulumi.Input[str]) -> dict[str, Any]:
    """Values of its chart, read in version 3.5.0 of it.

    The network is told: pods don't reach the metadata of their node, where it would look.
    """
    return {
        "replicaCount": REPLICAS,
        "image": {"repository": image.repository, "tag": image.pinned_tag},
        "serviceAccount": {"create": True, "name": ACCOUNT},
        "clusterName": cluster,
        "region": region,
        "vpcId": vpc_id,
        "watchNamespace": GATEWAY_NAMESPACE,
        "loadBalancerClass": "service.k8s.aws/nlb",
        "defaultTargetType": "ip",
        "defaultLoadBalancerScheme": "internal",
        "enableServiceMutatorWebhook": False,
        "createIngressClassResource": False,
        "ingressClassParams": {"create": False},
        "webhookConfig": {"disableIngressValidation": True},
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "controllerConfig": {"featureGates": GATES},
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"cpu": "500m", "memory": "512Mi"},
        },
        "podSecurityContext": {
            "fsGroup": 65534,
            "runAsNonRoot": True,
            "seccompProfile": SYSCALLS,
        },
        "securityContext": RESTRICTED,
        "priorityClassName": "system-cluster-critical",
        "podDisruptionBudget": {"minAvailable": 1},
        "topologySpreadConstraints": spread(PODS),
        **on_system_nodes(),
    }


def balancer_policies(cluster_cidrs: Strings, endpoint_cidrs: Strings) -> dict[str, Spec]:
    """The specs of the network policies, by name; everything else is denied."""
    return {
        **closed_but_for_names(),
        "controller": {
            "pod_selector": {"match_labels": PODS},
            "policy_types": ["Ingress", "Egress"],
            "ingress": [ingress_from_networks(cluster_cidrs, tcp(WEBHOOK_PORT))],
            "egress": [
                *egress_to_api_server(cluster_cidrs),
                egress_to_pod_identity(),
                egress_to_networks(endpoint_cidrs, HTTPS),
            ],
        },
    }
