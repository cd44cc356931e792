"""Were the turns of a queue fair? An audit over the assignments that were made, or that a replay gives (N13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from shared.domain.chance import chi_square, chi_square_tail
from shared.domain.routing import Assignment, Routing


@dataclass(frozen=True, slots=True)
class Fairness:
    """How fair the turns of one queue were.

    `got` and `expected` are turns per owner, expected by weight among those who were available each time. `widest` is
    the largest difference between two owners of one weight over any window in which both were available; more than 1
    is a fault. A window ends where the round does not stand as the turn before left it: there turns are missing, as of
    somebody who was erased. `chance` is how often pure chance would stray as far as this or farther.
    """

    queue: str
    got: Mapping[str, int]
    expected: Mapping[str, Fraction]
    widest: int
    statistic: float
    chance: float


def fairness(assignments: Iterable[Assignment], routings: Mapping[str, Routing], queue: str) -> Fairness:
    """The audit of a queue's turns, in the order in which they were given; `routings` by their versions."""
    turns = [made for made in assignments if made.queue == queue and made.rule == "turn"]
    names = tuple(dict.fromkeys(name for routing in routings.values() for name in _owners(routing, queue)))
    got = Counter(made.owner for made in turns)
    expected = {name: sum((_share(name, made, routings) for made in turns), Fraction(0)) for name in names}
    pairs = [(got[name], float(expected[name])) for name in names if expected[name]]
    statistic = chi_square(pairs)
    return Fairness(
        queue=queue,
        got={name: got[name] for name in names},
        expected=expected,
        widest=max((_widest(turns, a, b, routings) for a, b in combinations(names, 2)), default=0),
        statistic=statistic,
        chance=chi_square_tail(statistic, len(pairs) - 1),
    )


def _owners(routing: Routing, queue: str) -> tuple[str, ...]:
    return routing.queues[queue].owners if queue in routing.queues else ()


def _share(name: str, made: Assignment, routings: Mapping[str, Routing]) -> Fraction:
    """What of this turn was due to this owner."""
    if name not in made.open_to:
        return Fraction(0)
    owners = routings[made.version].owners
    return Fraction(owners[name].weight, sum(owners[other].weight for other in made.open_to))


def _widest(turns: Iterable[Assignment], one: str, other: str, routings: Mapping[str, Routing]) -> int:
    """The largest difference of turns over any window in which both were available under one version."""
    widest = ahead = behind = 0
    before: Assignment | None = None
    for made in turns:
        compared = _may_be_compared(made, one, other, routings[made.version])
        if not compared or before is None or made.version != before.version or made.stood != before.turn:
            ahead = behind = 0
        step = (made.owner == one) - (made.owner == other) if compared else 0
        ahead, behind, before = max(0, ahead + step), max(0, behind - step), made
        widest = max(widest, ahead, behind)
    return widest


def _may_be_compared(made: Assignment, one: str, other: str, routing: Routing) -> bool:
    """Were both available, with one weight?"""
    return {one, other} <= set(made.open_to) and routing.owners[one].weight == routing.owners[other].weight
