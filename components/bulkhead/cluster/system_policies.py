"""Network policies of the cluster's own namespace.

With strict enforcement a pod that no policy selects can't connect at all, so that DNS and storage
need theirs before they start. Pods on the host network, the daemons, are never affected.
"""

from typing import Any

import pulumi

from bulkhead.domain.addresses import SERVICE_NETWORK
from bulkhead.foundation.arguments import Strings

API_SERVER_SERVICE = f"{SERVICE_NETWORK[1]}/32"
"""Virtual address of the API server: the first of the services' (Kubernetes, "Service ClusterIP
allocation")."""

POD_IDENTITY_AGENT = "169.254.170.23/32"
"""Where the Pod Identity agent of a node listens (EKS User Guide, "Learn how EKS Pod Identity
works")."""

Spec = dict[str, Any]


def tcp(*ports: int) -> list[Spec]:
    """TCP ports of a rule."""
    return [{"protocol": "TCP", "port": port} for port in ports]


HTTPS, HTTP = tcp(443), tcp(80)
DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
DNS_PODS = {"k8s-app": "kube-dns"}
"""CoreDNS's pods, in every distribution."""

SECRETS_PODS = [
    "secrets-store-csi-driver",
    "secrets-store-csi-driver-provider-aws",
    "aws-secrets-store-csi-driver-provider",
]
"""Labels of the pods that deliver secrets."""

STORAGE_PODS, STORAGE_NODE_PODS = {"app": "ebs-csi-controller"}, {"app": "ebs-csi-node"}
"""The EBS driver's controller and its daemon, in the EKS add-on."""

KARPENTER_PODS = {"app.kubernetes.io/name": "karpenter"}

EVERYWHERE: dict[str, Any] = {}
"""A selector that selects all."""


def default_deny() -> Spec:
    """No pod of the namespace may connect or be connected to (CIS EKS 4.3.2)."""
    return {"pod_selector": EVERYWHERE, "policy_types": ["Ingress", "Egress"]}


def closed_but_for_names() -> dict[str, Spec]:
    """Policies by name with which a namespace begins: nothing passes but name resolution."""
    return {
        "default-deny": default_deny(),
        "allow-dns": {
            "pod_selector": EVERYWHERE,
            "policy_types": ["Egress"],
            "egress": [egress_to_dns()],
        },
    }


def egress_to_dns() -> Spec:
    """Name resolution, and by the cluster's own servers only."""
    peer = {
        "namespace_selector": namespace_named("kube-system"),
        "pod_selector": {"match_labels": DNS_PODS},
    }
    return {"to": [peer], "ports": DNS_PORTS}


def egress_to_pod_identity() -> Spec:
    """The agent that hands a pod the credentials of its own role."""
    return {"to": [{"ip_block": {"cidr": POD_IDENTITY_AGENT}}], "ports": HTTP}


def egress_to_networks(cidrs: Strings, ports: list[dict[str, Any]]) -> Spec:
    """Networks of the VPC, such as its endpoints."""
    return {"to": _blocks(cidrs), "ports": ports}


def ingress_from_networks(cidrs: Strings, ports: list[dict[str, Any]]) -> Spec:
    """Networks of the VPC, such as a load balancer's."""
    return {"from_": _blocks(cidrs), "ports": ports}


def _blocks(cidrs: Strings) -> Any:
    if isinstance(cidrs, list):
        return [{"ip_block": {"cidr": cidr}} for cidr in cidrs]
    return pulumi.Output.from_input(cidrs).apply(
        lambda known: [{"ip_block": {"cidr": cidr}} for cidr in known]
    )


def namespace_named(name: str) -> Spec:
    """Selects one namespace; the API server sets this label and nobody can change it."""
    return {"match_labels": {"kubernetes.io/metadata.name": name}}


def dns_policy(cluster_cidrs: Strings, resolver_cidr: pulumi.Input[str]) -> Spec:
    """CoreDNS answers every pod, asks the API server for services and the VPC for the rest."""
    return {
        "pod_selector": {"match_labels": DNS_PODS},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [{"from_": [{"namespace_selector": EVERYWHERE}], "ports": DNS_PORTS}],
        "egress": [
            *egress_to_api_server(cluster_cidrs),
            {"to": [{"ip_block": {"cidr": resolver_cidr}}], "ports": DNS_PORTS},
        ],
    }


def storage_policy(
    cluster_cidrs: Strings,
    endpoint_cidrs: Strings,
) -> Spec:
    """The EBS driver's controller calls the API server and EC2, and is called by nobody."""
    return _calls_aws({"match_labels": STORAGE_PODS}, cluster_cidrs, endpoint_cidrs)


def storage_node_policy(cluster_cidrs: Strings) -> Spec:
    """The EBS driver's daemon learns from the API server which node it is on.

    It has no host network, and from a pod the instance's metadata is a hop too far.
    """
    return {
        "pod_selector": {"match_labels": STORAGE_NODE_PODS},
        "policy_types": ["Ingress", "Egress"],
        "egress": egress_to_api_server(cluster_cidrs),
    }


def secrets_policy(cluster_cidrs: Strings, endpoint_cidrs: Strings) -> Spec:
    """The driver that mounts secrets, and its provider, which fetches them in a pod's name.

    The provider's pods are called otherwise in the EKS add-on than in its chart.
    """
    named = {"key": "app", "operator": "In", "values": SECRETS_PODS}
    return _calls_aws({"match_expressions": [named]}, cluster_cidrs, endpoint_cidrs)


def karpenter_policy(cluster_cidrs: Strings, endpoint_cidrs: Strings) -> Spec:
    """Karpenter calls the API server, EC2, SQS and SSM, and is called by nobody."""
    return _calls_aws({"match_labels": KARPENTER_PODS}, cluster_cidrs, endpoint_cidrs)


def _calls_aws(pods: Spec, cluster_cidrs: Strings, endpoint_cidrs: Strings) -> Spec:
    """Pods that call the API server and AWS in their role's name, and are called by nobody."""
    return {
        "pod_selector": pods,
        "policy_types": ["Ingress", "Egress"],
        "egress": [
            *egress_to_api_server(cluster_cidrs),
            egress_to_dns(),
            egress_to_pod_identity(),
            egress_to_networks(endpoint_cidrs, HTTPS),
        ],
    }


def egress_to_api_server(
    cluster_cidrs: Strings,
) -> list[Spec]:
    """By its virtual address, which is what a pod dials, and by the real ones behind it."""
    return [
        {"to": [{"ip_block": {"cidr": API_SERVER_SERVICE}}], "ports": HTTPS},
        egress_to_networks(cluster_cidrs, HTTPS),
    ]
