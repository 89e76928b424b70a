"""Writing the Kubernetes objects of a preview as YAML."""

import base64
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.assume import assumed_outputs
from bulkhead.preview.outcomes import distinct_name
from bulkhead.preview.plan import MASK, Plan, Resource, Secret
from bulkhead.preview.wire import contains_unknown
from bulkhead.preview.world import World

_NOT_OBJECTS = ("kubernetes:helm.sh/", "kubernetes:yaml", "kubernetes:kustomize")
"""Resources of the provider that stand for charts and files instead of one object."""

_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_NUMBER = re.compile(r"[-+]?(\.\d+|\d+\.?\d*)([eE][-+]?\d+)?|0[ox][\da-fA-F]+")


class _Dumper(yaml.SafeDumper):
    """YAML that newer parsers read as it was meant: they take more text than 1.1 for numbers."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "'" if _NUMBER.fullmatch(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def manifests(plan: Plan) -> dict[str, dict[str, Any]]:
    """The Kubernetes objects of a plan made with ``assume_applied``, by file name.

    Secrets are masked, patches and charts left out; the files sort in the order of creation.

    Raises:
        RefusedError: an object still holds an unknown value.
    """
    found: dict[str, dict[str, Any]] = {}
    same: Counter[tuple[str, str]] = Counter()
    for resource in plan.resources:
        same[resource.type, resource.name] += 1
        if not _is_object(resource):
            continue
        if contains_unknown(resource.inputs):
            raise RefusedError("a manifest holds an unknown value", given=resource.urn)
        kind = resource.type.rpartition(":")[2].lower()
        name = _NOT_IN_FILE_NAMES.sub("-", resource.name)[:100]
        found[f"{len(found) + 1:04}-{kind}-{name}.yaml"] = _object(
            resource, distinct_name(resource.name, same[resource.type, resource.name])
        )
    return found


def write_manifests(plans: Iterable[Plan], folder: Path) -> int:
    """Write each plan's objects to ``folder/<stack>/``; return how many.

    YAML files that an earlier preview left in a stack's folder are removed.

    Raises:
        RefusedError: a manifest holds an unknown value; nothing is written then.
    """
    per_stack = {plan.stack: manifests(plan) for plan in plans}
    for stack, files in per_stack.items():
        target = folder / stack
        target.mkdir(parents=True, exist_ok=True)
        for stale in target.glob("[0-9][0-9][0-9][0-9]-*.yaml"):
            stale.unlink()
        for name, document in files.items():
            text = yaml.dump(document, Dumper=_Dumper, sort_keys=False)
            (target / name).write_text(text, encoding="utf-8")
    return sum(len(files) for files in per_stack.values())


def _is_object(resource: Resource) -> bool:
    return (
        resource.type.startswith("kubernetes:")
        and resource.custom
        and not resource.read
        and not resource.type.startswith(_NOT_OBJECTS)
        and not resource.type.endswith("Patch")
    )


def _object(resource: Resource, name: str) -> dict[str, Any]:
    document: dict[str, Any] = {key: _masked(item) for key, item in resource.inputs.items()}
    metadata = document.get("metadata") or {}
    if "name" not in metadata:
        inputs = {**document, "metadata": metadata}
        _, assumed = assumed_outputs(resource.type, name, inputs, World())
        metadata = {**metadata, "name": assumed["metadata"]["name"]}
    document["metadata"] = metadata
    if resource.type == "kubernetes:core/v1:Secret" and isinstance(document.get("data"), Mapping):
        encoded = base64.b64encode(MASK.encode()).decode()
        document["data"] = {
            key: encoded if value == MASK else value for key, value in document["data"].items()
        }
    return document


def _masked(data: Any, *, secret: bool = False) -> Any:
    """The data with its secrets masked leaf by leaf, so that every part keeps its kind."""
    if isinstance(data, Secret):
        return _masked(data.value, secret=True)
    if isinstance(data, Mapping):
        return {key: _masked(item, secret=secret) for key, item in data.items()}
    if isinstance(data, list):
        return [_masked(item, secret=secret) for item in data]
    if not secret or data is None:
        return data
    return MASK if isinstance(data, str) else type(data)()
