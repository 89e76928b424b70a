"""Pattern D: physical servers of one's own."""

import pulumi

from bulkhead.domain.isolation import IsolationPattern
from bulkhead.patterns.arguments import Compartment
from bulkhead.patterns.arguments import PatternArgs as DedicatedHostsArgs
from bulkhead.patterns.pattern import Pattern

__all__ = ["DedicatedHosts", "DedicatedHostsArgs"]


class DedicatedHosts(Pattern):
    """Pattern D: a private cluster for one tenant, on physical servers that nobody else uses.

    Very high isolation at the highest cost (ISO-6), for regulation or licences that forbid sharing
    servers. The tenant's pools name a number of ``hosts``: Dedicated Hosts in a host resource
    group, with self-managed nodes that start nowhere else (``HostPool``). How many nodes fit is
    computed from the family's sockets and refused if the pool could grow beyond. A ``.metal`` type
    needs no host: the instance is the server. AWS has no hosts for P4de, P5 and P6, and they are
    refused. The cluster's own pods, which hold nothing of the tenant's, run on shared servers.

    Hosts combine with NitroTPM (``seal``), not with Karpenter, reservations, EFA, enclaves, a VPC
    of dedicated tenancy, or SEV-SNP: a host has that from its allocation on, for which Pulumi's AWS
    provider can't ask.

    Example:
        from bulkhead import DedicatedHosts

        DedicatedHosts(
            "platform",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "cidr": "10.20.0.0/16",
                "zones": ["eu-central-1a", "eu-central-1b"],
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
                "tenants": [
                    {
                        "name": "claims",
                        "tier": "regulated",
                        "owner": "claims-team",
                        "cost_center": "cc-210",
                        "quota": {"cpus": 96, "memory_gib": 384},
                        "risk": {"regulation": "no-shared-hosts"},
                    },
                ],
                "pools": [
                    {
                        "name": "hosts",
                        "instance_types": ["m7i.8xlarge"],
                        "max_size": 6,
                        "hosts": 1,
                        "zone": "eu-central-1a",
                    },
                ],
            },
        )
    """

    PATTERN = IsolationPattern.DEDICATED_HOSTS

    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    endpoint: pulumi.Output[str]
    """URL of the API server; private."""
    kubeconfig: pulumi.Output[str]
    """How to reach the cluster, as JSON; holds no credential."""
    access: pulumi.Output[str]
    """Over which network paths the endpoint is reached."""
    vpc_id: pulumi.Output[str]
    """ID of the VPC."""
    key_arns: pulumi.Output[dict[str, dict[str, str]]]
    """ARN of the key for each tier and purpose."""
    model_buckets: pulumi.Output[dict[str, str]]
    """Name of the bucket of model artifacts for each tier."""
    gateway_host: pulumi.Output[str | None]
    """DNS name of the gateway in front of the tenants' models, if there is one."""
    tenants: pulumi.Output[dict[str, Compartment]]
    """What each tenant gets, by its name."""
    isolation: pulumi.Output[dict[str, str]]
    """What separates two tenants at each boundary."""

    def __init__(
        self, name: str, args: DedicatedHostsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the platform.

        Raises:
            RefusedError: an argument, a tenant, a pool or the sum of the quotas is refused; the
                sentence names it. Nothing is registered then.
        """
        super().__init__(name, args, opts)
