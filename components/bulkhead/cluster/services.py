"""What a cluster offers its pods: DNS and encrypted volumes."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster import system_policies
from bulkhead.cluster.addons import EBS_ACCOUNT, check_addon_versions, ebs_configuration, make_addon
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import (
    ScopeArgs,
    Strings,
    checked,
    read_place,
)
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import MadeRole, allow_key, make_role, pod_trust

STORAGE_CLASS = "encrypted"
"""Name of the default storage class."""


class ClusterServicesArgs(TypedDict):
    """What ``ClusterServices`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    cluster_name: str
    """Name of the cluster."""
    volume_key_arn: pulumi.Input[str]
    """ARN of the partition's key for volumes, which encrypts pods'."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    endpoint_cidrs: Strings
    """Addresses of the endpoint subnets."""
    resolver_cidr: pulumi.Input[str]
    """Address of the VPC's DNS resolver, as a network of one."""
    addon_versions: NotRequired[dict[str, str] | None]
    """Versions of add-ons by their names. Default: EKS's own default for the Kubernetes version."""


class ClusterServices(Component):
    """DNS, encrypted volumes, and closed system namespaces (ISO-2).

    Needs a Kubernetes provider, and nodes: make it depend on the system's ``NodePool``. The default
    storage class encrypts every volume with the partition's key; the EBS driver's role reaches only
    volumes of its own cluster. ``kube-system`` denies what its policies don't name, and ``default``
    takes no pods (CIS EKS 4.5.2).

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import ClusterServices

        ClusterServices(
            "platform",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "cluster_name": "dev-platform",
                "volume_key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
                "resolver_cidr": "10.20.0.2/32",
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    storage_class: pulumi.Output[str]
    """Name of the default storage class."""

    def __init__(
        self, name: str, args: ClusterServicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the services.

        Raises:
            RefusedError: the scope or the tier is refused, or an add-on is unknown.
        """
        args = checked(args, ClusterServicesArgs, where=name)
        scope, tier = read_place(args, where=name)
        versions = check_addon_versions(args.get("addon_versions"), where=f"{name}.addon_versions")
        super().__init__(name, opts)

        labels = scope.labels(tier, Plane.CONTROL, "cluster-services")
        policies = self._policies(name, args, labels)
        self._close_default(name, labels)
        role = self._storage_role(name, scope, tier, args, labels)
        make_addon(
            f"{name}-coredns",
            "coredns",
            cluster_name=args["cluster_name"],
            labels=labels.but(workload="coredns"),
            version=versions.get("coredns"),
            opts=self._child(depends_on=policies),
        )
        make_addon(
            f"{name}-aws-ebs-csi-driver",
            "aws-ebs-csi-driver",
            cluster_name=args["cluster_name"],
            labels=labels.but(workload="aws-ebs-csi-driver"),
            version=versions.get("aws-ebs-csi-driver"),
            configuration=ebs_configuration(labels.but(workload="volume")),
            identities=[{"role_arn": role.arn, "service_account": EBS_ACCOUNT}],
            opts=self._child(depends_on=[*policies, *role.permissions]),
        )
        storage = k8s.storage.v1.StorageClass(
            f"{name}-{STORAGE_CLASS}",
            metadata={
                "name": STORAGE_CLASS,
                "labels": labels.kubernetes(),
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            provisioner="ebs.csi.aws.com",
            parameters={
                "type": "gp3",
                "encrypted": "true",
                "kmsKeyId": args["volume_key_arn"],
            },
            reclaim_policy="Delete",
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            opts=self._child(),
        )
        self._export({"storage_class": storage.metadata.name})

    def _policies(
        self, name: str, args: ClusterServicesArgs, labels: Labels
    ) -> list[pulumi.Resource]:
        specs = {
            "default-deny": system_policies.default_deny(),
            "dns": system_policies.dns_policy(args["cluster_cidrs"], args["resolver_cidr"]),
            "storage": system_policies.storage_policy(
                args["cluster_cidrs"], args["endpoint_cidrs"]
            ),
            "storage-node": system_policies.storage_node_policy(args["cluster_cidrs"]),
        }
        return [
            k8s.networking.v1.NetworkPolicy(
                f"{name}-{policy}",
                metadata={
                    "name": policy,
                    "namespace": "kube-system",
                    "labels": labels.kubernetes(),
                },
                spec=spec,
                opts=self._child(),
            )
            for policy, spec in specs.items()
        ]

    def _close_default(self, name: str, labels: Labels) -> None:
        metadata = {"namespace": "default", "labels": labels.kubernetes()}
        k8s.networking.v1.NetworkPolicy(
            f"{name}-default-namespace",
            metadata={"name": "default-deny", **metadata},
            spec=system_policies.default_deny(),
            opts=self._child(),
        )
        k8s.core.v1.ResourceQuota(
            f"{name}-default-namespace",
            metadata={"name": "closed", **metadata},
            spec={"hard": {"pods": "0"}},
            opts=self._child(),
        )

    def _storage_role(
        self,
        name: str,
        scope: Scope,
        tier: Tier,
        args: ClusterServicesArgs,
        labels: Labels,
    ) -> MadeRole:
        use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"]
        return make_role(
            f"{name}-storage",
            scope=scope,
            labels=labels.but(workload="aws-ebs-csi-driver"),
            trust=pod_trust(args["cluster_name"], "kube-system", EBS_ACCOUNT),
            description=f"EBS driver of the EKS cluster {args['cluster_name']}.",
            managed={"volumes": "AmazonEBSCSIDriverEKSClusterScopedPolicy"},
            statements=[
                allow_key(scope, tier, Purpose.VOLUME, [*use, "kms:ReEncrypt*"]),
                allow_key(
                    scope,
                    tier,
                    Purpose.VOLUME,
                    "kms:CreateGrant",
                    Bool={"kms:GrantIsForAWSResource": "true"},
                ),
            ],
            opts=self._child(),
        )
