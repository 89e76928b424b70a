"""What pods may do to their node, and nodes to the cloud."""

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.pods import EVERY_POD, PATCHES, containers, every_container, pods
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Changes, Severity, resource_rule
from bulkhead_policies.tokens import MACHINES
from bulkhead_policies.view import View

HARMLESS_CAPABILITIES = ("NET_BIND_SERVICE",)
"""The capability that the restricted Pod Security Standard lets a container add."""


@resource_rule(
    "bulkhead-pod-deny-host-access",
    types=EVERY_POD,
    severity=Severity.CRITICAL,
    requirements=("ISO-3",),
    frameworks=("CIS EKS 4.2.2", "CIS EKS 4.2.3", "CIS EKS 4.2.4"),
    title="Pods stay out of their node's namespaces, files and ports",
    why="A pod in its host's network, processes or files reads the other tenants of the node and "
    "the node's own credentials.",
    remediation="Remove hostNetwork, hostPID, hostIPC, hostPath volumes and hostPort.",
)
def host_access_denied(resource: Resource) -> Findings:
    """Judge every way from a pod to its host."""
    yield from each(pods(resource), _apart_from_its_host)


def _apart_from_its_host(spec: View) -> Findings:
    shared = [spec[name] for name in ("hostNetwork", "hostPID", "hostIPC")]
    yield from each(shared, _not_shared)
    yield from each(spec["volumes"].items(), _no_host_path)
    ports = [port for container in containers(spec) for port in container["ports"].items()]
    yield from each(ports, _no_host_port)


def _not_shared(flag: View) -> Findings:
    if flag.flag():
        yield flag.refuse("shares a namespace of the host", allowed="false")


def _no_host_path(volume: View) -> Findings:
    if volume["hostPath"].is_set:
        yield volume["hostPath"].refuse("mounts files of the host", allowed="none")


def _no_host_port(port: View) -> Findings:
    if port["hostPort"].number():
        yield port["hostPort"].refuse("listens on the host", allowed="none")


@resource_rule(
    "bulkhead-pod-deny-privilege",
    types=EVERY_POD,
    severity=Severity.HIGH,
    requirements=("ISO-3",),
    frameworks=("CIS EKS 4.2.1", "CIS EKS 4.2.5"),
    title="Containers run without privilege and can't gain it",
    why="A privileged container is root on its node, and so in every other tenant's pods there.",
    remediation="Set allowPrivilegeEscalation to false, and remove privileged and added "
    "capabilities.",
)
def privilege_denied(resource: Resource) -> Findings:
    """Judge the security context of every container."""
    gains = resource.type not in PATCHES
    yield from each(every_container(resource), lambda found: _unprivileged(found, gains))


def _unprivileged(container: View, gains: bool) -> Findings:
    context = container["securityContext"]
    if context["privileged"].flag():
        yield context["privileged"].refuse("the container is privileged", allowed="false")
    if context["allowPrivilegeEscalation"].flag(default=gains):
        yield context["allowPrivilegeEscalation"].refuse("can gain privileges", allowed="false")
    for capability in context.at("capabilities", "add").items():
        if capability.text() not in HARMLESS_CAPABILITIES:
            yield capability.refuse("a capability is added", allowed=HARMLESS_CAPABILITIES)


def _guard_metadata(resource: Resource) -> Changes:
    options = resource.props["metadataOptions"]
    if options["httpEndpoint"].text() == "disabled":
        return {}
    wanted = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
    found = {key: options[key] for key in wanted}
    kept = found["httpTokens"].text() == "required"
    kept = kept and found["httpPutResponseHopLimit"].number() == 1
    return {} if kept else {("metadataOptions", key): value for key, value in wanted.items()}


@resource_rule(
    "bulkhead-ec2-require-imdsv2",
    types=MACHINES,
    severity=Severity.HIGH,
    requirements=("ISO-3", "IAM-1"),
    frameworks=("FSBP EC2.8", "FSBP EC2.170", "FSBP AutoScaling.3"),
    title="Instance metadata asks for a token and stops at the node",
    why="A pod that reaches the metadata service takes the node's role; with a hop limit of 1 the "
    "answer does not reach pods, and without tokens one forged request suffices.",
    remediation="Set metadata_options with http_tokens 'required' and "
    "http_put_response_hop_limit 1.",
    remedy=_guard_metadata,
)
def metadata_guarded(resource: Resource) -> Findings:
    """Judge the metadata service, unless it is off."""
    options = resource.props["metadataOptions"]
    if options["httpEndpoint"].text() == "disabled":
        return
    if options["httpTokens"].text() != "required":
        yield options["httpTokens"].refuse("metadata without a token", allowed="required")
    if options["httpPutResponseHopLimit"].number() != 1:
        yield options["httpPutResponseHopLimit"].refuse("metadata reaches pods", allowed="1")
