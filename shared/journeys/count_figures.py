"""The figures follow the leads: whoever changed is counted again. Gather, decide, apply.

What changed is only a hint whom to look at: the lead is read as it is now, and what was counted of it before lies
beside it. So a hint that comes twice, late or in another order changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from shared.domain import stored_sums
from shared.domain.definition import Definition
from shared.domain.history import history_of
from shared.domain.lead import instant
from shared.domain.segments import Choices
from shared.domain.stored_sums import Parts
from shared.journeys.figure_ports import Counted, FigureStore, Recount
from shared.journeys.patience import patiently
from shared.journeys.ports import Clock, Pause

AT_ONCE = 25  # a transaction holds a hundred writes: two for each lead, and one for each sum that they touch


@dataclass(frozen=True, slots=True)
class CountFigures:
    """The journey with its surroundings."""

    store: FigureStore
    definition: Definition
    clock: Clock
    pause: Pause
    choices: Choices = field(default_factory=dict)

    def __call__(self, people: Iterable[str]) -> int:
        """How many of these people's leads count otherwise from now on. Raises TryAgain when the store stays away:
        who was written until then is counted, and the others can be told again.
        """
        return sum(self._patiently(shard, some) for shard, some in _in_groups(people))

    def _patiently(self, shard: int, people: list[str]) -> int:
        return patiently(lambda: self._some(shard, people), self.pause)

    def _some(self, shard: int, people: list[str]) -> int:
        found = [recount for person in people if (recount := self._recount(person))]
        if not found:
            return 0
        change = stored_sums.together(parts for _, parts in found)
        sums = stored_sums.added(self.store.sums(shard, change), change, instant(self.clock()))
        self.store.write(shard, tuple(recount for recount, _ in found), sums)
        return len(found)

    def _recount(self, person: str) -> tuple[Recount, Parts] | None:
        standing = self.store.standing(person)
        if standing is None:
            return None  # an erasure takes out what the lead had added
        lead, before = standing.lead, standing.counted
        parts = stored_sums.parts_of(lead, history_of(standing.lines), self.definition, self.choices)
        change = stored_sums.moved(before.parts, parts)
        return (Recount(person, lead.lead_id, Counted(parts, before.version + 1)), change) if change else None


def _in_groups(people: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Everybody once, by shard, so many as fit into a transaction."""
    by_shard: dict[int, list[str]] = {}
    for person in sorted(set(people)):
        by_shard.setdefault(stored_sums.shard_of(person), []).append(person)
    for shard, theirs in sorted(by_shard.items()):
        for start in range(0, len(theirs), AT_ONCE):
            yield shard, theirs[start : start + AT_ONCE]
