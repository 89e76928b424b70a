"""Resources as they would be applied, and the documents in their inputs."""

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bulkhead.preview.assume import assumed_outputs
from bulkhead.preview.plan import Plan, Resource
from bulkhead.preview.wire import contains_unknown, revealed
from bulkhead.preview.world import World as Assumed
from tests.iam.model import Document, EvaluationError, Policy
from tests.iam.writing import allow, policy


@dataclass(frozen=True)
class Applied:
    """A resource of AWS as it would be applied."""

    resource: Resource
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    id: str

    @property
    def arn(self) -> str:
        return str(self.outputs.get("arn", ""))

    @property
    def module(self) -> str:
        return self.resource.type.split(":")[1].split("/")[0]


def applied(plan: Plan, assumed: Assumed) -> Iterator[Applied]:
    """The plan's resources of AWS, with the outputs that the preview gave them."""
    configured = {
        resource.urn: revealed(resource.inputs) for resource in plan.of_type("pulumi:providers:aws")
    }
    for resource in plan.resources:
        if not resource.type.startswith("aws:") or not resource.custom:
            continue
        provider = resource.options.get("provider", "").rpartition("::")[0]
        there = assumed.narrowed(configured.get(provider, {}))
        known_id = resource.options.get("id") if resource.read else None
        inputs = revealed(resource.inputs)
        identifier, outputs = assumed_outputs(
            resource.type, resource.name, inputs, there, known_id=known_id
        )
        yield Applied(resource, inputs, revealed(outputs), identifier)


def parsed(value: Any, where: str) -> Document:
    if contains_unknown(value):
        raise EvaluationError(f"{where} is unknown: preview with assume_applied")
    if isinstance(value, str):
        value = json.loads(value, object_pairs_hook=functools.partial(_unique, where))
    if not isinstance(value, Mapping):
        raise EvaluationError(f"{where} is no policy document")
    return value


def _unique(where: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise EvaluationError(f"{where} has a key twice among {', '.join(keys)}")
    return dict(pairs)


def looks_like_policy(value: Any) -> bool:
    if isinstance(value, str):
        return '"Statement"' in value and '"Effect"' in value
    return isinstance(value, Mapping) and "Statement" in value


def default_key_policy(key: Applied) -> Policy:
    """What AWS gives a key for which no policy is set: the account's IAM policies open it."""
    account = key.arn.split(":")[4]
    partition = key.arn.split(":")[1]
    root = f"arn:{partition}:iam::{account}:root"
    enable = allow("kms:*", sid="EnableIamUserPermissions", principal=root)
    return policy(enable, name=f"{key.resource.name} (AWS' default)")


@functools.cache
def _aws_managed_policies() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    found: dict[str, Any] = json.loads(aws_managed_policies_data)
    return found


def aws_managed(arn: str) -> Policy | None:
    name = last(arn)
    found = _aws_managed_policies().get(name)
    return Policy(name, found["Document"]) if found else None


def last(name_or_arn: str) -> str:
    return str(name_or_arn).split("/")[-1]
