"""Where tenants' pods land, and what they reach on their node."""

from bulkhead.cluster.admission.limits import GPU
from bulkhead.cluster.admission.pods import CHANGED, CONTAINERS, EVERY_POD, POD
from bulkhead.cluster.admission.rule import AdmissionRule, Check, label, text, texts
from bulkhead.domain.admission import NODES_LABEL, TENANT_LABEL
from bulkhead.domain.labels import LABEL_PREFIX, PLATFORM, Plane
from bulkhead.domain.pods import SANDBOXES
from bulkhead.domain.pools import PLANE_KEY
from bulkhead.domain.runtimes import SANDBOX_TAINT

HOME = (
    ("where", f"{label(NODES_LABEL)}"),
    ("key", f"variables.where == '' ? '' : {text(LABEL_PREFIX)} + variables.where"),
    ("value", "namespaceObject.metadata.?labels[?variables.key].orValue('')"),
    ("selector", "variables.spec.?nodeSelector.orValue({})"),
)
"""Label and taint of the namespace's own nodes, empty where tenants share them, and what a pod
selects."""

_TERMS = [
    f"variables.spec.?affinity.?{kind}.?{when}.orValue([])"
    + (".map(t, t.podAffinityTerm)" if when.startswith("preferred") else "")
    for kind in ("podAffinity", "podAntiAffinity")
    for when in (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    )
]
_NODE_AFFINITY = "variables.spec.?affinity.?nodeAffinity"
_NODE_TERMS = (
    f"{_NODE_AFFINITY}.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms"
    f".orValue([]) + {_NODE_AFFINITY}.?preferredDuringSchedulingIgnoredDuringExecution"
    ".orValue([]).map(t, t.preference)"
)

_KNOWN = (
    f"t.?key.orValue('') == {text(GPU)} || t.?key.orValue('').startsWith('node.kubernetes.io/')"
)
"""Taints that keep nobody's pods apart: of nodes with GPUs, and of Kubernetes itself, of which pods
get some tolerations by default."""

_TRAINED = (
    f"{label(PLANE_KEY)} == {text(Plane.TRAINING)} && t.?key.orValue('') == {text(PLANE_KEY)} && "
    f"t.?operator.orValue('Equal') == 'Equal' && t.?value.orValue('') == {text(Plane.TRAINING)}"
)
"""The taint of nodes for training, where there is training."""

_SANDBOXED = (
    f"t.?key.orValue('') == {text(SANDBOX_TAINT)} && "
    f"variables.spec.?runtimeClassName.orValue('') in {texts(sorted(SANDBOXES))}"
)
"""The taint of nodes that run sandboxes, which Kubernetes itself lets a pod past by its class."""

_HOME = (
    "variables.key != '' && t.?key.orValue('') == variables.key && "
    "t.?operator.orValue('Equal') == 'Equal' && t.?value.orValue('') == variables.value"
)

KEEP_TO_POOL = AdmissionRule(
    name="bulkhead-pod-keep-to-pool",
    title="Pods land on the nodes of their tenant and on no others",
    why="A pod beside another tenant's is one container escape away from its data and its node's "
    "credentials.",
    requirements=("POL-2", "ISO-2", "ISO-4"),
    frameworks=("ATLAS AML.M0032",),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(
        *POD,
        *HOME,
        (
            "foreign",
            "variables.spec.?tolerations.orValue([]).filter(t, "
            f"!({_KNOWN} || {_SANDBOXED} || {_TRAINED} || {_HOME}))",
        ),
        ("nodes", _NODE_TERMS),
    ),
    checks=(
        Check(
            f"variables.key == '' ? variables.selector[?{text(TENANT_LABEL)}]"
            f".orValue({text(PLATFORM)}) == {text(PLATFORM)} : "
            "variables.selector[?variables.key].orValue(request.kind.kind == 'Pod' ? '' : "
            "variables.value) == variables.value",
            "a pod selects other nodes than its tenant's; allowed: the nodeSelector of the nodes "
            f"that the label {NODES_LABEL} of the namespace says",
            given="variables.selector.map(k, k + '=' + variables.selector[k]).join(',')",
        ),
        Check(
            "variables.foreign.size() == 0",
            "a toleration of other nodes than the tenant's; allowed: "
            f"{GPU}, the taint of the nodes that the label {NODES_LABEL} of the namespace says, "
            f"and {SANDBOX_TAINT} of a pod with a sandbox as runtime",
            given="variables.foreign[0].?key.orValue('every taint')",
        ),
        Check(
            "request.operation == 'UPDATE' || !has(variables.spec.nodeName)",
            "a pod names its node past the scheduler; allowed: nodeSelector",
        ),
        Check(
            "variables.nodes.all(t, !has(t.matchFields))",
            "an affinity to one node by its name; allowed: matchExpressions",
        ),
    ),
)

KEEP_APART = AdmissionRule(
    name="bulkhead-pod-keep-apart",
    title="Pods are scheduled without regard to other tenants' pods",
    why="An affinity to another tenant's pods moves an attacker onto its node, and an "
    "anti-affinity to them keeps the tenant off its own nodes.",
    requirements=("POL-2", "ISO-2"),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(*POD, ("terms", " + ".join(_TERMS))),
    checks=(
        Check(
            "variables.terms.all(t, !has(t.namespaceSelector) && "
            "t.?namespaces.orValue([]).all(n, n == request.namespace))",
            "an affinity that looks at other namespaces; allowed: terms without namespaces and "
            "namespaceSelector",
        ),
    ),
)

DENY_HOST = AdmissionRule(
    name="bulkhead-pod-deny-host-access",
    title="Pods stay out of their node's namespaces, files, ports and devices",
    why="A pod in its host's network, processes or files reads the other tenants of the node and "
    "the node's own credentials.",
    requirements=("POL-2", "ISO-3"),
    frameworks=("CIS EKS 4.2.1", "CIS EKS 4.2.2", "CIS EKS 4.2.3", "CIS EKS 4.2.4"),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(*CONTAINERS, ("volumes", "variables.spec.?volumes.orValue([])")),
    checks=(
        Check(
            "!variables.spec.?hostNetwork.orValue(false) && !variables.spec.?hostPID.orValue(false)"
            " && !variables.spec.?hostIPC.orValue(false)",
            "a pod shares a namespace of its host; allowed: neither hostNetwork, hostPID nor "
            "hostIPC",
        ),
        Check(
            "variables.volumes.all(v, !has(v.hostPath))",
            "a pod mounts files of its host; allowed: any volume but hostPath",
            given="variables.volumes.filter(v, has(v.hostPath))[0].hostPath.path",
        ),
        Check(
            "variables.containers.all(c, c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0))",
            "a container listens on a port of its host; allowed: containerPort alone",
        ),
        Check(
            "variables.containers.all(c, !c.?securityContext.?privileged.orValue(false))",
            "a privileged container; allowed: privileged: false",
            given="variables.containers.filter(c, "
            "c.?securityContext.?privileged.orValue(false))[0].name",
        ),
    ),
)
