"""Writing the Kubernetes objects of a preview as YAML."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.plan import MASK, Plan, Resource
from bulkhead.preview.wire import contains_unknown, masked

_NOT_OBJECTS = ("kubernetes:helm.sh/", "kubernetes:yaml", "kubernetes:kustomize")
"""Resources of the provider that stand for charts and files instead of one object."""


def manifests(plan: Plan) -> dict[str, dict[str, Any]]:
    """The Kubernetes objects of a plan made with ``assume_applied``, by file name.

    Secrets are masked, patches and charts left out; the files sort in the order of creation.

    Raises:
        RefusedError: an object still holds an unknown value.
    """
    found: dict[str, dict[str, Any]] = {}
    for resource in plan.resources:
        if not _is_object(resource):
            continue
        if contains_unknown(resource.inputs):
            raise RefusedError("a manifest holds an unknown value", given=resource.urn)
        kind = str(resource.inputs["kind"]).lower()
        file = f"{len(found) + 1:04}-{kind}-{resource.name}.yaml"
        found[file] = _object(resource)
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
            text = yaml.safe_dump(document, sort_keys=False)
            (target / name.replace("/", "-")).write_text(text, encoding="utf-8")
    return sum(len(files) for files in per_stack.values())


def _is_object(resource: Resource) -> bool:
    return (
        resource.type.startswith("kubernetes:")
        and resource.custom
        and not resource.read
        and not resource.type.startswith(_NOT_OBJECTS)
        and not resource.type.endswith("Patch")
    )


def _object(resource: Resource) -> dict[str, Any]:
    document: dict[str, Any] = masked(resource.inputs)
    metadata = dict(document.get("metadata") or {})
    if "name" not in metadata and "generateName" not in metadata:
        metadata["name"] = resource.name
    document["metadata"] = metadata
    if document["kind"] == "Secret" and isinstance(document.get("data"), Mapping):
        encoded = base64.b64encode(MASK.encode()).decode()
        document["data"] = {
            key: encoded if value == MASK else value for key, value in document["data"].items()
        }
    return document
