"""Who opens connections to whom in a VPC, and the network access lists that follow (ISO-1, NET-1).

Access lists are stateless: a connection needs a rule on both sides for its port and one for the
replies, to a port that the caller's system picks. Between two groups that both open connections,
replies leave those ports open for connections too; groups that share no flow exchange nothing.
What may pass between two pods of neighbouring groups is for network policies, and between other
things for security groups, to say more narrowly.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bulkhead.domain.addresses import PRIVATE
from bulkhead.domain.subnets import OPENING, PLANES, SubnetGroup

ANYWHERE = ipaddress.IPv4Network("0.0.0.0/0")

LINUX_PORTS = (32768, 60999)
"""Ports that Linux calls from (kernel documentation, "ip_local_port_range"): nodes and pods."""

ANY_PORTS = (1024, 65535)
"""Ports that AWS's own systems call from: NAT gateways (Amazon VPC User Guide, "Network ACLs",
ephemeral ports) and control planes."""

REMOTE_DESKTOP = 3389

PUBLIC_REPLY_PORTS = (
    (ANY_PORTS[0], REMOTE_DESKTOP - 1),
    (REMOTE_DESKTOP + 1, ANY_PORTS[1]),
)
"""Where the internet's replies to NAT gateways go. A list can't tell a reply from a connection, so
the port by which hosts are administered stays shut (FSBP EC2.21): of 64,512 connections to one
address one is not answered."""

HTTPS = 443
WEB = (80, HTTPS)


@dataclass(frozen=True)
class Flow:
    """Connections that groups open to others.

    Attributes:
        sources: who opens them.
        targets: who takes them.
        protocol: ``tcp`` or ``udp``.
        ports: first and last port of the target.
        purpose: what they are for.
    """

    sources: tuple[SubnetGroup, ...]
    targets: tuple[SubnetGroup, ...]
    protocol: str
    ports: tuple[int, int]
    purpose: str


_CONTROL = (SubnetGroup.CONTROL,)
_OTHERS = tuple(plane for plane in PLANES if plane is not SubnetGroup.CONTROL)

FLOWS = (
    Flow(PLANES, (SubnetGroup.ENDPOINTS,), "tcp", (HTTPS, HTTPS), "AWS services"),
    Flow(PLANES, (SubnetGroup.CLUSTER,), "tcp", (HTTPS, HTTPS), "Kubernetes API"),
    Flow((SubnetGroup.CLUSTER,), PLANES, "tcp", ANY_PORTS, "kubelets and webhooks"),
    Flow(_OTHERS, _CONTROL, "udp", (53, 53), "DNS of the cluster"),
    Flow(_OTHERS, _CONTROL, "tcp", (53, 53), "DNS of the cluster"),
    Flow(_OTHERS, _CONTROL, "tcp", (4317, 4318), "telemetry (OTLP)"),
    Flow((SubnetGroup.INFERENCE,), _CONTROL, "tcp", (18000, 18002), "gateway's settings (xDS)"),
    Flow((SubnetGroup.INFERENCE,), _CONTROL, "tcp", (8081, 8081), "gateway's quotas"),
    Flow(_CONTROL, _OTHERS, "tcp", ANY_PORTS, "metrics and controllers"),
    Flow((SubnetGroup.INFERENCE,), (SubnetGroup.DATA,), "tcp", (HTTPS, HTTPS), "vector indexes"),
    Flow((SubnetGroup.TRAINING,), (SubnetGroup.DATA,), "tcp", (2049, 2049), "shared files (NFS)"),
)
"""Every flow between two groups; inside a plane all may pass. Nothing leads from inference to
training or back, nothing but the control plane into the model plane, and from outside only
operators to the Kubernetes API. DNS, time and instance metadata of AWS are beyond access lists."""


@dataclass(frozen=True)
class AclRule:
    """An entry of a network access list.

    Attributes:
        allow: whether it lets through what fits, or drops it.
        protocol: ``tcp``, ``udp``, or ``-1`` for all.
        network: where packets come from, or go to.
        ports: first and last port that they go to; 0 and 0 with all protocols.
    """

    allow: bool
    protocol: str
    network: ipaddress.IPv4Network
    ports: tuple[int, int]

    def covers(self, other: "AclRule") -> bool:
        """Whether ``other`` says nothing more."""
        return (
            (self.allow, self.protocol, self.network)
            == (other.allow, other.protocol, other.network)
            and self.ports[0] <= other.ports[0]
            and other.ports[1] <= self.ports[1]
        )


@dataclass(frozen=True)
class Acl:
    """A network access list; the first entry that fits decides, and what fits none is dropped."""

    ingress: list[AclRule]
    egress: list[AclRule]


def access_list(
    group: SubnetGroup,
    network: ipaddress.IPv4Network,
    blocks: Mapping[SubnetGroup, ipaddress.IPv4Network],
    ways_out: Iterable[SubnetGroup] = (),
    clients: Iterable[ipaddress.IPv4Network] = (),
) -> Acl:
    """The access list of a group's subnets.

    ``network`` is the VPC, ``blocks`` the networks of the groups in it, ``ways_out`` the planes
    that reach allowed domains through the firewall and the NAT gateways, ``clients`` the networks
    outside the VPC from which the gateway's load balancer is called, in the inference plane.

    S3 and DynamoDB are reached through gateway endpoints at public addresses, which no list can
    name: what leaves the VPC is for route tables to bound.
    """
    ingress: list[AclRule] = []
    egress: list[AclRule] = []
    for out, side, protocol, ports in _passages(group):
        (egress if out else ingress).append(_allow(blocks[side], protocol, ports))
    if group in PLANES:
        everything = _allow(blocks[group], "-1", (0, 0))
        ingress.append(everything)
        egress.append(everything)
    transit = group in OPENING
    if transit:
        for plane in ways_out:
            ingress += [_allow(blocks[plane], "tcp", (port, port)) for port in WEB]
            egress.append(_allow(blocks[plane], "tcp", LINUX_PORTS))
    inside = AclRule(False, "-1", network, (0, 0))
    ingress, egress = [*_shortest(ingress), inside], [*_shortest(egress), inside]
    if group is SubnetGroup.INFERENCE:
        for caller in clients:
            ingress.append(_allow(caller, "tcp", (HTTPS, HTTPS)))
            egress.append(_allow(caller, "tcp", ANY_PORTS))
    if group is SubnetGroup.CLUSTER:
        ingress += [_allow(peer, "tcp", (HTTPS, HTTPS)) for peer in PRIVATE]
        egress += [_allow(peer, "tcp", ANY_PORTS) for peer in PRIVATE]
    elif group is not SubnetGroup.ENDPOINTS:
        callees = WEB if transit or group in ways_out else (HTTPS,)
        replies = PUBLIC_REPLY_PORTS if group is SubnetGroup.NAT else (LINUX_PORTS,)
        ingress += [_allow(ANYWHERE, "tcp", ports) for ports in replies]
        egress += [_allow(ANYWHERE, "tcp", (port, port)) for port in callees]
    return Acl(ingress, egress)


def _allow(network: ipaddress.IPv4Network, protocol: str, ports: tuple[int, int]) -> AclRule:
    return AclRule(True, protocol, network, ports)


def _passages(group: SubnetGroup) -> Iterator[tuple[bool, SubnetGroup, str, tuple[int, int]]]:
    """What passes a group's border: whether outwards, the other side, protocol and ports."""
    for flow in FLOWS:
        if group in flow.sources:
            for target in flow.targets:
                yield True, target, flow.protocol, flow.ports
                yield False, target, flow.protocol, _reply_ports(group)
        if group in flow.targets:
            for source in flow.sources:
                yield False, source, flow.protocol, flow.ports
                yield True, source, flow.protocol, _reply_ports(source)


def _reply_ports(caller: SubnetGroup) -> tuple[int, int]:
    return ANY_PORTS if caller is SubnetGroup.CLUSTER else LINUX_PORTS


def _shortest(rules: list[AclRule]) -> list[AclRule]:
    """Rules that allow the same, with neighbouring networks as one: AWS takes twenty a side."""
    kept = [rule for rule in rules if not any(o != rule and o.covers(rule) for o in rules)]
    networks: dict[tuple[str, tuple[int, int]], list[ipaddress.IPv4Network]] = {}
    for rule in kept:
        networks.setdefault((rule.protocol, rule.ports), []).append(rule.network)
    return [
        _allow(network, protocol, ports)
        for (protocol, ports), found in networks.items()
        for network in ipaddress.collapse_addresses(found)
    ]
