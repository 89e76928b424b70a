"""Self-managed nodes: an Auto Scaling group that joins the cluster by itself."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.cluster.launch import make_template
from bulkhead.cluster.node_settings import user_data
from bulkhead.cluster.pool_arguments import read_pool
from bulkhead.cluster.pools import NodePoolArgs as SelfManagedPoolArgs
from bulkhead.cluster.pools import check_sharing, node_labels, pool_labels, pool_taints
from bulkhead.cluster.roles import let_nodes_in, node_role
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels
from bulkhead.domain.pools import Pool
from bulkhead.domain.provisioners import Provisioner
from bulkhead.domain.scope import Scope
from bulkhead.foundation.arguments import checked, read_place
from bulkhead.foundation.component import Component

__all__ = ["SelfManagedPool", "SelfManagedPoolArgs"]

IMAGE = "resolve:ssm:/aws/service/eks/optimized-ami/{}/amazon-linux-2023/{}/{}/recommended/image_id"
"""Where AWS publishes its image for a Kubernetes version: a new node has the newest one (EKS User
Guide, "Retrieve recommended Amazon Linux AMI IDs")."""

METRICS = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupTotalInstances"]


class SelfManagedPool(Component):
    """Nodes in an Auto Scaling group, for what EKS's managed node groups can't start (ISO-11).

    Managed groups drop the processor options of a launch template, and with them the nested
    virtualization in which Kata's virtual machines run (aws/containers-roadmap#2784). These nodes
    are Amazon Linux 2023, hardened as those of a ``NodePool``, and have a role of their own, which
    an access entry lets in. EKS neither repairs nor updates them: a new version of Kubernetes
    reaches them with the next node.

    Example:
        from bulkhead import SelfManagedPool

        SelfManagedPool(
            "platform-agents",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "pool": {
                    "name": "agents",
                    "instance_types": ["m8i.4xlarge"],
                    "max_size": 4,
                    "runtimes": ["kata"],
                },
                "cluster_name": "dev-platform",
                "version": "1.36",
                "security_group_id": "sg-0123456789abcdef0",
                "subnet_ids": ["subnet-0123456789abcdef0"],
                "node_role_arn": "arn:aws:iam::111122223333:role/bulkhead/dev/internal/"
                "dev-platform-node",
                "volume_key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "endpoint": "https://0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com",
                "certificate_authority": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==",
            },
        )
    """

    node_group_name: pulumi.Output[str]
    """Name of the Auto Scaling group."""

    def __init__(
        self, name: str, args: SelfManagedPoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the nodes.

        Raises:
            RefusedError: the scope, the tier or the pool is refused, somebody else starts its
                nodes, or several tenants would share a GPU.
        """
        args = checked(args, SelfManagedPoolArgs, where=name)
        scope, tier = read_place(args, where=name)
        pool = read_pool(args["pool"], where=f"{name}.pool", region=scope.region)
        if pool.provisioner is not Provisioner.SELF_MANAGED or "endpoint" not in args:
            raise RefusedError(
                "such nodes are self-managed, and told how to join",
                given=pool.provisioner,
                allowed=f"{Provisioner.SELF_MANAGED}, endpoint and certificate_authority",
                where=f"{name}.pool",
            )
        check_sharing(pool, where=f"{name}.pool")
        super().__init__(name, opts)

        labels = pool_labels(scope, tier, pool, args.get("payer"))
        group = make_group(name, args, pool, scope, labels=labels, child=self._child)
        self._export({"node_group_name": group.name})


def make_group(
    name: str,
    args: SelfManagedPoolArgs,
    pool: Pool,
    scope: Scope,
    *,
    labels: Labels,
    child: Callable[..., pulumi.ResourceOptions],
    more: Mapping[str, Any] | None = None,
) -> "aws.autoscaling.Group":
    """Register role, access entry, launch template and group; ``more`` goes into the template."""
    role = node_role(f"{name}-node", scope, args["cluster_name"], labels, child())
    profile, ready = let_nodes_in(
        name,
        role,
        cluster_name=args["cluster_name"],
        scope=scope,
        labels=labels,
        opts=child(),
    )
    template = make_template(
        name,
        pool,
        labels=labels,
        volume_key_arn=args["volume_key_arn"],
        security_group_id=args["security_group_id"],
        user_data=user_data(
            pool,
            node_labels(labels, pool),
            pool_taints(pool),
            {
                "name": args["cluster_name"],
                "endpoint": args.get("endpoint") or "",
                "certificate_authority": args.get("certificate_authority") or "",
            },
        ),
        opts=child(),
        instance_type=pool.instance_types[0],
        image_id=pool.own_image or _newest(pool, args["version"]),
        iam_instance_profile={"arn": profile.arn},
        **(more or {}),
    )
    return aws.autoscaling.Group(
        name,
        name=scope.named(name),
        min_size=pool.min_size,
        desired_capacity=pool.desired_size,
        max_size=pool.max_size,
        vpc_zone_identifiers=args["subnet_ids"],
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        health_check_type="EC2",
        enabled_metrics=METRICS,
        tags=_tags(name, args["cluster_name"], labels),
        # A node that starts before its role is let in never joins.
        opts=child(depends_on=ready),
    )


def _newest(pool: Pool, version: pulumi.Input[str]) -> pulumi.Output[str]:
    variant = "nvidia" if pool.has_gpus else "standard"
    return pulumi.Output.from_input(version).apply(
        lambda known: IMAGE.format(known, pool.architecture, variant)
    )


def _tags(name: str, cluster_name: pulumi.Input[str], labels: Labels) -> pulumi.Output[Any]:
    """The tags of the group and of its instances; EKS finds the nodes of a cluster by one."""
    return pulumi.Output.from_input(cluster_name).apply(
        lambda cluster: [
            {"key": key, "value": value, "propagate_at_launch": True}
            for key, value in (
                *labels.tags(name).items(),
                (f"kubernetes.io/cluster/{cluster}", "owned"),
            )
        ]
    )
