"""Karpenter and its pools: what it installs, what its nodes are, and what is refused (ISO-4)."""

import json
import tomllib
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import Karpenter, KarpenterPool, NodePool
from bulkhead.preview.plan import Plan, Resource
from tests.cluster.test_pools import ARGS as MANAGED
from tests.foundation.samples import APPLIED, KEY, one, planned, refusal, scope

POOL: dict[str, Any] = {
    "name": "gpu",
    "provisioner": "karpenter",
    "instance_types": ["g6.4xlarge", "g6.12xlarge"],
    "max_size": 3,
    "tenant": "red",
}
ARGS: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "pool": POOL,
    "security_group_id": "sg-1",
    "subnet_ids": ["subnet-1", "subnet-2"],
    "instance_profile": "dev-karpenter-node",
    "volume_key_arn": KEY,
}
CONTROLLER: dict[str, Any] = {
    "scope": scope(),
    "tier": "confidential",
    "cluster_name": "dev-pools",
    "endpoint": "https://api.example",
    "image": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/karpenter:1.14.1@sha256:" + "ab" * 32,
    "instance_types": ["g6.4xlarge"],
    "log_key_arn": KEY,
    "cluster_cidrs": ["10.20.1.0/28"],
    "endpoint_cidrs": ["10.20.2.0/26"],
}
CLASS, NODES = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", "kubernetes:karpenter.sh/v1:NodePool"
RELEASE = "kubernetes:helm.sh/v3:Release"
ZONE = "eu-central-1a"
RESERVATION = {"id": "cr-0123456789abcdef0", "instances": 3}


def provider() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))


def pool(**changes: Any) -> Plan:
    described = {**POOL, **changes}
    return planned(lambda: KarpenterPool("gpu", {**ARGS, "pool": described}, provider()))


