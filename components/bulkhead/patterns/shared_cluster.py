"""Pattern A: one cluster for many tenants."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.eks import PrivateCluster
from bulkhead.cluster.kubeconfig import kubeconfig
from bulkhead.cluster.pools import SYSTEM_POOL, NodePool, PoolArgs
from bulkhead.cluster.services import ClusterServices
from bulkhead.domain import parsing
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.stores import ACCESS_LOGS, Store
from bulkhead.domain.subnets import SubnetGroup
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.access_logs import AccessLogBucket
from bulkhead.foundation.arguments import ScopeArgs, checked
from bulkhead.foundation.boundary import WorkloadBoundary
from bulkhead.foundation.component import Component
from bulkhead.foundation.keys import KeyPartition
from bulkhead.foundation.network import PlaneNetwork
from bulkhead.foundation.storage import EncryptedBucket
from bulkhead.patterns.plan import Plan, make_plan
from bulkhead.workloads.arguments import TenantArgs
from bulkhead.workloads.gateway import GatewayNamespace
from bulkhead.workloads.tenant import TenantNamespace

PATTERN = IsolationPattern.SHARED_CLUSTER


class SharedClusterArgs(TypedDict):
    """What a ``SharedCluster`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the platform."""
    cidr: str
    """Addresses of its VPC, a private network of /16 to /20."""
    administrators: list[str]
    """ARNs of the IAM roles that administer keys and cluster. The role that deploys must be one."""
    tenants: list[TenantArgs]
    """The tenants, one at least; none of a tier that needs more than medium isolation."""
    pools: list[PoolArgs]
    """Pools that the tenants share. Their largest sizes bound the tenants' quotas together."""
    system_pool: NotRequired[PoolArgs | None]
    """Nodes of the cluster's own pods. Default: two to four m7i.large."""
    version: NotRequired[str | None]
    """Kubernetes version. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    addon_versions: NotRequired[dict[str, str] | None]
    """Versions of add-ons by their names. Default: EKS's own default for the Kubernetes version."""
    zones: NotRequired[list[str] | None]
    """Availability Zones. Default: as many as the environment spans."""
    operator_networks: NotRequired[list[str] | None]
    """Private networks outside the VPC from which the API server is reached. Default: none."""


class SharedCluster(Component):
    """Pattern A: one private cluster whose tenants share control plane, nodes and GPUs' hosts.

    Medium isolation at the lowest cost (ISO-3), for many teams of one company with public or
    internal data. A container that escapes reaches the pods of other tenants on its node: tiers
    above internal are refused (ISO-9), as are quotas that add up to more than the pools can grow
    to, before anything is registered.

    Makes a VPC without a way in or out, key partition and model store for each tier in use,
    cluster, system pool and shared pools, and a namespace for the gateway and for each tenant.
    Keys, disks and logs that tenants share are those of the highest tier in use.

    The cluster's endpoint is private: deploying needs the AWS CLI and a network path into the VPC.
    """

    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    kubeconfig: pulumi.Output[str]
    """How to reach the cluster, as JSON; holds no credential."""
    vpc_id: pulumi.Output[str]
    """ID of the VPC."""
    model_buckets: pulumi.Output[dict[str, str]]
    """Name of the bucket of model artifacts for each tier in use."""
    namespaces: pulumi.Output[dict[str, str]]
    """Namespace of each tenant."""
    role_arns: pulumi.Output[dict[str, str]]
    """ARN of the role of each tenant's inference servers."""

    def __init__(
        self, name: str, args: SharedClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the platform.

        Raises:
            RefusedError: an argument, a tenant or the sum of the quotas is refused; the sentence
                names the tenant. Nothing is registered then.
        """
        parsing.name(name, where=name)
        args = checked(args, SharedClusterArgs, where=name)
        plan = make_plan(
            name,
            PATTERN,
            scope=args["scope"],
            cidr=args["cidr"],
            zones=args.get("zones"),
            version=args.get("version"),
            addon_versions=args.get("addon_versions"),
            operator_networks=args.get("operator_networks"),
            administrators=args["administrators"],
            pools=args["pools"],
            system_pool=args.get("system_pool") or SYSTEM_POOL,
            tenants=args["tenants"],
        )
        super().__init__(name, opts)

        foundation = self._foundation(name, args, plan)
        cluster, system = self._cluster(name, args, plan, foundation)
        config = kubeconfig(
            cluster.cluster_name,
            cluster.endpoint,
            cluster.certificate_authority,
            plan.scope.region,
        )
        # Access entries must be there before the first call, and still be at the last.
        provider = k8s.Provider(name, kubeconfig=config, opts=self._child(depends_on=[cluster]))
        inside = pulumi.ResourceOptions(parent=self, provider=provider)
        ClusterServices(
            name,
            {
                "scope": args["scope"],
                "tier": plan.tier,
                "cluster_name": plan.cluster_name,
                "volume_key_arn": foundation.keys[plan.tier].arn(Purpose.VOLUME),
                "cluster_cidrs": foundation.network.cluster_cidrs,
                "endpoint_cidrs": foundation.network.endpoint_cidrs,
                "resolver_cidr": foundation.network.resolver_cidr,
                "addon_versions": args.get("addon_versions"),
            },
            pulumi.ResourceOptions(parent=self, provider=provider, depends_on=[system]),
        )
        made = self._workloads(name, args, plan, foundation, inside)
        self._export(
            {
                "cluster_name": cluster.cluster_name,
                "kubeconfig": config,
                "vpc_id": foundation.network.vpc_id,
                "model_buckets": {
                    str(tier): bucket.bucket_name for tier, bucket in foundation.models.items()
                },
                "namespaces": {tenant: each.namespace for tenant, each in made.items()},
                "role_arns": {tenant: each.role_arn for tenant, each in made.items()},
            }
        )

    def _foundation(self, name: str, args: SharedClusterArgs, plan: Plan) -> "Foundation":
        scope = args["scope"]
        keys = {
            tier: KeyPartition(
                f"{name}-{tier}",
                {"scope": scope, "tier": tier, "administrators": args["administrators"]},
                self._child(),
            )
            for tier in plan.tiers
        }
        logs = {
            tier: AccessLogBucket(
                f"{name}-{tier}-{ACCESS_LOGS}", {"scope": scope, "tier": tier}, self._child()
            )
            for tier in plan.tiers
        }
        models = {
            tier: EncryptedBucket(
                f"{name}-{tier}-{Store.MODELS}",
                {
                    "scope": scope,
                    "tier": tier,
                    "store": Store.MODELS,
                    "key_arn": keys[tier].arn(Store.MODELS.purpose),
                    "access_log_bucket": logs[tier].bucket_name,
                },
                self._child(),
            )
            for tier in plan.tiers
        }
        return Foundation(
            keys=keys,
            models=models,
            boundary=WorkloadBoundary(
                f"{name}-workload-boundary", {"scope": scope, "tier": plan.tier}, self._child()
            ),
            network=PlaneNetwork(
                name,
                {
                    "scope": scope,
                    "tier": plan.tier,
                    "cidr": args["cidr"],
                    "log_key_arn": keys[plan.tier].arn(Purpose.LOG),
                    "zones": args.get("zones"),
                },
                self._child(),
            ),
        )

    def _cluster(
        self, name: str, args: SharedClusterArgs, plan: Plan, foundation: "Foundation"
    ) -> tuple[PrivateCluster, NodePool]:
        """Register the cluster and its pools; return it and the system's pool."""
        keys, network = foundation.keys[plan.tier], foundation.network
        cluster = PrivateCluster(
            name,
            {
                "scope": args["scope"],
                "tier": plan.tier,
                "subnet_ids": network.cluster_subnet_ids,
                "secrets_key_arn": keys.arn(Purpose.SECRET),
                "log_key_arn": keys.arn(Purpose.LOG),
                "administrators": args["administrators"],
                "version": args.get("version"),
                "addon_versions": args.get("addon_versions"),
                "operator_networks": args.get("operator_networks"),
            },
            self._child(),
        )
        system = args.get("system_pool") or SYSTEM_POOL
        pools = [
            NodePool(
                f"{name}-{pool['name']}",
                {
                    "scope": args["scope"],
                    "tier": plan.tier,
                    "pool": pool,
                    "system": pool is system,
                    "cluster_name": cluster.cluster_name,
                    "version": cluster.version,
                    "security_group_id": cluster.security_group_id,
                    "subnet_ids": network.subnet_ids[_plane(pool is system)],
                    "node_role_arn": cluster.node_role_arn,
                    "volume_key_arn": keys.arn(Purpose.VOLUME),
                },
                self._child(depends_on=[cluster]),
            )
            for pool in (system, *args["pools"])
        ]
        return cluster, pools[0]

    def _workloads(
        self,
        name: str,
        args: SharedClusterArgs,
        plan: Plan,
        foundation: "Foundation",
        inside: pulumi.ResourceOptions,
    ) -> dict[str, TenantNamespace]:
        version = args.get("version")
        GatewayNamespace(
            f"{name}-gateway",
            {"scope": args["scope"], "tier": plan.tier, "version": version},
            inside,
        )
        return {
            tenant.name: TenantNamespace(
                f"{name}-{tenant.name}",
                {
                    "scope": args["scope"],
                    "tenant": described,
                    "cluster_name": plan.cluster_name,
                    "version": version,
                    "artifacts": {
                        "bucket_name": foundation.models[tenant.tier].bucket_name,
                        "endpoint_url": foundation.network.s3_endpoint_url,
                    },
                    "endpoint_cidrs": foundation.network.endpoint_cidrs,
                    "boundary_arn": foundation.boundary.arn,
                },
                inside,
            )
            for tenant, described in zip(plan.tenants, args["tenants"], strict=True)
        }


def _plane(is_system: bool) -> SubnetGroup:
    """The subnets of a pool: tenants' models are apart from what runs the cluster (ISO-1)."""
    return SubnetGroup.CONTROL if is_system else SubnetGroup.INFERENCE


@dataclass(frozen=True)
class Foundation:
    """What cluster and tenants stand on."""

    keys: dict[Tier, KeyPartition]
    models: dict[Tier, EncryptedBucket]
    boundary: WorkloadBoundary
    network: PlaneNetwork
