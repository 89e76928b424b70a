"""The gateway in front of every model: who calls, how much, and what is written down (INF-2)."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from bulkhead_policies.findings import Findings, StopError, any_holds, each
from bulkhead_policies.pods import WHOLE_PODS, every_container
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.selectors import Place, by_place, place
from bulkhead_policies.stack import Stack
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

AI_VERSIONS = ("aigateway.envoyproxy.io/v1beta1", "aigateway.envoyproxy.io/v1alpha1")
GATEWAY_CONFIGS = kinds("GatewayConfig", *AI_VERSIONS)
AI_ROUTES = kinds("AIGatewayRoute", *AI_VERSIONS)
MCP_ROUTES = kinds("MCPRoute", *AI_VERSIONS)

ENVOY = "gateway.envoyproxy.io/v1alpha1"
TRAFFIC_POLICIES = kinds("BackendTrafficPolicy", ENVOY)
SECURITY_POLICIES = kinds("SecurityPolicy", ENVOY)
CLIENT_POLICIES = kinds("ClientTrafficPolicy", ENVOY)

HIDES = ("OPENINFERENCE_HIDE_INPUTS", "OPENINFERENCE_HIDE_OUTPUTS")
"""Variables that keep prompts and completions out of traces; both are false by default."""

EXPORTERS = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)
"""Variables that turn traces on."""


@resource_rule(
    "bulkhead-gateway-hide-prompts",
    types=GATEWAY_CONFIGS | WHOLE_PODS,
    severity=Severity.CRITICAL,
    requirements=("OBS-1", "INF-2", "ISO-10"),
    title="Traces of models hold neither prompts nor completions",
    why="The AI gateway and OpenInference write both into every span unless they are told not "
    "to, and whoever reads traces then reads what customers asked.",
    remediation="Set OPENINFERENCE_HIDE_INPUTS and OPENINFERENCE_HIDE_OUTPUTS to 'true'.",
)
def prompts_hidden(resource: Resource) -> Findings:
    """Judge the AI gateway's processor where it exports traces, and pods that name either."""
    if resource.type in GATEWAY_CONFIGS:
        yield from _hidden(resource.props.at("spec", "extProc", "kubernetes", "env"), EXPORTERS)
    else:
        variables = [container["env"] for container in every_container(resource)]
        yield from each(variables, lambda env: _hidden(env, HIDES))


def _hidden(env: View, triggers: Collection[str]) -> Findings:
    """Both variables hide, where one of ``triggers`` is set."""
    told = {variable["name"].text(): variable["value"] for variable in env.items()}
    if any(name in told for name in triggers):
        for name in HIDES:
            if name not in told:
                yield env.refuse(f"{name} is missing", allowed="true")
            elif not told[name].flag():
                yield told[name].refuse(f"{name} does not hide", allowed="true")


@stack_rule(
    "bulkhead-gateway-limit-tokens",
    types=AI_ROUTES,
    severity=Severity.HIGH,
    requirements=("INF-3", "COST-2"),
    frameworks=("OWASP LLM10",),
    title="Routes to models count tokens and limit them",
    why="One client in a loop spends the month's budget of all, or keeps every other from the "
    "model.",
    remediation="Set llmRequestCosts on the route, and add a BackendTrafficPolicy with global "
    "rate limits for it or its gateway in the same stack.",
)
def tokens_limited(route: Resource, stack: Stack) -> Findings:
    """Judge whether tokens are counted, and whether a policy for the route limits them."""
    costs = route.props.at("spec", "llmRequestCosts")
    if not costs.items():
        yield costs.refuse("tokens are not counted", allowed="a cost of input and output tokens")
    yield from _guarded(route, stack, _traffic, _limits, "no rate limit", "a BackendTrafficPolicy")


def _limits(policy: Resource) -> bool:
    rules = policy.props.at("spec", "rateLimit", "global", "rules").items()
    return any(not rule["shadowMode"].flag() for rule in rules)


@stack_rule(
    "bulkhead-gateway-authenticate-clients",
    types=AI_ROUTES,
    severity=Severity.CRITICAL,
    requirements=("INF-1", "INF-2"),
    title="Routes to models ask who calls",
    why="Without an identity there is no tenant, no quota and no record of who asked.",
    remediation="Add a SecurityPolicy with jwt, oidc, apiKeyAuth or extAuth for the route or its "
    "gateway in the same stack.",
)
def clients_authenticated(route: Resource, stack: Stack) -> Findings:
    """Judge whether a policy for the route authenticates, and does not fail open."""
    yield from _guarded(
        route, stack, _security, _authenticates, "clients are not known", "a SecurityPolicy"
    )


