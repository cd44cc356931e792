"""Time as a team works it: opening hours by the wall clock of its zone, holidays, daylight saving, pauses.

A moment is open when the team's wall clock shows an opening hour of a day that is worked. The zone's offsets are
compiled into the agreement, so that the same question has the same answer on every machine, whatever zone files it has.
The cost grows with the days between two moments, never with their seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from shared.domain.errors import CannotHappen

Span = tuple[datetime, datetime]
Hours = tuple[tuple[timedelta, timedelta], ...]
DAY = timedelta(days=1)
NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When one team works.

    `offsets[i]` is what its wall clock is ahead of UTC from `changes[i]` on; nothing is known from `ends` on. `week`
    holds the opening hours of Monday to Sunday as (opens, closes) after local midnight, in order and apart;
    `exceptions` those of single local dates, empty when closed; `closed_every_year` holidays as MM-DD.
    """

    name: str
    zone: str
    changes: tuple[datetime, ...]
    offsets: tuple[timedelta, ...]
    ends: datetime
    week: tuple[Hours, ...]
    exceptions: Mapping[date, Hours]
    closed_every_year: frozenset[str] = frozenset()

    def hours_on(self, day: date) -> Hours:
        """The opening hours of a local date; what is said about the very date outranks the holiday of every year."""
        if day in self.exceptions:
            return self.exceptions[day]
        return () if day.isoformat()[5:] in self.closed_every_year else self.week[day.weekday()]


def calendars_from(compiled: Mapping[str, Any]) -> dict[str, Calendar]:
    """The calendars of `agreement/compiled.json` by name."""
    return {name: _calendar(name, row) for name, row in compiled.items()}


def due(opened_at: datetime, minutes: int, calendar: Calendar, pauses: Iterable[Span] = ()) -> datetime:
    """The first moment, in UTC, at which so many minutes were worked since `opened_at`; pauses do not count."""
    opened_at, left = _utc(opened_at), timedelta(minutes=minutes)
    if left <= NOTHING:
        return opened_at
    for opens, closes in _worked(opened_at, calendar.ends, calendar, pauses):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise CannotHappen("the calendar ends before the work does")


def elapsed(start: datetime, end: datetime, calendar: Calendar, pauses: Iterable[Span] = ()) -> timedelta:
    """What was worked between two moments; pauses, which may overlap, do not count."""
    spans = _worked(_utc(start), _utc(end), calendar, pauses)
    return sum((closes - opens for opens, closes in spans), NOTHING)


def local_date(moment: datetime, calendar: Calendar) -> date:
    """The date on the team's wall clock."""
    moment = _utc(moment)
    return (moment + calendar.offsets[_piece(moment, calendar)]).date()


def _worked(start: datetime, end: datetime, calendar: Calendar, pauses: Iterable[Span]) -> Iterator[Span]:
    apart = _merged(pauses)
    for span in _open(start, end, calendar):
        yield from _outside(span, apart)


def _open(start: datetime, end: datetime, calendar: Calendar) -> Iterator[Span]:
    """Opening hours between two moments. Between two changes of the offset the wall clock runs evenly, so each such
    piece is plain arithmetic; an hour that the clock shows twice is worked twice, one that it skips not at all.
    """
    if end > calendar.ends:
        raise CannotHappen("the calendar ends before the span does")
    while start < end:
        piece = _piece(start, calendar)
        until = min([end, *calendar.changes[piece + 1 : piece + 2]])
        offset = calendar.offsets[piece]
        for opens, closes in _on_the_wall(start + offset, until + offset, calendar):
            yield opens - offset, closes - offset
        start = until


def _on_the_wall(start: datetime, end: datetime, calendar: Calendar) -> Iterator[Span]:
    """The same in wall-clock time, written as if it were UTC."""
    midnight = datetime.combine(start.date(), time(), UTC)
    while midnight < end:
        for opens, closes in calendar.hours_on(midnight.date()):
            span = max(start, midnight + opens), min(end, midnight + closes)
            if span[0] < span[1]:
                yield span
        midnight += DAY


def _outside(span: Span, pauses: tuple[Span, ...]) -> Iterator[Span]:
    """What of a span lies in no pause; the pauses come in order and apart."""
    at, end = span
    for since, until in pauses:
        if at < since < end:
            yield at, since
        if since < end:
            at = max(at, until)
    if at < end:
        yield at, end


def _merged(pauses: Iterable[Span]) -> tuple[Span, ...]:
    """The pauses in UTC, in order, and overlapping ones as one."""
    merged: list[Span] = []
    for since, until in sorted((_utc(since), _utc(until)) for since, until in pauses):
        if merged and since <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], until)
        else:
            merged.append((since, until))
    return tuple(merged)


def _piece(moment: datetime, calendar: Calendar) -> int:
    piece = bisect_right(calendar.changes, moment) - 1
    if piece < 0 or moment >= calendar.ends:
        raise CannotHappen("a moment outside the calendar")
    return piece


def _utc(moment: datetime) -> datetime:
    """Sums on a datetime of another zone would follow its wall clock, so every moment becomes UTC first."""
    if moment.utcoffset() is None:
        raise CannotHappen("a moment without a zone")
    return moment.astimezone(UTC)


def _calendar(name: str, row: Mapping[str, Any]) -> Calendar:
    return Calendar(
        name=name,
        zone=row["zone"],
        changes=tuple(datetime.fromtimestamp(at, UTC) for at, _ in row["offsets"]),
        offsets=tuple(timedelta(seconds=ahead) for _, ahead in row["offsets"]),
        ends=datetime.fromtimestamp(row["ends"], UTC),
        week=tuple(_hours(day) for day in row["week"]),
        exceptions={date.fromisoformat(day): _hours(hours) for day, hours in row["exceptions"].items()},
        closed_every_year=frozenset(row["closed_every_year"]),
    )


def _hours(minutes: Iterable[tuple[int, int]]) -> Hours:
    return tuple((timedelta(minutes=opens), timedelta(minutes=closes)) for opens, closes in minutes)
