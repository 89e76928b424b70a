"""Arguments that components of every room take, and how they become domain values."""

import functools
import inspect
from collections.abc import Hashable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, NotRequired, TypedDict, TypeVar, cast, get_args, get_origin

import pulumi

from bulkhead.domain import parsing
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import check_region
from bulkhead.domain.tiers import Tier

A = TypeVar("A")

Strings = pulumi.Input[Sequence[pulumi.Input[str]]]
"""A list of strings of which any may still be unknown."""


class ScopeArgs(TypedDict):
    """Where a part of the platform stands, and who answers for it."""

    environment: str
    """Stage: dev, staging or prod."""
    region: str
    """AWS Region; one that every account has enabled by default."""
    account_id: str
    """AWS account, twelve digits."""
    owner: str
    """Team that runs the platform."""
    cost_center: str
    """Who pays for what the tenants share."""
    project: NotRequired[str]
    """Project that shared costs are booked to. Default: ``platform``."""


class PlaceArgs(TypedDict):
    """What a part takes of which a Region may or may not hold the tier; others have more keys."""

    scope: ScopeArgs
    """Environment, account and Region."""
    tier: str
    """Sensitivity tier."""


def checked(args: A, kind: type[A], *, where: str) -> A:
    """Return ``args`` without what is None, if its keys are those of the TypedDict ``kind``.

    Type checkers see a misspelt key or a wrong type; a program that nobody checks would have the
    one ignored and fail on the other deep inside.

    Raises:
        RefusedError: an argument is unknown, missing, or a plain one of the wrong type.
    """
    if not isinstance(args, Mapping):
        raise RefusedError("not a mapping of arguments", given=args, where=where)
    given = {key: value for key, value in args.items() if value is not None}
    hints = _hints(cast(Hashable, kind))
    for key in given:
        if key not in hints:
            raise RefusedError("unknown argument", given=key, allowed=sorted(hints), where=where)
    for key in sorted(cast(Any, kind).__required_keys__ - given.keys()):
        raise RefusedError("a missing argument", where=f"{where}.{key}")
    for key, value in given.items():
        if not _fits(value, hints[key]):
            raise RefusedError(
                "a value of the wrong type",
                given=value,
                allowed=PLAIN.get(hints[key]) or PLAIN[get_origin(hints[key])],
                where=f"{where}.{key}",
            )
    return cast(A, given)


PLAIN: dict[Any, str] = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list[str]: "a list of strings",
    list: "a list",
    dict: "a mapping",
}
"""Types whose values are checked; the others may hold outputs or have their own keys."""


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """The types of the keys; ``typing.get_type_hints`` stumbles over ``pulumi.Input``."""
    return {key: _bare(hint) for key, hint in inspect.get_annotations(kind).items()}


def _bare(hint: Any) -> Any:
    """A type without what makes it optional."""
    if get_origin(hint) is cast(Any, NotRequired):
        hint = get_args(hint)[0]
    if isinstance(hint, UnionType) and NoneType in get_args(hint):
        hint = get_args(hint)[0]
    return hint


def _fits(value: object, hint: Any) -> bool:
    if hint == list[str]:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if get_origin(hint) is list:
        return isinstance(value, list)
    if get_origin(hint) is dict:
        return isinstance(value, Mapping)
    if hint not in PLAIN:
        return True
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def read_scope(args: ScopeArgs, *, where: str) -> Scope:
    """The scope that ``args`` describe.

    Raises:
        RefusedError: the environment is unknown, or see ``checked`` and ``Scope.check``.
    """
    args = checked(args, ScopeArgs, where=where)
    return Scope(
        environment=parsing.choice(Environment, args["environment"], where=f"{where}.environment"),
        region=args["region"],
        account_id=args["account_id"],
        owner=args["owner"],
        cost_center=args["cost_center"],
        project=args.get("project", "platform"),
    ).check(where=where)


def read_tier(value: str, *, where: str) -> Tier:
    """The tier that ``value`` names.

    Raises:
        RefusedError: it is unknown; the sentence lists the tiers.
    """
    return parsing.choice(Tier, value, where=where)


def read_place(args: PlaceArgs, *, where: str) -> tuple[Scope, Tier]:
    """The scope and the tier of ``args``, which the scope's Region may hold.

    Raises:
        RefusedError: one is unknown or refused, or the tier may not live in the Region.
    """
    scope = read_scope(args["scope"], where=f"{where}.scope")
    tier = read_tier(args["tier"], where=f"{where}.tier")
    check_region(tier, scope.region, where=f"{where}.tier")
    return scope, tier


def read_tiers(names: list[str], *, where: str) -> list[Tier]:
    """The tiers that ``names`` name.

    Raises:
        RefusedError: one is unknown or stands twice, or there is none.
    """
    tiers = [parsing.choice(Tier, each, where=where) for each in names]
    if not tiers or len(set(tiers)) < len(tiers):
        raise RefusedError(
            "not a list of different tiers",
            given=", ".join(tiers),
            allowed="one or more, each once",
            where=where,
        )
    return tiers
