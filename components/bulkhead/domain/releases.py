"""Releases of an endpoint: which run side by side, and which of them gets how much (INF-7)."""

from collections.abc import Collection, Mapping

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.inference import WHOLE
from bulkhead.domain.models import ModelCard
from bulkhead.domain.parsing import NAME

MOST_RELEASES = 3
"""What serves, what is tried, and what served before."""

LONGEST_SERVER = 40
"""Of ``<endpoint>-<release>``, which names a Service."""


def check_releases(names: Collection[str], endpoint: str, *, where: str) -> None:
    """Refuse releases that can't run side by side.

    Raises:
        RefusedError: there is none, there are too many, or a name is unusable.
    """
    if not 1 <= len(names) <= MOST_RELEASES:
        raise RefusedError(
            "not a number of releases",
            given=len(names),
            allowed=f"1 to {MOST_RELEASES}",
            where=where,
        )
    for name in names:
        parsing.name(name, where=f"{where}.{name}")
        if NAME.fullmatch(server_name(endpoint, name)) is None:
            raise RefusedError(
                "too long a name for a server",
                given=server_name(endpoint, name),
                allowed=f"at most {LONGEST_SERVER} characters",
                where=f"{where}.{name}",
            )


def server_name(endpoint: str, release: str) -> str:
    """Name of a release's Deployment and Service."""
    return f"{endpoint}-{release}"


def check_one_model(cards: Mapping[str, ModelCard], *, where: str) -> str:
    """The name of the model of which all releases are versions.

    Raises:
        RefusedError: one is of another model, for which clients would not have asked.
    """
    names = {release: card.name for release, card in cards.items()}
    first, *_ = names.values()
    for release, name in names.items():
        if name != first:
            raise RefusedError(
                "an endpoint serves one model",
                given=name,
                allowed=first,
                where=f"{where}.{release}.model.name",
            )
    return first


def check_traffic(
    traffic: Mapping[str, int], releases: Collection[str], *, where: str
) -> dict[str, int]:
    """The per cent of requests of every release, 0 for one that only stands ready.

    Raises:
        RefusedError: a release is unknown, a part is out of bounds, or the parts are no whole.
    """
    for name, part in traffic.items():
        if name not in releases:
            raise RefusedError("no such release", given=name, allowed=sorted(releases), where=where)
        if isinstance(part, bool) or not isinstance(part, int) or not 0 <= part <= WHOLE:
            raise RefusedError(
                "not a part of the requests",
                given=part,
                allowed=f"0 to {WHOLE} per cent",
                where=f"{where}.{name}",
            )
    if (total := sum(traffic.values())) != WHOLE:
        raise RefusedError(
            "the parts of the requests don't add up", given=total, allowed=str(WHOLE), where=where
        )
    return {name: traffic.get(name, 0) for name in releases}
