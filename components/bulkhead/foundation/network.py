"""Networks."""

import ipaddress
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.addresses import (
    SERVICE_NETWORK,
    check_overlap,
    parse_cidr,
    plan_subnets,
)
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns, endpoints
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.identity import make_role, service_trust
from bulkhead.foundation.log_groups import make_log_group

NODE_SHARE = 2
"""Bits that a zone's node subnet is longer than the VPC: each zone gets a quarter of it, so that
even with three zones a quarter is left for what comes later."""

SMALLEST_NODES = 24
"""Shortest node subnet that is of use: every pod takes an address."""

SUBNETS = {"endpoints": 26, "cluster": 28}
"""Prefix length of the other subnets: a few dozen interface endpoints; and the smallest that AWS
takes, as EKS keeps a handful of addresses (EKS User Guide, "Amazon EKS networking
requirements")."""

RESOLVER = 2
"""The address of a VPC at which AWS answers DNS (Amazon VPC User Guide, "DNS attributes")."""

ZONES_WITHOUT_EKS = ["use1-az3", "usw1-az2", "cac1-az3"]
"""Zones in which EKS can't place a control plane's network interfaces (as above)."""


class PlaneNetworkArgs(TypedDict):
    """What a ``PlaneNetwork`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the network."""
    tier: str
    """Highest tier of what runs in it; decides how long flow logs are kept."""
    cidr: str
    """Addresses of the VPC, a private network of /16 to /22, for example ``10.20.0.0/16``."""
    log_key_arn: pulumi.Input[str]
    """ARN of the key that encrypts the flow logs."""
    zones: NotRequired[list[str] | None]
    """Names of the Availability Zones, as many as the environment spans or more. Default: the first
    that the account has and EKS supports."""
    services: NotRequired[list[str] | None]
    """AWS services to reach besides those that EKS needs, by the last part of their endpoint
    service's name, for example ``secretsmanager``. Default: none."""


