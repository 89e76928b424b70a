"""The chooser: the cheapest pattern that is strong enough for a risk, and why (ISO-8).

It judges by the needs that construction and policies judge by (``risk``, ``isolation``), so that
what it recommends is never refused.
"""

from dataclasses import dataclass

from bulkhead.domain.isolation import PATTERNS, Cost, IsolationPattern, isolation_gap
from bulkhead.domain.risk import GpuNeed, Latency, Need, Property, Risk, needs
from bulkhead.domain.tiers import Strength


@dataclass(frozen=True)
class Option:
    """A pattern, alone or with confidential node pools inside it."""

    pattern: IsolationPattern
    sealed: bool = False

    def __str__(self) -> str:
        return f"{self.pattern} with confidential pools" if self.sealed else str(self.pattern)

    @property
    def gives(self) -> frozenset[Property]:
        """Needs besides strength that it meets."""
        profile = PATTERNS[self.pattern]
        return profile.gives | (profile.may_give if self.sealed else frozenset())


OPTIONS = tuple(
    Option(pattern, sealed)
    for pattern in sorted(PATTERNS, key=lambda pattern: PATTERNS[pattern].cost)
    for sealed in (False, True)
    if not sealed or PATTERNS[pattern].may_give
)
"""All that can be recommended, cheapest first; none is weaker than one that stands before it."""


@dataclass(frozen=True)
class Alternative:
    """An option that was not chosen, and why."""

    option: Option
    verdict: str


@dataclass(frozen=True)
class Recommendation:
    """What the chooser answers.

    Attributes:
        risk: the question.
        option: the pattern, and whether its pools are confidential ones.
        why: the reasons, the deciding ones first.
        cautions: what the choice does not give, and what to look out for.
        alternatives: every other option with a verdict.
        changes: answers to the question that would change the choice, and to what.
        budget: the most that may be spent, in the patterns' own scale; None if it was not told.
    """

    risk: Risk
    option: Option
    why: tuple[str, ...]
    cautions: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    changes: tuple[str, ...]
    budget: Cost | None = None

    @property
    def strength(self) -> Strength:
        """How much separates two tenants under it."""
        return PATTERNS[self.option.pattern].strength

    @property
    def cost(self) -> Cost:
        """What it costs relative to the other patterns."""
        return PATTERNS[self.option.pattern].cost

    @property
    def within_budget(self) -> bool:
        """Whether the budget bears it; a budget never makes a weaker pattern right."""
        return self.budget is None or self.cost <= self.budget


def fits(risk: Risk, option: Option) -> bool:
    """Whether an option meets every need of a risk."""
    return all(_meets(option, need) for need in needs(risk))


def recommend(risk: Risk, *, budget: Cost | None = None, where: str = "risk") -> Recommendation:
    """The cheapest option that meets every need of ``risk``.

    The budget doesn't weaken the choice: where it is too small, the recommendation says so, and
    ``changes`` says what would have to be different.

    Raises:
        RefusedError: the risk may not be taken at all, see ``Risk.check``.
    """
    risk.check(where=where)
    option = _cheapest(risk)
    return Recommendation(
        risk=risk,
        option=option,
        why=_reasons(risk, option),
        cautions=_cautions(risk, option, budget),
        alternatives=tuple(
            Alternative(other, _verdict(risk, other)) for other in OPTIONS if other != option
        ),
        changes=tuple(_changes(risk, option)),
        budget=budget,
    )


def _cheapest(risk: Risk) -> Option:
    return next(option for option in OPTIONS if fits(risk, option))


def _reasons(risk: Risk, option: Option) -> tuple[str, ...]:
    """The needs that rule the next cheaper option out stand first."""
    cheaper = OPTIONS[: OPTIONS.index(option)]
    found = needs(risk)
    deciding = [need for need in found if cheaper and not _meets(cheaper[-1], need)]
    return tuple(need.why for need in (*deciding, *(n for n in found if n not in deciding)))


def _meets(option: Option, need: Need) -> bool:
    strength = PATTERNS[option.pattern].strength
    return need.strength <= strength and (need.asks is None or need.asks in option.gives)


def _verdict(risk: Risk, other: Option) -> str:
    if fits(risk, other):
        return f"strong enough, but dearer: {PATTERNS[other.pattern].cost} and not needed"
    gap = isolation_gap(risk, other.pattern, hint=False)
    return gap or f"{Property.SEALED} are needed, so with confidential pools only"


def _cautions(risk: Risk, option: Option, budget: Cost | None) -> tuple[str, ...]:
    profile = PATTERNS[option.pattern]
    found = [profile.limitation]
    if budget is not None and profile.cost > budget:
        found.append(
            f"it costs more than the budget ({profile.cost}, not {budget}); a cheaper pattern "
            "would need a lower risk, or an exemption with owner, reason and expiry"
        )
    if risk.gpus is not GpuNeed.NONE and Property.SEALED in option.gives:
        found.append(
            "GPU nodes are sealed by NitroTPM attestation of their image: keys open on measured "
            "nodes only, but the memory of GPUs is not encrypted"
        )
    if risk.gpus is not GpuNeed.NONE and option.pattern is IsolationPattern.DEDICATED_HOSTS:
        found.append("few GPU families come as Dedicated Hosts; the others come as bare metal")
    if risk.gpus is GpuNeed.MANY_NODES:
        found.append("replicas over several nodes want EFA and a reservation in one zone")
    if risk.latency is Latency.STRICT and Property.SEALED in option.gives:
        found.append(
            "calls into an enclave cross a socket: measure the latency before promising it"
        )
    return tuple(found)


def _changes(risk: Risk, option: Option) -> list[str]:
    """One line for each other option, with the single answers that would lead there."""
    leading: dict[Option, list[str]] = {}
    for what, other in risk.variations():
        if other.may_be_taken and (choice := _cheapest(other)) != option:
            leading.setdefault(choice, []).append(what)
    return [f"{choice}: {', or '.join(leading[choice])}" for choice in OPTIONS if choice in leading]
