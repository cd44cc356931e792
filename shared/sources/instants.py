"""The moment that another server names: RFC 3339 with its zone, not in the future."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.errors import Fault
from shared.domain.lead import instant

# Clocks of servers differ a little.
AHEAD_AT_MOST = timedelta(minutes=5)

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")


def instant_of(given: Any, now: datetime) -> tuple[str | None, list[Fault]]:
    """The member `at` as an instant of ours, None when it was not given; or what is wrong with it."""
    if given is None:
        return None, []
    try:
        moment = datetime.fromisoformat(given if isinstance(given, str) and _INSTANT.fullmatch(given) else "")
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None, [Fault("/at", "not_an_instant")]
    if moment - now > AHEAD_AT_MOST:
        return None, [Fault("/at", "in_the_future")]
    return instant(min(moment, now)), []