def spec(plan: Plan, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = one(plan, kind).inputs["spec"]
    return found


@pytest.fixture(scope="module")
def made() -> Plan:
    return pool()


@pytest.fixture(scope="module")
def controller() -> Plan:
    return planned(lambda: Karpenter("karpenter", CONTROLLER, provider()), **APPLIED)


def test_the_nodes_carry_the_labels_and_taints_of_a_managed_pool(made: Plan) -> None:
    described = {**POOL, "provisioner": "managed"}
    managed = planned(lambda: NodePool("gpu", {**MANAGED, "pool": described}))
    group = one(managed, "aws:eks/nodeGroup:NodeGroup").inputs
    template = spec(made, NODES)["template"]
    assert template["metadata"]["labels"] == group["labels"]
    assert {(t["key"], t["value"]) for t in template["spec"]["taints"]} == {
        (t["key"], t["value"]) for t in group["taints"]
    }
    assert {t["effect"] for t in template["spec"]["taints"]} == {"NoSchedule"}


def test_limits_are_the_most_that_the_pool_grows_to(made: Plan) -> None:
    assert spec(made, NODES)["limits"] == {
        "nodes": "3",
        "cpu": str(3 * 48),
        "memory": f"{3 * 192}Gi",
        "nvidia.com/gpu": "12",
    }


def test_only_the_listed_types_start_and_on_demand(made: Plan) -> None:
    wanted = spec(made, NODES)["template"]["spec"]["requirements"]
    assert {r["operator"] for r in wanted} == {"In"}
    assert {r["key"]: r["values"] for r in wanted} == {
        "kubernetes.io/arch": ["amd64"],
        "node.kubernetes.io/instance-type": ["g6.4xlarge", "g6.12xlarge"],
        "karpenter.sh/capacity-type": ["on-demand"],
    }


def test_nodes_grow_two_weeks_old_and_are_replaced_in_parts(made: Plan) -> None:
    template = spec(made, NODES)["template"]["spec"]
    assert (template["expireAfter"], template["terminationGracePeriod"]) == ("336h", "168h")
    assert spec(made, NODES)["disruption"] == {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "10m",
        "budgets": [{"nodes": "33%"}],
    }


def test_a_node_is_as_hard_as_one_of_a_managed_pool(made: Plan) -> None:
    nodes = spec(made, CLASS)
    assert nodes["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpProtocolIPv6": "disabled",
        "httpPutResponseHopLimit": 1,
        "httpTokens": "required",
    }
    assert nodes["associatePublicIPAddress"] is False
    disks = {d["deviceName"]: d["ebs"] for d in nodes["blockDeviceMappings"]}
    assert {device: disk["volumeSize"] for device, disk in disks.items()} == {
        "/dev/xvda": "4Gi",
        "/dev/xvdb": "100Gi",
    }
    for disk in disks.values():
        assert (disk["encrypted"], disk["kmsKeyID"], disk["volumeType"]) == (True, KEY, "gp3")
    settings = tomllib.loads(nodes["userData"])["settings"]
    assert settings["host-containers"]["admin"] == {"enabled": False}
    assert settings["kubernetes"] == {"seccomp-default": True}
    assert nodes["tags"]["bulkhead:tenant"] == "red"


def test_network_and_profile_are_named_and_the_image_is_one_release(made: Plan) -> None:
    nodes = spec(made, CLASS)
    assert nodes["subnetSelectorTerms"] == [{"id": "subnet-1"}, {"id": "subnet-2"}]
    assert nodes["securityGroupSelectorTerms"] == [{"id": "sg-1"}]
    assert nodes["instanceProfile"] == "dev-karpenter-node"
    assert "role" not in nodes
    assert nodes["amiSelectorTerms"] == [{"alias": "bottlerocket@v1.66.0"}]
    told = spec(pool(image="al2023", release="v20260818"), CLASS)
    assert told["amiSelectorTerms"] == [{"alias": "al2023@v20260818"}]
    assert '"seccompDefault": true' in told["userData"]


def test_a_reserved_pool_runs_in_its_reservation_first_and_nowhere_else() -> None:
    plan = pool(instance_types=["g6.4xlarge"], zone=ZONE, reservation=RESERVATION)
    assert spec(plan, CLASS)["capacityReservationSelectorTerms"] == [{"id": RESERVATION["id"]}]
    wanted = {r["key"]: r["values"] for r in spec(plan, NODES)["template"]["spec"]["requirements"]}
    assert wanted["karpenter.sh/capacity-type"] == ["reserved"]
    assert wanted["topology.kubernetes.io/zone"] == [ZONE]
    assert spec(plan, NODES)["weight"] == 100
    assert one(plan, "aws:cloudwatch/metricAlarm:MetricAlarm").inputs["dimensions"] == {
        "CapacityReservationId": RESERVATION["id"]
    }


def test_efa_has_an_interface_of_its_own_on_every_card() -> None:
    plan = planned(
        lambda: KarpenterPool(
            "gpu",
            {
                **ARGS,
                "pool": {**POOL, "instance_types": ["p5.48xlarge"], "zone": ZONE, "efa": True},
            },
            provider(),
        ),
        **APPLIED,
    )
    nodes = spec(plan, CLASS)
    first, *others = nodes["networkInterfaces"]
    assert first == {"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "interface"}
    assert [o["networkCardIndex"] for o in others] == list(range(32))
    assert {(o["deviceIndex"], o["interfaceType"]) for o in others} == {(1, "efa-only")}
    group = one(plan, "aws:ec2/placementGroup:PlacementGroup")
    assert group.inputs["strategy"] == "cluster"
    assert nodes["placementGroupSelector"]["name"].startswith(group.name)


def test_nodes_of_kata_run_virtual_machines_and_nothing_else() -> None:
    plan = pool(
        instance_types=["m7i.4xlarge"], image="al2023", release="v20260818", runtimes=["kata"]
    )
    assert spec(plan, CLASS)["cpuOptions"] == {"nestedVirtualization": "enabled"}
    template = spec(plan, NODES)["template"]
    assert template["metadata"]["labels"]["bulkhead.dev/runtime-kata"] == "true"
    assert "bulkhead.dev/sandbox" in {taint["key"] for taint in template["spec"]["taints"]}


def test_attested_nodes_boot_the_measured_image_of_ones_own() -> None:
    seal = {
        "protection": "nitro-tpm",
        "measurements": {"pcr4": "4a" * 48, "pcr12": "00" * 48},
        "ami_id": "ami-0123456789abcdef0",
    }
    nodes = spec(pool(seal=seal), CLASS)
    assert nodes["amiFamily"] == "AL2023"
    assert nodes["amiSelectorTerms"] == [{"id": "ami-0123456789abcdef0"}]


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"provisioner": "managed"},
        "gpu.pool.provisioner: somebody else starts the nodes of this pool, got 'managed'; "
        "allowed: karpenter",
    ),
    (
        {"hosts": 1, "instance_types": ["m7i.4xlarge"], "zone": ZONE},
        "gpu.pool.hosts: Karpenter starts no nodes on hosts, got '1'; allowed: provisioner hosts",
    ),
    (
        {"min_size": 1},
        "gpu.pool.desired_size: Karpenter starts nodes when pods need them and keeps none, got "
        "'1'; allowed: a min_size and a desired_size of 0, or provisioner managed",
    ),
    (
        {
            "instance_types": ["m7i.4xlarge"],
            "seal": {"protection": "nitro-enclaves", "measurements": {"pcr0": "ab" * 48}},
        },
        "gpu.pool.seal.protection: Karpenter's nodes are not sealed by this, got "
        "'nitro-enclaves'; allowed: nitro-tpm, or provisioner managed",
    ),
    (
        {"sharing": {"strategy": "time-slicing", "replicas": 4}},
        "gpu.pool.sharing: Karpenter counts whole GPUs and would start a node for each share, got "
        "'time-slicing'; allowed: whole GPUs, or provisioner managed",
    ),
    (
        {"release": "latest"},
        "gpu.pool.release: not a release of bottlerocket, got 'latest'; allowed: v and three "
        "numbers",
    ),
    (
        {"image": "al2023"},
        "gpu.pool.release: not a release of al2023, got 'none'; allowed: v and its date, such as "
        "v20260818",
    ),
    (
        {
            "release": "v1.66.0",
            "seal": {
                "protection": "nitro-tpm",
                "measurements": {"pcr7": "4a" * 48},
                "ami_id": "ami-0123456789abcdef0",
            },
        },
        "gpu.pool.release: an image of your own has no release, got 'v1.66.0'; allowed: none",
    ),
    (
        {"provisioner": "managed", "release": "v1.66.0"},
        "gpu.pool.release: the release of the nodes is EKS's own for the cluster's version, got "
        "'v1.66.0'; allowed: none, or provisioner karpenter",
    ),
    (
        {
            "instance_types": ["m7i.4xlarge"],
            "release": "v20260818",
            "runtimes": ["gvisor"],
            "ami_id": "ami-0123456789abcdef0",
        },
        "gpu.pool.ami_id: Karpenter's nodes start from Amazon's image, or from a measured one, got "
        "'ami-0123456789abcdef0'; allowed: none, or provisioner managed",
    ),
    (
        {"provisioner": "fargate"},
        "gpu.pool.provisioner: unknown provisioner, got 'fargate'; allowed: managed, karpenter, "
        "self-managed, hosts",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_what_karpenter_can_not_start_is_refused(changes: dict[str, Any], sentence: str) -> None:
    args = {**ARGS, "pool": {**POOL, **changes}}
    assert refusal(lambda: KarpenterPool("gpu", args)) == sentence


def test_sev_snp_is_none_of_karpenters() -> None:
    described = {
        **POOL,
        "instance_types": ["m6a.4xlarge"],
        "seal": {"protection": "sev-snp"},
    }
    args = {**ARGS, "scope": scope(region="eu-west-1"), "pool": described}
    assert refusal(lambda: KarpenterPool("gpu", args)) == (
        "gpu.pool.seal.protection: Karpenter's nodes are not sealed by this, got 'sev-snp'; "
        "allowed: nitro-tpm, or provisioner managed"
    )


def test_a_managed_group_is_none_of_karpenters() -> None:
    args = {**MANAGED, "pool": POOL}
    assert refusal(lambda: NodePool("gpu", args)) == (
        "gpu.pool.provisioner: a managed node group does not take such a pool, got 'karpenter'; "
        "allowed: managed"
    )


def release(plan: Plan, name: str) -> Resource:
    return one(plan, RELEASE, name)


def test_the_definitions_come_before_the_controller_and_all_that_it_needs(controller: Plan) -> None:
    installed = release(controller, "karpenter")
    before = {urn.rpartition("::")[2] for urn in installed.dependencies}
    assert {
        "karpenter-definitions",
        "karpenter-controller-permissions",
        "karpenter-node-worker",
        "karpenter-node",
    } <= before
    assert (installed.inputs["version"], installed.inputs["atomic"]) == ("1.14.1", True)


def test_the_controller_runs_a_private_image_by_digest_on_the_systems_nodes(
    controller: Plan,
) -> None:
    values = release(controller, "karpenter").inputs["values"]
    assert values["controller"]["image"] == {
        "repository": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/karpenter",
        "tag": "1.14.1",
        "digest": "sha256:" + "ab" * 32,
    }
    assert values["nodeSelector"]["bulkhead.dev/plane"] == "control"
    assert values["controller"]["resources"]["limits"] == {"memory": "1Gi"}


def test_the_controller_knows_its_cluster_its_queue_and_that_it_is_shut_in(
    controller: Plan,
) -> None:
    settings = release(controller, "karpenter").inputs["values"]["settings"]
    assert settings == {
        "clusterName": "dev-pools",
        "clusterEndpoint": "https://api.example",
        "interruptionQueue": "dev-confidential-karpenter-interruptions",
        "isolatedVPC": True,
        "disableDryRun": True,
    }


def test_it_hears_of_interruptions_through_an_encrypted_queue(controller: Plan) -> None:
    queue = one(controller, "aws:sqs/queue:Queue", "karpenter-interruptions")
    assert queue.inputs["kmsMasterKeyId"] == KEY
    rules = controller.of_type("aws:cloudwatch/eventRule:EventRule")
    told = [detail for r in rules for detail in json.loads(r.inputs["eventPattern"])["detail-type"]]
    assert {"EC2 Spot Instance Interruption Warning", "AWS Health Event"} <= set(told)
    targets = controller.of_type("aws:cloudwatch/eventTarget:EventTarget")
    assert {t.inputs["arn"] for t in targets} == {
        "arn:aws:sqs:eu-central-1:111122223333:dev-confidential-karpenter-interruptions"
    }


def test_its_pods_reach_the_api_server_dns_and_endpoints_alone(controller: Plan) -> None:
    policy = one(controller, "kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs
    assert policy["metadata"]["namespace"] == "kube-system"
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy["spec"]
    blocks = {
        to["ipBlock"]["cidr"]
        for rule in policy["spec"]["egress"]
        for to in rule["to"]
        if "ipBlock" in to
    }
    assert blocks == {"172.20.0.1/32", "10.20.1.0/28", "169.254.170.23/32", "10.20.2.0/26"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"image": "public.ecr.aws/karpenter/controller:1.14.1"},
            "karpenter.image: an image is mirrored to a private registry and named by digest, got "
            "'public.ecr.aws/karpenter/controller:1.14.1'; allowed: <account>.dkr.ecr.<region>."
            "amazonaws.com/<name>@sha256:<64 hex digits>, with a tag before the @ or without",
        ),
        (
            {"instance_types": []},
            "karpenter.instance_types: Karpenter needs an instance type; allowed: at least one",
        ),
        (
            {"disk_tiers": ["internal", "internal"]},
            "karpenter.disk_tiers: not a list of different tiers, got 'internal, internal'; "
            "allowed: one or more, each once",
        ),
    ],
)
def test_what_the_controller_can_not_be_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: Karpenter("karpenter", {**CONTROLLER, **changes})) == sentence
