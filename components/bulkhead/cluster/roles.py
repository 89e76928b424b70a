"""The roles of a cluster: its control plane's, its nodes' and its network plugin's.

The labels of a role are how key policies recognise it.
"""

import pulumi
import pulumi_aws as aws

from bulkhead.cluster.addons import CNI_ACCOUNT
from bulkhead.domain.labels import Labels
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.identity import (
    MadeRole,
    allow_key,
    ec2_trust,
    make_role,
    pod_trust,
    service_trust,
)
from bulkhead.foundation.key_uses import CONTROL_PLANE


def control_plane_role(
    name: str, scope: Scope, cluster: str, labels: Labels, opts: pulumi.ResourceOptions
) -> MadeRole:
    """The role that EKS takes on for this cluster alone; encrypts Kubernetes secrets."""
    return make_role(
        name,
        scope=scope,
        labels=labels.but(workload=CONTROL_PLANE),
        trust=service_trust(scope, "eks.amazonaws.com", arns.eks_cluster(scope, cluster)),
        description=f"Control plane of the EKS cluster {cluster}.",
        managed={"eks": "AmazonEKSClusterPolicy"},
        statements=[
            allow_key(
                scope,
                labels.tier,
                Purpose.SECRET,
                ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"],
            )
        ],
        opts=opts,
    )


def node_role(
    name: str,
    scope: Scope,
    cluster: pulumi.Input[str],
    labels: Labels,
    opts: pulumi.ResourceOptions,
) -> MadeRole:
    """The role of every node: joins the cluster and pulls images, and can't change networks."""
    return make_role(
        name,
        scope=scope,
        labels=labels.but(workload="node"),
        trust=ec2_trust(),
        description=pulumi.Output.concat("Nodes of the EKS cluster ", cluster, "."),
        managed={
            "worker": "AmazonEKSWorkerNodePolicy",
            "images": "AmazonEC2ContainerRegistryPullOnly",
        },
        opts=opts,
    )


def let_nodes_in(
    name: str,
    role: MadeRole,
    *,
    cluster_name: pulumi.Input[str],
    scope: Scope,
    labels: Labels,
    opts: pulumi.ResourceOptions,
) -> tuple["aws.iam.InstanceProfile", list[pulumi.Resource]]:
    """Register what nodes join by whose role EKS does not let in by itself, since they are not its.

    Returns their instance profile, and what must be there before the first of them starts.
    """
    tags = labels.tags(name)
    profile = aws.iam.InstanceProfile(
        name, name=scope.named(name), role=role.name, tags=tags, opts=opts
    )
    entry = aws.eks.AccessEntry(
        name,
        cluster_name=cluster_name,
        principal_arn=role.arn,
        type="EC2_LINUX",
        tags=tags,
        opts=opts,
    )
    return profile, [profile, entry, *role.permissions]


def network_plugin_role(
    name: str, scope: Scope, cluster: str, labels: Labels, opts: pulumi.ResourceOptions
) -> MadeRole:
    """The role of the VPC CNI's pods, so that its rights over networks are not the nodes'."""
    return make_role(
        name,
        scope=scope,
        labels=labels.but(workload="vpc-cni"),
        trust=pod_trust(cluster, "kube-system", CNI_ACCOUNT),
        description=f"Network plugin of the EKS cluster {cluster}.",
        managed={"cni": "AmazonEKS_CNI_Policy"},
        opts=opts,
    )
