import re
from ipaddress import IPv4Network
from itertools import combinations
from random import Random

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bulkhead.domain.addresses import (
    PRIVATE,
    check_overlap,
    parse_cidr,
    parse_private,
    plan_subnets,
)
from bulkhead.domain.errors import RefusedError

prefixes = st.integers(16, 28)
group_names = st.sampled_from(["public", "private", "data", "model", "control", "endpoints"])
groups_of = st.dictionaries(group_names, prefixes, min_size=1)
zone_counts = st.integers(1, 6)
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


@given(groups_of, zone_counts, st.integers(0, 2), st.integers(0, 15))
def test_planned_subnets_are_apart_inside_of_the_asked_size_and_one_per_zone(
    groups: dict[str, int], zones: int, spare_bits: int, index: int
) -> None:
    needed = sum(zones * 2 ** (32 - prefix) for prefix in groups.values())
    bits = (needed - 1).bit_length() + spare_bits
    network = IPv4Network((index << bits, 32 - bits))
    planned = plan_subnets(network, groups, zones, where="x")
    assert planned.keys() == groups.keys()
    for name, subnets in planned.items():
        assert [subnet.prefixlen for subnet in subnets] == [groups[name]] * zones
    everything = [subnet for subnets in planned.values() for subnet in subnets]
    assert all(subnet.subnet_of(network) for subnet in everything)
    assert not any(one.overlaps(other) for one, other in combinations(everything, 2))


@given(networks(), groups_of, zone_counts)
def test_subnets_are_planned_exactly_when_their_addresses_fit(
    network: IPv4Network, groups: dict[str, int], zones: int
) -> None:
    needed = sum(zones * 2 ** (32 - prefix) for prefix in groups.values())
    if needed <= network.num_addresses:
        assert plan_subnets(network, groups, zones, where="x")
    else:
        with pytest.raises(RefusedError, match="too small for"):
            plan_subnets(network, groups, zones, where="x")


@given(networks(), groups_of, zone_counts)
@example(IPv4Network("10.0.0.0/28"), {"public": 28}, 6)
@example(IPv4Network("10.0.0.0/16"), {"public": 16}, 2)
def test_a_refusal_names_the_smallest_network_that_works_or_says_that_none_does(
    network: IPv4Network, groups: dict[str, int], zones: int
) -> None:
    try:
        plan_subnets(network, groups, zones, where="x")
    except RefusedError as refused:
        sentence = str(refused)
    else:
        assume(False)

    named = re.search(r"allowed: /(\d+) or larger$", sentence)
    works = int(named[1]) if named else 15
    assert (works >= 16) is (named is not None)
    if named:
        assert plan_subnets(IPv4Network((0, works)), groups, zones, where="x")
    with pytest.raises(RefusedError):  # half of it would not do
        plan_subnets(IPv4Network((0, works + 1)), groups, zones, where="x")


@given(st.lists(prefixes, min_size=2, max_size=5, unique=True), zone_counts, st.randoms())
def test_groups_of_different_sizes_get_the_same_addresses_in_whatever_order_they_stand(
    sizes: list[int], zones: int, random: Random
) -> None:
    groups = {f"group-{size}": size for size in sizes}
    shuffled = dict(random.sample(list(groups.items()), len(groups)))
    network = IPv4Network((0, 8))
    planned = plan_subnets(network, groups, zones, where="x")
    assert plan_subnets(network, shuffled, zones, where="x") == planned


@given(groups_of, prefixes, zone_counts)
def test_a_group_added_last_and_no_larger_moves_no_other(
    groups: dict[str, int], prefix: int, zones: int
) -> None:
    network = IPv4Network((0, 8))
    before = plan_subnets(network, groups, zones, where="x")
    added = {"added": max(prefix, *groups.values())}
    after = plan_subnets(network, groups | added, zones, where="x")
    assert {name: after[name] for name in before} == before


def test_a_plan_is_what_it_was_when_the_first_stacks_were_built() -> None:
    planned = plan_subnets(
        IPv4Network("10.20.0.0/16"), {"public": 24, "private": 19, "data": 22}, 2, where="x"
    )
    assert {name: [str(s) for s in subnets] for name, subnets in planned.items()} == {
        "private": ["10.20.0.0/19", "10.20.32.0/19"],
        "data": ["10.20.64.0/22", "10.20.68.0/22"],
        "public": ["10.20.72.0/24", "10.20.73.0/24"],
    }


def test_a_network_too_small_is_refused_with_the_size_that_would_do() -> None:
    with pytest.raises(RefusedError) as caught:
        plan_subnets(
            IPv4Network("10.20.0.0/20"), {"public": 24, "private": 20}, 3, where="network.cidr"
        )
    assert str(caught.value) == (
        "network.cidr: the network is too small for 3 zones of public, private subnets, "
        "got '10.20.0.0/20'; allowed: /18 or larger"
    )


def test_subnets_that_fit_no_vpc_are_refused_without_naming_an_impossible_size() -> None:
    with pytest.raises(RefusedError) as caught:
        plan_subnets(IPv4Network("10.20.0.0/16"), {"private": 17}, 3, where="network.cidr")
    assert str(caught.value) == (
        "network.cidr: the network is too small for 3 zones of private subnets, "
        "got '10.20.0.0/16'; allowed: fewer or smaller subnets, as a VPC is at most a /16"
    )


@pytest.mark.parametrize("prefix", [-1, 15, 29, 33])
def test_a_subnet_of_a_size_that_aws_does_not_take_is_refused(prefix: int) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_subnets(IPv4Network("10.20.0.0/16"), {"public": prefix}, 1, where="network.cidr")
    assert str(caught.value) == (
        f"network.cidr: a public subnet of this size is not possible, got '/{prefix}'; "
        "allowed: /16 to /28"
    )
