"""What a pack's configuration sets for a rule: options and exemptions, first checked (POL-3)."""

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bulkhead.domain import parsing
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead_policies import reading
from bulkhead_policies.exemptions import read_exemption
from bulkhead_policies.reading import Schema

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, eq=False)
class Option(Generic[T_co]):
    """A value that a pack's configuration may set for a rule.

    Attributes:
        name: key in the configuration.
        default: the value when none is configured.
        schema: JSON schema of the configured value, with its description and default.
        parse: turns a configured value, and its path for the complaint, into the option's value.
    """

    name: str
    default: T_co
    schema: Schema
    parse: Callable[[object, str], T_co]


@dataclass(frozen=True)
class Settings:
    """What a rule is told besides the resource.

    Attributes:
        options: configured values by the names of the rule's options.
        exemptions: resources on which the rule may be broken.
        today: the day on which exemptions are judged.
    """

    options: Mapping[str, object] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()
    today: datetime.date = field(default_factory=datetime.date.today)

    def __getitem__(self, option: Option[T]) -> T:
        """The value of ``option``."""
        return self.options.get(option.name, option.default)  # type: ignore[return-value]

    def exemption(self, rule: str, urns: Iterable[str]) -> Exemption | None:
        """The exemption that allows ``rule`` to be broken on one of ``urns``."""
        return next(
            (e for e in self.exemptions for urn in urns if e.covers(rule, urn)),
            None,
        )


def read_settings(
    rule: str,
    options: Iterable[Option[object]],
    given: Mapping[str, object],
    today: datetime.date,
    *,
    exemptible: bool = True,
) -> Settings:
    """Read one rule's configuration; an option that is set to its default is left out.

    Raises:
        RefusedError: a key is unknown, a value is wrong, or an exemption may not be used today;
            the sentence names the rule and the key.
    """
    known = {option.name: option for option in options}
    parsed: dict[str, object] = {}
    exemptions: list[Exemption] = []
    for key, value in given.items():
        where = f"{rule}.{key}"
        if key == "exemptions" and exemptible:
            exemptions = [
                read_exemption(rule, entry, today, f"{where}[{index}]")
                for index, entry in enumerate(reading.sequence(value, where))
            ]
        elif key in known:
            chosen = known[key].parse(value, where)
            if chosen != known[key].default:
                parsed[key] = chosen
        else:
            allowed = [*known, *(["exemptions"] if exemptible else [])]
            raise RefusedError("unknown key", allowed=allowed, where=where)
    return Settings(options=parsed, exemptions=tuple(exemptions), today=today)


def texts(
    name: str, default: tuple[str, ...], description: str, *, allowed: Collection[str] = ()
) -> Option[tuple[str, ...]]:
    """An option that is a list of strings, each one of ``allowed`` unless that is empty."""

    def parse(value: object, where: str) -> tuple[str, ...]:
        items = reading.texts(value, where)
        if allowed:
            for index, item in enumerate(items):
                reading.word(item, allowed, f"{where}[{index}]")
        return items

    items: Schema = {"type": "string", "minLength": 1}
    schema: Schema = {
        "type": "array",
        "description": description,
        "default": list(default),
        "items": {**items, "enum": sorted(allowed)} if allowed else items,
    }
    return Option(name, default, schema, parse)


def texts_by_environment(
    name: str, default: Mapping[Environment, tuple[str, ...]], description: str
) -> Option[Mapping[Environment, tuple[str, ...]]]:
    """An option that is a list of strings per environment; one left out keeps its default."""
    items: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}}
    return _by_environment(name, default, description, items, reading.texts)


def words_by_environment(
    name: str, default: Mapping[Environment, str], description: str, *, allowed: Collection[str]
) -> Option[Mapping[Environment, str]]:
    """An option that is one of ``allowed`` per environment; one left out keeps its default."""

    def parse(value: object, where: str) -> str:
        return reading.word(value, allowed, where)

    items: Schema = {"type": "string", "enum": sorted(allowed)}
    return _by_environment(name, default, description, items, parse)


def word(name: str, default: str, description: str, *, allowed: Collection[str]) -> Option[str]:
    """An option that is one of ``allowed``, or ``default``."""

    def parse(value: object, where: str) -> str:
        return default if value == default else reading.word(value, allowed, where)

    schema: Schema = {
        "type": "string",
        "description": description,
        "default": default,
        "enum": sorted({default, *allowed}),
    }
    return Option(name, default, schema, parse)


def number(name: str, default: int, description: str, *, least: int = 0) -> Option[int]:
    """An option that is a whole number of ``least`` or more."""

    def parse(value: object, where: str) -> int:
        given = reading.count(value, where)
        if given < least:
            raise RefusedError("too low", given=given, allowed=f"{least} or more", where=where)
        return given

    schema: Schema = {
        "type": "integer",
        "description": description,
        "default": default,
        "minimum": least,
    }
    return Option(name, default, schema, parse)


def values(name: str, description: str, *, keys: Collection[str]) -> Option[Mapping[str, str]]:
    """An option that is a text for some of ``keys``, by default for none."""

    def parse(value: object, where: str) -> Mapping[str, str]:
        if not isinstance(value, dict):
            raise RefusedError("not a mapping", given=value, where=where)
        for key in value:
            reading.word(key, keys, where)
        return {key: reading.text(item, f"{where}.{key}") for key, item in value.items()}

    schema: Schema = {
        "type": "object",
        "description": description,
        "default": {},
        "properties": {key: {"type": "string", "minLength": 1} for key in keys},
        "additionalProperties": False,
    }
    return Option(name, {}, schema, parse)


def counts_by_environment(
    name: str, default: Mapping[Environment, int], description: str
) -> Option[Mapping[Environment, int]]:
    """An option that is a count per environment; one left out keeps its default."""
    return _by_environment(
        name, default, description, {"type": "integer", "minimum": 0}, reading.count
    )


def _by_environment(
    name: str,
    default: Mapping[Environment, T],
    description: str,
    items: Schema,
    parse: Callable[[object, str], T],
) -> Option[Mapping[Environment, T]]:
    def parse_all(value: object, where: str) -> Mapping[Environment, T]:
        if not isinstance(value, dict):
            raise RefusedError("not a mapping", given=value, where=where)
        given = {
            parsing.choice(Environment, key, where=where): parse(item, f"{where}.{key}")
            for key, item in value.items()
        }
        return {**default, **given}

    schema: Schema = {
        "type": "object",
        "description": description,
        "properties": {str(environment): items for environment in Environment},
        "additionalProperties": False,
        "default": {
            str(environment): list(value) if isinstance(value, tuple) else value
            for environment, value in default.items()
        },
    }
    return Option(name, default, schema, parse_all)
