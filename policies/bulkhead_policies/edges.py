"""Public edges: who opened them until when, and by which door, plan and schema clients come in."""

from fnmatch import fnmatchcase

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exposure import EXPOSURE_RULE, EXPOSURE_TAGS, OptIn
from bulkhead.domain.labels import TAG_PREFIX
from bulkhead.domain.tiers import Tier
from bulkhead_policies.apis import HTTP_STAGE, REST_METHOD, REST_STAGE
from bulkhead_policies.findings import Finding, Findings, Kind
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Relation, Stack

REST_API = "aws:apigateway/restApi:RestApi"
HTTP_API = "aws:apigatewayv2/api:Api"
USAGE_PLAN = frozenset({"aws:apigateway/usagePlan:UsagePlan"})
REST_NAME = "aws:apigateway/domainName:DomainName"
HTTP_NAME = "aws:apigatewayv2/domainName:DomainName"

MAPPINGS = {
    REST_API: Relation(
        frozenset({"aws:apigateway/basePathMapping:BasePathMapping"}),
        ("restApi",),
        targets=frozenset({REST_API}),
        name=("id",),
    ),
    HTTP_API: Relation(
        frozenset({"aws:apigatewayv2/apiMapping:ApiMapping"}),
        ("apiId",),
        targets=frozenset({HTTP_API}),
        name=("id",),
    ),
}
"""What leads from a name to an API."""

TRACES = {
    "aws:apigateway/methodSettings:MethodSettings": ("settings", "dataTraceEnabled"),
    HTTP_STAGE: ("defaultRouteSettings", "dataTraceEnabled"),
}
"""Where API Gateway is told to log whole requests and answers."""

MODERN = ("TLS_1_2", "SecurityPolicy_TLS12_*", "SecurityPolicy_TLS13_*")
TRANSPORTS = {
    REST_NAME: ("securityPolicy",),
    HTTP_NAME: ("domainNameConfiguration", "securityPolicy"),
}

EVERY_TYPE = "$default"
"""The content type of a model that is asked whatever a client calls its body."""

WITH_BODY = frozenset({"POST", "PUT", "PATCH", "ANY"})


def _is_private(api: Resource) -> bool:
    types = api.props.at("endpointConfiguration", "types")
    return api.type == REST_API and types.texts() == ["PRIVATE"]


@resource_rule(
    "bulkhead-api-expire-exposure",
    types=frozenset({REST_API, HTTP_API}),
    severity=Severity.HIGH,
    requirements=("INF-1", "ISO-9"),
    title="What the internet reaches has an owner, a reason and an end",
    why="An API that was opened for a trial is still open when its owner has left and its model "
    "has been forgotten.",
    remediation="Make the API private, or tag it with the opt-in's owner, reason and last day, as "
    "PublicEdge does.",
)
def exposure_expires(api: Resource) -> Findings:
    """Judge the opt-in that the tags tell; every report shows it while it holds."""
    if _is_private(api):
        return
    tags = {
        key: api.labels.get(name.removeprefix(TAG_PREFIX)) for key, name in EXPOSURE_TAGS.items()
    }
    told = {key: (view.text() or "") if view else "" for key, view in tags.items()}
    if not any(told.values()):
        yield api.props["tags"].refuse(
            "the internet reaches the API, and nobody says who opened it until when",
            allowed=f"the tags {', '.join(EXPOSURE_TAGS.values())}",
        )
        return
    try:
        opt_in = OptIn(
            rule=EXPOSURE_RULE,
            subject=api.urn,
            owner=told["owner"],
            reason=told["reason"],
            expires=parsing.date(told["expires"], where="expires"),
        )
        opt_in.check_for(api.tier or Tier.PUBLIC, today=api.settings.today, where="tags")
    except RefusedError as error:
        yield api.props["tags"].refuse(f"an opt-in to the internet that can't be used: {error}")
        return
    yield Finding(Kind.EXEMPTED, api.urn, "tags", f"the internet reaches the API ({opt_in})")


