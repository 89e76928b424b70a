"""The way out of a network: what it passes, for whom, and that replies come back by it (NET-2)."""

import ipaddress
import itertools
import json
from typing import Any

import pytest

from bulkhead import PlaneNetwork
from bulkhead.domain.subnets import CLOSED, OPENING, PLANES, SubnetGroup
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from bulkhead.preview.world import World
from tests.foundation.reach import Subnet, connects, passes, reaches_outside, subnets
from tests.foundation.samples import APPLIED, KEY, REGION, one, planned, refusal, scope
from tests.foundation.test_network import ARGS, network
from tests.iam.applied import applied

EGRESS = {"training": ["huggingface.co", ".hf.co"], "control": ["github.com"]}
FIREWALL = "aws:networkfirewall/firewall:Firewall"
RULES = "aws:networkfirewall/ruleGroup:RuleGroup"
DOMAINS = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
DNS_RULE = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
WORLD = "0.0.0.0/0"


def open_network(environment: str = "prod", **changes: Any) -> Plan:
    args: Any = {**ARGS, "scope": scope(environment=environment), "egress": EGRESS, **changes}
    return planned(lambda: PlaneNetwork("net", args), **APPLIED)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return open_network()


@pytest.fixture(scope="module")
def made(plan: Plan) -> list[Subnet]:
    return subnets(plan)


@pytest.fixture(scope="module")
def kinds(plan: Plan) -> dict[str, tuple[str, str]]:
    """What IDs stand for: the kind of thing and the zone that it is in."""
    zone_of = {subnet.id: subnet.zone for subnet in subnets(plan)}
    found: dict[str, tuple[str, str]] = {}
    for each in applied(plan, World(region=REGION)):
        match each.resource.type.split(":")[-1]:
            case "NatGateway":
                found[each.id] = ("nat", zone_of[each.inputs["subnetId"]])
            case "InternetGateway":
                found[each.id] = ("internet", "")
            case "Firewall":
                for state in each.outputs["firewallStatuses"][0]["syncStates"]:
                    endpoint = state["attachments"][0]["endpointId"]
                    found[endpoint] = ("firewall", state["availabilityZone"])
    return found


