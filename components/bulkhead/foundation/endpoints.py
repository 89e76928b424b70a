"""VPC endpoints: what a network without a way to the internet reaches of AWS."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.endpoint_services import EndpointService
from bulkhead.domain.flows import HTTPS
from bulkhead.domain.scope import Scope
from bulkhead.domain.subnets import LAYOUT, PLANES, SubnetGroup
from bulkhead.foundation.documents import Document, render
from bulkhead.foundation.endpoint_policies import (
    dynamodb_policy,
    s3_gateway_policy,
    s3_interface_policy,
    service_policy,
)
from bulkhead.foundation.subnets import Subnets, group_labels

GATEWAYS = {"s3": s3_gateway_policy, "dynamodb": dynamodb_policy}
"""Services with a gateway endpoint, which costs nothing: a route to the service's addresses."""


@dataclass(frozen=True)
class Endpoints:
    """The endpoints of a VPC.

    Attributes:
        ids: their IDs by service; S3 has two.
        s3_url: where pods reach S3.
    """

    ids: dict[str, list[pulumi.Output[str]]]
    s3_url: pulumi.Output[str]


def make_endpoints(
    name: str,
    *,
    scope: Scope,
    subnets: Subnets,
    tables: "Mapping[SubnetGroup, Sequence[aws.ec2.RouteTable]]",
    services: Iterable[EndpointService],
    guests: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> Endpoints:
    """Register a gateway endpoint for S3 and DynamoDB, and an interface endpoint per service.

    The environment's roles pass, and the roles whose ARNs are ``guests``.
    """
    labels = group_labels(subnets.labels, SubnetGroup.ENDPOINTS)

    def endpoint(word: str, service: str, policy: Document, **kind: Any) -> "aws.ec2.VpcEndpoint":
        return aws.ec2.VpcEndpoint(
            f"{name}-{word.replace('.', '-')}",
            vpc_id=subnets.vpc.id,
            service_name=f"com.amazonaws.{scope.region}.{service}",
            policy=render(policy),
            tags=labels.tags(f"{name}-{word}"),
            opts=opts,
            **kind,
        )

    gateways = {
        service: endpoint(
            f"{service}-gateway",
            service,
            policy(scope, guests),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for plane in PLANES for table in tables[plane]],
        )
        for service, policy in GATEWAYS.items()
    }
    group = _security_group(name, subnets, opts)
    interfaces = {
        str(service): endpoint(
            service,
            service,
            s3_interface_policy(scope, guests)
            if service is EndpointService.S3
            else service_policy(scope, service, guests),
            vpc_endpoint_type="Interface",
            subnet_ids=subnets.ids(SubnetGroup.ENDPOINTS),
            security_group_ids=[group.id],
            # S3's own name stays with the gateway endpoint, which nodes use at no cost.
            private_dns_enabled=service is not EndpointService.S3,
        )
        for service in services
    }
    return Endpoints(
        ids={
            service: [made[service].id for made in (gateways, interfaces) if service in made]
            for service in sorted({*gateways, *interfaces})
        },
        s3_url=pulumi.Output.from_input(interfaces["s3"].dns_entries).apply(
            lambda entries: _s3_url(entries, scope.region)
        ),
    )


def _security_group(
    name: str, subnets: Subnets, opts: pulumi.ResourceOptions
) -> "aws.ec2.SecurityGroup":
    """HTTPS from each plane, and from nothing else in the VPC."""
    labels = group_labels(subnets.labels, SubnetGroup.ENDPOINTS)
    group = aws.ec2.SecurityGroup(
        f"{name}-endpoints",
        vpc_id=subnets.vpc.id,
        description="Interface endpoints: HTTPS from the planes.",
        tags=labels.tags(f"{name}-endpoints"),
        opts=opts,
    )
    for plane in PLANES:
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-endpoints-{plane}",
            security_group_id=group.id,
            description=f"HTTPS from the {plane} plane.",
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            cidr_ipv4=str(LAYOUT[plane].within(subnets.network)),
            tags=labels.tags(f"{name}-endpoints-{plane}"),
            opts=opts,
        )
    return group


def _s3_url(entries: list[dict[str, str]], region: str) -> str:
    """The URL of an S3 interface endpoint (Amazon S3 User Guide, "AWS PrivateLink for Amazon S3").

    AWS lists the name that serves every zone first. An endpoint without names yet gives S3's
    ordinary one, which fails closed: no network policy lets pods reach it.
    """
    if not entries:
        return f"https://s3.{region}.amazonaws.com"
    return "https://" + entries[0]["dns_name"].replace("*", "bucket")
