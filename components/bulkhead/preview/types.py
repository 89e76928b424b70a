"""What the installed provider SDKs declare, found by token and loaded no earlier than needed.

The SDKs load their modules lazily, which fails when two threads first touch the same module.
Look-ups here wait for each other; let the program finish, or ask from its own thread.
"""

import contextlib
import functools
import importlib
import importlib.util
import keyword
import re
import threading
import typing
import warnings
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType, UnionType
from typing import Any, Literal, TypeVar

from pulumi import Output, _types
from pulumi.runtime import rpc

from bulkhead.preview.plan import UNKNOWN

SIGNATURE = rpc._special_sig_key
"""Key of a mapping that stands for an asset, an archive or a resource."""
ASSET = rpc._special_asset_sig
ARCHIVE = rpc._special_archive_sig
RESOURCE = rpc._special_resource_sig

PROVIDER_PREFIX = "pulumi:providers:"

_CUSTOM_OBJECT = re.compile(r"kubernetes:(?:[a-z0-9.-]+/)?v\d+\w*:\w+")
_PACKAGE = re.compile(r"[a-z][a-z0-9-]*")
_LOCK = threading.RLock()
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of value that an annotation allows on the wire.

    Attributes:
        family: ``list``, ``map``, ``object`` (properties declared by a class), ``literal``, or
            ``class`` for anything else.
        of: the class of an object or class, the values of a literal, else None.
        elements: the kinds that the elements of a list or map may be; empty allows all.
    """

    family: Literal["list", "map", "object", "literal", "class"]
    of: Any = None
    elements: "tuple[Kind, ...]" = ()


@dataclass(frozen=True, eq=False)
class Property:
    """A declared property: the kinds that it may be, and whether it is always there.

    No kinds at all means any value.
    """

    kinds: tuple[Kind, ...]
    required: bool


@contextlib.contextmanager
def _loading() -> Iterator[None]:
    # A service's module warns of each deprecated class in it, whether or not anyone uses one.
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def package_of(token: str) -> str:
    """The package of a type or function token: ``aws`` of ``aws:s3/bucket:Bucket``.

    A provider belongs to the package it provides: ``aws`` of ``pulumi:providers:aws``.
    """
    return token.removeprefix(PROVIDER_PREFIX).partition(":")[0]


def has_declared_types(token: str) -> bool:
    """Whether an installed SDK declares the inputs of this resource type."""
    return args_class(token) is not None


def is_custom_object(token: str) -> bool:
    """Whether this is a Kubernetes object of a kind that the SDK has no class for."""
    return _CUSTOM_OBJECT.fullmatch(token) is not None and resource_class(token) is None


@functools.cache
def resource_class(token: str) -> type | None:
    """The class that an installed SDK declares for a resource type, if any."""
    package = package_of(token)
    with _loading():
        sdk = _sdk(package)
        if sdk is None:
            return None
        if token.startswith(PROVIDER_PREFIX):
            return _class_in(sdk, "Provider")
        module = rpc.get_resource_module(package, token.partition(":")[2].partition(":")[0], "")
        found: Mapping[str, Any] = getattr(module, "mod_info", {})
        name = found.get("classes", {}).get(token)
        return _class_in(importlib.import_module(found["fqn"]), name) if name else None


@functools.cache
def args_class(token: str) -> type | None:
    """The class that declares the inputs of a resource type, if any.

    An object of a custom kind has the inputs that all Kubernetes objects share.
    """
    resource = resource_class(token)
    with _loading():
        if resource is None:
            custom = is_custom_object(token) and _sdk("kubernetes") is not None
            module = importlib.import_module("pulumi_kubernetes.apiextensions") if custom else None
            return _class_in(module, "CustomResourceArgs") if module else None
        # A resource whose name an input type already has calls its inputs FooInitArgs.
        home = importlib.import_module(resource.__module__)
        return _class_in(home, f"{resource.__name__}InitArgs") or _class_in(
            home, f"{resource.__name__}Args"
        )


@functools.cache
def result_class(token: str) -> type | None:
    """The class that declares the result of a provider function, if any.

    ``aws:ec2/getAmi:getAmi`` has ``pulumi_aws.ec2.GetAmiResult``.
    """
    package, _, path = token.partition(":")
    section, _, function = path.rpartition(":")
    module = section.partition("/")[0]
    with _loading():
        sdk = _sdk(package)
        if sdk is None or not module.isidentifier() or not function:
            return None
        if module != "index":
            name = f"{sdk.__name__}.{module}{'_' if keyword.iskeyword(module) else ''}"
            if importlib.util.find_spec(name) is None:
                return None
            sdk = importlib.import_module(name)
        return _class_in(sdk, f"{function[0].upper()}{function[1:]}Result")


@functools.cache
def declared(owner: type) -> Mapping[str, Property]:
    """The properties that a resource, input or output class declares, by wire name."""
    with _loading():
        hints = _types._raw_return_hints(owner)
    properties = {}
    for name, hint in hints.items():
        inner = typing.get_args(hint)[0] if typing.get_origin(hint) is Output else hint
        optional = type(None) in typing.get_args(inner)
        properties[name] = Property(kinds_of(inner), required=not optional)
    return properties


@functools.cache
def required(owner: type) -> tuple[str, ...]:
    """Wire names of the properties that are always there."""
    return tuple(name for name, found in declared(owner).items() if found.required)


@functools.cache
def wire_names(args: type) -> Mapping[str, str]:
    """Wire names of an input class by their Python names."""
    return _types.input_type_py_to_pulumi_names(args)


@functools.cache
def kinds_of(annotation: Any) -> tuple[Kind, ...]:
    """The kinds that an annotation allows on the wire, empty if it allows all.

    ``Input[Optional[Union[str, FooArgs, FooArgsDict]]]`` allows a ``str`` and a ``FooArgs``:
    outputs and None aside, and a TypedDict says again what the class beside it says.
    """
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, UnionType):
        members = [part for part in parts if not _is_plumbing(part)]
        nested = [kinds_of(member) for member in members]
        return tuple(kind for kinds in nested for kind in kinds) if all(nested) else ()
    if origin is Literal:
        return (Kind("literal", parts),)
    if origin in (Sequence, list) or annotation in (Sequence, list):
        return (Kind("list", elements=kinds_of(parts[0]) if parts else ()),)
    if origin in (Mapping, dict) or annotation in (Mapping, dict):
        return (Kind("map", elements=kinds_of(parts[1]) if parts else ()),)
    if annotation is Any or not isinstance(annotation, type):
        return ()
    with_properties = _types.is_input_type(annotation) or _types.is_output_type(annotation)
    return (Kind("object" if with_properties else "class", annotation),)


def _is_plumbing(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    return (
        annotation in (type(None), Output)
        or origin in (Output, Awaitable)
        or typing.is_typeddict(annotation)
    )


def known(value: _T | None) -> _T | None:
    """The value, or None where only the deployment will tell it."""
    return None if isinstance(value, str) and value == UNKNOWN else value


def _sdk(package: str) -> ModuleType | None:
    name = f"pulumi_{package.replace('-', '_')}"
    if _PACKAGE.fullmatch(package) is None or importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)


def _class_in(module: ModuleType, name: str) -> type | None:
    found = getattr(module, name, None)
    return found if isinstance(found, type) else None
