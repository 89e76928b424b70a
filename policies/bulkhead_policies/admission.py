"""Whether the cluster itself refuses what these rules refuse (POL-2)."""

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

GROUP = "admissionregistration.k8s.io"
VERSIONS = tuple(f"{GROUP}/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
WEBHOOKS = kinds("ValidatingWebhookConfiguration", *VERSIONS[:2]) | kinds(
    "MutatingWebhookConfiguration", *VERSIONS[:2]
)
ADMISSION_POLICIES = kinds("ValidatingAdmissionPolicy", *VERSIONS) | kinds(
    "MutatingAdmissionPolicy", *VERSIONS
)
BINDINGS = kinds("ValidatingAdmissionPolicyBinding", *VERSIONS)
IMAGE_POLICIES = kinds(
    "ClusterImagePolicy", "policy.sigstore.dev/v1beta1", "policy.sigstore.dev/v1alpha1"
)


@resource_rule(
    "bulkhead-admission-fail-closed",
    types=WEBHOOKS | ADMISSION_POLICIES,
    severity=Severity.HIGH,
    requirements=("POL-2",),
    title="Admission refuses what it can't check",
    why="Where a check that fails lets everything pass, an attacker first makes it fail.",
    remediation="Set failurePolicy to Fail; keep the webhook out of its own way with a selector "
    "of namespaces.",
)
def admission_closed(resource: Resource) -> Findings:
    """Judge the failure policy; Fail is the default of v1, and Ignore that of v1beta1 webhooks."""
    if resource.type in ADMISSION_POLICIES:
        policies, default = [resource.props.at("spec", "failurePolicy")], "Fail"
    else:
        hooks = resource.props["webhooks"].items()
        policies = [hook["failurePolicy"] for hook in hooks]
        default = "Ignore" if f"{GROUP}/v1beta1" in resource.type else "Fail"
    yield from each(policies, lambda policy: _fails(policy, default))


def _fails(policy: View, default: str) -> Findings:
    if (policy.text() or default) != "Fail":
        yield policy.refuse("open when it fails", allowed="Fail")


@resource_rule(
    "bulkhead-admission-deny-violations",
    types=BINDINGS,
    severity=Severity.HIGH,
    requirements=("POL-2",),
    title="Admission policies deny",
    why="A policy that only warns or audits is read by nobody while the pod runs.",
    remediation="Put Deny into validationActions.",
)
def violations_denied(binding: Resource) -> Findings:
    """Judge the actions of the binding."""
    actions = binding.props.at("spec", "validationActions")
    if "Deny" not in actions.texts():
        yield actions.refuse("violations are let in", allowed="Deny")


@resource_rule(
    "bulkhead-admission-verify-images",
    types=IMAGE_POLICIES,
    severity=Severity.HIGH,
    requirements=("INF-5", "TRN-1"),
    frameworks=("ATLAS AML.M0013", "ATLAS AML.M0014"),
    title="Image policies verify signatures, and refuse what has none",
    why="A policy that warns, or an authority that passes everything, looks like verification and "
    "is none.",
    remediation="Set mode to enforce, and give each authority a key or an identity.",
)
def signatures_verified(policy: Resource) -> Findings:
    """Judge mode and authorities; policy-controller enforces by default."""
    mode = policy.props.at("spec", "mode")
    if mode.text() not in (None, "", "enforce"):
        yield mode.refuse("unsigned images are let in", allowed="enforce")
    yield from each(policy.props.at("spec", "authorities").items(), _verifies)


def _verifies(authority: View) -> Findings:
    static, keyless = authority["static"]["action"], authority["keyless"]
    if static.text() == "pass":
        yield static.refuse("every image passes", allowed="a key or an identity")
    if keyless.is_set and not keyless["identities"].items():
        yield keyless["identities"].refuse("anybody's signature passes", allowed="an identity")
    if keyless["insecureIgnoreSCT"].flag():
        yield keyless["insecureIgnoreSCT"].refuse("certificates without a log", allowed="false")
