"""How far the leads of a source were pulled: a checkpoint that overlaps, and never passes a lead that failed.

Everything is in epoch milliseconds. Days are UTC, written YYYY-MM-DD.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

HOUR = 3_600_000
DAY = 24 * HOUR
OVERLAP = 2 * DAY
LONGEST_STRETCH, SHORTEST_STRETCH = DAY, 1_000
DAYS_REMEMBERED = 56


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Every lead submitted before `through` is recorded or parked.

    A pass goes from the overlap to now in steps of `stretch`; a step that finds no end in its time is halved, so that
    even the busiest source gets on. `resume` is where a pass that was cut short goes on (0: a new one begins), `held`
    the earliest lead that failed in it (0: none). `days` counts the leads of the latest days that had any, `last_lead`
    is the latest one.
    """

    through: int
    stretch: int = LONGEST_STRETCH
    resume: int = 0
    held: int = 0
    days: Mapping[str, int] = field(default_factory=dict)
    last_lead: int = 0
    version: int = 0

    @property
    def begins(self) -> int:
        """Where the next sweep begins: a platform may show a lead late."""
        return self.resume or self.through - OVERLAP

    def shorter(self) -> Checkpoint:
        """A step without end is taken again, halved."""
        return replace(self, resume=self.begins, stretch=max(SHORTEST_STRETCH, self.stretch // 2))

    def moved(self, until: int, failed: Iterable[int], now: int) -> Checkpoint:
        """After a step until there; what failed holds it back, and nothing takes it back."""
        held = min(filter(None, (self.held, *failed)), default=0)
        is_whole = until >= now
        return replace(
            self,
            through=max(self.through, min(until, held or until)),
            stretch=min(LONGEST_STRETCH, self.stretch * 2),
            resume=0 if is_whole else until,
            held=0 if is_whole else held,
        )

    def counted(self, moments: Iterable[int], since: int, until: int) -> Checkpoint:
        """With the days that were seen from their beginning; whatever was counted of them before is replaced."""
        told = list(moments)
        seen = set(_days(since, until))
        fresh = Counter(day for day in map(day_of, told) if day in seen)
        kept = {day: leads for day, leads in self.days.items() if day not in seen}
        days = sorted({**kept, **fresh}.items())[-DAYS_REMEMBERED:]
        return replace(self, days=dict(days), last_lead=max((self.last_lead, *told)))


def beginning(now: int) -> Checkpoint:
    """Of a source that was never pulled: what came before it was connected is not ours to sell as fresh."""
    return Checkpoint(through=now)


def day_of(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


def _days(since: int, until: int) -> Iterable[str]:
    first = -(-since // DAY) * DAY
    return (day_of(moment) for moment in range(first, until, DAY))
