"""The AnswerStore port on memory, on the model, on moto and on ministack: one list of promises."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.dynamodb_answers import DynamoAnswers
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.memory_answers import MemoryAnswers
from shared.domain.errors import Conflict, RejectedInput, TryAgain
from shared.domain.sales_answer import Around, Settlement, decide
from tests.builders import DEFINITION
from tests.journeys.answer_world import FACTS, World, a_given
from tests.support.clouds import Cloud, fresh_tables
from tests.support.model import ModelDynamo
from tests.support.sales import AGREED, offers_of

STORES = ("memory", "model", "moto", "ministack")


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    def make(kind: str) -> Any:
        if kind == "memory":
            return MemoryAnswers()
        if kind == "model":
            return DynamoAnswers(ModelDynamo(), Tables("leads", "ledger", "notices", "suppressions"))
        cloud: Cloud = request.getfixturevalue(f"{kind}_cloud")
        return DynamoAnswers(cloud.dynamodb(), fresh_tables(cloud))

    return make


@pytest.fixture(params=STORES)
def world(request: pytest.FixtureRequest, made: Callable[[str], Any]) -> World:
    world = World(store=made(request.param))
    world.offer()
    return world


def a_settlement(world: World, *said: Any, **changes: Any) -> Settlement:
    around = Around(DEFINITION, FACTS["default"], AGREED.calendars, False, world.now)
    return decide(a_given(*said, **changes), world.desk, around)


def person_of(world: World) -> str:
    person: str = world.store.desk(world.lead_id)[0]
    return person


def test_what_was_settled_is_on_the_desk_at_once(world: World) -> None:
    settlement = a_settlement(world, "accepted")

    world.store.settle(person_of(world), settlement)

    assert (world.desk.lead, world.desk.offer) == (settlement.lead, settlement.offer)
    assert world.desk.answers == (settlement.kept,)


def test_nobody_has_no_desk(world: World) -> None:
    assert world.store.desk("0" * 32) is None


def test_a_promise_that_is_kept_is_due_no_more(world: World) -> None:
    offers, later = offers_of(world.store), world.now.replace(year=2027)
    assert len(list(offers.promises_due(later, 10))) == 1

    world.store.settle(person_of(world), a_settlement(world, "accepted"))
    accepted = len(list(offers.promises_due(later, 10)))
    world.store.settle(person_of(world), a_settlement(world, "contacted", 2))

    assert (accepted, len(list(offers.promises_due(later, 10)))) == (1, 0)


def test_a_decision_on_an_old_lead_is_a_conflict_and_writes_nothing(world: World) -> None:
    stale = a_settlement(world, "rejected", 2)
    world.store.settle(person_of(world), a_settlement(world, "accepted"))
    before = world.desk

    with pytest.raises(Conflict):
        world.store.settle(person_of(world), stale)

    assert world.desk == before


def test_the_same_answer_cannot_be_kept_twice(world: World) -> None:
    world.store.settle(person_of(world), a_settlement(world, "contacted"))
    again = a_settlement(world, "contacted")

    with pytest.raises(Conflict):
        world.store.settle(person_of(world), again)

    assert len(world.desk.answers) == 1


def test_a_decision_on_an_old_offer_is_a_conflict(world: World) -> None:
    settlement = a_settlement(world, "contacted")
    assert settlement.offer is not None
    older = replace(settlement, offer=replace(settlement.offer, version=settlement.offer.version + 1))

    with pytest.raises(Conflict):
        world.store.settle(person_of(world), older)


def test_an_answer_to_what_nobody_had_been_given_and_now_somebody_has_is_a_conflict(world: World) -> None:
    settlement = replace(a_settlement(world, "contacted"), offer=None, before=None)

    with pytest.raises(Conflict):
        world.store.settle(person_of(world), settlement)

    assert world.desk.answers == ()


def test_an_answer_is_on_the_offers_table_too(world: World) -> None:
    world.answer("contacted")

    assert offers_of(world.store).answers(person_of(world)) == world.desk.answers


def test_answers_come_in_the_order_of_their_time(world: World) -> None:
    for number, minutes in ((9, 1), (1, 1), (5, 1)):
        world.later(minutes=minutes)
        world.answer("contacted", number)

    assert [one.answer_id[-1] for one in world.desk.answers] == ["9", "1", "5"]


@pytest.mark.parametrize("kind", ["memory", "ministack"])
def test_of_two_reps_who_answer_at_once_one_wins_and_the_other_hears_it(kind: str, made: Callable[[str], Any]) -> None:
    world = World(store=made(kind))
    world.offer()

    def answer(number: int) -> str:
        for _ in range(20):
            with suppress(TryAgain):
                try:
                    return str(world.reply("rejected", number)["stage"])
                except RejectedInput as refused:
                    return refused.code
        return "no answer"

    with ThreadPoolExecutor(4) as crowd:
        said = sorted(crowd.map(answer, range(1, 5)))

    assert said == ["illegal_move", "illegal_move", "illegal_move", "recycled"]
    assert len(world.desk.answers) == 1
