import ipaddress
import itertools
import json
from typing import Any

import pytest

from bulkhead import PlaneNetwork
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, KEY, REGION, one, planned, refusal, scope, strings

ARGS: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "cidr": "10.20.0.0/16",
    "log_key_arn": KEY,
}
SUBNET, ENDPOINT = "aws:ec2/subnet:Subnet", "aws:ec2/vpcEndpoint:VpcEndpoint"


def network(**changes: Any) -> Plan:
    return planned(lambda: PlaneNetwork("net", {**ARGS, **changes}))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return network()


def test_there_is_no_way_in_or_out(plan: Plan) -> None:
    tokens = {resource.type for resource in plan.resources}
    assert not [t for t in tokens if "Gateway" in t or "nat" in t or "eip" in t.lower()]
    assert one(plan, "aws:ec2/routeTable:RouteTable").inputs["routes"] == []
    assert all(s.inputs["mapPublicIpOnLaunch"] is False for s in plan.of_type(SUBNET))
    assert not [s for r in plan.resources for s in strings(r.inputs) if s in ("0.0.0.0/0", "::/0")]


def test_the_default_security_group_has_no_rules(plan: Plan) -> None:
    group = one(plan, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert (group["ingress"], group["egress"]) == ([], [])


def test_endpoints_admit_https_from_inside_the_vpc_and_nothing_else(plan: Plan) -> None:
    group = one(plan, "aws:ec2/securityGroup:SecurityGroup").inputs
    assert "ingress" not in group
    assert "egress" not in group
    rule = one(plan, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert {k: rule[k] for k in ("ipProtocol", "fromPort", "toPort", "cidrIpv4")} == {
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "cidrIpv4": "10.20.0.0/16",
    }


@pytest.mark.parametrize(("environment", "zones"), [("dev", 2), ("staging", 2), ("prod", 3)])
@pytest.mark.parametrize("cidr", ["10.20.0.0/16", "192.168.64.0/18", "100.64.4.0/22"])
def test_each_zone_has_a_subnet_of_each_group_and_none_overlap(
    environment: str, zones: int, cidr: str
) -> None:
    subnets = list(network(scope=scope(environment=environment), cidr=cidr).of_type(SUBNET))
    assert len(subnets) == 3 * zones
    assert {s.inputs["availabilityZone"] for s in subnets} == {
        f"{REGION}{letter}" for letter in "abc"[:zones]
    }
    planned_networks = [ipaddress.ip_network(s.inputs["cidrBlock"]) for s in subnets]
    assert all(n.subnet_of(ipaddress.ip_network(cidr)) for n in planned_networks)
    pairs = itertools.combinations(planned_networks, 2)
    assert not any(one.overlaps(other) for one, other in pairs)


def test_zones_can_be_given(plan: Plan) -> None:
    zones = ["eu-central-1b", "eu-central-1c"]
    subnets = network(zones=zones).of_type(SUBNET)
    assert {s.inputs["availabilityZone"] for s in subnets} == set(zones)


@pytest.mark.parametrize("tier", Tier)
def test_flow_logs_go_to_an_encrypted_group_that_keeps_them_as_long_as_the_tier_asks(
    tier: Tier,
) -> None:
    plan = network(tier=tier)
    group = one(plan, "aws:cloudwatch/logGroup:LogGroup").inputs
    assert group["name"] == "/bulkhead/dev/net/flow-logs"
    assert group["kmsKeyId"] == KEY
    assert group["retentionInDays"] == CATALOGUE[tier].retention.log_days
    assert one(plan, "aws:ec2/flowLog:FlowLog").inputs["trafficType"] == "ALL"


def test_every_service_that_a_private_cluster_needs_has_an_endpoint(plan: Plan) -> None:
    made = {
        (
            e.inputs["serviceName"].removeprefix(f"com.amazonaws.{REGION}."),
            e.inputs["vpcEndpointType"],
        )
        for e in plan.of_type(ENDPOINT)
    }
    interfaces = {
        *("autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth"),
        *("elasticloadbalancing", "kms", "logs", "s3", "sts"),
    }
    assert made == {("s3", "Gateway")} | {(service, "Interface") for service in interfaces}


def test_a_further_service_gets_one_and_a_known_one_no_second() -> None:
    endpoints = list(network(services=["secretsmanager", "sts"]).of_type(ENDPOINT))
    assert len(endpoints) == 13
    secrets = next(e for e in endpoints if "secretsmanager" in e.inputs["serviceName"])
    assert json.loads(secrets.inputs["policy"])["Statement"][0]["Action"] == "secretsmanager:*"


def test_every_endpoint_admits_the_accounts_own_principals_only(plan: Plan) -> None:
    for endpoint in plan.of_type(ENDPOINT):
        for statement in json.loads(endpoint.inputs["policy"])["Statement"]:
            if statement["Sid"] == "PullImageLayers":
                layers = f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/*"
                assert (statement["Action"], statement["Resource"]) == ("s3:GetObject", layers)
            else:
                conditions = statement["Condition"]["StringEquals"]
                assert conditions["aws:PrincipalAccount"] == ACCOUNT


def test_s3_is_reached_in_the_accounts_own_buckets_and_by_pods_for_reading(plan: Plan) -> None:
    for name, writes in (("net-s3-gateway", True), ("net-s3", False)):
        policy = json.loads(one(plan, ENDPOINT, name).inputs["policy"])
        own = policy["Statement"][0]
        assert own["Condition"]["StringEquals"]["aws:ResourceAccount"] == ACCOUNT
        assert ("s3:PutObject" in own["Action"]) is writes
        assert "s3:*" not in own["Action"]


def test_the_names_of_s3_stay_with_the_gateway(plan: Plan) -> None:
    assert one(plan, ENDPOINT, "net-s3").inputs["privateDnsEnabled"] is False
    assert one(plan, ENDPOINT, "net-sts").inputs["privateDnsEnabled"] is True


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"cidr": "10.20.0.0/23"},
            "net.cidr: the network is too small for nodes and their pods, got '10.20.0.0/23'; "
            "allowed: /22 or larger",
        ),
        (
            {"cidr": "52.94.0.0/16"},
            "net.cidr: not a private network, got '52.94.0.0/16'; allowed: one in 10.0.0.0/8, "
            "172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10",
        ),
        (
            {"cidr": "10.20.0.1/16"},
            "net.cidr: not an IPv4 network, got '10.20.0.1/16'; allowed: one like 10.20.0.0/16",
        ),
        (
            {"cidr": "172.20.128.0/18"},
            "net.cidr: the network overlaps the addresses of Kubernetes services "
            "(172.20.0.0/16), got '172.20.128.0/18'",
        ),
        (
            {"zones": ["eu-central-1a"]},
            "net.zones: too few different zones, got 'eu-central-1a'; "
            "allowed: 2 or more, each once",
        ),
        (
            {"zones": ["eu-central-1a", "eu-central-1a"]},
            "net.zones: too few different zones, got 'eu-central-1a, eu-central-1a'; "
            "allowed: 2 or more, each once",
        ),
        (
            {"zones": [f"eu-central-1{letter}" for letter in "abcde"]},
            "net.cidr: the network is too small for 5 zones of nodes, endpoints, cluster subnets, "
            "got '10.20.0.0/16'; allowed: fewer or smaller subnets, as a VPC is at most a /16",
        ),
        ({"cidr": None}, "net.cidr: a missing argument"),
        (
            {"scope": scope(region="mars-1")},
            "net.scope.region: unsupported region, got 'mars-1'; allowed: ap-northeast-1, "
            "ap-northeast-2, ap-northeast-3, ap-south-1, ap-southeast-1, ap-southeast-2, "
            "ca-central-1, eu-central-1, eu-north-1, eu-west-1, eu-west-2, eu-west-3, sa-east-1, "
            "us-east-1, us-east-2, us-west-1, us-west-2",
        ),
    ],
)
def test_what_can_not_be_a_network_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: PlaneNetwork("net", {**ARGS, **changes})) == sentence
