from collections.abc import Mapping

from tests.policies.parts import (
    BUCKET_POLICY,
    CLUSTER,
    INSTANCE,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    NETWORK_ADDON,
    SUBNET,
    TLS_ONLY,
    allow,
    bucket,
    document,
    role_arn,
    stored,
)
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins

OBJECTS = "arn:aws:s3:::summaries/*"


def policed(*statements: Mapping[str, object]) -> Scene:
    policy = Declared(
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "summaries", "policy": document(*statements)},
        name="policy",
    )
    return (policy,)


READER = allow({"AWS": role_arn("reader")}, "s3:GetObject", OBJECTS)
EVERYONE = allow("*", "s3:GetObject", OBJECTS)


def everyone_if(operator: str, key: str, value: object) -> Scene:
    return policed(EVERYONE | {"Condition": {operator: {key: value}}})


GROUP = Declared(
    "aws:ec2/securityGroup:SecurityGroup",
    {
        "ingress": [
            {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]},
            {"protocol": "tcp", "fromPort": 443, "toPort": 443, "ipv6CidrBlocks": ["fd00::/8"]},
        ]
    },
)
LEGACY_RULE = Declared(
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    {
        "type": "ingress",
        "protocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "cidrBlocks": ["203.0.113.0/24"],
        "securityGroupId": "sg-1",
    },
)
RULE = Declared(
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    {"ipProtocol": "tcp", "cidrIpv4": "10.1.0.0/16", "securityGroupId": "sg-1"},
)
SERVICE = Declared(
    "kubernetes:core/v1:Service",
    {
        "metadata": {"name": "server", "namespace": "doc-summary"},
        "spec": {"type": "ClusterIP", "ports": [{"port": 80}]},
    },
)
BALANCER = SERVICE.but("spec/type", "LoadBalancer").but(
    "metadata/annotations", {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}
)
INGRESS = Declared(
    "kubernetes:networking.k8s.io/v1:Ingress",
    {
        "metadata": {
            "name": "server",
            "annotations": {"alb.ingress.kubernetes.io/scheme": "internal"},
        },
        "spec": {"tls": [{"hosts": ["summaries.example.com"], "secretName": "server-tls"}]},
    },
)

