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
    is a fault. `chance` is how often pure chance would stray as far as this or farther.
    """

    queue: str
    got: Mapping[str, int]
    expected: Mapping[str, Fraction]
    widest: int
    statistic: float
    chance: float


def fairness(assignments: Iterable[Assignment], routing: Routing, queue: str) -> Fairness:
    """The audit of a queue's turns, in the order in which they were given."""
    turns = [made for made in assignments if made.queue == queue and made.rule == "turn"]
    names = routing.queues[queue].owners
    got = Counter(made.owner for made in turns)
    expected = {name: sum((_share(name, made, routing) for made in turns), Fraction(0)) for name in names}
    pairs = [(got[name], float(expected[name])) for name in names if expected[name]]
    statistic = chi_square(pairs)
    alike = [(a, b) for a, b in combinations(names, 2) if routing.owners[a].weight == routing.owners[b].weight]
    return Fairness(
        queue=queue,
        got={name: got[name] for name in names},
        expected=expected,
        widest=max((_widest(turns, a, b) for a, b in alike), default=0),
        statistic=statistic,
        chance=chi_square_tail(statistic, len(pairs) - 1),
    )


def _share(name: str, made: Assignment, routing: Routing) -> Fraction:
    """What of this turn was due to this owner."""
    if name not in made.open_to:
        return Fraction(0)
    return Fraction(routing.owners[name].weight, sum(routing.owners[other].weight for other in made.open_to))


def _widest(turns: Iterable[Assignment], one: str, other: str) -> int:
    """The largest difference of turns over any window in which both were available under one version."""
    widest = ahead = behind = 0
    version = None
    for made in turns:
        if not {one, other} <= set(made.open_to) or made.version != version:
            version, ahead, behind = made.version, 0, 0
        step = (made.owner == one) - (made.owner == other) if {one, other} <= set(made.open_to) else 0
        ahead, behind = max(0, ahead + step), max(0, behind - step)
        widest = max(widest, ahead, behind)
    return widest
