"""Two teams on sealed nodes, with keys that open for an attested image alone."""

import pulumi
import pulumi_aws as aws

from bulkhead import ConfidentialCompute

config = pulumi.Config()
account, region = config.require("accountId"), config.require("region")

measured = config.require_object("measurements")
tenants = [
    {
        "name": "risk-weights",
        "tier": "confidential",
        "owner": "risk-ml",
        "cost_center": "cc-510",
        "quota": {"cpus": 48, "memory_gib": 192},
        "risk": {"model": "crown-jewel"},
    },
    {
        "name": "vision-weights",
        "tier": "confidential",
        "owner": "vision-ml",
        "cost_center": "cc-520",
        "quota": {"gpus": 2, "cpus": 32, "memory_gib": 128},
        "risk": {"model": "crown-jewel"},
    },
]
pools = [
    {
        "name": "enclaves",
        "instance_types": ["m7i.4xlarge"],
        "max_size": 4,
        "tenant": "risk-weights",
        "seal": {
            "protection": "nitro-enclaves",
            "measurements": measured["enclave"],
            "enclave_cpus": 8,
            "enclave_memory_mib": 16384,
        },
    },
    {
        "name": "attested-gpu",
        "instance_types": ["g6.4xlarge"],
        "max_size": 2,
        "tenant": "vision-weights",
        "seal": {
            "protection": "nitro-tpm",
            "measurements": measured["image"],
            "ami_id": config.require("amiId"),
        },
    },
]

platform = ConfidentialCompute(
    "sealed",
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
        "enclave_plugin": config.require("enclavePlugin"),
    },
    pulumi.ResourceOptions(
        provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
    ),
)

pulumi.export("clusterName", platform.cluster_name)
pulumi.export("access", platform.access)
pulumi.export("isolation", platform.isolation)
pulumi.export("tenants", platform.tenants)
