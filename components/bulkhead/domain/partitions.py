"""Key partitions: which KMS key protects what (KEY-1)."""

from enum import StrEnum

from bulkhead.domain.environments import Environment
from bulkhead.domain.tiers import CATALOGUE, Tier

SHARED = "shared"
"""The purpose of a partition's only key, where the tier lets purposes share one."""


class Purpose(StrEnum):
    """What a key of a partition encrypts."""

    DATA = "data"
    MODEL = "model"
    LOG = "log"
    SECRET = "secret"  # noqa: S105 - a word, no secret
    VOLUME = "volume"


def key_alias(environment: Environment, tier: Tier, purpose: Purpose) -> str:
    """Alias of the key for one purpose; every purpose has one, also where they share a key."""
    return f"alias/bulkhead/{environment}/{tier}/{purpose}"


def keys_of(tier: Tier) -> dict[str, list[Purpose]]:
    """The keys of a partition by name, each with the purposes that it serves."""
    if CATALOGUE[tier].keys.per_purpose:
        return {str(purpose): [purpose] for purpose in Purpose}
    return {SHARED: list(Purpose)}


def may_use(tier: Tier) -> list[Tier]:
    """Tiers whose principals may use a key or store of ``tier``: itself and those above."""
    return [other for other in Tier if other.rank >= tier.rank]