def hops(subnet: Subnet, kinds: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Where a subnet sends packets, by destination."""
    targets = ("vpcEndpointId", "natGatewayId", "gatewayId")
    return {
        route["cidrBlock"]: kinds[next(route[key] for key in targets if route.get(key))]
        for route in subnet.routes
    }


def test_planes_with_domains_go_through_the_firewall_of_their_zone_and_others_nowhere(
    made: list[Subnet], kinds: dict[str, tuple[str, str]]
) -> None:
    for subnet in made:
        if subnet.group in EGRESS:
            assert hops(subnet, kinds) == {WORLD: ("firewall", subnet.zone)}
        elif subnet.group not in OPENING:
            assert subnet.routes == []


def test_a_packet_leaves_and_its_reply_returns_through_the_same_zone(
    made: list[Subnet], kinds: dict[str, tuple[str, str]]
) -> None:
    for zone in {subnet.zone for subnet in made}:
        here = {s.group: s for s in made if s.zone == zone}
        assert hops(here["firewall"], kinds) == {WORLD: ("nat", zone)}
        assert hops(here["nat"], kinds) == {
            WORLD: ("internet", ""),
            **{str(here[plane].network): ("firewall", zone) for plane in EGRESS},
        }


def test_each_zone_has_a_firewall_endpoint_and_a_nat_gateway(plan: Plan) -> None:
    firewall = one(plan, FIREWALL).inputs
    of_the_firewall = {s.id for s in subnets(plan) if s.group == "firewall"}
    assert {m["subnetId"] for m in firewall["subnetMappings"]} == of_the_firewall
    assert len(of_the_firewall) == 3
    assert len(list(plan.of_type("aws:ec2/natGateway:NatGateway"))) == 3


def test_planes_with_domains_reach_web_ports_outside_and_others_none(made: list[Subnet]) -> None:
    for subnet in made:
        if subnet.group in OPENING:
            continue
        for port in (22, 53, 80, 443, 853, 8443):
            reached = reaches_outside(subnet, "tcp", port)
            assert reached is (subnet.group in EGRESS and port in (80, 443)), (subnet, port)
        assert not reaches_outside(subnet, "udp", 443)
        assert not reaches_outside(subnet, "udp", 53)


def test_access_lists_on_the_way_let_web_traffic_and_its_replies_through(
    made: list[Subnet],
) -> None:
    world = ipaddress.IPv4Address("203.0.113.7")
    for plane, transit in itertools.product(EGRESS, OPENING):
        for here in (s for s in made if s.group == transit):
            client = next(s for s in made if s.group == plane and s.zone == here.zone).host
            assert passes(here.ingress, "tcp", client, 443)
            assert passes(here.egress, "tcp", world, 443)
            assert passes(here.ingress, "tcp", world, 40000)
            assert passes(here.egress, "tcp", client, 40000)
            assert not passes(here.ingress, "tcp", client, 22)
            assert not passes(here.egress, "tcp", world, 22)
            assert not any(passes(here.ingress, "tcp", world, port) for port in (22, 443, 3389))


@pytest.mark.parametrize("transit", OPENING)
@pytest.mark.parametrize("plane", [p for p in CLOSED if p not in EGRESS])
def test_the_way_out_is_no_way_between_planes(
    made: list[Subnet], plane: SubnetGroup, transit: SubnetGroup
) -> None:
    for here, there in itertools.product(made, made):
        if (here.group, there.group) in ((plane, transit), (transit, plane)):
            assert not any(connects(here, there, "tcp", port) for port in (22, 80, 443, 40000))


@pytest.mark.parametrize(
    ("plane", "home"), [("training", "10.20.64.0/18"), ("control", "10.20.128.0/19")]
)
def test_the_firewall_passes_each_plane_its_own_domains(plan: Plan, plane: str, home: str) -> None:
    rules = one(plan, RULES, f"net-{plane}").inputs["ruleGroup"]
    assert rules["ruleVariables"]["ipSets"] == [
        {"key": "HOME_NET", "ipSet": {"definitions": [home]}}
    ]
    assert rules["rulesSource"]["rulesSourceList"] == {
        "generatedRulesType": "ALLOWLIST",
        "targetTypes": ["TLS_SNI", "HTTP_HOST"],
        "targets": EGRESS[plane],
    }
    assert rules["statefulRuleOptions"] == {"ruleOrder": "STRICT_ORDER"}


def test_the_firewall_drops_and_tells_what_no_rule_passes(plan: Plan) -> None:
    policy = one(plan, "aws:networkfirewall/firewallPolicy:FirewallPolicy").inputs["firewallPolicy"]
    assert policy["statefulEngineOptions"]["ruleOrder"] == "STRICT_ORDER"
    assert policy["statefulDefaultActions"] == ["aws:drop_established", "aws:alert_established"]
    assert policy["statelessDefaultActions"] == ["aws:forward_to_sfe"]
    assert policy["statelessFragmentDefaultActions"] == ["aws:forward_to_sfe"]
    groups = {r.name for r in plan.of_type(RULES)}
    assert groups == {"net-training", "net-control"}
    assert len({r["priority"] for r in policy["statefulRuleGroupReferences"]}) == len(groups)


def test_rules_and_settings_are_encrypted_with_the_customers_key(plan: Plan) -> None:
    for token in (FIREWALL, RULES, "aws:networkfirewall/firewallPolicy:FirewallPolicy"):
        for made_one in plan.of_type(token):
            key = made_one.inputs["encryptionConfiguration"]
            assert key == {"type": "CUSTOMER_KMS", "keyId": KEY}


@pytest.mark.parametrize(
    ("environment", "kept"), [("dev", False), ("staging", True), ("prod", True)]
)
def test_where_data_is_protected_the_firewall_stays(environment: str, kept: bool) -> None:
    plan = open_network(environment)
    firewall = one(plan, FIREWALL).inputs
    flags = ("deleteProtection", "firewallPolicyChangeProtection", "subnetChangeProtection")
    assert {firewall[flag] for flag in flags} == {kept}
    association = (
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
    )
    held = one(plan, association).inputs["mutationProtection"]
    assert held == ("ENABLED" if kept else "DISABLED")


@pytest.mark.parametrize("tier", [Tier.PUBLIC, Tier.CONFIDENTIAL])
def test_what_is_dropped_or_asked_for_is_logged_encrypted_as_long_as_the_tier_asks(
    tier: Tier,
) -> None:
    plan = open_network(tier=tier)
    groups = {g.inputs["name"]: g for g in plan.of_type("aws:cloudwatch/logGroup:LogGroup")}
    kinds = ("flow-logs", "dns-queries", "firewall-alerts")
    assert set(groups) == {f"/bulkhead/prod/net/{kind}" for kind in kinds}
    for group in groups.values():
        assert group.inputs["kmsKeyId"] == KEY
        assert group.inputs["retentionInDays"] == CATALOGUE[tier].retention.log_days
    logging = "aws:networkfirewall/loggingConfiguration:LoggingConfiguration"
    (config,) = one(plan, logging).inputs["loggingConfiguration"]["logDestinationConfigs"]
    assert config == {
        "logType": "ALERT",
        "logDestinationType": "CloudWatchLogs",
        "logDestination": {"logGroup": "/bulkhead/prod/net/firewall-alerts"},
    }


def test_log_delivery_writes_for_the_accounts_own_resources_into_these_groups(plan: Plan) -> None:
    policy = one(plan, "aws:cloudwatch/logResourcePolicy:LogResourcePolicy").inputs
    (statement,) = json.loads(policy["policyDocument"])["Statement"]
    assert statement["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    prefix = "arn:aws:logs:eu-central-1:111122223333:log-group:/bulkhead/prod/net/"
    assert statement["Resource"] == [
        f"{prefix}dns-queries:log-stream:*",
        f"{prefix}firewall-alerts:log-stream:*",
    ]
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}


def test_dns_answers_what_the_planes_may_reach_and_aws_and_nothing_else(plan: Plan) -> None:
    allowed = one(plan, DOMAINS, "net-dns-allowed").inputs["domains"]
    assert {"huggingface.co", "hf.co", "*.hf.co", "github.com", "*.amazonaws.com"} <= set(allowed)
    assert "*" not in allowed
    assert one(plan, DOMAINS, "net-dns-others").inputs["domains"] == ["*"]
    first, last = one(plan, DNS_RULE, "*-allowed").inputs, one(plan, DNS_RULE, "*-others").inputs
    assert (first["action"], last["action"]) == ("ALLOW", "BLOCK")
    assert first["priority"] < last["priority"]
    config = one(plan, "aws:route53/resolverFirewallConfig:ResolverFirewallConfig").inputs
    assert config["firewallFailOpen"] == "DISABLED"


@pytest.mark.parametrize("tier", Tier)
def test_without_domains_there_is_no_way_out_and_dns_answers_for_aws_alone(tier: Tier) -> None:
    plan = network(tier=tier, private_domains=["corp.internal"])
    tokens = {resource.type for resource in plan.resources}
    assert not [t for t in tokens if "networkfirewall" in t or "Gateway" in t or "eip" in t]
    assert one(plan, DOMAINS, "net-dns-allowed").inputs["domains"] == [
        *("*.amazonaws.com", "*.eu-central-1.api.aws", "*.compute.internal", "*.ec2.internal"),
        "corp.internal",
    ]


def test_a_network_grows_with_zones_and_planes_alone() -> None:
    """Two zones to three adds a third of what a zone has; a plane with domains adds one group."""
    two, three = (
        len(open_network("dev", zones=zones).resources) for zones in (["a", "b"], ["a", "b", "c"])
    )
    per_zone = 3 * (len(CLOSED) + len(OPENING)) + 2
    assert three - two == per_zone
    more = open_network("dev", zones=["a", "b"], egress={**EGRESS, "data": ["a.com"]})
    assert len(more.resources) - two == 1
    assert len(PLANES) == 5


@pytest.mark.parametrize("tier", [Tier.RESTRICTED, Tier.REGULATED])
def test_a_way_out_is_refused_for_tiers_that_reach_endpoints_only(tier: Tier) -> None:
    args: Any = {**ARGS, "tier": tier, "egress": EGRESS}
    assert refusal(lambda: PlaneNetwork("net", args)) == (
        f"net.egress: the tier reaches nothing but VPC endpoints, got '{tier}'; "
        "allowed: domains for public, internal, confidential"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"egress": {"model": ["a.com"]}},
            "net.egress: not a plane that may reach domains, got 'model'; "
            "allowed: control, data, inference, training",
        ),
        (
            {"egress": {"data": ["*.a.com"]}},
            "net.egress.data: not a domain, got '*.a.com'; allowed: one like huggingface.co, or "
            ".huggingface.co with all beneath it",
        ),
        (
            {"private_domains": ["internal"]},
            "net.private_domains: not a domain, got 'internal'; allowed: one like huggingface.co, "
            "or .huggingface.co with all beneath it",
        ),
    ],
)
def test_a_wrong_way_out_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: PlaneNetwork("net", {**ARGS, **changes})) == sentence  # type: ignore[typeddict-item]
