"""Key partitions: which KMS key protects what (KEY-1)."""

from enum import StrEnum

from bulkhead.domain.environments import Environment
from bulkhead.domain.tiers import CATALOGUE, Tier

SHARED = "shared"
"""The purpose of a partition's only encryption key, where the tier lets purposes share one."""

SIGNING_SPEC = "ECC_NIST_P256"
"""Key spec of signing keys: ECDSA over P-256, which sigstore and model-signing both verify."""


class Purpose(StrEnum):
    """What a key of a partition is for: all but ``signing`` encrypt."""

    DATA = "data"
    MODEL = "model"
    LOG = "log"
    SECRET = "secret"  # noqa: S105 - a word, no secret
    VOLUME = "volume"
    SIGNING = "signing"


def key_alias(environment: Environment, tier: Tier, purpose: Purpose) -> str:
    """Alias of the key for one purpose; every purpose has one, also where they share a key."""
    return f"alias/bulkhead/{environment}/{tier}/{purpose}"


SEALED = "sealed-"
"""What names of sealed keys begin with; the pool's follows."""


def sealed_alias(environment: Environment, tier: Tier, pool: str) -> str:
    """Alias of the key that opens on the attested nodes of one pool alone."""
    return f"alias/bulkhead/{environment}/{tier}/{SEALED}{pool}"


def keys_of(tier: Tier) -> dict[str, list[Purpose]]:
    """The keys of a partition by name, each with the purposes that it serves.

    The signing key is asymmetric, so that no tier lets it be shared.
    """
    if CATALOGUE[tier].keys.per_purpose:
        return {str(purpose): [purpose] for purpose in Purpose}
    encryption: list[Purpose] = [each for each in Purpose if each is not Purpose.SIGNING]
    return {SHARED: encryption, str(Purpose.SIGNING): [Purpose.SIGNING]}


def may_use(tier: Tier) -> list[Tier]:
    """Tiers whose principals may use a key or store of ``tier``: itself and those above."""
    return [other for other in Tier if other.rank >= tier.rank]
