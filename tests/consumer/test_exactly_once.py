"""From the form to the CRM and back: one offer is one row and one answer, whatever queue, wire and worker do.

The journeys are real over their in-memory twins, and so is the kit. Every step between them asks for its fate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from consumer import Consumer, Later, MemoryStore, Work
from consumer.aws import SqsQueue, answer_id
from shared.domain.message import permission_changed
from shared.journeys.show_lead import ShowLead
from tests.builders import DEFINITIONS
from tests.journeys.answer_world import World, a_given
from tests.support.faults import Killed

FATES = ("works", "refused", "lost", "twice", "killed before", "killed after", "another worker")
OFFER = "lead.sales_qualified"


@dataclass
class Fates:
    """What meets the next steps, one after the other; when they are used up everything works."""

    drawn: Iterator[str]
    other_worker: Callable[[], None] = lambda: None
    met: Counter[str] = field(default_factory=Counter)

    def meet(self, step: Callable[[], Any], failure: Exception) -> Any:
        fate = next(self.drawn, "works")
        self.met[fate] += 1
        if fate == "killed before":
            raise Killed
        if fate == "refused":
            raise failure
        if fate == "another worker":
            self.other_worker()
        done = step()
        if fate == "killed after":
            raise Killed
        if fate == "lost":
            raise failure
        return step() if fate == "twice" else done


@dataclass
class Queue:
    """As boto3's client: at least once and in any order; what is not deleted is received again."""

    lying: list[tuple[str, str]]
    fates: Fates

    def receive_message(self, **_: Any) -> Any:
        lying = [{"MessageId": receipt, "ReceiptHandle": receipt, "Body": body} for receipt, body in self.lying]
        return self.fates.meet(lambda: {"Messages": lying}, EndpointConnectionError(endpoint_url="queue"))

    def delete_message(self, ReceiptHandle: str, **_: Any) -> None:
        def step() -> None:
            self.lying = [one for one in self.lying if one[0] != ReceiptHandle]

        self.fates.meet(step, EndpointConnectionError(endpoint_url="queue"))

    def change_message_visibility(self, **_: Any) -> None:
        """Nothing stays hidden here."""


@dataclass
class Crm:
    """A sink with one row per lead. It answers each offer: somebody has talked to them."""

    world: World
    fates: Fates
    rows: dict[str, set[str]] = field(default_factory=dict)

    def keep(self, work: Work) -> None:
        def write() -> None:
            self.rows.setdefault(work.lead_id, set()).update({work.message_id} if work.kind == OFFER else ())

        self.fates.meet(write, Later("busy"))
        if work.kind == OFFER:
            said = replace(a_given("contacted"), answer_id=answer_id(work.message_id, "contacted"))
            self.fates.meet(lambda: self.world.take()(work.lead_id, said), Later("busy"))

    def forget(self, lead_id: str) -> None:
        self.rows.pop(lead_id, None)


class Memory(MemoryStore):
    """What the consumer remembers, in a database that can be away."""

    def __init__(self, fates: Fates) -> None:
        super().__init__()
        self.fates = fates

    def finish(self, message_id: str, lead_id: str, versions: Mapping[str, int]) -> None:
        kept = super().finish
        self.fates.meet(lambda: kept(message_id, lead_id, versions), Later("busy"))


@dataclass
class Sales:
    """One person's offer and a change of their permission, several copies of both, and whoever works them off."""

    order: list[int]
    fates: Fates

    def __post_init__(self) -> None:
        self.world = World()
        self.world.offer()
        self.world.deliver()
        (offer,) = self.world.queue.messages
        later = replace(self.world.lead, version=self.world.lead.version + 1)
        changed = permission_changed(later, "consent_withdrawn", ("mkt_email",), self.world.now)
        bodies = (offer.body, changed.body)
        self.queue = Queue([(str(n), bodies[which]) for n, which in enumerate(self.order)], self.fates)
        self.crm, self.memory = Crm(self.world, self.fates), Memory(self.fates)
        self.view = ShowLead(self.world.store, DEFINITIONS, lambda: self.world.now)
        self.fates.other_worker = self.works_once

    def fetch(self, lead_id: str) -> tuple[int, dict[str, Any]]:
        view = self.fates.meet(lambda: self.view(lead_id), Later("busy"))
        assert isinstance(view, dict)
        return 200, view

    def works_once(self) -> None:
        SqsQueue(self.queue, "").work_off(Consumer(self.fetch, self.memory, self.crm), once=True, wait_seconds=0)

    def works(self, starts: int) -> None:
        """Workers that are started again when they die, until nothing lies on the queue."""
        for _ in range(starts):
            try:
                return self.works_once()
            except (Killed, EndpointConnectionError):
                continue
        pytest.fail("the queue was never empty")

    @property
    def answers(self) -> list[str]:
        return [kept.answer_id for kept in self.world.store.said.values()]


@given(st.lists(st.sampled_from([0, 0, 1]), min_size=1, max_size=5), st.lists(st.sampled_from(FATES), max_size=14))
def test_an_offer_is_one_row_and_one_answer_under_every_fate(copies: list[int], drawn: list[str]) -> None:
    sales = Sales([0, *copies] if 0 not in copies else copies, Fates(iter(drawn)))

    sales.works(starts=len(drawn) + 1)

    offer = sales.world.queue.messages[0].message_id
    assert sales.crm.rows == {sales.world.lead_id: {offer}}
    assert sales.answers == [answer_id(offer, "contacted")]
    assert sales.memory.is_done(offer)
    assert sales.queue.lying == []


CALLS_OF_A_CALM_WALK = 7  # receive, fetch, write, answer, remember, delete, receive


@pytest.mark.parametrize("fate", FATES[1:])
def test_no_single_fate_at_any_step_loses_or_doubles_an_offer(fate: str) -> None:
    for place in range(CALLS_OF_A_CALM_WALK):
        sales = Sales([0], Fates(iter(["works"] * place + [fate])))

        sales.works(starts=2)

        assert sales.fates.met[fate] == 1
        assert [len(offers) for offers in sales.crm.rows.values()] == [1]
        assert len(sales.answers) == 1
