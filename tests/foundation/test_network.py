import ipaddress
import itertools
from typing import Any

import pulumi
import pytest

from bulkhead import PlaneNetwork
from bulkhead.domain.endpoint_services import EndpointService
from bulkhead.domain.subnets import CLOSED, PLANES
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from bulkhead.preview.world import World
from tests.foundation.samples import KEY, REGION, one, planned, refusal, scope, strings
from tests.iam.applied import applied

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
    for table in plan.of_type("aws:ec2/routeTable:RouteTable"):
        assert table.inputs.get("routes") == (None if "-cluster-" in table.name else [])
    assert all(s.inputs["mapPublicIpOnLaunch"] is False for s in plan.of_type(SUBNET))
    lists = "aws:ec2/networkAcl:NetworkAcl"
    others = [r for r in plan.resources if r.type != lists]
    assert not [s for r in others for s in strings(r.inputs) if s in ("0.0.0.0/0", "::/0")]


def test_the_defaults_of_the_vpc_let_nothing_through(plan: Plan) -> None:
    for token in (
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
    ):
        default = one(plan, token).inputs
        assert (default["ingress"], default["egress"]) == ([], [])
    assert one(plan, "aws:ec2/defaultRouteTable:DefaultRouteTable").inputs["routes"] == []


def test_endpoints_admit_https_from_the_planes_and_nothing_else(plan: Plan) -> None:
    group = one(plan, "aws:ec2/securityGroup:SecurityGroup").inputs
    assert "ingress" not in group
    assert "egress" not in group
    rules = [
        r.inputs for r in plan.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    ]
    assert {(r["ipProtocol"], r["fromPort"], r["toPort"]) for r in rules} == {("tcp", 443, 443)}
    assert {r["cidrIpv4"] for r in rules} == {
        *("10.20.0.0/18", "10.20.64.0/18", "10.20.128.0/19", "10.20.160.0/19", "10.20.192.0/20"),
    }


@pytest.mark.parametrize(("environment", "zones"), [("dev", 2), ("staging", 2), ("prod", 3)])
@pytest.mark.parametrize("cidr", ["10.20.0.0/16", "192.168.64.0/18", "100.64.16.0/20"])
def test_each_zone_has_a_subnet_of_each_group_and_none_overlap(
    environment: str, zones: int, cidr: str
) -> None:
    subnets = list(network(scope=scope(environment=environment), cidr=cidr).of_type(SUBNET))
    assert len(subnets) == 7 * zones
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
    group = one(plan, "aws:cloudwatch/logGroup:LogGroup", "net-flow-logs").inputs
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
    gateways = {("s3", "Gateway"), ("dynamodb", "Gateway")}
    assert made == gateways | {(service, "Interface") for service in interfaces}


def test_a_further_service_gets_one_and_a_known_one_no_second() -> None:
    endpoints = list(network(services=["secretsmanager", "sts"]).of_type(ENDPOINT))
    assert len(endpoints) == 14
    assert [e for e in endpoints if "secretsmanager" in e.inputs["serviceName"]]


def test_every_known_service_can_be_asked_for() -> None:
    plan = network(services=list(EndpointService))
    for service in EndpointService:
        made = one(plan, ENDPOINT, f"net-{service.replace('.', '-')}").inputs
        assert made["serviceName"] == f"com.amazonaws.{REGION}.{service}"


def test_gateway_endpoints_are_routed_from_every_plane_and_from_nowhere_else() -> None:
    plan = planned(lambda: PlaneNetwork("net", ARGS), assume_applied=True)
    tables = {
        each.resource.name.removeprefix("net-"): each.id
        for each in applied(plan, World())
        if each.resource.type == "aws:ec2/routeTable:RouteTable"
    }
    planes = [table for name, table in tables.items() if name.split("-")[0] in list(PLANES)]
    assert len(planes) == 10
    for service in ("s3", "dynamodb"):
        made = one(plan, ENDPOINT, f"net-{service}-gateway").inputs
        assert sorted(made["routeTableIds"]) == sorted(planes)


