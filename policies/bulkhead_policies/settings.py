"""What a pack's configuration sets for a rule: options and exemptions, first checked (POL-3)."""

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bulkhead.domain import parsing
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Schema = dict[str, object]
"""A JSON schema, which the engine checks a configuration against before the pack sees it."""

EXEMPTION_KEYS = ("urn", "owner", "reason", "expires")

EXEMPTIONS_SCHEMA: Schema = {
    "type": "array",
    "description": "Resources on which the rule may be broken: a pattern of URNs in shell style, "
    "who answers for it, why, and the last day (YYYY-MM-DD) on which it holds.",
    "default": [],
    "items": {
        "type": "object",
        "properties": {key: {"type": "string"} for key in EXEMPTION_KEYS},
        "required": list(EXEMPTION_KEYS),
        "additionalProperties": False,
    },
}


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
    rule: str, options: Iterable[Option[object]], given: Mapping[str, object], today: datetime.date
) -> Settings:
    """Read one rule's configuration.

    Raises:
        RefusedError: a key is unknown, a value is wrong, or an exemption may not be used today;
            the sentence names the rule and the key.
    """
    known = {option.name: option for option in options}
    parsed: dict[str, object] = {}
    exemptions: list[Exemption] = []
    for key, value in given.items():
        where = f"{rule}.{key}"
        if key == "exemptions":
            exemptions = [
                _exemption(rule, entry, today, f"{where}[{index}]")
                for index, entry in enumerate(_sequence(value, where))
            ]
        elif key in known:
            parsed[key] = known[key].parse(value, where)
        else:
            raise RefusedError("unknown key", allowed=[*known, "exemptions"], where=where)
    return Settings(options=parsed, exemptions=tuple(exemptions), today=today)


def texts(
    name: str, default: tuple[str, ...], description: str, *, allowed: Collection[str] = ()
) -> Option[tuple[str, ...]]:
    """An option that is a list of strings, each one of ``allowed`` unless that is empty."""

    def parse(value: object, where: str) -> tuple[str, ...]:
        items = _texts(value, where)
        for index, item in enumerate(items):
            if allowed and item not in allowed:
                place = f"{where}[{index}]"
                raise RefusedError("unknown", given=item, allowed=sorted(allowed), where=place)
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
    return _by_environment(name, default, description, items, _texts)


def counts_by_environment(
    name: str, default: Mapping[Environment, int], description: str
) -> Option[Mapping[Environment, int]]:
    """An option that is a count per environment; one left out keeps its default."""
    return _by_environment(name, default, description, {"type": "integer", "minimum": 0}, _count)


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


def _exemption(rule: str, entry: object, today: datetime.date, where: str) -> Exemption:
    if not isinstance(entry, dict) or set(entry) != set(EXEMPTION_KEYS):
        raise RefusedError(
            "not an exemption",
            given=sorted(entry) if isinstance(entry, dict) else entry,
            allowed=f"a mapping of {', '.join(EXEMPTION_KEYS)}",
            where=where,
        )
    urn, owner, reason, expires = (_text(entry[key], f"{where}.{key}") for key in EXEMPTION_KEYS)
    if not urn.strip("*?"):
        raise RefusedError(
            "an exemption for everything",
            given=urn,
            allowed="a pattern that says which resources; a level turns a whole rule off",
            where=f"{where}.urn",
        )
    return Exemption(
        rule=rule,
        subject=urn,
        owner=owner,
        reason=reason,
        expires=parsing.date(expires, where=f"{where}.expires"),
    ).check(today=today, where=where)


def _sequence(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise RefusedError("not a list", given=value, where=where)
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RefusedError("not a text", given=value, where=where)
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    items = _sequence(value, where)
    return tuple(_text(item, f"{where}[{index}]") for index, item in enumerate(items))


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise RefusedError("not a whole number", given=value, where=where)
    if value < 0:
        raise RefusedError("a negative number", given=value, allowed="0 or more", where=where)
    return int(value)
