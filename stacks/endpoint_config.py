"""A tenant's endpoints in the environment's file, typed."""

import datetime

from pydantic import Field

from bulkhead.domain.models import Status
from bulkhead.domain.pods import Runtime
from bulkhead.domain.serving import Objective, Replica
from stacks.config import ExemptionConfig, Strict
from stacks.gateway_config import LimitsConfig


class CardConfig(Strict):
    """The card of one version of the endpoint's model."""

    version: str
    """The registry's word for this version."""
    artifact: str
    """OCI image of the model's files and their signature, by digest."""
    owner: str
    """Team that answers for it."""
    status: Status
    """Where it stands; approved or production is served."""
    submitted_by: str
    """Who asked for its approval."""
    approved_by: str
    """Who approved it: somebody else."""
    retires: datetime.date
    """The last day on which it may be served."""
    datasets: list[str]
    """Versions of the datasets that it was trained on, <dataset>@<version>."""


class ReplicaConfig(Strict):
    """What one replica takes; it gets no more."""

    gpus: int = Replica.gpus
    """Whole GPUs, over which the model is spread."""
    cpus: int = Replica.cpus
    """vCPUs."""
    memory_gib: int = Replica.memory_gib
    """Memory in GiB."""
    scratch_gib: int = Replica.scratch_gib
    """Node disk for compiled kernels and temporary files, in GiB."""


class ReleaseConfig(Strict):
    """One release: a version of the model, the server that runs it, and its prompt."""

    model: CardConfig
    """The version's card."""
    image: str
    """The vLLM server's image, by digest."""
    replica: ReplicaConfig = ReplicaConfig()
    """What one replica takes."""
    tuning: dict[str, str] = {}
    """Options of vllm serve that tune it, without the leading dashes."""
    prompt: str | None = None
    """Last part of the name of the secret that holds the chat template with the system prompt; the
    model's own template if left out."""


class VerificationConfig(Strict):
    """How models are verified before their servers start."""

    image: str
    """Image of OpenSSF model signing, by digest."""
    public_key: str | None = None
    """Public key of who signs models, PEM; that of the tier's signing key if left out."""


class ServerCertificatesConfig(Strict):
    """Objects in the tenant's namespace that hold its servers' certificates."""

    server: str
    """TLS Secret of the servers."""
    clients: str
    """ConfigMap whose ca.crt vouches for the gateway."""


class SpendingConfig(Strict):
    """What an endpoint may cost, which bounds its replicas."""

    monthly_usd: float
    """The most in a month, in USD."""
    replica_hour_usd: float
    """What an hour of one replica costs: its share of its node's price, in USD."""


class ObjectiveConfig(Strict):
    """When a replica has enough to do."""

    waiting: int = Objective.waiting
    """Requests that may wait for one replica."""
    gpu_percent: int = Objective.gpu_percent
    """How busy its GPUs may be."""
    first_token_ms: int = Objective.first_token_ms
    """How long 95 of 100 requests may wait for their first token."""


class MetricsConfig(Strict):
    """Where the servers' metrics go, by which they are scaled."""

    workspace_id: str
    """Workspace of Amazon Managed Service for Prometheus; above tier internal one of the tenant's
    own."""
    collector: str
    """Image of an OpenTelemetry collector with sigv4auth, by digest."""


class ScannerConfig(Strict):
    """What scans answers before a client sees them."""

    image: str
    """Image of a proxy that speaks OpenAI's API, by digest."""
    arguments: list[str] = []
    """What it is started with."""


class EndpointConfig(Strict):
    """The servers of one model, behind the cluster's gateway."""

    name: str
    """DNS label; names the servers with their release, and stands once in an environment."""
    model: str
    """How the registry and clients name the model."""
    releases: dict[str, ReleaseConfig] = Field(min_length=1)
    """What runs, by name: what serves, what is tried, what served before."""
    traffic: dict[str, int]
    """Per cent of the requests by release, 100 in all."""
    verification: VerificationConfig
    """How models are verified before their servers start."""
    budget: SpendingConfig
    """What it may cost, which bounds its replicas."""
    metrics: MetricsConfig
    """Where its metrics go."""
    certificates: ServerCertificatesConfig | None = None
    """The servers' certificates; server-tls and gateway-authority if left out."""
    limits: LimitsConfig = LimitsConfig()
    """The most that the tenant may use of the model."""
    objective: ObjectiveConfig = ObjectiveConfig()
    """When a replica has enough to do."""
    min_replicas: int | None = None
    """Replicas of each release that always run; two in production, else one, if left out."""
    runtime: Runtime | None = None
    """Runtime class, one of the tier's; the node's own if left out."""
    scanner: ScannerConfig | None = None
    """What scans answers; tier regulated needs one."""
    scanning_exemption: ExemptionConfig | None = None
    """Permission of a regulated tenant to answer without a scanner."""
