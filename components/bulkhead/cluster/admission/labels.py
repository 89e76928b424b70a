"""Labels: whose a thing is, and how sensitive."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bulkhead.cluster.admission.pods import CHANGED, EVERY_POD, POD
from bulkhead.cluster.admission.rule import AdmissionRule, Check, Match, label, text, texts
from bulkhead.domain.admission import (
    AGENT_SANDBOX,
    INFERENCE_SERVER,
    ROLE_LABEL,
    SERVICE_ACCOUNT,
    TENANT_LABEL,
    TIER_LABEL,
    TRAINER,
    TRAINER_ACCOUNT,
)
from bulkhead.domain.environments import Environment
from bulkhead.domain.exemptions import EXEMPTION_ANNOTATIONS
from bulkhead.domain.isolation import sufficient_patterns
from bulkhead.domain.labels import LABEL_PREFIX, PLATFORM, REQUIRED_KEYS, Plane
from bulkhead.domain.pools import PLANE_KEY
from bulkhead.domain.risk import RISK_ANNOTATIONS, Audience, Risk
from bulkhead.domain.tiers import Tier

PLACE = (
    *("tenant", "tier", "environment", "owner", "cost-center", "project", "organization"),
    "pattern",
)
"""Labels that everything in a namespace has in common with it; the others say more of one thing."""

INHERITED = tuple(LABEL_PREFIX + key for key in PLACE)

POD_REQUIRED = tuple(LABEL_PREFIX + key for key in REQUIRED_KEYS)

_PLACE = "namespaceObject.metadata.labels[?k].orValue('')"


def _same(labels: str) -> str:
    return f"{texts(INHERITED)}.all(k, !(k in {labels}) || {labels}[k] == {_PLACE})"


def _differing(labels: str) -> str:
    return (
        f"{texts(INHERITED)}.filter(k, k in {labels} && {labels}[k] != {_PLACE})"
        f".map(k, k + '=' + {labels}[k])[0]"
    )


PROTECT_LABELS = AdmissionRule(
    name="bulkhead-label-protect",
    title="What stands in a namespace carries no other tenant, tier or payer than the namespace",
    why="Whoever relabels a pod moves its bill, its logs and its network policies to another.",
    requirements=("POL-2", "COST-1", "ISO-10"),
    matches=(
        *EVERY_POD,
        Match("", ("configmaps", "persistentvolumeclaims", "secrets", "services")),
    ),
    conditions=(
        (
            "changed",
            "request.operation != 'UPDATE' || "
            "dyn(object).metadata.?labels != dyn(oldObject).metadata.?labels || "
            "dyn(object).?spec != dyn(oldObject).?spec",
        ),
    ),
    variables=(
        ("own", "dyn(object).metadata.?labels.orValue({})"),
        (
            "template",
            "request.kind.kind == 'CronJob' ? "
            "dyn(object).spec.jobTemplate.spec.template.?metadata.?labels.orValue({}) : "
            "dyn(object).?spec.?template.?metadata.?labels.orValue({})",
        ),
    ),
    checks=(
        Check(
            _same("variables.own"),
            "a label differs from the namespace's; allowed: the namespace's own value",
            given=_differing("variables.own"),
        ),
        Check(
            _same("variables.template"),
            "a label of the template differs from the namespace's; allowed: the namespace's own "
            "value",
            given=_differing("variables.template"),
        ),
    ),
)

REQUIRE_LABELS = AdmissionRule(
    name="bulkhead-pod-require-labels",
    title="Every pod says whose it is, who pays and what it does",
    why="A pod without labels is in nobody's bill, in nobody's logs and in nobody's policies.",
    requirements=("POL-2", "COST-1"),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(
        *POD,
        (
            "missing",
            f"(request.kind.kind == 'Pod' ? {texts(POD_REQUIRED)} : "
            f"{texts([LABEL_PREFIX + 'workload'])})"
            ".filter(k, variables.labels[?k].orValue('') == '')",
        ),
    ),
    checks=(
        Check(
            "variables.missing.size() == 0",
            f"a pod lacks a label; allowed: {', '.join(REQUIRED_KEYS)}, each after {LABEL_PREFIX}",
            given="variables.missing.join(', ')",
        ),
    ),
)

LIMIT_ROLES = AdmissionRule(
    name="bulkhead-pod-limit-roles",
    title="Pods take roles that the platform knows, with the role's own service account",
    why="Network policies open paths by a pod's role, and the service accounts of servers and "
    "trainers reach the tenant's models and data.",
    requirements=("POL-2", "ISO-3", "INF-2", "ISO-11", "TRN-1"),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(
        *POD,
        ("role", f"variables.labels[?{text(ROLE_LABEL)}].orValue('')"),
        ("account", "variables.spec.?serviceAccountName.orValue('')"),
        (
            "roles",
            f"{label(PLANE_KEY)} == {text(Plane.TRAINING)} ? {texts(('', TRAINER))} : "
            f"{texts(('', INFERENCE_SERVER, AGENT_SANDBOX))}",
        ),
    ),
    checks=(
        Check(
            "variables.role in variables.roles",
            f"an unknown role; allowed: none, {INFERENCE_SERVER} or {AGENT_SANDBOX}, and where "
            f"there is training none or {TRAINER}",
            given="variables.role",
        ),
        Check(
            f"(variables.account != {text(SERVICE_ACCOUNT)} || "
            f"variables.role == {text(INFERENCE_SERVER)}) && "
            f"(variables.account != {text(TRAINER_ACCOUNT)} || variables.role == {text(TRAINER)})",
            "a service account with an identity in AWS for another pod; allowed: pods with the "
            f"label {ROLE_LABEL} {INFERENCE_SERVER} for {SERVICE_ACCOUNT}, {TRAINER} for "
            f"{TRAINER_ACCOUNT}",
        ),
    ),
)

SYSTEM_NAMESPACES = ("default", "kube-.*", "amazon-.*", "aws-.*", ".*-system")
"""Namespaces of Kubernetes, of EKS and of controllers that carry no labels of ours."""


_RISKS = {key: RISK_ANNOTATIONS[key] for key in ("model", "regulation", "latency")}
"""Annotations of which each alone asks for a strength; the audience's depends on the tier."""


