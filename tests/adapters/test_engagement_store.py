"""The EngagementStore port on memory, on the model, on moto and on ministack: one list of promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.dynamodb_engagement import DynamoEngagement
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.memory_engagement import MemoryEngagement
from shared.domain.engagement import Around, Engagement, decide
from shared.domain.errors import Conflict, TryAgain
from shared.domain.report import Report
from shared.journeys.ports import Place
from tests.adapters.contract import write
from tests.builders import DEFINITION, NOON
from tests.journeys.engagement_world import World, a_view, an_event
from tests.support.clouds import Cloud, fresh_tables
from tests.support.model import ModelDynamo

STORES = ("memory", "model", "moto", "ministack")
LATER = NOON + timedelta(hours=1)
SUBMITTED = {"ticked": ("mkt_email", "profiling")}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return MemoryEngagement()
    if request.param == "model":
        return DynamoEngagement(ModelDynamo(), Tables("leads", "ledger", "notices", "suppressions"))
    cloud: Cloud = request.getfixturevalue(f"{request.param}_cloud")
    return DynamoEngagement(cloud.dynamodb(), fresh_tables(cloud))


def an_engagement(store: Any, person: str, *reports: Report) -> Engagement:
    lead, kept = store.reported(person, tuple(report.key for report in reports))
    made = decide({"default": DEFINITION}, reports, Around(lead, kept, False, None, LATER)).engagement
    assert made is not None
    return made


def test_what_was_noted_is_known_at_once_and_recognised_again(store: Any) -> None:
    where, _ = write(store, 1, **SUBMITTED)
    engagement = an_engagement(store, where.person, an_event(1), an_event(2))

    store.note(where.person, engagement)

    keys = tuple(an_event(number).key for number in (1, 2, 3))
    assert store.reported(where.person, keys) == (engagement.lead, frozenset(keys[:2]))


def test_nobody_has_no_lead_and_no_events(store: Any) -> None:
    assert store.reported("0" * 32, (a_view().key,)) == (None, frozenset())


def test_an_event_of_a_page_is_not_an_event_of_a_server(store: Any) -> None:
    where, _ = write(store, 1, **SUBMITTED)
    store.note(where.person, an_engagement(store, where.person, an_event(1)))

    assert store.reported(where.person, (a_view(1).key,))[1] == frozenset()


def test_a_decision_on_an_old_lead_is_a_conflict_and_writes_nothing(store: Any) -> None:
    where, _ = write(store, 1, **SUBMITTED)
    stale = an_engagement(store, where.person, an_event(1))
    store.note(where.person, an_engagement(store, where.person, an_event(2)))
    before = store.reported(where.person, (an_event(1).key, an_event(2).key))

    with pytest.raises(Conflict):
        store.note(where.person, stale)

    assert store.reported(where.person, (an_event(1).key, an_event(2).key)) == before


def test_the_same_event_cannot_be_noted_twice(store: Any) -> None:
    where, _ = write(store, 1, **SUBMITTED)
    first = an_engagement(store, where.person, an_event(1))
    store.note(where.person, first)
    again = replace(first, lead=replace(first.lead, version=first.lead.version + 1))

    with pytest.raises(Conflict):
        store.note(where.person, again)

    assert store.reported(where.person, ())[0] == first.lead


def test_a_message_that_an_event_makes_waits_in_the_outbox(store: Any) -> None:
    where, _ = write(store, 1, **SUBMITTED)
    engagement = an_engagement(store, where.person, an_event(1))
    message = replace(the_message(store), version=engagement.lead.version)

    store.note(where.person, replace(engagement, messages=(message,)))

    waiting = store.waiting(Place(where.person, message.slot))
    assert (waiting.message, waiting.lead) == (message, engagement.lead)
    assert Place(where.person, message.slot) in store.overdue(LATER + timedelta(minutes=2), 10)
    assert Place(where.person, message.slot) not in store.overdue(LATER, 10)


def the_message(store: Any) -> Any:
    """What the demo request itself left for sales."""
    (place,) = store.overdue(NOON + timedelta(days=1), 10)
    return store.waiting(place).message


def test_looking_again_writes_nothing_and_sees_a_change(store: Any) -> None:
    where, intake = write(store, 1, **SUBMITTED)
    store.look_again(where.person, intake.lead)
    store.look_again("0" * 32, None)
    changed = an_engagement(store, where.person, an_event(1))
    store.note(where.person, changed)

    with pytest.raises(Conflict):
        store.look_again(where.person, intake.lead)
    with pytest.raises(Conflict):
        store.look_again(where.person, None)

    store.look_again(where.person, changed.lead)
    assert store.reported(where.person, ())[0] == changed.lead


@pytest.mark.parametrize("crowded", ["memory", "ministack"])
def test_events_that_come_at_once_each_count_once(crowded: str, request: pytest.FixtureRequest) -> None:
    if crowded == "memory":
        store: Any = MemoryEngagement()
    else:
        cloud: Cloud = request.getfixturevalue("ministack_cloud")
        store = DynamoEngagement(cloud.dynamodb(), fresh_tables(cloud))
    world = World(store=store)
    token = world.post()
    world.later(minutes=1)

    def come(number: int) -> None:
        """As a page does: again while there is no answer, and now and then once more."""
        answered = 0
        for _ in range(50):
            with suppress(TryAgain):
                world.view(token, a_view(number % 6))
                answered += 1
            if answered == 2:
                return
        raise AssertionError("no answer")

    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(come, range(12)))

    lead, kept = store.reported(world.person, tuple(a_view(number).key for number in range(6)))
    assert (len(kept), lead.busy_day) == (6, ("2026-03-02", 6))
    assert lead.version <= 7
