"""Secrets: what they are called, what rotation can make of them, and how often (KEY-4)."""

from enum import StrEnum

from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import TAG_PREFIX
from bulkhead.domain.tiers import CATALOGUE, Tier


class SecretKind(StrEnum):
    """What rotation generates; whoever presents a secret and whoever checks it both read it."""

    API_KEY = "api-key"
    PASSWORD = "password"  # noqa: S105 - a word, no secret
    SIGNING_SECRET = "signing-secret"  # noqa: S105 - a word, no secret


CACHE_USER = "cache-user"
"""The kind of a secret that comes with the cache that checks it, and is asked for by nobody."""

CACHE_USER_NAME = "gateway-counters"
"""The name with which such a secret signs in."""

CACHE_TAG = f"{TAG_PREFIX}cache-user"
"""The secret's tag that names the ElastiCache user whose password it holds."""


def secret_name(environment: Environment, tier: Tier, tenant: str, name: str) -> str:
    """Name of a secret; key policies match its beginning."""
    return f"bulkhead/{environment}/{tier}/{tenant}/{name}"


def check_rotation(tier: Tier, days: int | None, *, where: str) -> int:
    """The days after which a secret rotates: ``days``, or where none is given the tier's.

    Raises:
        RefusedError: the tier asks for it sooner, or it is no number of days.
    """
    longest = CATALOGUE[tier].secrets.rotation_days
    if days is None:
        return longest
    if not 1 <= days <= longest:
        raise RefusedError(
            "a rotation later than the tier's" if days > longest else "not a rotation",
            given=days,
            allowed=f"1 to {longest} days for secrets of tier {tier}",
            where=where,
        )
    return days
