"""Pattern A: one cluster for many tenants."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.eks import PrivateCluster, physical_name
from bulkhead.cluster.kubeconfig import kubeconfig
from bulkhead.cluster.pools import SYSTEM_POOL, NodePool, PoolArgs, read_pool
from bulkhead.cluster.services import ClusterServices
from bulkhead.cluster.versions import KUBERNETES_VERSION, check_version
from bulkhead.domain import parsing
from bulkhead.domain.access import access_groups
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.pools import Pool, check_pools, total_capacity
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import Store
from bulkhead.domain.tenants import Quota, Tenant, check_tenants
from bulkhead.domain.tiers import Tier, strictest
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope
from bulkhead.foundation.boundary import WorkloadBoundary
from bulkhead.foundation.component import Component
from bulkhead.foundation.keys import KeyPartition, check_administrators
from bulkhead.foundation.network import PlaneNetwork, check_zones, plan_network
from bulkhead.foundation.storage import EncryptedBucket
from bulkhead.workloads.arguments import TenantArgs, read_tenant
from bulkhead.workloads.gateway import GatewayNamespace
from bulkhead.workloads.tenant import TenantNamespace

PATTERN = IsolationPattern.SHARED_CLUSTER


class SharedClusterArgs(TypedDict):
    """What a ``SharedCluster`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the platform."""
    cidr: str
    """Addresses of its VPC, a private network of /16 to /22."""
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
        plan = make_plan(name, args)
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

    def _foundation(self, name: str, args: SharedClusterArgs, plan: "Plan") -> "Foundation":
        scope = args["scope"]
        keys = {
            tier: KeyPartition(
                f"{name}-{tier}",
                {"scope": scope, "tier": tier, "administrators": args["administrators"]},
                self._child(),
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
        self, name: str, args: SharedClusterArgs, plan: "Plan", foundation: "Foundation"
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
                    "subnet_ids": network.node_subnet_ids,
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
        plan: "Plan",
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
                        "key_arn": foundation.keys[tenant.tier].arn(Store.MODELS.purpose),
                        "endpoint_url": foundation.network.s3_endpoint_url,
                    },
                    "endpoint_cidrs": foundation.network.endpoint_cidrs,
                    "boundary_arn": foundation.boundary.arn,
                },
                inside,
            )
            for tenant, described in zip(plan.tenants, args["tenants"], strict=True)
        }


@dataclass(frozen=True)
class Foundation:
    """What cluster and tenants stand on."""

    keys: dict[Tier, KeyPartition]
    models: dict[Tier, EncryptedBucket]
    boundary: WorkloadBoundary
    network: PlaneNetwork


@dataclass(frozen=True)
class Plan:
    """What is known of a ``SharedCluster`` before anything is registered.

    Attributes:
        scope: where it stands.
        tenants: its tenants, in the order of the arguments.
        tiers: the tiers in use, lowest first.
        tier: the highest tier in use.
        cluster_name: physical name of the cluster.
    """

    scope: Scope
    tenants: list[Tenant]
    tiers: list[Tier]
    tier: Tier
    cluster_name: str


def make_plan(name: str, args: SharedClusterArgs) -> Plan:
    """Check the arguments against each other.

    Raises:
        RefusedError: see ``SharedCluster``.
    """
    scope = read_scope(args["scope"], where=f"{name}.scope")
    check_version(args.get("version") or KUBERNETES_VERSION, where=f"{name}.version")
    administrators = check_administrators(args["administrators"], where=name)
    zones = check_zones(scope, args.get("zones"), where=f"{name}.zones")
    plan_network(args["cidr"], zones, where=f"{name}.cidr")
    tenants = _read_tenants(name, args, scope, capacity=total_capacity(_read_pools(name, args)))
    access_groups(
        {tenant.name: tenant.people for tenant in tenants},
        where=f"{name}.tenants",
        reserved=tuple(administrators),
    )
    tiers = sorted({tenant.tier for tenant in tenants}, key=lambda tier: tier.rank)
    return Plan(scope, tenants, tiers, strictest(tiers), physical_name(scope, name))


def _read_pools(name: str, args: SharedClusterArgs) -> list[Pool]:
    """The pools that the tenants share."""
    where = f"{name}.pools"
    if not args["pools"]:
        raise RefusedError("a pool for the tenants is needed", allowed="at least one", where=where)
    system = read_pool(args.get("system_pool") or SYSTEM_POOL, where=f"{name}.system_pool")
    shared = [read_pool(pool, where=f"{where}[{n}]") for n, pool in enumerate(args["pools"])]
    check_pools([system, *shared], where=where)
    return shared


def _read_tenants(
    name: str, args: SharedClusterArgs, scope: Scope, capacity: Quota
) -> list[Tenant]:
    where = f"{name}.tenants"
    if not args["tenants"]:
        raise RefusedError("a tenant is needed", allowed="at least one", where=where)
    tenants = [read_tenant(each, where=f"{where}[{n}]") for n, each in enumerate(args["tenants"])]
    for tenant in tenants:
        if tenant.pattern is not PATTERN:
            raise RefusedError(
                "the tenant belongs on another pattern",
                given=tenant.pattern,
                allowed=[PATTERN],
                where=f"{where}.{tenant.name}.pattern",
            )
    return check_tenants(tenants, capacity=capacity, region=scope.region, where=where)
