"""Turning the words of a configuration into domain values, or refusing them."""

import datetime
import re
from enum import StrEnum
from typing import TypeVar

from bulkhead.domain.errors import RefusedError

E = TypeVar("E", bound=StrEnum)

NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
"""Names of tenants, environments and clusters: a DNS label of at most 40 characters, so that
prefixed and suffixed names stay within Kubernetes' 63 and IAM's 64 characters."""


def choice(kind: type[E], value: str, *, where: str) -> E:
    """Return the member of ``kind`` that ``value`` names.

    Raises:
        RefusedError: ``value`` is no member; the sentence lists the members.
    """
    try:
        return kind(value)
    except ValueError:
        noun = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()
        raise RefusedError(
            f"unknown {noun}", given=value, allowed=list(kind), where=where
        ) from None


def name(value: str, *, where: str) -> str:
    """Return ``value`` if it can name a tenant or cluster in AWS and in Kubernetes.

    Raises:
        RefusedError: it is no DNS label of at most 40 characters that starts with a letter.
    """
    if NAME.fullmatch(value) is None:
        raise RefusedError(
            "not a usable name",
            given=value,
            allowed="1 to 40 lower-case letters, digits and hyphens, starting with a letter",
            where=where,
        )
    return value


def date(value: str | datetime.date, *, where: str) -> datetime.date:
    """Return the day that ``value`` names as ``YYYY-MM-DD``.

    Raises:
        RefusedError: it is no calendar day, or a time of day is given with it.
    """
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    try:
        day = datetime.date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:  # fromisoformat also reads 20260131, 2026-W05-6
        raise RefusedError("not a date", given=value, allowed="YYYY-MM-DD", where=where)
    return day
