"""Planning the addresses of a VPC."""

import ipaddress
from collections.abc import Mapping

from bulkhead.domain.errors import RefusedError

PRIVATE = tuple(
    map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)
"""Networks for use inside (RFC 1918, RFC 6598)."""

SERVICE_NETWORK = ipaddress.IPv4Network("172.20.0.0/16")
"""Virtual addresses of Kubernetes services in every cluster; no VPC may overlap them."""

LARGEST_PREFIX, SMALLEST_PREFIX = 16, 28
"""A VPC and a subnet take /16 to /28 (Amazon VPC User Guide, "VPC CIDR blocks")."""


def parse_private(value: str, *, where: str) -> ipaddress.IPv4Network:
    """Return the private IPv4 network that ``value`` names, of any size.

    Raises:
        RefusedError: it is no network address, or not private (RFC 1918 or 6598).
    """
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        raise RefusedError(
            "not an IPv4 network", given=value, allowed="one like 10.20.0.0/16", where=where
        ) from None
    if not any(network.subnet_of(private) for private in PRIVATE):
        raise RefusedError(
            "not a private network",
            given=value,
            allowed=f"one in {', '.join(map(str, PRIVATE))}",
            where=where,
        )
    return network


def parse_cidr(value: str, *, where: str) -> ipaddress.IPv4Network:
    """Return the IPv4 network that a VPC can have.

    Raises:
        RefusedError: it is no network address, not private (RFC 1918 or 6598), or larger than
            /16 or smaller than /28.
    """
    network = parse_private(value, where=where)
    if not LARGEST_PREFIX <= network.prefixlen <= SMALLEST_PREFIX:
        raise RefusedError(
            "a VPC of this size is not possible",
            given=value,
            allowed=f"/{LARGEST_PREFIX} to /{SMALLEST_PREFIX}",
            where=where,
        )
    return network


def check_overlap(
    network: ipaddress.IPv4Network, others: Mapping[str, ipaddress.IPv4Network], *, where: str
) -> None:
    """Refuse a network that shares addresses with another.

    Raises:
        RefusedError: the sentence names the network that it overlaps.
    """
    for name, other in others.items():
        if network.overlaps(other):
            raise RefusedError(f"the network overlaps {name} ({other})", given=network, where=where)


def plan_subnets(
    network: ipaddress.IPv4Network, groups: Mapping[str, int], zones: int, *, where: str
) -> dict[str, list[ipaddress.IPv4Network]]:
    """Cut one subnet per group and zone out of ``network``.

    ``groups`` gives each group's subnet prefix length. Larger subnets are cut first, so that
    none wastes addresses to alignment; a group keeps its addresses when others are added after
    it with the same or a smaller size.

    Raises:
        RefusedError: a subnet's size is none that AWS takes, or the subnets do not fit; the
            sentence says what would.
    """
    for name, prefix in groups.items():
        if not LARGEST_PREFIX <= prefix <= SMALLEST_PREFIX:
            raise RefusedError(
                f"a {name} subnet of this size is not possible",
                given=f"/{prefix}",
                allowed=f"/{LARGEST_PREFIX} to /{SMALLEST_PREFIX}",
                where=where,
            )
    needed = sum(zones << (32 - prefix) for prefix in groups.values())
    if needed > network.num_addresses:
        fitting = 32 - (needed - 1).bit_length()
        raise RefusedError(
            f"the network is too small for {zones} zones of {', '.join(groups)} subnets",
            given=network,
            allowed=f"/{fitting} or larger"
            if fitting >= LARGEST_PREFIX
            else f"fewer or smaller subnets, as a VPC is at most a /{LARGEST_PREFIX}",
            where=where,
        )
    cursor = int(network.network_address)
    planned: dict[str, list[ipaddress.IPv4Network]] = {}
    for name, prefix in sorted(groups.items(), key=lambda group: group[1]):
        size = 1 << (32 - prefix)
        planned[name] = [
            ipaddress.IPv4Network((cursor + index * size, prefix)) for index in range(zones)
        ]
        cursor += zones * size
    return planned
