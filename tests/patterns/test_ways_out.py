"""What the network that a pattern makes reaches and resolves outside of AWS (NET-2)."""

from typing import Any

import pytest

import bulkhead
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, refusal
from tests.patterns.platforms import COMMON, PLATFORMS, platform

HUB = {"training": ["huggingface.co"]}
FIREWALL = "aws:networkfirewall/firewall:Firewall"
NAMES = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
EXISTING: dict[str, Any] = {
    "vpc_id": "vpc-1",
    "subnet_ids": {},
    "cluster_cidrs": [],
    "endpoint_cidrs": [],
    "resolver_cidr": "10.0.0.2/32",
    "s3_endpoint_url": "https://s3.example",
}


def resolved(plan: Plan) -> set[str]:
    return {
        domain
        for found in plan.of_type(NAMES)
        for domain in found.inputs["domains"]
        if found.inputs["domains"] != ["*"]
    }


def test_a_patterns_network_reaches_the_domains_that_it_is_told() -> None:
    plan = platform("SharedCluster", egress=HUB)
    assert list(plan.of_type(FIREWALL))
    assert "huggingface.co" in resolved(plan)
    groups = plan.of_type("aws:networkfirewall/ruleGroup:RuleGroup")
    assert any("huggingface.co" in str(group.inputs) for group in groups)


def test_without_domains_there_is_no_way_out() -> None:
    plan = platform("SharedCluster")
    for kind in (FIREWALL, "aws:ec2/natGateway:NatGateway"):
        assert not list(plan.of_type(kind))
    assert not any("huggingface" in domain for domain in resolved(plan))


def test_private_domains_are_resolved_and_open_no_way_out() -> None:
    plan = platform("SingleTenantCluster", private_domains=["corp.example.com"])
    assert "corp.example.com" in resolved(plan)
    assert not list(plan.of_type(FIREWALL))
    assert one(plan, "aws:ec2/vpc:Vpc")


@pytest.mark.parametrize(
    ("component", "changes", "sentence"),
    [
        (
            "SingleTenantCluster",
            {"egress": HUB},
            "platform.egress: the tier reaches nothing but VPC endpoints, got 'regulated'; "
            "allowed: domains for public, internal, confidential",
        ),
        (
            "SharedCluster",
            {"egress": {"model": ["huggingface.co"]}},
            "platform.egress: not a plane that may reach domains, got 'model'; allowed: control, "
            "data, inference, training",
        ),
        (
            "SharedCluster",
            {"private_domains": [".amazonaws.com"]},
            "platform.private_domains: the names of everybody's buckets and services are too much "
            "to allow, got '.amazonaws.com'; allowed: single names beneath amazonaws.com; S3 is "
            "reached through its endpoints",
        ),
        (
            "SharedCluster",
            {"cidr": None, "network": EXISTING, "egress": HUB},
            "platform.egress: a network that exists has its own ways out; allowed: none, or cidr "
            "instead of network",
        ),
        (
            "SharedCluster",
            {"cidr": None, "network": EXISTING, "private_domains": ["corp.example.com"]},
            "platform.private_domains: a network that exists has its own ways out; allowed: none, "
            "or cidr instead of network",
        ),
    ],
)
def test_what_may_not_leave_is_refused_before_anything_is_made(
    component: str, changes: dict[str, Any], sentence: str
) -> None:
    args = {**COMMON, **PLATFORMS[component], **changes}
    told = {key: value for key, value in args.items() if value is not None}
    assert refusal(lambda: getattr(bulkhead, component)("platform", told)) == sentence
