"""Reserved capacity for a pool (TRN-5)."""

import datetime
import re
from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain.errors import RefusedError

RESERVATION_ID = re.compile(r"cr-[0-9a-f]{8,17}")
"""The ID of a Capacity Reservation; Capacity Blocks have the same form."""

BLOCK_FAMILIES = ("p4d", "p4de", "p5", "p5e", "p5en", "p6-b200")
"""Families of the table that Capacity Blocks for ML are sold of (EC2 User Guide, "Capacity Blocks
for ML")."""


class ReservationKind(StrEnum):
    """How capacity is reserved."""

    ON_DEMAND = "on-demand"
    CAPACITY_BLOCK = "capacity-block"


@dataclass(frozen=True)
class Reservation:
    """Capacity that was reserved outside of Pulumi and that a pool runs in, and nowhere else.

    Attributes:
        id: ID of the Capacity Reservation or Capacity Block, ``cr-…``.
        instances: number of instances that it holds.
        kind: on-demand reservation or Capacity Block.
        ends: last day on which it holds; None for an on-demand one without end.
    """

    id: str
    instances: int
    kind: ReservationKind = ReservationKind.ON_DEMAND
    ends: datetime.date | None = None

    def check(
        self, instance_types: tuple[str, ...], most: int, *, today: datetime.date, where: str
    ) -> "Reservation":
        """Return the reservation if a pool of ``most`` nodes may run in it on ``today``.

        Raises:
            RefusedError: the ID is none, it has ended, a block has no end or is of another family,
                the pool names several types, or it may grow beyond what is reserved.
        """
        if RESERVATION_ID.fullmatch(self.id) is None:
            raise RefusedError(
                "not the ID of a capacity reservation",
                given=self.id,
                allowed="cr- and up to 17 hexadecimal digits",
                where=f"{where}.id",
            )
        if self.ends is not None and self.ends < today:
            raise RefusedError(
                "the reservation has ended",
                given=self.ends,
                allowed=f"one that holds on {today}",
                where=f"{where}.ends",
            )
        if len(instance_types) != 1:
            raise RefusedError(
                "a reservation is of one instance type",
                given=", ".join(instance_types),
                allowed="a pool of that type alone",
                where=where,
            )
        if most > self.instances:
            raise RefusedError(
                "the pool may grow beyond its reservation",
                given=most,
                allowed=f"a max_size of at most {self.instances}",
                where=where,
            )
        if self.kind is ReservationKind.CAPACITY_BLOCK:
            self._check_block(instance_types[0], where=where)
        return self

    def _check_block(self, instance_type: str, *, where: str) -> None:
        if instance_type.partition(".")[0] not in BLOCK_FAMILIES:
            raise RefusedError(
                "no Capacity Blocks are sold of this instance type",
                given=instance_type,
                allowed=f"a type of {', '.join(BLOCK_FAMILIES)}, or an on-demand reservation",
                where=where,
            )
        if self.ends is None:
            raise RefusedError(
                "a Capacity Block has an end", allowed="YYYY-MM-DD", where=f"{where}.ends"
            )
