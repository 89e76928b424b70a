"""Sandboxes in which a tenant's agents run code."""

from dataclasses import replace
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.system_policies import default_deny
from bulkhead.cluster.versions import check_version
from bulkhead.domain import admission, parsing
from bulkhead.domain.admission import NODES_LABEL
from bulkhead.domain.images import read_image
from bulkhead.domain.labels import LABEL_PREFIX, Plane
from bulkhead.domain.pods import Runtime
from bulkhead.domain.runtimes import check_nitro_version
from bulkhead.domain.sandboxes import (
    AGENT_ACCOUNT,
    SANDBOX_HOURS,
    SANDBOXES_LABEL,
    Destination,
    Sandboxes,
    sandbox_namespace,
)
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope
from bulkhead.foundation.component import Component
from bulkhead.workloads import sandbox_specs
from bulkhead.workloads.arguments import TenantArgs, read_tenant
from bulkhead.workloads.names import VERIFIED_LABEL
from bulkhead.workloads.namespace import Namespace
from bulkhead.workloads.rbac import sandbox_rules

EXTENSIONS = "extensions.agents.x-k8s.io/v1beta1"


class DestinationArgs(TypedDict):
    """A service that sandboxes reach besides the tools' gateway."""

    cidr: str
    """Its private address as a network of one, or of at most 16: /28 to /32."""
    port: int
    """Its TCP port."""


class AgentSandboxArgs(TypedDict):
    """What an ``AgentSandbox`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tenant: TenantArgs
    """The tenant whose agents run in it."""
    runtime: str
    """What keeps them from their node's kernel: gvisor, kata, isolated-sandbox or
    confidential-sandbox. Nodes of the tenant's must run it."""
    image: str
    """What runs, by digest, of one of the tenant's registries."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    nodes: NotRequired[str | None]
    """Whose nodes they land on: ``tenant``, its own, or ``tier``, its tier's. Default: those that
    tenants share."""
    command: NotRequired[list[str]]
    """What is started. Default: the image's own."""
    cpus: NotRequired[int]
    """vCPUs of one sandbox. Default: 1."""
    memory_gib: NotRequired[int]
    """Memory of one sandbox in GiB. Default: 2."""
    disk_gib: NotRequired[int]
    """Node disk that one sandbox may fill, in GiB. Default: 4."""
    storage_gib: NotRequired[int]
    """Encrypted volume of one sandbox in GiB, gone with it. Default: 0, and none."""
    most: NotRequired[int]
    """Sandboxes at once. All of them together take at most the tenant's quota once more. Default:
    4."""
    warm: NotRequired[int]
    """Of these how many wait for work. Default: 0: each starts when it is claimed."""
    hours: NotRequired[int]
    """The longest that a sandbox lives; 24 at most. Default: 1."""
    user: NotRequired[int]
    """User and group that agents run as. Default: 1000."""
    egress: NotRequired[list[DestinationArgs]]
    """What agents reach besides name resolution and the tools' gateway. Default: nothing."""
    policy: NotRequired[str]
    """Cedar policy of a confidential sandbox, as eks-nitro-sandbox-genpolicy prints it. Default:
    none; confidential-sandbox needs one."""
    registries: NotRequired[list[str] | None]
    """Repositories whose images sandboxes may run. Default: as for ``TenantNamespace``."""


