"""What keeps tenants apart in a cluster: the pattern, the namespace and what must stand in it."""

from enum import StrEnum
from functools import partial
from typing import Any

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import EXEMPTION_ANNOTATIONS, Exemption
from bulkhead.domain.isolation import ISOLATION_RULE, IsolationPattern, isolation_gap
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.risk import RISK_ANNOTATIONS, Risk
from bulkhead.domain.tiers import Tier
from bulkhead_policies.findings import Finding, Findings, Kind, any_holds
from bulkhead_policies.limits import ACCELERATORS
from bulkhead_policies.pods import CONTROLLERS
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.tokens import (
    LIMIT_RANGES,
    NAMESPACES,
    NETWORK_POLICIES,
    RESOURCE_QUOTAS,
    SERVICES,
)
from bulkhead_policies.view import View

POD_SECURITY = "pod-security.kubernetes.io/enforce"


def _inside(holders: frozenset[str]) -> Relation:
    return Relation(
        holders=holders,
        reference=("metadata", "namespace"),
        targets=NAMESPACES,
        name=("metadata", "name"),
    )


QUOTA = _inside(RESOURCE_QUOTAS)
LIMITS = _inside(LIMIT_RANGES)
NETWORK_POLICY = _inside(NETWORK_POLICIES)


@resource_rule(
    "bulkhead-namespace-match-tier",
    types=NAMESPACES,
    severity=Severity.CRITICAL,
    requirements=("ISO-9",),
    frameworks=("ATLAS AML.M0032",),
    title="A tenant's isolation pattern is strong enough for its risk",
    why="On a pattern weaker than its tier asks, one escape from another tenant's container "
    "reaches the tier's data.",
    remediation="Move the tenant to a pattern that is strong enough, or annotate the namespace "
    "with an exemption's owner, reason and expiry.",
)
def pattern_matches_tier(namespace: Resource) -> Findings:
    """Judge tier, risk and pattern as the namespace's labels and annotations tell them."""
    tier = namespace.tier
    if tier is None or namespace.belongs_to_platform:
        return
    label = namespace.props.at("metadata", "labels", f"{LABEL_PREFIX}pattern")
    pattern = next((p for p in IsolationPattern if p == namespace.label("pattern")), None)
    if pattern is None:
        yield label.refuse("no isolation pattern is told", allowed=IsolationPattern)
    elif gap := isolation_gap(_risk(namespace, tier), pattern):
        yield _exempted(namespace, gap) or label.refuse(gap)


def _risk(namespace: Resource, tier: Tier) -> Risk:
    """The tenant's risk; a word that nobody knows is read as the worst that there is."""
    annotations = namespace.props.at("metadata", "annotations")
    told: dict[str, Any] = {}
    for key, name in RISK_ANNOTATIONS.items():
        if annotations[name].is_set:
            kind: type[StrEnum] = type(getattr(Risk(tier), key))
            words = [*kind]
            told[key] = next((w for w in words if w == annotations[name].text()), words[-1])
    return Risk(tier, **told)


def _exempted(namespace: Resource, gap: str) -> Finding | None:
    """What the namespace's own exemption makes of a gap; None when it tells no exemption."""
    annotations = namespace.props.at("metadata", "annotations")
    told = {key: annotations[name] for key, name in EXEMPTION_ANNOTATIONS.items()}
    if not any(view.is_set for view in told.values()):
        return None
    owner, reason, expires = (told[key].text() or "" for key in ("owner", "reason", "expires"))
    try:
        exemption = Exemption(
            rule=ISOLATION_RULE,
            subject=namespace.urn,
            owner=owner,
            reason=reason,
            expires=parsing.date(expires, where="expires"),
        ).check(today=namespace.settings.today, where="exemption")
    except RefusedError as error:
        return annotations.refuse(f"an exemption from {ISOLATION_RULE} that can't be used: {error}")
    return Finding(Kind.EXEMPTED, namespace.urn, annotations.path, f"{gap} ({exemption})")


@resource_rule(
    "bulkhead-namespace-enforce-restricted",
    types=NAMESPACES,
    severity=Severity.HIGH,
    requirements=("ISO-3", "POL-2"),
    title="Tenants' namespaces enforce the restricted Pod Security Standard",
    why="A pod made in the cluster, past every preview, is held by admission alone.",
    remediation=f"Label the namespace {POD_SECURITY}: restricted.",
)
def pod_security_enforced(namespace: Resource) -> Findings:
    """Judge the Pod Security label; the platform's own agents may need more than restricted."""
    level = namespace.props.at("metadata", "labels", POD_SECURITY)
    if level.text() != "restricted" and not namespace.belongs_to_platform:
        yield level.refuse("pod security is not enforced", allowed="restricted")


