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
