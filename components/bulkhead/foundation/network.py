"""Networks."""

import ipaddress
from itertools import chain
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.access import check_role_arn
from bulkhead.domain.addresses import parse_private
from bulkhead.domain.egress import check_domain, read_egress, resolvable
from bulkhead.domain.endpoint_services import check_services
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.domain.subnets import CLOSED, OPENING, SubnetGroup
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.dns_firewall import make_dns_firewall
from bulkhead.foundation.endpoints import make_endpoints
from bulkhead.foundation.firewall import make_way_out
from bulkhead.foundation.network_logs import ALERTS, QUERIES, make_logs
from bulkhead.foundation.network_plan import (
    RESOLVER,
    ZONES_WITHOUT_EKS,
    check_zones,
    plan_network,
)
from bulkhead.foundation.subnets import (
    Subnets,
    make_access_lists,
    make_route_tables,
    make_subnets,
)


class PlaneNetworkArgs(TypedDict):
    """What a ``PlaneNetwork`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the network."""
    tier: str
    """Highest tier of what runs in it; decides how long flow logs are kept."""
    cidr: str
    """Addresses of the VPC, a private network of /16 to /20, for example ``10.20.0.0/16``."""
    log_key_arn: pulumi.Input[str]
    """ARN of the key that encrypts the logs, and the firewall's rules where there is one."""
    zones: NotRequired[list[str] | None]
    """Names of the Availability Zones, as many as the environment spans, and three at most. A
    further one goes last: each keeps its subnets by its place. Default: the first that the account
    has and EKS supports."""
    services: NotRequired[list[str] | None]
    """AWS services to reach besides those that EKS needs, by the last part of their endpoint
    service's name, for example ``secretsmanager``. Default: none."""
    guests: NotRequired[list[str] | None]
    """ARNs of IAM roles besides the environment's own that use the endpoints, such as that of a
    deployment which runs inside the VPC. Default: none."""
    egress: NotRequired[dict[str, list[str]] | None]
    """Domains that each plane reaches over HTTPS and HTTP, for example
    ``{"training": ["huggingface.co", ".hf.co"]}``; a dot in front adds all beneath. For tiers that
    may have egress, and no model plane. Default: none, and then no way out is built."""
    private_domains: NotRequired[list[str] | None]
    """Domains that are resolved besides AWS's own and those of ``egress``, such as those of private
    hosted zones. Default: none."""

    gateway_clients: NotRequired[list[str] | None]
    """Private networks outside the VPC from which the gateway's load balancer is called, four at
    the most; the routes of ``inference`` to them are yours. Default: none."""


