"""Who in sales gets a lead: the queue by territory, then whoever has the account already, then whose turn it is.

The turns of a queue are a fixed round: each owner has as many places in it as their weight, spread evenly. A turn goes
to the first place from the pointer on whose owner is available, and the pointer moves behind it. So owners of one
weight who are both available take turns strictly, whoever else comes and goes, and giving a lead back brings no other
(P21).
The pointer is all there is to store; who loses a race for it decides again.

Deterministic: the same asks in the same order give the same owners, which is how a past assignment is audited (N13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import gcd, lcm
from typing import Any

from shared.domain.business_time import Calendar, local_date
from shared.domain.identity import members
from shared.domain.sla import moment


@dataclass(frozen=True, slots=True)
class Owner:
    """One person in sales, by id. `capacity` is how many leads they may hold at once (B59c), None for no limit; `away`
    are absences as (first, last) local date.
    """

    id: str
    weight: int
    calendar: str
    capacity: int | None = None
    away: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """One named queue and its round of turns; a queue may have no owners when people take from it by themselves."""

    name: str
    calendar: str
    owners: tuple[str, ...]
    round: tuple[str, ...]
    respond_within_minutes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Territory:
    """Which leads a queue gets; what is None does not matter. Sizes are numbers of people, both ends included."""

    queue: str
    countries: frozenset[str] | None = None
    segments: frozenset[str] | None = None
    size_at_least: int | None = None
    size_at_most: int | None = None

    def covers(self, ask: Ask) -> bool:
        return (
            (self.countries is None or ask.country in self.countries)
            and (self.segments is None or ask.segment in self.segments)
            and (self.size_at_least is None or (ask.size is not None and ask.size >= self.size_at_least))
            and (self.size_at_most is None or (ask.size is not None and ask.size <= self.size_at_most))
        )


@dataclass(frozen=True, slots=True)
class Routing:
    """The compiled routing of one version. The last territory covers everybody; `fallback` is the queue that takes
    what nobody can. `existing_owner` says whose last offer gives the account: the person's, or the company's too.
    """

    version: str
    fallback: str
    owners: Mapping[str, Owner]
    queues: Mapping[str, Queue]
    territories: tuple[Territory, ...]
    existing_owner: str = "person"


@dataclass(frozen=True, slots=True)
class Work:
    """What an owner has in hand: leads that are open, and leads that they gave back or let lie since yesterday. Both
    count towards the capacity, so that dropping a lead makes no room for a better one.
    """

    open: int = 0
    given_back: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that an assignment depends on: `owner` has the account already, `had` are the owners who had this
    offer before, `to_fallback` sends it to the desk.
    """

    lead_id: str
    at: str
    country: str | None = None
    segment: str | None = None
    size: int | None = None
    owner: str | None = None
    had: tuple[str, ...] = ()
    to_fallback: bool = False
    work: Mapping[str, Work] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """JSON types only, for the log that an audit replays."""
        return {**members(self), "had": list(self.had), "work": {name: members(w) for name, w in self.work.items()}}


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a queue's round stands: the next `place` of a round of `size` places. Stored by compare-and-swap."""

    place: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets the lead, and why.

    `rule` is existing_owner, turn, or nobody_available (then `owner` is None and the lead waits in the queue).
    `open_to` are the owners of the queue who could have got it, `unavailable` all who could not, with the reason.
    `stood` is the queue's round before and `turn` afterwards, both None when it did not move.
    """

    lead_id: str
    version: str
    queue: str
    owner: str | None
    rule: str
    open_to: tuple[str, ...]
    unavailable: tuple[tuple[str, str], ...]
    turn: Turn | None = None
    stood: Turn | None = None


def routing_from(compiled: Mapping[str, Any]) -> Routing:
    """The routing of `agreement/compiled.json`."""
    owners = {name: _owner(name, row) for name, row in compiled["owners"].items()}
    return Routing(
        version=compiled["version"],
        fallback=compiled["fallback"],
        owners=owners,
        queues={name: _queue(name, row, owners) for name, row in compiled["queues"].items()},
        territories=tuple(_territory(row) for row in compiled["territories"]),
        existing_owner=compiled.get("existing_owner", "person"),
    )


def ask_from(plain: Mapping[str, Any]) -> Ask:
    """The ask from what `as_plain` gave, after a journey through JSON."""
    work = {name: Work(**row) for name, row in plain["work"].items()}
    return Ask(**{**plain, "had": tuple(plain["had"]), "work": work})


def queue_for(ask: Ask, routing: Routing) -> str:
    """The queue of the first territory that covers the lead."""
    if ask.to_fallback:
        return routing.fallback
    return next((t.queue for t in routing.territories if t.covers(ask)), routing.fallback)


def assign(ask: Ask, routing: Routing, calendars: Mapping[str, Calendar], turns: Mapping[str, Turn]) -> Assignment:
    """Who gets this lead. `turns` holds the rounds of `queue_for` and of the fallback queue; a missing one begins.

    When nobody in the queue is available the fallback queue takes the lead, with an owner or without: it is never lost.
    """
    queue = routing.queues[queue_for(ask, routing)]
    found = _assigned(ask, queue, routing, calendars, turns)
    if found.owner or queue.name == routing.fallback:
        return found
    desk = _assigned(ask, routing.queues[routing.fallback], routing, calendars, turns)
    return replace(desk, unavailable=tuple({**dict(found.unavailable), **dict(desk.unavailable)}.items()))


def replay(
    asks: Iterable[Ask], routing: Routing, calendars: Mapping[str, Calendar], turns: Mapping[str, Turn] | None = None
) -> tuple[Assignment, ...]:
    """The assignments of these asks in this order from these turns on: who should have got what."""
    standing, assignments = dict(turns or {}), []
    for ask in asks:
        made = assign(ask, routing, calendars, standing)
        if made.turn:
            standing[made.queue] = made.turn
        assignments.append(made)
    return tuple(assignments)


def round_of(weights: Mapping[str, int]) -> tuple[str, ...]:
    """One round of turns: each owner at even distances, as often as their weight; ties in the order given."""
    times = {name: weight // gcd(*weights.values()) for name, weight in weights.items()}
    length = lcm(*times.values())
    places = [
        ((2 * turn + 1) * length // often, order, name)
        for order, (name, often) in enumerate(times.items())
        for turn in range(often)
    ]
    return tuple(name for _, _, name in sorted(places))


def _assigned(
    ask: Ask, queue: Queue, routing: Routing, calendars: Mapping[str, Calendar], turns: Mapping[str, Turn]
) -> Assignment:
    reasons = {name: _obstacle(ask, routing.owners.get(name), calendars) for name in _candidates(ask, queue)}
    open_to = tuple(name for name in queue.owners if reasons[name] is None)
    unavailable = tuple((name, reason) for name, reason in reasons.items() if reason)
    owner, rule, turn, stood = None, "nobody_available", None, None
    if ask.owner and reasons[ask.owner] is None:
        owner, rule = ask.owner, "existing_owner"
    elif open_to:
        stood = turns.get(queue.name, Turn())
        owner, turn = _next(queue.round, stood, frozenset(open_to))
        rule = "turn"
    return Assignment(ask.lead_id, routing.version, queue.name, owner, rule, open_to, unavailable, turn, stood)


def _candidates(ask: Ask, queue: Queue) -> tuple[str, ...]:
    return (*([ask.owner] if ask.owner and ask.owner not in queue.owners else []), *queue.owners)


def _obstacle(ask: Ask, owner: Owner | None, calendars: Mapping[str, Calendar]) -> str | None:
    """Why this owner cannot get the lead; absences are dates on the owner's own wall."""
    if owner is None:
        return "unknown"
    if owner.id in ask.had:
        return "had_it"
    today = local_date(moment(ask.at), calendars[owner.calendar])
    if any(first <= today <= last for first, last in owner.away):
        return "away"
    work = ask.work.get(owner.id, Work())
    return "full" if owner.capacity is not None and work.open + work.given_back >= owner.capacity else None


def _next(places: tuple[str, ...], turn: Turn, open_to: frozenset[str]) -> tuple[str, Turn]:
    """The first available owner from the pointer on. After a change of the roster the pointer stays as far through the
    round as it was.
    """
    size = len(places)
    start = turn.place if turn.size == size else turn.place * size // max(turn.size, 1)
    place = next(place for place in range(start, start + size) if places[place % size] in open_to) % size
    return places[place], Turn((place + 1) % size, size)


def _owner(name: str, row: Mapping[str, Any]) -> Owner:
    away = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in row["away"])
    return Owner(name, row["weight"], row["calendar"], row.get("capacity"), away)


def _queue(name: str, row: Mapping[str, Any], owners: Mapping[str, Owner]) -> Queue:
    names = tuple(row["owners"])
    places = round_of({owner: owners[owner].weight for owner in names}) if names else ()
    return Queue(name, row["calendar"], names, places, row.get("respond_within_minutes", {}))


def _territory(row: Mapping[str, Any]) -> Territory:
    sets = {name: frozenset(row[name]) for name in ("countries", "segments") if name in row}
    return Territory(row["queue"], **sets, size_at_least=row.get("size_at_least"), size_at_most=row.get("size_at_most"))
