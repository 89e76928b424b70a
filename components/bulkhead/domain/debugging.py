"""Debug access: who gets into a tenant's running pods, why, and until when (ISO-10, IAM-3)."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import SHORTEST_REASON
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.tiers import CATALOGUE, Tier

SESSION_HOURS = 1
"""How long a session lasts that begins in the last moment: IAM takes no shorter limit (IAM API
Reference, "MaxSessionDuration"). Nobody gets in during the last hour, so that nobody is in after
it."""

LONGEST_AHEAD_DAYS = 14
"""How far ahead access may be granted; who would need it later asks later."""


class Way(StrEnum):
    """A way into a running pod, or to what it writes."""

    LOGS = "logs"
    DEBUG_CONTAINER = "debug-container"
    COMMAND = "command"


RESOURCES: dict[Way, tuple[tuple[str, tuple[str, ...]], ...]] = {
    Way.LOGS: (("pods/log", ("get",)),),
    Way.DEBUG_CONTAINER: (
        ("pods/attach", ("create", "get")),
        ("pods/ephemeralcontainers", ("patch", "update")),
    ),
    Way.COMMAND: (("pods/exec", ("create", "get")),),
}
"""What each way needs in the cluster: resources with verbs (Kubernetes, "kubectl debug")."""

ANNOTATIONS = {
    key: f"{LABEL_PREFIX}debug-{key}" for key in ("owner", "reason", "starts", "expires", "ways")
}
"""Annotations by which a role in the cluster tells the grant that it stands for."""


@dataclass(frozen=True)
class Grant:
    """Debug access to the pods of one tenant.

    Attributes:
        owner: team that answers for it.
        reason: why, as a sentence.
        starts: when it begins.
        hours: how long it lasts.
        ways: what it opens.
    """

    owner: str
    reason: str
    starts: datetime.datetime
    hours: int
    ways: tuple[Way, ...] = (Way.DEBUG_CONTAINER,)

    @property
    def expires(self) -> datetime.datetime:
        """When the last session ends."""
        return self.starts + datetime.timedelta(hours=self.hours)

    @property
    def last_entry(self) -> datetime.datetime:
        """When the last session begins."""
        return self.expires - datetime.timedelta(hours=SESSION_HOURS)

    def check(self, tier: Tier, *, now: datetime.datetime, where: str) -> "Grant":
        """Return the grant if it may be used ``now`` on pods of a tier.

        Raises:
            RefusedError: owner or reason are missing, it opens nothing or what the tier closes,
                lasts too short or longer than the tier allows, has expired, or begins too late.
        """
        if not self.owner.strip():
            raise RefusedError(
                "debug access needs an owner", given=self.owner, where=f"{where}.owner"
            )
        if len(self.reason.strip()) < SHORTEST_REASON:
            raise RefusedError(
                "debug access needs a reason",
                given=self.reason,
                allowed=f"a sentence of at least {SHORTEST_REASON} characters",
                where=f"{where}.reason",
            )
        rules = CATALOGUE[tier].pods
        open_ways = [way for way in Way if way is not Way.LOGS or rules.open_logs]
        if not self.ways:
            raise RefusedError(
                "debug access that opens nothing", allowed=open_ways, where=f"{where}.ways"
            )
        for way in self.ways:
            if way not in open_ways:
                raise RefusedError(
                    f"logs of tier '{tier}' are read after their redaction only",
                    given=way,
                    allowed=open_ways,
                    where=f"{where}.ways",
                )
        if not SESSION_HOURS < self.hours <= rules.debug_hours:
            raise RefusedError(
                f"debug access to tier '{tier}' does not last so long or so short",
                given=self.hours,
                allowed=f"{SESSION_HOURS + 1} to {rules.debug_hours} hours",
                where=f"{where}.hours",
            )
        if self.expires <= now:
            raise RefusedError(
                "debug access has expired",
                given=written(self.expires),
                allowed="a later start, or none: take it away",
                where=f"{where}.starts",
            )
        if self.starts > now + datetime.timedelta(days=LONGEST_AHEAD_DAYS):
            raise RefusedError(
                "debug access begins too far ahead",
                given=written(self.starts),
                allowed=f"within {LONGEST_AHEAD_DAYS} days",
                where=f"{where}.starts",
            )
        return self

    def annotations(self) -> dict[str, str]:
        """The grant as annotations of its role in the cluster."""
        told = {
            "owner": self.owner,
            "reason": self.reason,
            "starts": written(self.starts),
            "expires": written(self.expires),
            "ways": " ".join(self.ways),
        }
        return {ANNOTATIONS[key]: value for key, value in told.items()}

    def __str__(self) -> str:
        ways = ", ".join(self.ways)
        return f"{ways} until {written(self.expires)} by {self.owner}: {self.reason}"


def read_ways(words: Iterable[str], *, where: str) -> tuple[Way, ...]:
    """The ways that ``words`` name, each once.

    Raises:
        RefusedError: one is unknown.
    """
    return tuple(dict.fromkeys(parsing.choice(Way, word, where=where) for word in words))


def instant(text: str, *, where: str) -> datetime.datetime:
    """The instant that ``text`` names in UTC.

    Raises:
        RefusedError: it is none, or of no or another time zone.
    """
    try:
        found = datetime.datetime.strptime(text, FORMAT).replace(tzinfo=datetime.UTC)
    except ValueError:
        raise RefusedError(
            "not an instant in UTC", given=text, allowed="YYYY-MM-DDTHH:MM:SSZ", where=where
        ) from None
    return found


FORMAT = "%Y-%m-%dT%H:%M:%SZ"
"""How instants are written; IAM reads it too (IAM User Guide, "Date condition operators")."""


def now() -> datetime.datetime:
    """This moment, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def written(moment: datetime.datetime) -> str:
    """An instant as ``instant`` reads it."""
    return moment.astimezone(datetime.UTC).strftime(FORMAT)


def read_grant(told: dict[str, str], *, where: str) -> Grant:
    """The grant that annotations tell, by key of ``ANNOTATIONS``.

    Raises:
        RefusedError: an instant or a way can't be read.
    """
    starts, expires = (instant(told[key], where=f"{where}.{key}") for key in ("starts", "expires"))
    return Grant(
        owner=told["owner"],
        reason=told["reason"],
        starts=starts,
        hours=int((expires - starts).total_seconds() // 3600),
        ways=read_ways(told["ways"].split(), where=f"{where}.ways"),
    )
