"""The layout of a VPC: which addresses belong to which plane, and to which zone of it.

A VPC is cut into one block per group of subnets, at a place that never changes, and each block
into quarters, one per zone. So one network names a whole plane in access lists and policies, and
neither a further zone nor a further group moves a subnet that exists.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain.addresses import LARGEST_PREFIX
from bulkhead.domain.errors import RefusedError


class SubnetGroup(StrEnum):
    """What stands in a subnet (ISO-1): a plane, or a part of the network itself."""

    CONTROL = "control"
    DATA = "data"
    MODEL = "model"
    INFERENCE = "inference"
    TRAINING = "training"
    CLUSTER = "cluster"
    ENDPOINTS = "endpoints"
    FIREWALL = "firewall"
    NAT = "nat"


PLANES = (
    SubnetGroup.CONTROL,
    SubnetGroup.DATA,
    SubnetGroup.MODEL,
    SubnetGroup.INFERENCE,
    SubnetGroup.TRAINING,
)
"""Groups in which workloads run."""

CLOSED = (*PLANES, SubnetGroup.CLUSTER, SubnetGroup.ENDPOINTS)
"""Groups of every network."""

OPENING = (SubnetGroup.FIREWALL, SubnetGroup.NAT)
"""Groups that a way out adds."""


@dataclass(frozen=True)
class Block:
    """The place of a group in a VPC, in 256ths of its addresses.

    Attributes:
        start: the first one.
        size: how many, a power of two of which ``start`` is a multiple.
    """

    start: int
    size: int

    def within(self, network: ipaddress.IPv4Network) -> ipaddress.IPv4Network:
        """The block's network."""
        unit = network.num_addresses // PARTS
        prefix = network.prefixlen + (PARTS // self.size).bit_length() - 1
        return ipaddress.IPv4Network((int(network.network_address) + self.start * unit, prefix))


PARTS = 256

LAYOUT: Mapping[SubnetGroup, Block] = {
    SubnetGroup.INFERENCE: Block(0, 64),
    SubnetGroup.TRAINING: Block(64, 64),
    SubnetGroup.CONTROL: Block(128, 32),
    SubnetGroup.DATA: Block(160, 32),
    SubnetGroup.MODEL: Block(192, 16),
    SubnetGroup.ENDPOINTS: Block(208, 16),
    SubnetGroup.CLUSTER: Block(224, 4),
    SubnetGroup.FIREWALL: Block(228, 4),
    SubnetGroup.NAT: Block(232, 4),
}
"""Most goes to the planes whose pods take an address each. 236 to 255 are free for what comes
later; a block that is given out stays where it is."""

MOST_ZONES = 3
"""Zones that a network may span. Blocks have room for a fourth."""

SMALLEST_NETWORK = 20
"""Prefix length of the smallest VPC in which the smallest subnets are still /28, the smallest
that AWS takes, and those of endpoints hold 59 (Amazon VPC User Guide, "Subnet CIDR blocks")."""


def plan_subnets(
    network: ipaddress.IPv4Network,
    zones: int,
    *,
    where: str,
    layout: Mapping[SubnetGroup, Block] = LAYOUT,
) -> dict[SubnetGroup, list[ipaddress.IPv4Network]]:
    """The subnets of each group, one per zone.

    The first zones keep their subnets when others are added, and the groups of ``layout`` keep
    theirs whatever other groups stand beside them.

    Raises:
        RefusedError: the network is too small for the planes.
    """
    if network.prefixlen > SMALLEST_NETWORK:
        raise RefusedError(
            "the network is too small for the planes and their zones",
            given=network,
            allowed=f"/{LARGEST_PREFIX} to /{SMALLEST_NETWORK}",
            where=where,
        )
    return {
        group: list(block.within(network).subnets(prefixlen_diff=2))[:zones]
        for group, block in layout.items()
    }
