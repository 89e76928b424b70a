"""Answers of provider functions (invokes): canned, overridden by a file, or made up by type."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.canned import canned_answer
from bulkhead.preview.coercion import as_declared
from bulkhead.preview.lookups import Ask
from bulkhead.preview.types import declared, result_class
from bulkhead.preview.values import Facts, made_up
from bulkhead.preview.world import World

_TOKEN = re.compile(r"[\w-]+:[\w./-]+:\w+")
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True)
class Answer:
    """What a function answers, and where that is from.

    Attributes:
        result: plain data under wire names; secrets are ``Secret``.
        how: ``canned``, ``file`` where the answers file had a say, or ``assumed`` for values that
            have the declared type and no more.
    """

    result: dict[str, Any]
    how: Literal["canned", "file", "assumed"]


@dataclass(frozen=True)
class Override:
    """An answer of a file.

    Attributes:
        function: token, such as ``aws:ec2/getAmi:getAmi``.
        result: properties that replace those of the canned answer.
        args: arguments that a call must have for this to be its answer; by default none.
        where: where it stands in the file.
    """

    function: str
    result: Mapping[str, Any]
    args: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    def answers(self, token: str, args: Mapping[str, Any]) -> bool:
        """Whether a call is the one that this is the answer of."""
        return self.function == token and _includes(args, self.args)


class Answers:
    """Answers provider functions as an account would in which all that is looked for exists."""

    def __init__(
        self,
        world: World,
        zones: Sequence[str] | None = None,
        overrides: Sequence[Override] = (),
    ) -> None:
        """Answer for the account and Region of ``world``.

        ``zones`` are the availability zones of that Region, by default a, b and c. Of
        ``overrides`` that match a call, later ones win.
        """
        self.world = world
        self._zones = tuple(zones or world.zones())
        self._overrides = overrides

    def answer(self, token: str, args: Mapping[str, Any], world: World | None = None) -> Answer:
        """Answer a function, asked with plain data under wire names, in an account and Region.

        Arguments come back in the result where the SDK declares them there. ``world`` is by default
        the one that the answers were made for.

        Raises:
            RefusedError: the provider would refuse the arguments, only its plugin could answer,
                or the answers file has a property that the function doesn't return.
        """
        world = world or self.world
        zones = self._zones if world.region == self.world.region else world.zones()
        ask = Ask(token, args, world, zones)
        canned = canned_answer(ask)
        result = _typed(ask, canned or {})
        overrides = [each for each in self._overrides if each.answers(token, args)]
        for override in overrides:
            _refuse_undeclared(override)
            result |= override.result
        return Answer(result, "file" if overrides else "assumed" if canned is None else "canned")


def load_answers(path: Path, world: World) -> Answers:
    """Read the answers file of a preview.

    It is YAML: a list of answers, or a mapping with ``answers`` and, all optional, ``account``
    (12 digits), ``region`` and ``zones`` (names of its availability zones), which replace those
    of ``world``. An answer has ``function``, ``result`` and optionally ``args``, as in
    ``Override``.

    Raises:
        RefusedError: the file can't be read or has another form; the sentence names the path.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise RefusedError(f"the answers file can't be read: {reason}", where=str(path)) from None
    except yaml.YAMLError as error:
        raise RefusedError(
            f"the answers file is not YAML: {' '.join(str(error).split())}", where=str(path)
        ) from None
    if isinstance(data, list):
        data = {"answers": data}
    top = _mapping(data or {}, f"{path}", {"account", "region", "zones", "answers"})
    account = str(top.get("account", world.account))
    region = str(top.get("region", world.region))
    if not _ACCOUNT.fullmatch(account):
        raise RefusedError(
            "not an account", given=account, allowed="12 digits in quotes", where=f"{path}: account"
        )
    if not _REGION.fullmatch(region):
        raise RefusedError(
            "not a Region", given=region, allowed="such as eu-central-1", where=f"{path}: region"
        )
    zones = _list(top.get("zones"), f"{path}: zones")
    for index, zone in enumerate(zones):
        if not isinstance(zone, str) or not zone.startswith(region) or zone == region:
            raise RefusedError(
                "not an availability zone of the Region",
                given=zone,
                allowed=f"such as {region}a",
                where=f"{path}: zones[{index}]",
            )
    overrides = [
        _override(entry, f"{path}: answers[{index}]")
        for index, entry in enumerate(_list(top.get("answers"), f"{path}: answers"))
    ]
    return Answers(World(account, region), zones, overrides)


def _override(entry: Any, where: str) -> Override:
    found = _mapping(entry, where, {"function", "args", "result"})
    function = found.get("function")
    if not isinstance(function, str) or not _TOKEN.fullmatch(function):
        raise RefusedError(
            "not a function",
            given=function,
            allowed="a token such as aws:ec2/getAmi:getAmi",
            where=f"{where}.function",
        )
    if "result" not in found:
        raise RefusedError("an answer needs a result", where=where)
    result = _mapping(found["result"], f"{where}.result")
    args = _mapping(found.get("args") or {}, f"{where}.args")
    return Override(function, result, args, where)


def _mapping(data: Any, where: str, allowed: set[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise RefusedError("not a mapping", given=data, where=where)
    for key in data:
        if not isinstance(key, str) or (allowed is not None and key not in allowed):
            listed = sorted(allowed) if allowed else "text as keys"
            raise RefusedError("unknown key", given=key, allowed=listed, where=where)
    return data


def _list(data: Any, where: str) -> list[Any]:
    if data is None:
        return []
    if not isinstance(data, list):
        raise RefusedError("not a list", given=data, where=where)
    return data


def _refuse_undeclared(override: Override) -> None:
    owner = result_class(override.function)
    properties = declared(owner) if owner else override.result
    for key in override.result:
        if key not in properties:
            close = difflib.get_close_matches(key, properties, n=1)
            raise RefusedError(
                f"{override.function} does not return this property",
                given=key,
                allowed=close or sorted(properties),
                where=f"{override.where}.result",
            )


def _typed(ask: Ask, canned: Mapping[str, Any]) -> dict[str, Any]:
    """The declared result: what is canned, else the argument, else made up."""
    owner = result_class(ask.token)
    given = {key: value for key, value in ask.args.items() if value is not None}
    if owner is None:
        return dict(canned) or given
    properties = declared(owner)
    facts = Facts(ask.token, ask.seed(), ask.args, ask.world)
    facts["kind"] = facts["kind"].removeprefix("get-")
    facts["name"] = ask.arg("name") or facts["kind"]
    known = {**canned, **given}
    result = {
        key: as_declared(known[key], declaration.kinds)
        if key in known
        else made_up(declaration.kinds, key, facts)
        for key, declaration in properties.items()
        if key in known or declaration.required
    }
    return {key: value for key, value in result.items() if value is not None}


def _includes(given: Any, wanted: Any) -> bool:
    """Whether what is given has everything that is wanted, at any depth of mappings."""
    if isinstance(wanted, Mapping):
        return isinstance(given, Mapping) and all(
            key in given and _includes(given[key], value) for key, value in wanted.items()
        )
    return bool(given == wanted)
