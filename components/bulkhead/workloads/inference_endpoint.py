"""The servers of one model of one tenant."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead.domain.admission import SIGNER_SUFFIX
from bulkhead.domain.labels import Plane
from bulkhead.foundation.arguments import ScopeArgs, checked
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import document, render
from bulkhead.workloads import scaling
from bulkhead.workloads.arguments import ExemptionArgs, TenantArgs
from bulkhead.workloads.endpoint_arguments import (
    MetricsArgs,
    ObjectiveArgs,
    Release,
    ReleaseArgs,
    ScannerArgs,
    ServerCertificatesArgs,
    SpendingArgs,
    VerificationArgs,
)
from bulkhead.workloads.endpoint_objects import (
    RELEASE_LABEL,
    Objects,
    deployment_spec,
    disruption_budget,
    service,
)
from bulkhead.workloads.endpoint_plan import read_endpoint
from bulkhead.workloads.endpoint_pods import CONFIGURATION_FILE, SIGNER_FILE, Places
from bulkhead.workloads.inference_arguments import LimitsArgs, ModelRouteArgs
from bulkhead.workloads.secret_files import SecretFiles


class InferenceEndpointArgs(TypedDict):
    """What an ``InferenceEndpoint`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tenant: TenantArgs
    """Whose endpoint it is, as its ``TenantNamespace`` or pattern has it, with its pattern."""
    role_arn: pulumi.Input[str]
    """ARN of the role of the tenant's inference servers, an output of its compartment."""
    releases: dict[str, ReleaseArgs]
    """What runs, by name: what serves, what is tried, what served before. Three at the most, all
    versions of one model."""
    traffic: dict[str, int]
    """Per cent of the requests by release, 100 in all. A release without any stands ready, so that
    a rollback is a change of this argument alone."""
    verification: VerificationArgs
    """How models are verified before their servers start."""
    certificates: ServerCertificatesArgs
    """The servers' certificates."""
    budget: SpendingArgs
    """What the endpoint may cost, which bounds its replicas."""
    metrics: MetricsArgs
    """Where its metrics go."""
    limits: NotRequired[LimitsArgs]
    """The most that the tenant may use of the model; the servers hold its length of answers.
    Default: see ``LimitsArgs``."""
    objective: NotRequired[ObjectiveArgs]
    """When a replica has enough to do. Default: see ``ObjectiveArgs``."""
    min_replicas: NotRequired[int | None]
    """Replicas of each release that always run. Default: two in production, else one."""
    nodes: NotRequired[str | None]
    """Whose nodes the servers land on: see ``TenantNamespaceArgs``. Default: those that tenants
    share."""
    runtime: NotRequired[str]
    """Runtime class, one of the tier's. Default: none, the node's own."""
    registries: NotRequired[list[str] | None]
    """Repositories of images: see ``TenantNamespaceArgs``."""
    scanner: NotRequired[ScannerArgs | None]
    """What scans answers before a client sees them. Default: none, which tier regulated does not
    allow."""
    scanning_exemption: NotRequired[ExemptionArgs | None]
    """Permission of a regulated tenant to answer without a scanner. Default: none."""


class InferenceEndpoint(Component):
    """Servers of one model of one tenant, on vLLM (INF-4 to INF-7, OBS-1).

    A model is an OCI image by digest, mounted read-only. Before the server starts, OpenSSF model
    signing verifies every file of that very volume; a model that fails, that nobody approved or
    that is retired never serves. The server takes the gateway's connections alone, over mutual TLS,
    loads no code, logs no prompt and no answer, and holds the limit of answers. Its system prompt
    is a secret that is mounted as a file.

    Replicas follow the requests that wait, the GPUs and the time to the first token, up to a
    ceiling that budget, quota and environment set and that all releases share. A new release runs
    beside the old one and gets its part of the requests by ``traffic``; a rollback gives them back
    in one step, since what served before still runs.

    Needs a Kubernetes provider, the tenant's ``TenantNamespace``, ``ScalingControllers``, and an
    ``InferenceGateway`` with ``route()`` among its models, which
    ``workloads.endpoint_routes.route_of`` tells before a gateway that comes first, as a pattern's
    does. A system prompt needs ``SecretsDriver``; metrics need the endpoint ``aps-workspaces`` in
    the network and the DCGM exporter on nodes.

    Example:
        import pulumi
        import pulumi_aws as aws
        import pulumi_kubernetes as k8s

        from bulkhead import InferenceEndpoint

        registry = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/dev/internal"
        digest = "@sha256:" + 64 * "a"
        cluster = k8s.Provider("cluster", kubeconfig=pulumi.Config().get("kubeconfig") or "{}")
        signer = aws.kms.get_public_key_output(key_id="alias/model-signing")
        InferenceEndpoint(
            "llama",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tenant": {
                    "name": "support-assist",
                    "tier": "internal",
                    "owner": "support-ml",
                    "cost_center": "cc-210",
                    "quota": {"gpus": 4, "cpus": 48, "memory_gib": 192},
                },
                "role_arn": "arn:aws:iam::111122223333:role/bulkhead/dev/internal/servers",
                "releases": {
                    "v1": {
                        "model": {
                            "name": "llama-3.1-8b",
                            "version": "3.1.0",
                            "artifact": f"{registry}/support-assist/models/llama{digest}",
                            "owner": "support-ml",
                            "status": "approved",
                            "submitted_by": "jo@example.com",
                            "approved_by": "kim@example.com",
                            "retires": "2099-12-31",
                            "datasets": ["tickets@2026-08"],
                        },
                        "image": f"{registry}/platform/vllm{digest}",
                        "replica": {"gpus": 1, "cpus": 8, "memory_gib": 32},
                    }
                },
                "traffic": {"v1": 100},
                "verification": {
                    "image": f"{registry}/platform/model-signing{digest}",
                    "public_key": signer.public_key_pem,
                },
                "certificates": {"server": "server-tls", "clients": "gateway-authority"},
                "budget": {"monthly_usd": 4000, "replica_hour_usd": 1.65},
                "metrics": {
                    "workspace_id": "ws-11111111-2222-3333-4444-555555555555",
                    "collector": f"{registry}/platform/otel-collector{digest}",
                },
            },
            pulumi.ResourceOptions(provider=cluster),
        )
    """

    servers: pulumi.Output[list[str]]
    """Names of the Services, one for each release."""
    digests: pulumi.Output[dict[str, str]]
    """Digest of each release's model, which the gateway's log shows."""
    traffic: pulumi.Output[dict[str, int]]
    """Per cent of the requests by release."""
    max_replicas: pulumi.Output[int]
    """The most replicas of each release."""
    ceiling: pulumi.Output[dict[str, int]]
    """How many replicas each bound allows, the one that holds first."""

    def __init__(
        self, name: str, args: InferenceEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the servers.

        Raises:
            RefusedError: the scope, the tenant, a release, its card, its image, its replica or its
                tuning is refused, the traffic is no whole, the budget carries fewer replicas than
                always run, the tier does not allow the runtime, or asks for a scanner.
        """
        args = checked(args, InferenceEndpointArgs, where=name)
        plan = read_endpoint(name, args, where=name)
        super().__init__(name, opts)
        self._name, self._plan, self._args = name, plan, args
        self._scope, self._tenant = plan.scope, plan.tenant
        self._objects = Objects(plan.tenant.name, self._child())
        signer = self._objects.add(
            k8s.core.v1.ConfigMap,
            f"{name}{SIGNER_SUFFIX}",
            self._labels(),
            data={SIGNER_FILE: args["verification"]["public_key"]},
        )
        asking = self._objects.custom(
            scaling.KEDA,
            "TriggerAuthentication",
            f"{name}-metrics",
            self._labels(),
            scaling.authentication(),
        )
        sending = self._let_send()
        for release in plan.releases:
            self._serve(release, after=[signer, sending], asking=asking)
        self._export(
            {
                "servers": [release.server for release in plan.releases],
                "digests": {release.name: release.card.digest for release in plan.releases},
                "traffic": plan.traffic,
                "max_replicas": plan.most,
                "ceiling": plan.bounds,
            }
        )

    def route(self) -> ModelRouteArgs:
        """The tenant's way to the model, as ``InferenceGateway`` takes it among its ``models``."""
        return self._plan.route(self._args.get("limits", LimitsArgs()))

    def _serve(
        self, release: Release, *, after: list[pulumi.Resource], asking: pulumi.Resource
    ) -> None:
        plan, server, labels = self._plan, release.server, self._labels(release)
        add = self._objects.add
        budget = add(
            k8s.policy.v1.PodDisruptionBudget,
            server,
            labels,
            spec=disruption_budget(self._name, release),
        )
        deployment = add(
            k8s.apps.v1.Deployment,
            server,
            labels,
            after=[*after, *self._mounted(release), budget],
            spec=deployment_spec(self._name, release, plan, self._places(release), labels),
        )
        add(k8s.core.v1.Service, server, labels, spec=service(self._name, release))
        self._objects.custom(
            scaling.KEDA,
            "ScaledObject",
            server,
            labels,
            scaling.scaled_object(
                release,
                plan,
                scope=self._scope,
                tenant=self._tenant.name,
                workspace=self._args["metrics"]["workspace_id"],
                authentication_name=f"{self._name}-metrics",
            ),
            after=[deployment, asking],
        )

    def _places(self, release: Release) -> Places:
        certificates = self._args["certificates"]
        return Places(
            certificates=certificates["server"],
            clients=certificates["clients"],
            signer=f"{self._name}{SIGNER_SUFFIX}",
            collector=f"{release.server}-collector",
            selector=self._plan.selector,
            runtime=self._plan.runtime,
        )

    def _mounted(self, release: Release) -> list[pulumi.Resource]:
        """Register what the release's pods mount: settings, and its own prompt alone."""
        settings = scaling.collector(
            self._scope,
            self._args["metrics"]["workspace_id"],
            release,
            f"{release.server}.{self._tenant.name}.svc.cluster.local",
            scanned=self._plan.helpers.scanner is not None,
        )
        made = [
            self._objects.add(
                k8s.core.v1.ConfigMap,
                f"{release.server}-collector",
                self._labels(release),
                data={CONFIGURATION_FILE: settings},
            )
        ]
        if release.prompt is None:
            return made
        prompt = SecretFiles(
            release.server,
            {
                "scope": self._args["scope"],
                "tier": str(self._tenant.tier),
                "tenant": self._tenant.name,
                "role_name": self._role_name(),
                "secrets": [release.prompt],
            },
            self._child(),
        )
        return [*made, prompt]

    def _let_send(self) -> pulumi.Resource:
        workspace = self._args["metrics"]["workspace_id"]
        policy: pulumi.Resource = aws.iam.RolePolicy(
            f"{self._name}-metrics",
            role=self._role_name(),
            policy=render(document(scaling.writing(self._scope, workspace))),
            opts=self._child(),
        )
        return policy

    def _role_name(self) -> pulumi.Output[str]:
        arn = pulumi.Output.from_input(self._args["role_arn"])
        return arn.apply(lambda known: known.rpartition("/")[2])

    def _labels(self, release: Release | None = None) -> dict[str, str]:
        labels = self._tenant.labels(self._scope.environment, Plane.INFERENCE, self._name)
        named = labels.but(model=self._plan.model).kubernetes()
        return named | ({RELEASE_LABEL: release.name} if release else {})
