"""Networks as rules read them from properties."""

import ipaddress
from contextlib import suppress

from bulkhead_policies.view import View

INSIDE = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
"""Networks that no packet from the internet comes from: RFC 1918, 6598, 3927, 4193 and 4291."""


def networks(rule: View) -> list[View]:
    """The networks of a security group's rule, in all its spellings."""
    many = [view for key in ("cidrBlocks", "ipv6CidrBlocks") for view in rule[key].items()]
    return many + [rule[key] for key in ("cidrIpv4", "cidrIpv6") if rule[key].is_set]


def is_public(cidr: View) -> bool:
    """Whether a network holds addresses of the internet; what is no network holds none."""
    with suppress(ValueError):
        network = ipaddress.ip_network(cidr.text() or "", strict=False)
        same = [n for n in INSIDE if n.version == network.version]
        return not any(network.subnet_of(n) for n in same)  # type: ignore[arg-type]
    return False
