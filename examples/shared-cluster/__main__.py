"""Four teams of one company on one private EKS cluster."""

import pulumi
import pulumi_aws as aws

from bulkhead import SharedCluster

config = pulumi.Config()
account, region = config.require("accountId"), config.require("region")

teams = [
    {
        "name": "support-assist",
        "tier": "internal",
        "owner": "support-ml",
        "cost_center": "cc-210",
        "quota": {"gpus": 4, "cpus": 48, "memory_gib": 192, "storage_gib": 500},
        "people": {"developer": [f"arn:aws:iam::{account}:role/support-assist-developer"]},
    },
    {
        "name": "doc-summary",
        "tier": "internal",
        "owner": "documents",
        "cost_center": "cc-220",
        "quota": {"gpus": 2, "cpus": 32, "memory_gib": 128},
    },
    {
        "name": "market-research",
        "tier": "public",
        "owner": "marketing-science",
        "cost_center": "cc-230",
        "quota": {"gpus": 2, "cpus": 24, "memory_gib": 96},
    },
]
if config.get_bool("fraudScoring"):
    teams.append(
        {
            "name": "fraud-scoring",
            "tier": "regulated",
            "owner": "fraud-risk",
            "cost_center": "cc-240",
            "quota": {"gpus": 2, "cpus": 16, "memory_gib": 64},
        }
    )

platform = SharedCluster(
    "shared",
    {
        "scope": {
            "environment": pulumi.get_stack(),
            "region": region,
            "account_id": account,
            "owner": "platform-team",
            "cost_center": "cc-100",
        },
        "cidr": config.require("cidr"),
        "administrators": config.require_object("administrators"),
        "tenants": teams,
        "pools": [
            {"name": "general", "instance_types": ["m7i.4xlarge"], "min_size": 1, "max_size": 6},
            {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 8, "disk_gib": 200},
        ],
        "gateway": config.require_object("gateway"),
    },
    pulumi.ResourceOptions(
        provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
    ),
)

pulumi.export("clusterName", platform.cluster_name)
pulumi.export("kubeconfig", platform.kubeconfig)
pulumi.export("modelBuckets", platform.model_buckets)
pulumi.export("gatewayHost", platform.gateway_host)
pulumi.export("tenants", platform.tenants)
