"""The states of one consent (W3C DPV 2.3, in lower case and without "Consent") and what each event makes of them.

A cell of the table is the way through DPV's own transitions; an empty way means that the state stays. What a person
refused or withdrew stays a no while a new request waits for its confirmation. A cell that is None cannot happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.errors import CannotHappen
from shared.domain.lead import instant

STANDING = ("given", "renewed")
ENDED = ("withdrawn", "expired", "revoked", "invalidated")
STATES = ("unknown", "requested", "deferred", "refused", *STANDING, *ENDED)

# What DPV 2.3 allows (consent.md 3.3).
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "unknown": ("requested",),
    "requested": ("given", "refused", "deferred", "expired"),
    "deferred": ("requested",),
    "refused": ("requested",),
    **dict.fromkeys(STANDING, ("renewed", *ENDED)),
    **dict.fromkeys(ENDED, ("requested",)),
}

EVENTS: Mapping[str, str] = {
    "tick": "a valid tick that counts at once",
    "ask": "a valid tick that must be confirmed first",
    "blank": "a box left blank on a form",
    "confirm": "the waiting request is confirmed",
    "lapse": "the waiting request is not confirmed in time",
    "withdraw": "withdrawal, objection, one-click, unticked on the preference page",
    "expire": "the consent's own end",
    "revoke": "ended by us",
    "invalidate": "found void",
}

Way = tuple[str, ...] | None
STAYS: Way = ()
ANEW: Way = ("requested", "given")
NO_IN_FORCE = ("refused", "withdrawn", "revoked", "invalidated")


def _row(state: str) -> dict[str, Way]:
    if state in STANDING:
        again: Way = ("renewed",)
        ends: dict[str, Way] = {"withdraw": ("withdrawn",), "expire": ("expired",), "revoke": ("revoked",)}
        return {"tick": again, "ask": STAYS, "confirm": again, "lapse": STAYS, **ends, "invalidate": ("invalidated",)}
    if state in NO_IN_FORCE:
        return {"tick": ANEW, "ask": STAYS, "confirm": ANEW, "lapse": STAYS, "withdraw": STAYS}
    if state == "requested":
        answered: dict[str, Way] = {"tick": ("given",), "confirm": ("given",), "withdraw": ("refused",)}
        return {**answered, "ask": STAYS, "lapse": ("expired",)}
    waits: dict[str, Way] = {"confirm": ANEW, "lapse": STAYS} if state == "expired" else {}
    return {"tick": ANEW, "ask": ("requested",), "withdraw": ("requested", "refused"), **waits}


# Only a consent that stands can end by time, by us or by an audit.
TABLE: Mapping[str, Mapping[str, Way]] = {
    state: {event: {"blank": STAYS, **_row(state)}.get(event) for event in EVENTS} for state in STATES
}


def after(state: str, event: str) -> str:
    """The state after an event. Raises CannotHappen for an event that this state cannot meet."""
    way = TABLE[state][event]
    if way is None:
        raise CannotHappen(f"a consent that is {state} cannot {event}")
    return way[-1] if way else state


def now_at(standing: Mapping[str, Any] | None, now: datetime) -> str:
    """The state at this moment: a consent ends by itself on its day, without any nightly job."""
    if standing is None:
        return "unknown"
    status = str(standing["status"])
    return "expired" if status in STANDING and is_over(standing.get("expires"), now) else status


def is_over(end: str | None, now: datetime) -> bool:
    """`end` is a date or an instant; on that very day or moment it is over."""
    return end is not None and end <= instant(now)[: len(end)]


def table() -> str:
    """Markdown: a row for each state, a column for each event."""
    head = ("state", *EVENTS)
    rows = [head, ("---",) * len(head), *((state, *map(_cell, TABLE[state].values())) for state in STATES)]
    legend = "\n".join(f"- `{event}`: {meaning}" for event, meaning in EVENTS.items())
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + f"\n\n{legend}\n"


def _cell(way: Way) -> str:
    if way is None:
        return "–"
    return " → ".join(way) or "stays"
