"""When a source is quieter than its own history allows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.agreement import QuietAfter
from shared.domain.heartbeat import silence

RULE = QuietAfter(usual_gaps=6, at_least_hours=24, at_most_hours=168)
MONDAY = date(2026, 3, 2)


def office(weeks: int = 3, a_day: int = 6) -> dict[str, int]:
    """So many leads on every working day of the weeks that end on Friday the 20th of March."""
    days = (MONDAY + timedelta(days=number) for number in range(weeks * 7))
    return {day.isoformat(): a_day for day in days if day.weekday() < 5}


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def is_news(days: dict[str, int], last: datetime | None, now: datetime) -> bool | None:
    found = silence(days, last, now, RULE)
    return found.is_news if found else None


FRIDAY = at(20, 17)


@pytest.mark.parametrize(
    ("now", "news"),
    [
        (at(20, 18), False),
        (at(21), False),
        (at(22, 23), False),
        (at(23, 9), False),
        (at(23, 16), False),
        (at(23, 18), True),
        (at(24), True),
    ],
)
def test_a_source_of_office_hours_may_be_silent_over_the_weekend_and_not_over_monday(now: datetime, news: bool) -> None:
    assert is_news(office(), FRIDAY, now) is news


def test_a_new_source_has_no_history_to_be_measured_by() -> None:
    assert is_news({}, None, at(24)) is None
    assert is_news({"2026-03-19": 40}, at(19), at(29)) is None
    assert is_news({"2026-03-02": 2, "2026-03-19": 2}, at(19), at(29)) is None


def test_a_history_without_its_last_lead_tells_nothing() -> None:
    assert is_news(office(), None, at(29)) is None


def sparse() -> dict[str, int]:
    """One lead every ten days."""
    return {(date(2026, 1, 1) + timedelta(days=10 * number)).isoformat(): 1 for number in range(8)}


def test_a_sparse_source_may_be_as_silent_as_it_always_was() -> None:
    last = datetime(2026, 3, 12, 12, tzinfo=UTC)

    assert is_news(sparse(), last, last + timedelta(days=9)) is False
    assert is_news(sparse(), last, last + timedelta(days=30)) is True


def test_a_long_silence_does_not_become_what_is_usual() -> None:
    assert is_news(office(), FRIDAY, FRIDAY + timedelta(days=400)) is True


def test_a_busy_source_is_news_after_the_least_hours_and_not_before() -> None:
    days = {(MONDAY + timedelta(days=number)).isoformat(): 100 for number in range(19)}

    found = silence(days, FRIDAY, FRIDAY + timedelta(hours=24), RULE)

    assert found
    assert (found.hours, found.allowed, found.is_news) == (24.0, 24, False)
    assert is_news(days, FRIDAY, FRIDAY + timedelta(hours=25)) is True


def test_the_bounds_of_the_agreement_hold() -> None:
    days = {(MONDAY + timedelta(days=number)).isoformat(): 1 for number in range(19)}

    found = silence(days, FRIDAY, FRIDAY, RULE)

    assert found
    assert found.allowed == 6 * 24
    strict = silence(days, FRIDAY, FRIDAY, QuietAfter(6, 24, 48))
    assert strict
    assert strict.allowed == 48


def test_an_empty_day_in_a_busy_week_may_come_again() -> None:
    days = {(MONDAY + timedelta(days=number)).isoformat(): 100 for number in range(19)}
    del days["2026-03-10"]

    assert is_news(days, FRIDAY, FRIDAY + timedelta(hours=40)) is False
    assert is_news(days, FRIDAY, FRIDAY + timedelta(hours=49)) is True


def test_a_last_lead_in_the_future_is_no_silence() -> None:
    assert is_news(office(), FRIDAY, FRIDAY - timedelta(days=1)) is False
