"""What every store of offers promises; the twin in memory and DynamoDB run the same list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters import offer_items
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.dynamodb_offers import DynamoOffers
from shared.adapters.memory import MemoryLedger, MemoryOffers
from shared.domain import offer as offers
from shared.domain import sla
from shared.domain.errors import Conflict
from shared.domain.message import sla_breached
from shared.domain.offer import Basis, Offered
from shared.domain.rounds import Round, given_out
from shared.domain.routing import Ask, Turn, assign
from shared.journeys.offer_ports import Step
from shared.journeys.ports import Place
from tests.adapters.contract import write
from tests.builders import NOON
from tests.support.clouds import Cloud, fresh_tables
from tests.support.model import ModelDynamo
from tests.support.sales import AGREED

TABLES = Tables("leads", "ledger", "notices", "suppressions")
DUE = "2026-03-02T13:00:00.000Z"
ANSWERED = {"kind": "rejected", "actor": "dach-1", "at": DUE, "reason": "no_need"}


def an_offer(lead_id: str, crossing: int = 1) -> Offered:
    ask = Ask(lead_id, DUE, country="AT")
    basis = Basis(lead_id, crossing, DUE, "2026.2", (), "A1", {"A1": 60})
    made = assign(ask, AGREED.routing, AGREED.calendars, {})
    return offers.assigned(basis, ask, made, sla.opened(("A1", 60), "europe", NOON), AGREED.calendars, 1)


class OfferContract:
    """Inherit and give an `offers` fixture: the store, and the ledger beside it."""

    def one(self, both: Any) -> tuple[str, Step]:
        """Ada's lead is stored, and this would give it to dach-1."""
        _, ledger = both
        keys, intake = write(ledger, 1)
        taken = given_out(Round("dach"), "dach-1", Turn(1, 3), NOON)
        return keys.person, Step(an_offer(intake.lead.lead_id), DUE, (taken,), intake.lead, NOON)

    def test_at_first_there_is_the_lead_and_nothing_else(self, both: Any) -> None:
        person, step = self.one(both)

        standing = both[0].standing(person, 1, ["dach", "desk"])

        assert (standing.lead, standing.offer, standing.before) == (step.lead, None, None)
        assert standing.rounds == {"dach": Round("dach"), "desk": Round("desk")}

    def test_what_was_taken_stands_with_its_round(self, both: Any) -> None:
        person, step = self.one(both)

        both[0].take(person, step)

        standing = both[0].standing(person, 1, ["dach"])
        assert (standing.offer, standing.lead) == (step.offer, step.lead)
        assert standing.rounds["dach"] == replace(step.rounds[0], version=1)

    def test_the_offer_before_stands_beside_the_new_one(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)

        standing = both[0].standing(person, 2, [])

        assert (standing.offer, standing.before) == (None, step.offer)

    def test_the_offer_before_may_end_in_the_same_step(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)
        ended = offers.ended(step.offer, "offered_again", NOON)
        again = replace(step, offer=an_offer(step.offer.lead_id, crossing=2), rounds=(), before=ended)

        both[0].take(person, again)

        assert both[0].standing(person, 2, []).before == ended
        with pytest.raises(Conflict):
            both[0].take(person, replace(again, offer=an_offer(step.offer.lead_id, crossing=3)))

    def test_the_companys_last_offer_is_found_by_the_company(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, replace(step, company="c" * 32))

        account = both[0].standing("0" * 32, 1, [], "c" * 32).account

        assert account == Place(person, "OFFER#0001")
        assert both[0].offer(account) == step.offer
        assert both[0].standing("0" * 32, 1, [], "d" * 32).account is None
        assert both[0].standing("0" * 32, 1, []).account is None

    def test_a_new_offer_of_a_lead_that_changed_meanwhile_is_a_conflict(self, both: Any) -> None:
        person, step = self.one(both)
        write(both[1], 2)

        with pytest.raises(Conflict):
            both[0].take(person, step)

    def test_without_answers_there_are_none(self, both: Any) -> None:
        person, _ = self.one(both)

        assert both[0].answers(person) == ()

    def test_an_offer_is_given_out_once(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)

        with pytest.raises(Conflict):
            both[0].take(person, replace(step, rounds=()))

    def test_a_turn_is_given_once(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)

        with pytest.raises(Conflict):
            both[0].take(person, replace(step, offer=an_offer(step.offer.lead_id, crossing=2)))
        assert both[0].standing(person, 2, []).offer is None

    def test_nothing_is_given_out_of_a_lead_that_is_another_one_by_now(self, both: Any) -> None:
        person, step = self.one(both)
        assert step.lead is not None

        with pytest.raises(Conflict):
            both[0].take(person, replace(step, lead=replace(step.lead, lead_id="f" * 32)))
        assert both[0].standing(person, 1, ["dach"]).rounds["dach"] == Round("dach")

    def test_a_breach_writes_the_lead_and_its_message_too(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)
        broken = self.broken(step)

        both[0].take(person, broken)

        waiting = both[1].waiting(Place(person, "OUT#0000000002"))
        assert waiting is not None
        assert ((waiting.message,), waiting.lead) == (broken.messages, broken.lead)

    def test_a_breach_that_was_decided_on_an_older_lead_is_a_conflict(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)
        write(both[1], 2)

        with pytest.raises(Conflict):
            both[0].take(person, self.broken(step))

    def test_a_promise_is_found_when_it_is_due_until_it_is_over(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)
        place = Place(person, "OFFER#0001")

        assert list(both[0].promises_due(NOON + timedelta(minutes=59), 10)) == []
        assert list(both[0].promises_due(NOON + timedelta(minutes=60), 10)) == [place]
        both[0].take(person, Step(offers.ended(step.offer, "gone", NOON), None, (), None, NOON))
        assert list(both[0].promises_due(NOON + timedelta(days=1), 10)) == []

    def test_an_offer_of_a_lead_that_is_gone_can_still_end_and_no_other_step_is_lost(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)

        both[0].take(person, Step(offers.ended(step.offer, "gone", NOON), None, (), None, NOON))

        ended = both[0].standing(person, 1, []).offer
        assert ended is not None
        assert (ended.version, ended.ended) == (2, {"at": "2026-03-02T12:00:00.000Z", "why": "gone"})

    def test_what_failed_is_due_later_and_later(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)
        place, now = Place(person, "OFFER#0001"), NOON + timedelta(hours=1)

        both[0].postpone(place, now)
        both[0].postpone(place, now)

        assert list(both[0].promises_due(now + timedelta(seconds=119), 10)) == []
        assert list(both[0].promises_due(now + timedelta(seconds=120), 10)) == [place]

    def test_a_message_that_failed_is_overdue_again_later(self, both: Any) -> None:
        person, _ = self.one(both)
        place, now = Place(person, "OUT#0000000001"), NOON + timedelta(hours=1)

        both[1].postpone(place, now)

        assert list(both[1].overdue(now, 10)) == []
        assert list(both[1].overdue(now + timedelta(minutes=1), 10)) == [place]

    def test_postponing_what_is_over_or_not_there_is_harmless(self, both: Any) -> None:
        person, _ = self.one(both)
        both[1].mark_delivered(Place(person, "OUT#0000000001"), NOON)

        both[1].postpone(Place(person, "OUT#0000000001"), NOON)
        both[1].postpone(Place(person, "OFFER#0007"), NOON)

        assert list(both[1].overdue(NOON + timedelta(days=1), 10)) == []

    def broken(self, step: Step) -> Step:
        assert step.lead is not None
        lead = replace(step.lead, version=2)
        message = sla_breached(lead, 1, {"lead_id": lead.lead_id, "attempt": 1}, NOON)
        return Step(replace(step.offer, version=2), DUE, (), lead, NOON, (message,))


