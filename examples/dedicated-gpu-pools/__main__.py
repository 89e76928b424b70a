"""Three teams with GPU nodes of their own in one private EKS cluster."""

import pulumi
import pulumi_aws as aws

from bulkhead import DedicatedNodePools

config = pulumi.Config()
account, region = config.require("accountId"), config.require("region")

tenants = [
    {
        "name": "fraud-models",
        "tier": "confidential",
        "owner": "fraud-risk",
        "cost_center": "cc-210",
        "quota": {"gpus": 16, "cpus": 144, "memory_gib": 1024},
    },
    {
        "name": "code-assist",
        "tier": "confidential",
        "owner": "developer-tools",
        "cost_center": "cc-220",
        "quota": {"gpus": 8, "cpus": 32, "memory_gib": 128},
        "risk": {"model": "valuable"},
    },
    {
        "name": "doc-summary",
        "tier": "internal",
        "owner": "documents",
        "cost_center": "cc-230",
        "quota": {"cpus": 32, "memory_gib": 128},
    },
]
pools = [
    {
        "name": "fraud-reserved",
        "instance_types": ["g6e.12xlarge"],
        "max_size": 2,
        "tenant": "fraud-models",
        "zone": f"{region}a",
        "reservation": {"id": config.require("reservation"), "instances": 2},
    },
    {
        # What the reservation does not hold, while pods wait for it; none of it stays.
        "name": "fraud-burst",
        "provisioner": "karpenter",
        "instance_types": ["g6e.12xlarge", "g6e.24xlarge"],
        "max_size": 2,
        "tenant": "fraud-models",
    },
    {
        "name": "assist-sliced",
        "instance_types": ["g6.4xlarge"],
        "max_size": 2,
        "tenant": "code-assist",
        # Four of its own pods share a GPU; another tenant's never do.
        "sharing": {"strategy": "time-slicing", "replicas": 4},
    },
    {
        "name": "internal",
        "instance_types": ["m7i.4xlarge"],
        "max_size": 4,
        "tier": "internal",
    },
]

platform = DedicatedNodePools(
    "pools",
    {
        "scope": {
            "environment": pulumi.get_stack(),
            "region": region,
            "account_id": account,
            "owner": "platform-team",
            "cost_center": "cc-100",
        },
        "cidr": config.require("cidr"),
        "zones": [f"{region}a", f"{region}b"],
        "administrators": config.require_object("administrators"),
        "tenants": tenants,
        "pools": pools,
        "karpenter_image": config.require("karpenterImage"),
    },
    pulumi.ResourceOptions(
        provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
    ),
)

pulumi.export("clusterName", platform.cluster_name)
pulumi.export("access", platform.access)
pulumi.export("isolation", platform.isolation)
pulumi.export("tenants", platform.tenants)
