"""Pattern D: physical servers that nobody else's machines share (ISO-6)."""

import base64
from typing import Any

import pytest

from bulkhead import DedicatedHosts
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, refusal, scope
from tests.patterns.platforms import (
    COMMON,
    ENCLAVE,
    PLATFORMS,
    TPM,
    build,
    platform,
    pool,
    tenant,
)

ARGS = {**COMMON, **PLATFORMS["DedicatedHosts"]}
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
RED = tenant("red", "regulated", risk={"regulation": "no-shared-hosts"})
ZONE = "eu-central-1a"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(lambda: build("DedicatedHosts"), assume_applied=True)


def test_the_nodes_start_in_the_host_resource_group_and_nowhere_else(plan: Plan) -> None:
    template = one(plan, TEMPLATE, "platform-hosts").inputs
    group = one(plan, "aws:resourcegroups/group:Group")
    assert template["placement"]["tenancy"] == "host"
    assert template["placement"]["hostResourceGroupArn"].startswith("arn:aws:resource-groups:")
    (licence,) = template["licenseSpecifications"]
    told = {
        setting["name"]: setting["values"]
        for item in group.inputs["configurations"]
        for setting in item["parameters"]
    }
    assert told == {
        "allowed-host-based-license-configurations": [licence["licenseConfigurationArn"]],
        "allowed-host-families": ["m7i"],
        "auto-allocate-host": ["false"],
        "auto-release-host": ["false"],
        "allowed-resource-types": ["AWS::EC2::Host"],
        "deletion-protection": ["UNLESS_EMPTY"],
    }
    rules = one(plan, "aws:licensemanager/licenseConfiguration:LicenseConfiguration").inputs
    assert rules["licenseCountingType"] == "Socket"
    assert rules["licenseRules"] == ["#allowedTenancy=EC2-DedicatedHost"]


def test_hosts_recover_and_take_nothing_but_the_group(plan: Plan) -> None:
    hosts = list(plan.of_type("aws:ec2/dedicatedHost:DedicatedHost"))
    assert len(hosts) == len(list(plan.of_type("aws:resourcegroups/resource:Resource"))) == 2
    for host in hosts:
        assert (host.inputs["hostRecovery"], host.inputs["autoPlacement"]) == ("on", "off")
        assert (host.inputs["instanceFamily"], host.inputs["availabilityZone"]) == ("m7i", ZONE)
        assert host.inputs["tags"]["bulkhead:tenant"] == "red"


def test_hosts_with_gpus_are_not_recovered_since_ec2_cannot() -> None:
    gpus = pool("gpus", "g6.48xlarge", hosts=2, zone=ZONE)
    plan = platform("DedicatedHosts", pools=[gpus])
    found = {h.inputs["hostRecovery"] for h in plan.of_type("aws:ec2/dedicatedHost:DedicatedHost")}
    assert found == {"off"}
    image = one(plan, TEMPLATE, "platform-gpus").inputs["imageId"]
    assert image.endswith("/1.36/amazon-linux-2023/x86_64/nvidia/recommended/image_id")


def test_the_nodes_join_with_labels_and_taints_and_a_role_that_is_let_in(plan: Plan) -> None:
    template = one(plan, TEMPLATE, "platform-hosts").inputs
    told = base64.b64decode(template["userData"]).decode()
    assert "--register-with-taints=bulkhead.dev/tenant=red:NoSchedule" in told
    assert "bulkhead.dev/tenant=red" in told.split("--node-labels=")[1].split('"')[0]
    assert '"name": "dev-platform"' in told
    entry = one(plan, "aws:eks/accessEntry:AccessEntry", "platform-hosts").inputs
    role = one(plan, "aws:iam/role:Role", "platform-hosts-node")
    assert entry["type"] == "EC2_LINUX"
    assert entry["principalArn"].endswith(f":role{role.inputs['path']}{role.inputs['name']}")
    group = one(plan, "aws:autoscaling/group:Group")
    assert any(urn.endswith("AccessEntry::platform-hosts") for urn in group.dependencies)
    tags = {tag["key"]: tag for tag in group.inputs["tags"]}
    assert tags["kubernetes.io/cluster/dev-platform"]["value"] == "owned"
    assert tags["bulkhead:cost-center"]["value"] == "cc-red"
    assert all(tag["propagateAtLaunch"] for tag in tags.values())


def test_people_hear_of_maintenance_where_a_topic_is_told() -> None:
    rule = "aws:cloudwatch/eventRule:EventRule"
    topic = "arn:aws:sns:eu-central-1:111122223333:dev-alarms"
    assert not list(platform("DedicatedHosts").of_type(rule))
    told = platform("DedicatedHosts", alarm_topic_arn=topic)
    assert "scheduledChange" in one(told, rule).inputs["eventPattern"]
    assert one(told, "aws:cloudwatch/eventTarget:EventTarget").inputs["arn"] == topic


