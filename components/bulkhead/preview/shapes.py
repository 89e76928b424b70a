"""Checking the shape of a resource's inputs against the types that its SDK declares."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import pulumi

from bulkhead.preview.plan import Secret
from bulkhead.preview.types import (
    ARCHIVE,
    ASSET,
    PROVIDER_PREFIX,
    RESOURCE,
    SIGNATURE,
    Kind,
    Property,
    args_class,
    declared,
    has_declared_types,
    is_custom_object,
    known,
    package_of,
    required,
    wire_names,
)

__all__ = ["ShapeError", "check_inputs", "has_declared_types", "package_of"]

_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*")

_QUANTITIES = frozenset(
    {"allocatable", "averageValue", "capacity", "consumedCapacity", "default", "defaultRequest"}
    | {"divisor", "hard", "limits", "max", "maxLimitRequestRatio", "min", "overhead", "podFixed"}
    | {"requests", "sizeLimit", "used"}
)
"""Properties that the Kubernetes SDK calls strings and the API server reads as quantities, so
that a number will do."""


@dataclass(frozen=True)
class ShapeError:
    """An input that the provider would refuse for its shape.

    ``path`` is the property's, such as ``blockDeviceMappings[0].ebs.volumeSize``; ``message`` is
    a phrase without the value, which may be secret.
    """

    path: str
    message: str


@dataclass(frozen=True)
class _Rules:
    """What passes for what.

    Attributes:
        loose: scalars that say the same in another type do, as in bridged providers.
        quantity: a number will do for a string.
        python_names: keys may be the Python names of properties.
    """

    loose: bool
    quantity: bool = False
    python_names: bool = False


def check_inputs(token: str, inputs: Mapping[str, Any]) -> list[ShapeError]:
    """Compare a resource's inputs with what the SDK declares for its type.

    ``inputs`` are plain data under wire names; unknown values match any type, and secrets are
    looked into. Finds unknown properties, missing required ones and values of the wrong kind, at
    any depth. Scalars in another type's clothes, such as ``"5"`` for a number, pass where the
    provider takes them: in all packages but ``kubernetes``. Of a Kubernetes object of a custom
    kind only apiVersion, kind and metadata are declared. A type without declared inputs has no
    errors.
    """
    args = args_class(token)
    if args is None:
        return []
    rules = _Rules(loose=package_of(token) != "kubernetes")
    properties = declared(args)
    if token.startswith(PROVIDER_PREFIX):
        rules = replace(rules, python_names=rules.loose)
        inputs = {key: _decoded(value, properties.get(key)) for key, value in inputs.items()}
    elif is_custom_object(token):
        inputs = {key: value for key, value in inputs.items() if key in properties}
    return list(_object_errors(inputs, args, "", rules))


def _decoded(value: Any, declaration: Property | None) -> Any:
    """A provider's input out of the JSON in which the SDKs send all but strings."""
    while isinstance(value, Secret):
        value = value.value
    if declaration is None or not isinstance(value, str) or known(value) is None:
        return value
    if any(kind.of is str for kind in declaration.kinds):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _object_errors(
    inputs: Mapping[str, Any], owner: type, at: str, rules: _Rules
) -> Iterator[ShapeError]:
    properties = declared(owner)
    given = set()
    for key, value in inputs.items():
        name = _wire_name(str(key), owner, rules)
        if name not in properties:
            yield ShapeError(_join(at, key), _unknown(name, properties))
            continue
        if value is not None:
            given.add(name)
        quantity = not rules.loose and _is_quantity(owner, name)
        inner = rules if quantity == rules.quantity else replace(rules, quantity=quantity)
        yield from _errors(value, properties[name].kinds, _join(at, name), inner)
    for name in required(owner):
        if name not in given:
            yield ShapeError(_join(at, name), "missing required property")


def _errors(value: Any, kinds: Sequence[Kind], at: str, rules: _Rules) -> Sequence[ShapeError]:
    while isinstance(value, Secret):
        value = value.value
    if known(value) is None or not kinds:
        return ()
    attempts = [_inside(value, kind, at, rules) for kind in kinds]
    recognised = [found for found in attempts if found is not None]
    if recognised:
        return min(recognised, key=len)
    expected = " or ".join(dict.fromkeys(map(_name_of_kind, kinds)))
    return [ShapeError(at, f"expected {expected}, got {_name_of_value(value)}")]


