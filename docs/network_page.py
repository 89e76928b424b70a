"""Who reaches what in a network, written from what the network renders."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from bulkhead import PlaneNetwork
from bulkhead.domain.addresses import PRIVATE
from bulkhead.domain.egress import OPEN_PLANES
from bulkhead.domain.flows import ANY_PORTS, LINUX_PORTS
from bulkhead.domain.subnets import CLOSED, OPENING, SubnetGroup
from bulkhead.domain.tiers import CATALOGUE, Egress, Tier
from bulkhead.foundation.subnets import OPEN_TABLES
from bulkhead.preview.plan import Plan
from tests.foundation.reach import (
    ALL_PORTS,
    WORLD,
    Address,
    Network,
    Subnet,
    connections,
    let_in,
    let_through,
    passes,
    read_network,
    way_out,
)
from tests.foundation.samples import APPLIED, KEY, planned, scope

PAGE = Path("docs/network-matrix.md")
OPERATORS, INTERNET, GATEWAYS = "operators", "internet", "S3, DynamoDB"
NOTHING = "-"

Matrix = dict[str, dict[str, str]]
"""What each source reaches of each target, in words."""

INTRODUCTION = """\
# Who reaches what in a network

Written by `make docs` from the routes, access lists, security groups and firewall rules that
`PlaneNetwork` renders for each tier; a test holds that none of them can be taken away without a
change here. A cell names the ports at which a connection is made and answered. These are bounds:
security groups of nodes and network policies of pods narrow them.

- Access lists don't know connections. Where two groups call each other, the ports to which replies
  go stand open between them, and who calls from a port that the other calls passes for a reply.
  Groups without a flow exchange nothing.
- `S3, DynamoDB` are reached through gateway endpoints, at public addresses; `endpoints` are the
  interface endpoints. Only planes that have domains reach the internet, here one each.
- `operators` are private networks outside the VPC, once the cluster's route tables lead to them.
"""


def pages() -> dict[Path, str]:
    """The page by its path below the repository's root."""
    by_matrix: dict[str, list[Tier]] = {}
    for tier in Tier:
        by_matrix.setdefault(_section(read_network(plan_of(tier))), []).append(tier)
    sections = [f"## Tiers {_list(tiers)}\n\n{text}" for text, tiers in by_matrix.items()]
    return {PAGE: "\n".join([INTRODUCTION, *sections])}


def plan_of(tier: Tier) -> Plan:
    """A network of a tier in dev with all that the tier may be given."""
    opened = CATALOGUE[tier].egress is Egress.DOMAIN_ALLOWLIST
    egress = {str(plane): [f"{plane}.example.com"] for plane in OPEN_PLANES} if opened else None
    return planned(
        lambda: PlaneNetwork(
            "network",
            {
                "scope": scope(),
                "tier": tier,
                "cidr": "10.20.0.0/16",
                "log_key_arn": KEY,
                "egress": egress,
            },
        ),
        **APPLIED,
    )


def matrix(network: Network) -> Matrix:
    """What every group, the internet and operators reach."""
    groups = [str(group) for group in (*CLOSED, *OPENING) if network.of(group)]
    found = {source: _row(network, source, groups) for source in groups}
    outsiders = {INTERNET: (WORLD,), OPERATORS: tuple(private[-9] for private in PRIVATE)}
    for name, addresses in outsiders.items():
        found[name] = {
            group: _words(
                _let_in(network, subnet, address)
                for subnet in network.of(group)
                for address in addresses
            )
            for group in groups
        }
    return found


def _row(network: Network, source: str, groups: Sequence[str]) -> dict[str, str]:
    replies = ANY_PORTS if source == SubnetGroup.CLUSTER else LINUX_PORTS
    mine = network.of(source)
    row = {
        target: _words(
            _between(one, other, reply)
            for one in mine
            for other in network.of(target)
            for reply in replies
            if one is not other
        )
        for target in groups
    }
    row[GATEWAYS] = _words(
        _tcp(let_through(subnet.egress, "tcp", WORLD))
        if all(subnet.table in tables for tables in network.gateway_tables.values())
        and passes(subnet.ingress, "tcp", WORLD, reply)
        else ""
        for subnet in mine
        for reply in LINUX_PORTS
    )
    row[INTERNET] = _words(
        _outside(network, subnet, way_out(network, subnet, reply, public))
        for subnet in mine
        for reply in LINUX_PORTS
        for public in ANY_PORTS
    )
    return row


def _between(source: Subnet, target: Subnet, reply: int) -> str:
    tcp, udp = (connections(source, target, kind, reply) for kind in ("tcp", "udp"))
    if tcp == udp == ALL_PORTS:
        return "all"
    return ", ".join([*_ranges("tcp", tcp), *_ranges("udp", udp)])


def _let_in(network: Network, subnet: Subnet, address: Address) -> str:
    """What reaches a subnet from outside, at addresses of its own."""
    if address == WORLD:
        routed = subnet.hop(WORLD) in network.internet and subnet not in network.gates.values()
    else:
        routed = subnet.group in OPEN_TABLES
    kinds = ("tcp", "udp")
    return _words(
        ", ".join(w for kind in kinds for w in _ranges(kind, let_in(subnet, kind, address, reply)))
        if routed
        else ""
        for reply in ANY_PORTS
    )


def _outside(network: Network, subnet: Subnet, reached: int) -> str:
    domains = network.domains(subnet.host)
    if not reached or not domains:
        return ""
    return f"{_tcp(reached)} to {', '.join(f'`{each}`' for each in domains)}"


def _tcp(found: int) -> str:
    return ", ".join(_ranges("tcp", found))


def _ranges(protocol: str, found: int) -> list[str]:
    """The set of ports in words."""
    spans = [match.span() for match in re.finditer("1+", f"{found:b}"[::-1])]
    texts = [f"{start}" if end == start + 1 else f"{start}-{end - 1}" for start, end in spans]
    return [f"{protocol} {', '.join(texts)}"] if texts else []


def _words(found: Iterable[str]) -> str:
    """The one word of all zones, or all of them where zones differ."""
    return " or ".join(sorted({words or NOTHING for words in found})) or NOTHING


def _section(network: Network) -> str:
    found = matrix(network)
    targets = list(dict.fromkeys(target for row in found.values() for target in row))
    lines = [
        f"| from \\ to | {' | '.join(targets)} |",
        f"| --- | {' | '.join('---' for _ in targets)} |",
        *(
            f"| {source} | {' | '.join(row.get(target, '') for target in targets)} |"
            for source, row in found.items()
        ),
    ]
    names = ", ".join(f"`{name}`" for name in network.names)
    return "\n".join([*lines, "", f"Names that are resolved: {names}.", ""])


def _list(tiers: Sequence[Tier]) -> str:
    return " and ".join([", ".join(tiers[:-1]), tiers[-1]] if len(tiers) > 1 else tiers)
