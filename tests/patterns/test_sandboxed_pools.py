"""Pools that run sandboxes, on every pattern."""

from typing import Any

import pytest

import bulkhead
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, refusal
from tests.patterns.platforms import COMMON, PLATFORMS, platform, pool

AMI = "ami-0123456789abcdef0"
KATA = {
    "installer": f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/kata-deploy@sha256:{'a' * 64}",
    "kubectl": f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/kubectl@sha256:{'b' * 64}",
}
GROUP, TEMPLATE = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/launchTemplate:LaunchTemplate"
SCALING = "aws:autoscaling/group:Group"
CLASS = "kubernetes:node.k8s.io/v1:RuntimeClass"
RELEASE = "kubernetes:helm.sh/v3:Release"

WHOSE = {
    "SharedCluster": {},
    "DedicatedNodePools": {"tenant": "red"},
    "SingleTenantCluster": {},
    "ConfidentialCompute": {"tenant": "red"},
    "DedicatedHosts": {},
}
"""Whose a pool of each pattern is."""


def with_pool(component: str, more: dict[str, Any], **changes: Any) -> dict[str, Any]:
    pools = [*PLATFORMS[component]["pools"], {**more, **WHOSE[component]}]
    return {"pools": pools, **changes}


def template_of(plan: Plan, name: str) -> dict[str, Any]:
    return one(plan, TEMPLATE, f"*-{name}").inputs


@pytest.fixture(scope="module")
def kata() -> Plan:
    agents = pool("agents", runtimes=["kata"])
    return platform("SharedCluster", **with_pool("SharedCluster", agents, kata=KATA))


def test_kata_runs_in_virtual_machines_of_nodes_that_nothing_else_lands_on(kata: Plan) -> None:
    template = template_of(kata, "agents")
    assert template["cpuOptions"] == {"nestedVirtualization": "enabled"}
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert one(kata, SCALING).inputs["maxSize"] == 2
    assert [g.name for g in kata.of_type(GROUP) if "agents" in g.name] == []


def test_the_runtime_class_sends_pods_to_these_nodes_and_charges_them(kata: Plan) -> None:
    made = one(kata, CLASS).inputs
    assert made["metadata"]["name"] == "kata"
    assert made["handler"] == "kata-qemu-runtime-rs"
    assert made["overhead"] == {"podFixed": {"cpu": "250m", "memory": "320Mi"}}
    assert made["scheduling"] == {
        "nodeSelector": {
            "bulkhead.dev/runtime-kata": "true",
            "katacontainers.io/kata-runtime": "true",
        },
        "tolerations": [
            {
                "key": "bulkhead.dev/sandbox",
                "operator": "Equal",
                "value": "true",
                "effect": "NoSchedule",
            }
        ],
    }


def test_kata_is_installed_by_its_chart_on_these_nodes_alone(kata: Plan) -> None:
    release = one(kata, RELEASE, "*kata-deploy").inputs
    assert release["version"] == "4.1.0"
    values = release["values"]
    assert values["nodeSelector"] == {"bulkhead.dev/runtime-kata": "true"}
    assert values["image"]["reference"] == KATA["installer"]
    assert values["shims"] == {"disableAll": True, "qemu-runtime-rs": {"enabled": True}}


def joined(component: str, runtime: str) -> dict[str, Any]:
    """What a node of an own image is told when it starts."""
    agents = pool("agents", runtimes=[runtime], ami_id=AMI)
    plan = platform(component, **with_pool(component, agents))
    return {"template": template_of(plan, "agents"), "plan": plan}


@pytest.mark.parametrize("component", ["SharedCluster", "DedicatedNodePools"])
def test_gvisor_is_told_to_containerd_on_an_image_that_has_it(component: str) -> None:
    # Outputs of the cluster are unknown at preview, and with them the user data.
    made = joined(component, "gvisor")
    assert made["template"]["imageId"] == AMI
    assert one(made["plan"], CLASS).inputs["handler"] == "runsc"
    assert [*made["plan"].of_type(RELEASE)] == []
    group = one(made["plan"], GROUP, "*agents").inputs
    assert group["amiType"] == "CUSTOM"
    assert {t["key"] for t in group["taints"]} >= {"bulkhead.dev/sandbox"}
    assert group["labels"]["bulkhead.dev/runtime-gvisor"] == "true"


