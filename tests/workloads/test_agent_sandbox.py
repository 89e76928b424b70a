"""A tenant's sandboxes: what is registered, and what is refused before anything is."""

import base64
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import AgentSandbox, SandboxController
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, refusal, scope

REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
IMAGE = f"{REGISTRY}/dev/internal/acme/python@sha256:{'a' * 64}"
TENANT: dict[str, Any] = {
    "name": "acme",
    "tier": "internal",
    "owner": "team-acme",
    "cost_center": "cc-42",
    "quota": {"cpus": 16, "memory_gib": 64},
}
ARGS: dict[str, Any] = {"scope": scope(), "tenant": TENANT, "runtime": "kata", "image": IMAGE}
CONTROLLER: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "chart": f"oci://{REGISTRY}/charts/agent-sandbox",
    "image": f"{REGISTRY}/agent-sandbox-controller:v0.5.6@sha256:{'b' * 64}",
    "cluster_cidrs": ["10.20.1.0/28"],
}
GROUP = "kubernetes:extensions.agents.x-k8s.io/v1beta1"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def provider() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))


def made(**changes: Any) -> Plan:
    return planned(lambda: AgentSandbox("agents", {**ARGS, **changes}, provider()))


def refused(**changes: Any) -> str:
    return refusal(lambda: AgentSandbox("agents", {**ARGS, **changes}))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made(warm=2, nodes="tenant", egress=[{"cidr": "10.20.30.4/32", "port": 3128}])


@pytest.fixture(scope="module")
def template(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = one(plan, f"{GROUP}:SandboxTemplate").inputs["spec"]
    return found


def test_the_pod_has_no_token_no_root_and_nothing_of_its_node(template: dict[str, Any]) -> None:
    spec = template["podTemplate"]["spec"]
    assert spec["runtimeClassName"] == "kata"
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert spec["serviceAccountName"] == "agent"
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["image"] == IMAGE
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
    }
    limits = {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "4Gi"}
    assert container["resources"] == {"requests": limits, "limits": limits}
    assert all(volume["emptyDir"]["sizeLimit"] == "4Gi" for volume in spec["volumes"])
    assert spec["nodeSelector"] == {"bulkhead.dev/tenant": "acme"}


