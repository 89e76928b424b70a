"""Private EKS clusters."""

import ipaddress
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.cluster.addons import (
    BEFORE_NODES,
    CNI_ACCOUNT,
    check_addon_versions,
    cni_configuration,
    make_addon,
)
from bulkhead.cluster.roles import control_plane_role, network_plugin_role, node_role
from bulkhead.cluster.versions import check_version
from bulkhead.domain import parsing
from bulkhead.domain.addresses import SERVICE_NETWORK, parse_private
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.names import EKS_CLUSTER, fit
from bulkhead.domain.scope import Scope
from bulkhead.foundation.arguments import (
    ScopeArgs,
    Strings,
    checked,
    read_place,
)
from bulkhead.foundation.component import Component
from bulkhead.foundation.key_uses import CONTROL_PLANE
from bulkhead.foundation.keys import check_administrators
from bulkhead.foundation.log_groups import make_log_group

LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
"""Every log that a control plane writes (CIS EKS 2.1.1)."""

ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


class PrivateClusterArgs(TypedDict):
    """What a ``PrivateCluster`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants; its keys and log retention are the cluster's."""
    subnet_ids: Strings
    """Private subnets for the control plane's network interfaces, in two zones or more."""
    secrets_key_arn: pulumi.Input[str]
    """ARN of the partition's key for secrets, which encrypts Kubernetes'."""
    log_key_arn: pulumi.Input[str]
    """ARN of the key that encrypts the control plane's logs."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the cluster. Whoever deploys into it must be one of
    them, since the creator gets no access of its own."""
    version: NotRequired[str | None]
    """Kubernetes version. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    addon_versions: NotRequired[dict[str, str] | None]
    """Versions of add-ons by their names. Default: EKS's own default for the Kubernetes version."""
    operator_networks: NotRequired[list[str] | None]
    """Private networks outside the VPC, such as a VPN's, from which the API server is reached over
    peering or a transit gateway. Default: none, only from inside the VPC."""


