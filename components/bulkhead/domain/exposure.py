"""What the internet may reach, until when, and how much of it one client may use (INF-1)."""

import datetime
import ipaddress
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.inference import Limits, Window
from bulkhead.domain.labels import TAG_PREFIX
from bulkhead.domain.tiers import CATALOGUE, Exposure, Tier

EXPOSURE_RULE = "INF-1"
"""The requirement that an opt-in sets aside: endpoints are private."""

EXPOSURE_TAGS = {key: f"{TAG_PREFIX}exposure-{key}" for key in ("owner", "reason", "expires")}
"""Tags by which what the internet reaches tells its opt-in."""

TAG_VALUE = re.compile(r"[\w .:/=+@-]{1,256}", re.ASCII)
"""A value that every AWS service takes in a tag (AWS Tagging User Guide, "Tag naming limits")."""

WARNING_DAYS = (30, 7, 1)
"""How many days before the end an opt-in's owner is warned."""

INSPECTED_KIB = (16, 32, 48, 64)
"""How much of a body AWS WAF looks at in front of API Gateway, in KiB. In front of an Application
Load Balancer it is 8, which is too little for a prompt (AWS WAF Developer Guide, "Managing body
inspection size limits")."""

LONGEST_SECONDS, IDLE_SECONDS = 900, 300
"""How long API Gateway waits for the end of a streamed answer, and for its next byte (API Gateway
Developer Guide, "Stream the integration response"). Without streaming it would be 29 seconds."""

MOST_CLIENTS = 300
"""Usage plans that an account may have in a Region (API Gateway quotas)."""

RATE_WINDOW_SECONDS, LEAST_RATE = 300, 10
"""The span in which AWS WAF counts requests, and the smallest number that it takes."""

KEY_HEADER = "x-api-key"
"""Header in which API Gateway takes a client's key."""

SECRET_HEADERS = ("authorization", KEY_HEADER, "cookie")
"""Headers that no log repeats, those first by which clients are known."""

SECONDS = {Window.MINUTE: 60, Window.HOUR: 3600}
"""Windows that a throttle can hold."""

PERIODS = (Window.DAY, Window.MONTH)
"""Windows that a usage plan's quota can have; it has one."""


@dataclass(frozen=True)
class OptIn(Exemption):
    """Permission to be reached from the internet until a day."""

    NOUN: ClassVar[str] = "opt-in"

    def check_for(self, tier: Tier, *, today: datetime.date, where: str) -> "OptIn":
        """Return the opt-in if what is of ``tier`` may use it on ``today``.

        Raises:
            RefusedError: the tier is private only, see ``Exemption.check``, or owner or reason
                can't be tags, by which everybody sees them.
        """
        if tier not in EXPOSABLE:
            raise RefusedError(
                f"tier '{tier}' may not be reached from the internet",
                allowed=EXPOSABLE,
                where=where,
            )
        self.check(today=today, where=where)
        for key in ("owner", "reason"):
            if not TAG_VALUE.fullmatch(getattr(self, key)):
                raise RefusedError(
                    "not a usable tag value",
                    given=getattr(self, key),
                    allowed="1 to 256 letters, digits, blanks and any of _.:/=+@-",
                    where=f"{where}.{key}",
                )
        return self

    def __str__(self) -> str:
        return f"open until {self.expires} by {self.owner}: {self.reason}"

    @property
    def closes(self) -> str:
        """The moment at which it has ended, in UTC."""
        return f"{self.expires + datetime.timedelta(days=1)}T00:00:00Z"

    def days_left(self, today: datetime.date) -> int:
        """Days until the last one."""
        return (self.expires - today).days

    def warnings(self, today: datetime.date) -> list[tuple[int, datetime.date]]:
        """How many days before the end, and when, its owner is still to be warned."""
        days = [(days, self.expires - datetime.timedelta(days=days)) for days in WARNING_DAYS]
        return [(before, day) for before, day in days if day > today]

    def tags(self) -> dict[str, str]:
        """The opt-in as tags."""
        return {name: str(getattr(self, key)) for key, name in EXPOSURE_TAGS.items()}


EXPOSABLE = [t for t in Tier if CATALOGUE[t].exposure is Exposure.PUBLIC_BY_OPT_IN]
"""Tiers of which something may be reached from the internet."""


