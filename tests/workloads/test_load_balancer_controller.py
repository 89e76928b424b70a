"""The load balancer controller serves the gateway's namespace, and is installed closed (INF-1)."""

import json
from typing import Any

import pytest

from bulkhead import LoadBalancerController
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, refusal, scope

MIRROR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/eks/aws-load-balancer-controller"
DIGEST = f"sha256:{64 * 'e'}"


def arguments(**changes: Any) -> Any:
    return {
        "scope": scope(),
        "tier": "internal",
        "cluster_name": "dev-shared",
        "vpc_id": "vpc-0123456789abcdef0",
        "image": f"{MIRROR}:v3.5.0@{DIGEST}",
        "cluster_cidrs": ["10.20.1.0/28"],
        "endpoint_cidrs": ["10.20.2.0/26"],
        **changes,
    }


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(lambda: LoadBalancerController("balancers", arguments()), assume_applied=True)


@pytest.fixture(scope="module")
def values(plan: Plan) -> dict[str, Any]:
    found = one(plan, "kubernetes:helm.sh/v3:Release").inputs
    assert (found["chart"], found["version"]) == ("aws-load-balancer-controller", "3.5.0")
    assert found["repositoryOpts"] == {"repo": "https://aws.github.io/eks-charts"}
    given: dict[str, Any] = found["values"]
    return given


def test_it_serves_internal_load_balancers_of_the_gateway_s_namespace_alone(
    values: dict[str, Any],
) -> None:
    assert values["watchNamespace"] == "bulkhead-gateway"
    assert values["loadBalancerClass"] == "service.k8s.aws/nlb"
    assert values["defaultLoadBalancerScheme"] == "internal"
    assert values["defaultTargetType"] == "ip"
    off = ("enableServiceMutatorWebhook", "createIngressClassResource", "enableShield")
    assert not any(values[word] for word in (*off, "enableWaf", "enableWafv2"))
    assert set(values["controllerConfig"]["featureGates"].values()) == {False}


def test_it_looks_for_nothing_in_a_node_s_metadata(values: dict[str, Any]) -> None:
    assert values["vpcId"] == "vpc-0123456789abcdef0"
    assert values["region"] == "eu-central-1"
    assert values["clusterName"] == "dev-shared"


def test_it_runs_twice_by_digest_on_the_system_s_nodes(values: dict[str, Any]) -> None:
    assert values["image"] == {"repository": MIRROR, "tag": f"v3.5.0@{DIGEST}"}
    assert values["replicaCount"] == 2
    assert values["podDisruptionBudget"] == {"minAvailable": 1}
    assert values["nodeSelector"] == {"bulkhead.dev/plane": "control"}
    assert [each["key"] for each in values["tolerations"]] == ["CriticalAddonsOnly"]
    (spread,) = values["topologySpreadConstraints"]
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"


def test_its_role_is_for_its_own_pods(plan: Plan) -> None:
    trust = json.loads(one(plan, "aws:iam/role:Role").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-name": "dev-shared",
        "aws:RequestTag/kubernetes-namespace": "load-balancer-system",
        "aws:RequestTag/kubernetes-service-account": "aws-load-balancer-controller",
    }
    association = one(plan, "aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs
    assert association["serviceAccount"] == "aws-load-balancer-controller"


def test_the_api_server_alone_calls_it_and_it_calls_aws_by_the_endpoints(plan: Plan) -> None:
    token = "kubernetes:networking.k8s.io/v1:NetworkPolicy"  # noqa: S105 - a type
    specs = {r.inputs["metadata"]["name"]: r.inputs["spec"] for r in plan.of_type(token)}
    assert set(specs) == {"default-deny", "allow-dns", "controller"}
    (rule,) = specs["controller"]["ingress"]
    assert rule["from"] == [{"ipBlock": {"cidr": "10.20.1.0/28"}}]
    assert [port["port"] for port in rule["ports"]] == [9443]
    peers = [peer for each in specs["controller"]["egress"] for peer in each["to"]]
    assert {"ipBlock": {"cidr": "10.20.2.0/26"}} in peers
    assert all("ipBlock" in peer for peer in peers)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"image": "public.ecr.aws/eks/aws-load-balancer-controller:v3.5.0"},
            "balancers.image: an image is mirrored to a private registry and named by digest",
        ),
        ({"version": "1.20"}, "balancers.version: unsupported Kubernetes version"),
        ({"tier": "secret"}, "balancers.tier: unknown tier"),
    ],
)
def test_what_can_not_be_installed_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(lambda: LoadBalancerController("balancers", arguments(**changes)))
