"""What network policies let through, and whether what listens speaks TLS."""

import ipaddress

from bulkhead.domain.addresses import PRIVATE
from bulkhead_policies.exposure import SHORTEST_PREFIXES
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.tokens import INGRESSES, NETWORK_POLICIES, kinds
from bulkhead_policies.view import View

GATEWAYS = kinds("Gateway", "gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1")
METADATA = ipaddress.IPv4Address("169.254.169.254")
LINK_LOCAL = ipaddress.IPv4Network("169.254.0.0/16")
DNS = 53

CERTIFICATE = "alb.ingress.kubernetes.io/certificate-arn"
LISTENERS = "alb.ingress.kubernetes.io/listen-ports"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@resource_rule(
    "bulkhead-networkpolicy-bound-egress",
    types=NETWORK_POLICIES,
    severity=Severity.HIGH,
    requirements=("NET-2", "ISO-3"),
    title="Network policies let no pod out to everywhere",
    why="A pod that reaches the internet around the firewall's allowlist takes weights and prompts "
    "there.",
    remediation="Name the pods, or the private networks of VPC endpoints and firewall, that are "
    "reached.",
)
def egress_bounded(policy: Resource) -> Findings:
    """Judge every destination of policies that are not the platform's."""
    if not policy.belongs_to_platform:
        yield from each(policy.props.at("spec", "egress").items(), _goes_somewhere)


def _goes_somewhere(rule: View) -> Findings:
    if not rule["to"].items() and not _only_dns(rule):
        yield rule["to"].refuse("every destination", allowed="some destinations")
    yield from each([peer["ipBlock"] for peer in rule["to"].items()], _private)


def _private(block: View) -> Findings:
    network = _network(block["cidr"])
    if network is not None and not _is_private(network):
        yield block["cidr"].refuse("public addresses", allowed=PRIVATE)


def _is_private(network: Network) -> bool:
    if isinstance(network, ipaddress.IPv6Network):
        return network.is_private
    return any(network.subnet_of(private) for private in (*PRIVATE, LINK_LOCAL))


@resource_rule(
    "bulkhead-networkpolicy-bound-ingress",
    types=NETWORK_POLICIES,
    severity=Severity.HIGH,
    requirements=("ISO-3", "INF-2"),
    title="Network policies let nobody in from everywhere",
    why="A rule without a sender, or for all namespaces, opens the pods to every other tenant.",
    remediation="Name the namespaces and pods, or the networks, that may call.",
)
def ingress_bounded(policy: Resource) -> Findings:
    """Judge every sender of policies that are not the platform's."""
    if not policy.belongs_to_platform:
        yield from each(policy.props.at("spec", "ingress").items(), _comes_from_somewhere)


def _comes_from_somewhere(rule: View) -> Findings:
    if not rule["from"].items():
        yield rule["from"].refuse("every sender", allowed="some senders")
    yield from each(rule["from"].items(), _some_sender)


def _some_sender(peer: View) -> Findings:
    spaces, block = peer["namespaceSelector"], peer["ipBlock"]
    if spaces.is_set and not (
        spaces["matchLabels"].entries() or spaces["matchExpressions"].items()
    ):
        yield spaces.refuse("every namespace", allowed="some namespaces")
    network = _network(block["cidr"])
    if network is not None and network.prefixlen < SHORTEST_PREFIXES[network.version]:
        yield block["cidr"].refuse("the whole internet", allowed="the callers' own networks")


@resource_rule(
    "bulkhead-networkpolicy-hide-metadata",
    types=NETWORK_POLICIES,
    severity=Severity.HIGH,
    requirements=("IAM-1", "ISO-11"),
    title="Network policies let no pod reach the instance metadata service",
    why="Its answer is the node's role.",
    remediation="Allow 169.254.170.23/32 for Pod Identity, and no more of the link-local network.",
)
def metadata_hidden(policy: Resource) -> Findings:
    """Judge link-local destinations; larger networks have a rule of their own."""
    rules = policy.props.at("spec", "egress").items()
    yield from each([p["ipBlock"] for rule in rules for p in rule["to"].items()], _no_metadata)


def _no_metadata(block: View) -> Findings:
    network = _network(block["cidr"])
    exceptions = [
        METADATA in found for item in block["except"].items() if (found := _network(item))
    ]
    if (
        isinstance(network, ipaddress.IPv4Network)
        and network.subnet_of(LINK_LOCAL)
        and METADATA in network
        and not any(exceptions)
    ):
        yield block["cidr"].refuse("the metadata service", allowed="169.254.170.23/32")


@resource_rule(
    "bulkhead-ingress-require-tls",
    types=INGRESSES,
    severity=Severity.HIGH,
    requirements=("INF-1",),
    frameworks=("CIS EKS 5.4.5",),
    title="Ingresses speak TLS",
    why="Prompts, completions and tokens of clients can be read on the way.",
    remediation="Set spec.tls, or the annotation of the load balancer's certificate with HTTPS "
    "listeners only.",
)
def ingress_encrypted(ingress: Resource) -> Findings:
    """Judge TLS of the ingress or of the AWS load balancer that it makes."""
    tls = ingress.props.at("spec", "tls")
    annotations = ingress.props.at("metadata", "annotations")
    if not (tls.items() or annotations[CERTIFICATE].is_named):
        yield tls.refuse("no TLS", allowed=f"spec.tls, or {CERTIFICATE}")
    ports = annotations[LISTENERS].text()
    if (
        ports
        and '"HTTP"' in ports
        and not annotations["alb.ingress.kubernetes.io/ssl-redirect"].is_set
    ):
        yield annotations[LISTENERS].refuse("a listener without TLS", allowed="HTTPS")


@resource_rule(
    "bulkhead-gateway-require-tls",
    types=GATEWAYS,
    severity=Severity.HIGH,
    requirements=("INF-1",),
    frameworks=("CIS EKS 5.4.5",),
    title="Gateways listen with TLS alone",
    why="Prompts, completions and tokens of clients can be read on the way.",
    remediation="Give the listener protocol HTTPS or TLS, with tls.certificateRefs.",
)
def gateway_encrypted(gateway: Resource) -> Findings:
    """Judge the protocol of every listener."""
    yield from each(gateway.props.at("spec", "listeners").items(), _speaks_tls)


def _speaks_tls(listener: View) -> Findings:
    if listener["protocol"].text() not in ("HTTPS", "TLS"):
        yield listener["protocol"].refuse("a listener without TLS", allowed=("HTTPS", "TLS"))


def _only_dns(rule: View) -> bool:
    """Whether a rule is about DNS alone, which a pod asks wherever it is."""
    ports = rule["ports"].items()
    return bool(ports) and all(port["port"].word() == str(DNS) for port in ports)


def _network(cidr: View) -> Network | None:
    """The network that a block names; None where there is none or Kubernetes will refuse it."""
    try:
        return ipaddress.ip_network(cidr.text() or "", strict=False)
    except ValueError:
        return None
