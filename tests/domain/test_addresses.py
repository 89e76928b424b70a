from ipaddress import IPv4Network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkhead.domain.addresses import (
    PRIVATE,
    check_overlap,
    parse_cidr,
    parse_private,
)
from bulkhead.domain.errors import RefusedError

prefixes = st.integers(16, 28)
octets = st.sampled_from([0, 1, 10, 16, 64, 100, 168, 172, 192, 255, 256])
near_cidrs = st.builds("{}.{}.{}.{}/{}".format, octets, octets, octets, octets, st.integers(0, 33))


@st.composite
def networks(draw: st.DrawFn) -> IPv4Network:
    """Any network that a VPC can have."""
    private = draw(st.sampled_from(PRIVATE))
    prefix = draw(prefixes)
    index = draw(st.integers(0, (1 << (prefix - private.prefixlen)) - 1))
    return IPv4Network((int(private.network_address) + (index << (32 - prefix)), prefix))


def refusal(value: str) -> str:
    with pytest.raises(RefusedError) as caught:
        parse_cidr(value, where="network.cidr")
    return str(caught.value)


@given(networks())
def test_every_network_that_a_vpc_can_have_is_read(network: IPv4Network) -> None:
    assert parse_cidr(str(network), where="x") == network


@given(networks(), st.data())
def test_an_address_inside_a_network_is_not_taken_for_the_network(
    network: IPv4Network, data: st.DataObject
) -> None:
    host = network[data.draw(st.integers(1, network.num_addresses - 1))]
    assert "not an IPv4 network" in refusal(f"{host}/{network.prefixlen}")


@pytest.mark.parametrize(
    "value",
    [
        *("", "vpc", "10.20.0.0/", "10.20.0.0/33", "10.20.1.0/16", "10.20.0/16", "010.20.0.0/16"),
        *("10.20.0.0/16\n", " 10.20.0.0/16", "10.20.0.0/-16", "fd00::/56", "10.20.0.0/16/16"),
    ],
)
def test_garbage_is_refused(value: str) -> None:
    assert refusal(value) == (
        f"network.cidr: not an IPv4 network, got {value!r}; allowed: one like 10.20.0.0/16"
    )


@pytest.mark.parametrize(
    "value",
    [
        *("8.8.8.0/24", "0.0.0.0/0", "11.0.0.0/16", "172.15.0.0/16", "172.32.0.0/16"),
        *("192.167.0.0/16", "192.169.0.0/16", "100.63.0.0/16", "100.128.0.0/16"),
        *("169.254.0.0/16", "127.0.0.0/16", "224.0.0.0/16", "192.160.0.0/12"),
    ],
)
def test_a_network_that_is_not_private_is_refused(value: str) -> None:
    assert refusal(value) == (
        f"network.cidr: not a private network, got '{value}'; "
        "allowed: one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"
    )


@pytest.mark.parametrize("value", ["10.0.0.0/8", "10.0.0.0/15", "10.0.0.0/29", "10.0.0.0"])
def test_a_network_larger_or_smaller_than_a_vpc_is_refused(value: str) -> None:
    assert refusal(value) == (
        f"network.cidr: a VPC of this size is not possible, got '{value}'; allowed: /16 to /28"
    )


@pytest.mark.parametrize("value", ["10.0.0.0/8", "172.16.0.0/12", "10.1.2.3/32"])
def test_a_private_network_that_is_no_vpc_may_have_any_size(value: str) -> None:
    assert str(parse_private(value, where="x")) == value


@pytest.mark.parametrize("value", ["0.0.0.0/0", "10.0.0.0/7", "8.8.8.8/32", "10.0.0.1/8", "all"])
def test_a_network_of_any_size_must_still_be_private(value: str) -> None:
    with pytest.raises(RefusedError, match=r"^peers: not (a private|an IPv4) network, got '"):
        parse_private(value, where="peers")


@given(st.text() | st.text(alphabet="0127./", min_size=8) | near_cidrs)
@example("10.0.0.0/" + "9" * 5000)
@example("10.0.0.0/１６")  # noqa: RUF001
def test_any_text_is_read_as_a_possible_network_or_refused(value: str) -> None:
    try:
        network = parse_cidr(value, where="x")
    except RefusedError:
        return
    assert any(network.subnet_of(private) for private in PRIVATE)
    assert 16 <= network.prefixlen <= 28


@given(networks(), networks())
def test_an_overlap_is_refused_exactly_when_an_address_is_shared(
    network: IPv4Network, other: IPv4Network
) -> None:
    shares = network[0] in other or other[0] in network
    if shares:
        with pytest.raises(RefusedError):
            check_overlap(network, {"other": other}, where="x")
    else:
        check_overlap(network, {"other": other}, where="x")


def test_an_overlap_is_refused_with_the_name_of_the_other() -> None:
    others = {"dev": IPv4Network("10.10.0.0/16"), "prod": IPv4Network("10.20.0.0/16")}
    with pytest.raises(RefusedError) as caught:
        check_overlap(IPv4Network("10.20.128.0/20"), others, where="network.cidr")
    assert str(caught.value) == (
        "network.cidr: the network overlaps prod (10.20.0.0/16), got '10.20.128.0/20'"
    )
