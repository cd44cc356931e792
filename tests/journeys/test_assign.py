from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

import pytest

from shared.domain import offer as offers
from shared.domain.errors import TryAgain
from shared.domain.lead import Lead
from shared.domain.rounds import Round, given_out, let_go, taken_back, work_of
from shared.domain.routing import ask_from, replay
from shared.journeys.assign import company_of
from shared.journeys.capture import Capture
from shared.journeys.offer_ports import Agreed, Standing, Step
from shared.journeys.ports import Place
from tests.builders import KEYRING, NOON, a_question, draws
from tests.journeys.answer_world import World
from tests.journeys.sales_world import SalesWorld, offered
from tests.support.sales import AGREED, assigning, offers_of


def without(*owners: str) -> Agreed:
    """Sales while these are away."""
    away = ((date(2026, 1, 1), date(2026, 12, 31)),)
    roster = {name: replace(o, away=away) if name in owners else o for name, o in AGREED.routing.owners.items()}
    return replace(AGREED, routing=replace(AGREED.routing, owners=roster))


@pytest.mark.requirement("A23b")
def test_the_turns_of_a_queue_go_round() -> None:
    world = SalesWorld()

    for number in range(7):
        world.inquire(f"ada{number}@example.com")
    world.relay()

    got = Counter(told["owner_id"] for told in world.told("lead.sales_qualified"))
    assert got == {"dach-1": 3, "dach-2": 2, "dach-3": 2}


def test_an_offer_in_the_night_is_due_in_the_morning_of_the_team() -> None:
    world = SalesWorld(now=NOON + timedelta(hours=9))

    world.inquire()
    world.relay()

    (told,) = world.told("lead.sales_qualified")
    assert told["sla"]["due_at"] == "2026-03-03T09:00:00.000Z"


def test_the_teams_own_time_to_answer_outranks_the_agreed_one() -> None:
    world = SalesWorld()

    world.inquire(country="DE")
    person, lead = next(iter(world.store.leads.items()))
    world.store.leads[person] = replace(lead, profile={**lead.profile, "company_size": "1001+"})
    world.relay()

    (told,) = world.told("lead.sales_qualified")
    assert (told["queue"], told["sla"]["respond_within_minutes"]) == ("enterprise-europe", 30)


def test_whom_nobody_can_take_waits_at_the_desk() -> None:
    world = offered(agreed=without("dach-1", "dach-2", "dach-3"))

    (told,) = world.told("lead.sales_qualified")
    assert (told["queue"], told["owner_id"]) == ("desk", None)


def came_back(stage: str) -> SalesWorld:
    """Ada was offered, came to this stage, and asks again."""
    world = offered()
    person, lead = next(iter(world.store.leads.items()))
    world.store.leads[person] = replace(lead, stage=stage)
    world.inquire(key="second-submission-key")
    world.relay()
    return world


def test_who_had_the_last_offer_gets_the_next_one_out_of_turn() -> None:
    world = came_back("recycled")

    first, second = world.told("lead.sales_qualified")
    assert (first["owner_id"], second["owner_id"]) == ("dach-1", "dach-1")
    assert world.store.offers[replace(world.place, item="OFFER#0002")][0].history[0]["why"] == "existing_owner"


def answered_before_it_was_given_out(*said: Any, **changes: Any) -> World:
    """Sales knew of the lead from a list, and answered while the relay was still at it."""
    world = World()
    Capture(world.store, KEYRING, lambda: world.now, draws, lambda _: None)(a_question())
    world.later(minutes=1)
    world.answer(*said, **changes)
    world.later(minutes=1)
    world.deliver()
    return world


def test_what_was_answered_before_anybody_was_given_it_begins_no_promise() -> None:
    world = answered_before_it_was_given_out("contacted", actor={"team": "sales", "id": "dach-3"})

    offer = world.desk.offer
    assert offer is not None
    assert offers.due(offer, AGREED.calendars) is None
    assert (offer.owner, offer.history[0]["why"], offer.contacted_at) == (
        *("dach-3", "existing_owner"),
        "2026-03-02T12:01:00.000Z",
    )
    assert [answer["kind"] for answer in offer.answers] == ["contacted"]
    assert offer.sla.answered_at == offer.sla.opened_at
    assert '"owner_id":"dach-3"' in world.queue.messages[0].body


def test_who_accepted_before_has_the_lead_and_still_has_to_call() -> None:
    world = answered_before_it_was_given_out("accepted", actor={"team": "sales", "id": "not-in-the-roster"})

    offer = world.desk.offer
    assert offer is not None
    assert (offer.owner, offer.history[0]["why"]) == ("not-in-the-roster", "turn")
    assert (offer.sla.accepted_at, offer.sla.answered_at) == (offer.sla.opened_at, None)
    assert offer.confirmed == {"accepted": {"intent": True, "budget": True, "fit": True}}
    assert world.store.rounds[offer.queue].open == {"not-in-the-roster": 1}


