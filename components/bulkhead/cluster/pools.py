"""Node pools."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.cluster.alarms import alarm_on_idle_reservation
from bulkhead.cluster.launch import make_template
from bulkhead.cluster.node_settings import Join, needs_join, user_data
from bulkhead.cluster.pool_arguments import PoolArgs, read_pool
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.instances import Architecture
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.pools import PLANE_KEY, Pool
from bulkhead.domain.provisioners import UNAVAILABLE_PERCENT, Image, Provisioner
from bulkhead.domain.reservations import ReservationKind
from bulkhead.domain.runtimes import SANDBOX_TAINT, runtime_label
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import (
    ScopeArgs,
    Strings,
    checked,
    read_place,
)
from bulkhead.foundation.component import Component

AMI_TYPES = {
    (Image.BOTTLEROCKET, Architecture.X86_64, False): "BOTTLEROCKET_x86_64",
    (Image.BOTTLEROCKET, Architecture.X86_64, True): "BOTTLEROCKET_x86_64_NVIDIA",
    (Image.BOTTLEROCKET, Architecture.ARM64, False): "BOTTLEROCKET_ARM_64",
    (Image.BOTTLEROCKET, Architecture.ARM64, True): "BOTTLEROCKET_ARM_64_NVIDIA",
    (Image.AL2023, Architecture.X86_64, False): "AL2023_x86_64_STANDARD",
    (Image.AL2023, Architecture.X86_64, True): "AL2023_x86_64_NVIDIA",
    (Image.AL2023, Architecture.ARM64, False): "AL2023_ARM_64_STANDARD",
    (Image.AL2023, Architecture.ARM64, True): "AL2023_ARM_64_NVIDIA",
}
"""Images by operating system, architecture and whether they need GPUs (CIS EKS 3.3.1). Those of
Bottlerocket bring driver and device plugin, those of AL2023 the driver alone."""

GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present"}
"""Keeps pods that ask for no GPU off the nodes that are paid for theirs."""

SYSTEM_TAINT = {"key": "CriticalAddonsOnly", "value": "true"}
"""Keeps tenants' pods off the nodes whose pods hold rights over the cluster; the add-ons of EKS
tolerate it."""


MANAGED_EFFECT = "NO_SCHEDULE"
"""How EKS writes the effect of a taint that keeps new pods off."""


class PayerArgs(TypedDict):
    """Who answers and pays for nodes that one tenant has for itself (COST-1)."""

    owner: str
    """Team that answers for the tenant."""
    cost_center: str
    """Who pays."""
    project: str
    """Project that the costs are booked to."""
    organization: NotRequired[str]
    """Organisation that the tenant belongs to. Default: none."""


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
    payer: NotRequired[PayerArgs | None]
    """Who pays for a pool that one tenant has for itself. Default: the platform."""
    endpoint: NotRequired[pulumi.Input[str] | None]
    """URL of the API server; needed by nodes of an own image. Default: EKS tells the nodes."""
    certificate_authority: NotRequired[pulumi.Input[str] | None]
    """The API server's certificate authority, base64. Default: EKS tells the nodes."""
    alarm_topic_arn: NotRequired[pulumi.Input[str] | None]
    """Topic that is told when a reservation lies idle. Default: nobody, the alarm is only seen."""