class AgentSandbox(Component):
    """Where a tenant's agents run code that nobody has read (ISO-11).

    The namespace ``<tenant>-sandbox`` holds sandboxes and nothing else: its network is denied but
    for name resolution, the tools' gateway and what ``egress`` lists; nothing connects to it; no
    pod has a token, an identity in AWS, a secret, its root to write, or its node's kernel. The
    tenant's people claim sandboxes (``SandboxClaim``, which names the pool ``agent``), and each
    ends by its deadline and is deleted with all that it wrote. Admission holds all of it against
    other templates too.

    Needs a Kubernetes provider, ``AdmissionPolicies``, the ``SandboxController``, and nodes that
    run the runtime (``SandboxRuntimes``). Comes beside the tenant's ``TenantNamespace``, whose
    access entries let its people in.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import AgentSandbox

        REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
        AgentSandbox(
            "assist-sandbox",
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
                    "owner": "assist-team",
                    "cost_center": "cc-210",
                    "quota": {"cpus": 16, "memory_gib": 64},
                },
                "runtime": "kata",
                "image": f"{REGISTRY}/dev/internal/assist/python@sha256:" + 64 * "a",
                "most": 8,
                "warm": 2,
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    namespace: pulumi.Output[str]
    """Name of the namespace."""
    warm_pool: pulumi.Output[str]
    """What a SandboxClaim names in ``warmPoolRef``."""

    def __init__(
        self, name: str, args: AgentSandboxArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the namespace, the template and the pool of waiting sandboxes.

        Raises:
            RefusedError: the scope, the version or the tenant is refused, or see
                ``Sandboxes.check``.
        """
        args = checked(args, AgentSandboxArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        version = check_version(args.get("version"), where=f"{name}.version")
        where = f"{name}.tenant"
        tenant = read_tenant(args["tenant"], where=where).check(region=scope.region, where=where)
        nodes = args.get("nodes")
        if nodes is not None:
            admission.check_nodes(nodes, where=f"{name}.nodes")
        registries = admission.check_registries(
            args.get("registries") or admission.registries(scope, tenant),
            where=f"{name}.registries",
        )
        sandboxes = read_sandboxes(args, where=name).check(tenant, registries, where=name)
        check_nitro_version([sandboxes.runtime], version, where=f"{name}.version")
        super().__init__(name, opts)

        labels = tenant.labels(scope.environment, Plane.INFERENCE, "agent-sandbox")
        bounded = replace(tenant, quota=sandboxes.quota())
        namespace = Namespace(
            name,
            sandbox_namespace(tenant.name),
            version=version,
            labels=labels,
            annotations={
                **tenant.annotations(),
                **admission.annotations(bounded, registries),
                SANDBOX_HOURS: str(sandboxes.hours),
            },
            quota=bounded.quota,
            policies={"default-deny": default_deny()},
            more_labels={
                VERIFIED_LABEL: "true",
                SANDBOXES_LABEL: "true",
                **({NODES_LABEL: nodes} if nodes else {}),
            },
            opts=self._child(),
        )
        namespace.add(
            k8s.core.v1.ServiceAccount, AGENT_ACCOUNT, automount_service_account_token=False
        )
        home = {"tenant": tenant.name, "tier": str(tenant.tier)}
        own_nodes = {f"{LABEL_PREFIX}{nodes}": home[nodes]} if nodes else {}
        spec = sandbox_specs.template(sandboxes, namespace.labels, own_nodes)
        made = self._add("SandboxTemplate", namespace, spec, namespace.objects)
        self._add("SandboxWarmPool", namespace, sandbox_specs.warm_pool(sandboxes), [made])
        namespace.let_in(tenant.name, lambda access: sandbox_rules(access, tenant.tier))
        self._export({"namespace": namespace.name, "warm_pool": sandbox_specs.TEMPLATE})

    def _add(
        self,
        kind: str,
        namespace: Namespace,
        spec: dict[str, object],
        after: list[pulumi.Resource],
    ) -> pulumi.Resource:
        made: pulumi.Resource = k8s.apiextensions.CustomResource(
            f"{namespace.name}-{kind.lower()}",
            api_version=EXTENSIONS,
            kind=kind,
            metadata={
                "name": sandbox_specs.TEMPLATE,
                "namespace": namespace.name,
                "labels": namespace.labels,
            },
            spec=spec,
            opts=self._child(depends_on=after),
        )
        return made


def read_sandboxes(args: AgentSandboxArgs, *, where: str) -> Sandboxes:
    """The sandboxes that ``args`` describe; whether a tenant may have them, they check themselves.

    Raises:
        RefusedError: the runtime is unknown, the image is refused, or see ``checked``.
    """
    egress = []
    for number, each in enumerate(args.get("egress", [])):
        given = checked(each, DestinationArgs, where=f"{where}.egress[{number}]")
        egress.append(Destination(given["cidr"], given["port"]))
    usual = Sandboxes
    return Sandboxes(
        runtime=parsing.choice(Runtime, args["runtime"], where=f"{where}.runtime"),
        image=read_image(args["image"], where=f"{where}.image"),
        command=tuple(args.get("command", ())),
        cpus=args.get("cpus", usual.cpus),
        memory_gib=args.get("memory_gib", usual.memory_gib),
        disk_gib=args.get("disk_gib", usual.disk_gib),
        storage_gib=args.get("storage_gib", usual.storage_gib),
        most=args.get("most", usual.most),
        warm=args.get("warm", usual.warm),
        hours=args.get("hours", usual.hours),
        user=args.get("user", usual.user),
        egress=tuple(egress),
        policy=args.get("policy", usual.policy),
    )
