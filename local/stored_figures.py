"""The stored figures for `leadgate report`: read (`--stored`), compared (`--check`) and mended (`--rebuild`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.adapters import aws, figure_items, figures_aws
from shared.domain import stored_sums
from shared.domain.errors import Conflict
from shared.domain.history import history_of
from shared.domain.kpis import Summary, less, merge
from shared.domain.lead import instant
from shared.domain.lead_facts import Totals
from shared.domain.stored_sums import PEERS, Parts, Sum
from shared.journeys.count_figures import CountFigures

if TYPE_CHECKING:
    from local.leads_table import LeadsTable
    from shared.adapters.dynamodb_figures import DynamoFigures
    from shared.adapters.items import Item

Place = tuple[int, str]  # shard and name of a sum
MANY = 200


def totals(table: LeadsTable) -> Totals:
    """The figures as they are stored. ValueError when nobody was ever counted: no sums are not zero."""
    sums = list(_store(table).all_sums())
    if not sums:
        raise ValueError(
            "No sums are stored yet. `leadgate report --tables --rebuild` counts the leads that are there."
        )
    return Totals(merge(one.summary for _, name, one in sums if name != PEERS))


def check(table: LeadsTable) -> tuple[int, list[str]]:
    """Counts every lead from its events and says where a stored sum is another; 1 when one is."""
    store, definition = _store(table), figures_aws.definition()

    def parts_of(items: list[Item]) -> Parts:
        standing = store.standing_in(items)
        if standing is None:
            return {}
        return stored_sums.parts_of(standing.lead, history_of(standing.lines), definition, figures_aws.choices())

    counted = _sums_over(table, parts_of)
    stored = {(shard, name): one.summary for shard, name, one in store.all_sums()}
    places = {place for place in {*counted, *stored} if _of(stored, place) != _of(counted, place)}
    found = [_difference(place, _of(stored, place), _of(counted, place)) for place in sorted(places)]
    return (1, found) if found else (0, [f"All {len(stored):,} stored sums are those of a count from the events."])


def rebuild(table: LeadsTable) -> tuple[int, list[str]]:
    """Counts every lead anew and makes each sum what its leads add to it; 1 when others kept writing meanwhile."""
    store = _store(table)
    count = CountFigures(store, figures_aws.definition(), lambda: datetime.now(UTC), aws.pause, figures_aws.choices())
    anew = sum(count(people) for people in _in_lots(table))
    put_right, busy = _mended(store, table)
    said = f"{anew:,} leads counted otherwise than before, {put_right:,} sums put right."
    again = [f"{busy:,} sums were moved by others meanwhile: run it again."] if busy else []
    return (1 if busy else 0), [said, *again]


def _mended(store: DynamoFigures, table: LeadsTable) -> tuple[int, int]:
    """How many sums were put right, and how many were written by others since they were read: a count moves what a lead
    adds and its sum together, so as long as a sum has its version, nothing that its leads add has changed.
    """
    stored = {(shard, name): one for shard, name, one in store.all_sums()}
    added = _sums_over(table, _added)
    wrong = [place for place in {*stored, *added} if stored.get(place, Sum()).summary != _of(added, place)]
    outcomes = [_put_right(store, place, stored.get(place, Sum()), _of(added, place)) for place in sorted(wrong)]
    return sum(outcomes), len(outcomes) - sum(outcomes)


def _put_right(store: DynamoFigures, place: Place, before: Sum, summary: Summary) -> bool:
    try:
        store.put_right(*place, Sum(summary, before.version + 1, instant(datetime.now(UTC))))
    except Conflict:
        return False
    return True


def _sums_over(table: LeadsTable, parts_of: Callable[[list[Item]], Parts]) -> Mapping[Place, Summary]:
    """What all people add, by sum; of so many at once that memory does not grow with the leads."""
    found: dict[Place, list[Summary]] = {}
    for items in table.people():
        for name, summary in parts_of(items).items():
            waiting = found.setdefault((stored_sums.shard_of(_person(items)), name), [])
            waiting.append(summary)
            if len(waiting) >= MANY:
                waiting[:] = [merge(waiting)]
    return {place: merge(waiting) for place, waiting in found.items()}


def _added(items: list[Item]) -> Parts:
    """What was counted of a person's lead."""
    return figure_items.counted_of(next((one for one in items if one["sk"]["S"] == figure_items.COUNTED), None)).parts


def _in_lots(table: LeadsTable) -> Iterator[list[str]]:
    lot: list[str] = []
    for items in table.people():
        lot.append(_person(items))
        if len(lot) >= MANY:
            yield lot
            lot = []
    yield lot


def _difference(place: Place, stored: Summary, counted: Summary) -> str:
    shard, name = place
    apart = sum(len(counts) for counts in less(stored, counted).cells.values())
    leads = f" ({stored.count('first:lead'):,} leads stored, {counted.count('first:lead'):,} counted)"
    return f"{name}, shard {shard}: {apart:,} numbers differ{'' if name == PEERS else leads}"


def _of(sums: Mapping[Place, Summary], place: Place) -> Summary:
    return sums.get(place, Summary())


def _person(items: Iterable[Item]) -> str:
    return str(next(iter(items))["pk"]["S"]).removeprefix("P#")


def _store(table: LeadsTable) -> DynamoFigures:
    return figures_aws.store(table.settings, table.dynamodb)
