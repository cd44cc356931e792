"""The ErasureStore port on memory, on the model, on moto and on ministack: one list of promises."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.dynamodb_erasure import DynamoErasures
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.dynamodb_permissions import DynamoPermissions
from shared.adapters.memory_erasure import MemoryErasures
from shared.domain import erasure as erasures
from shared.domain import offer as offers
from shared.domain import rounds
from shared.domain.erasure import Around, Beginning, Erasure, Order, Traces, Work
from shared.domain.errors import Conflict
from shared.domain.lead import Lead, instant
from shared.domain.mail_budget import Budget
from shared.domain.offer import Offered
from shared.domain.rounds import Round
from shared.domain.routing import Turn
from shared.domain.submission import ContactPoints
from shared.domain.suppression import Found
from shared.domain.tokens import Token
from shared.journeys.erase_ports import Standing
from shared.journeys.offer_ports import Step
from shared.journeys.ports import ERASED, Keys, Place
from tests.adapters.contract import NOTICE, an_intake, keys, write
from tests.adapters.test_offer_stores import an_offer
from tests.builders import ADA, KEYRING, NOON, a_question
from tests.support.clouds import Cloud, fresh_tables
from tests.support.model import ModelDynamo
from tests.support.sales import offers_of

STORES = ("memory", "model", "moto", "ministack")
MARKS = KEYRING.suppression_marks(ContactPoints("ada@example.com", "+33612345678"))
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Stores:
    """One store behind both its ports."""

    ledger: Any
    forgetter: Any

    def known(self, where: Keys) -> Any:
        return self.ledger.recall(where, NOTICE).known


@pytest.fixture(params=STORES)
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        both = MemoryErasures()
        return Stores(both, both)
    if request.param == "model":
        transport, tables = ModelDynamo(), Tables("leads", "ledger", "notices", "suppressions")
        return Stores(DynamoPermissions(transport, tables), DynamoErasures(transport, tables))
    cloud: Cloud = request.getfixturevalue(f"{request.param}_cloud")
    tables = fresh_tables(cloud)
    return Stores(DynamoPermissions(cloud.dynamodb(), tables), DynamoErasures(cloud.dynamodb(), tables))


def a_beginning(stores: Stores, person: str, order: Order | None = None, offer: Offered | None = None) -> Beginning:
    lead = stores.forgetter.standing(person).lead
    traces = Traces(person, ("mailbox",), MARKS, Found(), offer)
    return erasures.begin(lead, traces, order or Order(never_contact=True), NOON, bytes(range(32)))


def begun(stores: Stores) -> tuple[Keys, Erasure]:
    question, number = a_question(fields={**ADA, "phone": "+33612345678"}), next(NUMBERS)
    where = keys(question, number)
    stores.ledger.record(where, an_intake(question, number), "{}")
    beginning = a_beginning(stores, where.person)
    stores.forgetter.begin(beginning)
    return where, beginning.erasure


def test_what_is_begun_is_unreachable_at_once(stores: Stores) -> None:
    where, intake = write(stores.ledger, next(NUMBERS))
    beginning = a_beginning(stores, where.person)

    stores.forgetter.begin(beginning)

    lead_id = intake.lead.lead_id
    assert stores.known(where).lead is None
    assert stores.ledger.find(lead_id) is None
    assert (stores.ledger.is_gone(lead_id), stores.ledger.is_gone("f" * 32)) == (True, False)
    assert stores.forgetter.standing(where.person) == Standing(None, lead_id)
    assert stores.forgetter.erasure(lead_id) == beginning.erasure
    assert stores.known(where).erased_at == instant(NOON)
    assert stores.known(where).suppressed == {"email"}


def the_work(where: Keys) -> Work:
    """What the last step needs to know."""
    return Work(where.person, "", 0, company="c" * 32)


def given_out(stores: Stores, person: str, lead: Lead) -> Offered:
    """Sales has the lead."""
    offer = an_offer(lead.lead_id)
    taken = rounds.given_out(Round("dach"), "dach-1", Turn(1, 3), NOON)
    offers_of(stores.ledger).take(person, Step(offer, None, (taken,), lead, NOON, company="c" * 32))
    return offer


def test_with_the_beginning_nobody_holds_the_lead_any_more(stores: Stores) -> None:
    where, intake = write(stores.ledger, next(NUMBERS))
    offer = given_out(stores, where.person, intake.lead)

    stores.forgetter.begin(a_beginning(stores, where.person, offer=stores.forgetter.offer(where.person, 1)))

    standing = offers_of(stores.ledger).standing(where.person, 1, ["dach"])
    assert standing.rounds["dach"].open.get("dach-1", 0) == 0
    assert standing.offer == offers.ended(offer, "erased", NOON)


def test_with_the_end_nothing_leads_from_the_company_to_the_person(stores: Stores) -> None:
    where, intake = write(stores.ledger, next(NUMBERS))
    offers_in = offers_of(stores.ledger)
    beginning = a_beginning(stores, where.person, offer=given_out(stores, where.person, intake.lead))
    before = offers_in.standing("0" * 32, 1, [], "c" * 32).account
    stores.forgetter.begin(beginning)

    stores.forgetter.finish(the_work(where), erasures.finished(beginning.erasure, 0, NOON), ())

    assert before == Place(where.person, "OFFER#0001")
    assert offers_in.standing("0" * 32, 1, [], "c" * 32).account is None


def test_a_lead_that_was_given_to_somebody_meanwhile_is_looked_at_again(stores: Stores) -> None:
    where, intake = write(stores.ledger, next(NUMBERS))
    before = a_beginning(stores, where.person)
    offer = given_out(stores, where.person, intake.lead)
    stale = a_beginning(stores, where.person, offer=offer)
    offers_of(stores.ledger).take(where.person, Step(replace(offer, version=2), None, (), intake.lead, NOON))

    for beginning in (before, stale):
        with pytest.raises(Conflict):
            stores.forgetter.begin(beginning)

    assert offers_of(stores.ledger).standing(where.person, 1, ["dach"]).rounds["dach"].open == {"dach-1": 1}


def test_sales_can_be_told_though_the_lead_is_gone(stores: Stores) -> None:
    _, erasure = begun(stores)

    waiting = stores.ledger.waiting(Place(erasure.lead_id, "OUT#0000000002"))

    assert waiting is not None
    assert (waiting.message.kind, waiting.lead) == ("lead.erased", None)


def test_an_erasure_of_an_older_version_writes_nothing(stores: Stores) -> None:
    where, intake = write(stores.ledger, next(NUMBERS))
    stale = a_beginning(stores, where.person)
    write(stores.ledger, next(NUMBERS))

    with pytest.raises(Conflict):
        stores.forgetter.begin(stale)

    assert stores.forgetter.erasure(intake.lead.lead_id) is None
    assert stores.forgetter.found(MARKS) == Found()


def test_nobody_is_erased_twice(stores: Stores) -> None:
    where, _ = write(stores.ledger, next(NUMBERS))
    beginning = a_beginning(stores, where.person)
    stores.forgetter.begin(beginning)

    with pytest.raises(Conflict):
        stores.forgetter.begin(beginning)


def test_nobody_new_takes_the_place_before_the_end(stores: Stores) -> None:
    begun(stores)

    with pytest.raises(Conflict):
        write(stores.ledger, next(NUMBERS))


def test_pieces_are_given_until_none_is_left(stores: Stores) -> None:
    where, erasure = begun(stores)
    seen = []

    while pieces := stores.forgetter.pieces(where.person, 1):
        seen += pieces
        step = erasures.without_pieces(erasure, pieces, Around(), NOON)
        stores.forgetter.destroy(where.person, step, "")
        erasure = step.after

    event = next(piece for piece in seen if piece.kind == "events")
    assert [piece.kind for piece in seen] == ["events", "messages"]
    assert (event.submission, event.phone) == (where.submission, "+33612345678")
    assert erasure.destroyed == {"leads": 1, "events": 1, "messages": 1, "submissions": 1}
    assert stores.ledger.recall(where, NOTICE).answer == ERASED


def test_a_step_that_somebody_else_took_destroys_nothing(stores: Stores) -> None:
    where, erasure = begun(stores)
    pieces = stores.forgetter.pieces(where.person, 10)
    stores.forgetter.destroy(where.person, erasures.without_bodies(erasure, ()), "")

    with pytest.raises(Conflict):
        stores.forgetter.destroy(where.person, erasures.without_pieces(erasure, pieces, Around(), NOON), "")

    assert stores.forgetter.pieces(where.person, 10) == pieces


def test_bodies_are_destroyed_and_the_last_entry_keeps_its_own(stores: Stores) -> None:
    for _ in range(5):
        where, intake = write(stores.ledger, next(NUMBERS))
    chain = intake.lead.head.chain
    beginning = a_beginning(stores, where.person)
    stores.forgetter.begin(beginning)
    before = stores.forgetter.open_entries(chain, 6, 3)

    step = erasures.without_bodies(beginning.erasure, (1, 2, 3, 4, 5))
    stores.forgetter.destroy(where.person, step, chain)

    assert before == (1, 2, 3)
    assert stores.forgetter.open_entries(chain, 6, 3) == ()
    assert stores.forgetter.open_entries(chain, 7, 3) == (6,)


def test_links_and_purses_are_found_and_destroyed(stores: Stores) -> None:
    where, _ = write(stores.ledger, next(NUMBERS))
    lead_id = stores.forgetter.standing(where.person).lead.lead_id
    token = Token("d" * 64, where.person, lead_id, ("mkt_email",), instant(NOON), "en", instant(NOON))
    paid = Budget(1, (instant(NOON),), "message", instant(NOON))
    stores.ledger.issue(token, {"mailbox": paid, "number": paid})
    beginning = a_beginning(stores, where.person)
    stores.forgetter.begin(beginning)
    tokens = stores.forgetter.tokens_among(("d" * 64, "e" * 64))
    purses = stores.forgetter.purses_among(("mailbox", "number", "other"))

    step = erasures.without_pieces(beginning.erasure, (), Around(tokens, purses[:1]), NOON)
    stores.forgetter.destroy(where.person, step, "")
    stores.forgetter.finish(the_work(where), erasures.finished(step.after, 1, NOON), purses[1:])

    assert (tokens, purses) == (("d" * 64,), ("mailbox", "number"))
    assert (stores.forgetter.tokens_among(tokens), stores.forgetter.purses_among(purses)) == ((), ())
    assert (stores.forgetter.tokens_among(()), stores.forgetter.purses_among(())) == ((), ())


def test_the_place_is_free_after_the_end_and_nothing_ends_twice(stores: Stores) -> None:
    where, erasure = begun(stores)
    for piece in stores.forgetter.pieces(where.person, 10):
        step = erasures.without_pieces(erasure, (piece,), Around(), NOON)
        stores.forgetter.destroy(where.person, step, "")
        erasure = step.after
    done = erasures.finished(erasure, 0, NOON)

    stores.forgetter.finish(the_work(where), done, ())

    assert stores.forgetter.standing(where.person) == Standing()
    assert stores.forgetter.submitter(where.submission) is None
    with pytest.raises(Conflict):
        stores.forgetter.finish(the_work(where), replace(done, step=done.step + 1), ())
    _, back = write(stores.ledger, next(NUMBERS))
    assert back.lead.version == 1


def test_the_clock_finds_what_is_not_done_and_later_what_is_to_be_forgotten(stores: Stores) -> None:
    where, erasure = begun(stores)
    soon, month = NOON + timedelta(minutes=1), NOON + timedelta(days=30)
    find: Callable[..., list[str]] = lambda at: list(stores.forgetter.unfinished(at, 5))  # noqa: E731  # used four times

    before, open_ = find(NOON), find(soon)
    done = erasures.finished(erasure, 0, NOON)
    stores.forgetter.finish(the_work(where), done, ())
    closed, old = find(soon), find(month)
    stores.forgetter.forget(erasures.forgotten(done))

    assert (before, open_, closed, old) == ([], [erasure.lead_id], [], [erasure.lead_id])
    assert find(month) == []


def test_a_submission_tells_whose_it_was(stores: Stores) -> None:
    where, _ = write(stores.ledger, next(NUMBERS))

    assert stores.forgetter.submitter(where.submission) == where.person
    assert stores.forgetter.submitter("0" * 32) is None
    assert stores.forgetter.whereabouts("f" * 32) is None


def test_barriers_and_suppressions_are_kept_without_a_lead_and_again(stores: Stores) -> None:
    where, order = write(stores.ledger, next(NUMBERS), email="grace@example.com")[0], Order(never_contact=True)
    marks = where.suppression

    for at in ("2026-03-01T00:00:00.000Z", instant(NOON)):
        stores.forgetter.keep(erasures.barriers(marks, order, at), erasures.never_again(marks, order, NOON))
    stores.forgetter.keep((), ())

    assert stores.known(where).erased_at == instant(NOON)
    assert stores.known(where).suppressed == {"email"}
