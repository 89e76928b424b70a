"""The foundation layer: keys, networks, stores and identities of one environment.

Outputs:
    networks: for each cluster its VPC, the subnets of each plane, the endpoints of each service,
        the addresses that network policies name, and where its pods reach S3.
    key_arns: for each tier in use, the ARN of the key for each purpose.
    signing_keys: for each tier in use, the public half of the key with which its builders sign.
    model_buckets: for each tier in use, the bucket of model artifacts.
    boundary_arn: the permissions boundary of tenants' roles.
    buckets: for each tier in use, the bucket of each store.
    image_repositories: for each tier in use, where images of each tenant, and those that the file
        names, are pushed and pulled.
    secrets: for each tier that has some, the ARN of each secret by tenant and name.
    alarm_topic_arn: where everything that must wake somebody is published.
    alarm_dead_letter_arn: the queue of alarms that could not be delivered.
    audit_trail_arn: the account's trail.
    backup_vaults: for each tier in use, the vault of its backups.
    role_arns: the roles of people who have a duty, and of pipelines.
    guardrail_arn: the permissions boundary for everybody else's roles.
"""

from typing import Any

import pulumi

from bulkhead import ImageRegistry, PlaneNetwork, TierFoundation
from bulkhead.domain.environments import Environment
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.stores import Store
from bulkhead.foundation.alarms import check_email
from bulkhead.patterns.gateway import clients_of
from stacks.audit import watch
from stacks.clusters import Cluster
from stacks.config import FoundationConfig, at_key, read_config
from stacks.environment import Platform, load_platform
from stacks.identities import identify, signing_keys
from stacks.images import repositories
from stacks.layers import aws_provider
from stacks.tenant_secrets import make_secrets


def deploy(environment: Environment) -> None:
    """Register the layer."""
    config = read_config(FoundationConfig)
    platform = load_platform(environment, config.tenants)
    for email in config.alarm_emails:
        check_email(email, where=at_key("alarm_emails"))

    provider = aws_provider(platform.scope)
    opts = pulumi.ResourceOptions(provider=provider)
    scope = platform.args
    foundation = TierFoundation(
        "foundation",
        {
            "scope": scope,
            "tiers": [str(each) for each in platform.tiers],
            "administrators": platform.administrators,
            "stores": [str(store) for store in Store],
        },
        opts,
    )
    images = {
        each: ImageRegistry(
            f"{each}-images",
            {
                "scope": scope,
                "tier": each,
                "key_arn": foundation.keys[each].arn(Purpose.MODEL),
                "repositories": repositories(platform, each),
            },
            opts,
        )
        for each in platform.tiers
    }
    watching = watch(platform, config, foundation, opts)
    identities = identify(platform, config, opts)
    pulumi.export(
        "networks",
        {
            name: _network(name, cluster, platform, foundation, opts)
            for name, cluster in platform.clusters.items()
        },
    )
    for output, value in foundation.shared().items():
        pulumi.export(output, value)
    pulumi.export("buckets", foundation.buckets)
    pulumi.export("signing_keys", signing_keys(foundation, provider))
    pulumi.export(
        "image_repositories", {str(each): made.repository_urls for each, made in images.items()}
    )
    pulumi.export("secrets", make_secrets(platform.clusters, foundation, opts))
    for output, value in {**watching, **identities}.items():
        pulumi.export(output, value)


def _network(
    name: str,
    cluster: Cluster,
    platform: Platform,
    foundation: TierFoundation,
    opts: pulumi.ResourceOptions,
) -> dict[str, Any]:
    """Make the network of a cluster, and return what the cluster layer needs of it."""
    made = PlaneNetwork(
        name,
        {
            "scope": platform.args,
            "tier": cluster.plan.tier,
            "log_key_arn": foundation.keys[cluster.plan.tier].arn(Purpose.LOG),
            "cidr": cluster.config.cidr,
            "services": cluster.services,
            "zones": cluster.config.zones,
            "egress": cluster.config.egress,
            "private_domains": cluster.config.private_domains,
            "gateway_clients": clients_of(cluster.plan),
        },
        opts,
    )
    return {
        "vpc_id": made.vpc_id,
        "subnet_ids": made.subnet_ids,
        "cluster_cidrs": made.cluster_cidrs,
        "endpoint_cidrs": made.endpoint_cidrs,
        "resolver_cidr": made.resolver_cidr,
        "s3_endpoint_url": made.s3_endpoint_url,
        "endpoint_ids": made.endpoint_ids,
    }
