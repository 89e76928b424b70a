"""Stores: what each one holds, under which key, and for how long (STO-3)."""

from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.tiers import CATALOGUE, LockMode, Tier

UNDO_DAYS = 7
"""How long a deleted or overwritten object can be brought back where its tier limits its life."""

ACCESS_LOGS = "access-logs"
"""The name, in place of a store's, of the bucket that the others' access logs go to."""


AUDIT_TRAIL, CONFIGURATIONS = "audit-trail", "configurations"
"""The names of the buckets that CloudTrail and AWS Config write to."""


class Store(StrEnum):
    """What is stored; each kind has a store of its own per environment and tier."""

    DATASETS = "datasets"
    FEATURES = "features"
    EMBEDDINGS = "embeddings"
    CHECKPOINTS = "checkpoints"
    MODELS = "models"
    EVIDENCE = "evidence"

    @property
    def plane(self) -> Plane:
        """The plane that the store belongs to."""
        return PLANES[self]

    @property
    def purpose(self) -> Purpose:
        """The key that encrypts it."""
        return PURPOSES[self.plane]


PLANES = {
    Store.DATASETS: Plane.DATA,
    Store.FEATURES: Plane.DATA,
    Store.EMBEDDINGS: Plane.DATA,
    Store.CHECKPOINTS: Plane.MODEL,
    Store.MODELS: Plane.MODEL,
    Store.EVIDENCE: Plane.CONTROL,
}

PURPOSES = {
    Plane.DATA: Purpose.DATA,
    Plane.MODEL: Purpose.MODEL,
    Plane.CONTROL: Purpose.LOG,
}

BUCKETS = [store for store in Store if store is not Store.EMBEDDINGS]
"""The stores that are buckets of objects; embeddings are vectors, in an index of their own."""


class StorageClass(StrEnum):
    """Storage classes that objects move to; both are read at once, without a restore."""

    INTELLIGENT_TIERING = "INTELLIGENT_TIERING"
    GLACIER_IR = "GLACIER_IR"


@dataclass(frozen=True)
class Cooling:
    """When objects move to a cheaper class."""

    storage_class: StorageClass
    days: int


@dataclass(frozen=True)
class Lock:
    """How long an object can't be deleted after it was written, and how firmly."""

    mode: LockMode
    days: int


def store_name(environment: Environment, tier: Tier, store: str) -> str:
    """How the names of a partition's stores begin; key policies match it."""
    return f"{environment}-{tier}-{store}"


def expiry_days(tier: Tier, store: Store) -> int | None:
    """Days after which an object is deleted; None for models, which live until they are retired."""
    retention = CATALOGUE[tier].retention
    return {
        Store.DATASETS: retention.data_days,
        Store.FEATURES: retention.data_days,
        Store.EMBEDDINGS: retention.data_days,
        Store.CHECKPOINTS: retention.checkpoint_days,
        Store.MODELS: None,
        Store.EVIDENCE: retention.evidence_days,
    }[store]


def check_retention(tier: Tier, store: Store, days: int | None, *, where: str) -> int | None:
    """The days that a store keeps objects: ``days``, or where none is given the catalogue's.

    Evidence may be kept longer than its tier asks and everything else for a shorter time.

    Raises:
        RefusedError: ``days`` is on the wrong side of the catalogue's, or no object expires.
    """
    limit = expiry_days(tier, store)
    if days is None:
        return limit
    if limit is None:
        raise RefusedError(
            f"{store} have no retention",
            given=days,
            allowed="none, since they live until they are retired",
            where=where,
        )
    if store is Store.EVIDENCE and days < limit:
        raise RefusedError(
            "a retention under the tier's minimum",
            given=days,
            allowed=f"{limit} days or more for {store} of tier {tier}",
            where=where,
        )
    if store is not Store.EVIDENCE and not 1 <= days <= limit:
        raise RefusedError(
            "a retention over the tier's maximum" if days > limit else "not a retention",
            given=days,
            allowed=f"1 to {limit} days for {store} of tier {tier}",
            where=where,
        )
    return days


def undo_days(tier: Tier, store: Store) -> int:
    """Days that an overwritten or deleted version is kept.

    A model's versions stay as long as the tier keeps data, so that a rollback finds them; what the
    tier limits goes soon after its expiry, or the limit would not hold.
    """
    if expiry_days(tier, store) is None:
        return CATALOGUE[tier].retention.data_days
    return UNDO_DAYS


def cooling(tier: Tier, store: Store, days: int | None) -> Cooling | None:
    """When objects of a store that keeps them for ``days`` get cheaper; None if they go before.

    Nobody knows how often a dataset or a model will be read, which is what Intelligent-Tiering is
    for; evidence is read seldom, and then at once.
    """
    rules = CATALOGUE[tier].storage
    if store is Store.EVIDENCE:
        found = Cooling(StorageClass.GLACIER_IR, rules.archive_days)
    else:
        found = Cooling(StorageClass.INTELLIGENT_TIERING, rules.cool_days)
    return found if days is None or days > found.days else None


def lock(environment: Environment, tier: Tier, store: Store, days: int | None) -> Lock | None:
    """The lock of a store that keeps objects for ``days``, where it has one.

    Evidence is locked in every tier, in compliance mode where its tier asks and the environment
    protects its data: a mistake in dev would else stay for years. Everything else is locked where
    the tier asks, in governance mode, so that a deletion request can be met (DAT-4).
    """
    rules = CATALOGUE[tier]
    if store is Store.EVIDENCE:
        firm = ENVIRONMENTS[environment].protect_data
        mode = rules.storage.evidence_lock if firm else LockMode.GOVERNANCE
    elif rules.retention.object_lock:
        mode = LockMode.GOVERNANCE
    else:
        return None
    return Lock(mode, days or undo_days(tier, store))
