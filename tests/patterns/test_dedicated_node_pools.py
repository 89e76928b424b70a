"""Pattern B: whose pods land on which nodes, and what the nodes are (ISO-4, TRN-5)."""

import base64
import datetime
from typing import Any

import pytest

from bulkhead import DedicatedNodePools
from bulkhead.cluster.admission.catalogue import admission_rules
from bulkhead.preview.plan import Plan, Resource
from tests.foundation.samples import one, planned, refusal
from tests.patterns.platforms import COMMON, PLATFORMS, build, platform, pool, tenant

ARGS = {**COMMON, **PLATFORMS["DedicatedNodePools"]}
GROUP, TEMPLATE = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/launchTemplate:LaunchTemplate"
NAMESPACE = "kubernetes:core/v1:Namespace"
RED = tenant("red", "confidential")
SOON = (datetime.date.today() + datetime.timedelta(days=5)).isoformat()
BLOCK = {"id": "cr-0123456789abcdef0", "instances": 2, "kind": "capacity-block", "ends": SOON}
ZONE = "eu-central-1b"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return platform("DedicatedNodePools")


def one_pool(**pool_args: Any) -> Plan:
    described = {"name": "red", "max_size": 2, "tenant": "red", **pool_args}
    return platform("DedicatedNodePools", tenants=[RED], pools=[described])


def taints(group: Resource) -> dict[str, str]:
    assert {taint["effect"] for taint in group.inputs["taints"]} == {"NO_SCHEDULE"}
    return {taint["key"]: taint["value"] for taint in group.inputs["taints"]}


def test_every_pool_is_tainted_and_labelled_for_its_tenant_or_tier(plan: Plan) -> None:
    assert {group.name: taints(group) for group in plan.of_type(GROUP)} == {
        "platform-system": {"CriticalAddonsOnly": "true"},
        "platform-red-gpu": {"nvidia.com/gpu": "present", "bulkhead.dev/tenant": "red"},
        "platform-blue-general": {"bulkhead.dev/tenant": "blue"},
        "platform-inner": {"bulkhead.dev/tier": "internal"},
    }
    for group in plan.of_type(GROUP):
        for key, value in taints(group).items():
            if key.startswith("bulkhead.dev/"):
                assert group.inputs["labels"][key] == value


def test_namespaces_say_whose_nodes_they_use(plan: Plan) -> None:
    told = {
        r.inputs["metadata"]["name"]: r.inputs["metadata"]["labels"].get("bulkhead.dev/nodes")
        for r in plan.of_type(NAMESPACE)
    }
    assert told == {
        "bulkhead-gateway": None,
        "red": "tenant",
        "blue": "tenant",
        "green": "tier",
        "grey": "tier",
    }


def test_admission_stands_before_the_tenants(plan: Plan) -> None:
    rules = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding"
    bindings = {binding.urn for binding in plan.of_type(rules)}
    assert len(bindings) == len(admission_rules())
    for namespace in plan.of_type(NAMESPACE):
        assert bindings <= set(namespace.dependencies)


def test_who_has_nodes_pays_for_them(plan: Plan) -> None:
    tags = one(plan, GROUP, "platform-red-gpu").inputs["tags"]
    assert tags["bulkhead:tenant"] == "red"
    assert tags["bulkhead:cost-center"] == "cc-red"
    (volume,) = [
        found["tags"]
        for found in one(plan, TEMPLATE, "platform-red-gpu").inputs["tagSpecifications"]
        if found["resourceType"] == "volume"
    ]
    assert (volume["bulkhead:tenant"], volume["bulkhead:owner"]) == ("red", "red-team")
    assert one(plan, GROUP, "platform-inner").inputs["tags"]["bulkhead:tenant"] == "platform"


def test_the_disks_of_a_pool_have_the_key_of_its_own_tenants_tier() -> None:
    plan = planned(lambda: build("DedicatedNodePools"), assume_applied=True)
    keys = {
        name: one(plan, TEMPLATE, name).inputs["blockDeviceMappings"][0]["ebs"]["kmsKeyId"]
        for name in ("platform-red-gpu", "platform-blue-general", "platform-inner")
    }
    assert keys["platform-red-gpu"] == keys["platform-blue-general"] != keys["platform-inner"]
    tiers = {name: one(plan, TEMPLATE, name).inputs["tags"]["bulkhead:tier"] for name in keys}
    assert [*tiers.values()] == ["confidential", "confidential", "internal"]


def test_the_outputs_tell_each_tenant_where_its_pods_land(plan: Plan) -> None:
    (made,) = [r for r in plan.resources if r.type == "bulkhead:index:DedicatedNodePools"]
    assert made.name == "platform"
    labels = one(plan, NAMESPACE, "platform-red").inputs["metadata"]["labels"]
    assert labels["bulkhead.dev/pattern"] == "dedicated-node-pools"


