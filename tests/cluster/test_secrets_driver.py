"""The driver that mounts secrets (KEY-4)."""

import json

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import SecretsDriver
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, scope

ADDON = "aws:eks/addon:Addon"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


@pytest.fixture(scope="module")
def plan() -> Plan:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
        SecretsDriver(
            "driver",
            {
                "scope": scope(),  # type: ignore[typeddict-item]
                "tier": "internal",
                "cluster_name": "dev-shared",
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            opts,
        )

    return planned(program)


def test_it_has_no_identity_of_its_own(plan: Plan) -> None:
    assert "podIdentityAssociations" not in one(plan, ADDON).inputs
    assert not list(plan.of_type("aws:iam/role:Role"))


def test_it_makes_no_kubernetes_secrets_and_follows_rotations(plan: Plan) -> None:
    driver = json.loads(one(plan, ADDON).inputs["configurationValues"])["secrets-store-csi-driver"]
    assert driver["syncSecret"] == {"enabled": False}
    assert driver["enableSecretRotation"] is True


def test_it_stands_where_all_is_denied_and_starts_once_its_own_way_is_open(plan: Plan) -> None:
    addon, policy = one(plan, ADDON), one(plan, POLICY)
    assert addon.inputs["namespaceConfig"]["namespace"] == "kube-system"
    assert policy.inputs["metadata"]["namespace"] == "kube-system"
    assert policy.urn in addon.dependencies
    spec = policy.inputs["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    networks = {
        peer["ipBlock"]["cidr"]
        for rule in spec["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
    }
    assert networks == {"172.20.0.1/32", "10.20.1.0/28", "169.254.170.23/32", "10.20.2.0/26"}
