"""Two teams on one private EKS cluster that train apart from inference, in queues of Kueue."""

import datetime

import jobs
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead import SharedCluster

config = pulumi.Config()
account, region = config.require("accountId"), config.require("region")

# Write a day of your own: a pool that moves its end at every run never ends.
in_a_month = datetime.date.today() + datetime.timedelta(days=30)
exploration = {
    "quota": {"train": {"gpus": 2, "cpus": 16, "memory_gib": 64}},
    "borrows": {"train": {"gpus": 4, "cpus": 40, "memory_gib": 160}},
    "expires": config.get("explorationEnds") or in_a_month.isoformat(),
}
if reason := config.get("hold"):
    exploration["hold"] = {"reason": reason, "drain": True}

ranking = {
    "name": "search-ranking",
    "tier": "internal",
    "owner": "search",
    "cost_center": "cc-310",
    "quota": {"gpus": 2, "cpus": 32, "memory_gib": 128},
    "people": {"developer": [f"arn:aws:iam::{account}:role/search-ranking-developer"]},
    "training": {
        "budgets": {
            "production-retraining": {
                "quota": {
                    "reserved": {"gpus": 4, "cpus": 48, "memory_gib": 192},
                    "train": {"gpus": 2, "cpus": 16, "memory_gib": 64},
                },
                # Nobody has to make room on the reserved nodes; on the others they do, at once.
                "keeps": {"reserved": {"gpus": 4, "cpus": 48, "memory_gib": 192}},
            },
            "fine-tuning": {
                "quota": {"train": {"gpus": 4, "cpus": 48, "memory_gib": 192}},
                "borrows": {"train": {"gpus": 2, "cpus": 16, "memory_gib": 64}},
                "window": {"opens": "20:00", "closes": "06:00", "timezone": "Europe/Berlin"},
            },
            "exploration": exploration,
        },
        "quota": {"pod_gpus": 4, "pod_memory_gib": 192, "job_hours": 24, "storage_gib": 2000},
    },
}
summaries = {
    "name": "doc-summary",
    "tier": "internal",
    "owner": "documents",
    "cost_center": "cc-320",
    "quota": {"gpus": 2, "cpus": 32, "memory_gib": 128},
    "training": {
        "budgets": {"evaluation": {"quota": {"train": {"cpus": 16, "memory_gib": 64}}}},
    },
}

platform = SharedCluster(
    "training",
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
        "tenants": [ranking, summaries],
        "pools": [
            {"name": "general", "instance_types": ["m7i.4xlarge"], "min_size": 1, "max_size": 6},
            {"name": "serve", "instance_types": ["g6.4xlarge"], "max_size": 4},
            {
                "name": "reserved",
                "instance_types": ["g6.12xlarge"],
                "max_size": 1,
                "plane": "training",
                "zone": f"{region}a",
                "reservation": {"id": "cr-0123456789abcdef0", "instances": 1},
            },
            {
                "name": "train",
                "instance_types": ["g6.12xlarge"],
                "max_size": 2,
                "disk_gib": 500,
                "plane": "training",
            },
        ],
        "queue_images": {"kueue": config.require("kueue"), "kubectl": config.require("kubectl")},
    },
    pulumi.ResourceOptions(
        provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
    ),
)

# What the team itself submits, with the rights of its own role.
team = pulumi.ResourceOptions(
    provider=k8s.Provider("team", kubeconfig=platform.kubeconfig), depends_on=[platform]
)
jobs.retraining(config.require("trainer"), team)
jobs.fine_tuning(config.require("trainer"), team)

pulumi.export("clusterName", platform.cluster_name)
pulumi.export("tenants", platform.tenants)
