"""What giving out leads needs from the outside; adapters and their in-memory twins keep it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.business_time import Calendar
from shared.domain.lead import Lead
from shared.domain.message import Message
from shared.domain.offer import Offered
from shared.domain.rounds import Round
from shared.domain.routing import Routing
from shared.domain.sales_answer import Kept
from shared.journeys.ports import Place


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who in sales gets which lead, and when each team works."""

    routing: Routing
    calendars: Mapping[str, Calendar]


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that an assignment depends on: the lead, this offer, the offer before it, and the queues' rounds.

    `account` is where the last offer of the company lies, which may be gone.
    """

    lead: Lead | None
    offer: Offered | None
    before: Offered | None
    rounds: Mapping[str, Round]
    account: Place | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of an offer writes, all or nothing.

    `due_at` is when somebody must look at it (None: never). `rounds` are those that moved, with the version that they
    were read in. With `messages` the lead is written too, in its next version; without, it must only be there still
    (None when it is gone already), and when the offer is new it must be as it was read: an answer that came meanwhile
    belongs to the offer. `before` is the offer before it, where that ends in the same step; `company` the key of the
    company whose last offer it is from now on.
    """

    offer: Offered
    due_at: str | None
    rounds: tuple[Round, ...]
    lead: Lead | None
    at: datetime
    messages: tuple[Message, ...] = ()
    before: Offered | None = None
    company: str | None = None


class OfferStore(Protocol):
    """The store of offers and rounds. Every method raises TryAgain when the store is away or busy."""

    def standing(self, person: str, crossing: int, queues: Iterable[str], company: str | None = None) -> Standing:
        """One batched, strongly consistent read; `company` is a company key."""
        ...

    def offer(self, place: Place) -> Offered | None:
        """The offer that lies there."""
        ...

    def answers(self, person: str) -> tuple[Kept, ...]:
        """Everything that sales ever answered about the person's lead, in order of time."""
        ...

    def take(self, person: str, step: Step) -> None:
        """One transaction. Raises Conflict when the lead, the offer or a round was written since it was read."""
        ...

    def promises_due(self, now: datetime, limit: int) -> Iterable[Place]:
        """Where offers lie whose promise should have been kept by now, oldest first in each shard."""
        ...

    def postpone(self, place: Place, now: datetime) -> None:
        """What failed is looked at again later, later still each time; harmless when nothing is due there."""
        ...
