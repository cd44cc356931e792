"""Was every lead given out by the rules? Each decision is made again from what was written of it (N13).

A decision holds all that it rests on: the ask, the version of the rules, and where the round stood. So each replays
alone, also where others are missing because their person was erased.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from shared.domain.business_time import Calendar
from shared.domain.errors import CannotHappen
from shared.domain.fairness import fairness
from shared.domain.routing import Ask, Assignment, Routing, Turn, ask_from, assign

Rules = tuple[Routing, Mapping[str, Calendar]]
NOT_READABLE = "it cannot be read"
TWICE = "another decision has this very turn"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as it was written: a line of an offer's history. `number` is that of the write that moved the
    queue's round, 0 when it stayed; `stood` is where the round stood before.
    """

    lead_id: str
    crossing: int
    at: str
    queue: str
    owner: str | None
    why: str
    version: str
    number: int
    stood: Turn | None
    ask: Ask


@dataclass(frozen=True, slots=True)
class Doubt:
    """A decision that the rules do not give again, and what is wrong about it; never who the person is."""

    lead_id: str
    crossing: int
    at: str
    queue: str
    what: str


@dataclass(frozen=True, slots=True)
class Books:
    """What the owners of one queue got: leads, and turns among them, with the turns that were due to them.

    `weights` are those of the latest rules. `missing` counts the places where turns are not here; `widest` as in
    `Fairness`.
    """

    queue: str
    weights: Mapping[str, int]
    leads: Mapping[str, int]
    turns: Mapping[str, int]
    expected: Mapping[str, Fraction]
    nobody: int
    widest: int
    missing: int


@dataclass(frozen=True, slots=True)
class Audit:
    """`replayed` counts the decisions that the rules give again; `unknown` those by versions of the rules that are not
    at hand: nothing is known about them.
    """

    decisions: int
    replayed: int
    books: tuple[Books, ...]
    doubts: tuple[Doubt, ...]
    unknown: Mapping[str, int]

    @property
    def is_clean(self) -> bool:
        return not self.doubts and not self.unknown and all(one.widest <= 1 for one in self.books)


def decision_from(lead_id: str, crossing: int, line: Mapping[str, Any]) -> Decision | Doubt:
    """The decision of a line of history; a doubt where somebody wrote something else there."""
    try:
        return Decision(
            lead_id=lead_id,
            crossing=crossing,
            at=_text(line["at"]),
            queue=_text(line["queue"]),
            owner=None if line["owner"] is None else _text(line["owner"]),
            why=_text(line["why"]),
            version=_text(line["routing"]),
            number=int(line["turn"]),
            stood=Turn(**line["stood"]) if line["stood"] else None,
            ask=ask_from(line["ask"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return Doubt(lead_id, crossing, str(line.get("at", "")), str(line.get("queue", "")), NOT_READABLE)


def audit(found: Iterable[Decision | Doubt], rules: Mapping[str, Rules]) -> Audit:
    """Every decision made again; `rules` by their version, the latest last."""
    everything = list(found)
    decisions = [one for one in everything if isinstance(one, Decision)]
    known = sorted((one for one in decisions if one.version in rules), key=lambda one: (one.queue, one.number, one.at))
    doubts = [one for one in everything if isinstance(one, Doubt)]
    made: list[Assignment] = []
    replayed = 0
    for one in known:
        again = _again(one, *rules[one.version])
        made += [_as_written(one, again)] if again else []
        wrong = _doubts(one, again)
        doubts += wrong
        replayed += not wrong
    routings = {version: routing for version, (routing, _) in rules.items()}
    queues = dict.fromkeys([*(name for one in routings.values() for name in one.queues), *(one.queue for one in made)])
    return Audit(
        decisions=len(everything),
        replayed=replayed,
        books=tuple(_books(queue, made, routings) for queue in queues),
        doubts=tuple(sorted([*doubts, *_twice(known)], key=lambda one: (one.at, one.lead_id, one.what))),
        unknown=Counter(one.version for one in decisions if one.version not in rules),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _again(one: Decision, routing: Routing, calendars: Mapping[str, Calendar]) -> Assignment | None:
    """What the rules give; None when they can make nothing of such an ask."""
    try:
        return assign(one.ask, routing, calendars, {one.queue: one.stood} if one.stood else {})
    except (TypeError, ValueError, KeyError, AttributeError, CannotHappen):
        return None


def _doubts(one: Decision, again: Assignment | None) -> list[Doubt]:
    if again is None:
        return [Doubt(one.lead_id, one.crossing, one.at, one.queue, NOT_READABLE)]
    pairs = (
        ("lead", one.lead_id, one.ask.lead_id),
        ("queue", one.queue, again.queue),
        ("owner", one.owner or "nobody", again.owner or "nobody"),
        ("why", one.why, again.rule),
        ("round", "moved" if one.number else "stayed", "moved" if again.turn else "stayed"),
    )
    wrong = [f"{what} {written}, by the rules {due}" for what, written, due in pairs if written != due]
    return [Doubt(one.lead_id, one.crossing, one.at, one.queue, "; ".join(wrong))] if wrong else []


def _as_written(one: Decision, again: Assignment) -> Assignment:
    """Who really got it, among those who could have."""
    return replace(again, queue=one.queue, owner=one.owner, rule=one.why)


def _twice(turns: Iterable[Decision]) -> Iterable[Doubt]:
    """One write moves a round once; the decisions come in the order of queues and writes."""
    moved = [one for one in turns if one.number]
    return [
        Doubt(two.lead_id, two.crossing, two.at, two.queue, TWICE)
        for one, two in pairwise(moved)
        if (one.queue, one.number) == (two.queue, two.number)
    ]


def _books(queue: str, made: Iterable[Assignment], routings: Mapping[str, Routing]) -> Books:
    ours = [one for one in made if one.queue == queue]
    fair = fairness(ours, routings, queue)
    leads = Counter(one.owner for one in ours if one.owner)
    names = [*fair.got, *sorted(leads.keys() - fair.got.keys())]
    return Books(
        queue=queue,
        weights=_weights(names, routings),
        leads={name: leads[name] for name in names},
        turns={name: fair.got.get(name, 0) for name in names},
        expected={name: fair.expected.get(name, Fraction(0)) for name in names},
        nobody=sum(one.owner is None for one in ours),
        widest=fair.widest,
        missing=_missing([one for one in ours if one.rule == "turn"]),
    )


def _weights(names: Iterable[str], routings: Mapping[str, Routing]) -> dict[str, int]:
    """Of owners whom no rules know there is none."""
    weights = {name: owner.weight for routing in routings.values() for name, owner in routing.owners.items()}
    return {name: weights.get(name, 0) for name in names}


def _missing(turns: Sequence[Assignment]) -> int:
    """Where the round does not stand as the turn before left it; a queue's very first round begins at its start."""
    before = [Turn(), *(one.turn for one in turns)]
    return sum(one.stood != left for one, left in zip(turns, before, strict=False))
