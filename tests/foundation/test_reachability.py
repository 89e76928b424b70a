"""What the rendered network lets through is what the documented flows say, pair by pair (ISO-1)."""

import itertools
from collections.abc import Iterator

import pytest

from bulkhead import PlaneNetwork
from bulkhead.domain.flows import ANY_PORTS, FLOWS, LINUX_PORTS
from bulkhead.domain.subnets import CLOSED, PLANES, SubnetGroup
from tests.foundation.reach import Subnet, connects, reaches_outside, subnets
from tests.foundation.samples import APPLIED, planned, scope
from tests.foundation.test_network import ARGS

PORTS = (22, 53, 80, 443, 988, 1023, 1024, 2049, 3389, 4317, 5432, 8080, 10250, 18000, 30000)
REPLY_PORTS = LINUX_PORTS
PAIRS = [pair for pair in itertools.product(CLOSED, CLOSED) if pair[0] is not pair[1]]


@pytest.fixture(scope="module")
def made() -> list[Subnet]:
    args = {**ARGS, "scope": scope(environment="prod")}
    return subnets(planned(lambda: PlaneNetwork("net", args), **APPLIED))  # type: ignore[arg-type]


def of(made: list[Subnet], group: SubnetGroup) -> list[Subnet]:
    return [subnet for subnet in made if subnet.group == group]


def between(
    made: list[Subnet], source: SubnetGroup, target: SubnetGroup
) -> Iterator[tuple[Subnet, Subnet]]:
    yield from itertools.product(of(made, source), of(made, target))


def documented(source: SubnetGroup, target: SubnetGroup, protocol: str, port: int) -> bool:
    return any(
        source in flow.sources
        and target in flow.targets
        and protocol == flow.protocol
        and flow.ports[0] <= port <= flow.ports[1]
        for flow in FLOWS
    )


def takes_replies(group: SubnetGroup, port: int) -> bool:
    """Whether a group calls from a port, and so takes replies to it."""
    first, last = ANY_PORTS if group is SubnetGroup.CLUSTER else LINUX_PORTS
    return first <= port <= last


def opens_any(source: SubnetGroup, target: SubnetGroup) -> bool:
    """Whether a group opens connections to another."""
    return any(source in flow.sources and target in flow.targets for flow in FLOWS)


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_group_reaches_another_exactly_where_a_flow_is_documented(
    made: list[Subnet], source: SubnetGroup, target: SubnetGroup, protocol: str
) -> None:
    for one, other in between(made, source, target):
        for port, reply in itertools.product(PORTS, REPLY_PORTS):
            connected = connects(one, other, protocol, port, reply_port=reply)
            expected = documented(source, target, protocol, port)
            if opens_any(target, source) and takes_replies(target, port):
                assert connected or not expected, (port, reply)
            else:
                assert connected is expected, (port, reply)


@pytest.mark.parametrize(
    ("source", "target"), [p for p in PAIRS if not opens_any(*p) and not opens_any(*p[::-1])]
)
@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp", "gre"])
def test_groups_without_a_flow_exchange_nothing_on_any_port(
    made: list[Subnet], source: SubnetGroup, target: SubnetGroup, protocol: str
) -> None:
    """Replies leave high ports open, but only to who is called."""
    for one, other in between(made, source, target):
        assert not [
            port
            for port in (*PORTS, *LINUX_PORTS, 40000, 61000, 65535)
            if connects(one, other, protocol, port)
        ]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("training", "inference"),
        ("inference", "training"),
        ("inference", "model"),
        ("training", "model"),
        ("data", "model"),
        ("model", "data"),
        ("model", "inference"),
        ("cluster", "endpoints"),
        ("endpoints", "cluster"),
    ],
)
def test_what_must_stay_apart_exchanges_nothing(
    made: list[Subnet], source: str, target: str
) -> None:
    """Written down once more, so that a flow added in haste is seen (ISO-1, TRN-1)."""
    for one, other in between(made, SubnetGroup(source), SubnetGroup(target)):
        for protocol, port in itertools.product(("tcp", "udp"), (*PORTS, 40000, 65535)):
            assert not connects(one, other, protocol, port)


@pytest.mark.parametrize("plane", PLANES)
def test_all_passes_between_the_zones_of_a_plane(made: list[Subnet], plane: SubnetGroup) -> None:
    for one, other in between(made, plane, plane):
        assert connects(one, other, "tcp", 29500)
        assert connects(one, other, "udp", 4791)


def test_the_control_plane_calls_from_any_high_port(made: list[Subnet]) -> None:
    for plane in PLANES:
        for one, other in between(made, SubnetGroup.CLUSTER, plane):
            assert all(connects(one, other, "tcp", 10250, reply_port=p) for p in ANY_PORTS)


def test_nothing_is_routed_out_of_the_vpc(made: list[Subnet]) -> None:
    for subnet in made:
        assert subnet.routes == []
        assert not reaches_outside(subnet, "tcp", 443)


def test_each_subnet_has_an_access_list_and_a_table_of_its_own(made: list[Subnet]) -> None:
    assert len(made) == 3 * len(CLOSED)
    assert {subnet.group for subnet in made} == set(CLOSED)
    assert {subnet.zone for subnet in made} == {f"eu-central-1{letter}" for letter in "abc"}
