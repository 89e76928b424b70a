import json
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import GatewayNamespace, TenantNamespace
from bulkhead.preview.plan import Plan, Resource
from tests.foundation.samples import ACCOUNT, REGION, one, planned, refusal, scope, statements

DEVELOPER = f"arn:aws:iam::{ACCOUNT}:role/acme-developer"
TENANT: dict[str, Any] = {
    "name": "acme",
    "tier": "internal",
    "owner": "team-ml",
    "cost_center": "cc-42",
    "quota": {"gpus": 2, "cpus": 16, "memory_gib": 64, "storage_gib": 200, "pods": 30},
    "people": {"developer": [DEVELOPER]},
}
ARGS: dict[str, Any] = {
    "scope": scope(),
    "tenant": TENANT,
    "cluster_name": "dev-shared",
    "artifacts": {
        "bucket_name": "dev-internal-models-x",
        "endpoint_url": "https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com",
    },
    "endpoint_cidrs": ["10.20.2.0/26", "10.20.2.64/26"],
    "boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/bulkhead/dev/boundary",
}
NAMESPACE, POLICY = "kubernetes:core/v1:Namespace", "kubernetes:networking.k8s.io/v1:NetworkPolicy"
QUOTA, LIMITS = "kubernetes:core/v1:ResourceQuota", "kubernetes:core/v1:LimitRange"
ROLE, BINDING = (
    f"kubernetes:rbac.authorization.k8s.io/v1:{kind}" for kind in ("Role", "RoleBinding")
)
SERVER = {"matchLabels": {"bulkhead.dev/role": "inference-server"}}
PROXIES = {"matchLabels": {"gateway.envoyproxy.io/owning-gateway-name": "inference"}}


def tenant(**changes: Any) -> Plan:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
        TenantNamespace("acme", {**ARGS, "tenant": {**TENANT, **changes}}, opts)
        GatewayNamespace("gateway", {"scope": scope(), "tier": "internal"}, opts)

    return planned(program)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return tenant()


def in_namespace(plan: Plan, token: str, namespace: str = "acme") -> dict[str, Resource]:
    return {
        r.inputs["metadata"]["name"]: r
        for r in plan.of_type(token)
        if r.inputs["metadata"].get("namespace") == namespace
    }


def spec(plan: Plan, policy: str, namespace: str = "acme") -> dict[str, Any]:
    found: dict[str, Any] = in_namespace(plan, POLICY, namespace)[policy].inputs["spec"]
    return found


