"""A tenant's namespace for training."""

from dataclasses import replace
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.versions import check_version
from bulkhead.domain import admission
from bulkhead.domain.admission import NODES_LABEL, STORES_CONFIG, TRAINER_ACCOUNT
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.queues import pools_annotation, training_namespace
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import MadePodRole, make_pod_role
from bulkhead.workloads.arguments import TenantArgs, read_tenant
from bulkhead.workloads.names import VERIFIED_LABEL
from bulkhead.workloads.namespace import Namespace
from bulkhead.workloads.network_policies import training_policies
from bulkhead.workloads.rbac import rules
from bulkhead.workloads.training_arguments import read_training
from bulkhead.workloads.training_stores import TrainingStoresArgs, settings, statements


class TrainingNamespaceArgs(TypedDict):
    """What a ``TrainingNamespace`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tenant: TenantArgs
    """The tenant, with its ``training``."""
    cluster_name: str
    """Name of the cluster."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    nodes: NotRequired[str | None]
    """Whose nodes for training its pods land on, and on no others: ``tenant``, its own, or
    ``tier``, its tier's. Default: those that tenants share."""
    stores: TrainingStoresArgs
    """Where its datasets, models and checkpoints are."""
    endpoint_cidrs: Strings
    """Addresses of the VPC's endpoints."""
    boundary_arn: pulumi.Input[str]
    """ARN of the permissions boundary of tenants' roles."""
    registries: NotRequired[list[str] | None]
    """Repositories whose images its pods may run, with those below them. Default: the account's ECR
    repositories ``<environment>/<tier>/<tenant>`` and ``<environment>/<tier>/platform``."""


class TrainingNamespace(Component):
    """Where a tenant trains, apart from where it serves (TRN-1, TRN-3).

    The namespace ``<tenant>-training`` is closed as ``TenantNamespace`` is: label set, restricted
    Pod Security Standard, quotas, denied network. Its GPUs, vCPUs and memory are the sum of the
    tenant's budgets. Pods come from jobs alone, of which ``AdmissionPolicies`` let in those that
    wait in one of the tenant's queues and end in time. Trainers reach each other and the VPC's
    endpoints; nothing leads to inference servers or back. The service account ``trainer`` has an
    AWS role of its own that reads the tenant's prefix of datasets and models and writes that of
    checkpoints, and nothing else: no registry of models or images. The tenant's people come in by
    the access entries of ``TenantNamespace``, with rights on jobs instead of servers.

    Needs a Kubernetes provider, ``AdmissionPolicies``, and the tenant's ``TenantNamespace``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import TrainingNamespace

        TrainingNamespace(
            "acme-training",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tenant": {
                    "name": "acme",
                    "tier": "internal",
                    "owner": "team-ml",
                    "cost_center": "cc-42",
                    "training": {
                        "budgets": {
                            "production-retraining": {
                                "quota": {
                                    "train": {"gpus": 4, "cpus": 32, "memory_gib": 128},
                                },
                            },
                        },
                    },
                },
                "cluster_name": "dev-shared",
                "stores": {
                    "datasets": "dev-internal-datasets-111122223333-eu-central-1",
                    "models": "dev-internal-models-111122223333-eu-central-1",
                    "checkpoints": "dev-internal-checkpoints-111122223333-eu-central-1",
                    "endpoint_url": "https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com",
                },
                "endpoint_cidrs": ["10.20.2.0/26"],
                "boundary_arn": "arn:aws:iam::111122223333:policy/bulkhead/dev/dev-boundary",
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    namespace: pulumi.Output[str]
    """Name of the namespace."""
    role_arn: pulumi.Output[str]
    """ARN of the role of the tenant's trainers."""
    service_account: pulumi.Output[str]
    """Name of the service account that has the role."""

    def __init__(
        self, name: str, args: TrainingNamespaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the namespace.

        Raises:
            RefusedError: the scope or the version is refused, the tenant may not be built or does
                not train: see ``Tenant.check`` and ``Training.check``.
        """
        args = checked(args, TrainingNamespaceArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        version = check_version(args.get("version"), where=f"{name}.version")
        where = f"{name}.tenant"
        tenant = read_tenant(args["tenant"], where=where).check(region=scope.region, where=where)
        described = args["tenant"].get("training")
        if described is None:
            raise RefusedError("a tenant that does not train", given=tenant.name, where=where)
        training = read_training(described, tenant, where=f"{where}.training")
        nodes = args.get("nodes")
        if nodes is not None:
            admission.check_nodes(nodes, where=f"{name}.nodes")
        checked(args["stores"], TrainingStoresArgs, where=f"{name}.stores")
        registries = admission.check_registries(
            args.get("registries") or admission.registries(scope, tenant),
            where=f"{name}.registries",
        )
        super().__init__(name, opts)

        labels = tenant.labels(scope.environment, Plane.TRAINING, "training")
        bounded = replace(tenant, quota=training.namespace_quota())
        namespace = Namespace(
            name,
            training_namespace(tenant.name),
            version=version,
            labels=labels,
            annotations={
                **tenant.annotations(),
                **admission.annotations(bounded, registries),
                **pools_annotation(training),
            },
            quota=bounded.quota,
            policies=training_policies(args["endpoint_cidrs"]),
            more_labels={VERIFIED_LABEL: "true", **({NODES_LABEL: nodes} if nodes else {})},
            opts=self._child(),
        )
        role = self._identity(name, scope, tenant, labels, args, namespace)
        namespace.let_in(tenant.name, lambda access: rules(access, tenant.tier, Plane.TRAINING))
        self._export(
            {
                "namespace": namespace.name,
                "role_arn": role.arn,
                "service_account": TRAINER_ACCOUNT,
            }
        )

    def _identity(
        self,
        name: str,
        scope: Scope,
        tenant: Tenant,
        labels: Labels,
        args: TrainingNamespaceArgs,
        namespace: Namespace,
    ) -> MadePodRole:
        cluster = args["cluster_name"]
        namespace.add(
            k8s.core.v1.ServiceAccount, TRAINER_ACCOUNT, automount_service_account_token=False
        )
        namespace.add(
            k8s.core.v1.ConfigMap,
            STORES_CONFIG,
            data=settings(args["stores"], tenant, scope.region),
        )
        return make_pod_role(
            name,
            cluster_name=cluster,
            namespace=namespace.name,
            service_account=TRAINER_ACCOUNT,
            scope=scope,
            labels=labels,
            description=f"Trainers of {tenant.name} in the EKS cluster {cluster}.",
            statements=statements(args["stores"], scope, tenant),
            boundary_arn=args["boundary_arn"],
            opts=self._child(),
        )
