"""VPC endpoints: what a cluster without a way to the internet reaches, and what through them."""

import ipaddress
from collections.abc import Iterable

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import EVERYBODY, Document, document, render

INTERFACE_SERVICES = (
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "sts",
)
"""What nodes and controllers of a private EKS cluster call (EKS User Guide, "Deploy private
clusters with limited internet access"); ``eks-auth`` serves Pod Identity. ``ssm`` is left out:
nodes have no right to it, and nobody logs into them."""

ARTIFACT_USE = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
]
ARTIFACT_READING = ["s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]


def service_name(scope: Scope, service: str) -> str:
    """The endpoint service of an AWS service in the scope's Region."""
    return f"com.amazonaws.{scope.region}.{service}"


def s3_gateway_policy(scope: Scope) -> Document:
    """The account's own principals on its own buckets, and the layers of container images.

    Nobody carries data into another account's bucket this way. ECR serves layers from its own
    buckets, to presigned requests that no account condition fits (Amazon ECR User Guide, "Amazon
    ECR interface VPC endpoints").
    """
    return document(
        _own_buckets(scope, ARTIFACT_USE),
        {
            "Sid": "PullImageLayers",
            "Effect": "Allow",
            "Principal": EVERYBODY,
            "Action": "s3:GetObject",
            "Resource": arns.bucket(f"prod-{scope.region}-starport-layer-bucket/*"),
        },
    )


def s3_interface_policy(scope: Scope) -> Document:
    """Reading only: this is the endpoint that pods reach."""
    return document(_own_buckets(scope, ARTIFACT_READING))


def _own_buckets(scope: Scope, actions: list[str]) -> dict[str, object]:
    return {
        "Sid": "OwnBuckets",
        "Effect": "Allow",
        "Principal": EVERYBODY,
        "Action": actions,
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "aws:PrincipalAccount": scope.account_id,
                "aws:ResourceAccount": scope.account_id,
            }
        },
    }


def service_policy(scope: Scope, service: str) -> Document:
    """The account's own principals, for one service.

    The resources' account is left open: EKS add-ons pull their images from AWS's own registries.
    """
    return document(
        {
            "Sid": "OwnPrincipals",
            "Effect": "Allow",
            "Principal": EVERYBODY,
            "Action": f"{service.partition('.')[0]}:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": scope.account_id}},
        }
    )


def make_endpoints(
    name: str,
    *,
    scope: Scope,
    vpc: "aws.ec2.Vpc",
    network: ipaddress.IPv4Network,
    table: "aws.ec2.RouteTable",
    subnets: "list[aws.ec2.Subnet]",
    services: Iterable[str],
    labels: Labels,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Register the endpoints of a VPC; return the URL at which pods reach S3.

    ``services`` get an interface endpoint each, besides ``INTERFACE_SERVICES`` and S3.
    """
    group = aws.ec2.SecurityGroup(
        f"{name}-endpoints",
        vpc_id=vpc.id,
        description="Interface endpoints: HTTPS from inside the VPC.",
        tags=labels.tags(f"{name}-endpoints"),
        opts=opts,
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
        opts=opts,
    )
    aws.ec2.VpcEndpoint(
        f"{name}-s3-gateway",
        vpc_id=vpc.id,
        service_name=service_name(scope, "s3"),
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id],
        policy=render(s3_gateway_policy(scope)),
        tags=labels.tags(f"{name}-s3-gateway"),
        opts=opts,
    )
    policies = {
        **{service: service_policy(scope, service) for service in (*INTERFACE_SERVICES, *services)},
        "s3": s3_interface_policy(scope),
    }
    made = {
        service: aws.ec2.VpcEndpoint(
            f"{name}-{service.replace('.', '-')}",
            vpc_id=vpc.id,
            service_name=service_name(scope, service),
            vpc_endpoint_type="Interface",
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_ids=[group.id],
            # S3's own name stays with the gateway endpoint, which nodes use at no cost.
            private_dns_enabled=service != "s3",
            policy=render(policy),
            tags=labels.tags(f"{name}-{service}"),
            opts=opts,
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
