"""What the gateway renders, and what it refuses to (INF-1…INF-3, OBS-1)."""

import json
from typing import Any

import pytest

from bulkhead import InferenceGateway
from bulkhead.workloads.gateway_edge import access_log
from tests.foundation.samples import planned, refusal, strings
from tests.gateway.rendered import Manifest, arguments, model, objects


@pytest.fixture(scope="module")
def rendered() -> list[Manifest]:
    return objects(proxies=2)


def named(rendered: list[Manifest], kind: str, name: str = "inference") -> dict[str, Any]:
    """The spec of one object."""
    (found,) = (o for o in rendered if (o["kind"], o["metadata"]["name"]) == (kind, name))
    spec: dict[str, Any] = found["spec"]
    return spec


def test_the_load_balancer_is_internal_and_knows_its_clients(rendered: list[Manifest]) -> None:
    service = named(rendered, "EnvoyProxy")["provider"]["kubernetes"]["envoyService"]
    annotations = service["annotations"]
    scheme = annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"]
    assert scheme == "internal"
    assert service["loadBalancerSourceRanges"] == ["10.64.0.0/16"]
    assert service["loadBalancerClass"] == "service.k8s.aws/nlb"


def test_the_gateway_serves_its_own_namespace_alone(rendered: list[Manifest]) -> None:
    (listener,) = named(rendered, "Gateway")["listeners"]
    assert listener["protocol"] == "HTTPS"
    assert listener["tls"]["mode"] == "Terminate"
    assert listener["allowedRoutes"] == {"namespaces": {"from": "Same"}}
    assert {o["metadata"].get("namespace") for o in rendered} == {None, "bulkhead-gateway"}


def test_a_token_alone_opens_nothing(rendered: list[Manifest]) -> None:
    authorization = named(rendered, "SecurityPolicy")["authorization"]
    assert authorization == {"defaultAction": "Deny"}


def test_a_ceiling_is_split_between_the_proxies(rendered: list[Manifest]) -> None:
    breaker = named(rendered, "BackendTrafficPolicy", "alpha.llama")["circuitBreaker"]
    assert breaker["maxParallelRequests"] == 4
    assert breaker["maxPendingRequests"] == 4
    replicas = named(rendered, "EnvoyProxy")["provider"]["kubernetes"]["envoyDeployment"]
    assert replicas["replicas"] == 2


def test_each_route_has_its_ceiling_of_answers(rendered: list[Manifest]) -> None:
    (filter_,) = named(rendered, "EnvoyExtensionPolicy")["lua"]
    assert filter_["filterContext"] == {
        "alpha.llama": 64,
        "beta.llama": 1024,
        "beta.mistral": 1024,
        "beta.away": 1024,
        "beta.moved": 1024,
        "beta.split": 1024,
    }


def test_proxies_may_keep_to_nodes_of_their_own(rendered: list[Manifest]) -> None:
    def pod(found: list[Manifest]) -> dict[str, Any]:
        kubernetes = named(found, "EnvoyProxy")["provider"]["kubernetes"]
        given: dict[str, Any] = kubernetes["envoyDeployment"]["pod"]
        return given

    assert "nodeSelector" not in pod(rendered)
    apart = pod(objects(own_nodes=True))
    assert apart["nodeSelector"] == {"bulkhead.dev/tenant": "platform"}
    assert [each["value"] for each in apart["tolerations"]] == ["platform"]


def test_tokens_are_counted_by_day_and_month(rendered: list[Manifest]) -> None:
    traffic = named(rendered, "BackendTrafficPolicy", "alpha.llama")
    rules = traffic["rateLimit"]["global"]["rules"]
    counted = {
        rule["limit"]["unit"]: rule["limit"]["requests"]
        for rule in rules
        if "cost" in rule and rule["cost"]["request"] == {"from": "Number", "number": 0}
    }
    assert counted == {"Day": 100, "Month": 1000}


def test_a_client_s_token_ends_at_the_gateway(rendered: list[Manifest]) -> None:
    for each in rendered:
        if each["kind"] == "AIServiceBackend":
            assert each["spec"]["headerMutation"] == {"remove": ["authorization"]}


def test_a_request_can_not_have_the_server_tell_its_prompt(rendered: list[Manifest]) -> None:
    backends = [each["spec"] for each in rendered if each["kind"] == "AIServiceBackend"]
    for spec in backends:
        assert {"echo", "prompt_logprobs", "return_token_ids"} <= set(
            spec["bodyMutation"]["remove"]
        )


def test_spans_hold_no_contents(rendered: list[Manifest]) -> None:
    container = named(rendered, "GatewayConfig")["extProc"]["kubernetes"]
    hidden = {each["name"]: each["value"] for each in container["env"]}
    assert hidden == {"OPENINFERENCE_HIDE_INPUTS": "true", "OPENINFERENCE_HIDE_OUTPUTS": "true"}


