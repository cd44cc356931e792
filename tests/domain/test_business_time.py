"""The arithmetic of worked time, against the bugs of others and against a clock that counts single minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.agreement_calendars import offsets
from shared.domain.business_time import Calendar, Hours, Span, calendars_from, due, elapsed, local_date
from shared.domain.errors import CannotHappen
from shared.settings import compiled_agreement

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
ENDS = int(datetime(2040, 1, 1, tzinfo=UTC).timestamp())
NINE_TO_SIX = [[540, 1080]]
ALL_DAY = [[0, 1440]]
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
OFFSETS = {zone: offsets(zone) for zone in ZONES}


def a_calendar(
    zone: str = "Europe/Berlin",
    week: list[list[list[int]]] | None = None,
    exceptions: dict[str, list[list[int]]] | None = None,
    closed_every_year: tuple[str, ...] = (),
) -> Calendar:
    """Monday to Friday, 9 to 18 o'clock in Berlin."""
    row = {
        "zone": zone,
        "offsets": OFFSETS[zone],
        "ends": ENDS,
        "week": week or [*[NINE_TO_SIX] * 5, [], []],
        "exceptions": exceptions or {},
        "closed_every_year": closed_every_year,
    }
    return calendars_from({"team": row})["team"]


OFFICE = a_calendar()
ALWAYS = a_calendar(week=[ALL_DAY] * 7)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.requirement("A23c")
@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ("2026-03-07T15:00", "2026-03-09T10:00"),  # Saturday; Frappe CRM said Monday 16:00
        ("2026-03-07T22:00", "2026-03-09T10:00"),  # Frappe CRM said Tuesday 10:00
        ("2026-03-08T08:00", "2026-03-09T10:00"),
        ("2026-03-06T17:30", "2026-03-09T09:30"),
        ("2026-03-06T17:00", "2026-03-06T18:00"),
        ("2026-03-09T03:00", "2026-03-09T10:00"),
        ("2026-03-09T18:00", "2026-03-10T10:00"),
    ],
)
def test_an_hour_of_work_is_due_where_the_working_day_puts_it(opened: str, expected: str) -> None:
    assert due(berlin(opened), 60, OFFICE) == berlin(expected)


def test_the_zone_of_the_caller_does_not_move_the_deadline() -> None:
    opened = berlin("2026-03-06T17:30")

    elsewhere = {due(opened.astimezone(ZoneInfo(zone)), 60, OFFICE) for zone in (*ZONES, "Pacific/Kiritimati")}

    assert elsewhere == {berlin("2026-03-09T09:30")}


def test_a_team_in_another_zone_has_a_deadline_of_its_own() -> None:
    opened = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)

    assert due(opened, 60, a_calendar("Europe/Berlin")) == datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
    assert due(opened, 60, a_calendar("America/New_York")) == datetime(2026, 3, 9, 14, 0, tzinfo=UTC)


def test_a_holiday_is_not_worked_and_a_short_day_is_worked_until_it_ends() -> None:
    exceptions: dict[str, list[list[int]]] = {"2026-12-24": [[540, 780]], "2026-12-28": []}
    calendar = a_calendar(exceptions=exceptions, closed_every_year=("12-25", "12-24"))

    assert due(berlin("2026-12-24T12:30"), 60, calendar) == berlin("2026-12-29T09:30")


def test_a_span_over_many_days_counts_every_working_hour_once() -> None:
    month = elapsed(berlin("2026-06-01T00:00"), berlin("2026-07-01T00:00"), OFFICE)

    assert month == timedelta(hours=22 * 9)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)], ids=["spring", "autumn", "plain"]
)
def test_a_day_of_daylight_saving_has_the_hours_that_it_has(day: str, hours: int) -> None:
    start = berlin(f"{day}T00:00").astimezone(UTC)
    end = berlin(day + "T00:00") + timedelta(days=1)

    assert elapsed(start, end, ALWAYS) == timedelta(hours=hours)
    assert due(start, hours * 60, ALWAYS) == end


