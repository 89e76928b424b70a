"""What a cluster runs for its tenants, beside what every cluster has."""

from typing import Any

import pulumi

from bulkhead import ImageVerification, SandboxController, ScalingControllers
from bulkhead.domain.admission import tier_registry
from bulkhead.patterns.network import Network, at
from bulkhead.workloads.sandbox_controller import SandboxControllerArgs
from stacks.clusters import Cluster


def make_controllers(
    name: str,
    cluster: Cluster,
    network: Network,
    signing_keys: pulumi.Output[Any],
    opts: pulumi.ResourceOptions,
) -> None:
    """Register those that a tenant of the cluster needs, and what verifies its images.

    ``signing_keys`` tell the public key of each tier's builders.
    """
    plan, config = cluster.plan, cluster.config
    place: Any = {
        "scope": cluster.args["scope"],
        "tier": plan.tier,
        "cluster_name": plan.cluster_name,
        "version": cluster.args.get("version"),
        "cluster_cidrs": network.cluster_cidrs,
        "endpoint_cidrs": network.endpoint_cidrs,
    }
    if cluster.endpoints and config.scaling_images:
        scaling: Any = {
            **place,
            "images": config.scaling_images.given(),
            "workspace_ids": sorted({each.workspace for each in cluster.endpoints}),
        }
        ScalingControllers(f"{name}-scaling", scaling, opts)
    if cluster.sandboxes and config.sandbox_controller:
        known = SandboxControllerArgs.__annotations__
        boxing: Any = {key: each for key, each in place.items() if key in known}
        boxing |= config.sandbox_controller.given()
        SandboxController(f"{name}-sandboxes", boxing, opts)
    if config.verifier_images:
        verifying: Any = {
            **place,
            "images": config.verifier_images.given(),
            "trusted": [
                {
                    "name": str(tier),
                    "repositories": [tier_registry(plan.scope, tier)],
                    "public_keys": {"builder": at(signing_keys, str(tier))},
                }
                for tier in plan.tiers
            ],
        }
        ImageVerification(f"{name}-images", verifying, opts)
