"""What roles grant inside a cluster, and to whom (CIS EKS 4.1)."""

import datetime

from bulkhead.domain.admission import GATEWAY_NAMESPACE
from bulkhead.domain.debugging import ANNOTATIONS, read_grant
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.tiers import Tier
from bulkhead_policies.findings import Finding, Findings, Kind, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.tokens import CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from bulkhead_policies.view import View

EVERY_ROLE = ROLES | CLUSTER_ROLES

READS = frozenset({"get", "list", "watch"})
CREATES = frozenset({"create"})
CHANGES = frozenset({"create", "update", "patch", "delete", "deletecollection"})

POD_MAKERS = frozenset(
    {
        "cronjobs", "daemonsets", "deployments", "jobs", "pods", "replicasets",
        "replicationcontrollers", "statefulsets",
    }
)  # fmt: skip
INTO_PODS = frozenset(
    {"pods/attach", "pods/ephemeralcontainers", "pods/exec", "pods/portforward", "nodes/proxy"}
)
"""Ways into a running container, past the API's own record of what is done there."""
GUARDRAILS = frozenset({"limitranges", "networkpolicies", "resourcequotas"})
"""What holds a tenant inside of its namespace."""
ADMISSION = frozenset(
    {
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
        "mutatingwebhookconfigurations", "validatingadmissionpolicies",
        "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
    }
)  # fmt: skip
EVERYONE = frozenset(
    {
        "system:anonymous", "system:authenticated", "system:serviceaccounts",
        "system:unauthenticated",
    }
)  # fmt: skip
MASTERS = "system:masters"
ADMINISTRATOR = "cluster-admin"


@resource_rule(
    "bulkhead-rbac-deny-cluster-admin",
    types=ROLE_BINDINGS,
    severity=Severity.CRITICAL,
    requirements=("IAM-1", "IAM-3"),
    frameworks=("CIS EKS 4.1.1",),
    title="Nobody is bound to cluster-admin",
    why="Who has cluster-admin reads every tenant's secrets and takes every guardrail away.",
    remediation="Bind a role with what is needed; people get in through access entries.",
)
def cluster_admin_denied(binding: Resource) -> Findings:
    """Judge the role that is bound, and the group that is administrator without any."""
    role = binding.props.at("roleRef", "name")
    if role.text() == ADMINISTRATOR:
        yield role.refuse("the administrator's role", allowed="another role")
    yield from each(_subjects(binding), _no_master)


def _no_master(name: View) -> Findings:
    if name.text() == MASTERS:
        yield name.refuse("the administrators' group", allowed="another group")


@resource_rule(
    "bulkhead-rbac-deny-everyone",
    types=ROLE_BINDINGS,
    severity=Severity.CRITICAL,
    requirements=("IAM-1", "ISO-3"),
    title="No role is bound to everyone",
    why="These groups hold every caller: strangers, every tenant's people, or every pod.",
    remediation="Bind the role to the group, user or service account that needs it.",
)
def everyone_denied(binding: Resource) -> Findings:
    """Judge every subject."""
    yield from each(_subjects(binding), _not_everyone)


def _not_everyone(name: View) -> Findings:
    if name.text() in EVERYONE:
        yield name.refuse("everyone is granted the role", allowed="a group of one's own")


@resource_rule(
    "bulkhead-rbac-deny-default-account",
    types=ROLE_BINDINGS,
    severity=Severity.MEDIUM,
    requirements=("IAM-1",),
    frameworks=("CIS EKS 4.1.5",),
    title="No role is bound to a default service account",
    why="Every pod that names no account has what the default account is granted.",
    remediation="Make a service account for the workload and bind the role to it.",
)
def default_account_denied(binding: Resource) -> Findings:
    """Judge every subject that is a service account."""
    yield from each(binding.props["subjects"].items(), _no_default_account)


def _no_default_account(subject: View) -> Findings:
    if subject["kind"].text() == "ServiceAccount" and subject["name"].text() == "default":
        yield subject["name"].refuse("the default service account", allowed="another account")


