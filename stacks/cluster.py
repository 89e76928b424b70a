"""The cluster layer: every cluster that tenants' patterns ask for, its pools and what it offers.

Outputs:
    clusters: for each cluster
        cluster_name, cluster_arn, version: what it is.
        endpoint, certificate_authority: how to reach its API server, from inside its VPC.
        access: over which network paths.
        kubeconfig: the same as a file; holds no credential.
        storage_class: the default class of encrypted volumes.
        priority_classes: the priority classes that tenants' pods may name, highest first.
        capacity: GPUs, vCPUs and GiB of memory that the tenants' pools can grow to.
        counters: address of the store of the gateway's counters, if there is a gateway.
        sealed_key_arns: for each tenant the key of each of its sealed pools.
"""

from typing import Any

import pulumi

from bulkhead.domain.environments import Environment
from bulkhead.domain.pools import total_capacity
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.cluster import Cluster
from bulkhead.patterns.plan import Plan
from stacks.config import ClustersConfig, read_config
from stacks.controllers import make_controllers
from stacks.environment import load_platform
from stacks.layers import aws_provider, foundation_of, network_of, read_layer
from stacks.tenant_secrets import make_driver


def deploy(environment: Environment) -> None:
    """Register the layer."""
    config = read_config(ClustersConfig)
    platform = load_platform(environment, config.tenants)
    opts = pulumi.ResourceOptions(providers=[aws_provider(platform.scope)])
    foundation = read_layer(environment, "foundation")
    topic = foundation.require_output("alarm_topic_arn")
    made = {}
    for name, cluster in platform.clusters.items():
        network = network_of(foundation, name)
        args: PatternArgs = {**cluster.args, "alarm_topic_arn": topic}
        built = Cluster(name, args, cluster.plan, network, foundation_of(foundation), opts)
        after = pulumi.ResourceOptions(depends_on=[built.services])
        inside = pulumi.ResourceOptions.merge(built.inside, after)
        make_driver(name, cluster, network, inside)
        signers = foundation.require_output("signing_keys")
        make_controllers(name, cluster, network, signers, inside)
        made[name] = _outputs(cluster.plan, built)
    pulumi.export("clusters", made)


def _outputs(plan: Plan, made: Cluster) -> dict[str, Any]:
    capacity = total_capacity(plan.pools)
    return {
        "cluster_name": made.control_plane.cluster_name,
        "cluster_arn": made.control_plane.cluster_arn,
        "version": made.control_plane.version,
        "endpoint": made.control_plane.endpoint,
        "certificate_authority": made.control_plane.certificate_authority,
        "access": made.access,
        "kubeconfig": made.kubeconfig,
        "storage_class": made.services.storage_class,
        "priority_classes": made.admission.priority_classes,
        "capacity": {
            "gpus": capacity.gpus,
            "cpus": capacity.cpus,
            "memory_gib": capacity.memory_gib,
        },
        "sealed_key_arns": made.sealing.key_arns,
        "counters": made.counters,
    }
