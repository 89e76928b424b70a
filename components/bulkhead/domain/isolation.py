"""The five isolation patterns, and the judgement whether one is strong enough for a tier."""

import datetime
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.tiers import CATALOGUE, Strength, Tier

ISOLATION_RULE = "ISO-9"
"""The requirement that an exemption names to allow a tier on a weaker pattern."""


class IsolationPattern(StrEnum):
    """How a tenant's workloads are kept apart from every other tenant's."""

    SHARED_CLUSTER = "shared-cluster"
    DEDICATED_NODE_POOLS = "dedicated-node-pools"
    SINGLE_TENANT_CLUSTER = "single-tenant-cluster"
    DEDICATED_HOSTS = "dedicated-hosts"
    CONFIDENTIAL_COMPUTE = "confidential-compute"


class Cost(IntEnum):
    """What a pattern costs relative to the others, cheapest first."""

    LOWEST = 1
    MODERATE = 2
    MODERATE_TO_HIGH = 3
    HIGH = 4
    HIGHEST = 5

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class PatternProfile:
    """What a pattern gives and takes (ISO-8).

    Attributes:
        letter: the pattern's short name, A to E.
        strength: how much separates two tenants.
        cost: what it costs relative to the other patterns.
        shares: what two tenants still have in common under it.
        best_use: the workload it is made for.
        limitation: its main limitation.
    """

    letter: str
    strength: Strength
    cost: Cost
    shares: str
    best_use: str
    limitation: str


PATTERNS: dict[IsolationPattern, PatternProfile] = {
    IsolationPattern.SHARED_CLUSTER: PatternProfile(
        letter="A",
        strength=Strength.MEDIUM,
        cost=Cost.LOWEST,
        shares="control plane, nodes and GPUs' hosts",
        best_use="many teams of one company with commodity models and public or internal data",
        limitation="a container escape reaches the pods of other tenants on the same node",
    ),
    IsolationPattern.DEDICATED_NODE_POOLS: PatternProfile(
        letter="B",
        strength=Strength.HIGH,
        cost=Cost.MODERATE,
        shares="control plane and cluster add-ons",
        best_use="valuable models or confidential data that may share a control plane",
        limitation="cluster administrators and controllers still serve every tenant",
    ),
    IsolationPattern.SINGLE_TENANT_CLUSTER: PatternProfile(
        letter="C",
        strength=Strength.VERY_HIGH,
        cost=Cost.HIGH,
        shares="AWS account guardrails and physical hosts",
        best_use="restricted or regulated data and tenants that need their own upgrade window",
        limitation="a control plane, its add-ons and its idle capacity are paid per tenant",
    ),
    IsolationPattern.DEDICATED_HOSTS: PatternProfile(
        letter="D",
        strength=Strength.VERY_HIGH,
        cost=Cost.HIGHEST,
        shares="AWS account guardrails",
        best_use="regulation or licences that forbid sharing physical hosts",
        limitation="whole hosts are paid; no managed node groups, no Karpenter, few GPU families",
    ),
    IsolationPattern.CONFIDENTIAL_COMPUTE: PatternProfile(
        letter="E",
        strength=Strength.HIGH,
        cost=Cost.MODERATE_TO_HIGH,
        shares="control plane and cluster add-ons, but not memory or keys",
        best_use="weights or data that must stay sealed from operators while in use",
        limitation="no memory encryption on GPUs; measurements change with every image",
    ),
}


def sufficient_patterns(tier: Tier) -> list[IsolationPattern]:
    """The patterns that are strong enough for ``tier``, the weakest first, then the cheapest."""
    needed = CATALOGUE[tier].minimum_isolation
    enough = [p for p, profile in PATTERNS.items() if profile.strength >= needed]
    return sorted(enough, key=lambda p: (PATTERNS[p].strength, PATTERNS[p].cost))


def isolation_gap(tier: Tier, pattern: IsolationPattern) -> str | None:
    """Why ``pattern`` is too weak for ``tier``, or None when it is strong enough.

    The sentence names the tier, the pattern and the weakest pattern that would do.
    """
    profile = PATTERNS[pattern]
    needed = CATALOGUE[tier].minimum_isolation
    if profile.strength >= needed:
        return None
    return (
        f"tier '{tier}' needs {needed} isolation and may not run on pattern '{pattern}', "
        f"whose isolation is {profile.strength}; the weakest pattern that would do is "
        f"'{sufficient_patterns(tier)[0]}'"
    )


def require_isolation(
    tier: Tier,
    pattern: IsolationPattern,
    *,
    tenant: str,
    where: str,
    exemption: Exemption | None = None,
    today: datetime.date | None = None,
) -> None:
    """Refuse a tenant on a pattern weaker than its tier's minimum (ISO-9).

    An exemption for rule ``ISO-9`` and this tenant, in force ``today`` (default: the current
    day), allows it.

    Raises:
        RefusedError: the pattern is too weak and no exemption in force covers it.
    """
    gap = isolation_gap(tier, pattern)
    if gap is None:
        return
    if exemption is not None:
        exemption.check(today=today or datetime.date.today(), where=f"{where}.exemption")
        if exemption.covers(ISOLATION_RULE, tenant):
            return
        gap += (
            f"; the exemption is for rule '{exemption.rule}' and '{exemption.subject}', "
            f"not for rule '{ISOLATION_RULE}' and '{tenant}'"
        )
    raise RefusedError(gap, where=where)
