"""The configuration of each layer, typed: unknown keys are refused."""

import json
from pathlib import Path
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import BaseModel, ConfigDict, ValidationError

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


class WorkloadsConfig(LayerConfig):
    """Configuration of the workloads layer: the gateways' namespaces and the tenants'."""


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
