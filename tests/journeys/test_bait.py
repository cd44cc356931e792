"""Machines that press every button of a confirm page, whatever their order, and the person who comes after them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.submission import ContactPoints
from shared.domain.suppression import remembered
from tests.builders import ADA, KEYRING
from tests.journeys.permission_world import GERMAN, SHOWN, World, asked, confirmed
from tests.journeys.test_numbers import asked_by_text, link
from tests.journeys.test_permission_faults import Modelled, assert_chain_is_unbroken, press, types
from tests.journeys.test_permission_faults import asked as asked_of_the_model
from tests.support.faults import KINDS

SECOND = timedelta(seconds=1)
MINUTE = timedelta(seconds=60)


class PressedOnce:
    """A store in which somebody else presses once, right before this method is called."""

    def __init__(self, store: Any, method: str, press: Callable[[], object]) -> None:
        self.store, self.method = store, method
        self.press: Callable[[], object] | None = press

    def __getattr__(self, name: str) -> Any:
        if name == self.method and (press := self.press):
            self.press = None
            press()
        return getattr(self.store, name)


def confirm(world: World) -> Any:
    return world.permissions().confirm(world.confirm_link, SHOWN)


def bait(world: World) -> Any:
    return world.permissions().take_bait(world.confirm_link, SHOWN)


def entries(world: World) -> list[str]:
    return [json.loads(entry.core)["type"] for _, entry in sorted(world.store.entries.items())]


def stored_token(world: World) -> Any:
    return next(iter(world.store.tokens.values()))


# First the bait


@pytest.mark.parametrize(("wait", "counts"), [(0 * SECOND, False), (59 * SECOND, False), (MINUTE, True)])
def test_a_confirmation_in_the_minute_after_a_bait_grants_nothing(wait: timedelta, counts: bool) -> None:
    world = asked()
    bait(world)
    world.now += wait

    outcome = confirm(world)

    assert (outcome.is_baited, world.marketing["email"] == "yes") == (not counts, counts)
    assert entries(world) == (["notice_served", "doi_confirmed"] if counts else ["notice_served"])


def test_a_bait_alone_changes_the_link_and_nothing_of_the_person() -> None:
    world = asked()
    before = (world.lead, dict(world.store.entries), dict(world.store.acts), dict(world.store.outbox))

    outcome = bait(world)

    assert (outcome.is_baited, outcome.change) == (True, None)
    assert (world.lead, world.store.entries, world.store.acts, world.store.outbox) == before
    assert (stored_token(world).baited_at, stored_token(world).version) == ("2026-03-02T12:00:00.000Z", 2)


def test_a_second_bait_makes_the_minute_begin_anew() -> None:
    world = asked()
    bait(world)
    world.now += 40 * SECOND
    bait(world)
    world.now += 40 * SECOND

    soon = confirm(world)
    world.now += 20 * SECOND
    late = confirm(world)

    assert (soon.is_baited, late.is_baited, world.marketing["email"]) == (True, False, "yes")


# First the confirmation


def test_a_bait_soon_after_a_confirmation_takes_it_back_with_one_entry_and_one_message() -> None:
    world = asked()
    waiting = world.lead
    confirm(world)
    world.now += 59 * SECOND

    outcome = bait(world)

    assert outcome.is_baited
    assert entries(world) == ["notice_served", "doi_confirmed", "consent_withdrawn"]
    core, body = json.loads(outcome.change.entry.core), json.loads(outcome.change.entry.body)
    assert (core["type"], body["method"], body["boxes"][0]["outcome"]) == ("consent_withdrawn", "bait", "not_counted")
    assert (body["boxes"][0]["before"], body["boxes"][0]["after"]) == ("given", "requested")
    changed = {"as_of": world.lead.permission["as_of"]}
    assert {**waiting.permission, **changed} == world.lead.permission
    assert (world.lead.purge_at, world.lead.version, outcome.change.suppress) == (waiting.purge_at, 3, None)
    world.relay()
    told = json.loads(world.queue.messages[-1].body)["data"]
    assert (told["change"], told["purposes"]) == ("consent_withdrawn", ["mkt_email"])
    assert told["permission"]["marketing"]["email"] == "after_doi"


def test_the_person_can_still_confirm_after_a_machine_did() -> None:
    world = asked()
    confirm(world)
    bait(world)

    soon = confirm(world)
    world.now += MINUTE
    late = confirm(world)

    assert (soon.is_baited, late.is_baited, world.marketing["email"]) == (True, False, "yes")
    assert entries(world) == ["notice_served", "doi_confirmed", "consent_withdrawn", "doi_confirmed"]


@pytest.mark.parametrize("wait", [MINUTE, timedelta(days=1)])
def test_a_bait_long_after_a_confirmation_changes_nothing(wait: timedelta) -> None:
    world = confirmed()
    before = (world.lead, stored_token(world))
    world.now += wait

    outcome = bait(world)

    assert (outcome.is_baited, outcome.change) == (False, None)
    assert (world.lead, stored_token(world)) == before


def test_a_double_bait_takes_back_once() -> None:
    world = confirmed()

    bait(world)
    bait(world)

    assert entries(world).count("consent_withdrawn") == 1


def test_what_the_person_ended_meanwhile_stays_ended() -> None:
    world = confirmed()
    world.permissions().unsubscribe(world.one_click_link)
    before = world.lead

    assert bait(world) is None
    assert world.lead == before


def test_an_earlier_consent_outlives_the_renewal_that_a_machine_pressed() -> None:
    world = confirmed()
    first = world.lead.permission["channels"]["email"]
    world.now += timedelta(days=2)
    world.post()
    world.relay()
    confirm(world)

    bait(world)

    assert (world.marketing["email"], world.lead.permission["channels"]["email"]) == ("yes", first)
    assert "mkt_email" in world.lead.permission["pending"]


def test_only_what_this_link_granted_is_taken_back() -> None:
    world = confirmed(fields={**ADA, "country": "DE"}, ticked=("mkt_email", "profiling"))
    world.now += 10 * SECOND
    world.permissions().choose(
        world.preferences_link, frozenset(["mkt_email"]), {name: SHOWN[name] for name in ("mkt_email", "profiling")}
    )
    kept = world.lead.purge_at

    bait(world)

    assert world.marketing["email"] == "after_doi"
    assert world.lead.permission["channels"]["profiling"]["status"] == "withdrawn"
    assert world.lead.purge_at == kept


def test_a_suppression_that_a_machine_lifted_stands_again() -> None:
    world = World()
    marks = KEYRING.suppression_marks(ContactPoints("ada@example.com"))
    before = remembered(marks, "marketing", "objection", world.now - timedelta(days=40))
    world.store.suppress(before)
    world.post(fields=GERMAN)
    world.relay()
    confirm(world)
    lifted = set(world.store.suppressed)

    bait(world)

    assert (lifted, world.store.suppressed) == (set(), {before[0].mark})
    assert world.store.found(marks).kept == before


def test_an_objection_that_a_machine_ended_stands_again() -> None:
    world = World()
    world.post(fields=ADA)
    world.permissions().object_to_all(world.preferences_link)
    world.post(fields=ADA)
    world.relay()
    confirm(world)
    ended = world.lead.permission["objected"]

    bait(world)

    assert (ended, world.lead.permission["objected"], world.marketing["email"]) == (False, True, "after_doi")


def test_the_link_of_a_text_is_for_one_use_again_and_no_way_back() -> None:
    world = asked_by_text()
    before = stored_token(world)
    world.permissions().confirm(link(world), SHOWN)

    world.permissions().take_bait(link(world), SHOWN)

    after = stored_token(world)
    assert (after.expires_at, after.is_way_back, world.marketing["phone"]) == (before.expires_at, False, "after_doi")
    world.now += MINUTE
    world.permissions().confirm(link(world), SHOWN)
    assert (stored_token(world).is_way_back, world.marketing["phone"]) == (True, "yes")


# Whoever has no link


@pytest.mark.parametrize("nobodys", ["A" * 43, "x", ""])
def test_a_stranger_without_a_link_gets_nothing_and_leaves_nothing(nobodys: str) -> None:
    world = asked()
    before = dict(world.store.tokens)

    assert world.permissions().take_bait(nobodys, SHOWN) is None
    assert world.store.tokens == before


# At once


@pytest.mark.parametrize("between", ["token", "known", "found", "change"])
def test_a_bait_at_any_point_of_a_confirmation_leaves_no_grant(between: str) -> None:
    world = asked()
    store = PressedOnce(world.store, between, lambda: bait(world))

    outcome = replace(world.permissions(), store=store).confirm(world.confirm_link, SHOWN)

    assert outcome is not None
    assert (outcome.is_baited, world.marketing["email"], entries(world)) == (True, "after_doi", ["notice_served"])


@pytest.mark.parametrize("between", ["token", "known", "mark"])
def test_a_confirmation_at_any_point_of_a_bait_leaves_no_grant(between: str) -> None:
    world = asked()
    store = PressedOnce(world.store, between, lambda: confirm(world))

    outcome = replace(world.permissions(), store=store).take_bait(world.confirm_link, SHOWN)

    assert outcome is not None
    assert (outcome.is_baited, world.marketing["email"]) == (True, "after_doi")
    assert entries(world) == ["notice_served", "doi_confirmed", "consent_withdrawn"]


def test_of_many_threads_that_confirm_and_bait_nobody_grants() -> None:
    for _ in range(10):
        world = asked()
        presses = [threading.Thread(target=act, args=(world,)) for act in (confirm, bait, confirm, bait)]

        for one in presses:
            one.start()
        for one in presses:
            one.join(10)

        assert world.marketing["email"] == "after_doi"
        assert entries(world) in (["notice_served"], ["notice_served", "doi_confirmed", "consent_withdrawn"])


# Trouble


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", range(6))
def test_no_single_fault_takes_back_twice_or_never(kind: str, place: int) -> None:
    world: Modelled = asked_of_the_model()
    confirm(world)

    press(world, lambda: bait(world), {place: kind})

    assert types(world) == ["notice_served", "doi_confirmed", "consent_withdrawn"]
    assert (world.marketing["email"], world.lead.version) == ("after_doi", 3)
    assert_chain_is_unbroken(world)


def test_a_bait_is_one_transaction() -> None:
    world = asked_of_the_model()

    marked = world.calls(lambda: bait(world))
    world.now += MINUTE
    confirm(world)
    taken_back = world.calls(lambda: bait(world))

    assert marked == ["GetItem", "GetItem", "TransactWriteItems"]
    assert taken_back == ["GetItem", "GetItem", "BatchGetItem", "TransactWriteItems"]