def test_an_hour_that_the_clock_shows_twice_is_worked_twice_and_one_that_it_skips_not_at_all() -> None:
    night = a_calendar(week=[[[120, 180]]] * 7)

    assert elapsed(berlin("2026-10-25T00:00"), berlin("2026-10-26T00:00"), night) == timedelta(hours=2)
    assert elapsed(berlin("2026-03-29T00:00"), berlin("2026-03-30T00:00"), night) == timedelta(0)


def test_a_deadline_stays_at_its_wall_clock_hour_when_summer_time_begins_on_the_weekend() -> None:
    assert due(berlin("2026-03-27T17:30"), 60, OFFICE) == berlin("2026-03-30T09:30")


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        ([("10:00", "11:00")], "13:00"),
        ([("10:00", "11:00"), ("10:30", "11:30")], "13:30"),
        ([("10:30", "10:45"), ("10:00", "11:00")], "13:00"),
        ([("08:00", "09:30")], "12:30"),
        ([("07:00", "08:00"), ("19:00", "20:00")], "12:00"),
        ([("11:30", "12:30")], "13:00"),
    ],
)
def test_a_pause_does_not_count_however_pauses_overlap(pauses: list[tuple[str, str]], expected: str) -> None:
    spans = [(berlin(f"2026-03-09T{since}"), berlin(f"2026-03-09T{until}")) for since, until in pauses]
    opened, end = berlin("2026-03-09T09:00"), berlin(f"2026-03-09T{expected}")

    assert due(opened, 180, OFFICE, spans) == end
    assert elapsed(opened, end, OFFICE, spans) == timedelta(hours=3)


def test_seconds_are_kept() -> None:
    opened = berlin("2026-03-09T09:00") + timedelta(seconds=17, microseconds=5)

    assert due(opened, 1, OFFICE) == opened + MINUTE
    assert elapsed(opened, opened + timedelta(microseconds=3), OFFICE) == timedelta(microseconds=3)


def test_nothing_to_wait_for_is_due_at_once() -> None:
    assert due(berlin("2026-03-07T15:00"), 0, OFFICE) == berlin("2026-03-07T15:00")


def test_time_backwards_is_no_time() -> None:
    assert elapsed(berlin("2026-03-10T12:00"), berlin("2026-03-09T12:00"), OFFICE) == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 9, 22, 59, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 3, 9, 23, 0, tzinfo=UTC), date(2026, 3, 10)),
        (datetime(2026, 7, 9, 21, 59, tzinfo=UTC), date(2026, 7, 9)),
        (datetime(2026, 7, 9, 22, 0, tzinfo=UTC), date(2026, 7, 10)),
    ],
)
def test_a_date_is_the_one_on_the_teams_own_wall(moment: datetime, day: date) -> None:
    assert local_date(moment, OFFICE) == day


@pytest.mark.parametrize("text", ["2019-12-31T23:59+00:00", "2040-01-01T00:00+00:00"])
def test_a_moment_that_no_calendar_knows_is_a_broken_promise(text: str) -> None:
    moment = datetime.fromisoformat(text)

    with pytest.raises(CannotHappen):
        local_date(moment, OFFICE)
    with pytest.raises(CannotHappen):
        elapsed(moment, moment + timedelta(hours=1), OFFICE)


def test_work_that_goes_on_past_the_calendar_is_a_broken_promise() -> None:
    with pytest.raises(CannotHappen):
        due(datetime(2039, 12, 30, tzinfo=UTC), 60 * 24 * 7, OFFICE)


def test_a_moment_without_a_zone_is_a_broken_promise() -> None:
    with pytest.raises(CannotHappen):
        due(datetime(2026, 3, 9, 12, 0), 60, OFFICE)


def test_the_shipped_calendars_can_be_read() -> None:
    shipped = calendars_from(compiled_agreement()["calendars"])

    assert due(berlin("2026-12-23T17:30"), 60, shipped["europe"]) == berlin("2026-12-24T09:30")
    assert due(berlin("2026-12-24T12:30"), 60, shipped["europe"]) == berlin("2026-12-28T09:30")
    assert due(berlin("2026-04-02T17:30"), 60, shipped["europe"]) == berlin("2026-04-07T09:30")


