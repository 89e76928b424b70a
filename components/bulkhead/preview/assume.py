"""Values of computed outputs, assumed from names: what a deployment would give, in its shape.

The same resource has the same values in every run and stack: all that is made up comes from its
type and logical name.
"""

from collections.abc import Mapping
from typing import Any

from bulkhead.preview.arns import Convention
from bulkhead.preview.coercion import given_back
from bulkhead.preview.naming import identified, named_by, own_name, templates_of
from bulkhead.preview.plan import UNKNOWN, Secret
from bulkhead.preview.randoms import random_outputs
from bulkhead.preview.services import convention
from bulkhead.preview.types import (
    PROVIDER_PREFIX,
    SIGNATURE,
    args_class,
    declared,
    package_of,
    resource_class,
)
from bulkhead.preview.values import Facts, made_up, render, text
from bulkhead.preview.world import World, hexadecimal, identifier


def assumed_outputs(
    token: str,
    name: str,
    inputs: Mapping[str, Any],
    world: World,
    known_id: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """What a resource's ID and outputs would be, once applied.

    ``inputs`` are plain data under wire names, as are the outputs: the inputs, as the provider
    gives them back, and every output that the SDK declares as always there, except objects that
    the program could have given and didn't. ``known_id`` is the ID of a resource that exists
    already, as ``get()`` knows it.

    AWS resources have the ARNs, IDs, endpoints of their service's conventions, in the Region of
    their ``region`` input if they have one; where no name is given, the automatic
    ``<logical>-<7 hex>``. A Kubernetes object has its inputs and a name, no status. Resources of
    ``random`` have values that their inputs allow. Types without declared outputs have their
    inputs and the ID ``<logical>-<7 hex>``.
    """
    given = given_back(token, inputs)
    if token.startswith(PROVIDER_PREFIX):
        return identifier(token, name), given
    package = package_of(token)
    if package == "kubernetes":
        return _kubernetes(token, name, given, known_id)
    if package == "random" and (found := random_outputs(token, name, given)):
        return known_id or found[0], found[1]
    owner = resource_class(token)
    if owner is None:
        return known_id or f"{name}-{hexadecimal(7, token, name)}", given
    if region := text(inputs.get("region")):
        world = world.in_region(region)
    rules = convention(token) if package == "aws" else Convention()
    args = args_class(token)
    declared_inputs = declared(args) if args else {}
    name_input = named_by(owner, declared_inputs, rules)
    facts = identified(Facts(token, name, given, world), rules, name_input, given, known_id)
    templates = templates_of(rules, own_name(owner), name_input)
    outputs = dict(given)
    for key, declaration in declared(owner).items():
        if key in templates:
            outputs[key] = _beneath(given.get(key), render(templates[key], facts))
        elif key == "tagsAll":
            outputs[key] = given.get("tags") or {}
        elif declaration.required and given.get(key) is None:
            is_object = any(kind.family == "object" for kind in declaration.kinds)
            if not (is_object and key in declared_inputs):
                outputs[key] = made_up(declaration.kinds, key, facts)
    return facts["id"], {key: value for key, value in outputs.items() if value is not None}


def _beneath(given: Any, assumed: Any) -> Any:
    """What is given, with what is assumed where nothing is."""
    if isinstance(given, Mapping) and isinstance(assumed, Mapping) and SIGNATURE not in given:
        merged = {key: _beneath(given.get(key), value) for key, value in assumed.items()}
        return {**given, **merged}
    return assumed if given is None else given


def _kubernetes(
    token: str, name: str, given: dict[str, Any], known_id: str | None
) -> tuple[str, dict[str, Any]]:
    suffix = hexadecimal(8, token, name)
    namespace, _, known_name = (known_id or "").rpartition("/")
    if token.endswith(":helm.sh/v3:Release"):
        return _helm_release(given, known_name or f"{name}-{suffix}", namespace)
    metadata = given.get("metadata") or {}
    while isinstance(metadata, Secret):
        metadata = metadata.value
    if not isinstance(metadata, Mapping):
        return known_id or f"{name}-{suffix}", given
    generated = text(metadata.get("generateName"))
    automatic = f"{generated}{suffix[:5]}" if generated else f"{name}-{suffix}"
    object_name = text(metadata.get("name")) or known_name or automatic
    namespace = text(metadata.get("namespace")) or namespace
    found = {**metadata, "name": object_name} | ({"namespace": namespace} if namespace else {})
    _, version, kind = token.split(":")
    identity = {"apiVersion": version.removeprefix("core/"), "kind": kind}
    joined = f"{namespace}/{object_name}" if namespace else object_name
    return joined, {**identity, **given, "metadata": found}


def _helm_release(
    given: dict[str, Any], automatic: str, namespace: str
) -> tuple[str, dict[str, Any]]:
    name = text(given.get("name")) or automatic
    namespace = text(given.get("namespace")) or namespace or "default"
    status = {"name": name, "namespace": namespace, "revision": 1, "status": "deployed"}
    for key in ("chart", "version"):
        if value := text(given.get(key)):
            status[key] = value
    return f"{namespace}/{name}", {**given, "name": name, "namespace": namespace, "status": status}


def planned_outputs(token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a preview knows of a resource's outputs: its inputs as the provider gives them back.

    What the service adds inside of them, such as the security group in a cluster's
    ``vpcConfig``, is unknown.
    """
    planned = given_back(token, inputs)
    if package_of(token) == "aws" and resource_class(token) is not None:
        for key, template in convention(token).outputs.items():
            if isinstance(template, Mapping) and isinstance(planned.get(key), Mapping):
                added = {name: UNKNOWN for name, made in template.items() if "{" in str(made)}
                planned[key] = _beneath(planned[key], added)
    return planned
