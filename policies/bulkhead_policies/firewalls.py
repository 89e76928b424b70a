"""Web application firewalls: what they stop, and what they write down."""

from collections.abc import Callable, Iterable

from bulkhead.domain.exposure import SECRET_HEADERS
from bulkhead_policies.findings import Findings, any_holds
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.tokens import BALANCERS
from bulkhead_policies.view import View

ACL = "aws:wafv2/webAcl:WebAcl"
LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"


def _of_an_acl(holder: str, reference: str) -> Relation:
    return Relation(frozenset({holder}), (reference,), targets=frozenset({ACL}), name=("arn",))


RULES = _of_an_acl("aws:wafv2/webAclRule:WebAclRule", "webAclArn")
LOGS = _of_an_acl(LOGGING, "resourceArn")

GUARDED = Relation(
    frozenset({"aws:wafv2/webAclAssociation:WebAclAssociation"}),
    ("resourceArn",),
    targets=BALANCERS,
    name=("arn",),
)

BOTS = "AWSManagedRulesBotControlRuleSet"
GROUP = ("managedRuleGroupStatement", "name")


def _statements(acl: Resource, stack: Stack) -> Iterable[View]:
    """The statements of an ACL's rules, inline and of resources of their own."""
    inline = [rule["statement"] for rule in acl.props["rules"].items()]
    return [*inline, *(rule.props["statement"] for rule in stack.naming(acl, RULES))]


def _has(acl: Resource, stack: Stack, written: str, test: Callable[[View], bool]) -> bool:
    """Whether a rule of the ACL passes ``test``; rules as JSON text need but hold ``written``."""
    text = acl.props["ruleJson"].text()
    return written in (text or "") or any_holds(_statements(acl, stack), test)


@stack_rule(
    "bulkhead-waf-control-bots",
    types=frozenset({ACL}),
    severity=Severity.MEDIUM,
    requirements=("INF-1",),
    frameworks=("OWASP LLM10",),
    title="Firewalls know bots",
    why="Scrapers copy a model answer by answer; a firewall that can't tell them from clients "
    "lets them.",
    remediation=f"Add AWS's rule group {BOTS}; let it count the programs that clients are.",
)
def bots_controlled(acl: Resource, stack: Stack) -> Findings:
    """Judge whether AWS's bot control looks at requests."""
    if not _has(acl, stack, BOTS, lambda s: s.at(*GROUP).text() == BOTS):
        yield acl.props["rules"].refuse("nothing tells bots from clients", allowed=BOTS)


@stack_rule(
    "bulkhead-waf-limit-rates",
    types=frozenset({ACL}),
    severity=Severity.MEDIUM,
    requirements=("INF-1", "INF-3"),
    frameworks=("OWASP LLM10",),
    title="Firewalls limit how often one address asks",
    why="A key that is guessed, and a model that is copied, take thousands of requests from a few "
    "addresses.",
    remediation="Add a rule with a rate-based statement.",
)
def rates_limited(acl: Resource, stack: Stack) -> Findings:
    """Judge whether a rule counts requests."""
    if not _has(acl, stack, "RateBasedStatement", lambda s: s.holds("rateBasedStatement")):
        yield acl.props["rules"].refuse("no rate is limited", allowed="a rate-based statement")


@stack_rule(
    "bulkhead-waf-bound-bodies",
    types=frozenset({ACL}),
    severity=Severity.MEDIUM,
    requirements=("INF-1", "INF-3"),
    title="Firewalls let no body pass that they see a part of",
    why="AWS WAF looks at the first 8 to 64 KiB of a body and lets the rest through unread.",
    remediation="Block bodies over a size, with oversize_handling MATCH.",
)
def bodies_bounded(acl: Resource, stack: Stack) -> Findings:
    """Judge whether a rule of sizes takes what is too large to inspect for a match."""
    if not _has(acl, stack, "SizeConstraintStatement", _bounds_bodies):
        yield acl.props["rules"].refuse(
            "bodies pass that are too large to inspect",
            allowed="a size constraint of the body that matches oversize",
        )


def _bounds_bodies(statement: View) -> bool:
    field = statement.at("sizeConstraintStatement", "fieldToMatch")
    handling = [field.at(part, "oversizeHandling") for part in ("body", "jsonBody")]
    return any_holds(handling, lambda view: view.text() == "MATCH")


@stack_rule(
    "bulkhead-waf-log-requests",
    types=frozenset({ACL}),
    severity=Severity.MEDIUM,
    requirements=("AUD-1", "INF-1"),
    frameworks=("Security Hub WAF.11",),
    title="Firewalls log what they stop",
    why="Who was stopped, and by which rule, tells an attack from a client that is broken.",
    remediation="Add a WebAclLoggingConfiguration for the web ACL, in the same stack.",
)
def firewall_logs(acl: Resource, stack: Stack) -> Findings:
    """Judge whether a logging configuration names the ACL."""
    if not stack.naming(acl, LOGS):
        yield acl.props.refuse(
            "nothing that the firewall stops is logged", allowed="a WebAclLoggingConfiguration"
        )


@resource_rule(
    "bulkhead-waf-redact-secrets",
    types=frozenset({LOGGING}),
    severity=Severity.HIGH,
    requirements=("OBS-1", "KEY-4"),
    title="Firewalls' logs hold no keys and tokens",
    why="AWS WAF logs every header: who reads its log calls the model as any client.",
    remediation=f"Redact the headers {' and '.join(SECRET_HEADERS[:2])} in redacted_fields.",
)
def secrets_redacted(logging: Resource) -> Findings:
    """Judge the headers by which clients are known."""
    fields = logging.props["redactedFields"]
    redacted = {(field.at("singleHeader", "name").text() or "").lower() for field in fields.items()}
    for header in SECRET_HEADERS[:2]:
        if header not in redacted:
            yield fields.refuse(f"the header {header} is logged", allowed="a redacted header")


@stack_rule(
    "bulkhead-lb-guard-public",
    types=BALANCERS,
    severity=Severity.HIGH,
    requirements=("INF-1",),
    frameworks=("Security Hub ELB.16",),
    title="Public load balancers stand behind a web application firewall",
    why="Where a load balancer is public with leave, bots and floods still go straight to the "
    "gateway; a network load balancer can have no firewall at all.",
    remediation="Use an application load balancer with a wafv2 WebAclAssociation, or PublicEdge.",
)
def balancers_guarded(balancer: Resource, stack: Stack) -> Findings:
    """Judge public ones; whether they may be public, bulkhead-lb-keep-internal says."""
    kind = balancer.props["loadBalancerType"].text()
    if kind == "gateway" or balancer.props["internal"].flag():
        return
    if not stack.naming(balancer, GUARDED):
        yield balancer.props.refuse(
            "no web ACL guards the load balancer", allowed="a WebAclAssociation"
        )
