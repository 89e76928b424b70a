import datetime
import json
from collections import defaultdict
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from bulkhead import SharedCluster
from bulkhead.domain.labels import REQUIRED_KEYS, read_labels
from bulkhead.preview.plan import Plan, Resource
from bulkhead.preview.types import args_class, declared
from bulkhead.preview.world import World
from tests.foundation.samples import ACCOUNT, ADMIN, one, planned, refusal, scope, strings
from tests.iam.applied import applied

TENANTS: list[dict[str, Any]] = [
    {
        "name": "support-assist",
        "tier": "internal",
        "owner": "support-ml",
        "cost_center": "cc-210",
        "quota": {"gpus": 4, "cpus": 48, "memory_gib": 192},
        "people": {"developer": [f"arn:aws:iam::{ACCOUNT}:role/support-developer"]},
    },
    {
        "name": "market-research",
        "tier": "public",
        "owner": "marketing",
        "cost_center": "cc-230",
        "quota": {"gpus": 2, "cpus": 24, "memory_gib": 96},
    },
]
ARGS: dict[str, Any] = {
    "scope": scope(),
    "cidr": "10.20.0.0/16",
    "administrators": [ADMIN],
    "tenants": TENANTS,
    "pools": [
        {"name": "general", "instance_types": ["m7i.4xlarge"], "max_size": 4},
        {"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 6},
    ],
}
FRAUD = {"name": "fraud-scoring", "tier": "regulated", "owner": "risk", "cost_center": "cc-240"}
NAMESPACE = "kubernetes:core/v1:Namespace"


def tenant(number: int, **changes: Any) -> list[dict[str, Any]]:
    """The tenants with one of them changed."""
    tenants = [dict(each) for each in TENANTS]
    tenants[number] |= changes
    return tenants


def platform(**changes: Any) -> Plan:
    def program() -> None:
        provider = aws.Provider("aws", region="eu-central-1")
        opts = pulumi.ResourceOptions(provider=provider)
        SharedCluster("shared", {**ARGS, **changes}, opts)

    return planned(program)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return platform()


def taggable(resource: Resource) -> bool:
    args = args_class(resource.type)
    return bool(args) and "tags" in declared(args)


def test_everything_carries_the_label_set(plan: Plan) -> None:
    bare = []
    for resource in plan.resources:
        if not resource.custom or resource.type.startswith("pulumi:"):
            continue
        if resource.type.startswith("kubernetes:"):
            found = resource.inputs["metadata"]["labels"]
        elif taggable(resource):
            found = resource.inputs.get("tags", {})
        else:
            continue
        if missing := set(REQUIRED_KEYS) - set(read_labels(found)):
            bare.append((resource.urn, missing))
    assert bare == []


def test_what_a_tenant_has_carries_its_own_labels(plan: Plan) -> None:
    owned = [r for r in plan.resources if r.parent and r.parent.endswith("shared-market-research")]
    assert len(owned) > 15
    for resource in owned:
        tags = resource.inputs.get("tags") or resource.inputs.get("metadata", {}).get("labels")
        if tags:
            labels = read_labels(tags)
            assert (labels["tenant"], labels["tier"]) == ("market-research", "public")
            assert labels["cost-center"] == "cc-230"


def test_nothing_is_open_to_the_world(plan: Plan) -> None:
    lists = "aws:ec2/networkAcl:NetworkAcl"  # what no route leads to may stand in them
    opened = [(r.urn, s) for r in plan.resources if r.type != lists for s in strings(r.inputs)]
    assert [found for found in opened if found[1] in ("0.0.0.0/0", "::/0")] == []
    gateways = [r.type for r in plan.resources if "InternetGateway" in r.type or "Nat" in r.type]
    assert gateways == []


def test_every_namespace_has_quota_limits_and_a_denial_of_everything(plan: Plan) -> None:
    namespaces = {r.inputs["metadata"]["name"] for r in plan.of_type(NAMESPACE)}
    assert namespaces == {"bulkhead-gateway", "support-assist", "market-research"}
    held: dict[str, set[str]] = defaultdict(set)
    for resource in plan.resources:
        metadata = resource.inputs.get("metadata", {})
        held[metadata.get("namespace", "")].add(
            f"{resource.inputs.get('kind')}/{metadata.get('name')}"
        )
    trio = {"ResourceQuota/quota", "LimitRange/limits", "NetworkPolicy/default-deny"}
    assert all(trio <= held[namespace] for namespace in namespaces)


def test_each_tier_has_keys_and_a_model_store_of_its_own(plan: Plan) -> None:
    keys = {r.name for r in plan.of_type("aws:kms/key:Key")}
    assert keys == {
        f"shared-{tier}-{key}" for tier in ("public", "internal") for key in ("shared", "signing")
    }
    buckets = {r.inputs["bucket"] for r in plan.of_type("aws:s3/bucket:Bucket")}
    assert buckets == {
        f"dev-{tier}-{store}-{ACCOUNT}-eu-central-1"
        for tier in ("public", "internal")
        for store in ("models", "access-logs")
    }
    for name, tier in (("support-assist", "internal"), ("market-research", "public")):
        config = one(plan, "kubernetes:core/v1:ConfigMap", f"shared-{name}-model-artifacts")
        assert config.inputs["data"]["MODEL_ARTIFACTS_BUCKET"].startswith(f"dev-{tier}-models-")


def test_what_tenants_share_is_held_to_the_highest_tier_in_use(plan: Plan) -> None:
    for token in ("aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup", "aws:ec2/vpc:Vpc"):
        for resource in plan.of_type(token):
            assert resource.inputs["tags"]["bulkhead:tier"] == "internal"


def test_tenants_nodes_stand_in_the_inference_plane_and_the_systems_in_the_control_plane() -> None:
    plan = planned(lambda: SharedCluster("shared", ARGS), assume_applied=True)
    plane_of = {
        made.id: made.resource.name.split("-")[1]
        for made in applied(plan, World())
        if made.resource.type == "aws:ec2/subnet:Subnet"
    }
    planes = {
        group.name: {plane_of[subnet] for subnet in group.inputs["subnetIds"]}
        for group in plan.of_type("aws:eks/nodeGroup:NodeGroup")
    }
    assert planes.pop("shared-system") == {"control"}
    assert set(map(frozenset, planes.values())) == {frozenset({"inference"})}


def test_tenants_do_not_land_on_the_systems_nodes(plan: Plan) -> None:
    taints = {
        g.name: [t["key"] for t in g.inputs["taints"]]
        for g in plan.of_type("aws:eks/nodeGroup:NodeGroup")
    }
    assert taints == {
        "shared-system": ["CriticalAddonsOnly"],
        "shared-general": [],
        "shared-gpu": ["nvidia.com/gpu"],
    }


def test_every_resource_uses_the_providers_that_were_given(plan: Plan) -> None:
    for resource in plan.resources:
        provider = resource.options.get("provider", "")
        if resource.custom and resource.type.startswith(("aws:", "kubernetes:")):
            assert "default" not in provider, resource.urn
    kubernetes = {r.options["provider"] for r in plan.resources if r.type.startswith("kubernetes:")}
    assert len(kubernetes) == 1


def test_pods_come_after_nodes_and_nodes_after_the_network_plugin(plan: Plan) -> None:
    group = one(plan, "aws:eks/nodeGroup:NodeGroup", "shared-system")
    cni = one(plan, "aws:eks/addon:Addon", "shared-vpc-cni")
    dns = one(plan, "aws:eks/addon:Addon", "shared-coredns")
    assert cni.urn in group.dependencies
    assert group.urn in dns.dependencies


def test_every_policy_document_can_be_read_before_anything_is_deployed(plan: Plan) -> None:
    kinds = {
        *("aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy", "aws:kms/key:Key"),
        *("aws:s3/bucketPolicy:BucketPolicy", "aws:ec2/vpcEndpoint:VpcEndpoint"),
    }
    for resource in plan.resources:
        if resource.type in kinds:
            assert json.loads(resource.inputs["policy"])["Statement"], resource.urn
        if resource.type == "aws:iam/role:Role":
            assert json.loads(resource.inputs["assumeRolePolicy"])["Statement"], resource.urn


def test_two_clusters_fit_one_program() -> None:
    def program() -> None:
        for name, cidr in (("red", "10.20.0.0/16"), ("blue", "10.30.0.0/16")):
            SharedCluster(name, {**ARGS, "cidr": cidr})

    plan = planned(program)
    names = [r.inputs["name"] for r in plan.of_type("aws:eks/cluster:Cluster")]
    assert sorted(names) == ["dev-blue", "dev-red"]


def test_a_second_run_registers_the_same(plan: Plan) -> None:
    def shape(found: Plan) -> dict[str, Any]:
        return {r.urn: r.inputs for r in found.resources}

    assert shape(platform()) == shape(plan)


def test_a_tenant_with_an_exemption_in_force_is_built() -> None:
    expires = datetime.date.today() + datetime.timedelta(days=30)
    exemption = {
        "owner": "ciso-office",
        "reason": "a pilot on synthetic data until its own cluster stands",
        "expires": expires.isoformat(),
    }
    plan = platform(tenants=[*TENANTS, {**FRAUD, "quota": {"cpus": 4}, "exemption": exemption}])
    names = {r.inputs["metadata"]["name"] for r in plan.of_type(NAMESPACE)}
    assert "fraud-scoring" in names
    assert one(plan, "aws:eks/cluster:Cluster").inputs["tags"]["bulkhead:tier"] == "regulated"
    told = one(plan, NAMESPACE, "shared-fraud-scoring").inputs["metadata"]["annotations"]
    assert told.items() >= {
        (f"bulkhead.dev/exemption-{key}", value) for key, value in exemption.items()
    }


def test_a_tenants_risk_stands_on_its_namespace_and_is_judged() -> None:
    quiet = platform(tenants=tenant(0, risk={"audience": "partners"}))
    told = one(quiet, NAMESPACE, "shared-support-assist").inputs["metadata"]["annotations"]
    assert {key: word for key, word in told.items() if "/risk-" in key} == {
        "bulkhead.dev/risk-audience": "partners"
    }
    assert refusal(
        lambda: SharedCluster("shared", {**ARGS, "tenants": tenant(0, risk={"model": "valuable"})})
    ) == (
        "shared.tenants.support-assist: a valuable model needs nodes that no other tenant runs on "
        "and may not run on pattern 'shared-cluster', whose isolation is medium; the weakest "
        "pattern that would do is 'dedicated-node-pools'"
    )


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"tenants": [*TENANTS, FRAUD]},
        "shared.tenants.fraud-scoring: tier 'regulated' needs very high isolation and may not run "
        "on pattern 'shared-cluster', whose isolation is medium; the weakest pattern that would do "
        "is 'single-tenant-cluster'",
    ),
    (
        {"tenants": tenant(1, tier="confidential")},
        "shared.tenants.market-research: tier 'confidential' needs high isolation and may not run "
        "on pattern 'shared-cluster', whose isolation is medium; the weakest pattern that would do "
        "is 'dedicated-node-pools'",
    ),
    (
        {"tenants": tenant(1, pattern="dedicated-node-pools")},
        "shared.tenants.market-research.pattern: the tenant belongs on another pattern, got "
        "'dedicated-node-pools'; allowed: shared-cluster",
    ),
    (
        {"tenants": tenant(1, name="support-assist")},
        "shared.tenants: a tenant's name stands twice, got 'support-assist'",
    ),
    (
        {"tenants": tenant(1, quota={"gpus": 3})},
        "shared.tenants: the quotas of gpus of support-assist, market-research are more than their "
        "pools grow to, got '7'; allowed: at most 6",
    ),
    (
        {"tenants": tenant(0, quota={"cpus": 160}), "pools": [*ARGS["pools"]]},
        "shared.tenants: the quotas of cpus of support-assist, market-research are more than their "
        "pools grow to, got '184'; allowed: at most 160",
    ),
    (
        {
            "tenants": tenant(
                1, people={"viewer": [f"arn:aws:iam::{ACCOUNT}:role/support-developer"]}
            )
        },
        "shared.tenants.market-research.people.viewer: the role already stands for "
        f"'support-assist:developer', got 'arn:aws:iam::{ACCOUNT}:role/support-developer'; "
        "allowed: a role of its own for each tenant and access",
    ),
    (
        {"tenants": tenant(1, people={"admin": [ADMIN]})},
        "shared.tenants.market-research.people.admin: an administrator of the platform can't be "
        f"one of the tenant's people, got '{ADMIN}'",
    ),
    ({"tenants": []}, "shared.tenants: a tenant is needed; allowed: at least one"),
    ({"pools": []}, "shared.pools: a pool for the tenants is needed; allowed: at least one"),
    (
        {"pools": [{**ARGS["pools"][0], "name": "system"}]},
        "shared.pools: a pool's name stands twice, got 'system'",
    ),
    (
        {"tenants": tenant(1, tier="top-secret")},
        "shared.tenants[1].tier: unknown tier, got 'top-secret'; allowed: public, internal, "
        "confidential, restricted, regulated",
    ),
    (
        {"cidr": "10.20.0.0/24"},
        "shared.cidr: the network is too small for the planes and their zones, got "
        "'10.20.0.0/24'; allowed: /16 to /20",
    ),
    (
        {"version": "1.30"},
        "shared.version: unsupported Kubernetes version, got '1.30'; allowed: 1.35, 1.36, 1.37",
    ),
    (
        {"cidr": None},
        "shared.cidr: a cluster has addresses of its own or a network that exists; allowed: one of "
        "cidr and network",
    ),
    (
        {"addon_versions": {"cilium": "v1"}},
        "shared.addon_versions: unknown add-on, got 'cilium'; allowed: vpc-cni, kube-proxy, "
        "eks-pod-identity-agent, coredns, aws-ebs-csi-driver",
    ),
    (
        {"operator_networks": ["8.8.8.0/24"]},
        "shared.operator_networks: not a private network, got '8.8.8.0/24'; allowed: one in "
        "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_what_may_not_be_built_is_refused_before_anything_is_registered(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(lambda: SharedCluster("shared", {**ARGS, **changes})) == sentence
