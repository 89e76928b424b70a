"""Load balancers: whom they serve, over what, and what they tell of it."""

from fnmatch import fnmatchcase

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Changes, Severity, resource_rule
from bulkhead_policies.settings import texts
from bulkhead_policies.tokens import BALANCERS, CLASSIC_BALANCERS
from bulkhead_policies.view import View

LISTENERS = frozenset({"aws:lb/listener:Listener", "aws:alb/listener:Listener"})

PLAIN = frozenset({"HTTP", "TCP", "UDP", "TCP_UDP"})
"""Protocols in which the load balancer itself encrypts nothing."""

TLS_PORT = 443
"""Where plain TCP is taken for TLS that the gateway behind the load balancer ends."""

MODERN_TLS = texts(
    "policies",
    ("ELBSecurityPolicy-TLS13-1-2-*", "ELBSecurityPolicy-TLS13-1-3-*"),
    "Security policies of listeners, as patterns in shell style.",
)

SAFE_MODES = ("defensive", "strictest")


@resource_rule(
    "bulkhead-lb-keep-internal",
    types=BALANCERS | CLASSIC_BALANCERS,
    severity=Severity.HIGH,
    requirements=("INF-1", "INF-2"),
    frameworks=("GenAI Lens GENSEC01-BP02",),
    title="Load balancers serve the inside",
    why="A public load balancer puts a model server on the internet, past the gateway and its "
    "quotas.",
    remediation="Set internal to True, or exempt the gateway's own load balancer with an owner "
    "and an end.",
)
def balancers_internal(balancer: Resource) -> Findings:
    """Judge the scheme; AWS makes load balancers public unless told otherwise."""
    internal = balancer.props["internal"]
    if balancer.props["loadBalancerType"].text() != "gateway" and not internal.flag():
        yield internal.refuse("the load balancer is public", allowed="true")


@resource_rule(
    "bulkhead-lb-require-tls",
    types=LISTENERS | CLASSIC_BALANCERS,
    severity=Severity.HIGH,
    requirements=("INF-1",),
    frameworks=("FSBP ELB.1", "FSBP ELB.3", "FSBP ELB.18", "CIS EKS 5.4.5"),
    title="Load balancers listen with TLS",
    why="Prompts, answers and tokens cross the network in the clear.",
    remediation="Use HTTPS or TLS with a certificate; let HTTP do nothing but redirect to HTTPS.",
)
def tls_listened(resource: Resource) -> Findings:
    """Judge listeners apart, and inline those of classic load balancers."""
    if resource.type in CLASSIC_BALANCERS:
        protocols = [listener["lbProtocol"] for listener in resource.props["listeners"].items()]
        yield from each(protocols, _encrypted)
    elif not _only_redirects(resource.props):
        through = resource.props["port"].number() == TLS_PORT
        protocol = resource.props["protocol"]
        if not (through and protocol.text() == "TCP"):
            yield from _encrypted(protocol)


def _encrypted(protocol: View) -> Findings:
    if (protocol.text() or "").upper() in PLAIN:
        yield protocol.refuse("listens without TLS", allowed="HTTPS, TLS")


def _only_redirects(listener: View) -> bool:
    actions = listener["defaultActions"].items()
    redirects = [action for action in actions if action["redirect"].is_set]
    return bool(redirects) and all(
        action["redirect"]["protocol"].text() == "HTTPS" for action in redirects
    )


@resource_rule(
    "bulkhead-lb-use-modern-tls",
    types=LISTENERS,
    severity=Severity.MEDIUM,
    requirements=("INF-1",),
    frameworks=("FSBP ELB.17",),
    title="Listeners refuse old versions of TLS",
    why="What a listener takes by default was safe in 2016.",
    remediation="Set ssl_policy to a current one, as ELBSecurityPolicy-TLS13-1-2-Res-2021-06.",
    options=(MODERN_TLS,),
)
def tls_modern(listener: Resource) -> Findings:
    """Judge the security policy of listeners that end TLS."""
    if listener.props["protocol"].text() not in {"HTTPS", "TLS"}:
        return
    policy, allowed = listener.props["sslPolicy"], listener.settings[MODERN_TLS]
    if not any(fnmatchcase(policy.text() or "", pattern) for pattern in allowed):
        yield policy.refuse("not a current security policy", allowed=allowed)


@resource_rule(
    "bulkhead-lb-log-access",
    types=BALANCERS | CLASSIC_BALANCERS,
    severity=Severity.MEDIUM,
    requirements=("AUD-1", "INF-2"),
    frameworks=("FSBP ELB.5",),
    title="Load balancers log who calls",
    why="Who extracts a model by asking it a million questions is seen in the access log first.",
    remediation="Set access_logs with a bucket and enabled True.",
)
def balancers_log(balancer: Resource) -> Findings:
    """Judge access logs; classic load balancers write them once a bucket is named."""
    logs = balancer.props["accessLogs"]
    classic = balancer.type in CLASSIC_BALANCERS
    if balancer.props["loadBalancerType"].text() == "gateway":
        return
    if not logs["bucket"].is_named or not logs["enabled"].flag(default=classic):
        yield logs.refuse("no access logs", allowed="a bucket, and enabled true")


def _drop_headers(balancer: Resource) -> Changes:
    if _is_application(balancer) and not balancer.props["dropInvalidHeaderFields"].flag():
        return {("dropInvalidHeaderFields",): True}
    return {}


def _is_application(balancer: Resource) -> bool:
    kind = balancer.props["loadBalancerType"].text() or "application"
    return balancer.type not in CLASSIC_BALANCERS and kind == "application"


@resource_rule(
    "bulkhead-lb-refuse-smuggling",
    types=BALANCERS | CLASSIC_BALANCERS,
    severity=Severity.MEDIUM,
    requirements=("INF-2",),
    frameworks=("FSBP ELB.4", "FSBP ELB.12", "FSBP ELB.14"),
    title="Load balancers drop malformed headers and ambiguous requests",
    why="A request that load balancer and gateway read differently gets past the gateway's checks "
    "in another tenant's connection.",
    remediation="Set drop_invalid_header_fields, and leave desync_mitigation_mode at defensive.",
    remedy=_drop_headers,
)
def smuggling_refused(balancer: Resource) -> Findings:
    """Judge what application and classic load balancers do about malformed requests."""
    props = balancer.props
    if _is_application(balancer) and not props["dropInvalidHeaderFields"].flag():
        yield props["dropInvalidHeaderFields"].refuse("malformed headers pass", allowed="true")
    mode = props["desyncMitigationMode"]
    if (mode.text() or SAFE_MODES[0]) not in SAFE_MODES:
        yield mode.refuse("ambiguous requests pass", allowed=SAFE_MODES)
