"""The cluster layer: the environment's shared cluster, its pools and what it offers pods.

Outputs:
    cluster_name, cluster_arn, version: the cluster.
    endpoint, certificate_authority: how to reach its API server, from inside the VPC.
    kubeconfig: the same as a file; holds no credential.
    storage_class: the default class of encrypted volumes.
    priority_classes: the priority classes that tenants' pods may name, highest first.
    capacity: GPUs, vCPUs and GiB of memory that the tenants' pools can grow to.
"""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead import AdmissionPolicies, ClusterServices, NodePool, PrivateCluster
from bulkhead.cluster.addons import check_addon_versions
from bulkhead.cluster.admission.catalogue import check_exempt
from bulkhead.cluster.eks import check_operator_networks, physical_name
from bulkhead.cluster.kubeconfig import kubeconfig
from bulkhead.cluster.pool_arguments import SYSTEM_POOL, read_pool
from bulkhead.domain.environments import Environment
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.pools import check_pools, total_capacity
from bulkhead.domain.subnets import SubnetGroup
from stacks.config import ClusterConfig, at_key, read_config
from stacks.environment import CLUSTER, Platform, load_platform
from stacks.layers import aws_provider, read_layer


def deploy(environment: Environment) -> None:
    """Register the layer."""
    config = read_config(ClusterConfig)
    platform = load_platform(environment, config.tenants)
    system = config.system_pool.args() if config.system_pool else SYSTEM_POOL
    shared = [pool.args() for pool in config.pools]
    pools = [
        read_pool(pool, where=at_key(f"pools[{number}]")) for number, pool in enumerate(shared)
    ]
    check_pools([read_pool(system, where=at_key("system_pool")), *pools], where=at_key("pools"))
    check_addon_versions(config.addon_versions, where=at_key("addon_versions"))
    check_operator_networks(config.operator_networks, where=at_key("operator_networks"))
    check_exempt(config.exempt_namespaces, where=at_key("exempt_namespaces"))
    capacity = total_capacity(pools)
    platform.check_capacity(capacity)

    aws = aws_provider(platform.scope)
    opts = pulumi.ResourceOptions(provider=aws)
    foundation = read_layer(environment, "foundation")
    cluster = PrivateCluster(
        CLUSTER,
        {
            "scope": platform.args,
            "tier": platform.tier,
            "subnet_ids": foundation.require_output("subnet_ids")[SubnetGroup.CLUSTER],
            "secrets_key_arn": _key(foundation, platform, Purpose.SECRET),
            "log_key_arn": _key(foundation, platform, Purpose.LOG),
            "administrators": platform.administrators,
            "version": platform.version,
            "addon_versions": config.addon_versions,
            "operator_networks": config.operator_networks,
        },
        opts,
    )
    nodes = [
        NodePool(
            pool["name"],
            {
                "scope": platform.args,
                "tier": platform.tier,
                "pool": pool,
                "system": pool is system,
                "cluster_name": cluster.cluster_name,
                "version": cluster.version,
                "security_group_id": cluster.security_group_id,
                "subnet_ids": foundation.require_output("subnet_ids")[
                    SubnetGroup.CONTROL if pool is system else SubnetGroup.INFERENCE
                ],
                "node_role_arn": cluster.node_role_arn,
                "volume_key_arn": _key(foundation, platform, Purpose.VOLUME),
            },
            pulumi.ResourceOptions(provider=aws, depends_on=[cluster]),
        )
        for pool in (system, *shared)
    ]

    config_file = kubeconfig(
        cluster.cluster_name,
        cluster.endpoint,
        cluster.certificate_authority,
        platform.scope.region,
    )
    provider = k8s.Provider(
        "cluster",
        kubeconfig=config_file,
        opts=pulumi.ResourceOptions(depends_on=[cluster]),
    )
    services = ClusterServices(
        "services",
        {
            "scope": platform.args,
            "tier": platform.tier,
            "cluster_name": physical_name(platform.scope, CLUSTER),
            "volume_key_arn": _key(foundation, platform, Purpose.VOLUME),
            "cluster_cidrs": foundation.require_output("cluster_cidrs"),
            "endpoint_cidrs": foundation.require_output("endpoint_cidrs"),
            "resolver_cidr": foundation.require_output("resolver_cidr"),
            "addon_versions": config.addon_versions,
        },
        pulumi.ResourceOptions(providers=[aws, provider], depends_on=[nodes[0]]),
    )
    admission = AdmissionPolicies(
        "admission",
        {
            "scope": platform.args,
            "tier": platform.tier,
            "version": platform.version,
            "exempt_namespaces": config.exempt_namespaces,
        },
        pulumi.ResourceOptions(provider=provider),
    )
    pulumi.export("cluster_name", cluster.cluster_name)
    pulumi.export("cluster_arn", cluster.cluster_arn)
    pulumi.export("version", cluster.version)
    pulumi.export("endpoint", cluster.endpoint)
    pulumi.export("certificate_authority", cluster.certificate_authority)
    pulumi.export("kubeconfig", config_file)
    pulumi.export("storage_class", services.storage_class)
    pulumi.export("priority_classes", admission.priority_classes)
    pulumi.export(
        "capacity",
        {"gpus": capacity.gpus, "cpus": capacity.cpus, "memory_gib": capacity.memory_gib},
    )


def _key(
    foundation: pulumi.StackReference, platform: Platform, purpose: Purpose
) -> pulumi.Output[Any]:
    """The key that tenants share: that of the highest tier in use."""
    return foundation.require_output("key_arns")[platform.tier][purpose]
