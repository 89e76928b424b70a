"""The controllers behind the gateway are installed closed (INF-2, INF-3)."""

from typing import Any

import pytest

from bulkhead import GatewayControllers
from bulkhead.preview.plan import Plan
from tests.foundation.samples import planned, refusal, scope

DIGEST = f"sha256:{64 * 'e'}"
MIRROR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/envoyproxy"
IMAGES = {
    "gateway": f"{MIRROR}/gateway:v1.9.1@{DIGEST}",
    "proxy": f"{MIRROR}/envoy:distroless-v1.39.0@{DIGEST}",
    "rate_limit": f"{MIRROR}/ratelimit@{DIGEST}",
    "ai_controller": f"{MIRROR}/ai-gateway-controller:v1.1.0@{DIGEST}",
    "ai_processor": f"{MIRROR}/ai-gateway-extproc:v1.1.0@{DIGEST}",
}
COUNTERS = {"address": "counters.example.internal:6379", "networks": ["10.20.24.0/22"]}


def arguments(**changes: Any) -> Any:
    return {
        "scope": scope(),
        "tier": "internal",
        "images": IMAGES,
        "counters": COUNTERS,
        "cluster_cidrs": ["10.20.1.0/28"],
        **changes,
    }


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(lambda: GatewayControllers("controllers", arguments()), assume_applied=True)


def values(plan: Plan, release: str) -> dict[str, Any]:
    (found,) = (
        r.inputs
        for r in plan.resources
        if r.type == "kubernetes:helm.sh/v3:Release" and r.inputs["name"] == release
    )
    given: dict[str, Any] = found.get("values", {})
    return given


