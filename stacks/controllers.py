"""What a cluster runs for its tenants' endpoints, beside what every cluster has."""

from typing import Any

import pulumi

from bulkhead import ScalingControllers
from bulkhead.patterns.network import Network
from stacks.clusters import Cluster


def make_controllers(
    name: str, cluster: Cluster, network: Network, opts: pulumi.ResourceOptions
) -> None:
    """Register those that a tenant of the cluster needs."""
    place: Any = {
        "scope": cluster.args["scope"],
        "tier": cluster.plan.tier,
        "version": cluster.args.get("version"),
        "cluster_cidrs": network.cluster_cidrs,
    }
    if cluster.endpoints and cluster.config.scaling_images:
        asking: Any = {
            **place,
            "cluster_name": cluster.plan.cluster_name,
            "images": cluster.config.scaling_images.given(),
            "workspace_ids": sorted({each.workspace for each in cluster.endpoints}),
            "endpoint_cidrs": network.endpoint_cidrs,
        }
        ScalingControllers(f"{name}-scaling", asking, opts)
