import base64
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead import NodePool
from bulkhead.domain.instances import INSTANCES, Architecture
from bulkhead.domain.pools import Pool, total_capacity
from bulkhead.preview.plan import Plan
from tests.foundation.samples import KEY, one, planned, refusal, scope

GPU_POOL: dict[str, Any] = {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 8}
ARGS: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "pool": GPU_POOL,
    "cluster_name": "dev-shared",
    "version": "1.36",
    "security_group_id": "sg-1",
    "subnet_ids": ["subnet-1", "subnet-2"],
    "node_role_arn": "arn:aws:iam::111122223333:role/node",
    "volume_key_arn": KEY,
}
GROUP, TEMPLATE = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/launchTemplate:LaunchTemplate"


def pool(**changes: Any) -> Plan:
    return planned(lambda: NodePool("gpu", {**ARGS, **changes}))


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return one(pool(), TEMPLATE).inputs


def test_every_disk_is_encrypted_with_the_partitions_key(template: dict[str, Any]) -> None:
    disks = [mapping["ebs"] for mapping in template["blockDeviceMappings"]]
    assert len(disks) == 2
    for disk in disks:
        assert (disk["encrypted"], disk["kmsKeyId"], disk["volumeType"]) == ("true", KEY, "gp3")


def test_pods_do_not_reach_the_nodes_credentials(template: dict[str, Any]) -> None:
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }


def test_nodes_have_no_public_address_and_the_clusters_security_group(
    template: dict[str, Any],
) -> None:
    (interface,) = template["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"
    assert interface["securityGroups"] == ["sg-1"]


def test_instances_volumes_and_interfaces_carry_the_labels(template: dict[str, Any]) -> None:
    tags = {s["resourceType"]: s["tags"] for s in template["tagSpecifications"]}
    assert set(tags) == {"instance", "volume", "network-interface"}
    assert all(t["bulkhead:pool"] == "gpu" for t in tags.values())
    assert all(t["bulkhead:cost-center"] == "cc-100" for t in tags.values())


def test_nobody_logs_into_a_node_and_containers_get_a_seccomp_profile(
    template: dict[str, Any],
) -> None:
    settings = tomllib.loads(base64.b64decode(template["userData"]).decode())["settings"]
    assert settings["host-containers"] == {
        "admin": {"enabled": False},
        "control": {"enabled": False},
    }
    assert settings["kubernetes"] == {"seccomp-default": True}


@pytest.mark.parametrize(
    ("instance_type", "image"),
    [
        ("m7i.large", "BOTTLEROCKET_x86_64"),
        ("m7g.large", "BOTTLEROCKET_ARM_64"),
        ("g6.xlarge", "BOTTLEROCKET_x86_64_NVIDIA"),
        ("p5.48xlarge", "BOTTLEROCKET_x86_64_NVIDIA"),
    ],
)
def test_the_image_fits_the_instances(instance_type: str, image: str) -> None:
    group = one(pool(pool={"name": "a", "instance_types": [instance_type]}), GROUP).inputs
    assert group["amiType"] == image


def test_nodes_with_gpus_and_system_nodes_are_tainted_and_general_ones_are_not() -> None:
    gpu = one(pool(), GROUP).inputs
    assert gpu["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    assert gpu["labels"]["bulkhead.dev/pool"] == "gpu"
    general = {"name": "general", "instance_types": ["m7i.large"]}
    assert one(pool(pool=general), GROUP).inputs["taints"] == []
    (taint,) = one(pool(pool=general, system=True), GROUP).inputs["taints"]
    assert taint["key"] == "CriticalAddonsOnly"


def test_sizes_are_the_pools_and_the_desired_one_is_the_least_by_default() -> None:
    sized = {**GPU_POOL, "min_size": 2}
    assert one(pool(pool=sized), GROUP).inputs["scalingConfig"] == {
        "minSize": 2,
        "desiredSize": 2,
        "maxSize": 8,
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"instance_types": ["g6.big"]},
            "gpu.pool.instance_types: unknown instance type, got 'g6.big'; allowed: g6.xlarge, "
            "g6.2xlarge, g6.4xlarge, g6.8xlarge, g6.16xlarge, g6.12xlarge, g6.24xlarge, "
            "g6.48xlarge",
        ),
        (
            {"instance_types": []},
            "gpu.pool.instance_types: a pool needs an instance type; allowed: at least one",
        ),
        (
            {"instance_types": ["g6.xlarge", "m7i.xlarge"]},
            "gpu.pool.instance_types: instance types of different kind in one pool, got "
            "'g6.xlarge, m7i.xlarge'; allowed: one architecture, and all with GPUs or all without",
        ),
        (
            {"instance_types": ["m7g.xlarge", "m7i.xlarge"]},
            "gpu.pool.instance_types: instance types of different kind in one pool, got "
            "'m7g.xlarge, m7i.xlarge'; allowed: one architecture, and all with GPUs or all without",
        ),
        (
            {"min_size": 9},
            "gpu.pool: the sizes of the pool are out of order, got '9, 9, 8'; "
            "allowed: 0 <= min_size <= desired_size <= max_size, and max_size 1 or more",
        ),
        (
            {"disk_gib": 5},
            "gpu.pool.disk_gib: a node's disk of this size is not possible, got '5'; "
            "allowed: 20 to 16384 GiB",
        ),
        (
            {"max_size": "8"},
            "gpu.pool.max_size: a value of the wrong type, got '8'; allowed: a whole number",
        ),
    ],
)
def test_what_can_not_be_a_pool_is_refused(changes: dict[str, Any], sentence: str) -> None:
    args = {**ARGS, "pool": {**GPU_POOL, **changes}}
    assert refusal(lambda: NodePool("gpu", args)) == sentence


def test_a_system_pool_with_gpus_is_refused() -> None:
    assert refusal(lambda: NodePool("gpu", {**ARGS, "system": True})) == (
        "gpu.pool.instance_types: a system pool needs no GPUs, got 'g6.4xlarge'"
    )


@given(st.sampled_from(sorted(INSTANCES)), st.integers(1, 100))
def test_capacity_is_that_of_the_instances_at_the_largest_size(name: str, size: int) -> None:
    instance = INSTANCES[name]
    offer = total_capacity([Pool("a", (name,), max_size=size)])
    assert offer.gpus == size * instance.gpus
    assert offer.cpus == size * instance.vcpus
    assert offer.memory_gib == size * instance.memory_gib


def test_a_pool_of_several_types_counts_as_if_it_got_the_smallest() -> None:
    mixed = Pool("a", ("g6.4xlarge", "g6.12xlarge"), max_size=2)
    assert (mixed.capacity().gpus, mixed.capacity().cpus) == (2, 32)


def test_graviton_has_no_gpus_and_every_gpu_a_name() -> None:
    for instance in INSTANCES.values():
        assert bool(instance.gpus) == bool(instance.gpu)
        if instance.architecture is Architecture.ARM64:
            assert instance.gpus == 0
