"""The configuration of each layer, typed: unknown keys are refused."""

import datetime
import json
from pathlib import Path
from typing import Any, TypeVar, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bulkhead.cluster.pool_arguments import PoolArgs
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.pools import Pool
from bulkhead.domain.repositories import Repository
from bulkhead.domain.risk import Audience, Latency, ModelValue, Regulation
from bulkhead.domain.tenants import Quota
from bulkhead.domain.tiers import Tier
from stacks.refusals import refusal

HERE = Path(__file__).parent
M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """A part of a configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def given(self) -> dict[str, Any]:
        """What was written, without defaults: the form that components take."""
        return self.model_dump(exclude_unset=True, mode="json")


class PoolConfig(Strict):
    """A pool of nodes."""

    name: str
    """DNS label; names the node group and its nodes' label."""
    instance_types: list[str] = Field(min_length=1)
    """EC2 instance types of one kind, in the order in which they are tried."""
    min_size: int = Pool.min_size
    """Fewest nodes."""
    desired_size: int | None = None
    """Nodes to begin with; the fewest if left out."""
    max_size: int = Pool.max_size
    """Most nodes. Tenants' quotas together may not exceed what they offer."""
    disk_gib: int = Pool.disk_gib
    """Disk of a node for images and ephemeral storage, in GiB."""

    def args(self) -> PoolArgs:
        """The pool as a component takes it."""
        return cast(PoolArgs, self.given())


class PipelinesConfig(Strict):
    """The GitHub repository whose workflows preview and deploy the environment."""

    repository: str
    """owner/name."""
    deployer_arn: str
    """ARN of the administrator that deploys; the deploying workflow takes it on."""
    branch: str = Repository.branch
    """The only branch that deploys."""
    repository_id: str | None = None
    """GitHub's number for the repository, in quotes; a repository that takes over its name has
    another."""


class FoundationConfig(Strict):
    """Configuration of the foundation layer: keys, network, stores, identities."""

    cidr: str
    """Addresses of the environment's VPC, a private network of /16 to /20."""
    zones: list[str] | None = None
    """Availability Zones; as many as the environment spans if left out."""
    pipelines: PipelinesConfig | None = None
    """Who previews and deploys from GitHub; nobody if left out."""
    services: list[str] = []
    """AWS services to reach besides those that EKS needs, for example secretsmanager."""
    egress: dict[str, list[str]] | None = None
    """Domains that each plane reaches through a firewall; no way out if left out."""
    private_domains: list[str] = []
    """Domains that are resolved besides AWS's own and those of egress."""
    alarm_emails: list[str] = []
    """Addresses of those who are woken by alarms."""
    config_role: bool = True
    """Whether AWS Config's service-linked role is made; false where the account has it already."""
    tenants: str | None = None
    """File of the environment and its tenants; tenants.<environment>.yaml if left out."""


class ClusterConfig(Strict):
    """Configuration of the cluster layer: EKS, add-ons, node pools."""

    pools: list[PoolConfig] = Field(min_length=1)
    """Pools that the tenants share."""
    system_pool: PoolConfig | None = None
    """Nodes of the cluster's own pods; two to four m7i.large if left out."""
    addon_versions: dict[str, str] = {}
    """Versions of EKS add-ons by their names; EKS's own defaults if left out."""
    operator_networks: list[str] = []
    """Private networks outside the VPC from which the API server is reached."""
    exempt_namespaces: list[str] = []
    """Namespaces of other controllers that carry no labels of the platform."""
    tenants: str | None = None
    """File of the environment and its tenants; tenants.<environment>.yaml if left out."""


class WorkloadsConfig(Strict):
    """Configuration of the workloads layer: the gateway's namespace and the tenants'."""

    tenants: str | None = None
    """File of the environment and its tenants; tenants.<environment>.yaml if left out."""


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
    """Kubernetes version; the library's default if left out."""


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


class ExemptionConfig(Strict):
    """Permission to run on a pattern weaker than the risk needs."""

    owner: str
    """Team that answers for it."""
    reason: str
    """Why, as a sentence."""
    expires: datetime.date
    """Last day on which it holds; at most a year ahead."""


class PeopleConfig(Strict):
    """ARNs of the IAM roles that a tenant's people take on."""

    admin: list[str] = []
    """Run everything in the namespace."""
    developer: list[str] = []
    """Run workloads and read their logs."""
    viewer: list[str] = []
    """Look at workloads, not at logs."""


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
    quota: QuotaConfig = QuotaConfig()
    """The most that it may use."""
    risk: RiskConfig = RiskConfig()
    """What is at stake besides the tier."""
    exemption: ExemptionConfig | None = None
    """Permission to run on a pattern weaker than its risk needs."""
    people: PeopleConfig = PeopleConfig()
    """Who gets into its namespace."""


class TenantsFile(Strict):
    """An environment: who runs it, and its tenants. Every layer reads it."""

    platform: PlatformConfig
    """Who runs the platform, and where."""
    tenants: list[TenantConfig]
    """The teams that share it."""


def read_config(model: type[M]) -> M:
    """The stack's configuration as ``model``.

    Raises:
        RefusedError: a key is unknown or missing, or a value is wrong; the sentence names it.
    """
    prefix = f"{pulumi.get_project()}:"
    found = {**get_config_env(), **CONFIG.get()}
    values = {
        key.removeprefix(prefix): _plain(key.removeprefix(prefix), model)
        for key in found
        if key.startswith(prefix)
    }
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise refusal(error, model, file=config_file(), prefix=prefix) from None


def config_file() -> str:
    """Name of the stack's configuration file."""
    return f"Pulumi.{pulumi.get_stack()}.yaml"


def at_key(key: str) -> str:
    """Path of a key in the stack's configuration, for refusals."""
    return f"{config_file()}: {pulumi.get_project()}:{key}"


def _plain(key: str, model: type[BaseModel]) -> Any:
    """A value as it was written: Pulumi hands over objects as JSON and the rest as text."""
    text = pulumi.Config().get(key)
    field = model.model_fields.get(key)
    if text is None or field is None or field.annotation in (str, str | None):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
