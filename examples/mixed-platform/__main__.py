"""Six teams on three patterns, on the keys and stores of one environment."""

import pulumi
import pulumi_aws as aws

from bulkhead import DedicatedNodePools, SharedCluster, SingleTenantCluster, TierFoundation

config = pulumi.Config()
account, region = config.require("accountId"), config.require("region")
scope = {
    "environment": pulumi.get_stack(),
    "region": region,
    "account_id": account,
    "owner": "platform-team",
    "cost_center": "cc-100",
}
administrators = config.require_object("administrators")
opts = pulumi.ResourceOptions(
    provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
)


def team(name: str, tier: str, cost_center: str, **quota: int) -> dict:
    """A tenant; which pattern it runs on is said by the list that it stands in."""
    return {
        "name": name,
        "tier": tier,
        "owner": f"{name}-team",
        "cost_center": cost_center,
        "quota": quota,
    }


# Each team stands in one list. To move it, put its line into another: its keys and data stay.
shared = [
    team("support-assist", "internal", "cc-210", gpus=2, cpus=32, memory_gib=128),
    team("doc-summary", "internal", "cc-220", cpus=24, memory_gib=96),
    team("market-research", "public", "cc-230", cpus=16, memory_gib=64),
]
own_pools = [
    team("fraud-models", "confidential", "cc-310", gpus=4, cpus=48, memory_gib=256),
    team("code-assist", "confidential", "cc-320", gpus=2, cpus=32, memory_gib=128),
]
own_cluster = [team("claims", "regulated", "cc-410", cpus=32, memory_gib=128)]

tiers = {tenant["tier"] for tenant in shared + own_pools + own_cluster}
foundation = TierFoundation(
    "foundation",
    {"scope": scope, "tiers": sorted(tiers), "administrators": administrators},
    opts,
)
common = {"scope": scope, "administrators": administrators, "foundation": foundation.shared()}

platforms = {
    "shared": SharedCluster(
        "shared",
        {
            **common,
            "cidr": "10.20.0.0/16",
            "tenants": shared,
            "pools": [
                {"name": "general", "instance_types": ["m7i.4xlarge"], "max_size": 6},
                {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 4},
            ],
        },
        opts,
    ),
    "pools": DedicatedNodePools(
        "pools",
        {
            **common,
            "cidr": "10.21.0.0/16",
            "tenants": own_pools,
            "pools": [
                {
                    "name": "fraud-gpu",
                    "instance_types": ["g6e.12xlarge"],
                    "max_size": 2,
                    "tenant": "fraud-models",
                },
                {
                    "name": "assist-gpu",
                    "instance_types": ["g6.4xlarge"],
                    "max_size": 4,
                    "tenant": "code-assist",
                },
            ],
        },
        opts,
    ),
    "claims": SingleTenantCluster(
        "claims",
        {
            **common,
            "cidr": "10.22.0.0/16",
            "tenants": own_cluster,
            "pools": [{"name": "general", "instance_types": ["m7i.4xlarge"], "max_size": 4}],
        },
        opts,
    ),
}

pulumi.export("modelBuckets", foundation.model_buckets)
for name, platform in platforms.items():
    pulumi.export(name, {"cluster": platform.cluster_name, "tenants": platform.tenants})