def test_who_rejected_before_holds_nothing() -> None:
    world = answered_before_it_was_given_out("rejected")

    offer = world.desk.offer
    assert offer is not None
    assert (offer.is_open, offers.due(offer, AGREED.calendars)) == (False, None)
    assert world.store.rounds.get(offer.queue, Round(offer.queue)).open == {}


def test_an_answer_counts_for_its_own_offer_though_the_lead_was_offered_again_meanwhile() -> None:
    world = World()
    ask = Capture(world.store, KEYRING, lambda: world.now, draws, lambda _: None)
    ask(a_question())
    (late,) = world.store.outbox
    world.later(minutes=1)
    world.answer("rejected", reason="not_now")
    world.later(days=9)
    ask(a_question(key="second-submission-key"))
    waiting = world.store.waiting(late)

    assigning(world.store, lambda: world.now)(waiting, waiting.lead)

    offer = offers_of(world.store).offer(Place(late.person, offers.slot_of(1)))
    assert offer is not None
    assert waiting.lead.crossings == 2
    assert (offer.is_open, [answer["kind"] for answer in offer.answers]) == (False, ["rejected"])


def test_who_left_while_an_owner_was_looked_for_is_offered_to_nobody() -> None:
    world = World()
    Capture(world.store, KEYRING, lambda: world.now, draws, lambda _: None)(a_question())
    (place,) = world.store.outbox
    waiting = world.store.waiting(place)
    assert waiting is not None
    ((person, lead),) = world.store.leads.items()
    world.store.leads[person] = replace(lead, stage="withdrawn", permission={**lead.permission, "reply": False})

    with pytest.raises(TryAgain):
        assigning(world.store, lambda: world.now)(waiting, waiting.lead)

    assert (world.store.offers, world.store.rounds) == ({}, {})


def test_an_answer_at_the_very_moment_of_the_giving_out_is_not_lost() -> None:
    world = World()
    Capture(world.store, KEYRING, lambda: world.now, draws, lambda _: None)(a_question())
    store, place = offers_of(world.store), next(iter(world.store.outbox))
    seen: list[str] = []

    class Slow:
        answers = staticmethod(store.answers)
        take = staticmethod(store.take)

        def standing(self, *asked: Any) -> Standing:
            found = store.standing(*asked)
            if not seen:
                seen.append(world.answer("contacted").reply["stage"])
            return found

    assign = replace(assigning(world.store, lambda: world.now), store=Slow())
    waiting = world.store.waiting(place)
    assign(waiting, waiting.lead)

    assert seen == ["sales_qualified"]
    assert world.desk.offer is not None
    assert [answer["kind"] for answer in world.desk.offer.answers] == ["contacted"]


def test_an_offer_that_was_still_held_ends_when_the_lead_is_offered_again() -> None:
    world = came_back("withdrawn")

    assert world.store.rounds["dach"].open == {"dach-1": 1}
    assert world.offer.ended == {"at": "2026-03-02T12:00:00.000Z", "why": "offered_again"}
    assert world.store.offers[world.place][1] is None


def by_domain(lead: Lead) -> str | None:
    return company_of(lead, lambda: KEYRING, frozenset({"gmail.com"}))


def two_inquiries(first: str, second: str, **changes: Any) -> SalesWorld:
    world = SalesWorld(company=by_domain, **changes)
    for email in (first, second):
        world.inquire(email)
        world.relay()
    return world


def owners(world: SalesWorld) -> list[str]:
    return [told["owner_id"] for told in world.told("lead.sales_qualified")]


def test_a_colleague_of_somebody_who_was_offered_goes_to_the_same_owner_out_of_turn() -> None:
    world = two_inquiries("ada@example.com", "grace@example.com")
    world.inquire("joan@example.org")
    world.relay()

    assert owners(world) == ["dach-1", "dach-1", "dach-2"]
    assert {place.item: place.person for place in world.store.accounts.values()}.keys() == {"OFFER#0001"}


def test_a_domain_that_is_nobodys_own_makes_nobody_a_colleague() -> None:
    world = two_inquiries("ada@gmail.com", "grace@gmail.com")

    assert owners(world) == ["dach-1", "dach-2"]
    assert world.store.accounts == {}


