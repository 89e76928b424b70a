"""The foundation layer: keys, network, stores and identities of one environment.

Outputs:
    vpc_id, subnet_ids, endpoint_ids: the network; subnets by plane, endpoints by service.
    cluster_cidrs, endpoint_cidrs, resolver_cidr: addresses that network policies name.
    s3_endpoint_url: where pods reach S3.
    key_arns: for each tier in use, the ARN of the key for each purpose.
    model_buckets: for each tier in use, the bucket of model artifacts.
    boundary_arn: the permissions boundary of tenants' roles.
    buckets: for each tier in use, the bucket of each store.
    image_repositories: for each tier in use, where each tenant's images are pushed and pulled.
    alarm_topic_arn: where everything that must wake somebody is published.
    audit_trail_arn: the account's trail.
    backup_vaults: for each tier in use, the vault of its backups.
    role_arns: the roles of people who have a duty, and of pipelines.
    guardrail_arn: the permissions boundary for everybody else's roles.
"""

import pulumi

from bulkhead import ImageRegistry, PlaneNetwork, TierFoundation
from bulkhead.domain.egress import check_domain, read_egress
from bulkhead.domain.endpoint_services import check_services
from bulkhead.domain.environments import Environment
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.stores import Store
from bulkhead.foundation.alarms import check_email
from bulkhead.foundation.network_plan import check_zones, plan_network
from stacks.audit import watch
from stacks.config import FoundationConfig, at_key, read_config
from stacks.environment import load_platform
from stacks.identities import identify
from stacks.layers import aws_provider


def deploy(environment: Environment) -> None:
    """Register the layer."""
    config = read_config(FoundationConfig)
    platform = load_platform(environment, config.tenants)
    zones = check_zones(platform.scope, config.zones, where=at_key("zones"))
    plan_network(config.cidr, zones, where=at_key("cidr"))
    check_services(config.services, platform.scope.region, where=at_key("services"))
    read_egress(config.egress, platform.tier, where=at_key("egress"))
    for domain in config.private_domains:
        check_domain(domain, where=at_key("private_domains"))
    for email in config.alarm_emails:
        check_email(email, where=at_key("alarm_emails"))

    opts = pulumi.ResourceOptions(provider=aws_provider(platform.scope))
    scope, tier = platform.args, platform.tier
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
                "repositories": platform.tenants_of(each),
            },
            opts,
        )
        for each in platform.tiers
    }
    watching = watch(platform, config, foundation, opts)
    identities = identify(platform, config, opts)
    network = PlaneNetwork(
        "network",
        {
            "scope": scope,
            "tier": tier,
            "log_key_arn": foundation.keys[tier].arn(Purpose.LOG),
            "cidr": config.cidr,
            "services": config.services,
            "zones": config.zones,
            "egress": config.egress,
            "private_domains": config.private_domains,
        },
        opts,
    )
    pulumi.export("vpc_id", network.vpc_id)
    pulumi.export("subnet_ids", network.subnet_ids)
    pulumi.export("endpoint_ids", network.endpoint_ids)
    pulumi.export("cluster_cidrs", network.cluster_cidrs)
    pulumi.export("endpoint_cidrs", network.endpoint_cidrs)
    pulumi.export("resolver_cidr", network.resolver_cidr)
    pulumi.export("s3_endpoint_url", network.s3_endpoint_url)
    for output, value in foundation.shared().items():
        pulumi.export(output, value)
    pulumi.export("buckets", foundation.buckets)
    pulumi.export(
        "image_repositories", {str(each): made.repository_urls for each, made in images.items()}
    )
    for output, value in {**watching, **identities}.items():
        pulumi.export(output, value)
