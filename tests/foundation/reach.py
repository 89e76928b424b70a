"""What reaches what in a planned network: by its routes, access lists and security groups."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bulkhead.preview.plan import Plan, Resource
from bulkhead.preview.world import World
from tests.foundation.samples import REGION
from tests.iam.applied import Applied, applied

Address = ipaddress.IPv4Address


@dataclass(frozen=True)
class Subnet:
    """A subnet with what decides on its traffic.

    Attributes:
        group: what stands in it, by its name.
        zone: its Availability Zone.
        network: its addresses.
        routes: of its table, the local one left out.
        ingress, egress: entries of its access list in their order.
        admits: rules of the security group of what stands in it, None where there is none of the
            network's own.
    """

    id: str
    group: str
    zone: str
    network: ipaddress.IPv4Network
    routes: list[dict[str, Any]]
    ingress: list[dict[str, Any]]
    egress: list[dict[str, Any]]
    admits: list[dict[str, Any]] | None

    @property
    def host(self) -> Address:
        """The first address that is not AWS's own."""
        return self.network[4]


def subnets(plan: Plan) -> list[Subnet]:
    """The subnets of a plan that was made with ``assume_applied`` in the samples' Region."""
    found: dict[str, list[Applied]] = {}
    for resource in applied(plan, World(region=REGION)):
        found.setdefault(resource.resource.type.split(":")[-1], []).append(resource)
    tables = {table.id: table.inputs.get("routes") or [] for table in found["RouteTable"]}
    table_of = {
        each.inputs["subnetId"]: tables[each.inputs["routeTableId"]]
        for each in found["RouteTableAssociation"]
    }
    lists = {
        subnet: each.inputs for each in found["NetworkAcl"] for subnet in each.inputs["subnetIds"]
    }
    groups = {
        subnet: [
            rule.inputs
            for rule in found["SecurityGroupIngressRule"]
            if rule.inputs["securityGroupId"] in each.inputs["securityGroupIds"]
        ]
        for each in found["VpcEndpoint"]
        for subnet in each.inputs.get("subnetIds", [])
    }
    return [
        Subnet(
            id=each.id,
            group=_group(each.resource),
            zone=each.inputs["availabilityZone"],
            network=ipaddress.IPv4Network(each.inputs["cidrBlock"]),
            routes=table_of[each.id],
            ingress=_ordered(lists[each.id]["ingress"]),
            egress=_ordered(lists[each.id]["egress"]),
            admits=groups.get(each.id),
        )
        for each in found["Subnet"]
    ]


def _group(resource: Resource) -> str:
    return str(resource.inputs["tags"]["bulkhead:workload"]).removeprefix("network-")


def _ordered(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: entry["ruleNo"])


def passes(entries: Sequence[dict[str, Any]], protocol: str, peer: Address, port: int) -> bool:
    """Whether an access list lets a packet to or from ``peer`` through; ``port`` is where it goes.

    The first entry that fits decides (Amazon VPC User Guide, "Network ACL rules").
    """
    for entry in entries:
        fits = entry["protocol"] == "-1" or (
            entry["protocol"] == protocol and entry["fromPort"] <= port <= entry["toPort"]
        )
        if fits and peer in ipaddress.ip_network(entry["cidrBlock"]):
            return bool(entry["action"] == "allow")
    return False


def connects(
    source: Subnet, target: Subnet, protocol: str, port: int, *, reply_port: int = 40000
) -> bool:
    """Whether a connection is made, and answered, between two subnets of one VPC."""
    if source.admits is not None:
        return False  # The group of the endpoints has no rule for what they would send.
    there, back = target.host, source.host
    return (
        passes(source.egress, protocol, there, port)
        and passes(target.ingress, protocol, back, port)
        and passes(target.egress, protocol, back, reply_port)
        and passes(source.ingress, protocol, there, reply_port)
        and _admitted(target, protocol, back, port)
    )


def _admitted(target: Subnet, protocol: str, peer: Address, port: int) -> bool:
    return target.admits is None or any(
        rule["ipProtocol"] == protocol
        and rule["fromPort"] <= port <= rule["toPort"]
        and peer in ipaddress.ip_network(rule["cidrIpv4"])
        for rule in target.admits
    )


def reaches_outside(source: Subnet, protocol: str, port: int, *, reply_port: int = 40000) -> bool:
    """Whether a subnet's route and access list let packets leave for a public address."""
    world = Address(0x08080808)
    routed = any(
        world in ipaddress.ip_network(route["cidrBlock"])
        for route in source.routes
        if route.get("cidrBlock")
    )
    return (
        routed
        and passes(source.egress, protocol, world, port)
        and passes(source.ingress, protocol, world, reply_port)
    )