def test_bare_metal_needs_no_host() -> None:
    plan = platform("DedicatedHosts", pools=[pool("metal", "g4dn.metal")])
    assert not list(plan.of_type("aws:ec2/dedicatedHost:DedicatedHost"))
    group = one(plan, "aws:eks/nodeGroup:NodeGroup", "platform-metal")
    assert group.inputs["instanceTypes"] == ["g4dn.metal"]


def test_a_host_runs_attested_nodes_whose_key_opens_on_their_image_alone() -> None:
    risk = {"regulation": "no-shared-hosts", "model": "crown-jewel"}
    plan = platform(
        "DedicatedHosts",
        tenants=[tenant("red", "regulated", risk=risk)],
        pools=[pool("sealed", "m7i.8xlarge", hosts=1, zone=ZONE, seal=TPM)],
    )
    template = one(plan, "aws:ec2/launchTemplate:LaunchTemplate", "platform-sealed").inputs
    assert template["imageId"] == TPM["ami_id"]
    assert template["placement"]["tenancy"] == "host"
    key = one(plan, "aws:kms/key:Key", "platform-sealed-sealed").inputs["policy"]
    assert TPM["measurements"]["pcr4"] in key


def hosts(kind: str, **more: Any) -> dict[str, Any]:
    return {"pools": [pool("hosts", kind, **{"hosts": 1, "zone": ZONE, **more})]}


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        hosts("m7i.8xlarge", max_size=7),
        "platform.pools[0]: the hosts are too few for the pool, got '7 nodes on 1 hosts'; allowed: "
        "a max_size of at most 6, or more hosts",
    ),
    (
        hosts("p5.48xlarge", max_size=1),
        "platform.pools[0].instance_types: an instance type without Dedicated Hosts, got "
        "'p5.48xlarge'; allowed: a type of g4dn, g5, g6, g6e, p4d",
    ),
    (
        {"pools": [pool("hosts", "m7i.8xlarge", hosts=1)]},
        "platform.pools[0].zone: a host lies in one zone; allowed: the zone's name",
    ),
    (
        {"pools": [pool("plain", "m7i.8xlarge")]},
        "platform.pools.plain.instance_types: the nodes are neither on Dedicated Hosts nor bare "
        "metal, got 'm7i.8xlarge'; allowed: a number of hosts, or .metal types",
    ),
    (
        hosts("m7i.8xlarge", provisioner="managed"),
        "platform.pools.hosts.provisioner: hosts take self-managed nodes only, and bare metal "
        "managed ones, got 'managed'; allowed: hosts",
    ),
    (
        hosts("m7i.8xlarge", image="bottlerocket"),
        "platform.pools[0].image: such nodes are set up by Amazon Linux's own tools, got "
        "'bottlerocket'; allowed: al2023",
    ),
    (
        {
            "pools": [
                {**pool("two", hosts=1, zone=ZONE), "instance_types": ["m7i.large", "m7i.xlarge"]}
            ]
        },
        "platform.pools[0].instance_types: self-managed nodes are of one instance type, got "
        "'m7i.large, m7i.xlarge'; allowed: a pool for each type",
    ),
    (
        hosts("m7i.48xlarge", max_size=1, efa=True),
        "platform.pools[0].instance_types: an instance type without Dedicated Hosts, got "
        "'m7i.48xlarge'; allowed: m7i.large, m7i.xlarge, m7i.2xlarge, m7i.4xlarge, m7i.8xlarge, "
        "m7i.12xlarge, m7i.16xlarge, m7i.metal-48xl",
    ),
    (
        hosts("g6.48xlarge", max_size=1, efa=True),
        "platform.pools[0]: self-managed nodes have neither reservation nor placement group, got "
        "'efa'; allowed: managed nodes; hosts are reserved already",
    ),
    (
        hosts(
            "m7i.8xlarge",
            max_size=1,
            reservation={"id": "cr-0123456789abcdef0", "instances": 1},
        ),
        "platform.pools[0]: self-managed nodes have neither reservation nor placement group, got "
        "'reservation'; allowed: managed nodes; hosts are reserved already",
    ),
    (
        {
            **hosts("m6a.8xlarge", zone="eu-west-1a", seal={"protection": "sev-snp"}),
            "scope": scope(region="eu-west-1"),
            "zones": ["eu-west-1a", "eu-west-1b"],
        },
        "platform.pools.hosts.seal.protection: nodes on hosts are not sealed by this, got "
        "'sev-snp'; allowed: nitro-tpm",
    ),
    (
        hosts("m7i.8xlarge", seal=ENCLAVE),
        "platform.pools.hosts.seal.protection: nodes on hosts are not sealed by this, got "
        "'nitro-enclaves'; allowed: nitro-tpm",
    ),
    (
        {"tenants": [RED, tenant("blue", "regulated")]},
        "platform.tenants: pattern 'dedicated-hosts' has one tenant, got 'red, blue'; allowed: a "
        "cluster for each",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(lambda: DedicatedHosts("platform", {**ARGS, **changes})) == sentence
