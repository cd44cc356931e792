from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.disposition import ANSWERS_AT
from shared.domain.errors import Conflict, RejectedInput, TryAgain
from shared.domain.lead import instant
from shared.domain.lifecycle import MOVES
from shared.domain.offer import slot_of
from shared.domain.sales_answer import MOST, Around, decide, facts_of, kept_from
from shared.domain.submission import ContactPoints
from shared.journeys.ports import Place
from shared.journeys.show_lead import ShowLead
from tests.builders import ADA, AGREEMENT, DEFINITION, DEFINITIONS, KEYRING
from tests.journeys.answer_world import FACTS, World, a_given
from tests.support.sales import AGREED


@pytest.fixture
def world() -> World:
    world = World()
    world.offer()
    return world


def without_the_offer(world: World) -> World:
    world.store.offers.clear()
    return world


def refusal(world: World, *said: Any, **changes: Any) -> tuple[str, list[tuple[str, str]]]:
    with pytest.raises(RejectedInput) as refused:
        world.answer(*said, **changes)
    return refused.value.code, [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_nobody_is_answered_for_who_is_no_lead(world: World) -> None:
    assert world.take()("0" * 32, a_given()) is None
    assert world.take().is_gone("0" * 32) is False


def test_what_sales_confirms_is_an_act_of_its_own_and_counts(world: World) -> None:
    score = world.lead.score

    settled = world.answer("accepted").settlement
    assert settled is not None

    assert settled.act is not None
    assert (settled.act.kind, settled.act.fields) == ("sales_answer", {"budget": "confirmed"})
    assert settled.act_key == "server#answer:answer-0000000001"
    assert (world.lead.profile["budget"], world.lead.score - score) == ("confirmed", 10)


def test_what_a_deal_is_worth_is_kept_shown_and_said_once(world: World) -> None:
    for number, kind in enumerate(("accepted", "bant"), 1):
        world.answer(kind, number)
    worth = {"amount": 125_000, "currency": "EUR"}

    world.answer("won", 3, **worth)

    kept = world.desk.answers[-1]
    assert worth.items() <= kept.in_view().items()
    assert "amount" not in world.desk.answers[0].in_view()
    assert kept_from(json.loads(json.dumps(kept.as_plain()))) == kept
    assert world.answer("won", 3, **worth).settlement is None
    assert refusal(world, "won", 3, amount=1, currency="EUR")[0] == "key_reused"


def test_an_answer_that_was_kept_before_amounts_were_told_is_read(world: World) -> None:
    world.answer("accepted", 1)
    plain = world.desk.answers[-1].as_plain()

    before = kept_from({name: value for name, value in plain.items() if name not in ("amount", "currency")})

    assert before == world.desk.answers[-1]


def test_what_is_known_already_makes_no_act(world: World) -> None:
    world.answer("accepted")

    settled = world.answer("bant", 2, confirms={"budget": True, "timeframe": True}).settlement

    assert settled is not None
    assert settled.act is None


def test_a_fact_that_is_taken_back_is_no_fact(world: World) -> None:
    world.answer("accepted")
    score = world.lead.score

    world.answer("bant", 2, confirms={"budget": False})

    assert (world.lead.profile["budget"], world.lead.score - score) == ("", -10)
    assert world.reply("bant", 3, confirms={"authority": True, "need": True, "timeframe": True})["missing"] == [
        "budget"
    ]


def test_an_answer_prolongs_nothing(world: World) -> None:
    before = world.lead
    world.later(days=3)

    world.answer("accepted")

    assert (world.lead.last_act_at, world.lead.purge_at) == (before.last_act_at, before.purge_at)


@pytest.mark.requirement("N10")
def test_nothing_new_is_kept_of_somebody_who_said_no(world: World) -> None:
    marks = KEYRING.suppression_marks(ContactPoints(email=ADA["email"]))
    world.store.suppressed.update(mark for theirs in marks.values() for mark in theirs)

    settled = world.answer("accepted").settlement

    assert settled is not None
    assert (settled.act, settled.lead.stage) == (None, "sales_accepted")
    assert "budget" not in world.lead.profile


def test_nothing_new_is_kept_of_somebody_whom_nobody_may_answer(world: World) -> None:
    (person,) = world.store.leads
    nobody = {**world.lead.permission, "reply": False, "marketing": {"email": "no"}}
    world.store.leads[person] = replace(world.lead, permission=nobody)

    settled = world.answer("accepted").settlement

    assert settled is not None
    assert settled.act is None


def test_a_lead_without_an_offer_item_is_answered_all_the_same(world: World) -> None:
    without_the_offer(world)

    partly = world.reply("accepted", 1, confirms={"intent": True, "fit": True})
    talked = world.reply("contacted", 2)
    wholly = world.reply("accepted", 3, confirms={"budget": True})
    world.answer("bant", 4, confirms={"budget": True, "authority": True})
    prospect = world.reply("bant", 5, confirms={"need": True, "timeframe": True})

    assert (partly["missing"], wholly["stage"], wholly["owner_id"]) == (["budget"], "sales_accepted", "dach-1")
    assert talked["contacted_at"] == prospect["contacted_at"]
    assert (prospect["stage"], prospect["owner_id"]) == ("prospect", "dach-1")


def test_without_an_offer_item_a_rejection_points_at_the_rules_of_today(world: World) -> None:
    without_the_offer(world)

    assert world.reply("rejected", reason="wrong_title")["disputed"] == ["decision-maker"]
    assert world.desk.owner_id is None


def test_an_answer_of_an_earlier_offer_confirms_nothing_for_a_later_one(world: World) -> None:
    without_the_offer(world)
    world.answer("accepted")
    world.answer("recycled", 2)
    (person,) = world.store.leads
    again = replace(world.lead, stage="sales_qualified", crossings=2)
    world.store.leads[person] = again

    assert world.reply("accepted", 3, confirms={"fit": True})["missing"] == ["intent", "budget"]
    assert world.desk.owner_id is None


@pytest.mark.parametrize("at", ["2026-03-02T11:59:59.000Z", "2020-01-01T00:00:00.000Z"])
def test_nobody_answered_before_the_offer(world: World, at: str) -> None:
    assert refusal(world, "contacted", at=at) == ("invalid_disposition", [("/at", "before_the_offer")])


def test_a_talk_may_be_told_later_but_a_move_comes_after_the_move_before_it(world: World) -> None:
    talked_at = instant(world.now)
    world.later(hours=2)
    world.answer("accepted")
    world.later(hours=1)

    assert world.reply("contacted", 2, at=talked_at)["at"] == talked_at
    assert refusal(world, "lost", 3, at=talked_at) == ("invalid_disposition", [("/at", "before_the_offer")])
    assert world.reply("lost", 4, at=instant(world.now))["stage"] == "lost"


def test_a_lead_that_was_never_offered_counts_from_its_first_day(world: World) -> None:
    (person,) = world.store.leads
    line = {**world.lead.history[-1], "stage": "sales_accepted"}
    world.store.leads[person] = replace(world.lead, stage="sales_accepted", crossings=0, history=(line,))

    assert refusal(world, "contacted", at="2026-03-02T11:00:00.000Z")[1] == [("/at", "before_the_offer")]
    assert world.reply("contacted", at=world.lead.created_at)["owner_id"] is None


def test_a_repeat_is_the_same_answer_only_when_it_says_the_same(world: World) -> None:
    at = instant(world.now)
    first = world.answer("accepted", at=at)
    world.later(hours=1)

    assert world.answer("accepted").reply == world.answer("accepted", at=at).reply == first.reply
    assert world.answer("accepted").settlement is None
    for changes in ({"at": instant(world.now)}, {"next_stage_interest": "no"}, {"actor": {"team": "sales", "id": "x"}}):
        assert refusal(world, "accepted", **changes) == ("key_reused", [("/answer_id", "key_reused")])


def test_a_client_that_runs_wild_is_stopped(world: World) -> None:
    world.answer("contacted")
    (key,) = world.store.said
    for number in range(2, MOST + 1):
        world.store.said[key[0], str(number)] = replace(world.store.said[key], answer_id=str(number))

    assert refusal(world, "contacted", MOST + 1) == ("illegal_move", [("", "too_many_answers")])


def test_a_kept_answer_survives_a_journey_through_json(world: World) -> None:
    settled = world.answer("rejected").settlement

    assert settled is not None
    assert kept_from(json.loads(json.dumps(settled.kept.as_plain()))) == settled.kept
    assert settled.kept.outcome == "rejected"


def test_an_acceptance_that_is_not_complete_settles_nothing(world: World) -> None:
    settled = world.answer("accepted", confirms={"fit": True}).settlement

    assert settled is not None
    assert (settled.kept.outcome, settled.kept.confirms) == (None, {"fit": True})


def test_a_definition_says_which_fields_sales_alone_brings() -> None:
    assert facts_of(AGREEMENT.definitions["default"]) == {"budget": "budget", "authority": "authority", "need": "need"}
    plain = {"captured_elsewhere": {"plan": "sales", "need": "support"}, "bant": {"timeline": "plan", "need": "need"}}
    assert facts_of(plain) == {"timeframe": "plan"}


def test_two_reps_who_answer_at_once_cannot_both_be_right(world: World) -> None:
    """Both decided on what they saw; the store takes one, and the other decides again and is refused."""
    around = Around(DEFINITION, FACTS["default"], AGREED.calendars, False, world.now)
    (person,) = world.store.leads
    mine = decide(a_given("accepted", 1), world.desk, around)
    theirs = decide(a_given("rejected", 2), world.desk, around)

    world.store.settle(person, mine)
    with pytest.raises(Conflict):
        world.store.settle(person, theirs)

    assert refusal(world, "won", 2) == ("illegal_move", [("/kind", "illegal_move")])
    assert world.lead.stage == "sales_accepted"


def test_an_offer_that_went_to_somebody_else_meanwhile_is_looked_at_again(world: World) -> None:
    around = Around(DEFINITION, FACTS["default"], AGREED.calendars, False, world.now)
    (person,) = world.store.leads
    mine = decide(a_given("contacted", 1), world.desk, around)
    place = Place(person, slot_of(1))
    offer, due = world.store.offers[place]
    world.store.offers[place] = replace(offer, version=offer.version + 1, owner="dach-3"), due

    with pytest.raises(Conflict):
        world.store.settle(person, mine)

    assert world.reply("contacted")["owner_id"] == "dach-3"


def test_a_store_that_stays_away_is_told_as_such(world: World) -> None:
    def away(*_: object) -> None:
        raise TryAgain("away")

    world.store.settle = away

    with pytest.raises(TryAgain):
        world.answer("contacted")


@pytest.mark.requirement("B32")
def test_whoever_looks_at_the_lead_sees_what_sales_said(world: World) -> None:
    world.answer("contacted")
    world.answer("rejected", 2, reason="no_need")

    view = ShowLead(world.store, DEFINITIONS, lambda: world.now)(world.lead_id)

    assert isinstance(view, dict)
    said = [(one["kind"], one["reason"], one["next_stage_interest"]) for one in view["answers"]]
    assert said == [("contacted", None, "yes"), ("rejected", "no_need", "yes")]
    assert [one["rules"] for one in view["disputes"]] == [["direct-inquiry"]]
    assert (view["vetting"]["marketing"]["stage"], view["vetting"]["sales"]) == ("sales_qualified", None)
    assert (view["responsible"], view["owner_id"]) == ("marketing", None)


def test_a_test_lead_is_nobodys_to_answer_for(world: World) -> None:
    (person,) = world.store.leads
    world.store.leads[person] = replace(world.lead, is_test=True)

    assert refusal(world, "contacted") == ("illegal_move", [("", "test_lead")])


STEPS = st.tuples(st.sampled_from(sorted(ANSWERS_AT)), st.integers(1, 6), st.sampled_from(["dach-1", "dach-2"]))


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=12), st.booleans())
def test_whatever_reps_say_in_any_order_the_lead_moves_legally_and_every_answer_counts_once(
    steps: list[tuple[str, int, str]], has_offer: bool
) -> None:
    world = World()
    world.offer()
    world = world if has_offer else without_the_offer(world)
    begun, kept = world.lead.version, dict[str, str]()

    for kind, number, rep in steps:
        given_ = a_given(kind, number, actor={"team": "sales", "id": rep})
        world.later(minutes=1)
        with suppress(RejectedInput):
            found = world.take()(world.lead_id, given_)
            assert found is not None
            assert kept.setdefault(given_.answer_id, json.dumps(found.reply)) == json.dumps(found.reply)

    stages = [line["stage"] for line in world.lead.history]
    assert all(pair in MOVES for pair in pairwise(stages))
    assert world.lead.version == begun + len(kept) == begun + len(world.desk.answers)
    assert (world.lead.stage, len({line["at"] for line in world.lead.history})) == (stages[-1], len(stages))
