"""The workloads layer: in every cluster the gateway's namespace and one for each tenant.

Outputs:
    gateway_namespaces: for each cluster the namespace in front of every inference call.
    gateway_hosts: for each cluster the DNS name of its gateway, if it has one.
    clusters: for each tenant the cluster that it runs on.
    tenants: for each tenant what it gets; see ``bulkhead.patterns.arguments.Compartment``.
    secret_volumes: for each tenant that has secrets the volume with which its pods mount them.
    endpoints: for each tenant and endpoint its servers, the digests of their models, its traffic
        and the most replicas of each release.
    sandboxes: for each tenant whose agents have some the namespace and the pool that they claim.
    isolation: for each tenant what separates it from the others at each boundary.
    public_edges: for each cluster that the internet reaches where its name points to, when it
        closes, and the IDs of its clients' keys.
"""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead import DebugAccess
from bulkhead.domain.boundaries import SEPARATION
from bulkhead.domain.environments import Environment
from bulkhead.patterns.compartments import Compartments
from bulkhead.patterns.network import at
from stacks.config import WorkloadsConfig, read_config
from stacks.debugging import debug_access
from stacks.edges import check_edges, open_edges
from stacks.endpoints import serve
from stacks.environment import load_platform
from stacks.layers import aws_provider, foundation_of, network_of, read_layer
from stacks.sandboxes import make_sandboxes
from stacks.tenant_secrets import make_files


def deploy(environment: Environment) -> None:
    """Register the layer."""
    config = read_config(WorkloadsConfig)
    platform = load_platform(environment, config.tenants)
    check_edges(platform, config.public_edges)
    debugging = debug_access(config.debug_access, platform)
    aws = aws_provider(platform.scope)
    foundation, layer = (read_layer(environment, name) for name in ("foundation", "cluster"))
    clusters = layer.require_output("clusters")
    inside = {
        name: pulumi.ResourceOptions(
            providers=[aws, k8s.Provider(name, kubeconfig=at(clusters, name, "kubeconfig"))]
        )
        for name in platform.clusters
    }
    made: dict[str, Compartments] = {}
    volumes: dict[str, Any] = {}
    running: dict[str, Any] = {}
    sandboxes: dict[str, Any] = {}
    for name, cluster in platform.clusters.items():
        made[name] = Compartments(
            name,
            cluster.args,
            cluster.plan,
            network_of(foundation, name),
            foundation_of(foundation),
            sealed_key_arns={
                tenant.name: at(clusters, name, "sealed_key_arns", tenant.name)
                for tenant in cluster.plan.tenants
            },
            counters=at(clusters, name, "counters") if cluster.plan.gateway else None,
            opts=inside[name],
        )
        volumes |= make_files(cluster, made[name], inside[name])
        running |= serve(
            cluster.endpoints,
            cluster.plan,
            made[name],
            foundation.require_output("signing_keys"),
            inside[name],
        )
        sandboxes |= make_sandboxes(
            name, cluster.sandboxes, cluster.args, cluster.plan, made[name], inside[name]
        )
    for where, name, args in debugging:
        DebugAccess(name, args, inside[where])
    pulumi.export(
        "gateway_namespaces", {name: each.gateway.namespace for name, each in made.items()}
    )
    pulumi.export("gateway_hosts", {name: each.gateway_host for name, each in made.items()})
    pulumi.export(
        "clusters", {tenant: name for name, each in made.items() for tenant in each.tenants}
    )
    pulumi.export(
        "tenants", {tenant: got for each in made.values() for tenant, got in each.tenants.items()}
    )
    pulumi.export("secret_volumes", volumes)
    pulumi.export("endpoints", running)
    pulumi.export("sandboxes", sandboxes)
    pulumi.export(
        "isolation",
        {
            tenant.name: {
                str(boundary): what for boundary, what in SEPARATION[tenant.pattern].items()
            }
            for tenant in platform.tenants
        },
    )
    opts = pulumi.ResourceOptions(provider=aws)
    pulumi.export("public_edges", open_edges(platform, config.public_edges, foundation, opts))
