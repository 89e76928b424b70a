"""Reading the properties of a resource, of which a preview knows only a part (POL-4).

A ``View`` is a property with its path. Tests of presence count an unknown value as set; reading an
unknown value stops the rule, so that no rule passes on a value that nobody has seen.
"""

import json
import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from bulkhead.domain.errors import RefusedError
from bulkhead_policies.findings import Finding, Kind, StopError

LONGEST_SHOWN = 80
"""Characters of a value that a message repeats."""


class Mark(Enum):
    """What stands in place of a value that is not there: not yet, or not at all."""

    UNKNOWN = "unknown"
    MISSING = "missing"


@dataclass(frozen=True)
class Secret:
    """A value that the program marked secret: rules read it, messages never show it."""

    value: object


class View:
    """A property of a resource.

    Attributes:
        path: where it stands in the resource, as a Pulumi property path.
        urn: the resource it belongs to.
    """

    __slots__ = ("_secret", "_value", "path", "urn")

    def __init__(
        self, value: object, *, urn: str = "", path: str = "", secret: bool = False
    ) -> None:
        """View ``value``: plain data in which ``Mark`` and ``Secret`` may stand."""
        self._secret = secret or isinstance(value, Secret)
        self._value = value.value if isinstance(value, Secret) else value
        self.path = path
        self.urn = urn

    def __getitem__(self, key: str) -> "View":
        """The property ``key`` of a mapping; all of an unknown mapping is unknown."""
        if self._value is Mark.UNKNOWN:
            return self
        if self._value is None or self._value is Mark.MISSING:
            return self._child(Mark.MISSING, key)
        if not isinstance(self._value, dict):
            raise self._odd("a mapping")
        return self._child(self._value.get(key, Mark.MISSING), key)

    def at(self, *keys: str) -> "View":
        """The property at the end of a chain of mappings."""
        view = self
        for key in keys:
            view = view[key]
        return view

    @property
    def is_set(self) -> bool:
        """Whether there is a value, known or not."""
        return self._value is not None and self._value is not Mark.MISSING

    def holds(self, key: str) -> bool:
        """Whether a mapping has the property ``key``, known or not.

        Raises:
            StopError: of the whole mapping nothing is known.
        """
        return key in self.entries() and self[key].is_set

    @property
    def is_unknown(self) -> bool:
        """Whether only the deployment will tell the value."""
        return self._value is Mark.UNKNOWN

    @property
    def is_named(self) -> bool:
        """Whether a name is given: one that is not known yet is, an empty one is not."""
        return self.is_unknown or bool(self.text())

    @property
    def is_list(self) -> bool:
        """Whether the value is known to be a list."""
        return isinstance(self._value, list)

    @property
    def is_mapping(self) -> bool:
        """Whether the value is known to be a mapping."""
        return isinstance(self._value, dict)

    @property
    def is_text(self) -> bool:
        """Whether the value is known to be a string."""
        return isinstance(self._value, str)

    def text(self) -> str | None:
        """The string, or None when none is set."""
        value = self._known()
        if value is None or isinstance(value, str):
            return value
        raise self._odd("a string")

    def flag(self, *, default: bool = False) -> bool:
        """The boolean, which providers also take as "true" and "false"."""
        value = self._known()
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        raise self._odd("true or false")

    def number(self) -> float | None:
        """The number, which providers also take as a string, or None when none is set."""
        value = self._known()
        if value is None:
            return None
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            with suppress(ValueError):
                if math.isfinite(number := float(value)):
                    return number
        raise self._odd("a number")

    def word(self) -> str:
        """The string, number or boolean, written as JSON writes it without quotes."""
        value = self._known()
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | float):
            return json.dumps(value)
        raise self._odd("a string, a number, true or false")

    def items(self) -> list["View"]:
        """The items of a list, none when none is set."""
        value = self._known()
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._odd("a list")
        return [
            View(item, urn=self.urn, path=f"{self.path}[{index}]", secret=self._secret)
            for index, item in enumerate(value)
        ]

    def texts(self) -> list[str]:
        """The strings of a list; one string alone is a list of one, as policy documents allow."""
        if self.is_text:
            return [str(self._value)]
        return [text for item in self.items() if (text := item.text()) is not None]

    def entries(self) -> dict[str, "View"]:
        """The properties of a mapping in the order of their names, none when none is set."""
        value = self._known()
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._odd("a mapping")
        return {key: self._child(value[key], key) for key in sorted(value)}

    def document(self) -> "View":
        """The same property with JSON text read: documents are given as text or as objects."""
        if not self.is_text:
            return self
        try:
            data = json.loads(str(self._value))
        except (ValueError, RecursionError):
            raise self._odd("a JSON document") from None
        return View(data, urn=self.urn, path=self.path, secret=self._secret)

    def refuse(self, what: str, *, allowed: str | Iterable[object] | None = None) -> Finding:
        """The finding that this property breaks a rule.

        Args:
            what: what is wrong, as a clause.
            allowed: what would have been accepted, as a phrase or as values to list.
        """
        sentence = RefusedError(what, given=self._shown(), allowed=allowed, where=self.path)
        return Finding(Kind.VIOLATION, self.urn, self.path, str(sentence))

    def undecided(self) -> StopError:
        """What to raise where this property decides and is not known."""
        return StopError(
            Finding(
                Kind.UNDECIDED,
                self.urn,
                self.path,
                f"{self.path or 'the resource'} decides and is not known before the deployment",
            )
        )

    def _child(self, value: object, key: str) -> "View":
        step = key if key.isidentifier() else f'["{key}"]'
        dot = "." if self.path and not step.startswith("[") else ""
        return View(value, urn=self.urn, path=self.path + dot + step, secret=self._secret)

    def _known(self) -> object:
        """The value, None when there is none."""
        if self._value is Mark.UNKNOWN:
            raise self.undecided()
        return None if self._value is Mark.MISSING else self._value

    def _shown(self) -> str | None:
        """The value as a message repeats it; mappings say more by their path than in full."""
        if not self.is_set or self.is_unknown or isinstance(self._value, dict):
            return None
        if self._secret:
            return "[secret]"
        text = str(self._value) if self.is_text else _written(self._value)
        return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"

    def _odd(self, expected: str) -> StopError:
        found = self.refuse("can't be judged in this shape", allowed=expected)
        return StopError(found)


def _written(value: object) -> str:
    """A value as JSON, in an order that no transport changes."""
    return json.dumps(value, default=_masked, sort_keys=True)


def _masked(value: object) -> str:
    """A value within a shown one that has no JSON form."""
    return "[unknown]" if value is Mark.UNKNOWN else "[secret]"
