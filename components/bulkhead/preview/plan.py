"""What a preview found: resources, outputs, violations and errors."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How Pulumi writes a value that only the deployment will compute."""

MASK = "[secret]"
"""How a plan writes a secret."""


@dataclass(frozen=True)
class Secret:
    """A value that a program marked secret; ``str()`` and ``repr()`` never show it."""

    value: Any = field(repr=False)

    def __str__(self) -> str:
        return MASK


@dataclass(frozen=True)
class Resource:
    """A resource as a program registered or read it.

    Attributes:
        urn: Pulumi's name of it.
        type: type token, for example ``aws:s3/bucket:Bucket``.
        name: logical name.
        parent: URN of the parent, None for the stack.
        custom: whether a provider manages it; components are not custom.
        inputs: input properties under their wire names (camelCase); unknown values are
            ``UNKNOWN``, secret ones a ``Secret``, assets and archives a mapping that tells
            their path, text or URI.
        options: the resource options that were set, by the names of ``ResourceOptions``.
        dependencies: URNs that it depends on.
        property_dependencies: URNs that each input property depends on.
        read: whether it was read with ``get()`` instead of created.
    """

    urn: str
    type: str
    name: str
    parent: str | None
    custom: bool
    inputs: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    read: bool = False


@dataclass(frozen=True)
class Violation:
    """A finding of a policy; ``level`` is ``mandatory`` or ``advisory``."""

    pack: str
    policy: str
    level: str
    urn: str
    message: str


@dataclass(frozen=True)
class PlanError:
    """Something that keeps the program or one of its resources from being previewed.

    ``urn`` is empty for an error of the program; ``path`` is the property's path, or empty.
    """

    urn: str
    path: str
    message: str


@dataclass
class Plan:
    """A previewed stack."""

    project: str
    stack: str
    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    errors: list[PlanError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of_type(self, token: str) -> Iterator[Resource]:
        """The resources of one type, in the order of their registration."""
        return (r for r in self.resources if r.type == token)

    def note(self, text: str) -> None:
        """Add a note, unless it stands there already."""
        if text not in self.notes:
            self.notes.append(text)
