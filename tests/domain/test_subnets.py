from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.addresses import PRIVATE
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.domain.subnets import (
    CLOSED,
    LAYOUT,
    MOST_ZONES,
    PARTS,
    PLANES,
    Block,
    SubnetGroup,
    plan_subnets,
)

zone_counts = st.integers(2, MOST_ZONES)


@st.composite
def networks(draw: st.DrawFn) -> IPv4Network:
    """Any network that fits the planes."""
    private = draw(st.sampled_from(PRIVATE))
    prefix = draw(st.integers(16, 20))
    index = draw(st.integers(0, (1 << (prefix - private.prefixlen)) - 1))
    return IPv4Network((int(private.network_address) + (index << (32 - prefix)), prefix))


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Any place in a network that a block can have."""
    size = 4 << draw(st.integers(0, 5))
    return Block(size * draw(st.integers(0, PARTS // size - 1)), size)


def overlap(one: Block, other: Block) -> bool:
    return one.start < other.start + other.size and other.start < one.start + one.size


def test_every_plane_has_subnets_and_every_group_a_block() -> None:
    assert {str(plane) for plane in PLANES} == {str(plane) for plane in Plane}
    assert LAYOUT.keys() == set(SubnetGroup)
    assert set(PLANES) < set(CLOSED) < set(SubnetGroup)


@pytest.mark.parametrize("group", SubnetGroup)
def test_a_block_is_one_network_that_divides_into_zones(group: SubnetGroup) -> None:
    block = LAYOUT[group]
    assert block.size.bit_count() == 1
    assert block.size >= 4
    assert block.start % block.size == 0
    assert block.start + block.size <= PARTS


def test_no_two_blocks_overlap() -> None:
    assert not [pair for pair in combinations(LAYOUT.values(), 2) if overlap(*pair)]


@given(networks(), zone_counts)
def test_subnets_are_apart_in_their_block_and_of_a_size_that_aws_takes(
    network: IPv4Network, zones: int
) -> None:
    planned = plan_subnets(network, zones, where="x")
    for group, subnets in planned.items():
        assert len(subnets) == zones
        assert all(subnet.subnet_of(LAYOUT[group].within(network)) for subnet in subnets)
    everything = [subnet for subnets in planned.values() for subnet in subnets]
    assert all(subnet.subnet_of(network) and subnet.prefixlen <= 28 for subnet in everything)
    assert not any(one.overlaps(other) for one, other in combinations(everything, 2))


@given(networks(), zone_counts, zone_counts)
def test_a_further_zone_moves_no_subnet(network: IPv4Network, zones: int, more: int) -> None:
    few, many = sorted((zones, more))
    before, after = (plan_subnets(network, count, where="x") for count in (few, many))
    assert {group: subnets[:few] for group, subnets in after.items()} == before


@given(networks(), zone_counts, blocks(), st.sampled_from(SubnetGroup))
def test_a_further_group_moves_no_subnet(
    network: IPv4Network, zones: int, block: Block, group: SubnetGroup
) -> None:
    others = {
        each: held
        for each, held in LAYOUT.items()
        if each is not group and not overlap(held, block)
    }
    before = plan_subnets(network, zones, where="x", layout=others)
    after = plan_subnets(network, zones, where="x", layout={group: block, **others})
    assert {each: after[each] for each in others} == before
    assert not any(
        one.overlaps(other) for one in after[group] for each in others for other in after[each]
    )


def test_a_layout_is_what_it_was_when_the_first_networks_were_built() -> None:
    planned = plan_subnets(IPv4Network("10.20.0.0/16"), 3, where="x")
    assert {str(group): [str(s) for s in subnets] for group, subnets in planned.items()} == {
        "inference": ["10.20.0.0/20", "10.20.16.0/20", "10.20.32.0/20"],
        "training": ["10.20.64.0/20", "10.20.80.0/20", "10.20.96.0/20"],
        "control": ["10.20.128.0/21", "10.20.136.0/21", "10.20.144.0/21"],
        "data": ["10.20.160.0/21", "10.20.168.0/21", "10.20.176.0/21"],
        "model": ["10.20.192.0/22", "10.20.196.0/22", "10.20.200.0/22"],
        "endpoints": ["10.20.208.0/22", "10.20.212.0/22", "10.20.216.0/22"],
        "cluster": ["10.20.224.0/24", "10.20.225.0/24", "10.20.226.0/24"],
        "firewall": ["10.20.228.0/24", "10.20.229.0/24", "10.20.230.0/24"],
        "nat": ["10.20.232.0/24", "10.20.233.0/24", "10.20.234.0/24"],
    }


@pytest.mark.parametrize("prefix", range(21, 29))
def test_a_network_too_small_for_the_planes_is_refused(prefix: int) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_subnets(IPv4Network(("10.20.0.0", prefix)), 2, where="network.cidr")
    assert str(caught.value) == (
        "network.cidr: the network is too small for the planes and their zones, "
        f"got '10.20.0.0/{prefix}'; allowed: /16 to /20"
    )
