import json
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import ClusterServices
from bulkhead.preview.plan import Plan
from tests.foundation.samples import KEY, one, planned, scope, strings

ARGS: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "cluster_name": "dev-shared",
    "volume_key_arn": KEY,
    "cluster_cidrs": ["10.20.1.0/28"],
    "endpoint_cidrs": ["10.20.2.0/26"],
    "resolver_cidr": "10.20.0.2/32",
}
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ADDON = "aws:eks/addon:Addon"


@pytest.fixture(scope="module")
def plan() -> Plan:
    def program() -> None:
        provider = k8s.Provider("cluster", kubeconfig="{}")
        ClusterServices("services", ARGS, pulumi.ResourceOptions(provider=provider))

    return planned(program)


def egress(policy: dict[str, Any]) -> set[tuple[str, int]]:
    """Networks and ports that a policy opens."""
    return {
        (peer["ipBlock"]["cidr"], port["port"])
        for rule in policy["spec"]["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
        for port in rule["ports"]
    }


def test_volumes_are_encrypted_with_the_partitions_key_by_default(plan: Plan) -> None:
    storage = one(plan, "kubernetes:storage.k8s.io/v1:StorageClass").inputs
    assert storage["parameters"] == {"type": "gp3", "encrypted": "true", "kmsKeyId": KEY}
    annotations = storage["metadata"]["annotations"]
    assert annotations["storageclass.kubernetes.io/is-default-class"] == "true"


def test_system_pods_connect_to_what_they_need_only(plan: Plan) -> None:
    for policy in plan.of_type(POLICY):
        assert policy.inputs["spec"]["policyTypes"] == ["Ingress", "Egress"]
    deny = one(plan, POLICY, "services-default-deny").inputs
    assert deny["metadata"]["namespace"] == "kube-system"
    assert deny["spec"]["podSelector"] == {}
    api = {("172.20.0.1/32", 443), ("10.20.1.0/28", 443)}
    dns = one(plan, POLICY, "services-dns").inputs
    assert egress(dns) == api | {("10.20.0.2/32", 53)}
    storage = one(plan, POLICY, "services-storage").inputs
    assert egress(storage) == api | {("169.254.170.23/32", 80), ("10.20.2.0/26", 443)}
    assert "ingress" not in storage["spec"]
    daemon = one(plan, POLICY, "services-storage-node").inputs
    assert daemon["spec"]["podSelector"] == {"matchLabels": {"app": "ebs-csi-node"}}
    assert egress(daemon) == api


def test_dns_answers_every_pod_on_its_port_only(plan: Plan) -> None:
    (rule,) = one(plan, POLICY, "services-dns").inputs["spec"]["ingress"]
    assert rule["from"] == [{"namespaceSelector": {}}]
    assert {(p["protocol"], p["port"]) for p in rule["ports"]} == {("UDP", 53), ("TCP", 53)}


def test_add_ons_wait_for_the_policies_without_which_they_can_not_connect(plan: Plan) -> None:
    policies = {p.urn for p in plan.of_type(POLICY) if "default-namespace" not in p.name}
    addons = list(plan.of_type(ADDON))
    assert {a.inputs["addonName"] for a in addons} == {"coredns", "aws-ebs-csi-driver"}
    for addon in addons:
        assert policies <= set(addon.dependencies)


def test_the_storage_drivers_role_uses_the_partitions_key_and_its_own_clusters_volumes(
    plan: Plan,
) -> None:
    attachment = one(plan, "aws:iam/rolePolicyAttachment:RolePolicyAttachment").inputs
    assert attachment["policyArn"].endswith("/AmazonEBSCSIDriverEKSClusterScopedPolicy")
    policy = json.loads(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    alias = {"kms:ResourceAliases": "alias/bulkhead/dev/internal/volume"}
    for statement in policy["Statement"]:
        assert statement["Condition"]["ForAnyValue:StringEquals"] == alias
    grant = next(s for s in policy["Statement"] if s["Action"] == "kms:CreateGrant")
    assert grant["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_volumes_carry_the_labels(plan: Plan) -> None:
    addon = one(plan, ADDON, "services-aws-ebs-csi-driver").inputs
    tags = json.loads(addon["configurationValues"])["controller"]["extraVolumeTags"]
    assert tags["bulkhead:tier"] == "internal"


def test_the_default_namespace_takes_no_pods(plan: Plan) -> None:
    quota = one(plan, "kubernetes:core/v1:ResourceQuota").inputs
    assert quota["metadata"]["namespace"] == "default"
    assert quota["spec"]["hard"] == {"pods": "0"}


def test_no_policy_opens_the_world(plan: Plan) -> None:
    assert not [s for r in plan.resources for s in strings(r.inputs) if s == "0.0.0.0/0"]
