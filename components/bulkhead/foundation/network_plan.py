"""Planning a network: zones and subnets."""

import ipaddress

from bulkhead.domain.addresses import SERVICE_NETWORK, check_overlap, parse_cidr
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.scope import Scope
from bulkhead.domain.subnets import MOST_ZONES, SubnetGroup, plan_subnets

RESOLVER = 2
"""The address of a VPC at which AWS answers DNS (Amazon VPC User Guide, "DNS attributes")."""

ZONES_WITHOUT_EKS = ["use1-az3", "usw1-az2", "cac1-az3"]
"""Zones in which EKS can't place a control plane's network interfaces (EKS User Guide, "Amazon EKS
networking requirements")."""


def check_zones(scope: Scope, zones: list[str] | None, *, where: str) -> int:
    """How many zones a network spans: those given, or as many as the environment asks for.

    Raises:
        RefusedError: fewer or more are given, or one stands twice.
    """
    if zones is None:
        return scope.rules.zones
    if len(set(zones)) < len(zones) or not scope.rules.zones <= len(zones) <= MOST_ZONES:
        raise RefusedError(
            "not the right number of different zones",
            given=", ".join(zones),
            allowed=" or ".join(map(str, range(scope.rules.zones, MOST_ZONES + 1))) + ", each once",
            where=where,
        )
    return len(zones)


def plan_network(
    cidr: str, zones: int, *, where: str
) -> tuple[ipaddress.IPv4Network, dict[SubnetGroup, list[ipaddress.IPv4Network]]]:
    """The network that ``cidr`` names and its subnets by group, one per zone.

    Raises:
        RefusedError: ``cidr`` is none that a VPC can have, too small, or taken by Kubernetes.
    """
    network = parse_cidr(cidr, where=where)
    check_overlap(network, {"the addresses of Kubernetes services": SERVICE_NETWORK}, where=where)
    return network, plan_subnets(network, zones, where=where)
