"""Every decision is made again from what was written of it; what somebody changed afterwards is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.routing_audit import NOT_READABLE, TWICE, Audit, audit, decision_from
from tests.journeys.sales_world import SalesWorld
from tests.journeys.test_assign import by_domain, without
from tests.support.sales import AGREED

ROUTING = AGREED.routing
RULES = {ROUTING.version: (ROUTING, AGREED.calendars)}
Line = dict[str, Any]


def given_out(world: SalesWorld) -> list[Line]:
    """The lines of all histories, each with its lead and crossing, in the order of their turns, as from a file."""
    offers = [offer for offer, _ in world.store.offers.values()]
    every = [{**line, "lead": offer.lead_id} for offer in offers for line in offer.history]
    lines: list[Line] = json.loads(json.dumps(sorted(every, key=itemgetter("turn"))))
    return lines


def seven() -> list[Line]:
    world = SalesWorld()
    for number in range(7):
        world.inquire(f"ada{number}@example.com")
    world.relay()
    return given_out(world)


def audited(lines: list[Line], **rules: Any) -> Audit:
    return audit([decision_from(line["lead"], 1, line) for line in lines], rules or RULES)


def books_of(found: Audit, queue: str = "dach") -> Any:
    return next(books for books in found.books if books.queue == queue)


@pytest.mark.requirement("A23b")
def test_what_was_given_out_by_the_rules_replays_whole_and_was_fair() -> None:
    found = audited(seven())

    books = books_of(found)
    assert found.is_clean
    assert (found.decisions, found.replayed) == (7, 7)
    assert (books.turns, books.leads) == ({"dach-1": 3, "dach-2": 2, "dach-3": 2},) * 2
    assert (books.widest, books.missing, books.nobody) == (1, 0, 0)
    assert {name: round(float(turns), 2) for name, turns in books.expected.items()} == dict.fromkeys(books.turns, 2.33)


def to(owner: str | None) -> Callable[[Line], Line]:
    return lambda line: {**line, "owner": owner}


def asking(**changes: Any) -> Callable[[Line], Line]:
    return lambda line: {**line, "ask": {**line["ask"], **changes}}


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (to("dach-1"), "owner dach-1, by the rules dach-3"),
        (to("zoe"), "owner zoe, by the rules dach-3"),
        (to(None), "owner nobody, by the rules dach-3"),
        (asking(country="US"), "queue dach, by the rules americas; owner dach-3, by the rules americas-1"),
        (asking(owner="dach-1"), "owner dach-3, by the rules dach-1; why turn, by the rules existing_owner; "),
        (asking(work={"dach-3": {"open": 99, "given_back": 0}}), "owner dach-3, by the rules dach-1"),
        (asking(lead_id="0" * 32), "by the rules 00000000000000000000000000000000"),
        (lambda line: {**line, "why": "existing_owner"}, "why existing_owner, by the rules turn"),
        (lambda line: {**line, "stood": {"place": 0, "size": 3}}, "owner dach-3, by the rules dach-1"),
        (lambda line: {**line, "turn": 0}, "round stayed, by the rules moved"),
        (lambda line: {**line, "queue": "world"}, "queue world, by the rules dach"),
        (lambda line: {**line, "turn": 2}, TWICE),
        (lambda line: {**line, "owner": 7}, NOT_READABLE),
        (lambda line: {**line, "ask": {}}, NOT_READABLE),
        (lambda line: {**line, "stood": {"place": "3", "size": 3}}, NOT_READABLE),
        (asking(at="yesterday"), NOT_READABLE),
        (asking(at="2026-03-02T12:00:00"), NOT_READABLE),
        (lambda line: {**line, "turn": float("inf")}, NOT_READABLE),
    ],
)
def test_what_somebody_changed_afterwards_is_found(tamper: Callable[[Line], Line], what: str) -> None:
    lines = seven()
    lines[2] = tamper(lines[2])

    found = audited(lines)

    (doubt,) = found.doubts
    assert not found.is_clean
    assert found.replayed == (7 if what == TWICE else 6)
    assert what in doubt.what
    assert doubt.lead_id == lines[2]["lead"]


def test_turns_that_are_missing_are_counted_and_make_nobody_unfair() -> None:
    lines = seven()
    of_erased = [*lines[:1], *lines[3:4], *lines[6:]]

    found = audited(of_erased)

    assert found.is_clean
    assert books_of(found).turns == {"dach-1": 3, "dach-2": 0, "dach-3": 0}
    assert books_of(audited(lines[1:])).missing == 1
    assert books_of(audited([*lines[:2], *lines[3:]])).missing == 1


def test_whoever_gave_themselves_every_turn_was_unfair() -> None:
    lines = [to("dach-1")(line) for line in seven()]

    found = audited(lines)

    assert books_of(found).widest == 7
    assert len(found.doubts) == 4


def test_an_owner_of_another_queue_and_a_lead_of_nobody_have_their_place_in_the_books() -> None:
    nobody = SalesWorld(agreed=without("dach-1", "dach-2", "dach-3"))
    nobody.inquire()
    nobody.relay()
    (line,) = given_out(nobody)
    foreign = {**asking(owner="world-1")(line), "queue": "dach", "owner": "world-1", "why": "existing_owner"}

    at_the_desk = audited(
        [line], **{ROUTING.version: (without("dach-1", "dach-2", "dach-3").routing, AGREED.calendars)}
    )
    found = audited([foreign])

    assert (at_the_desk.is_clean, books_of(at_the_desk, "desk").nobody) == (True, 1)
    assert (found.is_clean, books_of(found).leads["world-1"], books_of(found).weights["world-1"]) == (True, 1, 1)
    assert books_of(found).turns == {"dach-1": 0, "dach-2": 0, "dach-3": 0, "world-1": 0}


def test_a_lead_that_went_on_after_a_broken_promise_replays_too() -> None:
    world = SalesWorld()
    world.inquire()
    world.relay()
    world.later(hours=4)
    world.sweep()

    found = audited(given_out(world))

    assert (found.is_clean, found.decisions) == (True, 2)
    assert books_of(found).turns == {"dach-1": 1, "dach-2": 1, "dach-3": 0}


FULL_SOON = replace(
    AGREED,
    routing=replace(ROUTING, owners={name: replace(one, capacity=2) for name, one in ROUTING.owners.items()}),
)
steps = st.one_of(
    st.tuples(st.just("inquire"), st.sampled_from(["example.com", "example.org", "gmail.com"])),
    st.tuples(st.sampled_from(["let lie", "erase", "next day"]), st.just("")),
)


@given(st.lists(steps, min_size=1, max_size=12))
def test_whatever_happened_every_decision_replays_and_the_turns_were_fair(taken: list[tuple[str, str]]) -> None:
    world = SalesWorld(agreed=FULL_SOON, company=by_domain)
    for number, (step, domain) in enumerate(taken):
        if step == "inquire":
            world.inquire(f"ada{number}@{domain}")
            world.relay()
        elif step == "erase" and world.store.offers:
            del world.store.offers[next(iter(world.store.offers))]
        else:
            world.later(hours=2 if step == "let lie" else 24)
            world.sweep()

    found = audited(given_out(world), **{ROUTING.version: (FULL_SOON.routing, AGREED.calendars)})

    assert found.doubts == ()
    assert found.is_clean


def test_decisions_by_rules_that_are_not_at_hand_are_told_and_never_called_clean() -> None:
    found = audited(seven(), other=(replace(ROUTING, version="other"), AGREED.calendars))

    assert (found.is_clean, found.doubts, found.unknown) == (False, (), {ROUTING.version: 7})
    assert found.replayed == 0


def test_an_owner_whom_no_rules_know_has_no_weight() -> None:
    lines = [{**line, "why": "existing_owner", "owner": "zoe"} for line in seven()[:1]]

    assert books_of(audited(lines)).weights["zoe"] == 0
