"""EKS add-ons: names, configuration, and how one is registered."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels

BEFORE_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
"""Daemons that nodes need to become ready; they are healthy with no node to run on."""

AFTER_NODES = ("coredns", "aws-ebs-csi-driver")
"""Deployments that stay unhealthy until a node runs them, on which EKS gives up creating them."""

SYSTEM_NAMESPACE = "kube-system"
"""Where add-ons run; everything that its policies do not name is denied there."""

CNI_ACCOUNT, EBS_ACCOUNT = "aws-node", "ebs-csi-controller-sa"
"""Service accounts in kube-system that call AWS."""


def check_addon_versions(versions: Mapping[str, str] | None, *, where: str) -> Mapping[str, str]:
    """Return the versions of add-ons if each belongs to one that clusters have.

    Raises:
        RefusedError: an add-on is unknown; the sentence lists those that are not.
    """
    known = (*BEFORE_NODES, *AFTER_NODES)
    for addon in versions or {}:
        if addon not in known:
            raise RefusedError("unknown add-on", given=addon, allowed=known, where=where)
    return versions or {}


def cni_configuration(labels: Labels) -> dict[str, Any]:
    """Configuration of the VPC CNI.

    Network policies are enforced (CIS EKS 4.3.1, 5.4.4), and strictly: a pod can't connect in the
    moments before its policies reach its node, and a pod that no policy selects not at all (EKS
    User Guide, "Limit Pod traffic with Kubernetes network policies"). Policy decisions are logged
    on the node. The interfaces that it makes for pods carry the labels, which launch templates
    don't reach. Pods keep their address and port on the way out of the VPC, so that flow and
    firewall logs name them, and access lists need to admit replies to Linux's own ports only.
    """
    return {
        "enableNetworkPolicy": "true",
        "env": {
            "NETWORK_POLICY_ENFORCING_MODE": "strict",
            "ADDITIONAL_ENI_TAGS": json.dumps(labels.tags()),
            "AWS_VPC_K8S_CNI_EXTERNALSNAT": "true",
        },
        "nodeAgent": {"enablePolicyEventLogs": "true"},
    }


def ebs_configuration(labels: Labels) -> dict[str, Any]:
    """Configuration of the EBS storage driver: volumes and snapshots carry the labels."""
    return {"controller": {"extraVolumeTags": labels.tags()}}


def make_addon(
    name: str,
    addon: str,
    *,
    cluster_name: pulumi.Input[str],
    labels: Labels,
    opts: pulumi.ResourceOptions,
    version: str | None = None,
    namespace: str | None = None,
    configuration: Mapping[str, Any] | None = None,
    identities: Sequence[Mapping[str, Any]] = (),
) -> "aws.eks.Addon":
    """Register an add-on.

    Its settings overwrite what was changed in the cluster by hand. ``namespace`` is for those whose
    own is another. ``identities`` give its service accounts a role through Pod Identity.
    """
    return aws.eks.Addon(
        name,
        cluster_name=cluster_name,
        addon_name=addon,
        addon_version=version,
        namespace_config={"namespace": namespace} if namespace else None,
        configuration_values=json.dumps(configuration) if configuration else None,
        pod_identity_associations=list(identities) or None,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        tags=labels.tags(name),
        opts=opts,
    )