def _authenticates(policy: Resource) -> bool:
    spec = policy.props["spec"]
    jwt, outside = spec["jwt"], spec["extAuth"]
    return (
        (jwt.is_set and not jwt["optional"].flag() and not jwt["failOpen"].flag())
        or spec["oidc"].is_set
        or spec["apiKeyAuth"].is_set
        or (outside.is_set and not outside["failOpen"].flag())
    )


@stack_rule(
    "bulkhead-gateway-strip-headers",
    types=SECURITY_POLICIES,
    severity=Severity.HIGH,
    requirements=("INF-3",),
    title="Headers that name the tenant come from the token alone",
    why="A client that sends the header itself on a path where no token is asked for spends "
    "another tenant's quota.",
    remediation="List every header of claimToHeaders in the ClientTrafficPolicy's "
    "headers.earlyRequestHeaders.remove, in the same stack.",
)
def headers_stripped(policy: Resource, stack: Stack) -> Findings:
    """Judge every header into which a claim is written."""
    removed = stack.once(_removed).get(place(policy, stack), frozenset())
    for provider in policy.props.at("spec", "jwt", "providers").items():
        for claim in provider["claimToHeaders"].items():
            if (claim["header"].text() or "").lower() not in removed:
                yield claim["header"].refuse("clients may send this header", allowed="one removed")


@resource_rule(
    "bulkhead-mcproute-authorize-tools",
    types=MCP_ROUTES,
    severity=Severity.CRITICAL,
    requirements=("ISO-11",),
    frameworks=("OWASP LLM06",),
    title="Agents call the tools that a policy allows them",
    why="An agent that was talked into something calls every tool it can reach.",
    remediation="Set securityPolicy with oauth, apiKeyAuth or extAuth, and authorization with "
    "defaultAction Deny and rules that name tools.",
)
def tools_authorized(route: Resource) -> Findings:
    """Judge who is asked, and what is refused by default."""
    security = route.props.at("spec", "securityPolicy")
    outside = security["extAuth"]
    if not (security["oauth"].is_set or security["apiKeyAuth"].is_set or outside.is_set):
        yield security.refuse("nobody is asked who calls", allowed="oauth, apiKeyAuth or extAuth")
    if outside["failOpen"].flag():
        yield outside["failOpen"].refuse("open when it fails", allowed="false")
    authorization = security["authorization"]
    if not authorization.is_set and not outside.is_set:
        yield authorization.refuse("every tool is allowed", allowed="rules that name tools")
    if authorization["defaultAction"].text() == "Allow":
        yield authorization["defaultAction"].refuse("allowed by default", allowed="Deny")


def _guarded(
    route: Resource,
    stack: Stack,
    index: Callable[[Stack], Mapping[Place, list[Resource]]],
    test: Callable[[Resource], bool],
    what: str,
    allowed: str,
) -> Findings:
    """A finding unless a policy beside the route, that targets it or its gateway, passes."""
    policies = stack.once(index).get(place(route, stack), [])
    if not any_holds(policies, lambda policy: _targets(policy, route) and test(policy)):
        yield route.props.refuse(what, allowed=allowed)


def _targets(policy: Resource, route: Resource) -> bool:
    """Whether a policy targets a route or the gateway that it hangs on.

    The route itself becomes an HTTPRoute of its own name. Labels that select targets are taken for
    a match: what they select, the cluster alone knows.
    """
    spec = policy.props["spec"]
    if spec["targetSelectors"].items():
        return True
    names = {parent["name"].text() for parent in route.props.at("spec", "parentRefs").items()}
    names.add(route.props.at("metadata", "name").text())
    targets = [
        *spec["targetRefs"].items(),
        *([spec["targetRef"]] if spec["targetRef"].is_set else []),
    ]
    return any(target["name"].text() in names for target in targets)


def _removed(stack: Stack) -> Mapping[Place, frozenset[str]]:
    """The headers that gateways remove from requests, in lower case, by where they stand."""
    found: dict[Place, frozenset[str]] = {}
    for where, policies in by_place(stack, CLIENT_POLICIES).items():
        for policy in policies:
            path = ("spec", "headers", "earlyRequestHeaders", "remove")
            try:
                names = {name.lower() for name in policy.props.at(*path).texts()}
            except StopError:
                continue
            found[where] = found.get(where, frozenset()) | names
    return found


_traffic = partial(by_place, types=TRAFFIC_POLICIES)
_security = partial(by_place, types=SECURITY_POLICIES)