def edges(most: int) -> st.SearchStrategy[list[list[int]]]:
    """Spans of a day in order and apart."""
    return st.lists(st.integers(0, 1440), max_size=most, unique=True).map(
        lambda minutes: [list(span) for span in zip(sorted(minutes)[::2], sorted(minutes)[1::2], strict=False)]
    )


# Around both changes of 2026, and around a new year.
NEAR = (date(2026, 3, 27), date(2026, 10, 23), date(2026, 12, 30), date(2026, 4, 3))
calendars = st.builds(
    a_calendar,
    zone=st.sampled_from(ZONES),
    week=st.lists(edges(6), min_size=7, max_size=7).filter(any),
    exceptions=st.dictionaries(
        st.builds(
            lambda day, after: (day + timedelta(days=after)).isoformat(), st.sampled_from(NEAR), st.integers(0, 6)
        ),
        edges(4),
        max_size=3,
    ),
    closed_every_year=st.sampled_from([(), ("01-01",), ("03-29", "10-25")]),
)
moments = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, tzinfo=UTC) + minutes * MINUTE,
    st.sampled_from(NEAR),
    st.integers(0, 5 * 1440),
)
spans = st.tuples(moments, st.integers(0, 1500)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1] * MINUTE))


def is_open(moment: datetime, calendar: Calendar) -> bool:
    """What a person would say who looks at the wall clock and at the sheet on the door."""
    wall = moment.astimezone(ZoneInfo(calendar.zone))
    day = wall.date()
    hours: Hours = calendar.week[day.weekday()]
    if f"{day:%m-%d}" in calendar.closed_every_year:
        hours = ()
    if day in calendar.exceptions:
        hours = calendar.exceptions[day]
    clock = timedelta(hours=wall.hour, minutes=wall.minute)
    return any(opens <= clock < closes for opens, closes in hours)


def counted(start: datetime, end: datetime, calendar: Calendar, pauses: list[Span]) -> timedelta:
    """Minute by minute."""
    total = timedelta(0)
    while start < end:
        paused = any(since <= start < until for since, until in pauses)
        total += MINUTE if is_open(start, calendar) and not paused else timedelta(0)
        start += MINUTE
    return total


@given(calendars, moments, st.integers(0, 4000), st.lists(spans, max_size=3))
def test_worked_time_is_what_a_clock_counts_minute_by_minute(
    calendar: Calendar, start: datetime, minutes: int, pauses: list[Span]
) -> None:
    end = start + minutes * MINUTE

    assert elapsed(start, end, calendar, pauses) == counted(start, end, calendar, pauses)


@given(calendars, moments, st.integers(0, 10_000), st.lists(spans, max_size=3))
def test_when_it_is_due_exactly_the_agreed_time_was_worked(
    calendar: Calendar, opened: datetime, minutes: int, pauses: list[Span]
) -> None:
    deadline = due(opened, minutes, calendar, pauses)

    assert elapsed(opened, deadline, calendar, pauses) == minutes * MINUTE
    assert minutes == 0 or elapsed(opened, deadline - MINUTE, calendar, pauses) < minutes * MINUTE


@given(calendars, moments, moments, st.integers(0, 3000), st.integers(0, 3000))
def test_who_comes_later_or_may_wait_longer_is_never_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, minutes: int, more: int
) -> None:
    first, second = sorted((one, other))

    assert due(first, minutes, calendar) <= due(second, minutes, calendar)
    assert due(first, minutes, calendar) <= due(first, minutes + more, calendar)


@given(calendars, moments, moments, moments)
def test_the_parts_of_a_span_add_up_to_it(calendar: Calendar, one: datetime, two: datetime, three: datetime) -> None:
    first, second, third = sorted((one, two, three))

    whole = elapsed(first, third, calendar)

    assert elapsed(first, second, calendar) + elapsed(second, third, calendar) == whole


def test_the_cost_grows_with_days_and_not_with_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[date] = []
    hours_on = Calendar.hours_on
    monkeypatch.setattr(Calendar, "hours_on", lambda self, day: looked.append(day) or hours_on(self, day))

    elapsed(berlin("2026-06-01T00:00"), berlin("2026-07-01T00:00"), OFFICE)

    assert len(looked) <= 31