class TestInMemory(OfferContract):
    @pytest.fixture
    def both(self) -> Any:
        ledger = MemoryLedger()
        return MemoryOffers(ledger), ledger


class TestAgainstTheModel(OfferContract):
    @pytest.fixture
    def both(self) -> Any:
        store = DynamoOffers(ModelDynamo(), TABLES)
        return store, store


class TestAgainstMoto(OfferContract):
    @pytest.fixture
    def both(self, moto_cloud: Cloud) -> Any:
        store = DynamoOffers(moto_cloud.dynamodb(), fresh_tables(moto_cloud))
        return store, store

    def test_an_answer_moves_the_holders_without_reading_the_round(self, both: Any) -> None:
        person, step = self.one(both)
        both[0].take(person, step)
        after = replace(step.offer, answers=(ANSWERED,))

        moves = list(offer_items.holders_moved(both[0].tables.leads, step.offer, after, "2026-03-02"))
        both[0].transport.send("TransactWriteItems", {"TransactItems": moves})

        turns = both[0].standing(person, 1, ["dach"]).rounds["dach"]
        assert (turns.open.get("dach-1", 0), turns.given_back) == (0, {("dach-1", "2026-03-02"): 1})
        assert (turns.version, turns.turn) == (2, Turn(1, 3))


def test_somebody_else_who_accepts_holds_the_lead_from_then_on() -> None:
    before = an_offer("3" * 32)
    store = DynamoOffers(ModelDynamo(), TABLES)

    moves = list(offer_items.holders_moved("leads", before, replace(before, owner="dach-3"), "2026-03-02"))
    store.transport.send("TransactWriteItems", {"TransactItems": moves})

    turns = store.standing("a" * 32, 1, ["dach"]).rounds["dach"]
    assert turns.open == {"dach-1": -1, "dach-3": 1}


def test_an_answer_that_moves_nobody_writes_nothing() -> None:
    offer = an_offer("3" * 32)

    assert list(offer_items.holders_moved("leads", offer, replace(offer, contacted_at=DUE), "2026-03-02")) == []


def test_an_answer_to_an_offer_of_the_desk_frees_nobodys_hands() -> None:
    offer = replace(an_offer("3" * 32), owner=None)

    assert list(offer_items.holders_moved("leads", offer, replace(offer, answers=(ANSWERED,)), "2026-03-02")) == []
