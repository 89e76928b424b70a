"""The load balancer controller makes internal load balancers of its cluster, and no others."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import LoadBalancerController
from tests.foundation.samples import planned, scope
from tests.iam.documents import Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.proofs import HERE
from tests.iam.role_proofs import Ask, RoleProof
from tests.iam.writing import ACCOUNT

CLUSTER, OTHER, VPC = "dev-shared", "dev-other", "vpc-0123456789abcdef0"
TAG = "elbv2.k8s.aws/cluster"
MADE, OF_OTHERS = ({f"aws:RequestTag/{TAG}": name} for name in (CLUSTER, OTHER))
OWN, FOREIGN = ({f"aws:ResourceTag/{TAG}": name} for name in (CLUSTER, OTHER))
INTERNAL, PUBLIC = (
    {"elasticloadbalancing:Scheme": scheme} for scheme in ("internal", "internet-facing")
)
NODES = {f"aws:ResourceTag/kubernetes.io/cluster/{CLUSTER}": "owned"}
OTHER_NODES = {f"aws:ResourceTag/kubernetes.io/cluster/{OTHER}": "owned"}
SERVICE = "elasticloadbalancing.amazonaws.com"


def ec2(resource: str) -> str:
    return f"arn:aws:ec2:eu-central-1:{ACCOUNT}:{resource}"


def elb(resource: str) -> str:
    return f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:{resource}"


def within(vpc: str) -> dict[str, str]:
    return {"ec2:Vpc": ec2(f"vpc/{vpc}")}


HERE_IN, ELSEWHERE = within(VPC), within("vpc-fedcba98765432100")
BALANCER, PUBLIC_KIND = elb("loadbalancer/net/k8s-gw/1"), elb("loadbalancer/app/k8s-gw/1")
LISTENER, TARGETS = elb("listener/net/k8s-gw/1/2"), elb("targetgroup/k8s-gw/3")
GROUP = ec2("security-group/sg-1")


def acts(action: str, resource: str, *context: dict[str, Any]) -> Ask:
    service = "ec2" if resource.startswith("arn:aws:ec2") else "elasticloadbalancing"
    return f"{service}:{action}", resource, {k: v for part in context for k, v in part.items()}


def made_by(action: str) -> dict[str, str]:
    return {"elasticloadbalancing:CreateAction": action}


CREATED = {"ec2:CreateAction": "CreateSecurityGroup"}

ALLOWED: dict[str, Ask] = {
    "makes an internal load balancer": acts("CreateLoadBalancer", BALANCER, MADE, INTERNAL),
    "makes a target group": acts("CreateTargetGroup", TARGETS, MADE),
    "makes a listener": acts("CreateListener", BALANCER, MADE, OWN),
    "tags a load balancer as it is made": acts(
        "AddTags", BALANCER, MADE, made_by("CreateLoadBalancer")
    ),
    "tags a listener as it is made": acts("AddTags", LISTENER, MADE, made_by("CreateListener")),
    "tags its own": acts("AddTags", BALANCER, OWN),
    "takes a tag off its own": acts("RemoveTags", TARGETS, OWN),
    "changes its load balancer": acts("ModifyLoadBalancerAttributes", BALANCER, OWN),
    "changes its groups": acts("SetSecurityGroups", BALANCER, OWN),
    "changes its listener": acts("ModifyListener", LISTENER, OWN),
    "deletes its load balancer": acts("DeleteLoadBalancer", BALANCER, OWN),
    "registers a pod": acts("RegisterTargets", TARGETS, OWN),
    "takes a pod away": acts("DeregisterTargets", TARGETS, OWN),
    "makes a security group here": acts("CreateSecurityGroup", ec2(f"vpc/{VPC}")),
    "makes it with its tag": acts("CreateSecurityGroup", GROUP, MADE),
    "tags the group as it is made": acts("CreateTags", GROUP, MADE, CREATED),
    "tags its own group": acts("CreateTags", GROUP, OWN),
    "writes its group's rules": acts("AuthorizeSecurityGroupIngress", GROUP, OWN, HERE_IN),
    "deletes its group": acts("DeleteSecurityGroup", GROUP, OWN, HERE_IN),
    "lets it reach the nodes": acts("AuthorizeSecurityGroupIngress", GROUP, NODES, HERE_IN),
    "looks around": ("ec2:DescribeSubnets", "*", {"aws:RequestedRegion": "eu-central-1"}),
    "looks at targets": (
        "elasticloadbalancing:DescribeTargetHealth",
        "*",
        {"aws:RequestedRegion": "eu-central-1"},
    ),
    "has AWS make the service's role": (
        "iam:CreateServiceLinkedRole",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{SERVICE}/AWSServiceRoleForElasticLoadBal",
        {"iam:AWSServiceName": SERVICE},
    ),
}
DENIED: dict[str, Ask] = {
    "makes a public load balancer": acts("CreateLoadBalancer", BALANCER, MADE, PUBLIC),
    "makes one without its tag": acts("CreateLoadBalancer", BALANCER, INTERNAL),
    "makes one for another cluster": acts("CreateLoadBalancer", BALANCER, OF_OTHERS, INTERNAL),
    "makes one for HTTP": acts("CreateLoadBalancer", PUBLIC_KIND, MADE, INTERNAL),
    "adds a listener to somebody's": acts("CreateListener", BALANCER, MADE, FOREIGN),
    "adds a listener to nobody's": acts("CreateListener", BALANCER, MADE),
    "tags what it did not make": acts("AddTags", BALANCER, MADE),
    "takes another cluster's over": acts("AddTags", BALANCER, MADE, FOREIGN),
    "gives its own to another cluster": acts("AddTags", BALANCER, OF_OTHERS, OWN),
    "deletes another cluster's": acts("DeleteLoadBalancer", BALANCER, FOREIGN),
    "changes somebody's listener": acts("ModifyListener", LISTENER),
    "registers itself with somebody's": acts("RegisterTargets", TARGETS, FOREIGN),
    "takes targets from somebody's": acts("DeregisterTargets", TARGETS),
    "attaches a certificate": acts("AddListenerCertificates", LISTENER, OWN),
    "attaches a web ACL": ("elasticloadbalancing:SetWebAcl", "*", {}),
    "makes a group elsewhere": acts("CreateSecurityGroup", ec2("vpc/vpc-fedcba98765432100")),
    "makes a group without its tag": acts("CreateSecurityGroup", GROUP),
    "tags a group of somebody's": acts("CreateTags", GROUP, MADE),
    "opens a group of somebody's": acts("AuthorizeSecurityGroupIngress", GROUP, HERE_IN),
    "opens another cluster's nodes": acts(
        "AuthorizeSecurityGroupIngress", GROUP, OTHER_NODES, HERE_IN
    ),
    "opens a group in another network": acts(
        "AuthorizeSecurityGroupIngress", GROUP, NODES, ELSEWHERE
    ),
    "opens the way out": acts("AuthorizeSecurityGroupEgress", GROUP, NODES, HERE_IN),
    "deletes the nodes' group": acts("DeleteSecurityGroup", GROUP, NODES, HERE_IN),
    "deletes a group in another network": acts("DeleteSecurityGroup", GROUP, OWN, ELSEWHERE),
    "looks elsewhere": ("ec2:DescribeSubnets", "*", {"aws:RequestedRegion": "us-east-1"}),
    "makes another service's role": (
        "iam:CreateServiceLinkedRole",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{SERVICE}/x",
        {"iam:AWSServiceName": "spot.amazonaws.com"},
    ),
    "reads certificates": ("acm:ListCertificates", "*", {}),
}
PROOF = RoleProof("dev-balancers-aws-load-balancer-controller", ALLOWED, DENIED)


@pytest.fixture(scope="module")
def found() -> Documents:
    def program() -> None:
        LoadBalancerController(
            "balancers",
            {
                "scope": scope(),
                "tier": "internal",
                "cluster_name": CLUSTER,
                "vpc_id": VPC,
                "image": f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/lbc@sha256:" + "ab" * 32,
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )

    return documents(planned(program, assume_applied=True), assumed=HERE)


def test_the_controller_does_its_work_and_nothing_beside_it(
    evaluator: Evaluator, found: Documents
) -> None:
    assert PROOF.passed(evaluator, found) == set(ALLOWED)


def test_every_statement_of_its_policy_is_needed(evaluator: Evaluator, found: Documents) -> None:
    assert PROOF.idle(evaluator, found) == []


def test_its_policy_says_what_aws_can_hold(evaluator: Evaluator, found: Documents) -> None:
    assert [str(finding) for finding in evaluator.lint(found.policies)] == []
