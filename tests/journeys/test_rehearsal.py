"""A test lead goes all the way, and sales and nurture never hear of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from shared.adapters.memory import MemoryHandOff, MemoryLedger
from shared.domain.erasure import Order, Traces, begin
from shared.domain.message import permission_changed, rehearsed
from shared.domain.suppression import Found
from shared.journeys.capture import Capture
from shared.journeys.deliver import Deliver
from shared.journeys.ports import Place
from tests.builders import KEYRING, NOON, a_question, draws
from tests.support.sales import assigning


@dataclass
class World:
    """One test lead with what is said of it, and the three queues."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    sales: MemoryHandOff = field(default_factory=MemoryHandOff)
    nurture: MemoryHandOff = field(default_factory=MemoryHandOff)
    tests: MemoryHandOff = field(default_factory=MemoryHandOff)

    def __post_init__(self) -> None:
        Capture(self.ledger, KEYRING, lambda: NOON, lambda: draws(1), lambda _: None)(a_question(is_test=True))

    @property
    def place(self) -> Place:
        return next(iter(self.ledger.outbox))

    def deliver(self, tests: MemoryHandOff | None) -> str:
        assign = assigning(self.ledger, lambda: NOON)
        letters = (lambda _: "mailed", lambda _: "texted")
        return Deliver(self.ledger, self.sales, lambda: NOON, *letters, assign, self.nurture, tests)(self.place)


def test_the_offer_of_a_test_lead_goes_to_the_queue_of_tests() -> None:
    world = World()

    assert world.deliver(world.tests) == "rehearsed"

    assert (world.sales.messages, world.nurture.messages) == ([], [])
    (message,) = world.tests.messages
    assert json.loads(message.body)["type"] == message.kind == "test.sales_qualified"
    assert json.loads(message.body)["data"]["cell"] == "A1"


def test_without_a_queue_of_tests_it_is_dropped() -> None:
    world = World()

    assert world.deliver(None) == "dropped"
    assert world.sales.messages == []


def test_nothing_that_is_said_of_a_test_lead_reaches_sales() -> None:
    world = World()
    (lead,) = world.ledger.leads.values()
    said = permission_changed(lead, "consent_withdrawn", ("mkt_email",), NOON)
    world.ledger.outbox[world.place] = (said, NOON)

    assert world.deliver(world.tests) == "rehearsed"

    assert (world.sales.messages, world.nurture.messages) == ([], [])
    assert [message.kind for message in world.tests.messages] == ["test.permission_changed"]


def test_sales_is_not_told_of_the_erasure_of_a_test_lead_and_is_of_every_other() -> None:
    world = World()
    (test,) = world.ledger.leads.values()
    traces = Traces("a" * 32, (), {}, Found())

    told = {
        lead.is_test: begin(lead, traces, Order("test"), NOON, b"s" * 32).message
        for lead in (test, replace(test, is_test=False))
    }

    assert {is_test: message.kind for is_test, message in told.items()} == {True: "test.erased", False: "lead.erased"}
    world.ledger.outbox[world.place] = (told[True], NOON)
    world.ledger.leads.clear()
    assert world.deliver(world.tests) == "rehearsed"
    assert world.sales.messages == []


def test_to_rehearse_twice_is_to_rehearse_once() -> None:
    world = World()
    ((message, _),) = world.ledger.outbox.values()

    assert rehearsed(message) == message