@resource_rule(
    "bulkhead-rbac-deny-wildcards",
    types=EVERY_ROLE,
    severity=Severity.HIGH,
    requirements=("IAM-1",),
    frameworks=("CIS EKS 4.1.3",),
    title="Roles name their verbs, resources and API groups",
    why="A wildcard grants what a later version or a new controller brings, which nobody has "
    "looked at.",
    remediation="List what is needed.",
)
def wildcards_denied(role: Resource) -> Findings:
    """Judge every rule of the role."""
    yield from each(role.props["rules"].items(), _no_wildcards)


def _no_wildcards(rule: View) -> Findings:
    for key in ("verbs", "resources", "apiGroups"):
        for item in rule[key].items():
            if "*" in (item.text() or ""):
                yield item.refuse("a wildcard", allowed="names")


@resource_rule(
    "bulkhead-rbac-deny-secret-reads",
    types=EVERY_ROLE,
    severity=Severity.HIGH,
    requirements=("IAM-1", "KEY-4", "INF-4"),
    frameworks=("CIS EKS 4.1.2",),
    title="Roles read no secrets but those that they name",
    why="Listing secrets returns their values: keys, tokens and system prompts of all workloads.",
    remediation="Name the secrets in resourceNames with the verb get, or grant none.",
)
def secret_reads_denied(role: Resource) -> Findings:
    """Judge every rule; a list of names bounds get alone (Kubernetes, "Using RBAC").

    Not in the gateway's namespace, which is the platform's: its controller lists what it watches.
    """
    namespace = role.props.at("metadata", "namespace")
    if role.type in ROLES and namespace.is_set and namespace.text() == GATEWAY_NAMESPACE:
        return
    yield from each(role.props["rules"].items(), _reads_no_secrets)


def _reads_no_secrets(rule: View) -> Findings:
    verbs = _granted(rule, frozenset({"secrets"}), READS)
    if verbs and not (verbs == {"get"} and rule["resourceNames"].items()):
        yield rule["verbs"].refuse("secrets are read", allowed="get of named secrets")


@resource_rule(
    "bulkhead-rbac-deny-pod-creation",
    types=CLUSTER_ROLES,
    severity=Severity.HIGH,
    requirements=("IAM-1", "ISO-3"),
    frameworks=("CIS EKS 4.1.4",),
    title="No role makes pods in every namespace",
    why="Who makes a pod has the secrets and service accounts of its namespace; who makes it "
    "anywhere has those of all.",
    remediation="Grant it by a Role in the namespace.",
)
def pod_creation_denied(role: Resource) -> Findings:
    """Judge roles of the whole cluster for pods and what makes pods."""
    yield from _refused(role, POD_MAKERS, CREATES, "pods are made in every namespace")


@resource_rule(
    "bulkhead-rbac-deny-escalation",
    types=EVERY_ROLE,
    severity=Severity.CRITICAL,
    requirements=("IAM-1", "IAM-2"),
    frameworks=("CIS EKS 4.1.8",),
    title="No role lets its holder become more than it is",
    why="With bind, escalate or impersonate a role is worth every other role of the cluster.",
    remediation="Remove the verb.",
)
def escalation_denied(role: Resource) -> Findings:
    """Judge the verbs of every rule."""
    verbs = [verb for rule in role.props["rules"].items() for verb in rule["verbs"].items()]
    yield from each(verbs, _no_escalation)


def _no_escalation(verb: View) -> Findings:
    if verb.text() in ("bind", "escalate", "impersonate"):
        yield verb.refuse("its holder can become another", allowed="other verbs")


@resource_rule(
    "bulkhead-rbac-deny-exec",
    types=EVERY_ROLE,
    severity=Severity.HIGH,
    requirements=("ISO-10", "IAM-3"),
    title="Standing roles don't get into running containers",
    why="A shell in a model server reads prompts and weights in memory, and leaves no trace in "
    "the tenant's logs.",
    remediation="Remove the resource, or grant it for hours with DebugAccess, which annotates the "
    "role with an owner, a reason and when it expires.",
)
def exec_denied(role: Resource) -> Findings:
    """Judge every way into a container; both create and get open one."""
    ways = list(_refused(role, INTO_PODS, CHANGES | READS, "a way into running containers"))
    granted = _granted_for_hours(role) if ways else None
    yield from [granted] if granted else ways


