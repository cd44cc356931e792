"""What routing remembers from lead to lead: where each queue's turns stand, and what its owners have in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.lead import instant
from shared.domain.routing import Turn, Work

KEPT = timedelta(days=1)  # a lead given back counts until the next day is over (decision 0015)


@dataclass(frozen=True, slots=True)
class Round:
    """The memory of one queue; `version` is that of the item as read, 0 when there is none yet.

    `open` counts the leads that an owner holds, `given_back` those that they gave back or let lie, by (owner, day).
    """

    queue: str
    turn: Turn = field(default_factory=Turn)
    open: Mapping[str, int] = field(default_factory=dict)
    given_back: Mapping[tuple[str, str], int] = field(default_factory=dict)
    version: int = 0


def work_of(rounds: Iterable[Round], now: datetime) -> dict[str, Work]:
    """What each owner has in hand over all queues; who has nothing is left out."""
    since, held, back = _day(now - KEPT), dict[str, int](), dict[str, int]()
    for one in rounds:
        for owner, count in one.open.items():
            held[owner] = held.get(owner, 0) + count
        for (owner, day), count in one.given_back.items():
            back[owner] = back.get(owner, 0) + (count if day >= since else 0)
    work = {owner: Work(held.get(owner, 0), back.get(owner, 0)) for owner in sorted({*held, *back})}
    return {owner: has for owner, has in work.items() if has != Work()}


def given_out(one: Round, owner: str | None, turn: Turn | None, now: datetime) -> Round:
    """The round after a lead went to this owner, or to nobody in particular; what no longer counts is forgotten."""
    since = _day(now - KEPT)
    return replace(
        one,
        turn=turn or one.turn,
        open=_more(one.open, owner, 1) if owner else one.open,
        given_back={key: count for key, count in one.given_back.items() if key[1] >= since},
    )


def taken_back(one: Round, owner: str | None, now: datetime) -> Round:
    """The round after this owner let a lead lie."""
    if owner is None:
        return one
    key = (owner, _day(now))
    return replace(let_go(one, owner), given_back={**one.given_back, key: one.given_back.get(key, 0) + 1})


def let_go(one: Round, owner: str | None) -> Round:
    """The round after this owner holds one lead less, and nobody is to blame."""
    return replace(one, open=_more(one.open, owner, -1)) if owner else one


def handed_on(
    one: Round, before: tuple[str, str] | None, after: tuple[str, str] | None, back: datetime | None
) -> Round:
    """The round after an offer went from one holder (queue, owner) to another; `back` is when it was given back."""
    if before and before != after and before[0] == one.queue:
        one = taken_back(one, before[1], back) if back else let_go(one, before[1])
    if after and before != after and after[0] == one.queue:
        one = replace(one, open=_more(one.open, after[1], 1))
    return one


def _more(counts: Mapping[str, int], owner: str, by: int) -> dict[str, int]:
    after = {**counts, owner: counts.get(owner, 0) + by}
    return {name: count for name, count in after.items() if count}


def _day(at: datetime) -> str:
    return instant(at)[:10]
