"""Pools on Dedicated Hosts."""

from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.cluster.alarms import tell_of_host_events
from bulkhead.cluster.hosts import make_hosts
from bulkhead.cluster.launch import make_template
from bulkhead.cluster.node_settings import user_data
from bulkhead.cluster.pool_arguments import read_pool
from bulkhead.cluster.pools import NodePoolArgs as HostPoolArgs
from bulkhead.cluster.pools import check_sharing, pool_labels, pool_taints
from bulkhead.cluster.roles import node_role
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels
from bulkhead.domain.provisioners import Provisioner
from bulkhead.domain.tenants import check_region
from bulkhead.foundation.arguments import checked, read_scope, read_tier
from bulkhead.foundation.component import Component

__all__ = ["HostPool", "HostPoolArgs"]

IMAGE = "resolve:ssm:/aws/service/eks/optimized-ami/{}/amazon-linux-2023/{}/{}/recommended/image_id"
"""Where AWS publishes its image for a Kubernetes version: a new node has the newest one (EKS User
Guide, "Retrieve recommended Amazon Linux AMI IDs")."""

METRICS = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupTotalInstances"]


class HostPool(Component):
    """Self-managed nodes on Dedicated Hosts, which nobody else's machines share (ISO-6).

    The hosts are of one instance family in one zone, in a host resource group of their own; the
    nodes are Amazon Linux 2023 in an Auto Scaling group, hardened as those of a ``NodePool``. They
    have a role of their own: EKS lets the role of managed nodes in by itself, and this one by an
    access entry. EC2 moves instances off a host that fails onto a new one where it can, which is
    not for GPUs; scheduled maintenance is told to the alarm topic.

    A host that EC2 allocates in place of a failed one is outside of Pulumi's state: refresh then.
    """

    node_group_name: pulumi.Output[str]
    """Name of the Auto Scaling group."""

    def __init__(
        self, name: str, args: HostPoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make hosts and nodes.

        Raises:
            RefusedError: the scope, the tier or the pool is refused, it has no hosts, or several
                tenants would share a GPU.
        """
        args = checked(args, HostPoolArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        check_region(tier, scope.region, where=f"{name}.tier")
        pool = read_pool(args["pool"], where=f"{name}.pool", region=scope.region)
        if pool.provisioner is not Provisioner.HOSTS or "endpoint" not in args:
            raise RefusedError(
                "a pool on hosts has hosts, and its nodes are told how to join",
                given=pool.provisioner,
                allowed="a number of hosts, endpoint and certificate_authority",
                where=f"{name}.pool",
            )
        check_sharing(pool, where=f"{name}.pool")
        super().__init__(name, opts)

        labels = pool_labels(scope, tier, pool, args.get("payer"))
        role = node_role(f"{name}-node", scope, args["cluster_name"], labels, self._child())
        profile = aws.iam.InstanceProfile(
            name, name=scope.named(name), role=role.name, tags=labels.tags(name), opts=self._child()
        )
        entry = aws.eks.AccessEntry(
            name,
            cluster_name=args["cluster_name"],
            principal_arn=role.arn,
            type="EC2_LINUX",
            tags=labels.tags(name),
            opts=self._child(),
        )
        variant = "nvidia" if pool.has_gpus else "standard"
        template = make_template(
            name,
            pool,
            labels=labels,
            volume_key_arn=args["volume_key_arn"],
            security_group_id=args["security_group_id"],
            user_data=user_data(
                pool,
                labels.kubernetes(),
                pool_taints(pool),
                {
                    "name": args["cluster_name"],
                    "endpoint": args.get("endpoint") or "",
                    "certificate_authority": args.get("certificate_authority") or "",
                },
            ),
            opts=self._child(),
            instance_type=pool.instance_types[0],
            image_id=pulumi.Output.from_input(args["version"]).apply(
                lambda version: IMAGE.format(version, pool.architecture, variant)
            ),
            iam_instance_profile={"arn": profile.arn},
            **make_hosts(name, pool, physical=scope.named(name), labels=labels, opts=self._child()),
        )
        group = aws.autoscaling.Group(
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
            opts=self._child(depends_on=[entry, *role.permissions]),
        )
        topic = args.get("alarm_topic_arn")
        if topic is not None:
            tell_of_host_events(name, labels=labels, topic_arn=topic, opts=self._child())
        self._export({"node_group_name": group.name})


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
