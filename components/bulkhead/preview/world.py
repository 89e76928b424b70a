"""The account and Region that a preview pretends, and identifiers made up from names."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bulkhead.preview.plan import UNKNOWN

DOCUMENTATION_ACCOUNT = "111122223333"
"""An account number that AWS reserves for documentation."""

_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class World:
    """The AWS account and Region in which resources are assumed to be.

    Attributes:
        account: 12 digits; by default an account of AWS' documentation.
        region: for example ``eu-central-1``; default ``us-east-1``.
    """

    account: str = DOCUMENTATION_ACCOUNT
    region: str = "us-east-1"

    def in_region(self, region: str) -> "World":
        """The same account in another Region."""
        return replace(self, region=region)

    def narrowed(self, inputs: Mapping[str, Any]) -> "World":
        """The world that the plain inputs of a provider, a resource or a function ask for.

        A provider that is allowed one account only is in that account.
        """
        region, allowed = inputs.get("region"), inputs.get("allowedAccountIds")
        if isinstance(allowed, str) and allowed.startswith("["):
            allowed = json.loads(allowed)  # how Pulumi hands lists to providers
        account = allowed[0] if isinstance(allowed, list) and len(allowed) == 1 else None
        given = {"region": region, "account": account}
        return replace(self, **{k: v for k, v in given.items() if v and v != UNKNOWN})

    @cached_property
    def partition(self) -> str:
        """``aws``, ``aws-cn`` or ``aws-us-gov``, as the Region has it."""
        return self._names[0]

    @cached_property
    def dns_suffix(self) -> str:
        """Domain of the partition's endpoints."""
        return self._names[1]

    @cached_property
    def _names(self) -> tuple[str, str]:
        found = (names for start, names in _PARTITIONS.items() if self.region.startswith(start))
        return next(found, ("aws", "amazonaws.com"))

    def zones(self) -> tuple[str, ...]:
        """Three availability zones of the Region: a, b and c."""
        return tuple(f"{self.region}{letter}" for letter in "abc")


def zone_id(zone: str) -> str:
    """The ID of an availability zone: ``use1-az1`` for ``us-east-1a``.

    Accounts differ in which ID a zone has; here a is always 1.
    """
    region, letter = zone[:-1], zone[-1:]
    area, *directions, number = region.split("-") if "-" in region else (region, "")
    short = "".join(
        word[0] for direction in directions for word in re.findall("north|south|.+", direction)
    )
    return f"{area}{short}{number}-az{ord(letter or 'a') - ord('a') + 1}"


def hexadecimal(length: int, *seed: str) -> str:
    """Lower-case hexadecimal digits that depend on nothing but ``seed``."""
    return _digest(length // 2 + 1, seed).hex()[:length]


def alphanumeric(length: int, *seed: str) -> str:
    """Lower-case letters and digits that depend on nothing but ``seed``."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in _digest(length, seed))


def identifier(*seed: str) -> str:
    """A version 4 UUID that depends on nothing but ``seed``."""
    return str(uuid.UUID(bytes=_digest(16, seed), version=4))


def _digest(length: int, seed: tuple[str, ...]) -> bytes:
    return hashlib.shake_256("\0".join(seed).encode("utf-8", "surrogatepass")).digest(length)
