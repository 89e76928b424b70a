"""Agents and foundation models on Bedrock: what they may reach, and what is kept of prompts."""

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.view import View

SANDBOXES = frozenset(
    {
        "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime",
        "aws:bedrock/agentcoreBrowser:AgentcoreBrowser",
        "aws:bedrock/agentcoreCodeInterpreter:AgentcoreCodeInterpreter",
    }
)

DELIVERIES = (
    "embeddingDataDeliveryEnabled",
    "imageDataDeliveryEnabled",
    "textDataDeliveryEnabled",
    "videoDataDeliveryEnabled",
)
"""What Bedrock writes to its invocation logs beside who called which model; all of it unless told
otherwise."""


@resource_rule(
    "bulkhead-bedrock-hide-prompts",
    types=frozenset(
        {"aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration"}
    ),
    severity=Severity.HIGH,
    requirements=("OBS-1", "INF-2"),
    frameworks=("OWASP LLM02",),
    title="Bedrock logs who called, and not what was said",
    why="The account's invocation log holds the prompts of every tenant in one place, whoever may "
    "read it.",
    remediation="Set all four data deliveries to False; metadata and token counts remain.",
)
def prompts_hidden(logging: Resource) -> Findings:
    """Judge each kind of payload."""
    config = logging.props["loggingConfig"]
    yield from each([config[name] for name in DELIVERIES], _withheld)


def _withheld(delivery: View) -> Findings:
    if delivery.flag(default=True):
        yield delivery.refuse("prompts and answers are logged", allowed="false")


@resource_rule(
    "bulkhead-bedrock-guard-agents",
    types=frozenset({"aws:bedrock/agentAgent:AgentAgent"}),
    severity=Severity.HIGH,
    requirements=("ISO-11", "INF-4"),
    frameworks=("OWASP LLM06", "OWASP LLM02"),
    title="Agents of Bedrock answer through a guardrail",
    why="An agent acts on what a document tells it; the guardrail is what reads it first.",
    remediation="Set guardrail_configurations with identifier and version.",
)
def agents_guarded(agent: Resource) -> Findings:
    """Judge whether a guardrail is named, in a version that doesn't change."""
    guardrails = agent.props["guardrailConfigurations"]
    found = guardrails.items()
    if not any(guardrail["guardrailIdentifier"].is_named for guardrail in found):
        yield guardrails.refuse("no guardrail reads what the agent reads", allowed="a guardrail")
    versions = [guardrail["guardrailVersion"] for guardrail in found]
    yield from each([version for version in versions if not version.is_unknown], _published)


def _published(version: View) -> Findings:
    if version.text() == "DRAFT":
        yield version.refuse("a draft of a guardrail", allowed="a published version")


@resource_rule(
    "bulkhead-agentcore-bound-network",
    types=SANDBOXES,
    severity=Severity.HIGH,
    requirements=("ISO-11", "NET-2"),
    frameworks=("OWASP LLM06", "GenAI Lens GENSEC01-BP02"),
    title="Agents, browsers and interpreters reach no public network",
    why="Code that a model wrote sends what it was given wherever it was told to.",
    remediation="Set network_mode VPC with subnets whose egress is an allowlist, or SANDBOX.",
)
def agents_bounded(agent: Resource) -> Findings:
    """Judge the network mode."""
    mode = agent.props.at("networkConfiguration", "networkMode")
    if mode.text() not in {"VPC", "SANDBOX"}:
        yield mode.refuse("reaches the internet", allowed=("VPC", "SANDBOX"))


@resource_rule(
    "bulkhead-agentcore-authorize-callers",
    types=frozenset({"aws:bedrock/agentcoreGateway:AgentcoreGateway"}),
    severity=Severity.CRITICAL,
    requirements=("ISO-11", "INF-2"),
    frameworks=("OWASP LLM06",),
    title="Gateways to tools know their callers",
    why="A tool that anybody calls is anybody's hand in the account.",
    remediation="Set authorizer_type CUSTOM_JWT or AWS_IAM.",
)
def tool_callers_known(gateway: Resource) -> Findings:
    """Judge the authorizer."""
    authorizer = gateway.props["authorizerType"]
    if authorizer.text() not in {"CUSTOM_JWT", "AWS_IAM"}:
        yield authorizer.refuse("anybody may call the tools", allowed=("CUSTOM_JWT", "AWS_IAM"))


@resource_rule(
    "bulkhead-agentcore-decide-calls",
    types=frozenset({"aws:bedrock/agentcoreGateway:AgentcoreGateway"}),
    severity=Severity.MEDIUM,
    requirements=("ISO-11",),
    frameworks=("OWASP LLM06", "GenAI Lens GENSEC05-BP01"),
    title="A policy engine decides each call of a tool",
    why="A token says who calls; only a policy says which tool, with which arguments.",
    remediation="Set policy_engine_configuration with the engine's ARN and mode ENFORCE.",
)
def tool_calls_decided(gateway: Resource) -> Findings:
    """Judge whether an engine enforces, and does not only log."""
    engine = gateway.props["policyEngineConfiguration"]
    if not engine["arn"].is_named:
        yield engine.refuse("no policy decides", allowed="a policy engine")
    elif engine["mode"].text() != "ENFORCE":
        yield engine["mode"].refuse("decisions are not enforced", allowed="ENFORCE")
