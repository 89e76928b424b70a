"""Planning a network: zones and subnets."""

import ipaddress

from bulkhead.domain.addresses import (
    SERVICE_NETWORK,
    check_overlap,
    parse_cidr,
    plan_subnets,
)
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.scope import Scope

NODE_SHARE = 2
"""Bits that a zone's node subnet is longer than the VPC: each zone gets a quarter of it, so that
even with three zones a quarter is left for what comes later."""

SMALLEST_NODES = 24
"""Shortest node subnet that is of use: every pod takes an address."""

SUBNETS = {"endpoints": 26, "cluster": 28}
"""Prefix length of the other subnets: a few dozen interface endpoints; and the smallest that AWS
takes, as EKS keeps a handful of addresses (EKS User Guide, "Amazon EKS networking
requirements")."""

RESOLVER = 2
"""The address of a VPC at which AWS answers DNS (Amazon VPC User Guide, "DNS attributes")."""

ZONES_WITHOUT_EKS = ["use1-az3", "usw1-az2", "cac1-az3"]
"""Zones in which EKS can't place a control plane's network interfaces (as above)."""


def check_zones(scope: Scope, zones: list[str] | None, *, where: str) -> int:
    """How many zones a network spans: those given, or as many as the environment asks for.

    Raises:
        RefusedError: fewer are given, or one stands twice.
    """
    if zones is None:
        return scope.rules.zones
    if len(set(zones)) < max(scope.rules.zones, len(zones)):
        raise RefusedError(
            "too few different zones",
            given=", ".join(zones),
            allowed=f"{scope.rules.zones} or more, each once",
            where=where,
        )
    return len(zones)


def plan_network(
    cidr: str, zones: int, *, where: str
) -> tuple[ipaddress.IPv4Network, dict[str, list[ipaddress.IPv4Network]]]:
    """The network that ``cidr`` names and its subnets by group, one per zone.

    Raises:
        RefusedError: ``cidr`` is none that a VPC can have, too small, or taken by Kubernetes.
    """
    network = parse_cidr(cidr, where=where)
    check_overlap(network, {"the addresses of Kubernetes services": SERVICE_NETWORK}, where=where)
    nodes = network.prefixlen + NODE_SHARE
    if nodes > SMALLEST_NODES:
        raise RefusedError(
            "the network is too small for nodes and their pods",
            given=cidr,
            allowed=f"/{SMALLEST_NODES - NODE_SHARE} or larger",
            where=where,
        )
    return network, plan_subnets(network, {"nodes": nodes, **SUBNETS}, zones, where=where)