def test_a_capacity_block_is_the_only_capacity_of_its_pool() -> None:
    plan = one_pool(instance_types=["p5.48xlarge"], zone=ZONE, reservation=BLOCK)
    group = one(plan, GROUP, "platform-red")
    template = one(plan, TEMPLATE, "platform-red").inputs
    assert group.inputs["capacityType"] == "CAPACITY_BLOCK"
    assert "instanceTypes" not in group.inputs
    assert template["instanceType"] == "p5.48xlarge"
    assert template["instanceMarketOptions"] == {"marketType": "capacity-block"}
    assert template["capacityReservationSpecification"] == {
        "capacityReservationTarget": {"capacityReservationId": BLOCK["id"]}
    }


def test_a_reserved_pool_lies_in_the_reservations_zone() -> None:
    reserved = {
        "instance_types": ["g6.4xlarge"],
        "zone": ZONE,
        "reservation": {"id": "cr-0123456789abcdef0", "instances": 2},
    }
    described = {"name": "red", "max_size": 2, "tenant": "red", **reserved}
    plan = planned(
        lambda: build("DedicatedNodePools", tenants=[RED], pools=[described]), assume_applied=True
    )
    group = one(plan, GROUP, "platform-red")
    (cluster,) = plan.of_type("aws:eks/cluster:Cluster")
    assert len(cluster.inputs["vpcConfig"]["subnetIds"]) == 2
    (only,) = group.inputs["subnetIds"]
    everywhere = one(plan, GROUP, "platform-system").inputs["subnetIds"]
    assert len(everywhere) == 2
    assert only not in everywhere
    assert group.inputs["capacityType"] == "ON_DEMAND"


def test_an_idle_reservation_alarms() -> None:
    plan = one_pool(instance_types=["p5.48xlarge"], zone=ZONE, reservation=BLOCK)
    alarm = one(plan, "aws:cloudwatch/metricAlarm:MetricAlarm").inputs
    assert alarm["dimensions"] == {"CapacityReservationId": BLOCK["id"]}
    assert (alarm["metricName"], alarm["threshold"]) == ("InstanceUtilization", 80)
    assert alarm["comparisonOperator"] == "LessThanThreshold"
    assert alarm["treatMissingData"] == "breaching"


def test_efa_joins_the_nodes_of_one_zone_by_all_their_cards() -> None:
    plan = one_pool(instance_types=["p5.48xlarge"], zone=ZONE, reservation=BLOCK, efa=True)
    template = one(plan, TEMPLATE, "platform-red").inputs
    interfaces = template["networkInterfaces"]
    assert len(interfaces) == 32
    assert interfaces[0]["interfaceType"] == "efa"
    assert {i["interfaceType"] for i in interfaces[1:]} == {"efa-only"}
    assert [i["networkCardIndex"] for i in interfaces] == list(range(32))
    assert [i["deviceIndex"] for i in interfaces] == [0] + [1] * 31
    assert one(plan, "aws:ec2/placementGroup:PlacementGroup").inputs["strategy"] == "cluster"


