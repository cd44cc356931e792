"""Every lead that is not with sales is on a track, whatever it was that moved it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.adapters.memory_engagement import MemoryEngagement
from shared.domain.enrolment import enrolled
from shared.domain.message import Message
from shared.journeys.rejudge import Rejudge
from tests.builders import ADA, DEFINITION, NOON
from tests.journeys.engagement_world import World as EngagementWorld
from tests.journeys.engagement_world import an_event
from tests.journeys.permission_world import SHOWN, World, asked, confirmed

HERE = Path(__file__).resolve().parents[2]
PUBLISHED = json.loads((HERE / "docs/schemas/lead.nurture_enrolled.v1.json").read_text("utf-8"))
GOLDEN = HERE / "tests/golden/lead.nurture_enrolled.json"
GUIDE = "content-download"


def told(world: World) -> list[dict[str, Any]]:
    """The `data` of everything that the nurture queue got."""
    world.relay()
    return [json.loads(message.body)["data"] for message in world.nurture.messages]


def a_reader(**changes: Any) -> World:
    """Ada in France took a guide and allowed news."""
    world = World()
    world.post(GUIDE, fields=ADA, **changes)
    return world


@pytest.mark.requirement("B51", "C64")
def test_who_takes_a_guide_and_allows_news_is_enrolled() -> None:
    world = a_reader()

    (said,) = told(world)

    assert (said["step"], said["track"], said["before"]) == ("enrolled", world.lead.track, None)
    assert (said["purpose"], said["frequency"]) == ("mkt_email", {"touches": 3, "within_days": 7})
    assert said["expires"] == world.lead.permission["expires"]["email"]
    assert world.queue.messages == []


def test_without_the_permission_nobody_is_enrolled() -> None:
    world = a_reader(ticked=())

    assert (told(world), world.lead.track) == ([], "")


def test_a_tick_that_waits_for_its_proof_enrols_with_the_proof() -> None:
    world = asked(form_id=GUIDE)
    before = told(world)

    world.permissions().confirm(world.confirm_link, SHOWN)

    assert (before, [said["step"] for said in told(world)]) == ([], ["enrolled"])


def test_a_withdrawal_ends_the_enrolment_at_once() -> None:
    world = confirmed(form_id=GUIDE)

    world.permissions().unsubscribe(world.one_click_link)

    first, last = told(world)
    assert (last["step"], last["track"], last["before"]) == ("left", None, first["track"])
    assert (last["purpose"], last["frequency"], last["expires"]) == (None, None, None)
    assert (last["version"], world.lead.track) == (first["version"] + 1, "")


def test_who_asks_for_sales_leaves_the_track_and_sales_hears_of_it_in_the_same_version() -> None:
    world = a_reader()

    world.post(fields=ADA, key="second-submission-key")

    *_, last = told(world)
    (offer,) = [message for message in world.queue.messages if message.kind == "lead.sales_qualified"]
    assert (last["step"], last["reason"], last["version"]) == ("left", "with_sales", offer.version)


def test_who_is_on_the_same_track_is_told_of_once() -> None:
    world = a_reader()
    world.now += timedelta(days=1)

    world.post(GUIDE, fields=ADA, key="second-submission-key")

    assert len(told(world)) == 1


def test_a_test_is_on_no_track() -> None:
    lead = replace(a_reader().lead, track="", is_test=True)

    assert enrolled(DEFINITION, lead, NOON) == (lead, ())


def test_an_act_after_the_form_can_change_the_track() -> None:
    world = EngagementWorld()
    world.post("content-download")
    before = world.lead
    world.store.leads[world.person] = replace(before, track="buyers-guide")

    world.server(an_event(kind="email_click"))

    (message,) = [one for one in outbox(world.store) if one.version == before.version + 1]
    assert json.loads(message.body)["data"]["before"] == "buyers-guide"
    assert world.lead.track == before.track != ""


def test_a_change_of_the_definition_can_change_the_track() -> None:
    world = EngagementWorld()
    world.post("content-download")
    other = {
        **DEFINITION.nurture,
        "tracks": [{**track, "id": f"new-{track['id']}"} for track in DEFINITION.nurture["tracks"]],
    }
    definitions = {"default": replace(DEFINITION, nurture=other)}
    events = tuple(world.store.events.values())

    after = Rejudge(world.store, definitions, lambda: NOON, True)(world.person, world.lead, events)

    assert after is not None
    assert after.track.startswith("new-")
    assert outbox(world.store)[-1].kind == "lead.nurture_enrolled"


def test_judging_anew_by_the_same_definition_changes_nothing() -> None:
    world = EngagementWorld()
    world.post("content-download")
    before, events = world.lead, tuple(world.store.events.values())

    after = Rejudge(world.store, {"default": DEFINITION}, lambda: NOON, True)(world.person, before, events)

    assert (after, world.lead) == (None, before)


def test_an_erasure_is_told_to_whoever_keeps_the_tracks() -> None:
    from tests.journeys.erasure_world import ErasureWorld

    world = ErasureWorld()
    world.post()

    world.erased()
    world.relay()

    assert [message.kind for message in world.nurture.messages][-1] == "lead.erased"
    assert "lead.erased" in world.kinds()


def test_the_message_is_to_the_letter_what_consumers_were_promised() -> None:
    world = a_reader()
    world.relay()

    assert json.loads(world.nurture.messages[0].body) == json.loads(GOLDEN.read_text("utf-8"))


def test_every_message_keeps_the_published_schema_and_holds_nothing_personal() -> None:
    world = confirmed(form_id=GUIDE)
    world.permissions().unsubscribe(world.one_click_link)
    world.relay()

    assert len(world.nurture.messages) == 2
    for message in world.nurture.messages:
        jsonschema.validate(json.loads(message.body), PUBLISHED, cls=jsonschema.Draft202012Validator)
        assert "ada" not in message.body.lower()


def outbox(store: MemoryEngagement) -> list[Message]:
    return [message for message, _ in store.outbox.values() if message.is_for_nurture]