class PlaneNetwork(Component):
    """A VPC without a way in or out: private subnets and endpoints for AWS services (NET-1).

    There is no internet gateway, no NAT and no public address. Each zone has a subnet for nodes,
    one for the control plane's network interfaces and one for interface endpoints. The default
    security group has no rules; flow logs go to an encrypted group; endpoint policies admit the
    account's own principals only, and S3 the account's own buckets.

    Nodes pull image layers through S3's gateway endpoint, which costs nothing. Pods read artifacts
    through its interface endpoint, whose addresses a network policy can name and whose policy is
    read-only.
    """

    vpc_id: pulumi.Output[str]
    """ID of the VPC."""
    node_subnet_ids: pulumi.Output[list[str]]
    """Subnets of nodes and pods, one per zone."""
    cluster_subnet_ids: pulumi.Output[list[str]]
    """Subnets of the control plane's network interfaces, one per zone."""
    cluster_cidrs: pulumi.Output[list[str]]
    """Addresses of the cluster subnets."""
    endpoint_cidrs: pulumi.Output[list[str]]
    """Addresses of the endpoint subnets: all that pods reach of AWS."""
    resolver_cidr: pulumi.Output[str]
    """Address of the VPC's DNS resolver, as a network of one."""
    s3_endpoint_url: pulumi.Output[str]
    """Where pods reach S3; what ``AWS_ENDPOINT_URL_S3`` is set to."""

    def __init__(
        self, name: str, args: PlaneNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the network.

        Raises:
            RefusedError: the scope or the tier is refused, the addresses are none that a VPC can
                have or too few, or there are too few zones.
        """
        args = checked(args, PlaneNetworkArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        count = check_zones(scope, args.get("zones"), where=f"{name}.zones")
        network, plan = plan_network(args["cidr"], count, where=f"{name}.cidr")
        super().__init__(name, opts)

        zones = args.get("zones") or self._first_zones(scope.region, count)
        labels = scope.labels(tier, Plane.CONTROL, "network")
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=str(network),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=labels.tags(name),
            opts=self._child(),
        )
        aws.ec2.DefaultSecurityGroup(
            name,
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=labels.tags(f"{name}-default-locked"),
            opts=self._child(),
        )
        self._log_flows(name, scope, tier, vpc, args["log_key_arn"])
        table = aws.ec2.RouteTable(
            name, vpc_id=vpc.id, routes=[], tags=labels.tags(name), opts=self._child()
        )
        subnets = {
            group: self._subnets(f"{name}-{group}", vpc, table, cidrs, zones, labels)
            for group, cidrs in plan.items()
        }
        services = [*endpoints.INTERFACE_SERVICES, *(args.get("services") or [])]
        s3_url = self._endpoints(
            name, scope, vpc, table, subnets["endpoints"], dict.fromkeys(services), network, labels
        )
        self._export(
            {
                "vpc_id": vpc.id,
                "node_subnet_ids": [subnet.id for subnet in subnets["nodes"]],
                "cluster_subnet_ids": [subnet.id for subnet in subnets["cluster"]],
                "cluster_cidrs": [str(cidr) for cidr in plan["cluster"]],
                "endpoint_cidrs": [str(cidr) for cidr in plan["endpoints"]],
                "resolver_cidr": f"{network[RESOLVER]}/32",
                "s3_endpoint_url": s3_url,
            }
        )

    def _first_zones(self, region: str, count: int) -> list[str]:
        found = aws.get_availability_zones(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            exclude_zone_ids=ZONES_WITHOUT_EKS,
            region=region,
            opts=pulumi.InvokeOptions(parent=self),
        )
        if len(found.names) < count:
            raise RefusedError(
                "the region has too few zones for the environment",
                given=", ".join(found.names),
                allowed=f"{count} in which EKS runs",
                where=region,
            )
        return list(found.names)[:count]

    def _log_flows(
        self,
        name: str,
        scope: Scope,
        tier: Tier,
        vpc: "aws.ec2.Vpc",
        key_arn: pulumi.Input[str],
    ) -> None:
        labels = scope.labels(tier, Plane.CONTROL, "flow-logs")
        group_name = f"/bulkhead/{scope.environment}/{name}/flow-logs"
        group = make_log_group(
            f"{name}-flow-logs", group_name, labels=labels, key_arn=key_arn, opts=self._child()
        )
        role = make_role(
            f"{name}-flow-logs",
            scope=scope,
            labels=labels,
            trust=service_trust(
                scope,
                "vpc-flow-logs.amazonaws.com",
                f"arn:aws:ec2:{scope.region}:{scope.account_id}:vpc-flow-log/*",
            ),
            description=f"Writes the flow logs of {name}.",
            statements=[
                {
                    "Effect": "Allow",
                    "Action": [
                        "logs:CreateLogStream",
                        "logs:DescribeLogStreams",
                        "logs:PutLogEvents",
                    ],
                    "Resource": f"{arns.log_group(scope, group_name)}:*",
                }
            ],
            opts=self._child(),
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=60,
            tags=labels.tags(name),
            opts=self._child(),
        )

    def _subnets(
        self,
        name: str,
        vpc: "aws.ec2.Vpc",
        table: "aws.ec2.RouteTable",
        cidrs: list[ipaddress.IPv4Network],
        zones: list[str],
        labels: Labels,
    ) -> "list[aws.ec2.Subnet]":
        balancers = {"kubernetes.io/role/internal-elb": "1"} if name.endswith("-nodes") else {}
        subnets = []
        for number, (cidr, zone) in enumerate(zip(cidrs, zones, strict=True), start=1):
            subnet = aws.ec2.Subnet(
                f"{name}-{number}",
                vpc_id=vpc.id,
                cidr_block=str(cidr),
                availability_zone=zone,
                map_public_ip_on_launch=False,
                tags=labels.tags(f"{name}-{zone}") | balancers,
                opts=self._child(),
            )
            aws.ec2.RouteTableAssociation(
                f"{name}-{number}",
                subnet_id=subnet.id,
                route_table_id=table.id,
                opts=self._child(),
            )
            subnets.append(subnet)
        return subnets

    def _endpoints(
        self,
        name: str,
        scope: Scope,
        vpc: "aws.ec2.Vpc",
        table: "aws.ec2.RouteTable",
        subnets: "list[aws.ec2.Subnet]",
        services: dict[str, None],
        network: ipaddress.IPv4Network,
        labels: Labels,
    ) -> pulumi.Output[str]:
        """Register the endpoints; return the URL at which pods reach S3."""
        group = aws.ec2.SecurityGroup(
            f"{name}-endpoints",
            vpc_id=vpc.id,
            description="Interface endpoints: HTTPS from inside the VPC.",
            tags=labels.tags(f"{name}-endpoints"),
            opts=self._child(),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-endpoints-https",
            security_group_id=group.id,
            description="HTTPS from inside the VPC.",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4=str(network),
            tags=labels.tags(f"{name}-endpoints-https"),
            opts=self._child(),
        )
        aws.ec2.VpcEndpoint(
            f"{name}-s3-gateway",
            vpc_id=vpc.id,
            service_name=endpoints.service_name(scope, "s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id],
            policy=render(endpoints.s3_gateway_policy(scope)),
            tags=labels.tags(f"{name}-s3-gateway"),
            opts=self._child(),
        )
        policies = {service: endpoints.service_policy(scope, service) for service in services} | {
            "s3": endpoints.s3_interface_policy(scope)
        }
        made = {
            service: aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=vpc.id,
                service_name=endpoints.service_name(scope, service),
                vpc_endpoint_type="Interface",
                subnet_ids=[subnet.id for subnet in subnets],
                security_group_ids=[group.id],
                # S3's own name stays with the gateway endpoint, which nodes use at no cost.
                private_dns_enabled=service != "s3",
                policy=render(policy),
                tags=labels.tags(f"{name}-{service}"),
                opts=self._child(),
            )
            for service, policy in policies.items()
        }
        return pulumi.Output.from_input(made["s3"].dns_entries).apply(
            lambda entries: _s3_url(entries, scope.region)
        )


def _s3_url(entries: list[dict[str, str]], region: str) -> str:
    """The URL of an S3 interface endpoint (Amazon S3 User Guide, "AWS PrivateLink for Amazon S3").

    AWS lists the name that serves every zone first. An endpoint without names yet gives S3's
    ordinary one, which fails closed: no network policy lets pods reach it.
    """
    if not entries:
        return f"https://s3.{region}.amazonaws.com"
    return "https://" + entries[0]["dns_name"].replace("*", "bucket")


def check_zones(scope: Scope, zones: list[str] | None, *, where: str) -> int:
    """How many zones a network spans: those given, or as many as the environment asks for.

    Raises:
        RefusedError: fewer are given, or one stands twice.
    """
    if zones is None:
        return scope.rules.zones
    if len(set(zones)) < max(scope.rules.zones, len(zones)):
        raise RefusedError(
            "too few different zones",
            given=", ".join(zones),
            allowed=f"{scope.rules.zones} or more, each once",
            where=where,
        )
    return len(zones)


def plan_network(
    cidr: str, zones: int, *, where: str
) -> tuple[ipaddress.IPv4Network, dict[str, list[ipaddress.IPv4Network]]]:
    """The network that ``cidr`` names and its subnets by group, one per zone.

    Raises:
        RefusedError: ``cidr`` is none that a VPC can have, too small, or taken by Kubernetes.
    """
    network = parse_cidr(cidr, where=where)
    check_overlap(network, {"the addresses of Kubernetes services": SERVICE_NETWORK}, where=where)
    nodes = network.prefixlen + NODE_SHARE
    if nodes > SMALLEST_NODES:
        raise RefusedError(
            "the network is too small for nodes and their pods",
            given=cidr,
            allowed=f"/{SMALLEST_NODES - NODE_SHARE} or larger",
            where=where,
        )
    return network, plan_subnets(network, {"nodes": nodes, **SUBNETS}, zones, where=where)
