"""Every single and every double fault while sales answers, against the executable model.

The CRM sends again while there is no answer, and at the end once more. Then every answer is kept once, and the lead is
where a calm walk leaves it.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from shared.adapters.dynamodb_answers import DynamoAnswers
from shared.adapters.dynamodb_ledger import Tables
from tests.journeys.answer_world import World, a_given
from tests.support.faults import KINDS, FaultyTransport, Schedule, survives
from tests.support.model import ModelDynamo

TABLES = Tables("leads", "ledger", "notices", "suppressions")
STEPS = (("contacted", 1), ("accepted", 2), ("bant", 3))
TRIES = 3


@dataclass
class Told:
    """One walk under a schedule of faults; what it keeps survives a killed process."""

    schedule: Schedule = field(default_factory=Schedule)
    model: ModelDynamo = field(default_factory=ModelDynamo)

    def __post_init__(self) -> None:
        self.world = World(store=DynamoAnswers(self.model, TABLES))
        self.world.offer()
        self.world.store = DynamoAnswers(FaultyTransport(self.model, self.schedule), TABLES)

    def walk(self, faults: dict[int, str]) -> Told:
        self.schedule.faults = faults
        for step in STEPS:
            for _ in range(TRIES):
                if survives(partial(self._take, *step)):
                    break
        self.schedule.faults = {}
        for step in STEPS:
            self.world.answer(*step)
        return self

    def _take(self, kind: str, number: int) -> None:
        self.world.take()(self.world.lead_id, a_given(kind, number))

    def items(self, kind: str) -> list[dict[str, Any]]:
        return self.model.items(kind)

    def held(self) -> dict[str, str]:
        rounds = self.items("TURN")
        return {name: value["N"] for item in rounds for name, value in item.items() if name.startswith("open#")}


CALM = Told().walk({})
CALLS_OF_A_CALM_WALK = 18


def test_a_calm_walk_takes_six_calls_an_answer_and_ends_with_a_prospect() -> None:
    told = Told()

    for step in STEPS:
        told.world.answer(*step)

    once = ("Query", "GetItem", "GetItem", "Query", "BatchGetItem", "TransactWriteItems")
    assert [operation for operation, _ in told.schedule.calls] == [*once, *once, *once]
    assert told.world.lead.stage == "prospect"


def assert_every_answer_counts_once(told: Told) -> None:
    assert len(told.items("DSP#")) == len(STEPS)
    for kind in ("LEAD", "OFFER#", "DSP#", "EVT#server#answer:"):
        same = [json.loads(item["doc"]["S"]) for item in CALM.items(kind)]
        assert [json.loads(item["doc"]["S"]) for item in told.items(kind)] == same
    assert told.held() == CALM.held()


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_loses_or_doubles_an_answer(kind: str) -> None:
    for place in range(CALLS_OF_A_CALM_WALK):
        assert_every_answer_counts_once(Told().walk({place: kind}))


@pytest.mark.parametrize(("first", "second"), list(itertools.product(("lost", "conflict", "killed_after"), KINDS)))
def test_no_two_faults_lose_or_double_an_answer(first: str, second: str) -> None:
    for one in range(0, CALLS_OF_A_CALM_WALK, 5):
        for other in range(one + 1, CALLS_OF_A_CALM_WALK + 1, 4):
            assert_every_answer_counts_once(Told().walk({one: first, other: second}))