def _strong_enough() -> str:
    """CEL that is true if the pattern is strong enough for tier and risk (ISO-9)."""
    by_audience = {
        f"{tier}/{audience}": sufficient_patterns(Risk(tier, audience=audience))
        for tier in Tier
        for audience in Audience
    }
    usual = Risk(Tier.PUBLIC)
    audience = (
        f"variables.notes[?{text(RISK_ANNOTATIONS['audience'])}].orValue({text(usual.audience)})"
    )
    met = [_in(by_audience, f"variables.tier + '/' + {audience}")]
    for key, name in _RISKS.items():
        least = getattr(usual, key)
        by_word = {
            str(word): sufficient_patterns(replace(usual, **{key: word})) for word in type(least)
        }
        met.append(_in(by_word, f"variables.notes[?{text(name)}].orValue({text(least)})"))
    return " && ".join(met)


def _in(allowed: Mapping[str, Iterable[str]], key: str) -> str:
    pairs = ", ".join(f"{text(word)}: {texts(patterns)}" for word, patterns in allowed.items())
    return f"variables.pattern in {{{pairs}}}[?{key}].orValue([])"


def require_compartment(exempt: tuple[str, ...] = ()) -> AdmissionRule:
    """The rule on namespaces themselves; ``exempt`` are names that it leaves out."""
    names = texts([*SYSTEM_NAMESPACES, *exempt])
    required = texts(LABEL_PREFIX + key for key in REQUIRED_KEYS)
    exempted = " && ".join(
        f"variables.notes[?{text(key)}].orValue('') != ''" for key in EXEMPTION_ANNOTATIONS.values()
    )
    until = f"variables.notes[{text(EXEMPTION_ANNOTATIONS['expires'])}] + 'T23:59:59Z'"
    return AdmissionRule(
        name="bulkhead-namespace-require-compartment",
        title="Every namespace is a compartment: labelled, strong enough for its tier, restricted",
        why="The other rules hold where a namespace says whose it is; one without labels is "
        "outside of all of them.",
        requirements=("POL-2", "ISO-3", "ISO-9", "COST-1"),
        frameworks=("CIS EKS 4.5.1",),
        matches=(Match("", ("namespaces",)),),
        everywhere=True,
        conditions=(
            ("ours", f"!{names}.exists(n, object.metadata.name.matches('^(' + n + ')$'))"),
            (
                "changed",
                "request.operation == 'CREATE' || object.metadata.?labels != "
                "oldObject.metadata.?labels || object.metadata.?annotations != "
                "oldObject.metadata.?annotations",
            ),
        ),
        variables=(
            ("labels", "object.metadata.?labels.orValue({})"),
            ("notes", "object.metadata.?annotations.orValue({})"),
            ("tenant", f"variables.labels[?{text(TENANT_LABEL)}].orValue('')"),
            ("tier", f"variables.labels[?{text(TIER_LABEL)}].orValue('')"),
            ("pattern", f"variables.labels[?{text(LABEL_PREFIX + 'pattern')}].orValue('')"),
            (
                "missing",
                f"{required}.filter(k, variables.labels[?k].orValue('') == '')",
            ),
            ("enough", _strong_enough()),
            ("old", "request.operation == 'UPDATE' ? oldObject.metadata.?labels.orValue({}) : {}"),
            ("tiers", texts(Tier)),
        ),
        checks=(
            Check(
                "variables.missing.size() == 0",
                "a namespace lacks a label; allowed: "
                f"{', '.join(REQUIRED_KEYS)}, each after {LABEL_PREFIX}",
                given="variables.missing.join(', ')",
            ),
            Check(
                f"variables.tier in {texts(Tier)} && "
                f"variables.labels[?{text(LABEL_PREFIX + 'environment')}].orValue('') in "
                f"{texts(Environment)}",
                "an unknown tier or environment; allowed: "
                f"{', '.join(Tier)} and {', '.join(Environment)}",
            ),
            Check(
                f"variables.tenant == {text(PLATFORM)} || "
                "variables.labels[?'pod-security.kubernetes.io/enforce'].orValue('') == "
                "'restricted'",
                "a tenant's namespace without pod security; allowed: the label "
                "pod-security.kubernetes.io/enforce=restricted",
            ),
            Check(
                f"variables.tenant == {text(PLATFORM)} || "
                "variables.enough || "
                f"({exempted} && (request.operation == 'UPDATE' || "
                f"timestamp({until}) > timestamp(object.metadata.creationTimestamp)))",
                "an isolation pattern that is too weak for the tier or the risk; allowed: one that "
                "is strong enough, or annotations with owner, reason and expiry of an exemption",
                given="variables.pattern",
            ),
            Check(
                f"variables.old[?{text(TENANT_LABEL)}].orValue(variables.tenant) == "
                "variables.tenant",
                "a namespace passes to another tenant; allowed: a namespace of its own",
                given="variables.tenant",
            ),
            Check(
                f"variables.tiers.indexOf(variables.old[?{text(TIER_LABEL)}]"
                ".orValue(variables.tier)) <= variables.tiers.indexOf(variables.tier)",
                "a namespace falls to a lower tier with all that is in it; allowed: the same tier "
                "or a higher one",
                given="variables.tier",
            ),
        ),
    )
