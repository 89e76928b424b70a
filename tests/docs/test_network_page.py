"""The matrix of who reaches what tells all that the network renders (ISO-1, NET-1, NET-2)."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bulkhead.domain.subnets import PLANES
from bulkhead.domain.tiers import CATALOGUE, Egress, Tier
from bulkhead.preview.plan import Plan, Resource
from docs.network_page import GATEWAYS, INTERNET, NOTHING, Matrix, matrix, pages, plan_of
from tests.foundation.reach import passes, read_network

ROOT = Path(__file__).parents[2]
ACCESS_LIST, TABLE = "aws:ec2/networkAcl:NetworkAcl", "aws:ec2/routeTable:RouteTable"
WHOLE = (
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/natGateway:NatGateway",
    "aws:networkfirewall/ruleGroup:RuleGroup",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)


@functools.cache
def plan(tier: Tier) -> Plan:
    return plan_of(tier)


def reached(tier: Tier) -> Matrix:
    return matrix(read_network(plan(tier)))


@contextmanager
def without(entries: list[Any], entry: Any) -> Iterator[None]:
    place = next(number for number, each in enumerate(entries) if each is entry)
    entries.pop(place)
    try:
        yield
    finally:
        entries.insert(place, entry)


def cuts(
    plan: Plan, token: str, *keys: str
) -> Iterator[tuple[str, Resource, list[dict[str, Any]], dict[str, Any]]]:
    """Every entry of lists in resources of a type: how it is told, and how it is taken away."""
    for resource in plan.of_type(token):
        for key in keys:
            entries = resource.inputs.get(key) or []
            for entry in list(entries):
                yield f"{resource.name} {key} {entry}", resource, entries, entry


def unnoticed(tier: Tier, taken: Callable[[Plan], Iterator[Any]]) -> list[str]:
    """What can be taken away without that the matrix changes."""
    before, found = reached(tier), []
    for told, _, entries, entry in taken(plan(tier)):
        with without(entries, entry):
            if reached(tier) == before:
                found.append(told)
    return found


def test_the_page_is_current() -> None:
    stale = [path for path, text in pages().items() if (ROOT / path).read_text("utf-8") != text]
    assert stale == [], "run make docs"


def test_nothing_that_an_access_list_allows_goes_without_a_change() -> None:
    def taken(plan: Plan) -> Iterator[Any]:
        for cut in cuts(plan, ACCESS_LIST, "ingress", "egress"):
            if cut[-1]["action"] == "allow":
                yield cut

    assert unnoticed(Tier.CONFIDENTIAL, taken) == []


def test_denials_keep_what_may_leave_the_vpc_from_other_subnets() -> None:
    """The list of the other side would do too, so that the matrix alone does not tell."""
    made = plan_of(Tier.RESTRICTED)
    for acl in made.of_type(ACCESS_LIST):
        for key in ("ingress", "egress"):
            acl.inputs[key] = [e for e in acl.inputs[key] if e["action"] == "allow"]
    assert let_out(made) > let_out(plan(Tier.RESTRICTED))


def let_out(plan: Plan) -> int:
    """How many pairs of subnets have lists that pass HTTPS one way."""
    made = read_network(plan).subnets
    return sum(
        passes(one.egress, "tcp", other.host, 443) for one in made for other in made if one != other
    )


def test_no_route_goes_without_a_change() -> None:
    assert unnoticed(Tier.CONFIDENTIAL, lambda plan: cuts(plan, TABLE, "routes")) == []


@pytest.mark.parametrize("token", WHOLE)
def test_no_gateway_rule_or_association_goes_without_a_change(token: str) -> None:
    def taken(plan: Plan) -> Iterator[Any]:
        for resource in plan.of_type(token):
            # The subnets of the cluster and of the endpoints have local routes alone.
            if not resource.name.startswith(("network-cluster-", "network-endpoints-1")) and (
                resource.name != "network-endpoints-2"
            ):
                yield resource.name, resource, plan.resources, resource

    assert unnoticed(Tier.CONFIDENTIAL, taken) == []


@pytest.mark.parametrize("tier", Tier)
def test_tiers_that_reach_endpoints_alone_reach_nothing_else(tier: Tier) -> None:
    ways = {source: row[INTERNET] for source, row in reached(tier).items() if INTERNET in row}
    out = {source for source, way in ways.items() if way != NOTHING}
    if CATALOGUE[tier].egress is Egress.VPC_ENDPOINTS_ONLY:
        assert out == set()
    else:
        assert out == {"control", "data", "inference", "training"}


@pytest.mark.parametrize("tier", Tier)
def test_the_internet_reaches_nothing_and_every_plane_reaches_aws(tier: Tier) -> None:
    found = reached(tier)
    assert set(found[INTERNET].values()) == {NOTHING}
    for plane in PLANES:
        assert "443" in found[plane][GATEWAYS]
        assert found[plane]["endpoints"] == "tcp 443"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        *(("training", "inference"), ("inference", "training"), ("inference", "model")),
        *(("training", "model"), ("data", "model"), ("model", "data"), ("model", "inference")),
    ],
)
@pytest.mark.parametrize("tier", Tier)
def test_planes_that_must_stay_apart_do_so_in_every_tier(
    tier: Tier, source: str, target: str
) -> None:
    assert reached(tier)[source][target] == NOTHING


@pytest.mark.parametrize("plane", ["control", "data", "inference", "training"])
def test_a_plane_reaches_its_own_domain_on_web_ports(plane: str) -> None:
    assert reached(Tier.INTERNAL)[plane][INTERNET] == f"tcp 80, 443 to `{plane}.example.com`"


def test_a_firewall_that_drops_nothing_and_an_open_security_group_are_seen() -> None:
    made = plan_of(Tier.INTERNAL)
    policy = next(iter(made.of_type("aws:networkfirewall/firewallPolicy:FirewallPolicy")))
    policy.inputs["firewallPolicy"]["statefulDefaultActions"] = ["aws:alert_established"]
    rule = next(iter(made.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")))
    rule.inputs["toPort"] = 8443
    found = matrix(read_network(made))
    assert found["training"][INTERNET] == "tcp 80, 443 to `*`"
    assert found["control"]["endpoints"] == "tcp 443"  # The access list still holds.