def _inside(value: Any, kind: Kind, at: str, rules: _Rules) -> Sequence[ShapeError] | None:
    """The errors inside a value of this kind, or None if it is of another kind."""
    family, inner = kind.family, kind.elements
    if family == "list":
        if not isinstance(value, list | tuple):
            return None
        return [e for i, v in enumerate(value) for e in _errors(v, inner, f"{at}[{i}]", rules)]
    if family in ("map", "object"):
        if not isinstance(value, Mapping) or SIGNATURE in value:
            return None
        if family == "object":
            return list(_object_errors(value, kind.of, at, rules))
        return [e for k, v in value.items() for e in _errors(v, inner, _join(at, k), rules)]
    fits = value in kind.of if family == "literal" else _is_a(value, kind.of, rules)
    return () if fits else None


def _is_a(value: Any, kind: type, rules: _Rules) -> bool:
    """Whether a value can stand for a class that is neither collection nor object."""
    signature = value.get(SIGNATURE) if isinstance(value, Mapping) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if issubclass(kind, Enum):
        return any(value == member.value for member in kind)
    if issubclass(kind, pulumi.Asset):
        return signature == ASSET or isinstance(value, pulumi.Asset)
    if issubclass(kind, pulumi.Archive):
        return signature == ARCHIVE or isinstance(value, pulumi.Archive)
    if issubclass(kind, pulumi.Resource):
        return bool(signature == RESOURCE)
    if kind is str:
        # The engine sends the ID of a resource to providers that want text.
        accepts_scalar = rules.loose and isinstance(value, bool | int | float)
        return (
            isinstance(value, str)
            or accepts_scalar
            or (rules.quantity and is_number)
            or signature == RESOURCE
        )
    if kind is bool:
        return isinstance(value, bool) or (rules.loose and value in ("true", "false"))
    if kind is int:
        if is_number:
            return isinstance(value, int) or value.is_integer()
        return rules.loose and isinstance(value, str) and _WHOLE.fullmatch(value) is not None
    if kind is float:
        as_text = rules.loose and isinstance(value, str) and _NUMBER.fullmatch(value) is not None
        return is_number or as_text
    # A class that this doesn't know can't rule anything out.
    return True


def _is_quantity(owner: type, name: str) -> bool:
    return name in _QUANTITIES or (name == "value" and owner.__name__.startswith("MetricTarget"))


def _wire_name(key: str, owner: type, rules: _Rules) -> str:
    if rules.python_names:
        return wire_names(owner).get(key, key)
    # The Kubernetes SDK spells x-kubernetes-list-type with underscores; its provider reads both.
    return key.replace("-", "_") if not rules.loose and key.startswith("x-kubernetes-") else key


def _unknown(name: str, properties: Mapping[str, Property]) -> str:
    close = difflib.get_close_matches(name, properties, n=1)
    return f"unknown property; did you mean '{close[0]}'?" if close else "unknown property"


def _join(at: str, key: object) -> str:
    if _PLAIN_KEY.fullmatch(str(key)) is None:
        return f"{at}[{json.dumps(str(key), ensure_ascii=False)}]"
    return f"{at}.{key}" if at else str(key)


def _name_of_kind(kind: Kind) -> str:
    if kind.family == "literal":
        return " or ".join(map(repr, kind.of))
    if kind.family != "class":
        return {"list": "a list", "map": "a mapping", "object": "an object"}[kind.family]
    if issubclass(kind.of, Enum):
        return "one of " + ", ".join(repr(member.value) for member in kind.of)
    names: dict[type, str] = {
        str: "a string",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        pulumi.Asset: "an asset",
        pulumi.Archive: "an archive",
    }
    return names.get(kind.of, "a resource")


def _name_of_value(value: Any) -> str:
    if isinstance(value, Mapping):
        signed = ((ASSET, "an asset"), (ARCHIVE, "an archive"), (RESOURCE, "a resource"))
        return next((name for key, name in signed if value.get(SIGNATURE) == key), "a mapping")
    if isinstance(value, float) and not value.is_integer():
        return "a fraction"
    names = (
        (bool, "true or false"),
        (str, "a string"),
        (int | float, "a number"),
        (list | tuple, "a list"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), type(value).__name__)