@pytest.mark.parametrize("name", ["acme", "gateway"])
def test_a_namespace_enforces_the_restricted_pod_security_standard(plan: Plan, name: str) -> None:
    labels = one(plan, NAMESPACE, name).inputs["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels[f"pod-security.kubernetes.io/{mode}-version"] == "v1.36"


def test_a_tenants_namespace_says_whose_it_is_and_on_which_pattern(plan: Plan) -> None:
    labels = one(plan, NAMESPACE, "acme").inputs["metadata"]["labels"]
    assert {key: labels[f"bulkhead.dev/{key}"] for key in ("tenant", "tier", "pattern")} == {
        "tenant": "acme",
        "tier": "internal",
        "pattern": "shared-cluster",
    }
    assert labels["bulkhead.dev/project"] == "acme"


def test_the_quota_holds_gpus_compute_storage_and_object_counts(plan: Plan) -> None:
    hard = in_namespace(plan, QUOTA)["quota"].inputs["spec"]["hard"]
    assert hard["requests.nvidia.com/gpu"] == "2"
    assert hard["requests.cpu"] == hard["limits.cpu"] == "16"
    assert hard["requests.memory"] == hard["limits.memory"] == "64Gi"
    assert hard["requests.storage"] == "200Gi"
    assert hard["pods"] == "30"
    assert {key for key, value in hard.items() if value == "0"} == {
        "services.loadbalancers",
        "services.nodeports",
        "count/ingresses.networking.k8s.io",
        "count/resourceclaims.resource.k8s.io",
        "count/resourceclaimtemplates.resource.k8s.io",
    }


def test_no_pod_takes_a_priority_of_the_system(plan: Plan) -> None:
    found = in_namespace(plan, QUOTA)["no-system-priority"].inputs["spec"]
    (selector,) = found["scopeSelector"]["matchExpressions"]
    assert found["hard"] == {"pods": "0"}
    assert selector["values"] == ["system-cluster-critical", "system-node-critical"]


def test_containers_that_state_nothing_get_requests_and_none_gets_more_than_the_quota(
    plan: Plan,
) -> None:
    limits = in_namespace(plan, LIMITS)["limits"].inputs["spec"]["limits"]
    container, pod, claim = limits
    assert pod == {"type": "Pod", "max": {"memory": "64Gi"}}
    assert (
        set(container["defaultRequest"])
        == set(container["default"])
        == {*("cpu", "memory", "ephemeral-storage")}
    )
    assert container["max"] == {
        "cpu": "16",
        "memory": "64Gi",
        "ephemeral-storage": "100Gi",
    }
    assert claim == {
        "type": "PersistentVolumeClaim",
        "min": {"storage": "1Gi"},
        "max": {"storage": "200Gi"},
    }


@pytest.mark.parametrize("namespace", ["acme", "bulkhead-gateway"])
def test_everything_is_denied_in_both_directions(plan: Plan, namespace: str) -> None:
    deny = spec(plan, "default-deny", namespace)
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("namespace", ["acme", "bulkhead-gateway"])
def test_names_are_resolved_by_the_clusters_servers_only(plan: Plan, namespace: str) -> None:
    (rule,) = spec(plan, "allow-dns", namespace)["egress"]
    assert rule["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]
    assert {(p["protocol"], p["port"]) for p in rule["ports"]} == {("UDP", 53), ("TCP", 53)}


def test_the_gateway_reaches_inference_servers_on_their_port_and_nobody_else_reaches_anything(
    plan: Plan,
) -> None:
    ingress = {n: p for n, p in in_namespace(plan, POLICY).items() if "ingress" in p.inputs["spec"]}
    assert set(ingress) == {"allow-gateway"}
    allowed = spec(plan, "allow-gateway")
    assert allowed["podSelector"] == SERVER
    gateway = {"matchLabels": {"kubernetes.io/metadata.name": "bulkhead-gateway"}}
    assert allowed["ingress"] == [
        {
            "from": [{"namespaceSelector": gateway, "podSelector": PROXIES}],
            "ports": [{"protocol": "TCP", "port": 8000}],
        }
    ]
    leaving = spec(plan, "allow-inference-servers", "bulkhead-gateway")
    assert leaving["podSelector"] == PROXIES
    (outbound,) = leaving["egress"]
    assert outbound["to"][0]["podSelector"] == SERVER
    assert outbound["ports"] == [{"protocol": "TCP", "port": 8000}]


def test_inference_servers_reach_their_identity_and_the_endpoints_and_other_pods_nothing(
    plan: Plan,
) -> None:
    egress = {n: p for n, p in in_namespace(plan, POLICY).items() if "egress" in p.inputs["spec"]}
    assert set(egress) == {"allow-dns", "allow-artifacts"}
    allowed = spec(plan, "allow-artifacts")
    assert allowed["podSelector"] == SERVER
    assert allowed["egress"] == [
        {
            "to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}],
            "ports": [{"protocol": "TCP", "port": 80}],
        },
        {
            "to": [{"ipBlock": {"cidr": "10.20.2.0/26"}}, {"ipBlock": {"cidr": "10.20.2.64/26"}}],
            "ports": [{"protocol": "TCP", "port": 443}],
        },
    ]


def test_no_service_account_mounts_a_token_by_default(plan: Plan) -> None:
    accounts = in_namespace(plan, "kubernetes:core/v1:ServiceAccount")
    patches = in_namespace(plan, "kubernetes:core/v1:ServiceAccountPatch")
    assert (set(accounts), set(patches)) == ({"inference-server"}, {"default"})
    for account in (*accounts.values(), *patches.values()):
        assert account.inputs["automountServiceAccountToken"] is False


def test_the_servers_role_reads_the_tenants_own_prefix_and_is_bounded(plan: Plan) -> None:
    role = one(plan, "aws:iam/role:Role").inputs
    assert role["permissionsBoundary"] == ARGS["boundary_arn"]
    assert role["name"] == "dev-acme-inference-server"
    own = "${aws:PrincipalTag/kubernetes-namespace}"
    found = statements(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    assert found["ReadOwnArtifacts"]["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert found["ReadOwnArtifacts"]["Resource"] == f"arn:aws:s3:::dev-internal-models-x/{own}/*"
    assert found["ListOwnArtifacts"]["Condition"] == {"StringLike": {"s3:prefix": f"{own}/*"}}
    assert found["OpenArtifacts"]["Condition"] == {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/bulkhead/dev/internal/model"},
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"},
    }
    assert set(found) == {"ReadOwnArtifacts", "ListOwnArtifacts", "OpenArtifacts"}


def test_the_role_is_the_service_accounts_through_pod_identity(plan: Plan) -> None:
    association = one(plan, "aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs
    assert association["namespace"] == "acme"
    assert association["serviceAccount"] == "inference-server"
    trust = json.loads(one(plan, "aws:iam/role:Role").inputs["assumeRolePolicy"])
    tags = trust["Statement"][0]["Condition"]["StringEquals"]
    assert tags["aws:RequestTag/kubernetes-namespace"] == "acme"


def test_a_server_is_told_where_its_artifacts_are(plan: Plan) -> None:
    config = in_namespace(plan, "kubernetes:core/v1:ConfigMap")["model-artifacts"]
    assert config.inputs["data"] == {
        "AWS_ENDPOINT_URL_S3": ARGS["artifacts"]["endpoint_url"],
        "AWS_REGION": REGION,
        "MODEL_ARTIFACTS_BUCKET": "dev-internal-models-x",
        "MODEL_ARTIFACTS_PREFIX": "acme/",
    }


def test_people_get_in_by_their_iam_role_and_have_the_role_of_their_group(plan: Plan) -> None:
    entry = one(plan, "aws:eks/accessEntry:AccessEntry").inputs
    assert (entry["principalArn"], entry["kubernetesGroups"]) == (DEVELOPER, ["acme:developer"])
    bindings = {
        (b.inputs["roleRef"]["name"], *(s["name"] for s in b.inputs["subjects"]))
        for b in in_namespace(plan, BINDING).values()
    }
    assert bindings == {
        ("tenant-admin", "acme:admin"),
        ("tenant-developer", "acme:developer"),
        ("tenant-viewer", "acme:viewer"),
    }


def test_everything_in_a_namespace_waits_for_it_and_names_it(plan: Plan) -> None:
    namespaces = {r.inputs["metadata"]["name"]: r.urn for r in plan.of_type(NAMESPACE)}
    held = [r for r in plan.resources if "namespace" in r.inputs.get("metadata", {})]
    assert len(held) > 20
    for resource in held:
        assert namespaces[resource.inputs["metadata"]["namespace"]] in resource.dependencies


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"tier": "regulated"},
            "acme.tenant: tier 'regulated' needs very high isolation and may not run on pattern "
            "'shared-cluster', whose isolation is medium; the weakest pattern that would do is "
            "'single-tenant-cluster'",
        ),
        (
            {"name": "bulkhead-gateway"},
            "acme.tenant.name: a reserved tenant name, got 'bulkhead-gateway'; allowed: any but "
            "platform, bulkhead-*, default, kube-*, *-system, amazon, aws, eks, iam, system, "
            "*-training, *-sandbox",
        ),
        (
            {"quota": {"pods": 0}},
            "acme.tenant.quota.pods: too small a quota, got '0'; allowed: 1 or more",
        ),
        (
            {"quota": {"gpu": 2}},
            "acme.tenant.quota: unknown argument, got 'gpu'; allowed: config_maps, cpus, "
            "ephemeral_gib, gpus, job_hours, jobs, memory_gib, pod_gpus, pod_memory_gib, pods, "
            "secrets, services, storage_gib, volume_claims",
        ),
        (
            {"people": {"admin": ["arn:aws:iam::111122223333:user/jo"]}},
            "acme.tenant.people.admin: not the ARN of an IAM role, got "
            "'arn:aws:iam::111122223333:user/jo'; "
            "allowed: arn:aws:iam::<account>:role/<path and name>",
        ),
        (
            {"people": {"admin": [DEVELOPER], "viewer": [DEVELOPER]}},
            f"acme.tenant.people.viewer: a role stands twice, got '{DEVELOPER}'",
        ),
        (
            {"exemption": {"owner": "ciso", "reason": "a pilot for a month", "expires": "soon"}},
            "acme.tenant.exemption.expires: not a date, got 'soon'; allowed: YYYY-MM-DD",
        ),
        ({"owner": None}, "acme.tenant.owner: a missing argument"),
    ],
)
def test_a_tenant_that_may_not_be_built_is_refused(changes: dict[str, Any], sentence: str) -> None:
    args = {**ARGS, "tenant": {**TENANT, **changes}}
    assert refusal(lambda: TenantNamespace("acme", args)) == sentence
