"""Pattern B: nodes of one's own in a shared cluster."""

import pulumi

from bulkhead.domain.isolation import IsolationPattern
from bulkhead.patterns.arguments import Compartment
from bulkhead.patterns.arguments import PatternArgs as DedicatedNodePoolsArgs
from bulkhead.patterns.pattern import Pattern

__all__ = ["DedicatedNodePools", "DedicatedNodePoolsArgs"]


class DedicatedNodePools(Pattern):
    """Pattern B: one private cluster, and nodes that no other tenant's pods land on.

    High isolation at a moderate cost (ISO-4), for valuable models and confidential data that may
    share a control plane. Every pool is one tenant's, or one tier's: its nodes carry the taint
    ``bulkhead.dev/tenant`` or ``bulkhead.dev/tier``, and admission holds what taints alone don't,
    in both directions (``AdmissionPolicies``). A pool takes a reservation or a Capacity Block and
    then starts nowhere else, joins its nodes by EFA where asked, and shares GPUs between the pods
    of its one tenant alone. Its nodes and disks are tagged with the tenant that pays (COST-1).

    A tenant with pools of its own uses those only; the others use their tier's.

    Example:
        from bulkhead import DedicatedNodePools

        DedicatedNodePools(
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
                        "name": "fraud-models",
                        "tier": "confidential",
                        "owner": "fraud-models-team",
                        "cost_center": "cc-210",
                        "quota": {"gpus": 8, "cpus": 64},
                    },
                ],
                "pools": [
                    {
                        "name": "fraud-gpu",
                        "instance_types": ["g6e.12xlarge"],
                        "max_size": 2,
                        "tenant": "fraud-models",
                    },
                ],
            },
        )
    """

    PATTERN = IsolationPattern.DEDICATED_NODE_POOLS

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
        self, name: str, args: DedicatedNodePoolsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the platform.

        Raises:
            RefusedError: an argument, a tenant, a pool or the sum of the quotas is refused; the
                sentence names it. Nothing is registered then.
        """
        super().__init__(name, args, opts)
