"""Pattern C: nothing of the cluster serves anybody else (ISO-5)."""

from typing import Any

import pytest

from bulkhead import SingleTenantCluster
from bulkhead.domain.labels import read_labels
from bulkhead.domain.partitions import Purpose
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, refusal
from tests.patterns.platforms import COMMON, PLATFORMS, build, platform, pool, tenant

ARGS = {**COMMON, **PLATFORMS["SingleTenantCluster"]}
GROUP = "aws:eks/nodeGroup:NodeGroup"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return platform("SingleTenantCluster", operator_networks=["10.99.0.0/16"])


def test_the_cluster_has_its_own_network_keys_and_logs(plan: Plan) -> None:
    assert len([*plan.of_type("aws:ec2/vpc:Vpc")]) == 1
    cluster = one(plan, "aws:eks/cluster:Cluster").inputs
    assert cluster["vpcConfig"]["endpointPublicAccess"] is False
    keys = {r.name for r in plan.of_type("aws:kms/key:Key")}
    assert keys == {f"platform-regulated-{purpose}" for purpose in Purpose}


def test_every_pool_of_the_tenants_is_its_own_without_saying_so(plan: Plan) -> None:
    labels = one(plan, GROUP, "platform-general").inputs["labels"]
    assert labels["bulkhead.dev/tenant"] == "red"
    (namespace,) = [
        r.inputs["metadata"]
        for r in plan.of_type("kubernetes:core/v1:Namespace")
        if r.inputs["metadata"]["name"] == "red"
    ]
    assert namespace["labels"]["bulkhead.dev/nodes"] == "tenant"


def test_nobody_elses_people_get_in(plan: Plan) -> None:
    entries = list(plan.of_type("aws:eks/accessEntry:AccessEntry"))
    assert {r.inputs["principalArn"] for r in entries} == set(COMMON["administrators"])


def test_no_resource_belongs_to_another_tenant(plan: Plan) -> None:
    owners = {
        read_labels(found)["tenant"]
        for r in plan.resources
        if (found := r.inputs.get("tags") or r.inputs.get("metadata", {}).get("labels"))
    }
    assert owners == {"platform", "red"}


def test_the_endpoint_is_reached_over_named_paths_alone(plan: Plan) -> None:
    rules = [
        r.inputs["cidrIpv4"]
        for r in plan.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if "operators" in r.name
    ]
    assert rules == ["10.99.0.0/16"]


def test_subnets_of_a_network_that_exists_are_used() -> None:
    network = {
        "vpc_id": "vpc-1",
        "subnet_ids": {
            "control": ["subnet-1a", "subnet-1b"],
            "inference": ["subnet-2a", "subnet-2b"],
            "cluster": ["subnet-3a", "subnet-3b"],
        },
        "cluster_cidrs": ["10.50.0.0/28"],
        "endpoint_cidrs": ["10.50.1.0/26"],
        "resolver_cidr": "10.50.0.2/32",
        "s3_endpoint_url": "https://bucket.vpce.example",
    }
    plan = planned(lambda: build("SingleTenantCluster", cidr=None, network=network))
    assert [*plan.of_type("aws:ec2/vpc:Vpc")] == []
    cluster = one(plan, "aws:eks/cluster:Cluster")
    assert cluster.inputs["vpcConfig"]["subnetIds"] == ["subnet-3a", "subnet-3b"]
    group = one(plan, GROUP, "platform-general")
    assert group.inputs["subnetIds"] == ["subnet-2a", "subnet-2b"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"tenants": [*ARGS["tenants"], tenant("blue", "regulated")]},
        "platform.tenants: pattern 'single-tenant-cluster' has one tenant, got 'red, blue'; "
        "allowed: a cluster for each",
    ),
    (
        {"pools": [pool("general", tenant="blue")]},
        "platform.pools.general.tenant: no such tenant, got 'blue'; allowed: red",
    ),
    (
        {"tenants": [tenant("red", "regulated", risk={"model": "crown-jewel"})]},
        "platform.pools.general.seal: 'red' needs sealed nodes, got 'pool general without a seal'; "
        "allowed: sev-snp, nitro-enclaves, nitro-tpm",
    ),
    (
        {"tenants": [tenant("red", "regulated", risk={"regulation": "no-shared-hosts"})]},
        "platform.tenants.red: the regulation needs physical hosts that nobody else uses and may "
        "not run on pattern 'single-tenant-cluster', which gives no own hosts; the weakest pattern "
        "that would do is 'dedicated-hosts'",
    ),
    (
        {
            "cidr": None,
            "network": {
                "vpc_id": "vpc-1",
                "subnet_ids": {},
                "cluster_cidrs": [],
                "endpoint_cidrs": [],
                "resolver_cidr": "10.0.0.2/32",
                "s3_endpoint_url": "https://x",
                "instance_tenancy": "dedicated",
            },
        },
        "platform.network.instance_tenancy: EKS works in no VPC of dedicated tenancy, got "
        "'dedicated'; allowed: default; pattern 'dedicated-hosts' has whole servers",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(lambda: SingleTenantCluster("platform", {**ARGS, **changes})) == sentence
