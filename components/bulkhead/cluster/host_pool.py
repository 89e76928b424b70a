"""Pools on Dedicated Hosts."""

import pulumi

from bulkhead.cluster.alarms import tell_of_host_events
from bulkhead.cluster.hosts import make_hosts
from bulkhead.cluster.pool_arguments import read_pool
from bulkhead.cluster.pools import NodePoolArgs as HostPoolArgs
from bulkhead.cluster.pools import check_sharing, pool_labels
from bulkhead.cluster.self_managed import make_group
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.provisioners import Provisioner
from bulkhead.foundation.arguments import checked, read_place
from bulkhead.foundation.component import Component

__all__ = ["HostPool", "HostPoolArgs"]


class HostPool(Component):
    """Self-managed nodes on Dedicated Hosts, which nobody else's machines share (ISO-6).

    The hosts are of one instance family in one zone, in a host resource group of their own; the
    nodes are Amazon Linux 2023 in an Auto Scaling group, hardened as those of a ``NodePool``. They
    have a role of their own: EKS lets the role of managed nodes in by itself, and this one by an
    access entry. EC2 moves instances off a host that fails onto a new one where it can, which is
    not for GPUs; scheduled maintenance is told to the alarm topic.

    A host that EC2 allocates in place of a failed one is outside of Pulumi's state: refresh then.

    Example:
        from bulkhead import HostPool

        HostPool(
            "platform-hosts",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "regulated",
                "pool": {
                    "name": "hosts",
                    "instance_types": ["m7i.8xlarge"],
                    "max_size": 6,
                    "tenant": "claims",
                    "zone": "eu-central-1a",
                    "hosts": 1,
                },
                "cluster_name": "dev-platform",
                "version": "1.36",
                "security_group_id": "sg-0123456789abcdef0",
                "subnet_ids": ["subnet-0123456789abcdef0"],
                "node_role_arn": "arn:aws:iam::111122223333:role/bulkhead/dev/regulated/"
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
        self, name: str, args: HostPoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make hosts and nodes.

        Raises:
            RefusedError: the scope, the tier or the pool is refused, it has no hosts, or several
                tenants would share a GPU.
        """
        args = checked(args, HostPoolArgs, where=name)
        scope, tier = read_place(args, where=name)
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
        more = make_hosts(name, pool, physical=scope.named(name), labels=labels, opts=self._child())
        group = make_group(name, args, pool, scope, labels=labels, child=self._child, more=more)
        topic = args.get("alarm_topic_arn")
        if topic is not None:
            tell_of_host_events(name, labels=labels, topic_arn=topic, opts=self._child())
        self._export({"node_group_name": group.name})
