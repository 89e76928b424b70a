"""Windows: hours of the week in which batch work may start (TRN-5)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain.errors import RefusedError

TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Day(StrEnum):
    """A day of the week, as cron spells it."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"

    def after(self, days: int) -> "Day":
        """The day so many days later."""
        week = list(Day)
        return week[(week.index(self) + days) % len(week)]


@dataclass(frozen=True)
class Window:
    """When a queue is open.

    Attributes:
        opens, closes: times of day, ``HH:MM``; one that closes before it opens closes on the day
            after.
        days: the days on which it opens.
        timezone: name of the IANA time zone in which the times are meant.
        drain: whether jobs under way end when it closes.
    """

    opens: str
    closes: str
    days: tuple[Day, ...] = tuple(Day)
    timezone: str = "Etc/UTC"
    drain: bool = False

    def check(self, *, where: str) -> "Window":
        """Return the window if a clock can keep it.

        Raises:
            RefusedError: a time is none, it never closes, no day or one twice is named, or the time
                zone is unknown.
        """
        for key in ("opens", "closes"):
            if TIME.fullmatch(getattr(self, key)) is None:
                raise RefusedError(
                    "not a time of day",
                    given=getattr(self, key),
                    allowed="HH:MM, 00:00 to 23:59",
                    where=f"{where}.{key}",
                )
        if self.opens == self.closes:
            raise RefusedError(
                "a window that opens when it closes",
                given=self.opens,
                allowed="two times, or no window for one that is always open",
                where=f"{where}.closes",
            )
        if not self.days or len(set(self.days)) < len(self.days):
            raise RefusedError(
                "no day, or one twice",
                given=", ".join(self.days),
                allowed=list(Day),
                where=f"{where}.days",
            )
        import zoneinfo  # reads the system's configuration as it loads, which others need not

        known = zoneinfo.available_timezones()
        # A system without the database knows no zone at all; the cluster then has the last word.
        if known and self.timezone not in known:
            raise RefusedError(
                "unknown time zone",
                given=self.timezone,
                allowed="a name of the IANA database, such as Europe/Berlin",
                where=f"{where}.timezone",
            )
        return self

    @property
    def opening(self) -> str:
        """When it opens, as cron writes it."""
        return _cron(self.opens, self.days)

    @property
    def closing(self) -> str:
        """When it closes, as cron writes it."""
        later = int(self.closes < self.opens)
        return _cron(self.closes, tuple(day.after(later) for day in self.days))


def _cron(time: str, days: tuple[Day, ...]) -> str:
    hour, minute = (int(part) for part in time.split(":"))
    every = set(days) == set(Day)
    return f"{minute} {hour} * * " + ("*" if every else ",".join(d for d in Day if d in days))
