"""The workloads layer: the gateway's namespace and one for each tenant.

Outputs:
    gateway_namespace: the platform's namespace in front of every inference call.
    tenants: for each tenant its namespace, service account, role, tier and isolation pattern.
"""

import pulumi
import pulumi_kubernetes as k8s

from bulkhead import GatewayNamespace, TenantNamespace
from bulkhead.cluster.eks import physical_name
from bulkhead.domain.environments import Environment
from stacks.config import WorkloadsConfig, read_config
from stacks.environment import CLUSTER, load_platform
from stacks.layers import aws_provider, read_layer


def deploy(environment: Environment) -> None:
    """Register the layer."""
    config = read_config(WorkloadsConfig)
    platform = load_platform(environment, config.tenants)

    foundation, cluster = (read_layer(environment, name) for name in ("foundation", "cluster"))
    opts = pulumi.ResourceOptions(
        providers=[
            aws_provider(platform.scope),
            k8s.Provider("cluster", kubeconfig=cluster.require_output("kubeconfig")),
        ]
    )
    gateway = GatewayNamespace(
        "gateway",
        {"scope": platform.args, "tier": platform.tier, "version": platform.version},
        opts,
    )
    made = {
        tenant.name: TenantNamespace(
            tenant.name,
            {
                "scope": platform.args,
                "tenant": described,
                "cluster_name": physical_name(platform.scope, CLUSTER),
                "version": platform.version,
                "artifacts": {
                    "bucket_name": foundation.require_output("model_buckets")[tenant.tier],
                    "endpoint_url": foundation.require_output("s3_endpoint_url"),
                },
                "endpoint_cidrs": foundation.require_output("endpoint_cidrs"),
                "boundary_arn": foundation.require_output("boundary_arn"),
            },
            opts,
        )
        for tenant, described in platform.tenants
    }
    pulumi.export("gateway_namespace", gateway.namespace)
    pulumi.export(
        "tenants",
        {
            tenant.name: {
                "namespace": made[tenant.name].namespace,
                "service_account": made[tenant.name].service_account,
                "role_arn": made[tenant.name].role_arn,
                "tier": str(tenant.tier),
                "pattern": str(tenant.pattern),
            }
            for tenant, _ in platform.tenants
        },
    )