def test_agents_reach_names_tools_and_what_is_listed(template: dict[str, Any], plan: Plan) -> None:
    assert template["networkPolicyManagement"] == "Managed"
    dns, tools, listed = template["networkPolicy"]["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    (peer,) = tools["to"]
    assert peer["podSelector"]["matchLabels"] == {
        "gateway.envoyproxy.io/owning-gateway-name": "tools"
    }
    assert listed == {
        "to": [{"ipBlock": {"cidr": "10.20.30.4/32"}}],
        "ports": [{"protocol": "TCP", "port": 3128}],
    }
    assert "ingress" not in template["networkPolicy"]
    (denied,) = (r.inputs for r in plan.of_type(POLICY))
    assert denied["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_namespace_bounds_how_many_there_are_and_for_how_long(plan: Plan) -> None:
    namespace = one(plan, "kubernetes:core/v1:Namespace").inputs["metadata"]
    assert namespace["name"] == "acme-sandbox"
    assert namespace["labels"]["bulkhead.dev/sandboxes"] == "true"
    assert namespace["annotations"]["bulkhead.dev/sandbox-hours"] == "1"
    hard = one(plan, "kubernetes:core/v1:ResourceQuota", "*-quota").inputs["spec"]["hard"]
    assert (hard["pods"], hard["limits.cpu"], hard["limits.memory"]) == ("4", "5", "10Gi")
    assert hard["requests.nvidia.com/gpu"] == "0"
    pool = one(plan, f"{GROUP}:SandboxWarmPool").inputs["spec"]
    assert pool["replicas"] == 2


def test_a_volume_is_encrypted_and_the_sandboxes_own() -> None:
    spec = one(made(storage_gib=10), f"{GROUP}:SandboxTemplate").inputs["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "encrypted"
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert spec["volumeClaimTemplatesPolicy"] == "Disallowed"


def test_a_confidential_sandbox_enforces_its_policy() -> None:
    policy = base64.b64encode(b"permit(principal, action, resource);").decode()
    spec = one(
        made(runtime="confidential-sandbox", policy=policy), f"{GROUP}:SandboxTemplate"
    ).inputs["spec"]
    notes = spec["podTemplate"]["metadata"]["annotations"]
    assert notes == {"sandbox.amazonaws.com/policy": policy}


RESTRICTED = {
    **TENANT,
    "tier": "restricted",
    "pattern": "single-tenant-cluster",
}
RESTRICTED_IMAGE = IMAGE.replace("internal", "restricted")
EGRESS = [{"cidr": "10.20.30.4/32", "port": 3128}]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"runtime": "runc"}, "agents.runtime: unknown runtime, got 'runc'"),
        (
            {"runtime": ""},
            "agents.runtime: too weak a runtime for agents of tier 'internal', got \"the node's "
            'own kernel"; allowed: gvisor, kata, isolated-sandbox, confidential-sandbox',
        ),
        (
            {"tenant": RESTRICTED, "image": RESTRICTED_IMAGE, "runtime": "gvisor"},
            "agents.runtime: too weak a runtime for agents of tier 'restricted', got 'gvisor'; "
            "allowed: kata, isolated-sandbox, confidential-sandbox",
        ),
        (
            {"tenant": RESTRICTED, "image": RESTRICTED_IMAGE, "egress": EGRESS},
            "agents.egress[0]: sandboxes of tier 'restricted' reach nothing but the tools' "
            "gateway, got '10.20.30.4/32'; allowed: no egress",
        ),
        (
            {"egress": [{"cidr": "0.0.0.0/0", "port": 443}]},
            "agents.egress[0].cidr: not a private network, got '0.0.0.0/0'",
        ),
        (
            {"egress": [{"cidr": "169.254.169.254/32", "port": 80}]},
            "agents.egress[0].cidr: not a private network, got '169.254.169.254/32'",
        ),
        (
            {"egress": [{"cidr": "10.20.0.0/16", "port": 443}]},
            "agents.egress[0].cidr: a whole network, or one of Kubernetes' own, got "
            "'10.20.0.0/16'; allowed: /28 to /32, outside of 172.20.0.0/16",
        ),
        (
            {"egress": [{"cidr": "172.20.0.1/32", "port": 443}]},
            "agents.egress[0].cidr: a whole network, or one of Kubernetes' own, got "
            "'172.20.0.1/32'; allowed: /28 to /32, outside of 172.20.0.0/16",
        ),
        (
            {"egress": [{"cidr": "10.20.30.4/32", "port": 0}]},
            "agents.egress[0].port: not a port, got '0'; allowed: 1 to 65535",
        ),
        ({"warm": 5}, "agents.warm: out of bounds, got '5'; allowed: 0 to 4"),
        ({"hours": 25}, "agents.hours: out of bounds, got '25'; allowed: 1 to 24"),
        ({"user": 0}, "agents.user: out of bounds, got '0'; allowed: 1 to 2147483647"),
        (
            {"most": 13},
            "agents.most: so many sandboxes take more cpus than the tenant's quota, got '17'; "
            "allowed: at most 16",
        ),
        (
            {"image": IMAGE.replace("/acme/", "/globex/")},
            f"agents.image: an image of no registry of the tenant, got '{REGISTRY}/dev/internal/"
            f"globex/python'; allowed: {REGISTRY}/dev/internal/acme, "
            f"{REGISTRY}/dev/internal/platform",
        ),
        (
            {"image": IMAGE.partition("@")[0] + ":1"},
            "agents.image: an image is mirrored to a private registry and named by digest",
        ),
        (
            {"runtime": "isolated-sandbox", "version": "1.35"},
            "agents.version: runtime 'isolated-sandbox' needs a newer Kubernetes, got '1.35'; "
            "allowed: 1.36 or newer",
        ),
        (
            {"runtime": "confidential-sandbox"},
            "agents.policy: a confidential sandbox, and no other, enforces a Cedar policy, got "
            "'none'; allowed: what eks-nitro-sandbox-genpolicy prints, base64",
        ),
        (
            {"policy": "cGVybWl0"},
            "agents.policy: a confidential sandbox, and no other, enforces a Cedar policy, got "
            "'cGVybWl0'; allowed: what eks-nitro-sandbox-genpolicy prints, base64",
        ),
    ],
)
def test_what_would_let_agents_out_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refused(**changes).startswith(sentence)


def test_the_controller_is_closed_in_and_its_chart_private() -> None:
    plan = planned(lambda: SandboxController("sandboxes", CONTROLLER, provider()))
    release = one(plan, "kubernetes:helm.sh/v3:Release").inputs
    assert release["version"] == "0.1.0"
    assert release["values"]["image"]["tag"] == "v0.5.6"
    assert release["values"]["podAnnotations"] == {
        "bulkhead.dev/image-digest": f"sha256:{'b' * 64}"
    }
    assert release["values"]["controller"]["extensions"] is True
    opened = one(plan, POLICY, "*-allow-api-server").inputs["spec"]
    assert opened["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "agent-sandbox"}}
    blocks = {
        peer["ipBlock"]["cidr"]
        for rule in (*opened["egress"], *opened["ingress"])
        for peer in rule.get("to", rule.get("from", []))
    }
    assert blocks == {"10.20.1.0/28", "172.20.0.1/32"}
    public = {**CONTROLLER, "chart": "oci://registry.k8s.io/agent-sandbox/charts"}
    assert refusal(lambda: SandboxController("sandboxes", public)) == (
        "sandboxes.chart: not a chart in a private registry, got "
        "'oci://registry.k8s.io/agent-sandbox/charts'; allowed: "
        "oci://<account>.dkr.ecr.<region>.amazonaws.com/<name>"
    )
    untagged = {**CONTROLLER, "image": CONTROLLER["image"].replace(":v0.5.6", "")}
    assert refusal(lambda: SandboxController("sandboxes", untagged)).startswith(
        "sandboxes.image: an image without the tag that its chart goes by, got "
    )
