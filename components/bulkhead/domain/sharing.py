"""Several pods on one GPU, inside one tenant."""

from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.features import Feature, require_feature

MOST_SLICES = 32
"""More pods than this on one GPU wait for each other longer than they compute."""

PARTITIONS = (2, 3, 4, 7)
"""Numbers of equal partitions that MIG cuts a GPU into (NVIDIA MIG User Guide, "Supported MIG
Profiles")."""


class SharingStrategy(StrEnum):
    """How pods share a GPU."""

    TIME_SLICING = "time-slicing"
    MIG = "mig"


@dataclass(frozen=True)
class GpuSharing:
    """How many pods share a GPU, and what keeps them apart: nothing, or partitions of hardware.

    Time-slicing has no memory isolation at all, and MIG partitions share a driver: both are for the
    pods of one tenant only.

    Attributes:
        strategy: time-slicing or MIG.
        replicas: pods per GPU.
    """

    strategy: SharingStrategy
    replicas: int

    def check(self, instance_types: tuple[str, ...], *, where: str) -> "GpuSharing":
        """Return the sharing if the instance types can do it.

        Raises:
            RefusedError: the number is out of bounds, or a type's GPUs can't be partitioned.
        """
        if self.strategy is SharingStrategy.MIG:
            for name in instance_types:
                require_feature(name, Feature.MIG, where=where)
            allowed: tuple[int, ...] = PARTITIONS
        else:
            allowed = tuple(range(2, MOST_SLICES + 1))
        if self.replicas not in allowed:
            raise RefusedError(
                f"a GPU can't be shared by so many pods through {self.strategy}",
                given=self.replicas,
                allowed=PARTITIONS
                if self.strategy is SharingStrategy.MIG
                else f"2 to {MOST_SLICES}",
                where=f"{where}.replicas",
            )
        return self