class PrivateCluster(Component):
    """An EKS cluster that only its own network reaches (ISO-3).

    Access by IAM alone, through access entries; private endpoint only; all five logs to an
    encrypted group that exists before; secrets encrypted with a customer key; network policies
    enforced strictly; an agent that gives pods their own identities. The cluster's role trusts EKS
    for this cluster only, the nodes' role can't change networks, and neither can pods that land on
    a node: the network plugin has a role of its own.

    Needs ``NodePool`` for nodes and then ``ClusterServices`` for DNS and storage.

    Example:
        from bulkhead import PrivateCluster

        PrivateCluster(
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
                "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                "secrets_key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "log_key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
            },
        )
    """

    cluster_name: pulumi.Output[str]
    """Name of the cluster: ``<environment>-<name>``."""
    cluster_arn: pulumi.Output[str]
    """ARN of the cluster."""
    endpoint: pulumi.Output[str]
    """URL of the API server, resolvable and reachable inside the VPC only."""
    certificate_authority: pulumi.Output[str]
    """The API server's certificate authority, base64."""
    security_group_id: pulumi.Output[str]
    """Security group of control plane and nodes."""
    node_role_arn: pulumi.Output[str]
    """ARN of the role of every node."""
    version: pulumi.Output[str]
    """Kubernetes version, for example ``1.36``."""

    def __init__(
        self, name: str, args: PrivateClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the cluster.

        Raises:
            RefusedError: the name, the scope, the tier, the version, an add-on, an administrator
                or an operator's network is refused.
        """
        parsing.name(name, where=name)
        args = checked(args, PrivateClusterArgs, where=name)
        scope, tier = read_place(args, where=name)
        version = check_version(args.get("version"), where=f"{name}.version")
        administrators = check_administrators(args["administrators"], where=name)
        addon_versions = check_addon_versions(
            args.get("addon_versions"), where=f"{name}.addon_versions"
        )
        networks = check_operator_networks(
            args.get("operator_networks"), where=f"{name}.operator_networks"
        )
        super().__init__(name, opts)

        physical = physical_name(scope, name)
        labels = scope.labels(tier, Plane.CONTROL, CONTROL_PLANE)
        role = control_plane_role(f"{name}-control-plane", scope, physical, labels, self._child())
        nodes = node_role(f"{name}-node", scope, physical, labels, self._child())
        logs = make_log_group(
            f"{name}-control-plane",
            f"/aws/eks/{physical}/cluster",
            labels=labels,
            key_arn=args["log_key_arn"],
            opts=self._child(),
        )
        cluster = aws.eks.Cluster(
            name,
            name=physical,
            version=version,
            role_arn=role.arn,
            vpc_config={
                "subnet_ids": args["subnet_ids"],
                "endpoint_private_access": True,
                "endpoint_public_access": False,
            },
            access_config={
                "authentication_mode": "API",
                "bootstrap_cluster_creator_admin_permissions": False,
            },
            encryption_config={
                "provider": {"key_arn": args["secrets_key_arn"]},
                "resources": ["secrets"],
            },
            kubernetes_network_config={
                "ip_family": "ipv4",
                "service_ipv4_cidr": str(SERVICE_NETWORK),
            },
            enabled_cluster_log_types=LOG_TYPES,
            # Add-ons take over from the start, so that no unmanaged copy stays behind.
            bootstrap_self_managed_addons=False,
            upgrade_policy={"support_type": "STANDARD"},
            zonal_shift_config={"enabled": True},
            deletion_protection=scope.rules.protect_data,
            tags=labels.tags(physical),
            # EKS would make a log group of its own, unencrypted and kept for ever; and it needs its
            # role's permissions to clean up when it is deleted.
            opts=self._child(
                depends_on=[logs, *role.permissions], protect=scope.rules.protect_data
            ),
        )
        # EKS makes the group with the cluster: waiting for the ARN keeps a preview, where only the
        # configuration is known, from taking it for missing.
        security_group = pulumi.Output.all(cluster.vpc_config, cluster.arn).apply(
            lambda values: str(values[0]["cluster_security_group_id"])
        )
        self._admit(name, cluster, administrators, security_group, networks, labels)
        self._daemons(name, scope, cluster, physical, labels, addon_versions)
        self._export(
            {
                "cluster_name": cluster.name,
                "cluster_arn": cluster.arn,
                "endpoint": cluster.endpoint,
                "certificate_authority": cluster.certificate_authority.data,
                "security_group_id": security_group,
                "node_role_arn": nodes.ready_arn(),
                "version": cluster.version,
            }
        )

    def _admit(
        self,
        name: str,
        cluster: "aws.eks.Cluster",
        administrators: list[str],
        security_group: pulumi.Output[str],
        networks: list[ipaddress.IPv4Network],
        labels: Labels,
    ) -> None:
        for number, arn in enumerate(administrators, start=1):
            entry = aws.eks.AccessEntry(
                f"{name}-administrator-{number}",
                cluster_name=cluster.name,
                principal_arn=arn,
                type="STANDARD",
                tags=labels.tags(f"{name}-administrator-{number}"),
                opts=self._child(),
            )
            aws.eks.AccessPolicyAssociation(
                f"{name}-administrator-{number}",
                cluster_name=cluster.name,
                principal_arn=entry.principal_arn,
                policy_arn=ADMIN_POLICY,
                access_scope={"type": "cluster"},
                opts=self._child(),
            )
        for number, network in enumerate(networks, start=1):
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-operators-{number}",
                security_group_id=security_group,
                description="API server from an operators' network.",
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_ipv4=str(network),
                tags=labels.tags(f"{name}-operators-{number}"),
                opts=self._child(),
            )

    def _daemons(
        self,
        name: str,
        scope: Scope,
        cluster: "aws.eks.Cluster",
        physical: str,
        labels: Labels,
        versions: Mapping[str, str],
    ) -> None:
        cni = network_plugin_role(f"{name}-cni", scope, physical, labels, self._child())
        settings: dict[str, dict[str, Any]] = {
            "vpc-cni": {
                "configuration": cni_configuration(labels.but(workload="pod-network")),
                "identities": [{"role_arn": cni.arn, "service_account": CNI_ACCOUNT}],
            }
        }
        for addon in BEFORE_NODES:
            make_addon(
                f"{name}-{addon}",
                addon,
                cluster_name=cluster.name,
                labels=labels.but(workload=addon),
                version=versions.get(addon),
                opts=self._child(depends_on=cni.permissions),
                **settings.get(addon, {}),
            )


def check_operator_networks(
    networks: list[str] | None, *, where: str
) -> list[ipaddress.IPv4Network]:
    """The networks from which operators reach the API server.

    Raises:
        RefusedError: one is no private network.
    """
    return [parse_private(network, where=where) for network in networks or []]


def physical_name(scope: Scope, name: str) -> str:
    """Physical name of a cluster."""
    return fit(scope.named(name), EKS_CLUSTER)
