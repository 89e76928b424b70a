"""Networks."""

import ipaddress
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.endpoints import make_endpoints
from bulkhead.foundation.identity import make_role, service_trust
from bulkhead.foundation.log_groups import make_log_group
from bulkhead.foundation.network_plan import (
    RESOLVER,
    ZONES_WITHOUT_EKS,
    check_zones,
    plan_network,
)


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
        s3_url = make_endpoints(
            name,
            scope=scope,
            vpc=vpc,
            network=network,
            table=table,
            subnets=subnets["endpoints"],
            services=args.get("services") or [],
            labels=labels,
            opts=self._child(),
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
