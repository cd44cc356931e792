"""Who is first, and how a score stands among the others.

The rank moves when peers move, the score does not (requirement B18): so the rank is shown beside it and decides
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NO_PEER = ("withdrawn", "erased")  # whom nobody is compared with
Distribution = Mapping[int, int]  # how many leads have so many whole points


@dataclass(frozen=True, slots=True)
class Ranked:
    """What the order of a work list needs of a lead; `since` is when it came to where it is (RFC 3339)."""

    lead_id: str
    score: int | float
    since: str


def work_list(leads: Iterable[Ranked]) -> list[Ranked]:
    """The most points first, of equals the one who waits longest, then by id: a total order (A1b, A23a)."""
    return sorted(leads, key=lambda one: (-one.score, one.since, one.lead_id))


def percentile(peers: Distribution, score: int | float) -> int | None:
    """Of a hundred peers, how many have fewer points, equals counted half: 0 to 100. None without peers."""
    count = sum(peers.values())
    if not count:
        return None
    below = sum(number for points, number in peers.items() if points < int(score))
    return round(100 * (below + peers.get(int(score), 0) / 2) / count)
