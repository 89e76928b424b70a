"""APIs and functions: who may call them, how often, and what is told of it."""

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.view import View

REST_METHOD = "aws:apigateway/method:Method"
REST_STAGE = "aws:apigateway/stage:Stage"
HTTP_STAGE = "aws:apigatewayv2/stage:Stage"
GRAPH = "aws:appsync/graphQLApi:GraphQLApi"

AUTHORIZATION = {
    REST_METHOD: "authorization",
    "aws:apigatewayv2/route:Route": "authorizationType",
    "aws:lambda/functionUrl:FunctionUrl": "authorizationType",
    GRAPH: "authenticationType",
}
"""Where each kind says who may call it."""

OPEN = frozenset({"NONE", "API_KEY"})
"""Words for callers that nobody knows. AppSync's API keys are handed to every browser."""

FIREWALL = Relation(
    frozenset({"aws:wafv2/webAclAssociation:WebAclAssociation"}),
    ("resourceArn",),
    targets=frozenset({REST_STAGE}),
    name=("arn",),
)

SERVICE = ".amazonaws.com"


@resource_rule(
    "bulkhead-api-require-authorization",
    types=frozenset(AUTHORIZATION),
    severity=Severity.CRITICAL,
    requirements=("INF-1", "INF-2"),
    frameworks=("FSBP APIGateway.8", "FSBP AppSync.5", "OWASP LLM10"),
    title="APIs and function URLs know their callers",
    why="An API in front of a model that asks nobody's name is paid by whoever finds it last.",
    remediation="Set an authorization: IAM, a JWT or custom authorizer, or a user pool; before a "
    "gateway that checks tokens itself, a REST API may ask for its clients' keys instead.",
)
def authorization_required(api: Resource) -> Findings:
    """Judge the authorization; browsers ask OPTIONS before they have any.

    A REST API's key is a client's own, with a quota: one of the ways that INF-1 names.
    """
    if api.type == REST_METHOD and api.props["httpMethod"].text() == "OPTIONS":
        return
    if api.type == REST_METHOD and api.props["apiKeyRequired"].flag():
        return
    kind = api.props[AUTHORIZATION[api.type]]
    if (kind.text() or "NONE") in OPEN:
        yield kind.refuse("anybody may call", allowed="an authorization")


@resource_rule(
    "bulkhead-api-log-access",
    types=frozenset({REST_STAGE, HTTP_STAGE}),
    severity=Severity.MEDIUM,
    requirements=("AUD-1", "OBS-1"),
    frameworks=("FSBP APIGateway.9",),
    title="Stages of an API log who calls",
    why="A record that joins a request with its caller is what an incident is understood by.",
    remediation="Set access_log_settings with a destination and a format without payloads.",
)
def api_logs(stage: Resource) -> Findings:
    """Judge whether access logs have a destination."""
    destination = stage.props.at("accessLogSettings", "destinationArn")
    if not destination.is_named:
        yield destination.refuse("no access logs", allowed="a log group or delivery stream")


@stack_rule(
    "bulkhead-api-guard-stages",
    types=frozenset({REST_STAGE}),
    severity=Severity.MEDIUM,
    requirements=("INF-1",),
    frameworks=("FSBP APIGateway.4",),
    title="Stages of REST APIs stand behind a web application firewall",
    why="Bots and floods are stopped before they cost tokens, or not at all.",
    remediation="Add a wafv2 WebAclAssociation for the stage, in the same stack.",
)
def stages_guarded(stage: Resource, stack: Stack) -> Findings:
    """Judge whether a web ACL is associated with the stage."""
    if not stack.naming(stage, FIREWALL):
        yield stage.props.refuse("no web ACL guards the stage", allowed="a WebAclAssociation")


@resource_rule(
    "bulkhead-api-bound-clients",
    types=frozenset({"aws:apigateway/usagePlan:UsagePlan"}),
    severity=Severity.MEDIUM,
    requirements=("INF-1", "INF-3"),
    frameworks=("OWASP LLM10",),
    title="Usage plans bound what one client may ask",
    why="A plan without a quota and a throttle lets one key spend the budget of all.",
    remediation="Set quota_settings and throttle_settings.",
)
def clients_bounded(plan: Resource) -> Findings:
    """Judge whether both bounds say a number."""
    bounds = [
        plan.props.at("quotaSettings", "limit"),
        plan.props.at("throttleSettings", "rateLimit"),
    ]
    yield from each(bounds, _bounded)


def _bounded(bound: View) -> Findings:
    if not bound.is_set or (not bound.is_unknown and not bound.number()):
        yield bound.refuse("no bound for a client", allowed="1 or more")


@resource_rule(
    "bulkhead-lambda-deny-strangers",
    types=frozenset({"aws:lambda/permission:Permission"}),
    severity=Severity.CRITICAL,
    requirements=("INF-1", "IAM-1"),
    frameworks=("FSBP Lambda.1",),
    title="Nobody else's account or resource calls a function",
    why="A permission for everyone publishes the function; one for a service without a source lets "
    "anybody's bucket or topic trigger it (the confused deputy).",
    remediation="Name the account; for everyone of an organisation set principal_org_id, for a "
    "service source_arn or source_account.",
)
def function_strangers_denied(permission: Resource) -> Findings:
    """Judge the principal together with what narrows it; a value not known yet narrows too."""
    props, principal = permission.props, permission.props["principal"]
    who = principal.text() or ""
    narrowed = [props[key].is_named for key in ("principalOrgId", "sourceAccount", "sourceArn")]
    if who == "*" and not any(narrowed[:2]):
        yield principal.refuse("everybody may call the function", allowed="an account")
    elif who.endswith(SERVICE) and not any(narrowed):
        yield principal.refuse(
            "the service may call for anybody's resource", allowed="a source account or ARN"
        )
