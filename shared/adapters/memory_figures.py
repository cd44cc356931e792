"""The stored sums in memory: the twin of dynamodb_figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.errors import Conflict
from shared.domain.lead import Lead
from shared.domain.stored_sums import PEERS, Sum, added, moved, shard_of
from shared.journeys.figure_ports import Counted, Recount, Standing

Told = tuple[Lead, tuple[Mapping[str, Any], ...]]


@dataclass(slots=True)
class MemoryFigures:
    """Keeps the FigureStore and Peers ports; `leads` are the leads with the lines of their history, by person."""

    leads: dict[str, Told] = field(default_factory=dict)
    counted: dict[str, Counted] = field(default_factory=dict)
    stored: dict[tuple[int, str], Sum] = field(default_factory=dict)

    def standing(self, person: str) -> Standing | None:
        told = self.leads.get(person)
        return Standing(*told, self.counted.get(person, Counted())) if told else None

    def sums(self, shard: int, names: Iterable[str]) -> Mapping[str, Sum]:
        return {name: self.stored.get((shard, name), Sum()) for name in names}

    def peers(self) -> tuple[Sum, ...]:
        return tuple(one for (_, name), one in self.stored.items() if name == PEERS)

    def forget(self, person: str) -> None:
        """The lead is erased, and what it has added with it."""
        del self.leads[person]
        shard, change = shard_of(person), moved(self.counted.pop(person, Counted()).parts, {})
        self.stored |= {(shard, name): one for name, one in added(self.sums(shard, change), change, "").items()}

    def write(self, shard: int, recounts: tuple[Recount, ...], sums: Mapping[str, Sum]) -> None:
        is_stale = any(self.counted.get(one.person, Counted()).version != one.counted.version - 1 for one in recounts)
        is_gone = any(one.person not in self.leads for one in recounts)
        if is_stale or is_gone or any(self.sums(shard, [n])[n].version != one.version - 1 for n, one in sums.items()):
            raise Conflict("somebody counted the same leads")
        self.counted |= {one.person: one.counted for one in recounts}
        self.stored |= {(shard, name): one for name, one in sums.items()}