@dataclass(frozen=True)
class Client:
    """One who comes from outside, and the most that it may ask.

    Attributes:
        name: DNS label.
        requests: by window: a minute or an hour is the throttle, a day or a month the quota.
            Without a quota it is what the throttle lets through in a day.
        parallel_requests: how many may come at once before the throttle refuses any.
    """

    name: str
    requests: Mapping[Window, int] = field(default_factory=lambda: Limits().requests)
    parallel_requests: int = Limits.parallel_requests

    def check(self, *, where: str) -> "Client":
        """Return the client if a usage plan can hold it to its limits.

        Raises:
            RefusedError: it has no usable name, no throttle or two, two quotas, or a limit that
                ``Limits.check`` refuses.
        """
        parsing.name(self.name, where=f"{where}.name")
        Limits(requests=self.requests, parallel_requests=self.parallel_requests).check(where=where)
        for kind, windows, least in (("throttle", SECONDS, 1), ("quota", PERIODS, 0)):
            given = [window for window in windows if window in self.requests]
            if not least <= len(given) <= 1:
                raise RefusedError(
                    f"a usage plan has one {kind}",
                    given=", ".join(given) or "none",
                    allowed=f"one of {', '.join(windows)}",
                    where=f"{where}.requests",
                )
        return self

    @property
    def rate(self) -> float:
        """Requests a second, over time."""
        return next(self.requests[w] / span for w, span in SECONDS.items() if w in self.requests)

    @property
    def quota(self) -> tuple[int, Window]:
        """Requests of a day or a month."""
        for period in PERIODS:
            if period in self.requests:
                return self.requests[period], period
        return math.ceil(self.rate * 86400), Window.DAY


def check_clients(clients: Iterable[Client], *, where: str) -> list[Client]:
    """Return the clients if an edge can have them.

    Raises:
        RefusedError: there is none or too many, a name stands twice, or see ``Client.check``.
    """
    checked: dict[str, Client] = {}
    for number, client in enumerate(clients):
        client.check(where=f"{where}[{number}]")
        if client.name in checked:
            raise RefusedError(
                "the client stands twice", given=client.name, where=f"{where}[{number}].name"
            )
        checked[client.name] = client
    if not 1 <= len(checked) <= MOST_CLIENTS:
        raise RefusedError(
            "not a number of clients",
            given=len(checked),
            allowed=f"1 to {MOST_CLIENTS}",
            where=where,
        )
    return list(checked.values())


def most_in_window(clients: Iterable[Client]) -> int:
    """The most requests that one client sends while AWS WAF counts: more is a flood."""
    most = max(math.ceil(c.rate * RATE_WINDOW_SECONDS) + c.parallel_requests for c in clients)
    return max(LEAST_RATE, most)


def check_inspected(kib: int, *, where: str) -> int:
    """Return the size of prompts if AWS WAF can look at all of one.

    Raises:
        RefusedError: it is none of the sizes that it can.
    """
    if kib not in INSPECTED_KIB:
        raise RefusedError(
            "not a size of prompts that the firewall inspects as a whole",
            given=kib,
            allowed=INSPECTED_KIB,
            where=where,
        )
    return kib


def check_wait(seconds: int, *, where: str) -> int:
    """Return how long an answer may take if API Gateway waits for so long.

    Raises:
        RefusedError: it does not.
    """
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise RefusedError(
            "not a time that the edge waits",
            given=seconds,
            allowed=f"1 to {LONGEST_SECONDS} seconds",
            where=where,
        )
    return seconds


def check_sources(networks: Iterable[str], *, where: str) -> list[str]:
    """Return the networks of clients that come from nowhere else.

    Raises:
        RefusedError: one is no network, or is everybody's.
    """
    checked = []
    for number, network in enumerate(networks):
        try:
            parsed = ipaddress.ip_network(network)
        except ValueError:
            parsed = None
        if parsed is None or parsed.prefixlen == 0:
            raise RefusedError(
                "not a network of clients",
                given=network,
                allowed="one like 198.51.100.0/24; none lets everybody ask",
                where=f"{where}[{number}]",
            )
        checked.append(str(parsed))
    return checked