def configuration(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = values(plan, "envoy-gateway")["config"]["envoyGateway"]
    return found


def of_kind(plan: Plan, kind: str) -> dict[str, dict[str, Any]]:
    """Inputs of the objects of one kind, by their names."""
    return {r.inputs["metadata"]["name"]: r.inputs for r in plan.resources if r.type.endswith(kind)}


def test_requests_are_refused_when_nobody_can_count_them(plan: Plan) -> None:
    limit = configuration(plan)["rateLimit"]
    assert limit["failClosed"] is True
    assert limit["timeout"] == "250ms"


def test_nothing_is_configured_without_the_ai_gateway(plan: Plan) -> None:
    manager = configuration(plan)["extensionManager"]
    assert manager["failOpen"] is False
    assert manager["service"]["fqdn"] == {
        "hostname": "ai-gateway-controller.envoy-gateway-system.svc.cluster.local",
        "port": 1063,
    }


def test_the_controllers_watch_the_gateway_s_namespace_alone(plan: Plan) -> None:
    kubernetes = configuration(plan)["provider"]["kubernetes"]
    assert kubernetes["deploy"] == {"type": "GatewayNamespace"}
    assert kubernetes["watch"] == {"type": "Namespaces", "namespaces": ["bulkhead-gateway"]}
    controller = values(plan, "ai-gateway")["controller"]
    assert controller["watch"] == {"namespaces": ["bulkhead-gateway"]}
    assert controller["mutatingWebhook"]["namespaceSelector"] == {
        "matchLabels": {"kubernetes.io/metadata.name": "bulkhead-gateway"}
    }


def test_nobody_may_write_envoy_s_configuration_by_hand(plan: Plan) -> None:
    assert configuration(plan)["extensionApis"] == {
        "enableBackend": True,
        "enableLua": True,
        "enableEnvoyPatchPolicy": False,
    }


def test_counters_are_reached_over_tls_with_a_password(plan: Plan) -> None:
    deployment = configuration(plan)["provider"]["kubernetes"]["rateLimitDeployment"]
    assert deployment["container"]["env"] == [
        {"name": "REDIS_TLS", "value": "true"},
        {
            "name": "REDIS_AUTH",
            "valueFrom": {"secretKeyRef": {"name": "gateway-counters", "key": "auth"}},
        },
    ]
    # Envoy Gateway would mount a volume that it does not declare.
    assert "tls" not in configuration(plan)["rateLimit"]["backend"]["redis"]


def test_every_image_is_named_by_digest(plan: Plan) -> None:
    gateway = values(plan, "envoy-gateway")["global"]["images"]
    ai = values(plan, "ai-gateway")
    named = [
        gateway["envoyGateway"]["image"],
        gateway["envoyProxy"]["image"],
        gateway["ratelimit"]["image"],
        *(
            f"{image['repository']}:{image['tag']}"
            for image in (ai["controller"]["image"], ai["extProc"]["image"])
        ),
    ]
    assert all(image.startswith(MIRROR) and image.endswith(f"@{DIGEST}") for image in named)


def test_there_are_two_of_each(plan: Plan) -> None:
    gateway, ai = values(plan, "envoy-gateway"), values(plan, "ai-gateway")["controller"]
    limiter = configuration(plan)["provider"]["kubernetes"]
    assert gateway["deployment"]["replicas"] == ai["replicaCount"] == 2
    assert limiter["rateLimitDeployment"]["replicas"] == 2
    assert gateway["podDisruptionBudget"] == limiter["rateLimitPDB"] == {"minAvailable": 1}
    assert ai["podDisruptionBudget"] == {"enabled": True, "minAvailable": 1}


def test_they_run_where_no_tenant_does(plan: Plan) -> None:
    gateway, ai = values(plan, "envoy-gateway"), values(plan, "ai-gateway")["controller"]
    limiter = configuration(plan)["provider"]["kubernetes"]["rateLimitDeployment"]["pod"]
    for pod in (gateway["deployment"]["pod"], gateway["certgen"]["job"], limiter, ai):
        assert pod["nodeSelector"] == {"bulkhead.dev/plane": "control"}
        assert [each["key"] for each in pod["tolerations"]] == ["CriticalAddonsOnly"]


def test_insecure_defaults_of_the_charts_are_replaced(plan: Plan) -> None:
    ai = values(plan, "ai-gateway")
    assert ai["controller"]["mcp"]["sessionEncryption"]["seed"] != "default-insecure-seed"
    assert ai["controller"]["serviceAccount"]["create"] is False
    hidden = {each["name"]: each["value"] for each in ai["extProc"]["extraEnvVars"]}
    assert hidden["OPENINFERENCE_HIDE_INPUTS"] == hidden["OPENINFERENCE_HIDE_OUTPUTS"] == "true"
    assert values(plan, "envoy-gateway")["topologyInjector"] == {"enabled": False}


def test_a_preview_hides_the_seed() -> None:
    shown = planned(lambda: GatewayControllers("controllers", arguments()))
    ai = values(shown, "ai-gateway")
    assert "default" not in str(ai["controller"]["mcp"]["sessionEncryption"]["seed"])


def test_the_ai_controller_writes_secrets_of_the_gateway_alone(plan: Plan) -> None:
    (everywhere,) = of_kind(plan, ":ClusterRole").values()
    writing = [
        rule for rule in everywhere["rules"] if not set(rule["verbs"]) <= {"get", "list", "watch"}
    ]
    assert [rule.get("resourceNames") for rule in writing] == [
        ["envoy-ai-gateway-gateway-pod-mutator.envoy-gateway-system"]
    ]
    assert all("secrets" not in rule["resources"] for rule in everywhere["rules"])
    places = {
        r.inputs["metadata"]["namespace"]
        for r in plan.resources
        if r.type.endswith(":Role")
        and any("secrets" in rule["resources"] for rule in r.inputs["rules"])
    }
    assert places == {"bulkhead-gateway"}


def test_the_namespace_is_closed_before_anything_starts(plan: Plan) -> None:
    namespace = of_kind(plan, ":Namespace")["envoy-gateway-system"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    policies = of_kind(plan, ":NetworkPolicy")
    assert policies["default-deny"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    kinds = [r.type.rpartition(":")[2] for r in plan.resources]
    last = max(at for at, kind in enumerate(kinds) if kind == "NetworkPolicy")
    assert last < kinds.index("Release")


def test_both_gateways_proxies_reach_their_controllers(plan: Plan) -> None:
    policies = of_kind(plan, ":NetworkPolicy")
    for name, port in (("envoy-gateway", 18000), ("rate-limit", 8081)):
        (rule,) = (
            rule
            for rule in policies[name]["spec"]["ingress"]
            if rule["ports"] == [{"protocol": "TCP", "port": port}]
        )
        assert {
            peer["podSelector"]["matchLabels"]["gateway.envoyproxy.io/owning-gateway-name"]
            for peer in rule["from"]
        } == {"inference", "tools"}


def test_only_the_service_that_counts_reaches_the_counters(plan: Plan) -> None:
    reaching = [
        name
        for name, found in of_kind(plan, ":NetworkPolicy").items()
        if "10.20.24.0/22" in str(found["spec"].get("egress"))
    ]
    assert reaching == ["rate-limit"]


def test_the_certificate_manager_renews_where_there_is_one() -> None:
    plan = planned(lambda: GatewayControllers("c", arguments(certificate_manager=True)))
    webhook = values(plan, "ai-gateway")["controller"]["mutatingWebhook"]
    assert webhook["certManager"] == {"enable": True}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"images": {**IMAGES, "rate_limit": "docker.io/envoyproxy/ratelimit:master"}},
            ["controllers.images.rate_limit", "by digest", "ratelimit:master"],
        ),
        (
            {"images": {k: v for k, v in IMAGES.items() if k != "gateway"}},
            ["controllers.images", "gateway"],
        ),
        ({"counters": {**COUNTERS, "secret": "No name"}}, ["controllers.counters.secret"]),
        ({"counters": {"address": "x:6379"}}, ["controllers.counters", "networks"]),
        ({"version": "1.20"}, ["controllers.version"]),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], words: list[str]) -> None:
    said = refusal(lambda: GatewayControllers("controllers", arguments(**changes)))
    assert [word for word in words if word not in said] == [], said
