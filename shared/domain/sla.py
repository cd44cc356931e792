"""The promise to answer a lead in time, in business time, and what happens when it is broken.

Only a contact, or an answer that ends the offer, keeps it: who accepts and then does nothing has answered nobody.
Silence is a breach, never an acceptance (F30). A breach gives the lead to somebody else and tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.business_time import Calendar, Span, due, elapsed
from shared.domain.errors import Fault, RejectedInput
from shared.domain.identity import members
from shared.domain.lead import instant

KEEPS = ("contacted", "rejected", "bant", "won", "lost", "recycled")
REROUTES = 2  # POLICY: a third person, then the desk that always takes a lead


@dataclass(frozen=True, slots=True)
class Sla:
    """One promise. Moments are instants as text; `pauses` are (since, until), `paused_at` is a pause that still runs.

    `attempt` counts the owners who had this offer, the first one is 1.
    """

    band: str
    minutes: int
    calendar: str
    opened_at: str
    attempt: int
    pauses: tuple[tuple[str, str], ...] = ()
    paused_at: str | None = None
    accepted_at: str | None = None
    answered_at: str | None = None

    def as_plain(self) -> dict[str, Any]:
        """JSON types only."""
        return {**members(self), "pauses": [list(pause) for pause in self.pauses]}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is running, paused, kept or breached; `due_at` is None while a pause runs; `worked` is what business
    time has passed until the answer or until now.
    """

    status: str
    due_at: datetime | None
    worked: timedelta


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken promise: `kind` is silence or not_contacted (accepted, then nothing); `then` is what happens to the
    lead: reroute, fallback (the desk that always takes one), or escalate (it was there already).
    """

    sla: Sla
    kind: str
    due_at: str
    then: str

    def as_data(self, lead_id: str, owner: str | None, queue: str, version: int) -> dict[str, Any]:
        """The `data` of lead.sla_breached; `owner` and `queue` had the lead, no personal data."""
        return {
            "lead_id": lead_id,
            "version": version,
            "kind": self.kind,
            "owner": owner,
            "queue": queue,
            "attempt": self.sla.attempt,
            "then": self.then,
            "sla": {
                "band": self.sla.band,
                "respond_within_minutes": self.sla.minutes,
                "calendar": self.sla.calendar,
                "opened_at": self.sla.opened_at,
                "due_at": self.due_at,
            },
        }


def from_plain(plain: Mapping[str, Any]) -> Sla:
    """The promise from what `as_plain` gave, after a journey through JSON."""
    return Sla(**{**plain, "pauses": tuple((since, until) for since, until in plain["pauses"])})


def agreed(by_band: Mapping[str, int], cell: str, by_team: Mapping[str, int] | None = None) -> tuple[str, int]:
    """The band and its minutes: for a whole cell such as A1 before its grade A, the team's own before those of all."""
    minutes = {**by_band, **(by_team or {})}
    band = cell if cell in minutes else cell[0]
    return band, minutes[band]


def opened(agreement: tuple[str, int], calendar: str, now: datetime, attempt: int = 1) -> Sla:
    """A promise that begins now; `agreement` is what `agreed` gave."""
    return Sla(agreement[0], agreement[1], calendar, instant(now), attempt)


def paused(sla: Sla, now: datetime) -> Sla:
    """The clock stops, as when the person asked to be called next week."""
    if sla.paused_at:
        raise RejectedInput("invalid_disposition", Fault("/pause", "already_paused"))
    return replace(sla, paused_at=instant(now))


def resumed(sla: Sla, now: datetime) -> Sla:
    """The clock goes on."""
    if not sla.paused_at:
        raise RejectedInput("invalid_disposition", Fault("/pause", "not_paused"))
    return replace(sla, pauses=(*sla.pauses, (sla.paused_at, instant(now))), paused_at=None)


def answered(sla: Sla, kind: str, now: datetime) -> Sla:
    """The promise after an answer of sales; the first one of its kind counts. Accepting alone keeps no promise."""
    if kind in KEEPS:
        return replace(sla, answered_at=sla.answered_at or instant(now))
    return replace(sla, accepted_at=sla.accepted_at or instant(now))


def due_at(sla: Sla, calendar: Calendar) -> datetime | None:
    """When the answer is due; None while a pause runs that began before."""
    deadline = due(moment(sla.opened_at), sla.minutes, calendar, _pauses(sla))
    is_open = sla.paused_at is not None and moment(sla.paused_at) < deadline
    return None if is_open else deadline


def judge(sla: Sla, calendar: Calendar, now: datetime) -> Verdict:
    """How the promise stands. An answer at the very minute that it is due is in time."""
    end = moment(sla.answered_at) if sla.answered_at else now
    deadline = due_at(sla, calendar)
    running = [(moment(sla.paused_at), max(end, moment(sla.paused_at)))] if sla.paused_at else []
    worked = elapsed(moment(sla.opened_at), end, calendar, [*_pauses(sla), *running])
    if deadline is not None and end > deadline:
        return Verdict("breached", deadline, worked)
    if sla.answered_at:
        return Verdict("kept", deadline, worked)
    return Verdict("paused" if sla.paused_at else "running", deadline, worked)


def breach(sla: Sla, calendar: Calendar, now: datetime) -> Breach | None:
    """What to do about a promise that nobody has kept in time; None while there is nothing to do.

    A late answer is a breach in the figures, but there is nobody left to give the lead to.
    """
    verdict = judge(sla, calendar, now)
    if verdict.status != "breached" or verdict.due_at is None or sla.answered_at:
        return None
    then = "reroute" if sla.attempt <= REROUTES else "fallback" if sla.attempt == REROUTES + 1 else "escalate"
    return Breach(sla, "not_contacted" if sla.accepted_at else "silence", instant(verdict.due_at), then)


def moment(at: str) -> datetime:
    """The moment that an instant names."""
    return datetime.fromisoformat(at)


def _pauses(sla: Sla) -> list[Span]:
    return [(moment(since), moment(until)) for since, until in sla.pauses]
