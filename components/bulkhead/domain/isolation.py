"""The five isolation patterns, and the judgement whether one is strong enough for a tier."""

import datetime
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.risk import Property, Risk, needs
from bulkhead.domain.tiers import Strength, Tier

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


def read_cost(value: str, *, where: str) -> Cost:
    """The cost that ``value`` names, such as ``moderate to high``.

    Raises:
        RefusedError: it is unknown; the sentence lists the costs.
    """
    for cost in Cost:
        if str(cost) == value.lower().replace("-", " "):
            return cost
    raise RefusedError("unknown cost", given=value, allowed=Cost, where=where)


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
        operations: what a team has to run for it.
        gives: needs besides strength that it meets.
        may_give: needs that it meets by confidential node pools of its own, at ``cost``.
    """

    letter: str
    strength: Strength
    cost: Cost
    shares: str
    best_use: str
    limitation: str
    operations: str
    gives: frozenset[Property] = frozenset()
    may_give: frozenset[Property] = frozenset()


PATTERNS: dict[IsolationPattern, PatternProfile] = {
    IsolationPattern.SHARED_CLUSTER: PatternProfile(
        letter="A",
        strength=Strength.MEDIUM,
        cost=Cost.LOWEST,
        shares="control plane, nodes and GPUs' hosts",
        best_use="many teams of one company with commodity models and public or internal data",
        limitation="a container escape reaches the pods of other tenants on the same node",
        operations="one cluster, one upgrade, one set of pools for all",
    ),
    IsolationPattern.DEDICATED_NODE_POOLS: PatternProfile(
        letter="B",
        strength=Strength.HIGH,
        cost=Cost.MODERATE,
        shares="control plane and cluster add-ons",
        best_use="valuable models or confidential data that may share a control plane",
        limitation="cluster administrators and controllers still serve every tenant",
        operations="one cluster; a pool, its capacity and its idle nodes for each tenant",
    ),
    IsolationPattern.SINGLE_TENANT_CLUSTER: PatternProfile(
        letter="C",
        strength=Strength.VERY_HIGH,
        cost=Cost.HIGH,
        shares="AWS account guardrails and physical hosts",
        best_use="restricted or regulated data and tenants that need their own upgrade window",
        limitation="a control plane, its add-ons and its idle capacity are paid per tenant",
        operations="a cluster, a network and an upgrade for each tenant",
        may_give=frozenset({Property.SEALED}),
    ),
    IsolationPattern.DEDICATED_HOSTS: PatternProfile(
        letter="D",
        strength=Strength.VERY_HIGH,
        cost=Cost.HIGHEST,
        shares="AWS account guardrails",
        best_use="regulation or licences that forbid sharing physical hosts",
        limitation="whole hosts are paid; no managed node groups, no Karpenter, few GPU families",
        operations="self-managed nodes, host capacity to plan, host maintenance to follow",
        gives=frozenset({Property.OWN_HOSTS}),
        may_give=frozenset({Property.SEALED}),
    ),
    IsolationPattern.CONFIDENTIAL_COMPUTE: PatternProfile(
        letter="E",
        strength=Strength.HIGH,
        cost=Cost.MODERATE_TO_HIGH,
        shares="control plane and cluster add-ons, but not memory or keys",
        best_use="weights or data that must stay sealed from operators while in use",
        limitation="no memory encryption on GPUs; measurements change with every image",
        operations="one cluster; every new image means new measurements in the key policies",
        gives=frozenset({Property.SEALED}),
    ),
}


def sufficient_patterns(risk: Risk | Tier) -> list[IsolationPattern]:
    """The patterns that are strong enough for a risk, the weakest first, then the cheapest.

    A tier alone stands for the risk of a commodity model that its own company uses.
    """
    enough = [pattern for pattern in PATTERNS if isolation_gap(risk, pattern, hint=False) is None]
    return sorted(enough, key=lambda p: (PATTERNS[p].strength, PATTERNS[p].cost))


def isolation_gap(risk: Risk | Tier, pattern: IsolationPattern, *, hint: bool = True) -> str | None:
    """Why ``pattern`` is too weak for a risk, or None when it is strong enough.

    The sentence names the need, the pattern and, with ``hint``, the weakest pattern that would do.
    """
    at_stake = risk if isinstance(risk, Risk) else Risk(risk)
    profile = PATTERNS[pattern]
    for need in needs(at_stake):
        if profile.strength < need.strength:
            lacks = f"whose isolation is {profile.strength}"
        elif need.asks and need.asks not in profile.gives | profile.may_give:
            lacks = f"which gives no {need.asks}"
        else:
            continue
        gap = f"{need.why} and may not run on pattern '{pattern}', {lacks}"
        if hint:
            gap += f"; the weakest pattern that would do is '{sufficient_patterns(risk)[0]}'"
        return gap
    return None


def require_isolation(
    risk: Risk | Tier,
    pattern: IsolationPattern,
    *,
    tenant: str,
    where: str,
    exemption: Exemption | None = None,
    today: datetime.date | None = None,
) -> None:
    """Refuse a tenant on a pattern weaker than its risk needs (ISO-9).

    An exemption for rule ``ISO-9`` and this tenant, in force ``today`` (default: the current
    day), allows it.

    Raises:
        RefusedError: the pattern is too weak and no exemption in force covers it.
    """
    gap = isolation_gap(risk, pattern)
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