TWINS = {
    "bulkhead-data-deny-strangers": Twins(
        good=policed(READER, TLS_ONLY),
        bad=policed(EVERYONE, TLS_ONLY),
        unknown=(policed()[0].but("policy", UNKNOWN),),
        settled=stored(
            bucket().but("policy", document(TLS_ONLY)), BUCKET_POLICY.but("policy", UNKNOWN)
        ),
        more_good={
            "own organisation": everyone_if("StringEquals", "aws:PrincipalOrgID", "o-1"),
            "organisation's paths": everyone_if(
                "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["o-1/*"]
            ),
            "own endpoint": everyone_if("StringEquals", "aws:SourceVpce", "vpce-1"),
            "a topic": everyone_if("ArnLike", "AWS:SourceArn", "arn:aws:s3:::summaries"),
            "own network": everyone_if("IpAddress", "aws:SourceIp", ["203.0.113.0/24"]),
            "a deny takes it back": policed(
                EVERYONE,
                {
                    "Effect": "Deny",
                    "NotPrincipal": {"AWS": role_arn("reader")},
                    "Action": "s3:*",
                    "Resource": "*",
                },
            ),
            "a deny outside the organisation": policed(
                EVERYONE,
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "NotAction": "s3:ListBucket",
                    "Resource": "*",
                    "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
                },
            ),
            "no statement": policed(),
        },
        more_bad={
            "any AWS account": policed(EVERYONE | {"Principal": {"AWS": ["*"]}}),
            "everyone but one": policed(
                {
                    "Effect": "Allow",
                    "NotPrincipal": {"AWS": role_arn("reader")},
                    "Action": "s3:GetObject",
                    "Resource": OBJECTS,
                }
            ),
            "every address": everyone_if("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
            "any organisation": everyone_if("StringLike", "aws:PrincipalOrgID", "o-*"),
            "a spoofed header": everyone_if("StringLike", "aws:Referer", "https://example.com/*"),
            "TLS": everyone_if("Bool", "aws:SecureTransport", "true"),
            "not one account": everyone_if("StringNotEquals", "aws:PrincipalAccount", "1"),
            "if the key exists": everyone_if("StringEqualsIfExists", "aws:SourceArn", "arn:x"),
            "inline": stored(bucket().but("policy", document(EVERYONE))),
            "queue": (
                Declared(
                    "aws:sqs/queuePolicy:QueuePolicy",
                    {"queueUrl": "q", "policy": document(allow("*", "sqs:SendMessage"))},
                ),
            ),
            "a deny of something else": policed(
                EVERYONE, {**EVERYONE, "Effect": "Deny", "Action": "s3:PutObject"}
            ),
            "a deny of other objects": policed(
                EVERYONE, {**EVERYONE, "Effect": "Deny", "Resource": f"{OBJECTS}.txt"}
            ),
        },
    ),
    "bulkhead-eks-hide-endpoint": Twins(
        good=(CLUSTER, NETWORK_ADDON),
        bad=(CLUSTER.without("vpcConfig/endpointPublicAccess"), NETWORK_ADDON),
        unknown=(CLUSTER.but("vpcConfig/endpointPublicAccess", UNKNOWN), NETWORK_ADDON),
        more_bad={
            "public": (CLUSTER.but("vpcConfig/endpointPublicAccess", True), NETWORK_ADDON),
            "no private": (CLUSTER.but("vpcConfig/endpointPrivateAccess", False), NETWORK_ADDON),
        },
    ),
    "bulkhead-ec2-deny-public-addresses": Twins(
        good=(SUBNET,),
        bad=(SUBNET.but("mapPublicIpOnLaunch", True),),
        unknown=(SUBNET.but("mapPublicIpOnLaunch", UNKNOWN),),
        more_good={
            "default": (SUBNET.without("mapPublicIpOnLaunch"),),
            "launch template": (LAUNCH_TEMPLATE,),
            "instance": (INSTANCE,),
        },
        more_bad={
            "launch template": (
                LAUNCH_TEMPLATE.but("networkInterfaces/0/associatePublicIpAddress", "true"),
            ),
            "instance": (INSTANCE.but("associatePublicIpAddress", True),),
            "launch configuration": (LAUNCH_CONFIGURATION.but("associatePublicIpAddress", True),),
        },
    ),
    "bulkhead-ec2-deny-open-ingress": Twins(
        good=(GROUP,),
        bad=(GROUP.but("ingress/0/cidrBlocks", ["0.0.0.0/0"]),),
        unknown=(GROUP.but("ingress/0/cidrBlocks", [UNKNOWN]),),
        settled=(RULE.without("cidrIpv4").but("referencedSecurityGroupId", UNKNOWN),),
        more_good={
            "legacy rule": (LEGACY_RULE,),
            "egress": (LEGACY_RULE.but("type", "egress").but("cidrBlocks", ["0.0.0.0/0"]),),
            "rule": (RULE,),
        },
        more_bad={
            "IPv6": (GROUP.but("ingress/1/ipv6CidrBlocks", ["::/0"]),),
            "half of it": (GROUP.but("ingress/0/cidrBlocks", ["0.0.0.0/1"]),),
            "legacy rule": (LEGACY_RULE.but("cidrBlocks", ["0.0.0.0/0"]),),
            "rule": (RULE.but("cidrIpv4", "0.0.0.0/0"),),
            "IPv6 rule": (RULE.without("cidrIpv4").but("cidrIpv6", "::/0"),),
            "default group": (
                Declared(
                    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
                    {
                        "ingress": [
                            {
                                "protocol": "-1",
                                "fromPort": 0,
                                "toPort": 0,
                                "cidrBlocks": ["0.0.0.0/0"],
                            }
                        ]
                    },
                ),
            ),
            "no network": (RULE.but("cidrIpv4", "anywhere"),),
        },
    ),
    "bulkhead-service-keep-internal": Twins(
        good=(BALANCER,),
        bad=(BALANCER.without("metadata/annotations"),),
        unknown=(SERVICE.but("spec/type", UNKNOWN),),
        more_good={
            "cluster address": (SERVICE,),
            "default type": (SERVICE.without("spec/type"),),
            "legacy annotation": (
                BALANCER.but(
                    "metadata/annotations",
                    {"service.beta.kubernetes.io/aws-load-balancer-internal": "true"},
                ),
            ),
            "ingress": (INGRESS,),
        },
        more_bad={
            "node port": (SERVICE.but("spec/type", "NodePort"),),
            "outside address": (SERVICE.but("spec/externalIPs", ["203.0.113.7"]),),
            "ingress": (
                INGRESS.but(
                    "metadata/annotations", {"alb.ingress.kubernetes.io/scheme": "internet-facing"}
                ),
            ),
        },
    ),
}
