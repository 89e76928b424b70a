"""The environment's file, typed: who runs it, its clusters and its tenants, each declared once."""

from pydantic import Field

from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.risk import Audience, Latency, ModelValue, Regulation
from bulkhead.domain.secrets import SecretKind
from bulkhead.domain.tenants import Quota
from bulkhead.domain.tiers import Tier
from stacks.config import ExemptionConfig, Strict
from stacks.endpoint_config import EndpointConfig
from stacks.gateway_config import GatewayConfig
from stacks.pool_config import PoolConfig
from stacks.sandbox_config import SandboxConfig, SandboxControllerConfig
from stacks.training_config import TrainingConfig


class HoldersConfig(Strict):
    """Who has which duty: ARNs of IAM roles or users; nobody has two."""

    builder: list[str] = []
    """Builds, signs and submits models; pipelines too."""
    approver: list[str] = []
    """Decides on submitted models, and on the removal of keys."""
    key_custodian: list[str] = []
    """Removes keys, with a second factor."""
    operator: list[str] = []
    """Keeps clusters running."""
    auditor: list[str] = []
    """Reads evidence, access logs and settings."""
    break_glass: list[str] = []
    """Reads artifacts in an emergency, with a second factor: IAM users kept for this."""


class PlatformConfig(Strict):
    """Who runs the platform, and where."""

    account_id: str
    """AWS account, twelve digits, in quotes."""
    region: str
    """AWS Region."""
    owner: str
    """Team that runs the platform."""
    cost_center: str
    """Who pays for what the tenants share."""
    project: str = "platform"
    """Project that shared costs are booked to."""
    administrators: list[str] = Field(min_length=1)
    """ARNs of the IAM roles that administer keys and clusters; one of them deploys."""
    holders: HoldersConfig = HoldersConfig()
    """Who has which duty; a duty that nobody has gets no role."""
    version: str | None = None
    """Kubernetes version of clusters that name none; the library's default if left out."""


class QuotaConfig(Strict):
    """The most that a tenant's namespace may hold."""

    gpus: int = Quota.gpus
    """NVIDIA GPUs."""
    cpus: int = Quota.cpus
    """vCPUs."""
    memory_gib: int = Quota.memory_gib
    """Memory in GiB."""
    storage_gib: int = Quota.storage_gib
    """Sum of persistent volume claims in GiB."""
    ephemeral_gib: int = Quota.ephemeral_gib
    """Sum of node disk that containers may fill, in GiB."""
    pods: int = Quota.pods
    """Pods."""
    services: int = Quota.services
    """Services."""
    volume_claims: int = Quota.volume_claims
    """Persistent volume claims."""
    secrets: int = Quota.secrets
    """Secrets."""
    config_maps: int = Quota.config_maps
    """Config maps."""
    jobs: int = Quota.jobs
    """Jobs, and as many cron jobs."""
    pod_gpus: int = Quota.pod_gpus
    """The most GPUs of one pod."""
    pod_memory_gib: int | None = Quota.pod_memory_gib
    """The most memory of one pod in GiB; that of the namespace if left out."""
    job_hours: int = Quota.job_hours
    """The longest that a job may run, in hours."""


class RiskConfig(Strict):
    """What is at stake besides the tier."""

    model: ModelValue = ModelValue.COMMODITY
    """Worth of the models' weights."""
    audience: Audience = Audience.INTERNAL
    """Who reaches the endpoints."""
    regulation: Regulation = Regulation.NONE
    """What law, contract or licence asks."""
    latency: Latency = Latency.RELAXED
    """How much neighbours may slow it."""


class PeopleConfig(Strict):
    """ARNs of the IAM roles that a tenant's people take on."""

    admin: list[str] = []
    """Run everything in the namespace."""
    developer: list[str] = []
    """Run workloads, and read their logs where the tier lets anybody."""
    viewer: list[str] = []
    """Look at workloads, not at logs."""


class SecretConfig(Strict):
    """A secret of a tenant's."""

    name: str
    """DNS label; names the file in which its pods read it."""
    kind: SecretKind
    """What rotation generates."""
    rotation_days: int | None = None
    """Days after which it gets a new value; the tier's, which is the most, if left out."""


