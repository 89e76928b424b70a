from typing import Any

from tests.policies.parts import DEPLOYMENT, compartment, workload
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins

ENVOY = "gateway.envoyproxy.io/v1alpha1"
AI = "aigateway.envoyproxy.io/v1beta1"
TARGET = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "models"}
ROUTE = workload(
    f"{AI}:AIGatewayRoute",
    {
        "parentRefs": [{"name": "models"}],
        "llmRequestCosts": [{"metadataKey": "tokens", "type": "TotalToken"}],
        "rules": [],
    },
)
TRAFFIC = workload(
    f"{ENVOY}:BackendTrafficPolicy",
    {
        "targetRefs": [TARGET],
        "rateLimit": {
            "type": "Global",
            "global": {"rules": [{"limit": {"requests": 1000, "unit": "Hour"}}]},
        },
    },
)
SECURITY = workload(
    f"{ENVOY}:SecurityPolicy",
    {
        "targetRefs": [TARGET],
        "jwt": {
            "providers": [
                {
                    "name": "idp",
                    "issuer": "https://idp.example",
                    "remoteJWKS": {"uri": "https://idp.example/keys"},
                    "claimToHeaders": [{"claim": "tenant", "header": "X-Tenant-Id"}],
                }
            ]
        },
    },
)
CLIENTS = workload(
    f"{ENVOY}:ClientTrafficPolicy",
    {
        "targetRefs": [TARGET],
        "headers": {"earlyRequestHeaders": {"remove": ["x-tenant-id", "x-user"]}},
    },
)
EXT_AUTH = {"grpc": {"backendRefs": [{"name": "authorizer", "port": 9000}]}}
CONFIG = workload(
    f"{AI}:GatewayConfig",
    {
        "extProc": {
            "kubernetes": {
                "env": [
                    {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://collector:4317"},
                    {"name": "OPENINFERENCE_HIDE_INPUTS", "value": "true"},
                    {"name": "OPENINFERENCE_HIDE_OUTPUTS", "value": "true"},
                ]
            }
        }
    },
)
ENV = "spec/extProc/kubernetes/env"
MCP = workload(
    f"{AI}:MCPRoute",
    {
        "parentRefs": [{"name": "models"}],
        "backendRefs": [{"name": "tickets", "port": 80}],
        "securityPolicy": {
            "oauth": {"issuer": "https://idp.example", "protectedResourceMetadata": {}},
            "authorization": {
                "defaultAction": "Deny",
                "rules": [
                    {
                        "source": {"jwt": {"scopes": ["tickets"]}},
                        "target": {"tools": [{"backend": "tickets", "tool": "search"}]},
                    }
                ],
            },
        },
    },
)
SECURED = "spec/securityPolicy"
POD_ENV = "spec/template/spec/containers/0/env"


def gateway(**changed: Declared | None) -> Scene:
    """A route with its policies, some of them changed or left out."""
    parts = {"route": ROUTE, "traffic": TRAFFIC, "security": SECURITY, "clients": CLIENTS}
    return tuple(part for part in (parts | changed).values() if part is not None)


def signing_in(**ways: Any) -> Declared:
    spec = {"targetRefs": [TARGET], **ways}
    return SECURITY.but("spec", spec)


def jwt(**flags: bool) -> Any:
    return {**SECURITY.properties["spec"]["jwt"], **flags}


TWINS = {
    "bulkhead-gateway-hide-prompts": Twins(
        good=(CONFIG,),
        bad=(CONFIG.but(f"{ENV}/1/value", "false"),),
        unknown=(CONFIG.but(ENV, UNKNOWN),),
        more_good={
            "no traces": (CONFIG.but(ENV, []),),
            "a pod": (
                DEPLOYMENT.but(POD_ENV, CONFIG.properties["spec"]["extProc"]["kubernetes"]["env"]),
            ),
            "a pod with other traces": (
                DEPLOYMENT.but(
                    POD_ENV, [{"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://c"}]
                ),
            ),
        },
        more_bad={
            "outputs": (CONFIG.but(f"{ENV}/2/value", "false"),),
            "left out": (CONFIG.but(ENV, [{"name": "OTEL_TRACES_EXPORTER", "value": "otlp"}]),),
            "traces alone": (
                CONFIG.but(
                    ENV, [{"name": "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "value": "http://c"}]
                ),
            ),
            "a pod": (
                DEPLOYMENT.but(POD_ENV, [{"name": "OPENINFERENCE_HIDE_INPUTS", "value": "true"}]),
            ),
        },
    ),
    "bulkhead-gateway-limit-tokens": Twins(
        good=gateway(),
        bad=gateway(traffic=None),
        unknown=gateway(traffic=TRAFFIC.but("spec/rateLimit", UNKNOWN)),
        settled=(
            *compartment(),
            *(
                part.but("metadata/namespace", UNKNOWN).depending(metadata="namespace")
                for part in gateway()
            ),
        ),
        more_good={
            "for the route": gateway(
                traffic=TRAFFIC.without("spec/targetRefs").but(
                    "spec/targetRef", {"kind": "HTTPRoute", "name": "server"}
                )
            ),
            "by labels": gateway(
                traffic=TRAFFIC.without("spec/targetRefs").but(
                    "spec/targetSelectors", [{"kind": "Gateway", "matchLabels": {"a": "b"}}]
                )
            ),
        },
        more_bad={
            "not counted": gateway(route=ROUTE.without("spec/llmRequestCosts")),
            "for another": gateway(traffic=TRAFFIC.but("spec/targetRefs/0/name", "web")),
            "elsewhere": gateway(traffic=TRAFFIC.but("metadata/namespace", "elsewhere")),
            "in shadow": gateway(
                traffic=TRAFFIC.but("spec/rateLimit/global/rules/0/shadowMode", True)
            ),
            "no rules": gateway(traffic=TRAFFIC.but("spec/rateLimit/global/rules", [])),
        },
    ),
    "bulkhead-gateway-authenticate-clients": Twins(
        good=gateway(),
        bad=gateway(security=None),
        unknown=gateway(security=SECURITY.but("spec/jwt", UNKNOWN).but("spec/targetRefs", UNKNOWN)),
        more_good={
            "API keys": gateway(security=signing_in(apiKeyAuth={"credentialRefs": []})),
            "OpenID": gateway(security=signing_in(oidc={"clientID": "models"})),
            "elsewhere asked": gateway(security=signing_in(extAuth=EXT_AUTH)),
        },
        more_bad={
            "optional": gateway(security=signing_in(jwt=jwt(optional=True))),
            "open when it fails": gateway(security=signing_in(jwt=jwt(failOpen=True))),
            "elsewhere, open": gateway(security=signing_in(extAuth={**EXT_AUTH, "failOpen": True})),
            "nothing": gateway(security=signing_in(cors={})),
            "for another": gateway(security=SECURITY.but("spec/targetRefs/0/name", "web")),
        },
    ),
    "bulkhead-gateway-strip-headers": Twins(
        good=gateway(),
        bad=gateway(clients=None),
        unknown=gateway(
            security=SECURITY.but("spec/jwt/providers/0/claimToHeaders/0/header", UNKNOWN)
        ),
        more_good={
            "no claim": gateway(
                security=SECURITY.without("spec/jwt/providers/0/claimToHeaders"), clients=None
            ),
            "two policies": (
                *gateway(),
                CLIENTS.named("other").but("spec/headers/earlyRequestHeaders/remove", ["x-a"]),
            ),
        },
        more_bad={
            "another header": gateway(
                clients=CLIENTS.but("spec/headers/earlyRequestHeaders/remove", ["x-user"])
            ),
            "elsewhere": gateway(clients=CLIENTS.but("metadata/namespace", "elsewhere")),
            "not known": gateway(clients=CLIENTS.but("spec/headers", UNKNOWN)),
        },
    ),
    "bulkhead-mcproute-authorize-tools": Twins(
        good=(MCP,),
        bad=(MCP.without(f"{SECURED}/authorization"),),
        unknown=(MCP.but(f"{SECURED}/authorization/defaultAction", UNKNOWN),),
        more_good={
            "by default": (MCP.without(f"{SECURED}/authorization/defaultAction"),),
            "elsewhere decided": (MCP.but(SECURED, {"extAuth": EXT_AUTH}),),
            "API keys": (
                MCP.without(f"{SECURED}/oauth").but(
                    f"{SECURED}/apiKeyAuth", {"credentialRefs": []}
                ),
            ),
        },
        more_bad={
            "nobody asked": (MCP.without(f"{SECURED}/oauth"),),
            "nothing": (MCP.without(SECURED),),
            "allowed": (MCP.but(f"{SECURED}/authorization/defaultAction", "Allow"),),
            "open when it fails": (MCP.but(SECURED, {"extAuth": {**EXT_AUTH, "failOpen": True}}),),
        },
    ),
}
