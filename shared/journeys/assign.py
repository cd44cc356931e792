"""An offer to sales gets its owner and its promise just before it leaves: gather, decide, apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import offer as offers
from shared.domain import rounds, sla
from shared.domain.criteria import leading_number
from shared.domain.lead import Lead, instant
from shared.domain.message import Message
from shared.domain.offer import Offered
from shared.domain.rounds import Round
from shared.domain.routing import Ask, Assignment, assign
from shared.domain.sla import Sla
from shared.journeys.offer_ports import Agreed, OfferStore, Standing, Step
from shared.journeys.patience import patiently
from shared.journeys.ports import Clock, Pause, Waiting


@dataclass(frozen=True, slots=True)
class Assign:
    """The journey with its surroundings."""

    store: OfferStore
    agreed: Agreed
    clock: Clock
    pause: Pause

    def __call__(self, waiting: Waiting, lead: Lead) -> Message:
        """The message as sales gets it. The first call of a crossing decides; every later one says the same.

        Raises TryAgain when the store stays away or others are faster all the time: then nobody has got it yet.
        """
        return patiently(lambda: self._once(waiting, lead), self.pause)

    def _once(self, waiting: Waiting, lead: Lead) -> Message:
        person, message = waiting.place.person, waiting.message
        basis = offers.basis_of(message)
        standing = self.store.standing(person, basis.crossing, self.agreed.routing.queues)
        if standing.offer:
            return offers.told(message, standing.offer)
        now = self.clock()
        ask = ask_about(lead, standing, now)
        made = given(ask, self.agreed, standing)
        promise = promised(basis.by_band, basis.cell, made, self.agreed, now)
        offer = offers.assigned(basis, ask, made, promise, self.agreed.calendars, write_of(made, standing))
        moved = rounds.given_out(standing.rounds[made.queue], made.owner, made.turn, now)
        due = offers.due(offer, self.agreed.calendars)
        self.store.take(person, Step(offer, due, changed(standing, moved), lead, now))
        return offers.told(message, offer)


def ask_about(lead: Lead, standing: Standing, now: datetime) -> Ask:
    """What the assignment of this lead depends on; whoever had the person's last offer has the account."""
    size = leading_number(lead.profile.get("company_size", ""))
    return Ask(
        lead_id=lead.lead_id,
        at=instant(now),
        country=lead.profile.get("country"),
        segment=lead.persona or None,
        size=size if size >= 0 else None,
        owner=standing.before.owner if standing.before else None,
        work=rounds.work_of(standing.rounds.values(), now),
    )


def ask_again(offer: Offered, lead: Lead, standing: Standing, to_fallback: bool, now: datetime) -> Ask:
    """The same after a broken promise: who had it does not get it again."""
    ask = ask_about(lead, standing, now)
    return replace(ask, owner=None, had=offer.had, to_fallback=to_fallback)


def given(ask: Ask, agreed: Agreed, standing: Standing) -> Assignment:
    turns = {name: one.turn for name, one in standing.rounds.items()}
    return assign(ask, agreed.routing, agreed.calendars, turns)


def promised(
    by_band: Mapping[str, int], cell: str, made: Assignment, agreed: Agreed, now: datetime, attempt: int = 1
) -> Sla:
    """The promise by the calendar and the own times of the queue that has the lead."""
    queue = agreed.routing.queues[made.queue]
    return sla.opened(sla.agreed(by_band, cell, queue.respond_within_minutes), queue.calendar, now, attempt)


def write_of(made: Assignment, standing: Standing) -> int:
    """The number of the write that moves the queue's round, for the audit's order; 0 when it stays."""
    return standing.rounds[made.queue].version + 1 if made.turn else 0


def changed(standing: Standing, *after: Round) -> tuple[Round, ...]:
    """The rounds that are not as they were read."""
    return tuple(one for one in after if one != standing.rounds[one.queue])
