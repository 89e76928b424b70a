"""How VPCs are made: what they log, where they lead, and through which endpoints."""

from functools import partial

from bulkhead.domain.tiers import Egress
from bulkhead_policies.addresses import is_public
from bulkhead_policies.documents import STRANGER, gaps, statements
from bulkhead_policies.findings import Findings, any_holds, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.settings import texts
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.tokens import VPC
from bulkhead_policies.view import View

VPCS = frozenset({VPC})
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE_TABLES = frozenset({ROUTE_TABLE, "aws:ec2/defaultRouteTable:DefaultRouteTable"})
INTERNET_GATEWAYS = frozenset({"aws:ec2/internetGateway:InternetGateway"})
OTHER_GATEWAYS = frozenset({"aws:ec2/vpnGateway:VpnGateway", ENDPOINT})


def _in_vpc(holder: str) -> Relation:
    return Relation(frozenset({holder}), ("vpcId",), targets=VPCS, name=("id",))


DEFAULT_GROUP = _in_vpc("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
FLOW_LOG = _in_vpc("aws:ec2/flowLog:FlowLog")
ENDPOINTS = _in_vpc(ENDPOINT)
ENDPOINT_POLICY = Relation(
    frozenset({"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"}),
    ("vpcEndpointId",),
    targets=frozenset({ENDPOINT}),
    name=("id",),
)
ROUTES = Relation(
    frozenset({"aws:ec2/route:Route"}), ("routeTableId",), targets=ROUTE_TABLES, name=("id",)
)

SERVICES = texts(
    "services",
    ("s3", "kms", "sts", "logs", "ecr.api", "ecr.dkr"),
    "AWS services, by the last part of their endpoint service's name, that a VPC without a way "
    "to the internet reaches through endpoints of its own.",
)

ADMINISTRATION_PORTS = (22, 3389)


@stack_rule(
    "bulkhead-vpc-empty-default-group",
    types=VPCS,
    severity=Severity.MEDIUM,
    requirements=("NET-1",),
    frameworks=("FSBP EC2.2",),
    title="The default security group of a VPC allows nothing",
    why="What is made without a group gets the default one, in which everything reaches "
    "everything and the internet.",
    remediation="Add a DefaultSecurityGroup for the VPC without ingress and egress.",
)
def default_group_empty(vpc: Resource, stack: Stack) -> Findings:
    """Judge the companion that takes the default group over."""
    groups = stack.naming(vpc, DEFAULT_GROUP)
    if not groups:
        yield vpc.props.refuse(
            "the default security group is as AWS makes it", allowed="a DefaultSecurityGroup"
        )
    rules = [group.props[key] for group in groups for key in ("ingress", "egress")]
    yield from each(rules, _no_rule)


def _no_rule(rules: View) -> Findings:
    if rules.items():
        yield rules.refuse("the default security group allows something", allowed="no rule")


@stack_rule(
    "bulkhead-vpc-log-flows",
    types=VPCS,
    severity=Severity.MEDIUM,
    requirements=("NET-1", "AUD-1"),
    frameworks=("FSBP EC2.6",),
    title="VPCs log who spoke with whom",
    why="Without flow logs nobody can tell where a dataset went, nor which host asked for it.",
    remediation="Add a FlowLog for the VPC with traffic_type ALL.",
)
def flows_logged(vpc: Resource, stack: Stack) -> Findings:
    """Judge whether a flow log of the VPC records at least what was rejected."""
    logs = [log.props["trafficType"] for log in stack.naming(vpc, FLOW_LOG)]
    if not any_holds(logs, lambda kind: kind.text() in {"ALL", "REJECT"}):
        yield vpc.props.refuse("no flow log", allowed="one of traffic type ALL")


@stack_rule(
    "bulkhead-vpc-require-endpoints",
    types=VPCS,
    severity=Severity.MEDIUM,
    requirements=("NET-1", "NET-2"),
    frameworks=("FSBP EC2.55", "FSBP EC2.56", "GenAI Lens GENSEC01-BP02"),
    title="A VPC of tiers that reach endpoints alone has them",
    why="Without an endpoint a workload that needs the service is given a way to the internet.",
    remediation="Add a VpcEndpoint for every service in use.",
    options=(SERVICES,),
)
def endpoints_present(vpc: Resource, stack: Stack) -> Findings:
    """Judge which services of the list the VPC's endpoints, made in the same stack, reach."""
    if vpc.tier_rules.egress is not Egress.VPC_ENDPOINTS_ONLY:
        return
    names = [endpoint.props["serviceName"] for endpoint in stack.naming(vpc, ENDPOINTS)]
    for service in vpc.settings[SERVICES]:
        if not any_holds(names, partial(_is_of, service=service)):
            yield vpc.props.refuse(f"no endpoint for {service}", allowed="a VpcEndpoint")


def _is_of(name: View, *, service: str) -> bool:
    return (name.text() or "").endswith(f".{service}")


@stack_rule(
    "bulkhead-vpc-restrict-endpoints",
    types=frozenset({ENDPOINT}),
    severity=Severity.HIGH,
    requirements=("NET-1", "IAM-1"),
    frameworks=("GenAI Lens GENSEC01-BP01",),
    title="VPC endpoints have a policy that not everybody passes",
    why="An endpoint without a policy carries anybody's credentials to anybody's bucket: the "
    "way out that a stolen dataset takes.",
    remediation="Set a policy that allows the own account's or organisation's principals.",
)
def endpoints_restricted(endpoint: Resource, stack: Stack) -> Findings:
    """Evaluate the policy for a stranger; some kinds of endpoint take none."""
    props = endpoint.props
    if (props["vpcEndpointType"].text() or "Gateway") not in {"Gateway", "Interface"}:
        return
    policies = [p.props["policy"] for p in stack.naming(endpoint, ENDPOINT_POLICY)]
    if props["policy"].is_set:
        policies.append(props["policy"])
    if not policies:
        yield props["policy"].refuse("the endpoint lets everything through", allowed="a policy")
    yield from each(policies, _let_nobody_in)


def _let_nobody_in(policy: View) -> Findings:
    for gap in gaps(statements(policy), STRANGER):
        if "*" in gap.resources:
            yield gap.view.refuse(
                "the endpoint serves everybody's credentials for everything",
                allowed="a condition on the account or organisation, or named resources",
            )


@stack_rule(
    "bulkhead-vpc-deny-internet-routes",
    types=ROUTE_TABLES,
    severity=Severity.HIGH,
    requirements=("NET-2",),
    frameworks=("GenAI Lens GENSEC01-BP02", "ATLAS AML.M0032"),
    title="Networks of tiers that reach endpoints alone have no route to the internet",
    why="Where there is a route, one rule too many is a way out for restricted data.",
    remediation="Remove the route to the internet or NAT gateway; reach AWS through endpoints.",
)
def internet_routes_denied(table: Resource, stack: Stack) -> Findings:
    """Judge routes inline and apart."""
    if table.tier_rules.egress is not Egress.VPC_ENDPOINTS_ONLY:
        return
    apart = [(route, route.props, "gatewayId") for route in stack.naming(table, ROUTES)]
    inline = [(table, route, "routes") for route in table.props["routes"].items()]
    for holder, route, prop in [*apart, *inline]:
        for way in leading_out(holder, route, prop, stack):
            yield way.refuse(f"a way to the internet from a network {table.of_tier}")


def leading_out(holder: Resource, route: View, prop: str, stack: Stack) -> list[View]:
    """The properties of a route through which it leads to the internet.

    What ``prop`` of ``holder`` depends on tells of what kind a gateway is that is not known yet.
    """
    ways = [route[key] for key in ("natGatewayId", "egressOnlyGatewayId", "carrierGatewayId")]
    gateway = route["gatewayId"]
    if gateway.is_unknown:
        if stack.depends_on(holder, prop, INTERNET_GATEWAYS):
            return [gateway]
        if not stack.depends_on(holder, prop, OTHER_GATEWAYS):
            raise gateway.undecided()
    elif (gateway.text() or "").startswith("igw-"):
        return [gateway]
    return [way for way in ways if way.is_named]


@resource_rule(
    "bulkhead-vpc-restrict-acls",
    types=frozenset(
        {
            "aws:ec2/networkAcl:NetworkAcl",
            "aws:ec2/networkAclRule:NetworkAclRule",
        }
    ),
    severity=Severity.MEDIUM,
    requirements=("NET-1",),
    frameworks=("FSBP EC2.21",),
    title="No network ACL lets the internet administer hosts",
    why="SSH and RDP that are open to the internet are tried by everyone, within minutes.",
    remediation="Allow the networks of your own operators, or no port at all.",
)
def acls_restricted(acl: Resource) -> Findings:
    """Judge ingress entries inline and apart."""
    if acl.type.endswith(":NetworkAcl"):
        yield from each(acl.props["ingress"].items(), partial(_no_administration, verb="action"))
    elif not acl.props["egress"].flag():
        yield from _no_administration(acl.props, verb="ruleAction")


def _no_administration(entry: View, *, verb: str) -> Findings:
    if (entry[verb].text() or "").lower() != "allow":
        return
    for network in (entry["cidrBlock"], entry["ipv6CidrBlock"]):
        if network.is_set and is_public(network) and _reaches_administration(entry):
            yield network.refuse("the internet may administer hosts", allowed="a network inside")


def _reaches_administration(entry: View) -> bool:
    if (entry["protocol"].word() if entry["protocol"].is_set else "-1") in {"-1", "all"}:
        return True
    first, last = entry["fromPort"].number() or 0, entry["toPort"].number() or 0
    return any(first <= port <= last for port in ADMINISTRATION_PORTS)
