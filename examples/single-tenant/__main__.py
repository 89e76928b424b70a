"""A private EKS cluster of its own for one team with regulated data."""

import pulumi
import pulumi_aws as aws

from bulkhead import SingleTenantCluster

config = pulumi.Config()
account, region = config.require("accountId"), config.require("region")

tenants = [
    {
        "name": "claims",
        "tier": "regulated",
        "owner": "claims-ml",
        "cost_center": "cc-310",
        "quota": {"gpus": 2, "cpus": 48, "memory_gib": 192},
        "risk": {"regulation": "data-protection"},
    },
]
pools = [
    {"name": "general", "instance_types": ["m7i.4xlarge"], "min_size": 1, "max_size": 4},
    {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 2, "disk_gib": 200},
]

platform = SingleTenantCluster(
    "claims",
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
        "operator_networks": ["10.99.0.0/24"],
    },
    pulumi.ResourceOptions(
        provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
    ),
)

pulumi.export("clusterName", platform.cluster_name)
pulumi.export("access", platform.access)
pulumi.export("isolation", platform.isolation)
pulumi.export("tenants", platform.tenants)
