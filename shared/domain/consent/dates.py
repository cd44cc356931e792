"""Calendar arithmetic of the consent rules."""

from __future__ import annotations

from datetime import UTC, datetime

DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
YEARS = range(1970, 9000)


def months_after(moment: datetime, months: int) -> datetime:
    """The same day and hour so many calendar months later; a day that the month lacks becomes its last one."""
    years, month0 = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month0 + 1, day=min(moment.day, _length(year, month0)))


def _length(year: int, month0: int) -> int:
    leap = month0 == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap else DAYS[month0]


def day(moment: datetime | None) -> str | None:
    """YYYY-MM-DD in UTC."""
    return moment.date().isoformat() if moment else None


def instant(value: object) -> datetime | None:
    """The UTC instant that a datetime or an ISO 8601 text names, midnight for a bare day; None when it names none."""
    moment = _parsed(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.year not in YEARS:
        return None
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment.astimezone(UTC)


def is_naive(value: object) -> bool:
    """Does this name a time of day without saying where on earth?"""
    moment = _parsed(value) if isinstance(value, str) else value
    return isinstance(moment, datetime) and moment.utcoffset() is None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
