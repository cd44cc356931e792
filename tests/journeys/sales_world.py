"""A world for offers: leads that cross the line, a relay, a sweeper, and a clock."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.adapters.memory import MemoryHandOff, MemoryPermissions
from shared.domain.lead import Lead
from shared.domain.offer import Offered
from shared.journeys.capture import Capture
from shared.journeys.deliver import Deliver
from shared.journeys.offer_ports import Agreed
from shared.journeys.ports import Place
from shared.journeys.promises import Watch
from tests.builders import ADA, KEYRING, NOON, a_question, draws
from tests.support.sales import AGREED, assigning, offers_of


@dataclass
class SalesWorld:
    """`now` is the time for everybody; Ada's team (`dach`) works from 9 to 18 in Berlin, and it is Monday noon UTC."""

    store: Any = field(default_factory=MemoryPermissions)
    now: datetime = NOON
    agreed: Agreed = AGREED
    queue: Any = field(default_factory=MemoryHandOff)
    nurture: Any = field(default_factory=MemoryHandOff)
    company: Callable[[Lead], str | None] = lambda _: None
    drawn: Any = field(default_factory=lambda: itertools.count(1))

    def inquire(self, email: str = "ada@example.com", country: str = "AT", **changes: Any) -> None:
        capture = Capture(self.store, KEYRING, lambda: self.now, lambda: draws(next(self.drawn)), lambda _: None)
        capture(a_question(fields={**ADA, "email": email, "country": country}, **changes))

    def deliver(self) -> Deliver:
        assign = assigning(self.store, lambda: self.now, self.agreed, self.company)
        let_go = self.watch().let_go
        return Deliver(self.store, self.queue, lambda: self.now, str, str, assign, self.nurture, let_go=let_go)

    def watch(self) -> Watch:
        return Watch(offers_of(self.store), self.agreed, lambda: self.now, lambda _: None)

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def sweep(self) -> dict[str, int]:
        """What became of the promises, and all messages leave."""
        kept = {outcome: times for outcome, times in self.watch().sweep().items() if times}
        self.later(minutes=1)
        self.deliver().sweep()
        return kept

    def relay(self) -> None:
        for place in [place for place in self.store.outbox if place not in self.store.delivered]:
            self.deliver()(place)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The `data` of every message of a kind, in order."""
        return [json.loads(message.body)["data"] for message in self.queue.messages if message.kind == kind]

    @property
    def person(self) -> str:
        return str(next(iter(self.store.leads)))

    @property
    def offer(self) -> Offered:
        """The first offer of all."""
        return next(offer for offer, _ in self.store.offers.values())

    @property
    def place(self) -> Place:
        return Place(self.person, self.offer.slot)

    def put(self, offer: Offered, due_at: str | None) -> None:
        """The offer as an answer of sales would leave it."""
        self.store.offers[self.place] = offer, due_at


def offered(**changes: Any) -> SalesWorld:
    """Ada asked for a demo, and sales has it."""
    world = SalesWorld(**changes)
    world.inquire()
    world.relay()
    return world
