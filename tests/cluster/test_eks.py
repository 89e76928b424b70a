import json
from typing import Any

import pytest

from bulkhead import PrivateCluster
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, ADMIN, KEY, REGION, one, planned, refusal, scope

ARGS: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "subnet_ids": ["subnet-1", "subnet-2"],
    "secrets_key_arn": KEY,
    "log_key_arn": KEY,
    "administrators": [ADMIN],
}
CLUSTER, ADDON, ROLE = "aws:eks/cluster:Cluster", "aws:eks/addon:Addon", "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"


def cluster(**changes: Any) -> Plan:
    return planned(lambda: PrivateCluster("shared", {**ARGS, **changes}))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return cluster()


def test_the_api_server_is_reached_from_inside_only(plan: Plan) -> None:
    made = one(plan, CLUSTER).inputs
    assert made["vpcConfig"]["endpointPublicAccess"] is False
    assert made["vpcConfig"]["endpointPrivateAccess"] is True
    assert not list(plan.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"))


def test_access_is_by_iam_and_nobody_gets_it_for_creating_the_cluster(plan: Plan) -> None:
    access = one(plan, CLUSTER).inputs["accessConfig"]
    assert access == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }
    assert one(plan, "aws:eks/accessEntry:AccessEntry").inputs["principalArn"] == ADMIN
    policy = one(plan, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation").inputs
    assert policy["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")
    assert policy["accessScope"] == {"type": "cluster"}


def test_secrets_are_encrypted_with_the_customers_key(plan: Plan) -> None:
    assert one(plan, CLUSTER).inputs["encryptionConfig"] == {
        "provider": {"keyArn": KEY},
        "resources": ["secrets"],
    }


@pytest.mark.parametrize("tier", Tier)
def test_all_logs_go_to_an_encrypted_group_that_is_there_before_the_cluster(tier: Tier) -> None:
    plan = cluster(tier=tier)
    made, group = one(plan, CLUSTER), one(plan, "aws:cloudwatch/logGroup:LogGroup")
    assert sorted(made.inputs["enabledClusterLogTypes"]) == [
        *("api", "audit", "authenticator", "controllerManager", "scheduler")
    ]
    assert group.inputs["name"] == f"/aws/eks/{made.inputs['name']}/cluster"
    assert group.inputs["kmsKeyId"] == KEY
    assert group.inputs["retentionInDays"] == CATALOGUE[tier].retention.log_days
    assert group.urn in made.dependencies


def test_the_cluster_outlives_no_standard_support_and_no_lost_zone(plan: Plan) -> None:
    made = one(plan, CLUSTER).inputs
    assert made["version"] == "1.36"
    assert made["upgradePolicy"] == {"supportType": "STANDARD"}
    assert made["zonalShiftConfig"] == {"enabled": True}


@pytest.mark.parametrize(
    ("environment", "kept"), [("dev", False), ("staging", True), ("prod", True)]
)
def test_where_data_is_protected_so_is_the_cluster(environment: str, kept: bool) -> None:
    made = one(cluster(scope=scope(environment=environment)), CLUSTER)
    assert made.inputs["deletionProtection"] is kept
    assert bool(made.options.get("protect")) is kept
    assert made.inputs["name"] == f"{environment}-shared"


def test_network_policies_are_enforced_strictly_and_their_denials_logged(plan: Plan) -> None:
    addon = one(plan, ADDON, "shared-vpc-cni").inputs
    found = json.loads(addon["configurationValues"])
    assert found["enableNetworkPolicy"] == "true"
    assert found["env"]["NETWORK_POLICY_ENFORCING_MODE"] == "strict"
    assert found["nodeAgent"] == {"enablePolicyEventLogs": "true"}
    assert json.loads(found["env"]["ADDITIONAL_ENI_TAGS"])["bulkhead:environment"] == "dev"


def test_pods_leave_the_vpc_under_their_own_address(plan: Plan) -> None:
    """Access lists admit replies to the ports of Linux only, which translation leaves (NET-1)."""
    addon = one(plan, ADDON, "shared-vpc-cni").inputs
    found = json.loads(addon["configurationValues"])
    assert found["env"]["AWS_VPC_K8S_CNI_EXTERNALSNAT"] == "true"


def test_only_the_add_ons_that_run_without_nodes_come_with_the_cluster(plan: Plan) -> None:
    assert one(plan, CLUSTER).inputs["bootstrapSelfManagedAddons"] is False
    assert {addon.inputs["addonName"] for addon in plan.of_type(ADDON)} == {
        *("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
    }


def test_the_network_plugins_rights_are_its_own_and_not_the_nodes(plan: Plan) -> None:
    policies: dict[str, set[str]] = {}
    for attachment in plan.of_type(ATTACHMENT):
        role = attachment.inputs["role"]
        policies.setdefault(role, set()).add(attachment.inputs["policyArn"].rpartition("/")[2])
    assert policies == {
        "dev-shared-control-plane": {"AmazonEKSClusterPolicy"},
        "dev-shared-node": {"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"},
        "dev-shared-cni": {"AmazonEKS_CNI_Policy"},
    }


def test_eks_takes_on_the_clusters_role_for_this_cluster_only(plan: Plan) -> None:
    trust = json.loads(one(plan, ROLE, "shared-control-plane").inputs["assumeRolePolicy"])
    condition = trust["Statement"][0]["Condition"]
    assert condition["ArnLike"] == {
        "aws:SourceArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/dev-shared"
    }


def test_operators_outside_the_vpc_reach_the_api_server_by_https_and_nothing_else() -> None:
    plan = cluster(operator_networks=["10.99.0.0/24"])
    rule = one(plan, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) == ("10.99.0.0/24", 443, 443)


def test_an_add_ons_version_can_be_pinned() -> None:
    plan = cluster(addon_versions={"vpc-cni": "v1.23.0-eksbuild.1"})
    assert one(plan, ADDON, "shared-vpc-cni").inputs["addonVersion"] == "v1.23.0-eksbuild.1"
    assert "addonVersion" not in one(plan, ADDON, "shared-kube-proxy").inputs


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"version": "1.29"},
            "shared.version: unsupported Kubernetes version, got '1.29'; allowed: 1.35, 1.36, 1.37",
        ),
        (
            {"operator_networks": ["0.0.0.0/0"]},
            "shared.operator_networks: not a private network, got '0.0.0.0/0'; allowed: one in "
            "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10",
        ),
        (
            {"administrators": []},
            "shared.administrators: an administrator is needed; allowed: at least one role",
        ),
        ({"subnet_ids": None}, "shared.subnet_ids: a missing argument"),
        (
            {"addon_versions": {"cni": "v1"}},
            "shared.addon_versions: unknown add-on, got 'cni'; allowed: vpc-cni, kube-proxy, "
            "eks-pod-identity-agent, coredns, aws-ebs-csi-driver",
        ),
    ],
)
def test_what_can_not_be_a_cluster_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: PrivateCluster("shared", {**ARGS, **changes})) == sentence


def test_a_name_that_aws_does_not_take_is_refused() -> None:
    assert refusal(lambda: PrivateCluster("Shared_1", ARGS)) == (
        "Shared_1: not a usable name, got 'Shared_1'; allowed: 1 to 40 lower-case letters, digits "
        "and hyphens, starting with a letter"
    )
