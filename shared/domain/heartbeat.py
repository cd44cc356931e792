"""Is a source quieter than its own history allows? Ad triggers die without a word; this is how it is noticed.

It looks at the counts per day that the pull keeps anyway, so it costs no read. Hours count only on days of the week on
which the source brings leads at all: a source of office hours may be silent over the weekend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.domain.agreement import QuietAfter

ENOUGH_LEADS = 5
ENOUGH_DAYS = 7


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nothing came, and how long it may be, in hours that count; `is_news` when somebody should look."""

    hours: float
    allowed: float

    @property
    def is_news(self) -> bool:
        return self.hours > self.allowed


def silence(days: Mapping[str, int], last_lead: datetime | None, now: datetime, rule: QuietAfter) -> Silence | None:
    """The silence since the last lead; None while there is too little history to tell.

    `days` counts leads by UTC day; a day that it leaves out had none. The history ends with the last lead: the silence
    itself must not become what is usual.
    """
    history = {date.fromisoformat(day): leads for day, leads in days.items() if leads}
    if last_lead is None or sum(history.values()) < ENOUGH_LEADS or _span(history) < ENOUGH_DAYS:
        return None
    busy = frozenset(day.weekday() for day in history)
    every = (min(history) + timedelta(days=number) for number in range(_span(history)))
    counting = [history.get(day, 0) for day in every if day.weekday() in busy]
    usual_gap = 24 * len(counting) / sum(counting)
    usual = min(max(rule.usual_gaps * usual_gap, rule.at_least_hours), rule.at_most_hours)
    return Silence(_hours(last_lead, now, busy), max(usual, _longest(counting)))


def _span(history: Mapping[date, int]) -> int:
    return (max(history) - min(history)).days + 1


def _longest(counting: list[int]) -> float:
    """The longest silence of the history, in hours: a run of empty days, and what may lie on both sides of it."""
    longest = run = 0
    for leads in counting:
        run = 0 if leads else run + 1
        longest = max(longest, run)
    return 24.0 * (longest + 1) if longest else 0.0


def _hours(since: datetime, until: datetime, busy: frozenset[int]) -> float:
    """Hours from one moment to another on the days of the week that count."""
    hours, moment = 0.0, since.astimezone(UTC)
    while moment < until:
        midnight = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        if moment.weekday() in busy:
            hours += (min(midnight, until) - moment).total_seconds() / 3600
        moment = midnight
    return hours
