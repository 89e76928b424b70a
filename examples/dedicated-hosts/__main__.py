"""One team on physical servers that nobody else uses."""

import pulumi
import pulumi_aws as aws

from bulkhead import DedicatedHosts

config = pulumi.Config()
account, region = config.require("accountId"), config.require("region")

tenants = [
    {
        "name": "trading-models",
        "tier": "regulated",
        "owner": "trading-ml",
        "cost_center": "cc-410",
        "quota": {"gpus": 8, "cpus": 192, "memory_gib": 768},
        "risk": {"regulation": "no-shared-hosts"},
    },
]
pools = [
    {
        "name": "general",
        "instance_types": ["m7i.8xlarge"],
        "min_size": 1,
        "max_size": 6,  # one host of two sockets holds six
        "hosts": 1,
        "zone": f"{region}a",
    },
    {
        "name": "gpu",
        "instance_types": ["g6.48xlarge"],
        "max_size": 1,
        "hosts": 1,
        "zone": f"{region}b",
    },
]

platform = DedicatedHosts(
    "vault",
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
        "alarm_topic_arn": config.get("alarmTopicArn"),
    },
    pulumi.ResourceOptions(
        provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
    ),
)

pulumi.export("clusterName", platform.cluster_name)
pulumi.export("access", platform.access)
pulumi.export("isolation", platform.isolation)
pulumi.export("tenants", platform.tenants)