@pytest.mark.parametrize("component", ["SharedCluster", "SingleTenantCluster"])
def test_nitro_sandboxes_start_from_nodes_that_may_start_enclaves(component: str) -> None:
    made = joined(component, "isolated-sandbox")
    assert made["template"]["enclaveOptions"] == {"enabled": True}
    assert "cpuOptions" not in made["template"]


def test_a_confidential_pool_may_be_sealed_by_its_sandboxes_alone() -> None:
    agents = pool("agents", runtimes=["confidential-sandbox"], ami_id=AMI)
    plan = platform("ConfidentialCompute", **with_pool("ConfidentialCompute", agents))
    assert one(plan, CLASS).inputs["metadata"]["name"] == "confidential-sandbox"
    weak = pool("agents", runtimes=["isolated-sandbox"], ami_id=AMI)
    args = {**COMMON, **PLATFORMS["ConfidentialCompute"]}
    args |= with_pool("ConfidentialCompute", weak)
    assert refusal(lambda: bulkhead.ConfidentialCompute("platform", args)) == (
        "platform.pools.agents.seal: a confidential pool says what seals it; allowed: sev-snp, "
        "nitro-enclaves, nitro-tpm, or confidential-sandbox alone as runtime"
    )


def test_sandboxes_run_on_dedicated_hosts() -> None:
    agents = pool("agents", max_size=2, hosts=1, zone="eu-central-1a", runtimes=["kata"])
    plan = platform("DedicatedHosts", **with_pool("DedicatedHosts", agents, kata=KATA))
    template = template_of(plan, "agents")
    assert template["cpuOptions"] == {"nestedVirtualization": "enabled"}
    assert template["placement"]["tenancy"] == "host"


@pytest.mark.parametrize("component", PLATFORMS)
def test_a_pattern_without_sandboxes_has_none(component: str) -> None:
    plan = platform(component)
    assert [*plan.of_type(CLASS)] == []
    assert [r.name for r in plan.of_type(RELEASE) if "kata" in r.name] == []


@pytest.mark.parametrize(
    ("more", "changes", "sentence"),
    [
        (
            {"runtimes": ["kata"]},
            {},
            "platform.kata: Kata is installed on nodes by its own chart, got 'no images'; allowed: "
            "images for the runtime kata, and for no other",
        ),
        (
            {},
            {"kata": KATA},
            "platform.kata: Kata is installed on nodes by its own chart, got 'images without nodes "
            "that run kata'; allowed: images for the runtime kata, and for no other",
        ),
        (
            {"runtimes": ["kata"]},
            {"kata": {**KATA, "installer": "quay.io/kata-containers/kata-deploy:4.1.0"}},
            "platform.kata.installer: an image is mirrored to a private registry and named by "
            "digest, got 'quay.io/kata-containers/kata-deploy:4.1.0'; allowed: <account>.dkr.ecr."
            "<region>.amazonaws.com/<name>@sha256:<64 hex digits>, with a tag before the @ or "
            "without",
        ),
        (
            {"runtimes": ["isolated-sandbox"], "ami_id": AMI},
            {"version": "1.35"},
            "platform.version: runtime 'isolated-sandbox' needs a newer Kubernetes, got '1.35'; "
            "allowed: 1.36 or newer",
        ),
    ],
)
def test_what_can_not_be_had_is_refused_in_one_sentence(
    more: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    args = {**COMMON, **PLATFORMS["SharedCluster"]}
    args |= with_pool("SharedCluster", pool("agents", **more), **changes)
    assert refusal(lambda: bulkhead.SharedCluster("platform", args)) == sentence
