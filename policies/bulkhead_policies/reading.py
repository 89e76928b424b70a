"""Reading the plain values of a configuration, or refusing them with their key (POL-3)."""

from collections.abc import Collection

from bulkhead.domain.errors import RefusedError

Schema = dict[str, object]
"""A JSON schema, which the engine checks a configuration against before the pack sees it."""


def sequence(value: object, where: str) -> list[object]:
    """Return ``value`` if it is a list."""
    if not isinstance(value, list):
        raise RefusedError("not a list", given=value, where=where)
    return value


def text(value: object, where: str) -> str:
    """Return ``value`` if it is a text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise RefusedError("not a text", given=value, where=where)
    return value


def word(value: object, allowed: Collection[str], where: str) -> str:
    """Return ``value`` if it is one of ``allowed``."""
    given = text(value, where)
    if given not in allowed:
        raise RefusedError("unknown", given=given, allowed=sorted(allowed), where=where)
    return given


def texts(value: object, where: str) -> tuple[str, ...]:
    """Return the texts of a list."""
    items = sequence(value, where)
    return tuple(text(item, f"{where}[{index}]") for index, item in enumerate(items))


def count(value: object, where: str) -> int:
    """Return ``value`` if it is a whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise RefusedError("not a whole number", given=value, where=where)
    if value < 0:
        raise RefusedError("a negative number", given=value, allowed="0 or more", where=where)
    return int(value)
