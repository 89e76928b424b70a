"""Tools of agents: who calls what through the gateway, and what is refused before it is made."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import ToolGateway
from bulkhead.domain.sandboxes import SANDBOXES_LABEL
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, refusal, scope
from tests.workloads.tool_decisions import authorized, calls, selected

TICKETS = {
    "name": "tickets",
    "host": "tickets.example.com",
    "tools": ["search", "comment", "close"],
    "secret": "tickets-key",
}
WEB = {"name": "web", "host": "web.example.com", "tools": ["fetch"], "port": 8443}
WIDE = {"name": "wide", "host": "wide.example.com", "tools": [f"tool-{n}" for n in range(32)]}
GRANTS = [
    {"tenant": "acme", "server": "tickets", "tools": ["search", "comment"]},
    {"tenant": "acme", "server": "web", "tools": ["fetch"]},
    {"tenant": "globex", "server": "tickets", "tools": ["search"]},
    {"tenant": "globex", "server": "wide", "tools": WIDE["tools"]},
]
ARGS: dict[str, Any] = {
    "scope": scope(),
    "tier": "internal",
    "host": "tools.dev.example.com",
    "certificate": "tools-server",
    "issuer": {
        "url": "https://login.example.com/",
        "jwks_uri": "https://login.example.com/keys",
        "audiences": ["tools"],
    },
    "networks": {"servers": ["10.20.30.0/28"], "issuer": ["10.20.31.0/28"]},
    "servers": [TICKETS, WEB, WIDE],
    "tenants": ["acme", "globex", "initech"],
    "grants": GRANTS,
}
ROUTE = "kubernetes:aigateway.envoyproxy.io/v1beta1:MCPRoute"
ENVOY = "kubernetes:gateway.envoyproxy.io/v1alpha1"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def made(**changes: Any) -> Plan:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
        ToolGateway("tools", {**ARGS, **changes}, opts)

    return planned(program)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made()


@pytest.fixture(scope="module")
def routes(plan: Plan) -> dict[str, dict[str, Any]]:
    return {r.inputs["metadata"]["name"]: r.inputs["spec"] for r in plan.of_type(ROUTE)}


def test_each_tenant_calls_what_it_was_granted_and_nothing_else(
    routes: dict[str, dict[str, Any]],
) -> None:
    granted = {(g["tenant"], g["server"], tool) for g in GRANTS for tool in g["tools"]}
    every = [(server["name"], tool) for server in ARGS["servers"] for tool in server["tools"]]
    called = {
        (tenant, server, tool)
        for path in routes
        for tenant in ARGS["tenants"]
        for server, tool in every
        if calls(routes[path], {"tenant": tenant}, server, tool)
    }
    assert called == granted
    for route in routes.values():
        assert not any(calls(route, claims, *each) for claims in ({}, {"sub": "acme"})
                       for each in every)  # fmt: skip


def test_each_fence_denies_by_itself(routes: dict[str, dict[str, Any]]) -> None:
    route, other = routes["acme"], {"tenant": "globex"}
    assert not selected(route, other, "tickets")
    assert not authorized(route, other, "tickets", "search")
    assert not authorized(route, {"tenant": "acme"}, "tickets", "close")
    (tickets, _) = route["backendRefs"]
    assert tickets["toolSelector"] == {"include": ["search", "comment"]}
    for policy in (route["backendSelector"], route["securityPolicy"]["authorization"]):
        assert policy["defaultAction"] == "Deny"
        assert {rule["action"] for rule in policy["rules"]} == {"Allow"}


def test_tokens_are_the_issuers_and_for_tools(routes: dict[str, dict[str, Any]]) -> None:
    oauth = routes["acme"]["securityPolicy"]["oauth"]
    assert oauth["issuer"] == "https://login.example.com/"
    assert oauth["audiences"] == ["tools"]
    assert oauth["jwks"]["remoteJWKS"]["uri"] == "https://login.example.com/keys"
    assert routes["acme"]["path"] == "/acme/mcp"


def test_a_nested_claim_names_the_tenant_too() -> None:
    plan = made(issuer={**ARGS["issuer"], "tenant_claim": "org.tenant-id"})
    route = one(plan, ROUTE, "*-acme").inputs["spec"]
    claims = {"org": {"tenant-id": "acme"}}
    assert calls(route, claims, "tickets", "search")
    assert not calls(route, {"org": {"tenant-id": "globex"}}, "tickets", "search")


def test_keys_of_servers_are_the_gateways(routes: dict[str, dict[str, Any]], plan: Plan) -> None:
    tickets, web = routes["acme"]["backendRefs"]
    assert tickets["securityPolicy"] == {"apiKey": {"secretRef": {"name": "tickets-key"}}}
    assert "securityPolicy" not in web
    server = one(plan, f"{ENVOY}:Backend", "*-tickets").inputs["spec"]
    assert server["tls"]["wellKnownCACertificates"] == "System"
    assert server["tls"]["sni"] == "tickets.example.com"


def test_only_sandboxes_reach_the_gateway_and_it_reaches_only_what_it_needs(plan: Plan) -> None:
    let_in = one(plan, POLICY, "*-allow-agents").inputs["spec"]
    ((rule,),) = [let_in["ingress"]]
    assert rule["from"] == [
        {
            "namespaceSelector": {"matchLabels": {SANDBOXES_LABEL: "true"}},
            "podSelector": {"matchLabels": {"bulkhead.dev/role": "agent-sandbox"}},
        }
    ]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8443}]
    egress = one(plan, POLICY, "*-allow-tools").inputs["spec"]["egress"]
    blocks = [p["ipBlock"]["cidr"] for r in egress for p in r["to"] if "ipBlock" in p]
    assert blocks == ["10.20.30.0/28", "10.20.31.0/28"]
    assert [port["port"] for port in egress[1]["ports"]] == [443, 8443]
    proxy = one(plan, f"{ENVOY}:EnvoyProxy").inputs["spec"]["provider"]["kubernetes"]
    assert proxy["envoyService"] == {"type": "ClusterIP", "name": "tools"}


def test_calls_are_counted_before_the_route_opens_and_logged_without_arguments(plan: Plan) -> None:
    counted = one(plan, f"{ENVOY}:BackendTrafficPolicy", "*-tools-acme")
    (rule,) = counted.inputs["spec"]["rateLimit"]["global"]["rules"]
    assert rule["limit"] == {"requests": 120, "unit": "Minute"}
    assert counted.urn in one(plan, ROUTE, "*-acme").dependencies
    (settings,) = one(plan, f"{ENVOY}:EnvoyProxy").inputs["spec"]["telemetry"]["accessLog"][
        "settings"
    ]
    log = settings["format"]["json"]
    assert log["tool"] == "%DYNAMIC_METADATA(io.envoy.ai_gateway:mcp_tool_name)%"
    assert not any("BODY" in value or "AUTHORIZATION" in value for value in log.values())


def grant(**changes: Any) -> dict[str, Any]:
    return {"grants": [{**GRANTS[0], **changes}]}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            grant(tenant="umbrella"),
            "tools.grants[0].tenant: an unknown tenant, got 'umbrella'; allowed: acme, globex, "
            "initech",
        ),
        (
            grant(server="mail"),
            "tools.grants[0].server: an unknown server, got 'mail'; allowed: tickets, web, wide",
        ),
        (
            grant(tools=["search", "delete_all"]),
            "tools.grants[0].tools: no tool that 'tickets' offers through the gateway, got "
            "'delete_all'; allowed: search, comment, close",
        ),
        (
            grant(tools=[".*"]),
            "tools.grants[0].tools: not the name of one tool, got '.*'; allowed: letters, digits, "
            "'_', '-' and '.'",
        ),
        (
            grant(tools=[]),
            "tools.grants[0].tools: not a list of tools, got 'none'; allowed: 1 to 32, each once",
        ),
        (
            {"grants": [GRANTS[0], GRANTS[0]]},
            "tools.grants[1].server: two grants of one server for tenant 'acme', got 'tickets'; "
            "allowed: one with all of its tools",
        ),
        (
            {"servers": [{**TICKETS, "host": "http://x"}]},
            "tools.servers[0].host: not a DNS name, got 'http://x'; allowed: one like "
            "tools.example.com",
        ),
        (
            {"servers": [TICKETS, TICKETS]},
            "tools.servers[1]: a server's name stands twice, got 'tickets'",
        ),
        (
            {"calls_a_minute": 0},
            "tools.calls_a_minute: out of bounds, got '0'; allowed: 1 to 10000",
        ),
        (
            {"issuer": {**ARGS["issuer"], "audiences": []}},
            "tools.issuer.audiences: tokens need an audience",
        ),
    ],
)
def test_what_would_open_more_than_is_granted_is_refused(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(lambda: ToolGateway("tools", {**ARGS, **changes})).startswith(sentence)
