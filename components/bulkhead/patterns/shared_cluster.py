"""Pattern A: one cluster for many tenants."""

import pulumi

from bulkhead.domain.isolation import IsolationPattern
from bulkhead.patterns.arguments import Compartment
from bulkhead.patterns.arguments import PatternArgs as SharedClusterArgs
from bulkhead.patterns.pattern import Pattern

__all__ = ["SharedCluster", "SharedClusterArgs"]


class SharedCluster(Pattern):
    """Pattern A: one private cluster whose tenants share control plane, nodes and GPUs' hosts.

    Medium isolation at the lowest cost (ISO-3), for many teams of one company with public or
    internal data. A container that escapes reaches the pods of other tenants on its node: tiers
    above internal are refused (ISO-9), as are quotas that add up to more than the pools can grow
    to, before anything is registered.

    Makes a VPC without a way in or out, key partition and model store for each tier in use,
    cluster, system pool and shared pools, and a namespace for the gateway and for each tenant.
    Keys, disks and logs that tenants share are those of the highest tier in use.

    The cluster's endpoint is private: deploying needs the AWS CLI and a network path into the VPC.

    Example:
        from bulkhead import SharedCluster

        SharedCluster(
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
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
                "tenants": [
                    {
                        "name": "assist",
                        "tier": "internal",
                        "owner": "assist-team",
                        "cost_center": "cc-210",
                        "quota": {"gpus": 2, "cpus": 32},
                    },
                ],
                "pools": [
                    {"name": "general", "instance_types": ["m7i.4xlarge"], "max_size": 4},
                    {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 4},
                ],
            },
        )
    """

    PATTERN = IsolationPattern.SHARED_CLUSTER

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
        self, name: str, args: SharedClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the platform.

        Raises:
            RefusedError: an argument, a tenant, a pool or the sum of the quotas is refused; the
                sentence names it. Nothing is registered then.
        """
        super().__init__(name, args, opts)
