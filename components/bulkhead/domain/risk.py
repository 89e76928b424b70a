"""What is at stake in a workload, and the separation that it therefore needs (ISO-8, ISO-9)."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.tiers import CATALOGUE, Exposure, Strength, Tier


class ModelValue(StrEnum):
    """What the loss of a model's weights would cost, least first."""

    COMMODITY = "commodity"
    VALUABLE = "valuable"
    CROWN_JEWEL = "crown-jewel"


class Audience(StrEnum):
    """Who reaches the endpoint, fewest first."""

    INTERNAL = "internal"
    PARTNERS = "partners"
    PUBLIC = "public"


class Regulation(StrEnum):
    """What a law, a contract or a licence asks of the place."""

    NONE = "none"
    DATA_PROTECTION = "data-protection"
    SEALED_IN_USE = "sealed-in-use"
    NO_SHARED_HOSTS = "no-shared-hosts"


class Latency(StrEnum):
    """How much a neighbour's load may slow an answer, most first."""

    RELAXED = "relaxed"
    INTERACTIVE = "interactive"
    STRICT = "strict"


class GpuNeed(StrEnum):
    """How many GPUs one replica needs."""

    NONE = "none"
    SOME = "some"
    MANY_NODES = "many-nodes"


@dataclass(frozen=True)
class Risk:
    """What is at stake.

    Attributes:
        tier: sensitivity of the data and models.
        model: worth of the model's weights.
        audience: who reaches the endpoint.
        regulation: what law, contract or licence asks.
        latency: how much neighbours may slow it.
        gpus: GPUs of one replica.
    """

    tier: Tier
    model: ModelValue = ModelValue.COMMODITY
    audience: Audience = Audience.INTERNAL
    regulation: Regulation = Regulation.NONE
    latency: Latency = Latency.RELAXED
    gpus: GpuNeed = GpuNeed.NONE

    def check(self, *, where: str) -> "Risk":
        """Return the risk if it may be taken at all.

        Raises:
            RefusedError: the tier may not be exposed to the audience (INF-1).
        """
        if not self.may_be_taken:
            raise RefusedError(
                f"tier '{self.tier}' may not be exposed to the public",
                given=self.audience,
                allowed=[audience for audience in Audience if audience is not Audience.PUBLIC],
                where=f"{where}.audience",
            )
        return self

    @property
    def may_be_taken(self) -> bool:
        """Whether the tier may be exposed to the audience."""
        private = CATALOGUE[self.tier].exposure is Exposure.PRIVATE_ONLY
        return not (private and self.audience is Audience.PUBLIC)

    def annotations(self) -> dict[str, str]:
        """What is told of the risk and is not the default, as a namespace's annotations."""
        usual = Risk(self.tier)
        return {
            name: str(getattr(self, key))
            for key, name in RISK_ANNOTATIONS.items()
            if getattr(self, key) is not getattr(usual, key)
        }

    def variations(self) -> Iterator[tuple[str, "Risk"]]:
        """The risks that differ from this one in a single answer, with what differs."""
        for field in fields(self):
            own = getattr(self, field.name)
            for other in type(own):
                if other is not own:
                    yield f"{field.name} {other}", replace(self, **{field.name: other})


TOLD = ("model", "audience", "regulation", "latency")
"""What a tenant tells of its risk besides its tier, and how its pool is sized."""

RISK_ANNOTATIONS = {key: f"{LABEL_PREFIX}risk-{key}" for key in TOLD}
"""Annotations of a namespace that tell its tenant's risk, so that policies judge by it too."""


class Property(StrEnum):
    """A need that no amount of strength makes up for."""

    OWN_HOSTS = "own hosts"
    SEALED = "sealed memory and keys"


@dataclass(frozen=True)
class Need:
    """One reason for separation: how strong it must be, or what it must have."""

    why: str
    strength: Strength = Strength.MEDIUM
    asks: Property | None = None


MODEL_NEEDS = {
    ModelValue.VALUABLE: Need(
        "a valuable model needs nodes that no other tenant runs on", Strength.HIGH
    ),
    ModelValue.CROWN_JEWEL: Need(
        "a crown jewel needs to stay sealed from operators while in use",
        Strength.HIGH,
        Property.SEALED,
    ),
}
"""What a model's worth asks; a commodity one asks nothing."""

REGULATION_NEEDS = {
    Regulation.DATA_PROTECTION: Need(
        "data protection law needs separation that an auditor can point at", Strength.HIGH
    ),
    Regulation.SEALED_IN_USE: Need(
        "the regulation needs data sealed from operators while in use",
        Strength.HIGH,
        Property.SEALED,
    ),
    Regulation.NO_SHARED_HOSTS: Need(
        "the regulation needs physical hosts that nobody else uses",
        Strength.VERY_HIGH,
        Property.OWN_HOSTS,
    ),
}
"""What regulation asks."""


def needs(risk: Risk) -> list[Need]:
    """Every reason that the risk gives for separation, the tier's own first."""
    minimum = CATALOGUE[risk.tier].minimum_isolation
    found = [Need(f"tier '{risk.tier}' needs {minimum} isolation", minimum)]
    if risk.model in MODEL_NEEDS:
        found.append(MODEL_NEEDS[risk.model])
    if risk.audience is Audience.PUBLIC and risk.tier is not Tier.PUBLIC:
        found.append(
            Need("a server open to the public needs nodes apart from inner data", Strength.HIGH)
        )
    if risk.regulation in REGULATION_NEEDS:
        found.append(REGULATION_NEEDS[risk.regulation])
    if risk.latency is Latency.STRICT:
        found.append(Need("strict latency needs nodes without neighbours", Strength.HIGH))
    return found