def test_the_log_has_neither_bodies_nor_tokens() -> None:
    words = " ".join(access_log().values()).lower()
    for forbidden in ("authorization", "cookie", "body", "%req(:path)"):
        assert forbidden not in words


def test_a_backend_tells_the_model_s_version(rendered: list[Manifest]) -> None:
    assert named(rendered, "Backend", "alpha.llama.abababababab")["endpoints"] == [
        {"fqdn": {"hostname": "llama.alpha.svc.cluster.local", "port": 8000}}
    ]


def test_only_the_load_balancer_reaches_the_proxies(rendered: list[Manifest]) -> None:
    ingress = named(rendered, "NetworkPolicy", "allow-load-balancer")
    assert ingress["ingress"] == [
        {
            "from": [{"ipBlock": {"cidr": "10.20.8.0/22"}}],
            "ports": [{"protocol": "TCP", "port": 10443}],
        }
    ]
    assert ingress["podSelector"] == {
        "matchLabels": {"gateway.envoyproxy.io/owning-gateway-name": "inference"}
    }


def test_every_object_says_whose_it_is(rendered: list[Manifest]) -> None:
    for each in rendered:
        assert each["metadata"]["labels"]["bulkhead.dev/environment"] == "dev", each


def test_a_gateway_guards_before_it_opens() -> None:
    plan = planned(lambda: InferenceGateway("gateway", arguments()))
    names = [r.name for r in plan.resources]
    opened = names.index("gateway-gateway-inference")
    for guard in ("clienttrafficpolicy", "securitypolicy", "envoyextensionpolicy"):
        assert names.index(f"gateway-{guard}-inference") < opened
    for route in ("alpha.llama", "beta.mistral"):
        assert names.index(f"gateway-securitypolicy-{route}") < names.index(
            f"gateway-aigatewayroute-{route}"
        )


ISSUER = arguments()["issuer"]
NETWORKS = arguments()["networks"]


def test_a_gateway_without_an_issuer_is_refused() -> None:
    given = arguments()
    del given["issuer"]
    said = refusal(lambda: InferenceGateway("gateway", given))
    assert said == "gateway.issuer: a missing argument"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issuer": {**ISSUER, "audiences": []}}, ["gateway.issuer.audiences", "audience"]),
        ({"issuer": {"url": ISSUER["url"]}}, ["gateway.issuer", "a missing argument"]),
        ({"issuer": {**ISSUER, "tenant_claim": "sub"}}, ["gateway.issuer.tenant_claim"]),
        ({"issuer": {**ISSUER, "tenant_claim": "no claim"}}, ["gateway.issuer.tenant_claim"]),
        ({"issuer": {**ISSUER, "url": "http://a.example"}}, ["gateway.issuer.url", "HTTPS"]),
        (
            {"models": [model("alpha", "llama", output_tokens=0)]},
            ["gateway.models[0].limits.output_tokens", "1 to"],
        ),
        (
            {"models": [model("alpha", "llama", requests={"minute": 0})]},
            ["gateway.models[0].limits.requests.minute", "'0'"],
        ),
        (
            {"models": [model("alpha", "llama", parallel_requests=0)]},
            ["gateway.models[0].limits.parallel_requests"],
        ),
        (
            {"models": [model("alpha", "llama", tokens={"week": 10})]},
            ["gateway.models[0].limits.tokens", "'week'", "minute, hour, day, month"],
        ),
        (
            {"models": [model("alpha", "llama", tokens={"day": 0})]},
            ["gateway.models[0].limits.tokens.day", "'0'"],
        ),
        (
            {"models": [{**model("alpha", "llama"), "version": "v1"}]},
            ["gateway.models[0].version", "sha256"],
        ),
        ({"networks": {**NETWORKS, "clients": ["0.0.0.0/0"]}}, ["gateway.networks.clients[0]"]),
        ({"networks": {**NETWORKS, "clients": []}}, ["gateway.networks.clients", "one or more"]),
        ({"proxies": 0}, ["gateway.models", "1 to 12"]),
        ({"host": "localhost"}, ["gateway.host"]),
        ({"prompt_kib": 0}, ["gateway.prompt_kib"]),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], words: list[str]) -> None:
    said = refusal(lambda: InferenceGateway("gateway", arguments(**changes)))
    assert [word for word in words if word not in said] == [], said


def test_nothing_of_a_client_s_choosing_is_rendered_as_an_expression() -> None:
    given = json.dumps(objects())
    assert not any("${" in each for each in strings(json.loads(given)))
