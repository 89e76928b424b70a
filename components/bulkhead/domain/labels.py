"""The label set that everything carries, as AWS tags and as Kubernetes labels (COST-1)."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from enum import StrEnum
from typing import Self

from bulkhead.domain import parsing
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.tiers import Tier

TAG_PREFIX = "bulkhead:"
"""Prefix of the AWS tag keys; ``aws:`` is reserved by AWS."""

LABEL_PREFIX = "bulkhead.dev/"
"""Prefix of the Kubernetes label keys."""

VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
"""A Kubernetes label value, the narrower of the two: at most 63 characters; AWS takes 256."""

PLATFORM = "platform"
"""The tenant of what all tenants share."""

BOUNDARY = "permissions-boundary"
"""The workload of policies that limit what others allow, and grant nothing where they are used."""


class Plane(StrEnum):
    """The part of the platform that a resource belongs to (ISO-1)."""

    CONTROL = "control"
    DATA = "data"
    MODEL = "model"
    INFERENCE = "inference"
    TRAINING = "training"


def check_value(value: str | None, *, where: str) -> None:
    """Refuse what can't be the value of a label.

    Raises:
        RefusedError: it is missing, too long or holds other characters.
    """
    if value is None or VALUE.fullmatch(str(value)) is None:
        raise RefusedError(
            "not a usable label value",
            given=value,
            allowed="1 to 63 letters, digits, '-', '_' and '.', "
            "starting and ending with a letter or digit",
            where=where,
        )


@dataclass(frozen=True)
class Labels:
    """Who owns a resource, who pays for it and how sensitive it is.

    ``organization``, ``tenant`` and ``project`` are a tree with a label for each level, so that a
    selector, a network policy or a bill takes a branch of it at any level. ``organization``,
    ``pattern``, ``pool``, ``dataset`` and ``model`` are optional: they say to which organisation a
    tenant belongs, which isolation pattern it runs on, and which node pool, dataset or model a
    resource serves.
    """

    tenant: str
    tier: Tier
    environment: Environment
    plane: Plane
    owner: str
    cost_center: str
    project: str
    workload: str
    organization: str | None = None
    pattern: str | None = None
    pool: str | None = None
    dataset: str | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        for kind in (Tier, Environment, Plane):
            key = kind.__name__.lower()
            member = parsing.choice(kind, getattr(self, key), where=f"labels.{key}")
            object.__setattr__(self, key, member)
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None or field.default is MISSING:
                check_value(value, where=f"labels.{field.name.replace('_', '-')}")

    def _items(self) -> list[tuple[str, str]]:
        pairs = ((f.name.replace("_", "-"), getattr(self, f.name)) for f in fields(self))
        return [(key, str(value)) for key, value in pairs if value is not None]

    def but(self, **changes: str) -> Self:
        """The same labels with some of them changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def tags(self, name: str | None = None) -> dict[str, str]:
        """As AWS tags, with ``Name`` when one is given."""
        named = {"Name": name} if name else {}
        return named | {TAG_PREFIX + key: value for key, value in self._items()}

    def kubernetes(self) -> dict[str, str]:
        """As Kubernetes labels."""
        return {LABEL_PREFIX + key: value for key, value in self._items()}


REQUIRED_KEYS = tuple(f.name.replace("_", "-") for f in fields(Labels) if f.default is MISSING)
"""Keys, without prefix, that every resource carries."""


def read_labels(found: Mapping[str, object]) -> dict[str, str]:
    """The labels among AWS tags or Kubernetes labels, by key without prefix.

    Values that are not strings (unknown at preview) are left out.
    """
    return {
        key.removeprefix(prefix): value
        for key, value in found.items()
        for prefix in (TAG_PREFIX, LABEL_PREFIX)
        if key.startswith(prefix) and isinstance(value, str)
    }