class NodePool(Component):
    """A managed node group whose nodes keep to themselves (ISO-2, ISO-4).

    Bottlerocket on encrypted gp3 volumes, instance metadata by token and one hop only, so that pods
    can't take the node's credentials (FSBP EC2.8), no public address, no login, a label set on
    instances, volumes and interfaces. Nodes with GPUs are tainted, and so are those of the system,
    those for training, and those that one tenant or one tier has for itself. GPUs are handed out
    whole, unless the pool is one tenant's and says how its pods share them.

    Nodes in a reservation start in it and nowhere else; an alarm tells when it lies idle (TRN-5).

    Example:
        from bulkhead import NodePool

        NodePool(
            "platform-gpu",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "pool": {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 4},
                "cluster_name": "dev-platform",
                "version": "1.36",
                "security_group_id": "sg-0123456789abcdef0",
                "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                "node_role_arn": "arn:aws:iam::111122223333:role/bulkhead/dev/internal/"
                "dev-platform-node",
                "volume_key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
            },
        )
    """

    node_group_name: pulumi.Output[str]
    """Name of the node group."""

    def __init__(
        self, name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the nodes.

        Raises:
            RefusedError: the scope, the tier or the pool is refused, a system pool has GPUs,
                hosts start the nodes, several tenants would share a GPU, or a node of
                an own image isn't told how to join.
        """
        args = checked(args, NodePoolArgs, where=name)
        scope, tier = read_place(args, where=name)
        pool = read_pool(args["pool"], where=f"{name}.pool", region=scope.region)
        system = args.get("system", False)
        _check(name, pool, system=system, joins="endpoint" in args)
        super().__init__(name, opts)

        labels = pool_labels(scope, tier, pool, args.get("payer"), system=system)
        taints = pool_taints(pool, system=system)
        join: Join = {
            "name": args["cluster_name"],
            "endpoint": args.get("endpoint") or "",
            "certificate_authority": args.get("certificate_authority") or "",
        }
        template = make_template(
            name,
            pool,
            labels=labels,
            volume_key_arn=args["volume_key_arn"],
            security_group_id=args["security_group_id"],
            user_data=user_data(pool, node_labels(labels, pool), taints, join),
            opts=self._child(),
        )
        block = pool.reservation and pool.reservation.kind is ReservationKind.CAPACITY_BLOCK
        group = aws.eks.NodeGroup(
            name,
            cluster_name=args["cluster_name"],
            node_group_name=name,
            node_role_arn=args["node_role_arn"],
            subnet_ids=args["subnet_ids"],
            version=None if needs_join(pool) else args["version"],
            ami_type=_ami_type(pool),
            capacity_type="CAPACITY_BLOCK" if block else "ON_DEMAND",
            # A reservation's type stands in the launch template, beside the reservation.
            instance_types=None if pool.reservation else list(pool.instance_types),
            scaling_config={
                "min_size": pool.min_size,
                "desired_size": pool.desired_size,
                "max_size": pool.max_size,
            },
            launch_template={
                "id": template.id,
                "version": template.latest_version.apply(str),
            },
            labels=node_labels(labels, pool),
            taints=[
                {"key": key, "value": value, "effect": MANAGED_EFFECT}
                for key, value in taints.items()
            ],
            node_repair_config={"enabled": True},
            update_config={"max_unavailable_percentage": UNAVAILABLE_PERCENT},
            tags=labels.tags(name),
            opts=self._child(),
        )
        if pool.reservation:
            alarm_on_idle_reservation(
                name,
                pool.reservation.id,
                labels=labels,
                topic_arn=args.get("alarm_topic_arn"),
                opts=self._child(),
            )
        self._export({"node_group_name": group.node_group_name})


def _check(name: str, pool: Pool, *, system: bool, joins: bool) -> None:
    where = f"{name}.pool"
    if system and pool.has_gpus:
        raise RefusedError(
            "a system pool needs no GPUs",
            given=", ".join(pool.instance_types),
            where=f"{where}.instance_types",
        )
    if system and pool.runtimes:
        raise RefusedError(
            "a system pool runs no sandboxes",
            given=", ".join(pool.runtimes),
            where=f"{where}.runtimes",
        )
    if system and pool.exclusive:
        raise RefusedError("a system pool serves no tenant", given=pool.exclusive[1], where=where)
    if pool.provisioner is not Provisioner.MANAGED:
        raise RefusedError(
            "a managed node group does not take such a pool",
            given=pool.provisioner,
            allowed=[Provisioner.MANAGED],
            where=f"{where}.provisioner",
        )
    check_sharing(pool, where=where)
    if needs_join(pool) and not joins:
        raise RefusedError(
            "nodes of an own image must be told how to join",
            allowed="endpoint and certificate_authority",
            where=where,
        )


def check_sharing(pool: Pool, *, where: str) -> None:
    """Refuse GPUs that pods of several tenants would share (ISO-4).

    Raises:
        RefusedError: the pool shares GPUs and is not one tenant's.
    """
    if pool.sharing and pool.tenant is None:
        raise RefusedError(
            "GPUs are shared inside one tenant only",
            given=pool.sharing.strategy,
            allowed="a pool with a tenant, or whole GPUs",
            where=f"{where}.sharing",
        )


def pool_labels(
    scope: Scope, tier: Tier, pool: Pool, payer: PayerArgs | None, *, system: bool = False
) -> Labels:
    """The labels of a pool's nodes: the tenant's where it has them for itself."""
    plane = Plane.CONTROL if system else pool.plane
    labels = scope.labels(pool.tier or tier, plane, "node").but(pool=pool.name)
    if pool.tenant is not None:
        labels = labels.but(tenant=pool.tenant)
    return labels.but(**payer) if payer else labels


def node_labels(labels: Labels, pool: Pool) -> dict[str, str]:
    """The labels of a pool's nodes, with those by which sandboxes find them."""
    return labels.kubernetes() | {runtime_label(runtime): "true" for runtime in pool.runtimes}


def pool_taints(pool: Pool, *, system: bool = False) -> dict[str, str]:
    """The taints of a pool's nodes, by key; all of them keep new pods off."""
    if system:
        return {SYSTEM_TAINT["key"]: SYSTEM_TAINT["value"]}
    taints = {GPU_TAINT["key"]: GPU_TAINT["value"]} if pool.has_gpus else {}
    if pool.plane is Plane.TRAINING:
        taints[PLANE_KEY] = str(pool.plane)
    if pool.runtimes:
        taints[SANDBOX_TAINT] = "true"
    if pool.exclusive:
        key, value = pool.exclusive
        taints[key] = value
    return taints


def _ami_type(pool: Pool) -> str:
    if needs_join(pool):
        return "CUSTOM"
    return AMI_TYPES[pool.image, pool.architecture, pool.has_gpus]
