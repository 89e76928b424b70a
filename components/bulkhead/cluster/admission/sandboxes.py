"""Sandboxes in which agents run code that nobody has read: pods, and the kinds that make them."""

from bulkhead.cluster.admission.limits import by_tier
from bulkhead.cluster.admission.pods import CHANGED, CONTAINERS, EVERY_POD
from bulkhead.cluster.admission.rule import (
    AdmissionRule,
    Check,
    Match,
    annotation,
    label,
    text,
    texts,
)
from bulkhead.domain.admission import AGENT_SANDBOX, ROLE_LABEL, TIER_LABEL
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.runtimes import sandboxes
from bulkhead.domain.sandboxes import (
    AGENT_ACCOUNT,
    SANDBOX_CONTROLLER,
    SANDBOX_HOURS,
    SANDBOXES_LABEL,
)
from bulkhead.domain.tiers import Tier

AGENTS, EXTENSIONS = "agents.x-k8s.io", "extensions.agents.x-k8s.io"

_STRONG = {tier: [str(runtime) for runtime in sandboxes(tier)] for tier in Tier}
"""The runtimes of agents, by tier."""

_EVERYTHING = (
    "variables.spec.containers + variables.spec.?initContainers.orValue([]) + "
    "variables.spec.?ephemeralContainers.orValue([])"
)
_CHANGED = "request.operation != 'UPDATE' || dyn(object).spec != dyn(oldObject).spec"

_READ_ONLY = (
    "variables.containers.all(c, c.?securityContext.?readOnlyRootFilesystem.orValue(false))"
)
_WITHOUT_SECRETS = (
    "variables.spec.?volumes.orValue([]).all(v, !has(v.secret) && !has(v.csi) && "
    "!has(v.projected)) && variables.containers.all(c, "
    "!c.?envFrom.orValue([]).exists(e, has(e.secretRef)) && "
    "!c.?env.orValue([]).exists(e, e.?valueFrom.?secretKeyRef.hasValue()))"
)
_ROOT = "an agent writes its root; allowed: readOnlyRootFilesystem: true, and volumes"
_SECRETS = "an agent is given a secret; allowed: tools that hold it, behind their gateway"

KEEP_CLOSED = AdmissionRule(
    name="bulkhead-sandbox-keep-closed",
    title="A sandbox is closed before its controller makes a pod of it",
    why="A template that breaks a rule would only show when its first pod is refused, in a log "
    "that nobody reads.",
    requirements=("POL-2", "ISO-11"),
    frameworks=("OWASP LLM06",),
    matches=(
        Match(AGENTS, ("sandboxes",), versions=("*",)),
        Match(EXTENSIONS, ("sandboxtemplates",), versions=("*",)),
    ),
    conditions=(("changed", _CHANGED),),
    variables=(
        ("spec", "dyn(object).spec.podTemplate.spec"),
        ("containers", _EVERYTHING),
        ("runtime", "variables.spec.?runtimeClassName.orValue('')"),
        ("allowed", f"{by_tier(_STRONG)}[{label(TIER_LABEL)}]"),
    ),
    checks=(
        Check(
            "variables.runtime in variables.allowed",
            "a sandbox on a runtime that is too weak for the tier; allowed: gVisor up to "
            "confidential, virtual machines above",
            given="variables.runtime",
        ),
        Check(
            "!variables.spec.?automountServiceAccountToken.orValue(true) && "
            f"variables.spec.?serviceAccountName.orValue('default') in "
            f"{texts(['default', AGENT_ACCOUNT])}",
            "a sandbox with a token or an identity; allowed: automountServiceAccountToken: false "
            f"and no serviceAccountName but {AGENT_ACCOUNT}",
        ),
        Check(
            "!variables.spec.?hostNetwork.orValue(false) && "
            "!variables.spec.?hostPID.orValue(false) && !variables.spec.?hostIPC.orValue(false) && "
            "variables.spec.?volumes.orValue([]).all(v, !has(v.hostPath)) && "
            "variables.containers.all(c, !c.?securityContext.?privileged.orValue(false) && "
            "c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0))",
            "a sandbox reaches into its node; allowed: no host namespaces, files and ports, and no "
            "privileges",
        ),
        Check(_READ_ONLY, _ROOT),
        Check(_WITHOUT_SECRETS, _SECRETS),
    ),
)

KEEP_SANDBOXED = AdmissionRule(
    name="bulkhead-pod-keep-sandboxed",
    title="Where agents run, nothing else does, and agents are given nothing",
    why="A pod beside agents that is no sandbox has its node's kernel and what agents reach; a "
    "secret in a sandbox is known to whoever wrote the code.",
    requirements=("POL-2", "ISO-11"),
    frameworks=("OWASP LLM06",),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(
        *CONTAINERS,
        ("agent", f"variables.labels[?{text(ROLE_LABEL)}].orValue('') == {text(AGENT_SANDBOX)}"),
    ),
    checks=(
        Check(
            f"variables.agent || {label(SANDBOXES_LABEL)} != 'true'",
            "a pod that is no sandbox, where agents run; allowed: pods with the label "
            f"{ROLE_LABEL}={AGENT_SANDBOX}",
        ),
        Check(f"!variables.agent || ({_READ_ONLY})", _ROOT),
        Check(f"!variables.agent || ({_WITHOUT_SECRETS})", _SECRETS),
    ),
)

_HOURS = f"int({annotation(SANDBOX_HOURS, '0')})"

BOUND_LIFETIME = AdmissionRule(
    name="bulkhead-sandbox-bound-lifetime",
    title="A sandbox ends by its deadline, and nothing of it stays",
    why="A forgotten sandbox is a machine in the network that nobody watches, with a disk of "
    "somebody's data.",
    requirements=("POL-2", "ISO-11", "TRN-4"),
    matches=(
        Match(AGENTS, ("sandboxes",), versions=("*",)),
        Match(EXTENSIONS, ("sandboxclaims",), versions=("*",)),
    ),
    conditions=(
        ("changed", _CHANGED),
        # What it makes of templates and claims was judged when it was asked for.
        ("not-the-controller", f"request.userInfo.username != {text(SANDBOX_CONTROLLER)}"),
    ),
    variables=(
        (
            "life",
            "request.kind.kind == 'SandboxClaim' ? dyn(object).spec.?lifecycle.orValue({}) : "
            "dyn(object).spec",
        ),
        ("ends", "variables.life.?shutdownTime.orValue('')"),
    ),
    checks=(
        Check(
            "variables.ends != '' && "
            "variables.life.?shutdownPolicy.orValue('') in ['Delete', 'DeleteForeground']",
            "a sandbox without an end; allowed: shutdownTime with shutdownPolicy Delete, of a "
            "claim in lifecycle",
        ),
        Check(
            "variables.ends == '' || timestamp(variables.ends) <= "
            f"timestamp(object.metadata.creationTimestamp) + duration(string({_HOURS}) + 'h')",
            "too late an end; allowed: shutdownTime up to the hours that the annotation "
            f"{SANDBOX_HOURS} of the namespace says",
            given="variables.ends",
        ),
        Check(
            "dyn(object).spec.?additionalPodMetadata.?labels.orValue({}).all(k, "
            f"!k.startsWith({text(LABEL_PREFIX)}))",
            f"a claim relabels its sandbox; allowed: labels that do not begin with {LABEL_PREFIX}",
        ),
    ),
)
