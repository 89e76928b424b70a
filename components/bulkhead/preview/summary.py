"""Reading out of a plan what isolates whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bulkhead.domain.admission import NODES_LABEL
from bulkhead.domain.isolation import PATTERNS, IsolationPattern
from bulkhead.domain.labels import PLATFORM, Plane, read_labels
from bulkhead.preview.plan import Plan, Resource

NAMESPACE = "kubernetes:core/v1:Namespace"
QUOTA = "kubernetes:core/v1:ResourceQuota"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
SELF_MANAGED = "aws:autoscaling/group:Group"
KARPENTER = "kubernetes:karpenter.sh/v1:NodePool"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
KEY = "aws:kms/key:Key"


@dataclass(frozen=True)
class TenantIsolation:
    """What separates one tenant from the others, each boundary in a few words."""

    tenant: str
    tier: str
    pattern: str
    strength: str
    namespace: str
    nodes: str
    identity: str
    network: str
    keys: str
    quota: str


def isolation(plans: Iterable[Plan]) -> list[TenantIsolation]:
    """One row per tenant that has a namespace in ``plans``, the layers of one environment.

    A tenant is recognised by the labels of its namespace, whoever declared it.
    """
    resources = [resource for plan in plans for resource in plan.resources]
    by_type: dict[str, list[Resource]] = {}
    for resource in resources:
        by_type.setdefault(resource.type, []).append(resource)
    in_namespace: dict[tuple[str, str], list[Resource]] = {}
    for kind in (QUOTA, NETWORK_POLICY):
        for resource in by_type.get(kind, []):
            in_namespace.setdefault((kind, _text(_metadata(resource), "namespace")), []).append(
                resource
            )
    for resource in by_type.get(ASSOCIATION, []):
        key = (ASSOCIATION, _text(resource.inputs, "namespace"))
        in_namespace.setdefault(key, []).append(resource)
    pools = _Pools(
        [pool for kind in (NODE_GROUP, SELF_MANAGED, KARPENTER) for pool in by_type.get(kind, [])]
    )
    rows = []
    for namespace in by_type.get(NAMESPACE, []):
        metadata = _metadata(namespace)
        labels = read_labels(metadata.get("labels") or {})
        if labels.get("tenant", PLATFORM) == PLATFORM:
            continue
        name = _text(metadata, "name") or namespace.name
        rows.append(
            TenantIsolation(
                tenant=labels["tenant"],
                tier=labels.get("tier", "?"),
                pattern=labels.get("pattern", "?"),
                strength=_strength(labels.get("pattern")),
                namespace=_namespace(name, metadata),
                nodes=pools.of(labels, metadata),
                identity=_identity(in_namespace.get((ASSOCIATION, name), [])),
                network=_network(in_namespace.get((NETWORK_POLICY, name), [])),
                keys=_keys(labels, by_type.get(KEY, [])),
                quota=_quota(in_namespace.get((QUOTA, name), [])),
            )
        )
    return sorted(rows, key=lambda row: row.tenant)


def _metadata(resource: Resource) -> Mapping[str, Any]:
    found = resource.inputs.get("metadata")
    return found if isinstance(found, Mapping) else {}


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def _tags(resource: Resource) -> dict[str, str]:
    tags = resource.inputs.get("tags")
    return read_labels(tags) if isinstance(tags, Mapping) else {}


def _strength(pattern: str | None) -> str:
    known = [p for p in IsolationPattern if p == pattern]
    return str(PATTERNS[known[0]].strength) if known else "?"


def _namespace(name: str, metadata: Mapping[str, Any]) -> str:
    level = _text(metadata.get("labels") or {}, "pod-security.kubernetes.io/enforce")
    return f"{name}, {level or 'unrestricted'} pods"


class _Pools:
    """Whose nodes there are."""

    def __init__(self, pools: list[Resource]) -> None:
        self._of_tenants: dict[str, list[str]] = {}
        self._of_tiers: dict[str, list[str]] = {}
        for pool in pools:
            told = _told(pool)
            self._of_tenants.setdefault(told.get("tenant", PLATFORM), []).append(pool.name)
            if (told.get("tenant"), told.get("plane")) == (PLATFORM, Plane.INFERENCE):
                # No tenant alone pays for the nodes of its tier.
                self._of_tiers.setdefault(told.get("tier", ""), []).append(pool.name)

    def of(self, labels: Mapping[str, str], metadata: Mapping[str, Any]) -> str:
        """Whose nodes a tenant's pods land on; its tier's only if its namespace says so."""
        own = self._of_tenants.get(labels["tenant"])
        if own:
            return f"own: {', '.join(own)}"
        tier = self._of_tiers.get(labels.get("tier", ""))
        if tier and _text(metadata.get("labels") or {}, NODES_LABEL) == "tier":
            return f"its tier's: {', '.join(tier)}"
        return "shared"


def _told(pool: Resource) -> dict[str, str]:
    """The labels of a pool of nodes, whoever starts them."""
    if pool.type == KARPENTER:
        return read_labels(_metadata(pool).get("labels") or {})
    tags = pool.inputs.get("tags")
    if isinstance(tags, list):
        pairs = [tag for tag in tags if isinstance(tag, Mapping)]
        return read_labels({_text(tag, "key"): tag.get("value") for tag in pairs})
    return _tags(pool)


def _identity(associations: list[Resource]) -> str:
    accounts = [_text(a.inputs, "serviceAccount") for a in associations]
    return f"role of {', '.join(accounts)}" if accounts else "none"


def _network(policies: list[Resource]) -> str:
    denied: set[str] = set()
    for policy in policies:
        spec = policy.inputs.get("spec") or {}
        if not spec.get("podSelector") and not spec.get("ingress") and not spec.get("egress"):
            denied.update(spec.get("policyTypes") or [])
    if {"Ingress", "Egress"} <= denied:
        return f"default deny, {len(policies) - 1} allows"
    return "open" if not denied else f"default deny of {', '.join(sorted(denied))} only"


def _keys(labels: Mapping[str, str], keys: list[Resource]) -> str:
    partition = (labels.get("environment"), labels.get("tier"))
    count = sum((t.get("environment"), t.get("tier")) == partition for t in map(_tags, keys))
    return f"{'/'.join(map(str, partition))}: {count}" if count else "none here"


def _quota(quotas: list[Resource]) -> str:
    hard: dict[str, Any] = {}
    for quota in quotas:
        hard |= (quota.inputs.get("spec") or {}).get("hard") or {}
    if not hard:
        return "none"
    shown = {"GPU": "requests.nvidia.com/gpu", "CPU": "limits.cpu", "memory": "limits.memory"}
    return ", ".join(f"{hard[key]} {name}" for name, key in shown.items() if key in hard)