@pytest.mark.parametrize(
    ("sharing", "kind", "line"),
    [
        ({"strategy": "time-slicing", "replicas": 4}, "g6.4xlarge", "replicas = 4"),
        ({"strategy": "mig", "replicas": 7}, "p4d.24xlarge", '"a100.40gb" = "7"'),
        ({"strategy": "mig", "replicas": 2}, "p4de.24xlarge", '"a100.80gb" = "2"'),
        ({"strategy": "mig", "replicas": 3}, "p5.48xlarge", '"h100.80gb" = "3"'),
    ],
)
def test_the_pods_of_one_tenant_may_share_a_gpu(
    sharing: dict[str, Any], kind: str, line: str
) -> None:
    plan = one_pool(instance_types=[kind], sharing=sharing)
    told = one(plan, TEMPLATE, "platform-red").inputs["userData"]
    assert line in base64.b64decode(told).decode().splitlines()


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"pools": [*ARGS["pools"], pool("shared")]},
        "platform.pools.shared: a pool of pattern 'dedicated-node-pools' is somebody's; allowed: "
        "tenant or tier",
    ),
    (
        {"pools": [*ARGS["pools"], pool("pink", tenant="pink")]},
        "platform.pools.pink.tenant: no such tenant, got 'pink'; allowed: blue, green, grey, red",
    ),
    (
        {"pools": [*ARGS["pools"], pool("top", tier="regulated")]},
        "platform.pools.top.tier: no tenant of this tier, got 'regulated'; allowed: confidential, "
        "internal",
    ),
    (
        {"pools": ARGS["pools"][:2]},
        "platform.pools: no pool takes the pods of 'green'; allowed: one of tenant green or of "
        "tier internal",
    ),
    (
        {
            "pools": [pool("inner", tier="internal", max_size=1), *ARGS["pools"][:2]],
            "tenants": [*ARGS["tenants"][:3], tenant("grey", "internal", quota={"cpus": 9})],
        },
        "platform.tenants: the quotas of cpus of green, grey are more than their pools grow to, "
        "got '17'; allowed: at most 16",
    ),
    (
        {
            "pools": [
                *ARGS["pools"],
                pool(
                    "more",
                    "g6.4xlarge",
                    tier="internal",
                    sharing={"strategy": "time-slicing", "replicas": 2},
                ),
            ]
        },
        "platform.pools.more.sharing: GPUs are shared inside one tenant only, got 'time-slicing'; "
        "allowed: a pool with a tenant, or whole GPUs",
    ),
    (
        {
            "pools": [
                *ARGS["pools"],
                pool("mig", "g6.4xlarge", tenant="red", sharing={"strategy": "mig", "replicas": 2}),
            ]
        },
        "platform.pools[3].sharing: an instance type without Multi-Instance GPU, got 'g6.4xlarge'; "
        "allowed: a type of p4d, p4de, p5, p5e, p5en",
    ),
    (
        {
            "pools": [
                *ARGS["pools"],
                pool(
                    "old",
                    "p5.48xlarge",
                    tenant="red",
                    zone=ZONE,
                    reservation={**BLOCK, "ends": "2024-01-31"},
                ),
            ]
        },
        "platform.pools[3].reservation.ends: the reservation has ended, got '2024-01-31'; allowed: "
        f"one that holds on {datetime.date.today()}",
    ),
    (
        {
            "pools": [
                *ARGS["pools"],
                pool("big", "p5.48xlarge", tenant="red", zone=ZONE, max_size=3, reservation=BLOCK),
            ]
        },
        "platform.pools[3].reservation: the pool may grow beyond its reservation, got '3'; "
        "allowed: a max_size of at most 2",
    ),
    (
        {
            "pools": [
                *ARGS["pools"],
                pool("far", "p5.48xlarge", tenant="red", zone="eu-central-1c", reservation=BLOCK),
            ]
        },
        "platform.pools.far.zone: the zone is none of the network's, got 'eu-central-1c'; allowed: "
        "eu-central-1a, eu-central-1b",
    ),
    (
        {"pools": [*ARGS["pools"], pool("none", "p5.48xlarge", tenant="red", reservation=BLOCK)]},
        "platform.pools[3].zone: a reservation lies in one zone; allowed: the zone's name",
    ),
    (
        {
            "pools": [
                *ARGS["pools"],
                pool("g6", "g6.4xlarge", tenant="red", zone=ZONE, reservation=BLOCK),
            ]
        },
        "platform.pools[3].reservation: no Capacity Blocks are sold of this instance type, got "
        "'g6.4xlarge'; allowed: a type of p4d, p4de, p5, p5e, p5en, p6-b200, or an on-demand "
        "reservation",
    ),
    (
        {"pools": [*ARGS["pools"], pool("slow", "g6.xlarge", tenant="red", zone=ZONE, efa=True)]},
        "platform.pools[3].efa: an instance type without Elastic Fabric Adapter, got 'g6.xlarge'; "
        "allowed: g6.8xlarge, g6.16xlarge, g6.12xlarge, g6.24xlarge, g6.48xlarge",
    ),
    (
        {
            "pools": [
                *ARGS["pools"],
                pool(
                    "snp",
                    "m6a.xlarge",
                    tenant="red",
                    seal={"protection": "nitro-enclaves", "measurements": {"pcr0": "ab" * 48}},
                ),
            ]
        },
        "platform.pools.snp.seal: pattern 'dedicated-node-pools' seals no nodes, got "
        "'nitro-enclaves'; allowed: confidential-compute, dedicated-hosts, single-tenant-cluster",
    ),
    (
        {"pools": [*ARGS["pools"], pool("host", "m7i.4xlarge", tenant="red", zone=ZONE, hosts=1)]},
        "platform.pools.host.hosts: pattern 'dedicated-node-pools' has no hosts, got '1'; allowed: "
        "none, or pattern 'dedicated-hosts'",
    ),
    (
        {"tenants": [*ARGS["tenants"], tenant("vault", "regulated")]},
        "platform.tenants.vault: tier 'regulated' needs very high isolation and may not run on "
        "pattern 'dedicated-node-pools', whose isolation is high; the weakest pattern that would "
        "do is 'single-tenant-cluster'",
    ),
    (
        {"network": {}},
        "platform.cidr: a cluster has addresses of its own or a network that exists; allowed: one "
        "of cidr and network",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(lambda: DedicatedNodePools("platform", {**ARGS, **changes})) == sentence
