"""Every single and every double fault over what a page and a server report, against the executable model.

Whoever reports tries again while there is no answer; at the end nothing fails any more, they report once more, and the
sweeper runs. Then every event counts exactly once, and sales is told exactly once.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.dynamodb_engagement import DynamoEngagement
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.memory import MemoryHandOff
from shared.journeys.deliver import Deliver
from tests.builders import ADA, NOON
from tests.journeys.engagement_world import World, a_view, an_event
from tests.support.faults import KINDS, FaultyTransport, Schedule, survives
from tests.support.model import ModelDynamo
from tests.support.sales import assigning

TABLES = Tables("leads", "ledger", "notices", "suppressions")
NOT_YET = {"email": ADA["email"], "job_title": "Senior Engineer", "country": "FR"}
READ = {"content": "trends-report", "time_on_page_s": 95, "scroll_depth_pct": 90}
CALLS_OF_A_CALM_WALK = 6
TRIES = 3


@dataclass
class Reported:
    """One walk under a schedule of faults; what it keeps survives a killed process."""

    schedule: Schedule = field(default_factory=Schedule)
    model: ModelDynamo = field(default_factory=ModelDynamo)
    queue: MemoryHandOff = field(default_factory=MemoryHandOff)

    def __post_init__(self) -> None:
        store = DynamoEngagement(self.model, TABLES)
        self.world = World(store=store)
        self.token = self.world.post(fields=NOT_YET)
        self.world.later(minutes=1)
        self.world.store = DynamoEngagement(FaultyTransport(self.model, self.schedule), TABLES)

    def walk(self, faults: dict[int, str]) -> Reported:
        self.schedule.faults = faults
        for step in self.steps():
            for _ in range(TRIES):
                if survives(step):
                    break
        self.schedule.faults = {}
        for step in self.steps():
            step()
        self._deliver().sweep()
        return self

    def _deliver(self) -> Deliver:
        later, store = lambda: NOON + timedelta(hours=1), self.world.store
        return Deliver(store, self.queue, later, str, str, assigning(store, later), MemoryHandOff())

    def steps(self) -> list[Callable[[], object]]:
        views = [a_view(number, context=READ) for number in (1, 2)]
        return [
            lambda: self.world.view(self.token, *views),
            lambda: self.world.server(an_event(1, "pricing_view")),
        ]

    def items(self, kind: str) -> list[dict[str, Any]]:
        return self.model.items(kind)

    @property
    def lead(self) -> dict[str, Any]:
        (item,) = self.items("LEAD")
        document: dict[str, Any] = json.loads(item["doc"]["S"])
        return document


CALM = Reported().walk({})


def assert_every_event_counts_once(told: Reported) -> None:
    assert len(told.items("EVT#page#")) == 2
    assert len(told.items("EVT#server#")) == 1
    assert told.lead["busy_day"] == ["2026-03-02", 3]
    same = ("score", "tallies", "marks", "inquiries", "stage", "crossings", "history", "version")
    assert {name: told.lead[name] for name in same} == {name: CALM.lead[name] for name in same}
    assert {message.message_id for message in told.queue.messages} == {CALM.queue.messages[0].message_id}
    assert len({message.body for message in told.queue.messages}) == 1


def test_a_calm_walk_takes_three_calls_a_report_and_ends_with_one_offer_to_sales() -> None:
    told = Reported()

    for step in told.steps():
        step()

    assert [operation for operation, _ in told.schedule.calls] == [
        *("BatchGetItem", "BatchGetItem", "TransactWriteItems"),
        *("BatchGetItem", "BatchGetItem", "TransactWriteItems"),
    ]
    assert (CALM.lead["stage"], CALM.lead["crossings"], len(CALM.queue.messages)) == ("sales_qualified", 1, 1)


def test_a_report_that_may_not_be_kept_makes_the_same_calls_and_writes_nothing() -> None:
    told = Reported()
    before = told.model.everything()

    told.world.view(told.token, a_view(kind="webinar_attended"))
    told.world.server(an_event(), email="nobody@example.com")

    kept, nobodys = told.schedule.calls[:3], told.schedule.calls[3:]
    assert [operation for operation, _ in kept] == [operation for operation, _ in nobodys]
    assert [operation for operation, _ in kept] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert told.model.everything() == before


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_loses_or_doubles_an_event(kind: str) -> None:
    for place in range(CALLS_OF_A_CALM_WALK):
        assert_every_event_counts_once(Reported().walk({place: kind}))


@pytest.mark.parametrize(("first", "second"), list(itertools.product(KINDS, KINDS)))
def test_no_double_fault_loses_or_doubles_an_event(first: str, second: str) -> None:
    for one, other in itertools.combinations(range(CALLS_OF_A_CALM_WALK + 1), 2):
        assert_every_event_counts_once(Reported().walk({one: first, other: second}))
