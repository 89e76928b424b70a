"""What reaches what in a planned network: by its routes, access lists, groups and firewall."""

import functools
import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bulkhead.preview.plan import Plan, Resource
from bulkhead.preview.world import World
from tests.foundation.samples import REGION
from tests.iam.applied import Applied, applied

Address = ipaddress.IPv4Address
Entries = Sequence[dict[str, Any]]

WORLD = Address("8.8.8.8")
"""Something outside, which no rule names."""

parsed = functools.cache(ipaddress.IPv4Network)

TARGETS = ("vpcEndpointId", "natGatewayId", "gatewayId")


@dataclass(frozen=True)
class Subnet:
    """A subnet with what decides on its traffic.

    Attributes:
        group: what stands in it, by its name.
        zone: its Availability Zone.
        network: its addresses.
        table: ID of its route table.
        routes: of its table, the local one left out.
        ingress, egress: entries of its access list in their order.
        admits: rules of the security group of what stands in it, None where there is none of the
            network's own.
    """

    id: str
    group: str
    zone: str
    network: ipaddress.IPv4Network
    table: str
    routes: list[dict[str, Any]]
    ingress: list[dict[str, Any]]
    egress: list[dict[str, Any]]
    admits: list[dict[str, Any]] | None

    @property
    def host(self) -> Address:
        """The first address that is not AWS's own."""
        return self.network[4]

    def hop(self, address: Address) -> str | None:
        """ID of what packets to an address outside go to: the most specific route decides."""
        fitting = [
            route
            for route in self.routes
            if route.get("cidrBlock") and address in parsed(route["cidrBlock"])
        ]
        if not fitting:
            return None
        best = max(fitting, key=lambda r: parsed(r["cidrBlock"]).prefixlen)
        return str(next(best[key] for key in TARGETS if best.get(key)))


@dataclass(frozen=True)
class Network:
    """A network as it would be applied.

    Attributes:
        subnets: its subnets.
        gates: subnet in which a firewall's endpoint or a NAT gateway stands, by its ID.
        internet: IDs of internet gateways.
        gateway_tables: route tables of each gateway endpoint, by service.
        allowed: what the firewall passes: from which network, to which domains.
        drops: whether the firewall drops what nothing passes.
        names: names that are resolved.
    """

    subnets: list[Subnet]
    gates: dict[str, Subnet] = field(default_factory=dict)
    internet: set[str] = field(default_factory=set)
    gateway_tables: dict[str, list[str]] = field(default_factory=dict)
    allowed: list[tuple[ipaddress.IPv4Network, list[str]]] = field(default_factory=list)
    drops: bool = True
    names: list[str] = field(default_factory=list)

    def of(self, group: str) -> list[Subnet]:
        """The subnets of a group, one per zone."""
        return [subnet for subnet in self.subnets if subnet.group == group]

    def domains(self, address: Address) -> list[str]:
        """The domains that the firewall passes an address; a star where it drops nothing."""
        if not self.drops:
            return ["*"]
        return [each for home, found in self.allowed if address in home for each in found]


def read_network(plan: Plan) -> Network:
    """The network of a plan that was made with ``samples.APPLIED``."""
    found: dict[str, list[Applied]] = {}
    for resource in applied(plan, World(region=REGION)):
        found.setdefault(resource.resource.type.split(":")[-1], []).append(resource)
    made = list(_subnets(found))
    by_id, by_zone = {s.id: s for s in made}, {(s.group, s.zone): s for s in made}
    gates = {each.id: by_id[each.inputs["subnetId"]] for each in found.get("NatGateway", [])}
    for firewall in found.get("Firewall", []):
        for state in firewall.outputs["firewallStatuses"][0]["syncStates"]:
            subnet = by_zone.get(("firewall", state["availabilityZone"]))
            mapped = [mapping["subnetId"] for mapping in firewall.inputs["subnetMappings"]]
            if subnet and subnet.id in mapped:
                gates[state["attachments"][0]["endpointId"]] = subnet
    policies = [each.inputs["firewallPolicy"] for each in found.get("FirewallPolicy", [])]
    used = [r["resourceArn"] for p in policies for r in p["statefulRuleGroupReferences"]]
    return Network(
        subnets=made,
        gates=gates,
        internet={each.id for each in found.get("InternetGateway", [])},
        gateway_tables={
            each.inputs["serviceName"].rpartition(".")[2]: each.inputs["routeTableIds"]
            for each in found["VpcEndpoint"]
            if each.inputs["vpcEndpointType"] == "Gateway"
        },
        allowed=[
            (ipaddress.IPv4Network(home), group.inputs["ruleGroup"]["rulesSource"][SOURCE][TARGET])
            for group in found.get("RuleGroup", [])
            if group.arn in used
            for variable in group.inputs["ruleGroup"]["ruleVariables"]["ipSets"]
            for home in variable["ipSet"]["definitions"]
        ],
        drops=all("aws:drop_established" in p["statefulDefaultActions"] for p in policies),
        names=list(_names(found)),
    )


SOURCE, TARGET = "rulesSourceList", "targets"


def subnets(plan: Plan) -> list[Subnet]:
    """The subnets of a plan that was made with ``samples.APPLIED``."""
    return read_network(plan).subnets


