"""Every single and every double fault while an offer is let lie, against the executable model: one owner at a time, one
message for each breach, and turns that are given once.
"""

from __future__ import annotations

import itertools
import json
from contextlib import suppress
from typing import Any

import pytest

from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.dynamodb_permissions import DynamoPermissions
from shared.domain.errors import LeadgateError
from tests.journeys.sales_world import SalesWorld
from tests.support.faults import KINDS, FaultyTransport, Killed, Schedule
from tests.support.model import ModelDynamo

TABLES = Tables("leads", "ledger", "notices", "suppressions")
SWEEPS = 6


class ModelledSales(SalesWorld):
    """The same world over the executable model, with a fault seam: Ada's offer lies with dach-1 until it is due."""

    def __init__(self) -> None:
        self.model, self.schedule = ModelDynamo(), Schedule()
        super().__init__(store=DynamoPermissions(FaultyTransport(self.model, self.schedule), TABLES))
        self.inquire()
        self.later(minutes=2)
        self.deliver().sweep()
        self.later(hours=2)

    def let_it_lie(self, faults: dict[int, str]) -> ModelledSales:
        """The clock ticks for a few minutes, the first of them with these faults counted from here."""
        calls = len(self.schedule.calls)
        self.schedule.faults = {calls + place: kind for place, kind in faults.items()}
        for _ in range(SWEEPS):
            self.tick()
        self.schedule.faults = {}
        self.later(minutes=10)
        self.tick()
        self.later(minutes=2)
        self.tick()
        return self

    def tick(self) -> None:
        for step in (self.watch().sweep, self.deliver().sweep):
            with suppress(LeadgateError, Killed):
                step()
        self.later(minutes=1)

    def items(self, kind: str) -> list[dict[str, Any]]:
        return self.model.items(kind)


def assert_the_breach_happened_once(world: ModelledSales) -> None:
    (offer,), (turn,) = world.items("OFFER#"), world.items("TURN")
    doc = json.loads(offer["doc"]["S"])
    assert [line["owner"] for line in doc["history"]] == ["dach-1", "dach-2"]
    assert (doc["owner"], doc["sla"]["attempt"]) == ("dach-2", 2)
    assert {name: value["N"] for name, value in turn.items() if name.startswith(("open#", "back#"))} == {
        "open#dach-2": "1",
        "back#dach-1#2026-03-02": "1",
    }
    assert turn["version"] == {"N": "2"}
    assert {message.message_id.partition(".")[2] for message in world.queue.messages} == {
        "sales_qualified.1",
        "sla_breached.1.1",
    }
    assert len({message.body for message in world.queue.messages}) == 2
    assert [item for item in world.items("OUT#") if "due_shard" in item] == []


def test_a_calm_breach_is_one_reading_and_one_transaction() -> None:
    world = ModelledSales()
    before = len(world.schedule.calls)

    world.watch().sweep()

    calls = [operation for operation, _ in world.schedule.calls[before:] if operation != "Query"]
    assert calls == ["BatchGetItem", "TransactWriteItems"]


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_lets_two_have_it_or_nobody_hear_of_it(kind: str) -> None:
    for place in range(30):
        assert_the_breach_happened_once(ModelledSales().let_it_lie({place: kind}))


@pytest.mark.parametrize(("first", "second"), list(itertools.product(("lost", "killed_after"), KINDS)))
def test_no_double_fault_does_either(first: str, second: str) -> None:
    for one, other in itertools.combinations(range(0, 30, 3), 2):
        assert_the_breach_happened_once(ModelledSales().let_it_lie({one: first, other: second}))
