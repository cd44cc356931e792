from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import disposition, sla
from shared.domain import offer as offers
from shared.domain.business_time import calendars_from
from shared.domain.disposition import Answer
from shared.domain.lead import instant
from shared.domain.lifecycle import Actor
from shared.domain.offer import ATTEMPTS, Basis, Offered
from shared.domain.routing import Ask, ask_from, assign, routing_from
from shared.settings import compiled_agreement

COMPILED = compiled_agreement()
CALENDARS = calendars_from(COMPILED["calendars"])
ROUTING = routing_from(COMPILED["routing"])
MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)  # 9 o'clock in Berlin
LEAD_ID = "3" * 32
LINES = ({"rule": "direct-inquiry", "dimension": "intent", "group": "inquiry", "points": 40},)
BASIS = Basis(LEAD_ID, 1, instant(MONDAY), "2026.2", LINES, "A1", {"A1": 60})
SALES = Actor("sales", "dach-1")
INTENT = {"intent": True, "budget": True, "fit": True}


def an_ask(offer: Offered | None = None) -> Ask:
    return Ask(LEAD_ID, instant(MONDAY), country="DE", had=offer.had if offer else ())


def an_offer() -> Offered:
    ask = an_ask()
    made = assign(ask, ROUTING, CALENDARS, {})
    return offers.assigned(BASIS, ask, made, sla.opened(("A1", 60), "europe", MONDAY), CALENDARS, turn=1)


def after_a_breach(offer: Offered) -> Offered:
    broken = sla.breach(offer.sla, CALENDARS["europe"], MONDAY + timedelta(hours=2))
    assert broken is not None
    ask = an_ask(offer)
    promise = sla.opened(("A1", 60), "europe", MONDAY + timedelta(hours=2), offer.sla.attempt + 1)
    return offers.rerouted(offer, broken, ask, assign(ask, ROUTING, CALENDARS, {}), promise, CALENDARS, turn=2)


def said(offer: Offered, kind: str, stage: str = "sales_qualified", **more: object) -> Offered:
    answer = Answer(kind, SALES, interest="yes", **more)  # type: ignore[arg-type]  # the test names what matters
    return offers.answered(offer, disposition.decide(offer.as_known(stage), answer, MONDAY + timedelta(minutes=30)))


def test_the_first_line_of_the_history_says_who_got_it_why_and_until_when() -> None:
    offer = an_offer()

    line = offer.history[0]
    assert (offer.queue, offer.owner, offer.slot) == ("dach", "dach-1", "OFFER#0001")
    assert (line["owner"], line["why"], line["after"]) == ("dach-1", "turn", None)
    assert line["due_at"] == offers.due(offer, CALENDARS) == "2026-03-09T09:00:00.000Z"


def test_an_offer_comes_back_from_json_as_it_was() -> None:
    offer = said(after_a_breach(an_offer()), "accepted", confirms=INTENT)

    again = offers.from_plain(json.loads(json.dumps(offer.as_plain())), offer.version)

    assert again == offer


def test_the_history_is_enough_to_give_the_lead_out_again() -> None:
    line = an_offer().history[0]

    assert assign(ask_from(line["ask"]), ROUTING, CALENDARS, {}).owner == line["owner"]


def test_a_broken_promise_gives_the_lead_to_somebody_else_with_a_promise_of_their_own() -> None:
    first = an_offer()

    second = after_a_breach(first)

    assert second.owner not in first.had
    assert (second.had, second.history[1]["after"]) == (("dach-1", second.owner), "silence")
    assert (second.sla.attempt, second.version) == (2, 2)
    assert offers.due(second, CALENDARS) == "2026-03-09T11:00:00.000Z"


def test_accepting_leaves_the_promise_running() -> None:
    offer = said(an_offer(), "accepted", confirms=INTENT)

    assert (offer.sla.accepted_at, offer.sla.answered_at) == (instant(MONDAY + timedelta(minutes=30)), None)
    assert offers.due(offer, CALENDARS) == "2026-03-09T09:00:00.000Z"


def test_a_contact_keeps_the_promise_and_the_owner_keeps_the_lead() -> None:
    offer = said(an_offer(), "contacted")

    assert (offers.due(offer, CALENDARS), offer.is_open, offer.version) == (None, True, 2)
    assert offer.contacted_at == instant(MONDAY + timedelta(minutes=30))


def test_a_rejection_ends_the_offer() -> None:
    offer = said(an_offer(), "rejected", reason="no_need")

    assert (offers.due(offer, CALENDARS), offer.is_open) == (None, False)
    assert offer.answers == (
        {"kind": "rejected", "actor": "dach-1", "at": instant(MONDAY + timedelta(minutes=30)), "reason": "no_need"},
    )


def test_an_offer_that_ended_by_itself_is_held_by_nobody_and_nothing_is_due() -> None:
    offer = offers.ended(an_offer(), "withdrawn", MONDAY)

    assert (offers.due(offer, CALENDARS), offer.is_open) == (None, False)


def test_nothing_is_due_while_a_pause_runs_and_its_time_is_added_afterwards() -> None:
    still = offers.paused(an_offer(), MONDAY + timedelta(minutes=10))
    again = offers.resumed(still, MONDAY + timedelta(minutes=40))

    assert offers.due(still, CALENDARS) is None
    assert offers.due(again, CALENDARS) == "2026-03-09T09:30:00.000Z"


def test_after_the_desk_everybody_was_told_and_nothing_more_is_due() -> None:
    offer = replace(an_offer(), sla=replace(an_offer().sla, attempt=ATTEMPTS))

    after = offers.escalated(offer)

    assert offers.due(offer, CALENDARS) is not None
    assert offers.due(after, CALENDARS) is None
    assert (after.is_open, after.version) == (True, 2)


@pytest.mark.parametrize("kind", offers.ENDS)
def test_every_answer_that_ends_an_offer_also_keeps_its_promise(kind: str) -> None:
    assert kind in sla.KEEPS
