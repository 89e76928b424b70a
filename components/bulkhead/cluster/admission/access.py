"""Identities, people and the fences themselves."""

from bulkhead.cluster.admission.pods import CHANGED, EVERY_POD, POD
from bulkhead.cluster.admission.rule import AdmissionRule, Check, Match, label, text, texts
from bulkhead.domain.access import DEBUG
from bulkhead.domain.admission import (
    ARTIFACTS_CONFIG,
    SERVICE_ACCOUNT,
    SIGNER_SUFFIX,
    STORES_CONFIG,
    TENANT_LABEL,
    TRAINER_ACCOUNT,
)
from bulkhead.domain.queues import QUEUE_NAMESPACE
from bulkhead.domain.sandboxes import SANDBOX_CONTROLLER, SANDBOXES_LABEL

AUDIENCE = "pods.eks.amazonaws.com"
"""Audience of the tokens that EKS Pod Identity mounts (EKS User Guide, "Learn how EKS Pod Identity
works")."""

DENY_TOKENS = AdmissionRule(
    name="bulkhead-pod-deny-tokens",
    title="Pods hold no token of the Kubernetes API",
    why="Whoever breaks into a pod finds its token first; no tenant's pod needs one.",
    requirements=("POL-2", "ISO-3", "ISO-11"),
    frameworks=("CIS EKS 4.1.6",),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(
        *POD,
        (
            "tokens",
            "variables.spec.?volumes.orValue([]).map(v, v.?projected.?sources.orValue([])"
            ".filter(s, has(s.serviceAccountToken)).map(s, s.serviceAccountToken)).flatten()",
        ),
    ),
    checks=(
        Check(
            "!variables.spec.?automountServiceAccountToken.orValue(false)",
            "a pod mounts its service account's token; allowed: automountServiceAccountToken: "
            "false",
        ),
        Check(
            f"variables.tokens.all(t, t.?audience.orValue('') == {text(AUDIENCE)} && "
            "variables.spec.?serviceAccountName.orValue('') in "
            f"{texts((SERVICE_ACCOUNT, TRAINER_ACCOUNT))})",
            "a pod mounts a token in a volume; allowed: the one of EKS Pod Identity, for the "
            f"service accounts {SERVICE_ACCOUNT} and {TRAINER_ACCOUNT}",
        ),
    ),
)

DENY_TOKEN_SECRETS = AdmissionRule(
    name="bulkhead-secret-deny-tokens",
    title="No secret asks for a token without an end",
    why="A secret of this type is filled with a token of any service account of the namespace that "
    "never expires.",
    requirements=("POL-2", "KEY-4"),
    frameworks=("CIS EKS 4.1.6",),
    matches=(Match("", ("secrets",)),),
    checks=(
        Check(
            "object.?type.orValue('') != 'kubernetes.io/service-account-token'",
            "a secret that asks for a service account's token; allowed: any other type",
        ),
    ),
)

LIMIT_DEBUGGING = AdmissionRule(
    name="bulkhead-pod-limit-debugging",
    title="Nobody gets into a running pod without the tenant's debug access",
    why="Whoever runs a command in a pod reads its prompts, its model and its secrets, past every "
    "log; even an administrator of the cluster needs access that ends and is audited.",
    requirements=("POL-2", "ISO-10", "IAM-3"),
    matches=(
        Match("", ("pods/exec", "pods/attach", "pods/portforward", "pods/proxy"), ("CONNECT",)),
        Match("", ("services/proxy",), ("CONNECT",)),
        Match("", ("pods/ephemeralcontainers",), ("UPDATE",)),
    ),
    checks=(
        Check(
            f"({label(TENANT_LABEL)} + {text(':' + DEBUG)}) in "
            "request.userInfo.?groups.orValue([])",
            "a running pod is closed; allowed: members of the tenant's group of debug access",
            given="request.userInfo.username",
        ),
    ),
)

CONTROLLERS = "system:serviceaccounts:kube-system"
"""Group of Kubernetes' own controllers."""

_SANDBOXES_OWN = (
    f"request.kind.kind == 'NetworkPolicy' && {label(SANDBOXES_LABEL)} == 'true' && "
    f"request.userInfo.username == {text(SANDBOX_CONTROLLER)}"
)
"""The controller of sandboxes writes their network policies, where nothing but sandboxes runs; what
they open stands in a template of the platform's."""
QUEUE_CONTROLLERS = f"system:serviceaccounts:{QUEUE_NAMESPACE}"
"""Group of Kueue, and of the clock beside it."""

PROTECT_FENCES = AdmissionRule(
    name="bulkhead-fence-protect",
    title="Only who may change the namespace changes what fences it",
    why="One RoleBinding to the built-in role edit lets a tenant open its network, and admin lets "
    "it take every right in its namespace.",
    requirements=("POL-2", "ISO-2"),
    frameworks=("CIS EKS 4.1.8", "CIS EKS 4.3.2"),
    matches=(
        Match(
            "",
            ("configmaps", "limitranges", "resourcequotas", "serviceaccounts"),
            ("CREATE", "UPDATE", "DELETE"),
        ),
        Match("networking.k8s.io", ("networkpolicies",), ("CREATE", "UPDATE", "DELETE")),
        Match(
            "rbac.authorization.k8s.io", ("roles", "rolebindings"), ("CREATE", "UPDATE", "DELETE")
        ),
        Match("kueue.x-k8s.io", ("localqueues",), ("CREATE", "UPDATE", "DELETE"), versions=("*",)),
    ),
    conditions=(
        (
            "a-fence",
            "request.kind.kind != 'ConfigMap' || request.name in "
            f"{texts([ARTIFACTS_CONFIG, STORES_CONFIG])} || "
            f"request.name.endsWith({text(SIGNER_SUFFIX)})",
        ),
        ("not-kubernetes", f"!({text(CONTROLLERS)} in request.userInfo.?groups.orValue([]))"),
        (
            "not-kueue",
            f"request.kind.kind != 'LocalQueue' || !({text(QUEUE_CONTROLLERS)} in "
            "request.userInfo.?groups.orValue([]))",
        ),
    ),
    checks=(
        Check(
            "authorizer.group('').resource('namespaces').name(request.namespace).check('update')"
            f".allowed() || ({_SANDBOXES_OWN})",
            "a fence of the tenant belongs to the platform; allowed: who may update the namespace",
            given="request.userInfo.username",
        ),
    ),
)