class TenantConfig(Strict):
    """One team's compartment."""

    name: str
    """DNS label; names the namespace."""
    enabled: bool = True
    """Whether it is built; a tenant that waits is not even judged."""
    tier: Tier
    """Sensitivity of its data and models."""
    pattern: IsolationPattern = IsolationPattern.SHARED_CLUSTER
    """Isolation pattern that it runs on."""
    owner: str
    """Team that answers for it."""
    cost_center: str
    """Who pays."""
    project: str | None = None
    """Project that its costs are booked to; the tenant's name if left out."""
    organization: str | None = None
    """Organisation that it belongs to, with other tenants."""
    quota: QuotaConfig = QuotaConfig()
    """The most that it may use."""
    risk: RiskConfig = RiskConfig()
    """What is at stake besides the tier."""
    exemption: ExemptionConfig | None = None
    """Permission to run on a pattern weaker than its risk needs."""
    people: PeopleConfig = PeopleConfig()
    """Who gets into its namespace."""
    secrets: list[SecretConfig] = []
    """Secrets that its pods read as files."""
    endpoints: list[EndpointConfig] = []
    """The models that it serves, behind its cluster's gateway."""
    sandbox: SandboxConfig | None = None
    """Where its agents run code, in a namespace of its own; nowhere if left out."""
    training: TrainingConfig | None = None
    """How it trains, in a namespace of its own; it does not if left out."""


class QueueImagesConfig(Strict):
    """Images of what holds training jobs."""

    kueue: str
    """kueue/kueue of version 0.19.2, by digest."""
    kubectl: str | None = None
    """kubectl of the cluster's version, by digest; windows and last days need it."""


class ScalingImagesConfig(Strict):
    """Images of KEDA 2.20.2."""

    operator: str
    """kedacore/keda, by digest."""
    metrics_server: str
    """kedacore/keda-metrics-apiserver, by digest."""
    webhooks: str
    """kedacore/keda-admission-webhooks, by digest."""


class VerifierImagesConfig(Strict):
    """Images of sigstore's policy-controller."""

    controller: str
    """sigstore/policy-controller/policy-controller, by digest."""
    cleanup: str
    """kubectl of the job that takes leases away when it is removed, by digest."""


class KataConfig(Strict):
    """Images of Kata's chart."""

    installer: str
    """kata-deploy, by digest."""
    kubectl: str
    """Its kubectl, by digest."""


class ClusterConfig(Strict):
    """A cluster and the network that it stands in."""

    cidr: str
    """Addresses of its VPC, a private network of /16 to /20."""
    zones: list[str] | None = None
    """Availability Zones; as many as the environment spans if left out. A pool in one zone needs
    them told."""
    services: list[str] = []
    """AWS services to reach besides those that EKS needs."""
    egress: dict[str, list[str]] | None = None
    """Domains that each plane reaches through a firewall; no way out if left out."""
    private_domains: list[str] = []
    """Domains that are resolved besides AWS's own and those of egress."""
    pools: list[PoolConfig] = Field(min_length=1)
    """Pools of nodes for its tenants."""
    system_pool: PoolConfig | None = None
    """Nodes of the cluster's own pods; two to four m7i.large if left out."""
    version: str | None = None
    """Kubernetes version; the platform's if left out."""
    addon_versions: dict[str, str] = {}
    """Versions of EKS add-ons by their names; EKS's own defaults if left out."""
    operator_networks: list[str] = []
    """Private networks outside the VPC from which the API server is reached."""
    exempt_namespaces: list[str] = []
    """Namespaces of other controllers that carry no labels of the platform."""
    gateway: GatewayConfig | None = None
    """The gateway in front of its tenants' models; nothing reaches them if left out."""
    queue_images: QueueImagesConfig | None = None
    """Images of what holds training jobs, by digest, in private repositories; tenants that train
    need them."""
    sandbox_controller: SandboxControllerConfig | None = None
    """What makes sandboxes; tenants with some need it."""
    scaling_images: ScalingImagesConfig | None = None
    """Images of KEDA by digest, in private repositories; tenants with endpoints need them."""
    verifier_images: VerifierImagesConfig | None = None
    """Images of what verifies the signatures of tenants' images at admission, by digest, in private
    repositories: those of a tier by its signing key. Nothing is verified if left out."""
    enclave_plugin: str | None = None
    """Image of the Nitro Enclaves device plugin by digest, in a private ECR repository; pools with
    enclaves need it."""
    karpenter_image: str | None = None
    """Image of Karpenter by digest, in a private ECR repository; its pools need it."""
    kata: KataConfig | None = None
    """Images of Kata's chart by digest, in private repositories; pools that run it need them."""


class TenantsFile(Strict):
    """An environment: who runs it, and its tenants. Every layer reads it."""

    platform: PlatformConfig
    """Who runs the platform, and where."""
    clusters: dict[str, ClusterConfig]
    """The clusters: shared, which tenants of shared-cluster and dedicated-node-pools have in
    common, confidential for those of confidential-compute, and one by the name of every tenant
    that has its own."""
    tenants: list[TenantConfig]
    """The teams that it serves."""