def test_the_account_is_with_whoever_has_the_colleagues_offer_by_now() -> None:
    world = SalesWorld(company=by_domain)
    world.inquire()
    world.relay()
    world.later(hours=2)
    world.sweep()
    world.inquire("grace@example.com")
    world.relay()

    assert (world.offer.owner, owners(world)) == ("dach-2", ["dach-1", "dach-2"])


def test_the_persons_own_owner_comes_before_the_companys() -> None:
    world = SalesWorld(company=by_domain)
    world.inquire()
    world.relay()
    person = world.person
    world.store.accounts[KEYRING.company_key("ada@example.com")] = Place("0" * 32, "OFFER#0001")
    world.store.offers[Place("0" * 32, "OFFER#0001")] = replace(world.offer, owner="dach-3"), None
    world.store.leads[person] = replace(world.store.leads[person], stage="recycled")
    world.inquire(key="second-submission-key")
    world.relay()

    assert owners(world) == ["dach-1", "dach-1"]


def test_an_account_whose_offer_is_gone_is_nobodys() -> None:
    world = SalesWorld(company=by_domain)
    world.store.accounts[KEYRING.company_key("ada@example.com")] = Place("0" * 32, "OFFER#0001")

    world.inquire()
    world.relay()

    assert owners(world) == ["dach-1"]


def test_who_left_no_address_writes_for_no_company() -> None:
    lead = next(iter(offered().store.leads.values()))

    assert by_domain(replace(lead, profile={"phone": "+33612345678"})) is None


def test_whoever_is_full_is_passed_over() -> None:
    full = replace(AGREED.routing.owners["dach-1"], capacity=1)
    routing = replace(
        AGREED.routing, owners={**AGREED.routing.owners, "dach-1": full, "dach-2": replace(full, id="dach-2")}
    )
    world = SalesWorld(agreed=replace(AGREED, routing=routing))

    for number in range(4):
        world.inquire(f"ada{number}@example.com")
    world.relay()

    got = [told["owner_id"] for told in world.told("lead.sales_qualified")]
    assert got == ["dach-1", "dach-2", "dach-3", "dach-3"]


def test_who_lost_the_race_for_a_turn_decides_again() -> None:
    world = SalesWorld()
    world.inquire()
    store, races = offers_of(world.store), []

    class Slow:
        standing = staticmethod(store.standing)

        def take(self, person: str, step: Step) -> None:
            if not races:
                races.append(world.store.rounds.setdefault("dach", Round("dach", version=1)))
            store.take(person, step)

    assign = replace(world.deliver().assign, store=Slow())  # type: ignore[type-var]  # the journey is a dataclass
    waiting = world.store.waiting(next(iter(world.store.outbox)))

    message = assign(waiting, waiting.lead)

    assert '"owner_id":"dach-1"' in message.body
    assert world.store.rounds["dach"].version == 2


def test_when_others_are_faster_all_the_time_nobody_has_got_it() -> None:
    world = SalesWorld()
    world.inquire()

    class Busy:
        standing = staticmethod(offers_of(world.store).standing)

        def take(self, person: str, step: Step) -> None:
            raise TryAgain("busy")

    assign = replace(world.deliver().assign, store=Busy())  # type: ignore[type-var]  # the journey is a dataclass
    waiting = world.store.waiting(next(iter(world.store.outbox)))

    with pytest.raises(TryAgain):
        assign(waiting, waiting.lead)
    assert (world.store.offers, world.store.rounds) == ({}, {})


def test_what_was_given_back_counts_until_the_next_day_is_over_and_is_then_forgotten() -> None:
    held = taken_back(given_out(Round("dach"), "dach-1", None, NOON), "dach-1", NOON)

    tomorrow, after = NOON + timedelta(days=1), NOON + timedelta(days=2)
    assert work_of([held], tomorrow)["dach-1"].given_back == 1
    assert work_of([held], after) == {}
    assert given_out(held, None, None, after).given_back == {}


def test_nobodys_hands_are_neither_filled_nor_freed_by_a_lead_of_the_desk() -> None:
    desk = Round("desk")

    assert given_out(desk, None, None, NOON) == taken_back(desk, None, NOON) == let_go(desk, None) == desk


def test_an_audit_finds_the_same_owners_from_the_histories_alone() -> None:
    world = SalesWorld()
    for number in range(5):
        world.inquire(f"ada{number}@example.com")
    world.relay()

    lines = sorted((line for offer, _ in world.store.offers.values() for line in offer.history), key=itemgetter("turn"))
    made = replay([ask_from(line["ask"]) for line in lines], AGREED.routing, AGREED.calendars)

    assert [one.owner for one in made] == ["dach-1", "dach-2", "dach-3", "dach-1", "dach-2"]
