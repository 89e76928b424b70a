"""What the AWS Load Balancer Controller may do in AWS.

Its own documented policy (AWS Load Balancer Controller 3.5, "iam_policy.json") lets it make public
load balancers of every kind, write rules into every security group of the account, register targets
with every target group, and attach certificates and web ACLs. Here it makes internal Network Load
Balancers of TCP for one cluster: what it makes carries the cluster's tag, and what it changes
carries it already. Security groups are those of the cluster's network; besides its own it writes
the rules of the one that the cluster's nodes have.
"""

from typing import Any

import pulumi

from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import Statement, condition

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
"""The tag with which the controller marks what is a cluster's."""

DISCOVERY = [
    # Its own questions, and those that Elastic Load Balancing asks in its name.
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
]
"""Descriptions take no resource, and are of one Region."""

RULES = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]

BALANCERS, LISTENERS, TARGETS = "loadbalancer/net/*/*", "listener/net/*/*/*", "targetgroup/*/*"
"""Network Load Balancers, their listeners, and whom these call."""

CHANGES = {
    BALANCERS: [
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
    ],
    LISTENERS: [
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
    ],
    TARGETS: [
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:RegisterTargets",
    ],
}
"""What it does with what is the cluster's, by kind."""

SERVICE = "elasticloadbalancing.amazonaws.com"


def balancer_statements(scope: Scope, cluster: str, vpc_id: pulumi.Input[str]) -> list[Statement]:
    """The statements for one cluster in the network ``vpc_id``."""
    made: Statement = {"StringEquals": {f"aws:RequestTag/{CLUSTER_TAG}": cluster}}
    own: Statement = {"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster}}
    kept: Statement = {"Null": {f"aws:RequestTag/{CLUSTER_TAG}": "true"}}
    vpc = pulumi.Output.concat(arns.regional(scope, "ec2", "vpc/"), vpc_id)
    here: Statement = {"ArnEquals": {"ec2:Vpc": vpc}}
    groups = arns.regional(scope, "ec2", "security-group/*")

    def balancing(*kinds: str) -> list[str]:
        return [arns.regional(scope, "elasticloadbalancing", kind) for kind in kinds]

    return [
        _allow(
            "MakeInternalBalancers",
            "elasticloadbalancing:CreateLoadBalancer",
            balancing(BALANCERS),
            condition(made, {"StringEquals": {"elasticloadbalancing:Scheme": "internal"}}),
        ),
        _allow(
            "MakeTargetGroups",
            "elasticloadbalancing:CreateTargetGroup",
            balancing(TARGETS),
            made,
        ),
        _allow(
            "TagWhatIsMade",
            "elasticloadbalancing:AddTags",
            balancing(BALANCERS, LISTENERS, TARGETS),
            condition(
                made,
                {
                    "StringEquals": {
                        "elasticloadbalancing:CreateAction": [
                            "CreateListener",
                            "CreateLoadBalancer",
                            "CreateTargetGroup",
                        ]
                    }
                },
            ),
        ),
        _allow(
            "TagOwn",
            ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            balancing(BALANCERS, LISTENERS, TARGETS),
            condition(own, kept),
        ),
        *(
            _allow(f"Change{word}", CHANGES[kind], balancing(kind), own)
            for word, kind in (
                ("Balancers", BALANCERS),
                ("Listeners", LISTENERS),
                ("Targets", TARGETS),
            )
        ),
        _allow("MakeGroupsHere", "ec2:CreateSecurityGroup", vpc),
        _allow("MakeTaggedGroups", "ec2:CreateSecurityGroup", groups, made),
        _allow(
            "TagGroupsThatAreMade",
            "ec2:CreateTags",
            groups,
            condition(made, {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}}),
        ),
        _allow("TagOwnGroups", ["ec2:CreateTags", "ec2:DeleteTags"], groups, condition(own, kept)),
        _allow(
            "ChangeOwnGroups", [*RULES, "ec2:DeleteSecurityGroup"], groups, condition(own, here)
        ),
        _allow(
            "LetBalancersReachNodes",
            RULES,
            groups,
            condition(
                {"StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{cluster}": "owned"}},
                here,
            ),
        ),
        _allow("Discover", DISCOVERY, "*", {"StringEquals": {"aws:RequestedRegion": scope.region}}),
        _allow(
            "MakeTheServicesOwnRole",
            "iam:CreateServiceLinkedRole",
            f"arn:aws:iam::{scope.account_id}:role/aws-service-role/{SERVICE}/*",
            {"StringEquals": {"iam:AWSServiceName": SERVICE}},
        ),
    ]


def _allow(
    sid: str, actions: str | list[str], resources: Any, conditions: Statement | None = None
) -> Statement:
    statement: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
    }
    return {**statement, "Condition": conditions} if conditions else statement