def _granted_for_hours(role: Resource) -> Finding | None:
    """What the role's own grant of debug access makes of its ways into pods; None without one."""
    annotations = role.props.at("metadata", "annotations")
    told = {key: annotations[name].text() or "" for key, name in ANNOTATIONS.items()}
    if not any(told.values()):
        return None
    today = datetime.datetime.combine(role.settings.today, datetime.time(), datetime.UTC)
    try:
        grant = read_grant(told, where="grant").check(
            role.tier or Tier.REGULATED, now=today, where="grant"
        )
    except RefusedError as error:
        return annotations.refuse(f"debug access that can't be used: {error}")
    return Finding(Kind.EXEMPTED, role.urn, annotations.path, f"debug access ({grant})")


@resource_rule(
    "bulkhead-rbac-deny-log-reads",
    types=EVERY_ROLE,
    severity=Severity.HIGH,
    requirements=("ISO-10", "OBS-2"),
    title="Logs of sensitive tiers are read after their redaction only",
    why="What a model server writes before the redaction may hold prompts and personal data.",
    remediation="Remove pods/log; people read the tenant's log group.",
)
def log_reads_denied(role: Resource) -> Findings:
    """Judge roles whose tier closes its pods' logs."""
    if not role.tier_rules.pods.open_logs:
        yield from _refused(
            role, frozenset({"pods/log"}), CHANGES | READS, f"logs {role.of_tier} are read"
        )


@resource_rule(
    "bulkhead-rbac-deny-tokens",
    types=EVERY_ROLE,
    severity=Severity.HIGH,
    requirements=("IAM-1", "IAM-2"),
    title="No role mints credentials of others",
    why="Who makes tokens of a service account, or approves certificates, acts in its name.",
    remediation="Remove the resource; pods get tokens from the kubelet.",
)
def tokens_denied(role: Resource) -> Findings:
    """Judge tokens of service accounts and approvals of certificates."""
    yield from _refused(
        role, frozenset({"serviceaccounts/token"}), CREATES, "tokens of others are made"
    )
    yield from _refused(
        role,
        frozenset({"certificatesigningrequests/approval"}),
        CHANGES,
        "certificates of others are approved",
    )


@resource_rule(
    "bulkhead-rbac-protect-guardrails",
    types=EVERY_ROLE,
    severity=Severity.HIGH,
    requirements=("IAM-2", "ISO-3", "TRN-3"),
    title="Tenants' roles change neither their limits nor admission",
    why="A quota or a network policy that its subject may change holds nobody.",
    remediation="Remove the verbs that change it; the platform applies guardrails from its own "
    "pipeline.",
)
def guardrails_protected(role: Resource) -> Findings:
    """Judge every role that is not labelled as the platform's."""
    if not role.belongs_to_platform:
        yield from _refused(role, GUARDRAILS | ADMISSION, CHANGES, "a guardrail may be changed")


def _refused(
    role: Resource, resources: frozenset[str], verbs: frozenset[str], what: str
) -> Findings:
    """A finding for each rule that grants one of ``verbs`` on one of ``resources``."""

    def check(rule: View) -> Findings:
        if granted := _granted(rule, resources, verbs):
            yield rule["resources"].refuse(f"{what} ({', '.join(sorted(granted))})")

    yield from each(role.props["rules"].items(), check)


def _granted(rule: View, resources: frozenset[str], verbs: frozenset[str]) -> frozenset[str]:
    """Which of ``verbs`` a rule grants on one of ``resources``, both by name.

    What it grants by a wildcard breaks bulkhead-rbac-deny-wildcards.
    """
    if resources.isdisjoint(rule["resources"].texts()):
        return frozenset()
    return verbs.intersection(rule["verbs"].texts())


def _subjects(binding: Resource) -> list[View]:
    return [subject["name"] for subject in binding.props["subjects"].items()]