class PlaneNetwork(Component):
    """A closed VPC: a network per plane, and endpoints for AWS (NET-1, NET-2, ISO-1).

    Each zone has a subnet for each plane (control, data, model, inference, training), for the
    Kubernetes control plane's network interfaces and for interface endpoints, with a route table
    of its own. Access lists say which plane opens connections to which: training and inference
    exchange nothing, and only the control plane reaches the model plane. The default security
    group, route table and access list let nothing through. Flows and DNS queries are logged to
    encrypted groups, and no names are resolved but AWS's and the ones that the arguments list.

    There is no internet gateway, no NAT and no public address, unless ``egress`` names domains for
    some planes. Then a firewall in each zone passes these by the names that TLS handshakes and HTTP
    requests tell, drops and logs the rest, and stands before the NAT gateways, so that it knows the
    planes apart. It believes the name: a client that gives an allowed one to a stranger's address
    passes, so keep the lists short. Tiers restricted and up get no way out.

    Endpoint policies admit the environment's own roles, and S3 and DynamoDB its own buckets and
    tables. Nodes pull image layers through S3's gateway endpoint, which costs nothing. Pods use its
    interface endpoint, whose addresses a network policy can name; inference servers read there and
    don't write.

    Subnets are laid out so that neither a further zone nor a further plane moves one.

    Example:
        from bulkhead import PlaneNetwork

        network = PlaneNetwork(
            "network",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "cidr": "10.20.0.0/16",
                "log_key_arn": "arn:aws:kms:eu-central-1:111122223333:key/"
                "11111111-2222-3333-4444-555555555555",
                "services": ["secretsmanager"],
            },
        )
    """

    vpc_id: pulumi.Output[str]
    """ID of the VPC."""
    subnet_ids: pulumi.Output[dict[str, list[str]]]
    """Subnets of each plane, of ``cluster`` and of ``endpoints``, one per zone."""
    node_subnet_ids: pulumi.Output[list[str]]
    """Subnets of the inference plane, one per zone."""
    cluster_subnet_ids: pulumi.Output[list[str]]
    """Subnets of the control plane's network interfaces, one per zone."""
    cluster_cidrs: pulumi.Output[list[str]]
    """Addresses of the cluster subnets."""
    endpoint_cidrs: pulumi.Output[list[str]]
    """Addresses of the endpoint subnets: all that pods reach of AWS."""
    endpoint_ids: pulumi.Output[dict[str, list[str]]]
    """IDs of the endpoints by service, for example ``kms``; ``s3`` has a gateway and an interface
    endpoint. What policies of buckets and keys compare ``aws:SourceVpce`` with."""
    route_table_ids: pulumi.Output[dict[str, list[str]]]
    """Route tables of each group of subnets, one per zone. Those of ``cluster`` take further
    routes, for operators who come over a transit gateway or peering."""
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
                have or too few for the planes, there are too few or too many zones, a service is
                unknown or has no endpoint in the Region, or a guest is no role.
        """
        args = checked(args, PlaneNetworkArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        count = check_zones(scope, args.get("zones"), where=f"{name}.zones")
        network, plan = plan_network(args["cidr"], count, where=f"{name}.cidr")
        services = check_services(
            args.get("services") or [], scope.region, where=f"{name}.services"
        )
        guests = [check_role_arn(arn, where=f"{name}.guests") for arn in args.get("guests") or []]
        egress = read_egress(args.get("egress"), tier, where=f"{name}.egress")
        private = [
            check_domain(domain, where=f"{name}.private_domains")
            for domain in args.get("private_domains") or []
        ]
        clients = _check_clients(args, network, where=f"{name}.gateway_clients")
        super().__init__(name, opts)

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
        logs = make_logs(
            name,
            [QUERIES, *([ALERTS] if egress else [])],
            scope=scope,
            labels=labels,
            vpc_id=vpc.id,
            key_arn=args["log_key_arn"],
            opts=self._child(),
        )
        make_dns_firewall(
            name,
            scope=scope,
            vpc_id=vpc.id,
            names=resolvable(scope.region, [*chain(*egress.values()), *private]),
            log_group_arn=logs[QUERIES].arn,
            labels=labels.but(workload=QUERIES),
            opts=self._child(),
        )
        zones = args.get("zones") or self._first_zones(scope.region, count)
        subnets = Subnets(vpc, network, zones, plan, labels)
        make_subnets(name, subnets, [*CLOSED, *(OPENING if egress else ())], self._child())
        routes = (
            make_way_out(
                name,
                scope=scope,
                subnets=subnets,
                domains=egress,
                key_arn=args["log_key_arn"],
                log_group=logs[ALERTS],
                opts=self._child(),
            )
            if egress
            else {}
        )
        tables = make_route_tables(name, subnets, routes, self._child())
        make_access_lists(name, subnets, list(egress), clients, self._child())
        endpoints = make_endpoints(
            name,
            scope=scope,
            subnets=subnets,
            tables=tables,
            services=services,
            guests=guests,
            opts=self._child(),
        )
        self._export(
            {
                "vpc_id": vpc.id,
                "subnet_ids": {str(group): subnets.ids(group) for group in CLOSED},
                "node_subnet_ids": subnets.ids(SubnetGroup.INFERENCE),
                "cluster_subnet_ids": subnets.ids(SubnetGroup.CLUSTER),
                "cluster_cidrs": [str(cidr) for cidr in plan[SubnetGroup.CLUSTER]],
                "endpoint_cidrs": [str(cidr) for cidr in plan[SubnetGroup.ENDPOINTS]],
                "endpoint_ids": endpoints.ids,
                "route_table_ids": {
                    str(group): [table.id for table in made] for group, made in tables.items()
                },
                "resolver_cidr": f"{network[RESOLVER]}/32",
                "s3_endpoint_url": endpoints.s3_url,
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


MOST_CLIENTS = 4
"""AWS takes twenty entries a side of an access list."""


def _check_clients(
    args: PlaneNetworkArgs, network: ipaddress.IPv4Network, *, where: str
) -> list[ipaddress.IPv4Network]:
    given = args.get("gateway_clients") or []
    if len(given) > MOST_CLIENTS:
        raise RefusedError(
            "too many networks of clients",
            given=len(given),
            allowed=f"{MOST_CLIENTS}; wider ones hold more",
            where=where,
        )
    clients = [parse_private(each, where=f"{where}[{n}]") for n, each in enumerate(given)]
    # What is inside is told by planes, and needs no word of its own.
    return [each for each in clients if not each.overlaps(network)]
