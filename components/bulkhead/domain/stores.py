"""Stores: what a bucket holds, and for how long (STO-3)."""

from enum import StrEnum

from bulkhead.domain.environments import Environment
from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.tiers import CATALOGUE, Tier

UNDO_DAYS = 7
"""How long a deleted or overwritten object can be brought back where its tier limits its life."""


class Store(StrEnum):
    """What a bucket holds; each kind has a bucket of its own per environment and tier."""

    DATASETS = "datasets"
    CHECKPOINTS = "checkpoints"
    MODELS = "models"

    @property
    def plane(self) -> Plane:
        """The plane that the store belongs to."""
        return Plane.DATA if self is Store.DATASETS else Plane.MODEL

    @property
    def purpose(self) -> Purpose:
        """The key that encrypts it."""
        return Purpose.DATA if self is Store.DATASETS else Purpose.MODEL


def store_name(environment: Environment, tier: Tier, store: Store) -> str:
    """How the names of a partition's buckets begin; key policies match it."""
    return f"{environment}-{tier}-{store}"


def expiry_days(tier: Tier, store: Store) -> int | None:
    """Days after which an object is deleted; None for models, which live until they are retired."""
    retention = CATALOGUE[tier].retention
    return {
        Store.DATASETS: retention.data_days,
        Store.CHECKPOINTS: retention.checkpoint_days,
        Store.MODELS: None,
    }[store]


def undo_days(tier: Tier, store: Store) -> int:
    """Days that an overwritten or deleted version is kept.

    A model's versions stay as long as the tier keeps data, so that a rollback finds them; what the
    tier limits goes soon after its expiry, or the limit would not hold.
    """
    if expiry_days(tier, store) is None:
        return CATALOGUE[tier].retention.data_days
    return UNDO_DAYS
