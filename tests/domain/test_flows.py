from ipaddress import IPv4Network

import pytest

from bulkhead.domain.flows import FLOWS, AclRule, access_list
from bulkhead.domain.subnets import LAYOUT, PLANES, SubnetGroup

NETWORK = IPv4Network("10.20.0.0/16")
BLOCKS = {group: block.within(NETWORK) for group, block in LAYOUT.items()}
ALL_PLANES_OUT = PLANES


@pytest.mark.parametrize("group", SubnetGroup)
@pytest.mark.parametrize("ways_out", [(), ALL_PLANES_OUT], ids=["closed", "open"])
def test_a_list_fits_the_twenty_entries_a_side_that_aws_takes(
    group: SubnetGroup, ways_out: tuple[SubnetGroup, ...]
) -> None:
    rules = access_list(group, NETWORK, BLOCKS, ways_out)
    assert 0 < len(rules.ingress) <= 20
    assert 0 < len(rules.egress) <= 20


@pytest.mark.parametrize("group", SubnetGroup)
def test_clients_from_outside_reach_the_gateway_s_load_balancer_alone(group: SubnetGroup) -> None:
    clients = [IPv4Network(f"10.{number}.0.0/16") for number in (64, 80, 96, 112)]
    without = access_list(group, NETWORK, BLOCKS, PLANES)
    rules = access_list(group, NETWORK, BLOCKS, PLANES, clients)
    added = [rule for rule in rules.ingress if rule not in without.ingress]
    replies = [rule for rule in rules.egress if rule not in without.egress]
    expected = clients if group is SubnetGroup.INFERENCE else []
    assert added == [AclRule(True, "tcp", client, (443, 443)) for client in expected]
    assert [(rule.network, rule.ports) for rule in replies] == [
        (client, (1024, 65535)) for client in expected
    ]
    assert len(rules.ingress) <= 20
    assert len(rules.egress) <= 20


@pytest.mark.parametrize("group", SubnetGroup)
def test_what_lets_in_the_world_comes_after_the_vpc_is_shut_out(group: SubnetGroup) -> None:
    rules = access_list(group, NETWORK, BLOCKS, PLANES)
    shut = AclRule(False, "-1", NETWORK, (0, 0))
    for side in (rules.ingress, rules.egress):
        place = side.index(shut)
        assert all(rule.network.subnet_of(NETWORK) for rule in side[:place])
        assert not any(rule.network.subnet_of(NETWORK) for rule in side[place + 1 :])


@pytest.mark.parametrize("group", [g for g in SubnetGroup if g is not SubnetGroup.NAT])
@pytest.mark.parametrize("port", [22, 3389])
def test_no_list_lets_in_logins_from_the_world(group: SubnetGroup, port: int) -> None:
    """FSBP EC2.21; NAT gateways listen on nothing and take replies on all high ports."""
    for rule in access_list(group, NETWORK, BLOCKS, PLANES).ingress:
        if rule.allow and not rule.network.is_private:
            assert not rule.ports[0] <= port <= rule.ports[1]


def test_a_flow_is_from_a_group_to_another_on_a_range_of_ports() -> None:
    for flow in FLOWS:
        assert flow.protocol in {"tcp", "udp"}
        assert 0 < flow.ports[0] <= flow.ports[1] <= 65535
        assert not set(flow.sources) & set(flow.targets)
        assert flow.purpose