def _subnets(found: dict[str, list[Applied]]) -> Iterator[Subnet]:
    routes = {table.id: table.inputs.get("routes") or [] for table in found["RouteTable"]}
    tables = {
        each.inputs["subnetId"]: each.inputs["routeTableId"]
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
    for each in found["Subnet"]:
        table = tables.get(each.id, "")  # Without one of its own the main table serves: no routes.
        yield Subnet(
            id=each.id,
            group=group(each.resource),
            zone=each.inputs["availabilityZone"],
            network=ipaddress.IPv4Network(each.inputs["cidrBlock"]),
            table=table,
            routes=routes.get(table, []),
            ingress=_ordered(lists[each.id]["ingress"]),
            egress=_ordered(lists[each.id]["egress"]),
            admits=groups.get(each.id),
        )


def _names(found: dict[str, list[Applied]]) -> Iterator[str]:
    """Names of the lists that a DNS rule allows."""
    listed = {
        each.id: each.inputs["domains"] for each in found.get("ResolverFirewallDomainList", [])
    }
    for rule in found.get("ResolverFirewallRule", []):
        if rule.inputs["action"] == "ALLOW":
            yield from listed[rule.inputs["firewallDomainListId"]]


def group(resource: Resource) -> str:
    """What stands in a subnet."""
    return str(resource.inputs["tags"]["bulkhead:workload"]).removeprefix("network-")


def _ordered(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: entry["ruleNo"])


ALL_PORTS = (1 << 65536) - 1
"""Sets of ports are numbers, a bit for each port."""


def ports(first: int, last: int) -> int:
    """The set of the ports from ``first`` to ``last``."""
    return ((1 << (last - first + 1)) - 1) << first


def let_through(entries: Entries, protocol: str, peer: Address) -> int:
    """The ports to which an access list lets packets through, to or from ``peer``.

    The first entry that fits decides (Amazon VPC User Guide, "Network ACL rules").
    """
    undecided, passed = ALL_PORTS, 0
    for entry in entries:
        if peer not in parsed(entry["cidrBlock"]):
            continue
        if entry["protocol"] == "-1":
            named = ALL_PORTS
        elif entry["protocol"] == protocol:
            named = ports(entry["fromPort"], entry["toPort"])
        else:
            continue
        if entry["action"] == "allow":
            passed |= undecided & named
        undecided &= ~named
    return passed


def passes(entries: Entries, protocol: str, peer: Address, port: int) -> bool:
    """Whether an access list lets a packet to or from ``peer`` through that goes to ``port``."""
    return bool(let_through(entries, protocol, peer) >> port & 1)


def connections(source: Subnet, target: Subnet, protocol: str, reply_port: int) -> int:
    """The ports at which connections are made, and answered, between two subnets of one VPC."""
    if source.admits is not None:
        return 0  # The group of the endpoints has no rule for what they would send.
    there, back = target.host, source.host
    answered = passes(target.egress, protocol, back, reply_port) and passes(
        source.ingress, protocol, there, reply_port
    )
    return (
        let_through(source.egress, protocol, there)
        & let_through(target.ingress, protocol, back)
        & _admitted(target, protocol, back)
        if answered
        else 0
    )


def connects(
    source: Subnet, target: Subnet, protocol: str, port: int, *, reply_port: int = 40000
) -> bool:
    """Whether a connection is made, and answered, between two subnets of one VPC."""
    return bool(connections(source, target, protocol, reply_port) >> port & 1)


def _admitted(target: Subnet, protocol: str, peer: Address) -> int:
    if target.admits is None:
        return ALL_PORTS
    admitted = 0
    for rule in target.admits:
        if rule["ipProtocol"] == protocol and peer in parsed(rule["cidrIpv4"]):
            admitted |= ports(rule["fromPort"], rule["toPort"])
    return admitted


def reaches_outside(source: Subnet, protocol: str, port: int, *, reply_port: int = 40000) -> bool:
    """Whether a subnet's route and access list let packets leave for a public address."""
    return (
        source.hop(WORLD) is not None
        and passes(source.egress, protocol, WORLD, port)
        and passes(source.ingress, protocol, WORLD, reply_port)
    )


def let_in(target: Subnet, protocol: str, peer: Address, reply_port: int) -> int:
    """The ports at which a subnet takes, and answers, connections from outside its VPC."""
    if not passes(target.egress, protocol, peer, reply_port):
        return 0
    return let_through(target.ingress, protocol, peer) & _admitted(target, protocol, peer)


def way_out(network: Network, source: Subnet, reply_port: int, public_port: int) -> int:
    """The TCP ports outside that a subnet reaches through gates, the way back included.

    ``public_port`` is the one from which the NAT gateway calls in its stead.
    """
    host, here = source.host, source
    reached = let_through(here.egress, "tcp", WORLD)
    if not passes(here.ingress, "tcp", WORLD, reply_port):
        return 0
    way: list[Subnet] = []
    while (hop := here.hop(WORLD)) not in network.internet:
        if hop not in network.gates or network.gates[hop] in way:
            return 0
        here = network.gates[hop]
        way.append(here)
        reached &= let_through(here.ingress, "tcp", host) & let_through(here.egress, "tcp", WORLD)
        answered_at = public_port if here.group == "nat" else reply_port
        if not passes(here.ingress, "tcp", WORLD, answered_at):
            return 0
        if not passes(here.egress, "tcp", host, reply_port):
            return 0
    if not way or way[-1].group != "nat":
        return 0  # Nothing else has a public address.
    back = network.gates.get(here.hop(host) or "")
    before = way[-2] if len(way) > 1 else None
    return reached if back == before else 0
