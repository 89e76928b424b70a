"""Charts: which version, from where, and what their values open."""

import re
from collections.abc import Iterator

from bulkhead_policies.exposure import LOAD_BALANCER_INTERNAL, LOAD_BALANCER_SCHEME
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.secret_values import SECRET_NAME, SECRET_VALUE
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

RELEASES = kinds("Release", "helm.sh/v3")
CHARTS = RELEASES | kinds("Chart", "helm.sh/v4")

REFERENCE = re.compile(r"(?:existing.*|.*secret|.*(?:name|ref))", re.IGNORECASE)
"""Names of values that name a secret and don't hold one, such as existingSecret."""

HOST_FLAGS = ("hostNetwork", "hostPID", "hostIPC", "privileged", "allowPrivilegeEscalation")
DEEPEST = 12
"""How deep values are read; charts nest five or six levels."""


@resource_rule(
    "bulkhead-helm-pin-chart",
    types=CHARTS,
    severity=Severity.MEDIUM,
    requirements=("INF-7", "TRN-1"),
    frameworks=("ATLAS AML.M0014",),
    title="Charts have a version, and come over TLS",
    why="A chart without a version installs whatever its repository holds on the day of an "
    "unrelated change.",
    remediation="Set version, and an https or oci repository.",
)
def chart_pinned(release: Resource) -> Findings:
    """Judge charts that a repository serves; one that lies beside the program has its version."""
    chart, repository = release.props["chart"], release.props["repositoryOpts"]["repo"]
    remote = repository.is_set or (chart.text() or "").startswith(("oci://", "http://", "https://"))
    if remote and not release.props["version"].is_named:
        yield release.props["version"].refuse("no version", allowed="a version")
    for address in (chart, repository):
        if (address.text() or "").startswith("http://"):
            yield address.refuse("a chart without TLS", allowed="https or oci")


@resource_rule(
    "bulkhead-helm-deny-host-access",
    types=CHARTS,
    severity=Severity.HIGH,
    requirements=("ISO-3",),
    frameworks=("CIS EKS 4.2.1", "CIS EKS 4.2.4", "CIS EKS 4.2.5"),
    title="Values of charts open no way to the host",
    why="What a chart makes is not seen at preview; its values are, and they decide.",
    remediation="Remove the value; exempt the few agents that work on the node.",
)
def host_values_denied(release: Resource) -> Findings:
    """Judge every value, however deep, by its name."""
    flags = [view for key, view in _values(release.props["values"]) if key in HOST_FLAGS]
    yield from each(flags, _is_off)


def _is_off(flag: View) -> Findings:
    if flag.flag():
        yield flag.refuse("opens a way to the host", allowed="false")


@resource_rule(
    "bulkhead-helm-deny-literal-secrets",
    types=CHARTS,
    severity=Severity.HIGH,
    requirements=("KEY-4",),
    title="Values of charts hold no secrets",
    why="Helm keeps the values of each revision in the cluster, where nothing rotates them.",
    remediation="Name an existing secret, which an ExternalSecret brings.",
)
def secret_values_denied(release: Resource) -> Findings:
    """Judge every value, however deep, by its name and form."""
    yield from each(_values(release.props["values"]), lambda found: _no_secret(*found))


def _no_secret(key: str, value: View) -> Findings:
    text = value.text() if value.is_text else None
    if not text:
        return
    named = SECRET_NAME.search(_snake(key)) and not REFERENCE.fullmatch(key)
    if named or SECRET_VALUE.search(text):
        hidden = View("[hidden]", urn=value.urn, path=value.path)
        yield hidden.refuse(f"'{key[:40]}' looks like a secret", allowed="the name of a Secret")


@resource_rule(
    "bulkhead-helm-keep-internal",
    types=CHARTS,
    severity=Severity.HIGH,
    requirements=("INF-1", "INF-2"),
    title="Services of charts stay inside the VPC",
    why="A load balancer or node port of its own leads around the gateway.",
    remediation=f"Use type ClusterIP, or annotate {LOAD_BALANCER_SCHEME} with internal.",
)
def chart_services_internal(release: Resource) -> Findings:
    """Judge every value named ``service``, however deep."""
    services = [v for key, v in _values(release.props["values"], branches=True) if _is_service(key)]
    yield from each(services, _internal)


def _is_service(key: str) -> bool:
    return key.lower().endswith("service")


def _internal(service: View) -> Findings:
    if service.is_text or not service.is_set:
        return
    kind, annotations = service["type"], service["annotations"]
    if kind.text() == "NodePort":
        yield kind.refuse("a port on every node", allowed="ClusterIP")
    if kind.text() == "LoadBalancer" and not (
        annotations[LOAD_BALANCER_SCHEME].text() == "internal"
        or annotations[LOAD_BALANCER_INTERNAL].text() == "true"
    ):
        yield kind.refuse("a public load balancer", allowed=f"{LOAD_BALANCER_SCHEME}: internal")


def _values(
    values: View, *, branches: bool = False, key: str = "", depth: int = 0
) -> Iterator[tuple[str, View]]:
    """Values with their keys: leaves, and with ``branches`` what holds them too.

    What is not known stays a leaf.

    Raises:
        StopError: of all values nothing is known.
    """
    if values.is_unknown and not depth:
        raise values.undecided()
    if depth > DEEPEST or values.is_unknown:
        yield key, values
    elif values.is_list:
        for item in values.items():
            yield from _values(item, branches=branches, key=key, depth=depth + 1)
    elif values.is_mapping:
        if branches and depth:
            yield key, values
        for name, value in values.entries().items():
            yield from _values(value, branches=branches, key=name, depth=depth + 1)
    else:
        yield key, values


def _snake(key: str) -> str:
    """A value's camel-case name as an environment variable would be written."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in key)
