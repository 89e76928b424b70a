"""Pools whose nodes Karpenter starts."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead.cluster.alarms import alarm_on_idle_reservation
from bulkhead.cluster.karpenter_objects import NODE_CLASS, NODE_POOL, node_class, node_pool
from bulkhead.cluster.pool_arguments import PoolArgs, read_pool
from bulkhead.cluster.pools import PayerArgs, pool_labels, pool_taints
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.provisioners import Provisioner
from bulkhead.foundation.arguments import (
    ScopeArgs,
    Strings,
    checked,
    read_place,
)
from bulkhead.foundation.component import Component


class KarpenterPoolArgs(TypedDict):
    """What a ``KarpenterPool`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the nodes."""
    tier: str
    """Highest tier of the tenants whose pods land on the nodes."""
    pool: PoolArgs
    """The nodes; their provisioner is karpenter."""
    security_group_id: pulumi.Input[str]
    """Security group of the cluster."""
    subnet_ids: Strings
    """Private subnets of the nodes."""
    instance_profile: pulumi.Input[str]
    """Name of the nodes' instance profile: output ``instance_profile`` of ``Karpenter``."""
    volume_key_arn: pulumi.Input[str]
    """ARN of the key that encrypts the nodes' disks."""
    payer: NotRequired[PayerArgs | None]
    """Who pays for a pool that one tenant has for itself. Default: the platform."""
    alarm_topic_arn: NotRequired[pulumi.Input[str] | None]
    """Topic that is told when a reservation lies idle. Default: nobody, the alarm is only seen."""


class KarpenterPool(Component):
    """Nodes that Karpenter starts when pods wait for them, and that keep to themselves (ISO-4).

    The same labels, taints, disks, keys and metadata as a ``NodePool``, so that admission and
    scheduling tell tenants apart in the same way; the nodes differ in who starts them. There are
    none until a pod needs one, and at most ``max_size``: the pool's limits bound nodes, CPUs,
    memory and GPUs (COST-4). Only the instance types that are listed, on demand, or in the pool's
    reservation and nowhere else. Nodes start from one named release, are replaced after two weeks,
    a third of them at a time, and go when they stay empty.

    Needs a Kubernetes provider, and ``Karpenter`` before it. Karpenter starts no nodes on hosts,
    none for enclaves or SEV-SNP, and shares no GPUs.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import KarpenterPool

        KarpenterPool(
            "fraud-gpu",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "confidential",
                "pool": {
                    "name": "fraud-gpu",
                    "provisioner": "karpenter",
                    "instance_types": ["g6e.4xlarge", "g6e.12xlarge"],
                    "max_size": 4,
                    "tenant": "fraud-models",
                },
                "security_group_id": "sg-0123456789abcdef0",
                "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                "instance_profile": "dev-pools-karpenter-node",
                "volume_key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    node_pool_name: pulumi.Output[str]
    """Name of the NodePool."""

    def __init__(
        self, name: str, args: KarpenterPoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Tell Karpenter of the pool.

        Raises:
            RefusedError: the scope, the tier or the pool is refused, or somebody else starts its
                nodes.
        """
        args = checked(args, KarpenterPoolArgs, where=name)
        scope, tier = read_place(args, where=name)
        pool = read_pool(args["pool"], where=f"{name}.pool", region=scope.region)
        if pool.provisioner is not Provisioner.KARPENTER:
            raise RefusedError(
                "somebody else starts the nodes of this pool",
                given=pool.provisioner,
                allowed=[Provisioner.KARPENTER],
                where=f"{name}.pool.provisioner",
            )
        super().__init__(name, opts)

        labels = pool_labels(scope, tier, pool, args.get("payer"))
        group = None
        if pool.efa:
            group = aws.ec2.PlacementGroup(
                name, strategy="cluster", tags=labels.tags(name), opts=self._child()
            ).name
        metadata = {"name": pool.name, "labels": labels.kubernetes()}
        made = k8s.apiextensions.CustomResource(
            f"{name}-class",
            api_version=NODE_CLASS,
            kind="EC2NodeClass",
            metadata=metadata,
            spec=node_class(
                name,
                pool,
                labels=labels,
                subnet_ids=args["subnet_ids"],
                security_group_id=args["security_group_id"],
                instance_profile=args["instance_profile"],
                volume_key_arn=args["volume_key_arn"],
                placement_group=group,
            ),
            opts=self._child(),
        )
        k8s.apiextensions.CustomResource(
            name,
            api_version=NODE_POOL,
            kind="NodePool",
            metadata=metadata,
            spec=node_pool(pool.name, pool, labels=labels, taints=pool_taints(pool)),
            opts=self._child(depends_on=[made]),
        )
        if pool.reservation:
            alarm_on_idle_reservation(
                name,
                pool.reservation.id,
                labels=labels,
                topic_arn=args.get("alarm_topic_arn"),
                opts=self._child(),
            )
        self._export({"node_pool_name": pool.name})
