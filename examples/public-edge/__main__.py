"""A shared cluster whose gateway two partners reach from the internet until a day."""

import ipaddress

import pulumi
import pulumi_aws as aws

from bulkhead import AuditAlarms, PlaneNetwork, PublicEdge, SharedCluster, TierFoundation
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.subnets import LAYOUT, SubnetGroup
from bulkhead.domain.tiers import Tier

config = pulumi.Config()
account, region, cidr = (config.require(key) for key in ("accountId", "region", "cidr"))
scope = {
    "environment": pulumi.get_stack(),
    "region": region,
    "account_id": account,
    "owner": "platform-team",
    "cost_center": "cc-100",
}
place = {"scope": scope, "tier": "internal"}
administrators = config.require_object("administrators")
opts = pulumi.ResourceOptions(
    provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
)

foundation = TierFoundation(
    "foundation",
    {"scope": scope, "tiers": ["internal"], "administrators": administrators},
    opts,
)
log_key = foundation.keys[Tier.INTERNAL].arn(Purpose.LOG)
alarms = AuditAlarms(
    "alarms",
    {
        **place,
        "key_arn": log_key,
        "administrators": administrators,
        "emails": config.require_object("alarmEmails"),
    },
    opts,
)
network = PlaneNetwork("network", {**place, "cidr": cidr, "log_key_arn": log_key}, opts)
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
        "tenants": [
            {
                "name": "summaries",
                "tier": "internal",
                "owner": "documents",
                "cost_center": "cc-220",
                "quota": {"gpus": 2, "cpus": 32, "memory_gib": 128},
            }
        ],
        "pools": [
            {"name": "general", "instance_types": ["m7i.4xlarge"], "min_size": 1, "max_size": 4},
            {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 4, "disk_gib": 200},
        ],
    },
    opts,
)

# Private unless somebody says until when it is not.
if until := config.get("publicUntil"):
    edge = PublicEdge(
        "edge",
        {
            **place,
            "opt_in": {
                "owner": "partner-team",
                "reason": "Two partners try the summaries until their networks are connected",
                "expires": until,
            },
            "host": "models.example.com",
            "certificate_arn": config.require("certificate"),
            "gateway": {
                "host": "inference.dev.example.com",
                "load_balancer_arn": config.require("loadBalancer"),
                "load_balancer_cidrs": [
                    str(LAYOUT[SubnetGroup.INFERENCE].within(ipaddress.IPv4Network(cidr)))
                ],
                "vpc_id": network.vpc_id,
                "subnet_ids": network.subnet_ids[SubnetGroup.INFERENCE],
            },
            "models": ["llama-3.1-8b"],
            "clients": [
                {"name": "partner-a", "requests": {"minute": 60, "day": 5_000}},
                {"name": "partner-b", "requests": {"minute": 30, "day": 1_000}},
            ],
            "log_key_arn": log_key,
            "topic_arn": alarms.topic_arn,
            "dead_letter_arn": alarms.dead_letter_arn,
        },
        opts,
    )
    pulumi.export("edgeTarget", edge.target)
    pulumi.export("edgeCloses", edge.closes)
    pulumi.export("edgeKeys", edge.key_ids)

pulumi.export("clusterName", platform.cluster_name)
pulumi.export("kubeconfig", platform.kubeconfig)
pulumi.export("tenants", platform.tenants)
