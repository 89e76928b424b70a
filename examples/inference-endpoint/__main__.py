"""One team's model on a shared cluster: signed, behind the gateway, scaled within a budget."""

import ipaddress

import endpoint
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead import (
    ImageVerification,
    InferenceEndpoint,
    PlaneNetwork,
    ScalingControllers,
    SecretsDriver,
    SharedCluster,
    TierFoundation,
)
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.subnets import LAYOUT, SubnetGroup
from bulkhead.domain.tiers import Tier
from bulkhead.workloads.endpoint_routes import route_of

config = pulumi.Config()
account, region, cidr = (config.require(key) for key in ("accountId", "region", "cidr"))
registry = f"{account}.dkr.ecr.{region}.amazonaws.com/{pulumi.get_stack()}/internal"
scope = {
    "environment": pulumi.get_stack(),
    "region": region,
    "account_id": account,
    "owner": "platform-team",
    "cost_center": "cc-100",
}
place = {"scope": scope, "tier": "internal"}
gateway, workspace = config.require_object("gateway"), config.require("workspace")
administrators = config.require_object("administrators")
provider = aws.Provider("aws", region=region, allowed_account_ids=[account])
opts = pulumi.ResourceOptions(provider=provider)

team = {
    "name": "support-assist",
    "tier": "internal",
    "owner": "support-ml",
    "cost_center": "cc-210",
    "quota": {"gpus": 4, "cpus": 48, "memory_gib": 192, "ephemeral_gib": 300},
    "people": {"developer": [f"arn:aws:iam::{account}:role/support-assist-developer"]},
}

foundation = TierFoundation(
    "foundation",
    {"scope": scope, "tiers": ["internal"], "administrators": administrators},
    opts,
)
keys = foundation.keys[Tier.INTERNAL]
network = PlaneNetwork(
    "network",
    {
        **place,
        "cidr": cidr,
        "log_key_arn": keys.arn(Purpose.LOG),
        "services": ["aps-workspaces", "secretsmanager"],
        "gateway_clients": gateway["networks"]["clients"],
    },
    opts,
)

# The public half of the key with which builders sign models and images.
signer = aws.kms.get_public_key_output(
    key_id=keys.arn(Purpose.SIGNING), opts=pulumi.InvokeOutputOptions(provider=provider)
).public_key_pem
served = {
    **endpoint.described(registry, config.require_object("digests"), workspace),
    "scope": scope,
    "tenant": team,
    "traffic": config.require_object("traffic"),
    "budget": {"monthly_usd": config.require_float("monthlyUsd"), "replica_hour_usd": 1.65},
}
served["verification"]["public_key"] = signer

inference = str(LAYOUT[SubnetGroup.INFERENCE].within(ipaddress.IPv4Network(cidr)))
platform = SharedCluster(
    "shared",
    {
        "scope": scope,
        "administrators": administrators,
        "foundation": foundation.shared(),
        "network": {
            "vpc_id": network.vpc_id,
            "subnet_ids": network.subnet_ids,
            "cluster_cidrs": network.cluster_cidrs,
            "endpoint_cidrs": network.endpoint_cidrs,
            "resolver_cidr": network.resolver_cidr,
            "s3_endpoint_url": network.s3_endpoint_url,
        },
        "tenants": [team],
        "pools": [
            {"name": "general", "instance_types": ["m7i.4xlarge"], "min_size": 1, "max_size": 4},
            {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 4, "disk_gib": 200},
        ],
        "gateway": {
            **gateway,
            "networks": {**gateway["networks"], "inference": [inference]},
            "models": [route_of("llama", served)],
        },
    },
    opts,
)
inside = pulumi.ResourceOptions(
    providers=[provider, k8s.Provider("inside", kubeconfig=platform.kubeconfig)],
    depends_on=[platform],
)
cluster = {
    **place,
    "cluster_name": f"{pulumi.get_stack()}-shared",
    "cluster_cidrs": network.cluster_cidrs,
    "endpoint_cidrs": network.endpoint_cidrs,
}
controllers = [
    ScalingControllers(
        "scaling",
        {
            **cluster,
            "images": config.require_object("controllers"),
            "workspace_ids": [workspace],
        },
        inside,
    ),
    ImageVerification(
        "images",
        {
            **cluster,
            "images": config.require_object("verifier"),
            "trusted": [
                {
                    "name": "internal",
                    "repositories": [registry],
                    "public_keys": {"builder": signer},
                }
            ],
        },
        inside,
    ),
    SecretsDriver("secrets", cluster, inside),
]
made = InferenceEndpoint(
    "llama",
    {**served, "role_arn": platform.tenants["support-assist"]["role_arn"]},
    pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=controllers)),
)

pulumi.export("clusterName", platform.cluster_name)
pulumi.export("kubeconfig", platform.kubeconfig)
pulumi.export("gatewayHost", platform.gateway_host)
pulumi.export("signingKey", keys.arn(Purpose.SIGNING))
pulumi.export("traffic", made.traffic)
pulumi.export("maxReplicas", made.max_replicas)
pulumi.export("ceiling", made.ceiling)
