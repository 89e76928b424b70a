"""Node pools."""

import base64
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.instances import Architecture
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.pools import Pool
from bulkhead.domain.tenants import check_region
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component

AMI_TYPES = {
    (Architecture.X86_64, False): "BOTTLEROCKET_x86_64",
    (Architecture.X86_64, True): "BOTTLEROCKET_x86_64_NVIDIA",
    (Architecture.ARM64, False): "BOTTLEROCKET_ARM_64",
    (Architecture.ARM64, True): "BOTTLEROCKET_ARM_64_NVIDIA",
}
"""Images by architecture and whether they need GPUs: made for containers, read-only, without a
shell (CIS EKS 3.3.1). Those with GPUs bring driver and device plugin."""

GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}
"""Keeps pods that ask for no GPU off the nodes that are paid for theirs."""

SYSTEM_TAINT = {"key": "CriticalAddonsOnly", "value": "true", "effect": "NO_SCHEDULE"}
"""Keeps tenants' pods off the nodes whose pods hold rights over the cluster; the add-ons of EKS
tolerate it."""

ROOT_DISK_GIB = 4
"""Bottlerocket's own volume; images and containers lie on the second one."""

SETTINGS = """\
[settings.host-containers.admin]
enabled = false
[settings.host-containers.control]
enabled = false
[settings.kubernetes]
seccomp-default = true
"""
"""Bottlerocket's settings: nobody logs into a node, and containers that name no seccomp profile get
the runtime's."""


class PoolArgs(TypedDict):
    """A pool of nodes."""

    name: str
    """DNS label; names the node group, and its nodes' label ``bulkhead.dev/pool``."""
    instance_types: list[str]
    """EC2 instance types of one kind, in the order in which they are tried."""
    min_size: NotRequired[int]
    """Fewest nodes. Default: 0."""
    desired_size: NotRequired[int]
    """Nodes to begin with. Default: the fewest."""
    max_size: NotRequired[int]
    """Most nodes; tenants' quotas are checked against them. Default: 4."""
    disk_gib: NotRequired[int]
    """Disk of a node for images and ephemeral storage, in GiB. Default: 100."""


SYSTEM_POOL: PoolArgs = {
    "name": "system",
    "instance_types": ["m7i.large"],
    "min_size": 2,
    "max_size": 4,
}
"""Nodes of the cluster's own pods: two, so that DNS survives the loss of one."""


class NodePoolArgs(TypedDict):
    """What a ``NodePool`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the nodes."""
    tier: str
    """Highest tier of the tenants whose pods land on the nodes."""
    pool: PoolArgs
    """The nodes."""
    system: NotRequired[bool]
    """Whether the pool is for the cluster's own pods only. Default: false."""
    cluster_name: pulumi.Input[str]
    """Name of the cluster."""
    version: pulumi.Input[str]
    """Kubernetes version of the cluster."""
    security_group_id: pulumi.Input[str]
    """Security group of the cluster."""
    subnet_ids: Strings
    """Private subnets of the nodes."""
    node_role_arn: pulumi.Input[str]
    """ARN of the nodes' role."""
    volume_key_arn: pulumi.Input[str]
    """ARN of the key that encrypts the nodes' disks."""


class NodePool(Component):
    """A managed node group whose nodes keep to themselves (ISO-2).

    Bottlerocket on encrypted gp3 volumes, instance metadata by token and one hop only, so that pods
    can't take the node's credentials (FSBP EC2.8), no public address, no login, a label set on
    instances, volumes and interfaces. Nodes with GPUs are tainted, and so are those of the system.
    GPUs are handed out whole: no time-slicing, no MIG.
    """

    node_group_name: pulumi.Output[str]
    """Name of the node group."""

    def __init__(
        self, name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the nodes.

        Raises:
            RefusedError: the scope, the tier or the pool is refused, or a system pool has GPUs.
        """
        args = checked(args, NodePoolArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        check_region(tier, scope.region, where=f"{name}.tier")
        pool = read_pool(args["pool"], where=f"{name}.pool")
        system = args.get("system", False)
        if system and pool.has_gpus:
            raise RefusedError(
                "a system pool needs no GPUs",
                given=", ".join(pool.instance_types),
                where=f"{name}.pool.instance_types",
            )
        super().__init__(name, opts)

        plane = Plane.CONTROL if system else Plane.INFERENCE
        labels = scope.labels(tier, plane, "node").but(pool=pool.name)
        template = self._template(name, args, pool, labels)
        group = aws.eks.NodeGroup(
            name,
            cluster_name=args["cluster_name"],
            node_group_name=name,
            node_role_arn=args["node_role_arn"],
            subnet_ids=args["subnet_ids"],
            version=args["version"],
            ami_type=AMI_TYPES[pool.architecture, pool.has_gpus],
            capacity_type="ON_DEMAND",
            instance_types=list(pool.instance_types),
            scaling_config={
                "min_size": pool.min_size,
                "desired_size": pool.desired_size,
                "max_size": pool.max_size,
            },
            launch_template={
                "id": template.id,
                "version": template.latest_version.apply(str),
            },
            labels=labels.kubernetes(),
            taints=[SYSTEM_TAINT] if system else [GPU_TAINT] if pool.has_gpus else [],
            node_repair_config={"enabled": True},
            update_config={"max_unavailable_percentage": 33},
            tags=labels.tags(name),
            opts=self._child(),
        )
        self._export({"node_group_name": group.node_group_name})

    def _template(self, name: str, args: NodePoolArgs, pool: Pool, labels: Labels) -> Any:
        disk = {
            "volume_type": "gp3",
            "encrypted": "true",
            "kms_key_id": args["volume_key_arn"],
            "delete_on_termination": "true",
        }
        return aws.ec2.LaunchTemplate(
            name,
            description=f"Nodes of pool {pool.name}.",
            update_default_version=True,
            block_device_mappings=[
                {"device_name": "/dev/xvda", "ebs": {**disk, "volume_size": ROOT_DISK_GIB}},
                {"device_name": "/dev/xvdb", "ebs": {**disk, "volume_size": pool.disk_gib}},
            ],
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            network_interfaces=[
                {
                    "device_index": 0,
                    "associate_public_ip_address": "false",
                    "delete_on_termination": "true",
                    "security_groups": [args["security_group_id"]],
                }
            ],
            monitoring={"enabled": True},
            user_data=base64.b64encode(SETTINGS.encode()).decode(),
            # Default tags of the provider reach none of these.
            tag_specifications=[
                {"resource_type": kind, "tags": labels.tags(name)}
                for kind in ("instance", "volume", "network-interface")
            ],
            tags=labels.tags(name),
            opts=self._child(),
        )


def read_pool(args: PoolArgs, *, where: str) -> Pool:
    """The pool that ``args`` describe.

    Raises:
        RefusedError: see ``checked`` and ``Pool.check``.
    """
    args = checked(args, PoolArgs, where=where)
    smallest = args.get("min_size", 0)
    return Pool(
        name=args["name"],
        instance_types=tuple(args["instance_types"]),
        min_size=smallest,
        desired_size=args.get("desired_size", smallest),
        max_size=args.get("max_size", 4),
        disk_gib=args.get("disk_gib", 100),
    ).check(where=where)