def test_outputs_name_subnets_tables_and_endpoints() -> None:
    def program() -> None:
        made = PlaneNetwork("net", ARGS)  # type: ignore[arg-type]
        for key in ("subnet_ids", "node_subnet_ids", "route_table_ids", "endpoint_ids"):
            pulumi.export(key, getattr(made, key))

    outputs = planned(program, assume_applied=True).outputs
    assert outputs["subnet_ids"].keys() == outputs["route_table_ids"].keys() == set(CLOSED)
    assert all(len(set(ids)) == 2 for ids in outputs["subnet_ids"].values())
    assert outputs["subnet_ids"]["inference"] == outputs["node_subnet_ids"]
    assert len(set(outputs["endpoint_ids"]["s3"])) == 2
    assert len(outputs["endpoint_ids"]["kms"]) == 1


def test_the_names_of_s3_stay_with_the_gateway(plan: Plan) -> None:
    assert one(plan, ENDPOINT, "net-s3").inputs["privateDnsEnabled"] is False
    assert one(plan, ENDPOINT, "net-sts").inputs["privateDnsEnabled"] is True


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"cidr": "10.20.0.0/23"},
            "net.cidr: the network is too small for the planes and their zones, got "
            "'10.20.0.0/23'; allowed: /16 to /20",
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
            "net.zones: not the right number of different zones, got 'eu-central-1a'; "
            "allowed: 2 or 3, each once",
        ),
        (
            {"zones": ["eu-central-1a", "eu-central-1a"]},
            "net.zones: not the right number of different zones, got "
            "'eu-central-1a, eu-central-1a'; allowed: 2 or 3, each once",
        ),
        (
            {"zones": [f"eu-central-1{letter}" for letter in "abcd"]},
            "net.zones: not the right number of different zones, got 'eu-central-1a, "
            "eu-central-1b, eu-central-1c, eu-central-1d'; allowed: 2 or 3, each once",
        ),
        (
            {"zones": ["a", "b"], "scope": scope(environment="prod")},
            "net.zones: not the right number of different zones, got 'a, b'; allowed: 3, each once",
        ),
        (
            {"services": ["s3vectors"], "scope": scope(region="sa-east-1")},
            "net.services: the service has no endpoint in sa-east-1, got 's3vectors'; allowed: it "
            "in every region but ap-northeast-3, sa-east-1, us-west-1",
        ),
        (
            {"guests": ["arn:aws:iam::111122223333:user/ann"]},
            "net.guests: not the ARN of an IAM role, got 'arn:aws:iam::111122223333:user/ann'; "
            "allowed: arn:aws:iam::<account>:role/<path and name>",
        ),
        ({"cidr": None}, "net.cidr: a missing argument"),
        (
            {"scope": scope(region="mars-1")},
            "net.scope.region: unsupported region, got 'mars-1'; allowed: ap-northeast-1, "
            "ap-northeast-2, ap-northeast-3, ap-south-1, ap-southeast-1, ap-southeast-2, "
            "ca-central-1, eu-central-1, eu-north-1, eu-west-1, eu-west-2, eu-west-3, sa-east-1, "
            "us-east-1, us-east-2, us-west-1, us-west-2",
        ),
        (
            {"gateway_clients": ["0.0.0.0/0"]},
            "net.gateway_clients[0]: not a private network, got '0.0.0.0/0'; allowed: one in "
            "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10",
        ),
        (
            {"gateway_clients": [f"10.{number}.0.0/16" for number in range(64, 69)]},
            "net.gateway_clients: too many networks of clients, got '5'; allowed: 4; wider ones "
            "hold more",
        ),
    ],
)
def test_what_can_not_be_a_network_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: PlaneNetwork("net", {**ARGS, **changes})) == sentence