@stack_rule(
    "bulkhead-namespace-limit-resources",
    types=NAMESPACES,
    severity=Severity.HIGH,
    requirements=("ISO-3", "TRN-3"),
    title="Tenants' namespaces have a quota, and limits for pods that name none",
    why="Without a quota one tenant takes every GPU; without default limits a pod that names none "
    "is refused by the quota or starves its node.",
    remediation="Add a ResourceQuota and a LimitRange to the namespace, in the same stack.",
)
def resources_limited(namespace: Resource, stack: Stack) -> Findings:
    """Judge whether both stand in the namespace and say something."""
    if namespace.belongs_to_platform:
        return
    quotas, ranges = stack.naming(namespace, QUOTA), stack.naming(namespace, LIMITS)
    if not any_holds(quotas, _limits_something):
        yield namespace.props.refuse("no quota limits the namespace", allowed="a ResourceQuota")
    if not any_holds(ranges, lambda limits: bool(limits.props.at("spec", "limits").items())):
        yield namespace.props.refuse("no LimitRange sets pods' limits", allowed="a LimitRange")


@stack_rule(
    "bulkhead-namespace-deny-traffic",
    types=NAMESPACES,
    severity=Severity.HIGH,
    requirements=("ISO-3", "NET-2"),
    frameworks=("CIS EKS 4.3.2", "ATLAS AML.M0032"),
    title="Tenants' namespaces deny all traffic that no policy allows",
    why="Kubernetes lets every pod reach every other by default: without default deny, a tenant's "
    "model server is open to the whole cluster.",
    remediation="Add a NetworkPolicy with an empty podSelector, both policyTypes and no rules.",
)
def traffic_denied(namespace: Resource, stack: Stack) -> Findings:
    """Judge whether default deny stands in the namespace, for both directions."""
    if namespace.belongs_to_platform:
        return
    policies = [policy.props["spec"] for policy in stack.naming(namespace, NETWORK_POLICY)]
    for direction in ("Ingress", "Egress"):
        if not any_holds(policies, partial(_denies, direction=direction)):
            yield namespace.props.refuse(
                f"no network policy denies {direction.lower()} by default",
                allowed="one for all pods without rules",
            )


def _denies(policy: View, *, direction: str) -> bool:
    """Whether a policy selects every pod for a direction and allows nothing in it.

    Kubernetes takes every policy for ingress, unless it names its types.
    """
    types = policy["policyTypes"].texts() or ["Ingress"]
    selector = policy["podSelector"]
    parts = [selector["matchLabels"].entries(), selector["matchExpressions"].items()]
    return direction in types and not any(parts) and not policy[direction.lower()].items()


@stack_rule(
    "bulkhead-namespace-limit-gpus",
    types=NAMESPACES,
    severity=Severity.MEDIUM,
    requirements=("TRN-3", "COST-4"),
    title="Tenants' quotas count accelerators",
    why="A quota on CPU and memory leaves GPUs, which cost a hundred times as much, without any.",
    remediation="Add requests.nvidia.com/gpu to the quota's hard limits; 0 for a tenant that uses "
    "none.",
)
def gpus_counted(namespace: Resource, stack: Stack) -> Findings:
    """Judge namespaces that have a quota; one without breaks bulkhead-namespace-limit-resources."""
    quotas = [] if namespace.belongs_to_platform else stack.naming(namespace, QUOTA)
    if any_holds(quotas, _limits_something) and not any_holds(quotas, _counts_accelerators):
        yield namespace.props.refuse(
            "no quota counts accelerators", allowed="a ResourceQuota of requests.nvidia.com/gpu"
        )


def _limits_something(quota: Resource) -> bool:
    return bool(quota.props.at("spec", "hard").entries())


def _counts_accelerators(quota: Resource) -> bool:
    names = quota.props.at("spec", "hard").entries()
    return any(name.removeprefix("requests.").startswith(ACCELERATORS) for name in names)


@resource_rule(
    "bulkhead-namespace-deny-default",
    types=CONTROLLERS | SERVICES,
    severity=Severity.MEDIUM,
    requirements=("ISO-2", "ISO-3"),
    frameworks=("CIS EKS 4.5.2",),
    title="Nothing runs in the default namespace",
    why="The default namespace is nobody's: it has no tier, no owner, no quota and no network "
    "policy.",
    remediation="Name the workload's namespace in metadata.namespace.",
)
def default_namespace_denied(resource: Resource) -> Findings:
    """Judge the namespace, or that of the provider where none is named."""
    own, default = resource.props.at("metadata", "namespace"), resource.provider["namespace"]
    named = own if resource.props["metadata"].holds("namespace") else default
    if not named.is_unknown and (named.text() or "default") == "default":
        yield own.refuse("the default namespace", allowed="one of the workload's own")
