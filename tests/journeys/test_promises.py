from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.domain import disposition
from shared.domain import offer as offers
from shared.domain.disposition import Answer
from shared.domain.errors import TryAgain
from shared.domain.lifecycle import Actor
from shared.domain.message import permission_changed
from shared.journeys.offer_ports import Step
from shared.journeys.ports import Place
from tests.journeys.sales_world import SalesWorld, offered
from tests.support.sales import AGREED, offers_of

HERE = Path(__file__).resolve().parents[2]
PUBLISHED = json.loads((HERE / "docs/schemas/lead.sla_breached.v1.json").read_text("utf-8"))
GOLDEN = HERE / "tests/golden/lead.sla_breached.json"


def let_it_lie(world: SalesWorld) -> dict[str, int]:
    """A whole working day passes without a word."""
    world.later(days=1)
    return world.sweep()


@pytest.mark.requirement("A23c")
def test_silence_is_a_breach_and_brings_the_lead_to_somebody_else() -> None:
    world = offered()
    world.later(hours=2)

    kept = world.sweep()

    (told,) = world.told("lead.sla_breached")
    assert kept == {"reroute": 1}
    assert (told["kind"], told["owner"], told["then"], told["attempt"]) == ("silence", "dach-1", "reroute", 1)
    assert (told["next"]["queue"], told["next"]["owner_id"]) == ("dach", "dach-2")
    assert (world.offer.owner, world.offer.sla.attempt, world.offer.had) == ("dach-2", 2, ("dach-1", "dach-2"))


def test_nothing_happens_before_the_promise_is_due() -> None:
    world = offered()
    world.later(minutes=59)

    assert world.sweep() == {}
    assert world.told("lead.sla_breached") == []


def test_at_the_very_minute_it_is_not_broken_yet() -> None:
    world = offered()
    world.later(minutes=60)

    assert world.watch()(world.place) == "nothing"


def test_three_people_then_the_desk_then_everybody_is_told_and_that_is_the_end() -> None:
    world = offered()

    kept = [let_it_lie(world) for _ in range(6)]

    assert kept == [{"reroute": 1}, {"reroute": 1}, {"fallback": 1}, {"escalate": 1}, {}, {}]
    assert [told["then"] for told in world.told("lead.sla_breached")] == ["reroute", "reroute", "fallback", "escalate"]
    assert (world.offer.queue, world.offer.owner, world.offer.had) == ("desk", None, ("dach-1", "dach-2", "dach-3"))
    assert world.told("lead.sla_breached")[-1]["next"] is None


def test_where_nobody_else_is_left_the_desk_has_it_at_once_and_the_next_silence_escalates() -> None:
    world = SalesWorld()
    world.inquire(country="FR")
    world.relay()

    kept = [let_it_lie(world) for _ in range(3)]

    assert kept == [{"fallback": 1}, {"escalate": 1}, {}]


def test_every_message_has_an_id_of_its_own_and_a_higher_version() -> None:
    world = offered()
    for _ in range(4):
        let_it_lie(world)

    ids = [message.message_id for message in world.queue.messages]
    versions = [message.version for message in world.queue.messages]
    assert len(set(ids)) == 5
    assert versions == [1, 2, 3, 4, 5]
    assert ids[1].endswith(".sla_breached.1.1")


def test_the_message_is_to_the_letter_what_consumers_were_promised() -> None:
    world = offered()
    world.later(hours=2)
    world.sweep()

    assert json.loads(world.queue.messages[1].body) == json.loads(GOLDEN.read_text("utf-8"))


def test_every_message_keeps_the_published_schema() -> None:
    world = offered()
    for _ in range(4):
        let_it_lie(world)

    for message in world.queue.messages[1:]:
        jsonschema.validate(json.loads(message.body), PUBLISHED, cls=jsonschema.Draft202012Validator)
        assert "ada" not in message.body.lower()


def test_who_accepts_and_then_does_nothing_has_broken_the_promise_too() -> None:
    world = offered()
    said(world, "accepted", confirms={"intent": True, "budget": True, "fit": True})
    world.later(hours=2)

    world.sweep()

    assert world.told("lead.sla_breached")[0]["kind"] == "not_contacted"


def test_a_contact_in_time_keeps_the_promise() -> None:
    world = offered()
    said(world, "contacted")

    assert let_it_lie(world) == {}


def test_no_promise_breaks_while_the_clock_stands_still() -> None:
    world = offered()
    world.put(offers.paused(world.offer, world.now), None)

    assert let_it_lie(world) == {}


def test_a_promise_that_is_due_at_another_time_moves_there() -> None:
    world = offered()
    due = "2026-03-02T12:30:00.000Z"
    world.put(world.offer, due)
    world.later(minutes=45)

    assert world.sweep() == {"moved": 1}
    assert world.store.offers[world.place][1] == "2026-03-02T13:00:00.000Z"


