"""Between Pulumi's protobuf values and plain Python data."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value
from pulumi.runtime import rpc

from bulkhead.preview.plan import MASK, UNKNOWN, Secret


def to_plain(value: Value) -> Any:
    """Turn a protobuf value into Python data; whole numbers become ``int``."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _marked(struct_to_plain(value.struct_value))
    if kind == "list_value":
        return [to_plain(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return value.string_value
    return value.bool_value if kind == "bool_value" else None


def struct_to_plain(struct: Struct) -> dict[str, Any]:
    """Turn a protobuf mapping, which keeps no order, into Python data in the keys' order."""
    return {key: to_plain(item) for key, item in sorted(struct.fields.items())}


def _marked(mapping: dict[str, Any]) -> Any:
    signature = mapping.get(rpc._special_sig_key)
    if signature == rpc._special_secret_sig:
        return Secret(mapping.get("value"))
    if signature == rpc._special_output_value_sig:
        value = mapping.get("value", UNKNOWN)
        return Secret(value) if mapping.get("secret") else value
    return mapping


def to_value(data: Any) -> Value:
    """Turn Python data, with ``Secret`` inside, into a protobuf value."""
    if isinstance(data, Secret):
        data = {rpc._special_sig_key: rpc._special_secret_sig, "value": data.value}
    if data is None:
        return Value(null_value=NULL_VALUE)
    if isinstance(data, bool):
        return Value(bool_value=data)
    if isinstance(data, int | float):
        return Value(number_value=data)
    if isinstance(data, Mapping):
        return Value(struct_value=to_struct(data))
    if isinstance(data, list | tuple):
        return Value(list_value=ListValue(values=[to_value(item) for item in data]))
    return Value(string_value=str(data))


def to_struct(data: Mapping[str, Any]) -> Struct:
    """Turn a mapping into a protobuf mapping."""
    return Struct(fields={key: to_value(item) for key, item in data.items()})


def masked(data: Any) -> Any:
    """The same data with ``[secret]`` in place of secrets, ready for JSON."""
    if isinstance(data, Secret):
        return MASK
    if isinstance(data, Mapping):
        return {key: masked(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [masked(item) for item in data]
    return data


def revealed(data: Any) -> Any:
    """The same data with the values of its secrets."""
    if isinstance(data, Secret):
        return revealed(data.value)
    if isinstance(data, Mapping):
        return {key: revealed(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [revealed(item) for item in data]
    return data


def secret_as_before(after: Any, before: Any) -> Any:
    """Changed data with all that secret that stands where a secret stood before."""
    if isinstance(before, Secret):
        return after if isinstance(after, Secret) else Secret(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {key: secret_as_before(item, before.get(key)) for key, item in after.items()}
    if isinstance(before, list) and isinstance(after, list):
        kept = [*before, *([None] * len(after))]
        return [secret_as_before(item, was) for item, was in zip(after, kept, strict=False)]
    return after


def contains_unknown(data: Any) -> bool:
    """Whether any part of the data is unknown."""
    if isinstance(data, Secret):
        return contains_unknown(data.value)
    if isinstance(data, Mapping):
        return any(contains_unknown(item) for item in data.values())
    if isinstance(data, list | tuple):
        return any(contains_unknown(item) for item in data)
    return bool(data == UNKNOWN)
