"""Every single and every double fault over the walk of two submissions of one person, against the executable model.

A client posts with one key and tries again while it gets no 2xx; the relay sees every outbox insert of the stream;
at the end, with nothing failing any more, the client tries once more and the sweeper runs. Then nothing may be lost,
stored twice, or sold twice.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.adapters.dynamodb_ledger import DynamoLedger, Tables
from shared.adapters.sqs_hand_off import SqsHandOff
from shared.domain.ledger_entry import commitment, entry_hash, first_head
from shared.domain.question import Question
from shared.journeys.capture import Answer, Capture
from shared.journeys.deliver import Deliver
from shared.journeys.ports import Place
from tests.builders import ADA, KEYRING, NOON, a_question, draws
from tests.support.faults import KINDS, FaultyTransport, Schedule, survives
from tests.support.model import ModelDynamo, ModelQueue
from tests.support.sales import assigning

TABLES = Tables("leads", "ledger", "notices", "suppressions")
FIRST = a_question(key="first-submission-key", ticked=("mkt_email",))
SECOND = a_question(key="second-submission-key", fields={**ADA, "message": "Any news?"})
CALLS_OF_A_CALM_WALK = 9
CLIENT_TRIES = 3


@dataclass
class World:
    """One walk under a schedule of faults; what it keeps survives a killed process."""

    schedule: Schedule
    store: ModelDynamo = field(default_factory=ModelDynamo)
    queue: ModelQueue = field(default_factory=ModelQueue)
    tracks: ModelQueue = field(default_factory=ModelQueue)
    receipts: dict[str, set[str]] = field(default_factory=dict)
    drawn: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    relayed: int = 0

    def post(self, question: Question) -> None:
        """The client's way: the same key until there is an answer, a few times."""
        for _ in range(CLIENT_TRIES):
            if survives(lambda: self._post_once(question)):
                return

    def relay(self) -> None:
        """The stream's way: each outbox insert once, again while the relay fails, a few times."""
        for table, event, item in self.store.stream[self.relayed :]:
            self.relayed += 1
            if table == TABLES.leads and event == "INSERT" and item["sk"]["S"].startswith("OUT#"):
                place = Place(item["pk"]["S"].removeprefix("P#"), item["sk"]["S"])
                for _ in range(2):
                    if survives(lambda place=place: self._deliver(NOON)(place)):  # type: ignore[misc]  # bound at once
                        break

    def settle(self) -> None:
        """Nothing fails any more: the client asks again, the sweeper comes by."""
        self.schedule.faults = {}
        self._post_once(FIRST)
        self._post_once(SECOND)
        self._deliver(NOON + timedelta(hours=1)).sweep()

    def _post_once(self, question: Question) -> None:
        ledger = DynamoLedger(FaultyTransport(self.store, self.schedule), TABLES)
        capture = Capture(ledger, KEYRING, lambda: NOON, lambda: draws(next(self.drawn)), lambda _: None)
        answer = capture(question)
        assert isinstance(answer, Answer)
        self.receipts.setdefault(str(question.submission.key), set()).add(answer.receipt)

    def _deliver(self, now: datetime) -> Deliver:
        ledger = DynamoLedger(FaultyTransport(self.store, self.schedule), TABLES)
        hand_off = SqsHandOff(FaultyTransport(self.queue, self.schedule), "queue")
        nurture = SqsHandOff(FaultyTransport(self.tracks, self.schedule), "nurture")
        assign = assigning(ledger, lambda: now)
        return Deliver(ledger, hand_off, lambda: now, lambda _: "mailed", lambda _: "texted", assign, nurture)


def walk(faults: dict[int, str]) -> World:
    world = World(Schedule(faults))
    world.post(FIRST)
    world.relay()
    world.post(SECOND)
    world.relay()
    world.settle()
    return world


def assert_all_promises_hold(world: World) -> None:
    leads = world.store.tables[TABLES.leads]
    by_kind = {
        kind: [item for (_, sk), item in leads.items() if sk.startswith(kind)]
        for kind in ("LEAD", "EVT#", "OUT#", "SUB", "OFFER#", "TURN")
    }
    assert {kind: len(items) for kind, items in by_kind.items()} == {
        **{"LEAD": 1, "EVT#": 2, "OUT#": 1, "SUB": 2},
        **{"OFFER#": 1, "TURN": 1},
    }
    assert_one_owner_has_it(by_kind["OFFER#"][0], by_kind["TURN"][0], world.queue.sent)
    assert all(len(receipts) == 1 for receipts in world.receipts.values())
    assert_chain_is_unbroken(world, json.loads(by_kind["LEAD"][0]["doc"]["S"])["head"])
    logical = {message["MessageDeduplicationId"] for message in world.queue.sent}
    assert logical == {by_kind["OUT#"][0]["message_id"]["S"]}
    assert len({message["MessageBody"] for message in world.queue.sent}) == 1
    assert "due_shard" not in by_kind["OUT#"][0]


def assert_one_owner_has_it(offer: dict[str, Any], turn: dict[str, Any], sent: list[dict[str, Any]]) -> None:
    """Who the message names holds the lead, and the queue has given one turn, however often it was tried."""
    doc = json.loads(offer["doc"]["S"])
    assert (turn["version"], turn[f"open#{doc['owner']}"]) == ({"N": "1"}, {"N": "1"})
    assert {json.loads(one["MessageBody"])["data"]["owner_id"] for one in sent} == {doc["owner"]}


def assert_chain_is_unbroken(world: World, head: dict[str, object]) -> None:
    entries = [item for _, item in sorted(world.store.tables[TABLES.ledger].items())]
    last = first_head(str(head["chain"])).hash
    for seq, item in enumerate(entries, 1):
        core = json.loads(item["core"]["S"])
        assert (core["seq"], core["prev"]) == (seq, last)
        assert core["body"] == commitment(bytes.fromhex(item["salt"]["S"]), item["body"]["S"].encode())
        last = entry_hash(item["core"]["S"].encode())
    assert (head["seq"], head["hash"]) == (2, last)


def test_a_calm_walk_takes_two_calls_a_submission_and_five_a_message() -> None:
    world = World(Schedule())
    world.post(FIRST)
    world.relay()
    world.post(SECOND)
    world.relay()

    assert [operation for operation, _ in world.schedule.calls] == [
        *("BatchGetItem", "TransactWriteItems"),
        *("BatchGetItem", "BatchGetItem", "TransactWriteItems", "SendMessage", "UpdateItem"),
        *("BatchGetItem", "TransactWriteItems"),
    ]
    assert len(world.schedule.calls) == CALLS_OF_A_CALM_WALK


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_loses_or_doubles_anything(kind: str) -> None:
    for place in range(CALLS_OF_A_CALM_WALK):
        assert_all_promises_hold(walk({place: kind}))


@pytest.mark.parametrize(("first", "second"), list(itertools.product(KINDS, KINDS)))
def test_no_double_fault_loses_or_doubles_anything(first: str, second: str) -> None:
    for one, other in itertools.combinations(range(CALLS_OF_A_CALM_WALK + 5), 2):
        assert_all_promises_hold(walk({one: first, other: second}))


def test_with_the_stream_off_the_sweeper_delivers() -> None:
    world = World(Schedule())
    world.post(FIRST)
    world.post(SECOND)
    world.settle()

    assert_all_promises_hold(world)
    assert len(world.queue.sent) == 1
