"""Windows as a clock keeps them: cron opens and closes at the right minutes (TRN-5)."""

import datetime
import zoneinfo
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.windows import Day, Window

NIGHTS = Window("20:00", "06:00", (Day.MONDAY, Day.FRIDAY), "Europe/Berlin")

times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
windows = st.builds(
    Window, times, times, st.lists(st.sampled_from(Day), min_size=1, unique=True).map(tuple)
).filter(lambda window: window.opens != window.closes)


def minutes(cron: str) -> set[int]:
    """The minutes of the week, from Monday, at which ``cron`` fires."""
    minute, hour, day, month, days = cron.split()
    assert (day, month) == ("*", "*")
    named = list(Day) if days == "*" else [Day(each) for each in days.split(",")]
    return {list(Day).index(each) * 1440 + int(hour) * 60 + int(minute) for each in named}


def open_minutes(window: Window) -> set[int]:
    """The minutes of the week in which it should be open, counted one by one."""
    found = set()
    for day in window.days:
        now = list(Day).index(day) * 1440 + _minute(window.opens)
        while now % 1440 != _minute(window.closes):
            found.add(now % 10080)
            now += 1
    return found


def _minute(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


@given(windows)
@example(Window("23:59", "00:00", (Day.SUNDAY,)))
@example(Window("00:00", "23:59"))
def test_cron_opens_and_closes_at_the_edges_of_the_open_minutes(window: Window) -> None:
    assert window.check(where="x") is window
    wanted = open_minutes(window)
    opening, closing = minutes(window.opening), minutes(window.closing)
    opened = False
    for now in [*range(10080), *range(10080)]:  # the first week settles what the second shows
        opened = now in opening or (opened and now not in closing)
    for now in range(10080):
        opened = now in opening or (opened and now not in closing)
        assert opened == (now in wanted), now


def test_a_night_closes_on_the_day_after() -> None:
    assert NIGHTS.opening == "0 20 * * mon,fri"
    assert NIGHTS.closing == "0 6 * * tue,sat"


def test_every_day_needs_no_list() -> None:
    assert Window("09:30", "17:00").opening == "30 9 * * *"
    assert Window("22:00", "05:00").closing == "0 5 * * *"


def test_a_window_keeps_its_hours_in_its_own_zone() -> None:
    assert "Europe/Berlin" in zoneinfo.available_timezones()
    assert NIGHTS.check(where="x").timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"opens": "8pm"},
            "w.opens: not a time of day, got '8pm'; allowed: HH:MM, 00:00 to 23:59",
        ),
        (
            {"closes": "24:00"},
            "w.closes: not a time of day, got '24:00'; allowed: HH:MM, 00:00 to 23:59",
        ),
        (
            {"closes": "20:00"},
            "w.closes: a window that opens when it closes, got '20:00'; allowed: two times, or no "
            "window for one that is always open",
        ),
        (
            {"days": ()},
            "w.days: no day, or one twice, got ''; allowed: mon, tue, wed, thu, fri, sat, sun",
        ),
        (
            {"days": (Day.MONDAY, Day.MONDAY)},
            "w.days: no day, or one twice, got 'mon, mon'; allowed: mon, tue, wed, thu, fri, sat, "
            "sun",
        ),
        (
            {"timezone": "Mars/Olympus"},
            "w.timezone: unknown time zone, got 'Mars/Olympus'; allowed: a name of the IANA "
            "database, such as Europe/Berlin",
        ),
    ],
)
def test_a_window_that_no_clock_keeps_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(RefusedError) as caught:
        replace(NIGHTS, **changes).check(where="w")  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_the_week_begins_where_datetime_says() -> None:
    assert list(Day)[datetime.date(2026, 11, 30).weekday()] is Day.MONDAY
