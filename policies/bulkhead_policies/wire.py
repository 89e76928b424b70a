"""From the analyzer protocol's messages to what the rules see."""

import math
from collections.abc import Mapping
from typing import Any

from pulumi_policy import deserialize, proxy

from bulkhead_policies.resource import Options, Resource
from bulkhead_policies.view import Mark, Secret, View

UNKNOWNS = frozenset(
    {
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
    }
)
"""Strings that stand for values which only the deployment will compute."""


def read_resource(message: Any) -> Resource:
    """Read a resource of an ``AnalyzeRequest`` or an ``AnalyzeStackRequest``."""
    has_provider = message.HasField("provider")
    return Resource(
        type=message.type,
        name=message.name,
        urn=message.urn,
        props=View(plain_struct(message.properties), urn=message.urn),
        options=Options(protect=message.options.protect, parent=message.options.parent),
        provider=View(
            plain_struct(message.provider.properties) if has_provider else Mark.MISSING,
            urn=message.urn,
            path="provider",
        ),
        provider_urn=message.provider.urn,
        property_dependencies=read_dependencies(message),
    )


def read_dependencies(message: Any) -> dict[str, list[str]]:
    """The URNs that each property depends on, which only an ``AnalyzeStackRequest`` tells."""
    told = getattr(message, "propertyDependencies", {})
    return {key: list(named.urns) for key, named in told.items()}


def plain_struct(struct: Any) -> Mapping[str, object]:
    """Read a protobuf mapping, in one pass and once for all rules."""
    return {key: plain(value) for key, value in struct.fields.items()}


def plain(value: Any) -> object:
    """Read a protobuf value: plain data in which ``Mark`` and ``Secret`` may stand."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return Mark.UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    if kind == "struct_value":
        data = plain_struct(value.struct_value)
        if data.get(deserialize.SPECIAL_SIG_KEY) == deserialize.SPECIAL_SECRET_SIG:
            return Secret(data.get("value"))
        return data
    if kind == "list_value":
        return [plain(item) for item in value.list_value.values]
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if math.isfinite(number) and number.is_integer() else number
    return None


def write(struct: Any, path: tuple[str, ...], value: object) -> None:
    """Set the property at ``path`` of a protobuf mapping; what is secret on the way stays so."""
    step, *rest = path
    if not rest:
        struct.update({step: value})
        return
    inner = struct.fields[step].struct_value
    if deserialize.SPECIAL_SIG_KEY in inner.fields and "value" in inner.fields:
        inner = inner.fields["value"].struct_value
    write(inner, tuple(rest), value)
