"""When what failed is tried again: soon at first, then less and less often, so that it keeps nothing else waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=1)


def again_at(now: datetime, tries: int) -> datetime:
    """After so many failures in a row: 1, 2, 4, … minutes later, an hour at most."""
    doublings = min(tries - 1, 10)
    return now + min(FIRST * (1 << doublings), LONGEST)
