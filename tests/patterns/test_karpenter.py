"""A pattern's pools by Karpenter, beside managed ones: one word chooses (ISO-4)."""

from typing import Any

import pytest

import bulkhead
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, refusal
from tests.patterns.platforms import COMMON, PLATFORMS, TPM, build, platform, pool, tenant

IMAGE = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/karpenter@sha256:" + "ab" * 32
NODES, CLASS = "kubernetes:karpenter.sh/v1:NodePool", "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
GROUP = "aws:eks/nodeGroup:NodeGroup"
RED, GREEN = tenant("red", "confidential"), tenant("green", "internal")
BURST = pool("burst", "g6.4xlarge", tenant="red", provisioner="karpenter")
INNER = pool("inner", tier="internal", provisioner="karpenter")
MIXED: dict[str, Any] = {
    "tenants": [RED, GREEN],
    "pools": [pool("red", tenant="red"), BURST, INNER],
    "karpenter_image": IMAGE,
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(lambda: build("DedicatedNodePools", **MIXED), assume_applied=True)


def test_one_word_moves_a_pool_to_karpenter(plan: Plan) -> None:
    assert {group.name for group in plan.of_type(GROUP)} == {"platform-system", "platform-red"}
    assert {nodes.inputs["metadata"]["name"] for nodes in plan.of_type(NODES)} == {
        "burst",
        "inner",
    }
    assert len([*plan.of_type("bulkhead:index:Karpenter")]) == 1


def test_pools_of_tenant_and_tier_are_kept_apart_by_taint(plan: Plan) -> None:
    taints = {
        nodes.inputs["metadata"]["name"]: {
            t["key"]: t["value"] for t in nodes.inputs["spec"]["template"]["spec"]["taints"]
        }
        for nodes in plan.of_type(NODES)
    }
    assert taints == {
        "burst": {"nvidia.com/gpu": "present", "bulkhead.dev/tenant": "red"},
        "inner": {"bulkhead.dev/tier": "internal"},
    }


def test_each_pools_disks_have_the_key_of_its_tier_and_its_nodes_the_inference_plane(
    plan: Plan,
) -> None:
    classes = {c.inputs["metadata"]["name"]: c.inputs["spec"] for c in plan.of_type(CLASS)}
    template = one(plan, "aws:ec2/launchTemplate:LaunchTemplate", "platform-red").inputs
    managed = one(plan, GROUP, "platform-red").inputs
    keys = {
        name: {disk["ebs"]["kmsKeyID"] for disk in spec["blockDeviceMappings"]}
        for name, spec in classes.items()
    }
    assert keys["burst"] == {template["blockDeviceMappings"][0]["ebs"]["kmsKeyId"]}
    assert keys["inner"] != keys["burst"]
    subnets = [term["id"] for term in classes["burst"]["subnetSelectorTerms"]]
    assert subnets == managed["subnetIds"]


def test_the_controller_may_start_the_pools_types_and_no_others(plan: Plan) -> None:
    policy = one(plan, "aws:iam/rolePolicy:RolePolicy", "platform-karpenter-controller-permissions")
    assert '"ec2:InstanceType": ["g6.4xlarge", "m7i.4xlarge"]' in policy.inputs["policy"]


def test_karpenter_comes_after_the_clusters_services_and_its_pools_after_it(plan: Plan) -> None:
    release = one(plan, "kubernetes:helm.sh/v3:Release", "platform-karpenter")
    dns = one(plan, "aws:eks/addon:Addon", "platform-coredns")
    assert dns.urn in release.dependencies
    for made in plan.of_type(CLASS):
        assert release.urn in made.dependencies


def test_the_network_has_the_endpoints_that_karpenter_calls(plan: Plan) -> None:
    assert {"sqs", "ssm"} <= endpoints(plan)
    assert not {"sqs", "ssm"} & endpoints(platform("DedicatedNodePools"))


def endpoints(plan: Plan) -> set[str]:
    found = plan.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    return {each.inputs["serviceName"].rpartition(".")[2] for each in found}


def test_without_such_a_pool_there_is_no_karpenter() -> None:
    assert not [*platform("DedicatedNodePools").of_type("bulkhead:index:Karpenter")]


@pytest.mark.parametrize(
    ("component", "changes"),
    [
        (
            "SharedCluster",
            {
                "tenants": [tenant("red", "internal")],
                "pools": [pool("general", provisioner="karpenter")],
            },
        ),
        (
            "SingleTenantCluster",
            {
                "tenants": [tenant("red", "regulated")],
                "pools": [pool("general", provisioner="karpenter")],
            },
        ),
        (
            "ConfidentialCompute",
            {
                "tenants": [RED],
                "pools": [
                    pool("sealed", "g6.4xlarge", tenant="red", seal=TPM, provisioner="karpenter")
                ],
            },
        ),
    ],
)
def test_other_patterns_take_karpenter_where_it_can(
    component: str, changes: dict[str, Any]
) -> None:
    plan = platform(component, karpenter_image=IMAGE, **changes)
    (nodes,) = plan.of_type(NODES)
    labels = nodes.inputs["spec"]["template"]["metadata"]["labels"]
    whose = "platform" if component == "SharedCluster" else "red"
    assert labels["bulkhead.dev/tenant"] == whose


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "DedicatedNodePools",
        {**MIXED, "karpenter_image": None},
        "platform.karpenter_image: an image is mirrored to a private registry and named by "
        "digest, got 'none'; allowed: <account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 "
        "hex digits>, with a tag before the @ or without",
    ),
    (
        "DedicatedNodePools",
        {**MIXED, "system_pool": pool("system", provisioner="karpenter")},
        "platform.system_pool.provisioner: the cluster's own pods run on nodes that start by "
        "themselves, got 'karpenter'; allowed: managed",
    ),
    (
        "DedicatedHosts",
        {
            "pools": [pool("metal", "m7i.metal-48xl", provisioner="karpenter")],
            "karpenter_image": IMAGE,
        },
        "platform.pools.metal.provisioner: hosts take self-managed nodes only, and bare metal "
        "managed ones, got 'karpenter'; allowed: managed",
    ),
    (
        "DedicatedHosts",
        {
            "pools": [
                pool("hosts", provisioner="karpenter", hosts=1, zone="eu-central-1a"),
            ],
            "karpenter_image": IMAGE,
        },
        "platform.pools[0].hosts: Karpenter starts no nodes on hosts, got '1'; allowed: "
        "provisioner hosts",
    ),
    (
        "DedicatedNodePools",
        {
            **MIXED,
            "tenants": [tenant("red", "confidential", quota={"gpus": 5, "cpus": 8}), GREEN],
            "pools": [BURST, INNER],
        },
        "platform.tenants: the quotas of gpus of red are more than their pools grow to, got '5'; "
        "allowed: at most 2",
    ),
]


@pytest.mark.parametrize(("component", "changes", "sentence"), REFUSED)
def test_what_does_not_fit_is_refused_before_anything_is_made(
    component: str, changes: dict[str, Any], sentence: str
) -> None:
    args = {**COMMON, **PLATFORMS[component], **changes}
    assert refusal(lambda: getattr(bulkhead, component)("platform", args)) == sentence
