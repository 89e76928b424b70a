"""Inputs as a provider gives them back among its outputs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bulkhead.preview.plan import UNKNOWN, Secret
from bulkhead.preview.types import (
    PROVIDER_PREFIX,
    RESOURCE,
    SIGNATURE,
    Kind,
    declared,
    known,
    resource_class,
)
from bulkhead.preview.values import text


def given_back(token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as the provider gives them back among the outputs, by their declared types.

    A policy document given as a mapping comes back as JSON text, a resource as its ID, ``"5"``
    as 5 where a number is declared. The SDK refuses outputs of another type than declared. An
    ID that is unknown, or text of a document that has unknown parts, is unknown.
    """
    owner = resource_class(token)
    properties = declared(owner) if owner and not token.startswith(PROVIDER_PREFIX) else {}
    return {
        key: as_declared(value, properties[key].kinds) if key in properties else value
        for key, value in inputs.items()
    }


def as_declared(value: Any, kinds: Sequence[Kind]) -> Any:
    """A value in the type that the first of ``kinds`` says, where it can be."""
    if isinstance(value, Secret):
        inner = as_declared(value.value, kinds)
        return inner if isinstance(inner, Secret) else Secret(inner)
    if known(value) is None or not kinds:
        return value
    kind = kinds[0]
    if isinstance(value, list) and kind.family == "list":
        return [as_declared(item, kind.elements) for item in value]
    if isinstance(value, Mapping) and kind.family == "map":
        return {key: as_declared(item, kind.elements) for key, item in value.items()}
    if isinstance(value, Mapping) and kind.family == "object":
        inside = declared(kind.of)
        return {
            key: as_declared(item, inside[key].kinds) if key in inside else item
            for key, item in value.items()
        }
    classes = {kind.of for kind in kinds}
    if classes == {str}:
        return _as_text(value)
    if isinstance(value, str) and classes <= {int, float, bool}:
        return _as_scalar(value)
    return value


def _as_text(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and SIGNATURE in value:
        return text(value) or (UNKNOWN if value[SIGNATURE] == RESOURCE else value)
    secrets: list[Secret] = []

    def reveal(secret: Secret) -> Any:
        secrets.append(secret)
        return secret.value

    # Keys are sorted and nothing is spaced, as Go writes JSON.
    document = json.dumps(value, default=reveal, sort_keys=True, separators=(",", ":"))
    if UNKNOWN in document:
        document = UNKNOWN
    return Secret(document) if secrets else document


def _as_scalar(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
