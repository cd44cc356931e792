"""Check `agreement/calendars.yaml` and compile it: opening hours in minutes, holidays by date, offsets of the zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, RootModel, StringConstraints, model_validator

from local.reviewed import Reviewed, Slug, Text, read

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
ENDS = datetime(2040, 1, 1, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WARNED_BEFORE = timedelta(days=183)

Hours = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
DayOfYear = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


class CalendarFile(Reviewed):
    zone: Text
    hours: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[Hours]]
    closed: dict[date, Text] = Field(default_factory=dict)
    closed_every_year: dict[DayOfYear, Text] = Field(default_factory=dict)
    hours_on: dict[date, list[Hours]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def says_when_it_is_open(self) -> CalendarFile:
        if set(self.hours) != set(DAYS):
            raise ValueError(f"hours: name every day of {', '.join(DAYS)}; a day off has an empty list")
        if not any(self.hours.values()):
            raise ValueError("hours: a calendar without an opening hour would never let anything become due")
        for day, hours in [*self.hours.items(), *self.hours_on.items()]:
            _minutes(hours, str(day))
        if twice := self.closed.keys() & self.hours_on.keys():
            raise ValueError(f"{min(twice)}: closed, and with hours of its own")
        return self

    @model_validator(mode="after")
    def names_days_that_exist(self) -> CalendarFile:
        for day in self.closed_every_year:
            datetime.strptime(f"2024-{day}", "%Y-%m-%d")
        offsets(self.zone)
        return self


class CalendarsFile(RootModel[Annotated[dict[Slug, CalendarFile], Field(min_length=1)]]):
    """`calendars.yaml`: calendars by name."""


def compile_calendars(home: Path) -> dict[str, Any]:
    """The calendars as JSON data, or a ValueError that names the file and the place."""
    return {name: _compiled(calendar) for name, calendar in read(home / "calendars.yaml", CalendarsFile).items()}


def running_out(calendars: Mapping[str, Any], today: date) -> Iterator[str]:
    """Which calendars must soon be written on: holidays with a moving date are listed year by year, and a promise would
    be due on the first that is missing.
    """
    for name, calendar in calendars.items():
        listed = [date.fromisoformat(day).year for day, hours in calendar["exceptions"].items() if not hours]
        if listed and date(max(listed), 12, 31) < today + WARNED_BEFORE:
            last = max(listed)
            what = f"warning: {name}: holidays are listed to the end of {last}. Add those of {last + 1} under `closed`"
            yield f"agreement/calendars.yaml: {what}; until then promises run on them."


@cache
def offsets(zone: str) -> list[list[int]]:
    """[seconds since 1970, seconds ahead of UTC] from 2020 on: what the zone's clock shows from that moment on.

    Read from the pinned `tzdata` package, never from the machine, so that the result is the same everywhere.
    """
    rules = _rules(zone)
    found = [[int(FIRST.timestamp()), _ahead(FIRST, rules)]]
    for one, next_one in pairwise(_days()):
        if _ahead(one, rules) != _ahead(next_one, rules):
            change = _change(one, next_one, rules)
            found.append([int(change.timestamp()), _ahead(change, rules)])
    return found


def _rules(zone: str) -> ZoneInfo:
    file = resources.files("tzdata").joinpath("zoneinfo", *zone.split("/"))
    if ".." in zone or not file.is_file():
        raise ValueError(f"zone: {zone} is not in the IANA database")
    with file.open("rb") as content:
        return ZoneInfo.from_file(content, key=zone)


def _days() -> Iterator[datetime]:
    return (FIRST + timedelta(days=day) for day in range((ENDS - FIRST).days + 1))


def _ahead(moment: datetime, rules: ZoneInfo) -> int:
    return int((moment.astimezone(rules).utcoffset() or timedelta()).total_seconds())


def _change(before: datetime, after: datetime, rules: ZoneInfo) -> datetime:
    """The second at which the offset changes, by halving; no zone changes twice in a day."""
    old = _ahead(before, rules)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _ahead(middle, rules) == old else (before, middle)
    return after


def _compiled(calendar: dict[str, Any]) -> dict[str, Any]:
    own = {day: _minutes(hours, day) for day, hours in calendar["hours_on"].items()}
    return {
        "zone": calendar["zone"],
        "offsets": offsets(calendar["zone"]),
        "ends": int(ENDS.timestamp()),
        "week": [_minutes(calendar["hours"][day], day) for day in DAYS],
        "closed_every_year": sorted(calendar["closed_every_year"]),
        "exceptions": {**{day: [] for day in calendar["closed"]}, **own},
    }


def _minutes(hours: list[str], day: str) -> list[list[int]]:
    """Spans as minutes after midnight, in order and apart."""
    spans = [[int(clock[:2]) * 60 + int(clock[3:]) for clock in span.split("-")] for span in hours]
    edges = [edge for span in spans for edge in span]
    if any(one >= next_one for one, next_one in pairwise(edges)):
        raise ValueError(f"{day}: spans must be in order and apart; one over midnight is two")
    return spans