@resource_rule(
    "bulkhead-api-hide-payloads",
    types=frozenset(TRACES),
    severity=Severity.HIGH,
    requirements=("OBS-1", "INF-2"),
    title="APIs log neither requests nor answers",
    why="A data trace writes prompts, completions and tokens into a log group that API Gateway "
    "made, without a customer's key and for ever.",
    remediation="Set data_trace_enabled to False; access logs tell who asked what and when.",
)
def payloads_hidden(settings: Resource) -> Findings:
    """Judge data traces, which are off unless turned on."""
    trace = settings.props.at(*TRACES[settings.type])
    if trace.flag():
        yield trace.refuse("whole requests and answers are logged", allowed="false")


@stack_rule(
    "bulkhead-api-plan-clients",
    types=frozenset({REST_STAGE}),
    severity=Severity.MEDIUM,
    requirements=("INF-1", "INF-3"),
    frameworks=("OWASP LLM10",),
    title="Clients of an API have a plan that bounds them",
    why="Without a usage plan all clients share one throttle: the loudest takes everything.",
    remediation="Add a UsagePlan that names the API's stage, and a key in it for each client.",
)
def clients_planned(stage: Resource, stack: Stack) -> Findings:
    """Judge whether a plan names the stage, or the API that it belongs to."""
    apis = stack.depends_on(stage, "restApi", {REST_API})
    if any(map(_is_private, apis)):
        return
    named = {stage.urn, *(api.urn for api in apis)}
    for plan in stack.of_types(USAGE_PLAN):
        found = stack.depends_on(plan, "apiStages", {REST_STAGE, REST_API})
        if named & {each.urn for each in found}:
            return
        api = stage.props["restApi"]
        if not api.is_unknown and api.text() in _apis(plan):
            return
    yield stage.props.refuse("no usage plan names the stage", allowed="a UsagePlan")


def _apis(plan: Resource) -> list[str | None]:
    stages = plan.props["apiStages"]
    return [s["apiId"].text() for s in stages.items() if not s["apiId"].is_unknown]


@resource_rule(
    "bulkhead-api-validate-requests",
    types=frozenset({REST_METHOD}),
    severity=Severity.MEDIUM,
    requirements=("INF-2",),
    frameworks=("OWASP LLM10",),
    title="REST APIs check what they are asked against a schema",
    why="What no schema bounds asks for the longest answer, several of them, or another model. A "
    "schema for one content type is passed by under another.",
    remediation=f"Set request_validator_id, and request_models with a model for {EVERY_TYPE}.",
)
def requests_validated(method: Resource) -> Findings:
    """Judge methods that take a body."""
    if (method.props["httpMethod"].text() or "").upper() not in WITH_BODY:
        return
    validator, models = method.props["requestValidatorId"], method.props["requestModels"]
    if not validator.is_named:
        yield validator.refuse("nothing checks requests", allowed="a RequestValidator")
    elif not models.holds(EVERY_TYPE):
        yield models.refuse(
            "bodies of other content types pass unread", allowed=f"a model for {EVERY_TYPE}"
        )


@stack_rule(
    "bulkhead-api-close-default-door",
    types=frozenset(MAPPINGS),
    severity=Severity.MEDIUM,
    requirements=("INF-1",),
    title="An API with a name of its own is reached by that name alone",
    why="The name AWS gave leads past what the other one asks: a client's certificate, newer TLS.",
    remediation="Set disable_execute_api_endpoint to True.",
)
def default_door_closed(api: Resource, stack: Stack) -> Findings:
    """Judge APIs that a name leads to."""
    door = api.props["disableExecuteApiEndpoint"]
    if not door.flag() and stack.naming(api, MAPPINGS[api.type]):
        yield door.refuse("the API is reached past its own name too", allowed="true")


@resource_rule(
    "bulkhead-api-use-modern-tls",
    types=frozenset(TRANSPORTS),
    severity=Severity.MEDIUM,
    requirements=("INF-1",),
    title="Names of APIs refuse old versions of TLS",
    why="TLS 1.0 can be read by who records it.",
    remediation="Set security_policy to TLS_1_2 or a newer SecurityPolicy.",
)
def names_modern(domain: Resource) -> Findings:
    """Judge the security policy, which has been TLS 1.0 by default."""
    policy = domain.props.at(*TRANSPORTS[domain.type])
    if not any(fnmatchcase(policy.text() or "", pattern) for pattern in MODERN):
        yield policy.refuse("old versions of TLS are taken", allowed=MODERN)
