"""Pattern C: a cluster of one's own."""

import pulumi

from bulkhead.domain.isolation import IsolationPattern
from bulkhead.patterns.arguments import Compartment
from bulkhead.patterns.arguments import PatternArgs as SingleTenantClusterArgs
from bulkhead.patterns.pattern import Pattern

__all__ = ["SingleTenantCluster", "SingleTenantClusterArgs"]


class SingleTenantCluster(Pattern):
    """Pattern C: a private cluster of its own for one tenant.

    Very high isolation at a high cost (ISO-5), for restricted and regulated data and for tenants
    that need an upgrade window of their own. Its control plane, add-ons and administrators serve
    nobody else; it has a VPC of its own (``cidr``), or subnets of one that exists (``network``),
    and an endpoint that is private, with the paths to it named in ``access``. Its key partition is
    its own unless it stands on a ``TierFoundation`` of the environment.

    A tenant whose risk asks for sealed memory and keys has pools with a ``seal``.

    Example:
        from bulkhead import SingleTenantCluster

        SingleTenantCluster(
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
                        "name": "claims",
                        "tier": "regulated",
                        "owner": "claims-team",
                        "cost_center": "cc-210",
                        "quota": {"cpus": 32, "memory_gib": 128},
                    },
                ],
                "pools": [
                    {"name": "general", "instance_types": ["m7i.4xlarge"], "max_size": 4},
                ],
            },
        )
    """

    PATTERN = IsolationPattern.SINGLE_TENANT_CLUSTER

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
        self, name: str, args: SingleTenantClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the platform.

        Raises:
            RefusedError: an argument, a tenant, a pool or the sum of the quotas is refused; the
                sentence names it. Nothing is registered then.
        """
        super().__init__(name, args, opts)
