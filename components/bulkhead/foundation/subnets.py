"""Subnets, their route tables and their access lists."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.flows import AclRule, access_list
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.subnets import LAYOUT, PLANES, SubnetGroup

BALANCERS = {SubnetGroup.INFERENCE: {"kubernetes.io/role/internal-elb": "1"}}
"""Tags by which controllers find the subnets of internal load balancers."""

OPEN_TABLES = (SubnetGroup.CLUSTER,)
"""Groups to whose tables others may add routes: operators come over a transit gateway or peering.
The routes of all others are set whole, so that one made by hand is taken away again."""


@dataclass(frozen=True)
class Subnets:
    """The subnets of a VPC.

    Attributes:
        vpc: the VPC.
        network: its addresses.
        zones: names of its zones.
        cidrs: addresses of the subnets by group, one per zone.
        made: the subnets, likewise.
        labels: what their parts carry.
    """

    vpc: Any
    network: ipaddress.IPv4Network
    zones: Sequence[str]
    cidrs: Mapping[SubnetGroup, Sequence[ipaddress.IPv4Network]]
    labels: Labels
    made: dict[SubnetGroup, list[Any]] = field(default_factory=dict)

    def ids(self, group: SubnetGroup) -> list[pulumi.Output[str]]:
        """IDs of a group's subnets, one per zone."""
        return [subnet.id for subnet in self.made[group]]


def group_labels(labels: Labels, group: SubnetGroup) -> Labels:
    """The labels of what belongs to a group."""
    plane = Plane(group) if group in PLANES else Plane.CONTROL
    return labels.but(plane=plane, workload=f"network-{group}")


def make_subnets(
    name: str, subnets: Subnets, groups: Sequence[SubnetGroup], opts: pulumi.ResourceOptions
) -> None:
    """Register the subnets of ``groups``, one per zone."""
    for group in groups:
        labels = group_labels(subnets.labels, group)
        subnets.made[group] = [
            aws.ec2.Subnet(
                f"{name}-{group}-{number}",
                vpc_id=subnets.vpc.id,
                cidr_block=str(cidr),
                availability_zone=zone,
                map_public_ip_on_launch=False,
                tags=labels.tags(f"{name}-{group}-{zone}") | BALANCERS.get(group, {}),
                opts=opts,
            )
            for number, (cidr, zone) in enumerate(
                zip(subnets.cidrs[group], subnets.zones, strict=True), start=1
            )
        ]


def make_route_tables(
    name: str,
    subnets: Subnets,
    routes: Mapping[SubnetGroup, Sequence[Sequence[Mapping[str, Any]]]],
    opts: pulumi.ResourceOptions,
) -> "dict[SubnetGroup, list[aws.ec2.RouteTable]]":
    """Register a table for each subnet, with the group's ``routes`` for its zone.

    The VPC's main table, which a subnet without one of its own would get, leads nowhere.
    """
    aws.ec2.DefaultRouteTable(
        name,
        default_route_table_id=subnets.vpc.default_route_table_id,
        routes=[],
        tags=subnets.labels.tags(f"{name}-default-locked"),
        opts=opts,
    )
    tables: dict[SubnetGroup, list[aws.ec2.RouteTable]] = {}
    for group, made in subnets.made.items():
        labels = group_labels(subnets.labels, group)
        tables[group] = []
        for number, (subnet, zone) in enumerate(zip(made, subnets.zones, strict=True), start=1):
            ways = routes[group][number - 1] if group in routes else []
            table = aws.ec2.RouteTable(
                f"{name}-{group}-{number}",
                vpc_id=subnets.vpc.id,
                routes=None if group in OPEN_TABLES else list(ways),
                tags=labels.tags(f"{name}-{group}-{zone}"),
                opts=opts,
            )
            aws.ec2.RouteTableAssociation(
                f"{name}-{group}-{number}",
                subnet_id=subnet.id,
                route_table_id=table.id,
                opts=opts,
            )
            tables[group].append(table)
    return tables


def make_access_lists(
    name: str,
    subnets: Subnets,
    ways_out: Sequence[SubnetGroup],
    clients: Sequence[ipaddress.IPv4Network],
    opts: pulumi.ResourceOptions,
) -> None:
    """Register each group's access list; a subnet that none names passes nothing."""
    aws.ec2.DefaultNetworkAcl(
        name,
        default_network_acl_id=subnets.vpc.default_network_acl_id,
        ingress=[],
        egress=[],
        tags=subnets.labels.tags(f"{name}-default-locked"),
        # AWS moves subnets here whenever their own list goes, and back.
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["subnetIds"])
        ),
    )
    blocks = {group: block.within(subnets.network) for group, block in LAYOUT.items()}
    for group in subnets.made:
        rules = access_list(group, subnets.network, blocks, ways_out, clients)
        aws.ec2.NetworkAcl(
            f"{name}-{group}",
            vpc_id=subnets.vpc.id,
            subnet_ids=subnets.ids(group),
            ingress=_entries(rules.ingress),
            egress=_entries(rules.egress),
            tags=group_labels(subnets.labels, group).tags(f"{name}-{group}"),
            opts=opts,
        )


def _entries(rules: Sequence[AclRule]) -> list[dict[str, Any]]:
    """The rules as AWS takes them, numbered in steps that leave room between."""
    return [
        {
            "rule_no": number,
            "action": "allow" if rule.allow else "deny",
            "protocol": rule.protocol,
            "cidr_block": str(rule.network),
            "from_port": rule.ports[0],
            "to_port": rule.ports[1],
        }
        for number, rule in zip(range(100, 100 * (len(rules) + 1), 100), rules, strict=True)
    ]
