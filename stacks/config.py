"""The configuration of each layer, typed: unknown keys are refused."""

import datetime
import json
from pathlib import Path
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bulkhead.domain.debugging import Way
from bulkhead.domain.exposure import INSPECTED_KIB, Client
from bulkhead.domain.inference import Limits
from bulkhead.domain.repositories import Repository
from stacks.refusals import refusal

HERE = Path(__file__).parent
M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """A part of a configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def given(self) -> dict[str, Any]:
        """What was written, without defaults: the form that components take."""
        return self.model_dump(exclude_unset=True, mode="json")


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


class LayerConfig(Strict):
    """What every layer is told."""

    tenants: str | None = None
    """File of the environment and its tenants; tenants.<environment>.yaml if left out."""


class FoundationConfig(LayerConfig):
    """Configuration of the foundation layer: keys, networks, stores, identities."""

    pipelines: PipelinesConfig | None = None
    """Who previews and deploys from GitHub; nobody if left out."""
    alarm_emails: list[str] = []
    """Addresses of those who are woken by alarms."""
    config_role: bool = True
    """Whether AWS Config's service-linked role is made; false where the account has it already."""


class ClustersConfig(LayerConfig):
    """Configuration of the cluster layer: EKS, add-ons, node pools."""


class ExemptionConfig(Strict):
    """Permission to set a rule aside."""

    owner: str
    """Team that answers for it."""
    reason: str
    """Why, as a sentence."""
    expires: datetime.date
    """Last day on which it holds; at most a year ahead."""


class OptInConfig(Strict):
    """Permission to be reached from the internet."""

    owner: str
    """Team that answers for it."""
    reason: str
    """Why, as a sentence of letters, digits, blanks and any of _.:/=+@-."""
    expires: datetime.date
    """Last day on which it holds; at most a year ahead. The edge closes by itself."""


class EdgeGatewayConfig(Strict):
    """The gateway behind an edge."""

    host: str
    """Name on its certificate."""
    load_balancer_arn: str
    """ARN of its internal load balancer, which its controller makes."""


class EdgeClientConfig(Strict):
    """One who comes from outside."""

    name: str
    """DNS label; names its key and its usage plan."""
    requests: dict[str, int] = {}
    """Requests by window: minute or hour for the throttle, day or month for the quota; 60 a minute
    if left out."""
    parallel_requests: int = Client.parallel_requests
    """Requests that may come at once."""


class PublicEdgeConfig(Strict):
    """The way from the internet to a cluster's gateway, for as long as somebody answers for it."""

    opt_in: OptInConfig
    """Who answers for it, why, and until when."""
    host: str
    """Public DNS name that clients use."""
    certificate_arn: str
    """ARN of its certificate, of AWS Certificate Manager in the Region."""
    gateway: EdgeGatewayConfig
    """The gateway behind it."""
    models: list[str]
    """The models that clients may name."""
    clients: list[EdgeClientConfig]
    """Who gets a key, and the most that each may ask."""
    trust_store: str | None = None
    """s3:// address of the authorities whose certificates clients must show."""
    networks: list[str] = []
    """Public networks from which alone clients come; anywhere if left out."""
    prompt_kib: int = INSPECTED_KIB[0]
    """Size of a request's body in KiB: 16, 32, 48 or 64."""
    output_tokens: int = Limits.output_tokens
    """Tokens that a client may ask for in an answer."""
    timeout_seconds: int = Limits.timeout_seconds
    """How long an answer may take, at most 900."""
    system_messages: bool = False
    """Whether clients may send messages of the roles system and developer."""
    log_role: bool = True
    """Whether API Gateway's role for logs is made; false where the account has it already."""


class DebugAccessConfig(Strict):
    """Somebody gets into one tenant's running pods, for a reason and for hours."""

    name: str
    """DNS label, such as the incident's number."""
    tenant: str
    """Name of the tenant."""
    people: list[str] = Field(min_length=1)
    """ARNs of the IAM roles or users that people sign in as."""
    owner: str
    """Team that answers for it."""
    reason: str
    """Why, as a sentence."""
    starts: str
    """When it begins, YYYY-MM-DDTHH:MM:SSZ in UTC, in quotes."""
    hours: int
    """How long it lasts; 2 to the tier's hours."""
    ways: list[Way] = [Way.DEBUG_CONTAINER]
    """What it opens."""


class WorkloadsConfig(LayerConfig):
    """Configuration of the workloads layer: the gateways' namespaces and the tenants'."""

    public_edges: dict[str, PublicEdgeConfig] = {}
    """Gateways that the internet reaches, by cluster; none if left out."""
    debug_access: list[DebugAccessConfig] = []
    """Who gets into running pods for hours; a preview refuses what has expired."""


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
