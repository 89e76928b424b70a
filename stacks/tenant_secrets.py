"""Tenants' secrets: foundation makes them, clusters mount them, workloads describe their files."""

from collections.abc import Mapping
from typing import Any

import pulumi

from bulkhead import PartitionSecrets, SecretFiles, SecretsDriver, TierFoundation
from bulkhead.domain.partitions import Purpose
from bulkhead.patterns.compartments import Compartments
from bulkhead.patterns.network import Network
from stacks.clusters import Cluster


def make_secrets(
    clusters: Mapping[str, Cluster], foundation: TierFoundation, opts: pulumi.ResourceOptions
) -> dict[str, Any]:
    """Make the secrets of each tier that has some; return their ARNs by tenant and name."""
    made: dict[str, Any] = {}
    for tier, keys in foundation.keys.items():
        secrets = [
            secret
            for cluster in clusters.values()
            for tenant in cluster.plan.tenants
            if tenant.tier is tier
            for secret in cluster.secrets[tenant.name]
        ]
        if secrets:
            partition = PartitionSecrets(
                f"{tier}-secrets",
                {
                    "scope": next(iter(clusters.values())).args["scope"],
                    "tier": tier,
                    "key_arn": keys.arn(Purpose.SECRET),
                    "log_key_arn": keys.arn(Purpose.LOG),
                    "secrets": secrets,
                },
                opts,
            )
            made[str(tier)] = partition.secret_arns
    return made


def make_driver(
    name: str, cluster: Cluster, network: Network, opts: pulumi.ResourceOptions
) -> None:
    """Install what mounts secrets in a cluster whose tenants have some."""
    if cluster.has_secrets:
        SecretsDriver(
            f"{name}-secrets",
            {
                "scope": cluster.args["scope"],
                "tier": cluster.plan.tier,
                "cluster_name": cluster.plan.cluster_name,
                "cluster_cidrs": network.cluster_cidrs,
                "endpoint_cidrs": network.endpoint_cidrs,
            },
            opts,
        )


def make_files(
    cluster: Cluster, made: Compartments, opts: pulumi.ResourceOptions
) -> dict[str, pulumi.Output[dict[str, Any]]]:
    """Describe the files of each tenant that has secrets; return the volume that its pods mount."""
    return {
        tenant.name: SecretFiles(
            f"{tenant.name}-secrets",
            {
                "scope": cluster.args["scope"],
                "tier": tenant.tier,
                "tenant": tenant.name,
                "role_name": made.spaces[tenant.name].role_name,
                "secrets": [secret["name"] for secret in cluster.secrets[tenant.name]],
            },
            opts,
        ).volume
        for tenant in cluster.plan.tenants
        if cluster.secrets[tenant.name]
    }