def test_an_answer_that_left_a_date_behind_is_tidied_up() -> None:
    world = offered()
    said(world, "contacted", due_at="2026-03-02T12:30:00.000Z")
    world.later(minutes=45)

    assert world.sweep() == {"moved": 1}
    assert world.store.offers[world.place][1] is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"stage": "withdrawn"}, "withdrawn"),
        ({"crossings": 2}, "offered_again"),
        ({"permission": {"reply": False, "marketing": {"email": "no"}}}, "no_permission"),
    ],
)
def test_nobody_is_to_blame_when_there_is_nobody_to_answer_any_more(changes: dict[str, Any], why: str) -> None:
    world = offered()
    lead = world.store.leads[world.person]
    world.store.leads[world.person] = replace(lead, **changes)

    kept = let_it_lie(world)

    assert (kept, world.told("lead.sla_breached")) == ({"ended": 1}, [])
    assert world.offer.ended == {"at": "2026-03-03T12:00:00.000Z", "why": why}
    assert world.store.rounds["dach"].open == {}
    assert world.store.rounds["dach"].given_back == {}


def left(world: SalesWorld) -> SalesWorld:
    """The person said no to everything, and the message of that leaves."""
    lead = world.store.leads[world.person]
    gone = {"reply": False, "marketing": {"email": "no"}, "channels": {}}
    after = replace(lead, version=2, stage="withdrawn", permission={**lead.permission, **gone})
    world.store.leads[world.person] = after
    message = permission_changed(after, "objection", (), world.now)
    world.store.outbox[Place(world.person, message.slot)] = message, world.now
    world.relay()
    return world


@pytest.mark.parametrize("stage", ["before a contact", "after a contact"])
def test_who_left_is_in_nobodys_hands_any_more(stage: str) -> None:
    world = offered()
    if stage == "after a contact":
        said(world, "contacted", due_at=None)

    left(world)

    assert world.store.rounds["dach"].open == {}
    assert world.offer.ended == {"at": "2026-03-02T12:00:00.000Z", "why": "withdrawn"}
    assert world.told("lead.permission_changed")[0]["lead_id"] == world.offer.lead_id
    assert let_it_lie(world) == {}


def test_hands_are_freed_once_however_often_it_is_told() -> None:
    world = left(offered())
    version = world.offer.version

    world.watch().let_go(world.person, world.store.leads[world.person])

    assert (world.offer.version, world.store.rounds["dach"].open) == (version, {})


def test_a_change_that_leaves_a_way_to_answer_frees_nobodys_hands() -> None:
    world = offered()
    before = world.offer

    world.watch().let_go(world.person, world.store.leads[world.person])
    later = replace(world.store.leads[world.person], permission={"reply": False, "marketing": {}})
    world.watch().let_go(world.person, later)  # and by now they have come back

    assert world.offer == before


def test_a_lead_that_is_gone_ends_its_offer() -> None:
    world = offered()
    place = world.place
    world.store.leads.clear()
    world.later(days=1)

    assert world.watch()(place) == "ended"


def test_an_offer_that_was_erased_meanwhile_is_nothing() -> None:
    world = offered()
    place = world.place
    world.store.offers.clear()

    assert world.watch()(place) == "nothing"


def test_an_answer_that_ended_the_offer_has_freed_the_hands_already() -> None:
    world = offered()
    said(world, "rejected", reason="no_need", due_at="2026-03-02T12:30:00.000Z")
    lead = world.store.leads[world.person]
    world.store.leads[world.person] = replace(lead, stage="recycled")

    assert let_it_lie(world) == {"ended": 1}
    assert world.store.rounds["dach"].open == {"dach-1": 1}  # what the answer itself would have taken away


def test_who_let_a_lead_lie_holds_it_no_more_and_it_still_counts_today() -> None:
    world = offered()
    world.later(hours=2)
    world.sweep()

    turns = world.store.rounds["dach"]
    assert turns.open == {"dach-2": 1}
    assert turns.given_back == {("dach-1", "2026-03-02"): 1}


def test_a_queue_and_a_calendar_that_the_agreement_no_longer_has_break_nothing() -> None:
    world = offered()
    sla = replace(world.offer.sla, calendar="gone")
    world.put(replace(world.offer, queue="gone", sla=sla, by_band={}), "2026-03-02T13:00:00.000Z")
    world.later(hours=2)

    assert world.sweep() == {"reroute": 1}
    assert world.offer.queue == "dach"


def test_a_promise_that_fails_comes_again_later_and_keeps_no_other_waiting() -> None:
    world = offered()
    world.inquire("grace@example.com")
    world.relay()
    world.later(hours=2)
    store, first = offers_of(world.store), world.person

    class Flaky:
        standing, promises_due, postpone = store.standing, store.promises_due, store.postpone

        def take(self, person: str, step: Step) -> None:
            if person == first:
                raise TryAgain("away")
            store.take(person, step)

    watch = replace(world.watch(), store=Flaky())

    counts = watch.sweep()

    assert (counts["reroute"], counts["failed"]) == (1, 1)
    assert watch.sweep()["failed"] == 0
    assert world.store.offers[world.place][1] == "2026-03-02T14:01:00.000Z"


def said(world: SalesWorld, kind: str, due_at: str | None = None, **more: Any) -> None:
    """Sales answers half an hour later; `due_at` is a date that a careless writer leaves in the index."""
    answer = Answer(kind, Actor("sales", "dach-1"), interest="yes", **more)
    found = disposition.decide(world.offer.as_known("sales_qualified"), answer, world.now + timedelta(minutes=30))
    after = offers.answered(world.offer, found)
    world.put(after, due_at or offers.due(after, AGREED.calendars))
