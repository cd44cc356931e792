"""The FigureStore port in memory, on the model and on moto: one list of promises."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared.adapters.dynamodb_erasure import DynamoErasures
from shared.adapters.dynamodb_figures import DynamoFigures
from shared.adapters.dynamodb_ledger import DynamoLedger, Tables
from shared.adapters.lead_lines import shown_fields
from shared.adapters.memory_figures import MemoryFigures
from shared.domain import erasure as erasures
from shared.domain.erasure import Around, Order, Traces
from shared.domain.errors import Conflict, TryAgain
from shared.domain.kpis import Summary
from shared.domain.stored_sums import PEERS, Sum, shard_of
from shared.domain.suppression import Found
from shared.journeys.count_figures import CountFigures
from shared.journeys.figure_ports import Counted, Recount
from tests.adapters.contract import an_intake, write
from tests.builders import AGREEMENT, DEFINITION, NOON, a_question
from tests.support.clouds import Cloud, fresh_tables
from tests.support.faults import KINDS, FaultyTransport, Killed, Schedule
from tests.support.model import ModelDynamo

MONTH = "2026-03"
PARTS = {MONTH: Summary({"all": {"lead": 1}}), PEERS: Summary({"default": {"42": 1}})}
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Stores:
    """The figures and, where leads are written as items, the ledger beside them."""

    figures: Any
    ledger: Any = None

    def somebody(self) -> tuple[str, str]:
        """Person key and id of a lead that is stored."""
        if self.ledger:
            where, intake = write(self.ledger, next(NUMBERS))
            return where.person, intake.lead.lead_id
        lead = an_intake(a_question(), next(NUMBERS)).lead
        self.figures.leads["a" * 32] = (lead, ())
        return "a" * 32, lead.lead_id

    def counted(self) -> tuple[str, Recount]:
        """Somebody who was counted once."""
        person, lead_id = self.somebody()
        recount = Recount(person, lead_id, Counted(PARTS, 1))
        self.figures.write(shard_of(person), (recount,), sums(1))
        return person, recount


def sums(version: int) -> Mapping[str, Sum]:
    return {name: Sum(summary, version, "2026-03-02T12:00:00.000Z") for name, summary in PARTS.items()}


@pytest.fixture(params=("memory", "model", "moto"))
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return Stores(MemoryFigures())
    if request.param == "model":
        transport: Any = ModelDynamo()
        tables = Tables("leads", "ledger", "notices", "suppressions")
    else:
        cloud: Cloud = request.getfixturevalue("moto_cloud")
        transport, tables = cloud.dynamodb(), fresh_tables(cloud)
    figures = DynamoFigures(transport, tables, AGREEMENT, shown_fields(AGREEMENT))
    return Stores(figures, DynamoLedger(transport, tables))


def test_a_lead_that_was_never_counted_adds_nothing_yet(stores: Stores) -> None:
    person, lead_id = stores.somebody()

    standing = stores.figures.standing(person)

    assert (standing.lead.lead_id, standing.counted) == (lead_id, Counted())
    assert stores.figures.sums(shard_of(person), [MONTH]) == {MONTH: Sum()}
    assert stores.figures.peers() == ()


def test_nobody_stands_where_no_lead_is(stores: Stores) -> None:
    assert stores.figures.standing("b" * 32) is None


def test_what_was_counted_stands_beside_the_lead_and_in_the_sums(stores: Stores) -> None:
    person, recount = stores.counted()

    assert stores.figures.standing(person).counted == recount.counted
    assert stores.figures.sums(shard_of(person), [MONTH, PEERS, "1999-01"]) == {**sums(1), "1999-01": Sum()}
    assert stores.figures.peers() == (sums(1)[PEERS],)


def test_who_counts_on_old_sums_or_an_old_lead_writes_nothing(stores: Stores) -> None:
    person, recount = stores.counted()
    again = replace(recount, counted=Counted({}, 2))

    for recounts, change in [((again,), sums(1)), ((recount,), sums(2))]:
        with pytest.raises(Conflict):
            stores.figures.write(shard_of(person), recounts, change)

    assert stores.figures.standing(person).counted == recount.counted
    assert stores.figures.sums(shard_of(person), [MONTH, PEERS]) == sums(1)


def test_nothing_is_counted_of_a_lead_that_is_gone(stores: Stores) -> None:
    recount = Recount("c" * 32, "f" * 32, Counted(PARTS, 1))

    with pytest.raises(Conflict):
        stores.figures.write(shard_of("c" * 32), (recount,), sums(1))

    assert stores.figures.peers() == ()


@pytest.mark.parametrize("stores", ["model", "moto"], indirect=True)
def test_an_erasure_takes_what_the_lead_had_added_out_of_the_sums_with_the_very_item_that_says_so(
    stores: Stores,
) -> None:
    person, _ = stores.somebody()
    CountFigures(stores.figures, DEFINITION, lambda: NOON, lambda attempt: None)([person])
    assert stores.figures.sums(shard_of(person), [MONTH])[MONTH].summary.count("lead") == 1
    forgetter = DynamoErasures(stores.ledger.transport, stores.ledger.tables)
    beginning = erasures.begin(
        stores.figures.standing(person).lead, Traces(person, (), {}, Found()), Order(), NOON, bytes(32)
    )
    forgetter.begin(beginning)
    step = erasures.without_pieces(beginning.erasure, forgetter.pieces(person, 16), Around(), NOON)

    forgetter.destroy(person, step, "chain")

    assert step.after.destroyed["figures"] == 1
    found = stores.figures.sums(shard_of(person), [MONTH, PEERS])
    assert {name: one.summary for name, one in found.items()} == {MONTH: Summary(), PEERS: Summary()}
    assert stores.figures.standing(person) is None


@pytest.mark.parametrize("stores", ["model", "moto"], indirect=True)
def test_a_lead_counts_from_its_own_items_and_every_sum_can_be_read(stores: Stores) -> None:
    person, _ = stores.somebody()

    assert CountFigures(stores.figures, DEFINITION, lambda: NOON, lambda attempt: None)([person]) == 1

    found = {(shard, name): one.summary for shard, name, one in stores.figures.all_sums()}
    assert {name for _, name in found} == {MONTH, PEERS}
    assert found[shard_of(person), MONTH].count("first:lead") == 1
    (peers,) = (one.summary for one in stores.figures.peers())
    assert sum(peers.cells["default"].values()) == 1


def times_counted(model: ModelDynamo, faults: Mapping[int, str]) -> tuple[int, int]:
    """As how many leads one lead counts after a batch that met these faults and came again, and the calls of both."""
    tables, schedule = Tables("leads", "ledger", "notices", "suppressions"), Schedule(faults)
    where, _ = write(DynamoLedger(model, tables), 1)
    figures = DynamoFigures(FaultyTransport(model, schedule), tables, AGREEMENT, shown_fields(AGREEMENT))
    for _ in range(2):
        with suppress(Killed, TryAgain):
            CountFigures(figures, DEFINITION, lambda: NOON, lambda attempt: None)([where.person])
    sums = DynamoFigures(model, tables, AGREEMENT, frozenset()).sums(shard_of(where.person), [MONTH])
    return sums[MONTH].summary.count("first:lead"), len(schedule.calls)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_call_goes_wrong_a_lead_is_counted_once(kind: str) -> None:
    _, calls = times_counted(ModelDynamo(), {})

    assert {times_counted(ModelDynamo(), {place: kind})[0] for place in range(calls)} == {1}
