"""What is kept of the figures, so that nobody has to read every lead: sums by month and shard, and beside each lead
what it has added to them.

A lead adds to the sums of the month in which it came in, on one shard. When something changes, what it added before is
taken out and what it adds now is put in, in one step. So however often, how late and in which order a change is told,
the sums are those of a count of all leads as they are. Nothing here names a person, and no sum leads to one: of what
people answer only choices are counted that a form offers, never a text that somebody typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.definition import Definition
from shared.domain.history import History
from shared.domain.kpis import Summary, less, merge
from shared.domain.lead import Lead
from shared.domain.lead_facts import counted
from shared.domain.ranking import NO_PEER, percentile
from shared.domain.segments import NO_CHOICES, Choices

SHARDS = 8
PEERS = "peers"  # the sum that is no month: how many leads have so many points

Parts = Mapping[str, Summary]  # by the name of a sum: a month such as 2026-03, or PEERS


@dataclass(frozen=True, slots=True)
class Sum:
    """One stored sum; `version` is that of the item as read, 0 when there is none yet, `at` when it was written."""

    summary: Summary = field(default_factory=Summary)
    version: int = 0
    at: str = ""


def shard_of(person: str) -> int:
    """Where the leads of a person key count: always the same shard, and all shards get about as many."""
    return int(person[:2], 16) % SHARDS


def parts_of(lead: Lead, history: History, definition: Definition, choices: Choices = NO_CHOICES) -> Parts:
    """What a lead adds to which sum, as it is now; of its answers those that are among the `choices`."""
    figures = {lead.created_at[:7]: counted(history, definition, choices)}
    has_peers = lead.is_judged and not lead.is_test and lead.stage not in NO_PEER
    return {**figures, PEERS: _peer(lead)} if has_peers else figures


def moved(before: Parts, after: Parts) -> Parts:
    """What must be added to each sum so that `after` counts instead of `before`; nothing where nothing changes."""
    names = sorted({*before, *after})
    changes = {name: less(after.get(name, Summary()), before.get(name, Summary())) for name in names}
    return {name: change for name, change in changes.items() if change.cells}


def together(several: Iterable[Parts]) -> Parts:
    """Several changes as one."""
    found: dict[str, list[Summary]] = {}
    for parts in several:
        for name, summary in parts.items():
            found.setdefault(name, []).append(summary)
    return {name: merge(summaries) for name, summaries in found.items()}


def added(sums: Mapping[str, Sum], change: Parts, at: str) -> Mapping[str, Sum]:
    """The sums that a change touches, as they are after it."""
    return {
        name: Sum(merge((sums[name].summary, summary)), sums[name].version + 1, at) for name, summary in change.items()
    }


def rank(sums: Iterable[Sum], lead: Lead) -> dict[str, Any] | None:
    """How a lead stands among `leads` that its definition judges: of a hundred, how many have fewer points (B18).

    None while nobody is counted. It compares the points at the last act, of the lead as of its peers.
    """
    known = tuple(sums)
    found = merge(one.summary for one in known).cells.get(lead.ruled_by, {})
    peers = {int(points): count for points, count in found.items()}
    place = percentile(peers, lead.score)
    if place is None:
        return None
    return {"percentile": place, "leads": sum(peers.values()), "as_of": max(one.at for one in known)}


def _peer(lead: Lead) -> Summary:
    """The lead among those of its definition, by its whole points at its last act: points that age would have to be
    counted anew every day.
    """
    return Summary({lead.ruled_by: {str(int(lead.score)): 1}})
