"""A tenant's compartment in a cluster."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead.cluster.versions import check_version
from bulkhead.domain import admission
from bulkhead.domain.access import Access, group
from bulkhead.domain.admission import ARTIFACTS_CONFIG, NODES_LABEL, SERVICE_ACCOUNT
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import MadePodRole, make_pod_role
from bulkhead.workloads.arguments import TenantArgs, read_tenant
from bulkhead.workloads.artifacts import ArtifactsArgs, opening, reading, settings
from bulkhead.workloads.names import VERIFIED_LABEL
from bulkhead.workloads.namespace import Namespace
from bulkhead.workloads.network_policies import tenant_policies
from bulkhead.workloads.rbac import rules


class TenantNamespaceArgs(TypedDict):
    """What a ``TenantNamespace`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tenant: TenantArgs
    """The tenant."""
    cluster_name: str
    """Name of the cluster."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    nodes: NotRequired[str | None]
    """Whose nodes its pods land on, and on no others: ``tenant``, its own, or ``tier``, its tier's.
    Needs ``AdmissionPolicies`` in the cluster. Default: those that tenants share."""
    artifacts: ArtifactsArgs
    """Where its model artifacts are."""
    sealed_pools: NotRequired[list[str]]
    """Pools on whose attested nodes its inference servers open a ``SealedKey``. Default: none."""
    endpoint_cidrs: Strings
    """Addresses of the VPC's endpoints."""
    boundary_arn: pulumi.Input[str]
    """ARN of the permissions boundary of tenants' roles."""
    registries: NotRequired[list[str] | None]
    """Repositories whose images its pods may run, with those below them. Default: the account's ECR
    repositories ``<environment>/<tier>/<tenant>`` and ``<environment>/<tier>/platform``."""


class TenantNamespace(Component):
    """One tenant's namespace and all that keeps it to itself (ISO-2, ISO-3).

    The namespace carries the label set and the restricted Pod Security Standard; a ResourceQuota
    over GPUs, compute, storage and object counts with a LimitRange that makes it hold for pods
    which state nothing; network policies that deny all but DNS, the gateway's requests to inference
    servers, and those servers' reading of artifacts. The service account ``inference-server`` has
    an AWS role of its own that reads the tenant's prefix of its tier's models. No service account's
    token is mounted by default. People get in through access entries for their IAM roles, as admin,
    developer or viewer.

    Needs a Kubernetes provider. Whether tenants fit a cluster together is judged by
    ``domain.tenants.check_tenants``, which the patterns call.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import TenantNamespace

        TenantNamespace(
            "assist",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tenant": {
                    "name": "assist",
                    "tier": "internal",
                    "pattern": "shared-cluster",
                    "owner": "assist-team",
                    "cost_center": "cc-210",
                    "quota": {"gpus": 2, "cpus": 32},
                },
                "cluster_name": "dev-platform",
                "artifacts": {
                    "bucket_name": "dev-internal-models-111122223333-eu-central-1",
                    "endpoint_url": "https://bucket.vpce-0123456789abcdef0-01234567."
                    "s3.eu-central-1.vpce.amazonaws.com",
                },
                "endpoint_cidrs": ["10.20.2.0/26"],
                "boundary_arn": "arn:aws:iam::111122223333:policy/bulkhead/dev/"
                "dev-workload-boundary",
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    namespace: pulumi.Output[str]
    """Name of the namespace, which is the tenant's."""
    role_arn: pulumi.Output[str]
    """ARN of the role of the tenant's inference servers."""
    role_name: pulumi.Output[str]
    """Name of that role; ``SecretFiles`` take it."""
    service_account: pulumi.Output[str]
    """Name of the service account that has the role."""

    def __init__(
        self, name: str, args: TenantNamespaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the compartment.

        Raises:
            RefusedError: the scope or the version is refused, or the tenant may not be built:
                see ``Tenant.check``.
        """
        args = checked(args, TenantNamespaceArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        version = check_version(args.get("version"), where=f"{name}.version")
        tenant = read_tenant(args["tenant"], where=f"{name}.tenant").check(
            region=scope.region, where=f"{name}.tenant"
        )
        labels = tenant.labels(scope.environment, Plane.INFERENCE, "inference")
        nodes = args.get("nodes")
        if nodes is not None:
            admission.check_nodes(nodes, where=f"{name}.nodes")
        checked(args["artifacts"], ArtifactsArgs, where=f"{name}.artifacts")
        registries = admission.check_registries(
            args.get("registries") or admission.registries(scope, tenant),
            where=f"{name}.registries",
        )
        super().__init__(name, opts)

        namespace = Namespace(
            name,
            tenant.name,
            version=version,
            labels=labels,
            annotations=tenant.annotations() | admission.annotations(tenant, registries),
            quota=tenant.quota,
            policies=tenant_policies(args["endpoint_cidrs"]),
            more_labels={VERIFIED_LABEL: "true", **({NODES_LABEL: nodes} if nodes else {})},
            opts=self._child(),
        )
        role = self._identity(name, scope, tenant, labels, args, namespace)
        self._let_in(name, tenant, labels, args, namespace)
        self._export(
            {
                "namespace": namespace.name,
                "role_arn": role.arn,
                "role_name": role.name,
                "service_account": SERVICE_ACCOUNT,
            }
        )

    def _identity(
        self,
        name: str,
        scope: Scope,
        tenant: Tenant,
        labels: Labels,
        args: TenantNamespaceArgs,
        namespace: Namespace,
    ) -> MadePodRole:
        cluster = args["cluster_name"]
        namespace.add(
            k8s.core.v1.ServiceAccount, SERVICE_ACCOUNT, automount_service_account_token=False
        )
        namespace.add(
            k8s.core.v1.ConfigMap,
            ARTIFACTS_CONFIG,
            data=settings(args["artifacts"], tenant.name, scope.region),
        )
        return make_pod_role(
            name,
            cluster_name=cluster,
            namespace=tenant.name,
            service_account=SERVICE_ACCOUNT,
            scope=scope,
            labels=labels,
            description=f"Inference servers of {tenant.name} in the EKS cluster {cluster}.",
            statements=[
                *reading(args["artifacts"], scope, tenant.tier),
                *opening(args.get("sealed_pools", []), scope, tenant.tier),
            ],
            boundary_arn=args["boundary_arn"],
            opts=self._child(),
        )

    def _let_in(
        self,
        name: str,
        tenant: Tenant,
        labels: Labels,
        args: TenantNamespaceArgs,
        namespace: Namespace,
    ) -> None:
        namespace.let_in(tenant.name, lambda access: rules(access, tenant.tier))
        for access in Access:
            for number, arn in enumerate(getattr(tenant.people, access), start=1):
                entry = f"{name}-{access}-{number}"
                aws.eks.AccessEntry(
                    entry,
                    cluster_name=args["cluster_name"],
                    principal_arn=arn,
                    kubernetes_groups=[group(tenant.name, access)],
                    type="STANDARD",
                    tags=labels.tags(entry),
                    opts=self._child(),
                )
