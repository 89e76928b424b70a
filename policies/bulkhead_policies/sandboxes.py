"""Sandboxes in which agents run code that nobody has read (ISO-11)."""

from fnmatch import fnmatchcase

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.pods import SANDBOXES, pods
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import texts
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

VERSIONS = ("v1beta1", "v1alpha1")
SANDBOX = kinds("Sandbox", *(f"agents.x-k8s.io/{v}" for v in VERSIONS))
TEMPLATES = kinds("SandboxTemplate", *(f"extensions.agents.x-k8s.io/{v}" for v in VERSIONS))
CLAIMS = kinds("SandboxClaim", *(f"extensions.agents.x-k8s.io/{v}" for v in VERSIONS))

RUNTIMES = texts(
    "runtimes",
    ("gvisor", "kata*", "isolated-sandbox", "confidential-sandbox"),
    "Runtime classes that keep a kernel of their own, as patterns in shell style.",
)


@resource_rule(
    "bulkhead-sandbox-isolate-kernel",
    types=SANDBOXES,
    severity=Severity.CRITICAL,
    requirements=("ISO-11",),
    frameworks=("OWASP LLM06",),
    title="Agents' code runs on a kernel of its own",
    why="What a model writes is untrusted code; on the node's kernel one bug is enough to leave.",
    remediation="Set runtimeClassName to a microVM or gVisor class.",
    options=(RUNTIMES,),
)
def kernel_isolated(sandbox: Resource) -> Findings:
    """Judge the runtime class of the sandbox's pods."""
    allowed = sandbox.settings[RUNTIMES]
    yield from each(pods(sandbox), lambda spec: _isolated(spec["runtimeClassName"], allowed))


def _isolated(name: View, allowed: tuple[str, ...]) -> Findings:
    if not any(fnmatchcase(name.text() or "", pattern) for pattern in allowed):
        yield name.refuse("the node's own kernel", allowed=allowed)


@resource_rule(
    "bulkhead-sandbox-withhold-token",
    types=SANDBOXES,
    severity=Severity.CRITICAL,
    requirements=("ISO-11",),
    frameworks=("OWASP LLM06",),
    title="Agents' code holds no token of the cluster",
    why="The first thing that escaped code looks for is a token.",
    remediation="Set automountServiceAccountToken to false.",
)
def no_token(sandbox: Resource) -> Findings:
    """Judge the pods themselves, and tokens that are mounted by hand."""
    yield from each(pods(sandbox), _without_token)


def _without_token(spec: View) -> Findings:
    flag = spec["automountServiceAccountToken"]
    if flag.flag(default=True):
        yield flag.refuse("a token is mounted", allowed="false")
    for volume in spec["volumes"].items():
        for source in volume["projected"]["sources"].items():
            if source["serviceAccountToken"].is_set:
                yield source["serviceAccountToken"].refuse("a token is mounted", allowed="none")


@resource_rule(
    "bulkhead-sandbox-bound-egress",
    types=TEMPLATES,
    severity=Severity.HIGH,
    requirements=("ISO-11", "NET-2"),
    title="Sandboxes reach an allowlist, or nothing",
    why="Code that reaches the internet takes what it was given there, and fetches what it was "
    "told to.",
    remediation="Leave networkPolicyManagement Managed, and name destinations in "
    "networkPolicy.egress.",
)
def egress_listed(template: Resource) -> Findings:
    """Judge whether the template manages a policy, and where it lets out."""
    management = template.props.at("spec", "networkPolicyManagement")
    if management.text() == "Unmanaged":
        yield management.refuse("no policy is made", allowed="Managed")
    policy = template.props.at("spec", "networkPolicy")
    if not policy.is_set:
        yield policy.refuse("the controller's default lets out to the internet", allowed="a policy")
    yield from each(policy["egress"].items(), _listed)


def _listed(rule: View) -> Findings:
    if not rule["to"].items():
        yield rule["to"].refuse("every destination", allowed="some destinations")
    for peer in rule["to"].items():
        if peer["ipBlock"]["cidr"].text() in ("0.0.0.0/0", "::/0"):
            yield peer["ipBlock"]["cidr"].refuse("every destination", allowed="some destinations")


@resource_rule(
    "bulkhead-sandbox-bound-lifetime",
    types=SANDBOX | CLAIMS,
    severity=Severity.MEDIUM,
    requirements=("TRN-4", "ISO-11"),
    title="Sandboxes end",
    why="A forgotten sandbox is a machine in the network that nobody watches, with a disk of "
    "somebody's data.",
    remediation="Set shutdownTime with shutdownPolicy Delete; on a claim, within lifecycle.",
)
def sandboxes_end(sandbox: Resource) -> Findings:
    """Judge whether the sandbox ends, and whether anything stays."""
    path = ("spec",) if sandbox.type in SANDBOX else ("spec", "lifecycle")
    told = sandbox.props.at(*path)
    if not (told["shutdownTime"].is_set or told["ttlSecondsAfterFinished"].is_set):
        yield told["shutdownTime"].refuse("no end", allowed="a time")
    if told["shutdownPolicy"].text() not in ("Delete", "DeleteForeground"):
        yield told["shutdownPolicy"].refuse("kept after its end", allowed="Delete")
