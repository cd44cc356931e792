"""Promises that nobody kept: the lead goes to somebody else, and sales hears of it. Gather, decide, apply.

It needs no stream: the clock of the sweeper and the index of what is due are enough.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import offer as offers
from shared.domain import rounds, sla
from shared.domain.engagement import may_be_answered
from shared.domain.errors import LeadgateError
from shared.domain.lead import Lead, instant
from shared.domain.message import Message, sla_breached
from shared.domain.offer import ATTEMPTS, Offered
from shared.domain.sla import Breach
from shared.journeys.assign import ask_again, changed, given, promised, write_of
from shared.journeys.offer_ports import Agreed, OfferStore, Standing, Step
from shared.journeys.patience import patiently
from shared.journeys.ports import Clock, Pause, Place

LIMIT = 200
WITH_SALES = ("sales_qualified", "sales_accepted", "prospect")


@dataclass(frozen=True, slots=True)
class Watch:
    """The journey with its surroundings."""

    store: OfferStore
    agreed: Agreed
    clock: Clock
    pause: Pause

    def sweep(self) -> dict[str, int]:
        """Look at every promise that is due; counts what became of it. One failure keeps no other waiting."""
        counts = {"reroute": 0, "fallback": 0, "escalate": 0, "ended": 0, "moved": 0, "nothing": 0, "failed": 0}
        found = Counter(self._or_failed(place) for place in self.store.promises_due(self.clock(), LIMIT))
        return {**counts, **found}

    def __call__(self, place: Place) -> str:
        """What became of the promise of this offer: reroute, fallback, escalate, ended without anybody's fault, moved
        to another time, or nothing. Raises TryAgain when the store stays away: then nothing changed.
        """
        return patiently(lambda: self._once(place), self.pause)

    def let_go(self, person: str, lead: Lead) -> None:
        """Whoever holds the lead has free hands when nobody may contact the person any more; harmless to repeat."""
        if lead.crossings and not may_be_answered(lead):
            patiently(lambda: self._let_go(person, lead.crossings), self.pause)

    def _let_go(self, person: str, crossing: int) -> None:
        standing = self.store.standing(person, crossing, self.agreed.routing.queues)
        lead, offer = standing.lead, standing.offer
        why = _why_over(offer, lead) if offer and offer.is_open else ""
        if offer and why:
            self.store.take(person, _ending(offer, why, standing, self.clock()))

    def _or_failed(self, place: Place) -> str:
        try:
            return self(place)
        except LeadgateError:
            with suppress(LeadgateError):  # then it comes again with the next sweep
                self.store.postpone(place, self.clock())
            return "failed"

    def _once(self, place: Place) -> str:
        now, crossing = self.clock(), int(place.item.removeprefix("OFFER#"))
        standing = self.store.standing(place.person, crossing, self.agreed.routing.queues)
        lead, offer = standing.lead, standing.offer
        if offer is None:
            return "nothing"
        why = _why_over(offer, lead)
        if lead is None or why:
            self.store.take(place.person, _ending(offer, why, standing, now))
            return "ended"
        offer = self._on_a_known_wall(offer)
        broken = sla.breach(offer.sla, self.agreed.calendars[offer.sla.calendar], now)
        due = offers.due(offer, self.agreed.calendars)
        if broken is None or due is None:
            return self._moved(place, offer, lead, due, now)
        then, step = self._broken(offer, broken, lead, standing, now)
        self.store.take(place.person, step)
        return then

    def _on_a_known_wall(self, offer: Offered) -> Offered:
        """A calendar that the agreement no longer has is the desk's."""
        if offer.sla.calendar in self.agreed.calendars:
            return offer
        routing = self.agreed.routing
        return replace(offer, sla=replace(offer.sla, calendar=routing.queues[routing.fallback].calendar))

    def _moved(self, place: Place, offer: Offered, lead: Lead, due: str | None, now: datetime) -> str:
        """It is due at another time than was written, as after a new holiday in the calendar."""
        if due and due <= instant(now):
            return "nothing"
        self.store.take(place.person, Step(replace(offer, version=offer.version + 1), due, (), lead, now))
        return "moved"

    def _broken(
        self, offer: Offered, broken: Breach, lead: Lead, standing: Standing, now: datetime
    ) -> tuple[str, Step]:
        lead = replace(lead, version=lead.version + 1)
        if broken.then == "escalate":
            return "escalate", Step(offers.escalated(offer), None, (), lead, now, (_told(offer, broken, lead, now),))
        ask = ask_again(offer, lead, standing, broken.then == "fallback", now)
        made = given(ask, self.agreed, standing)
        is_at_the_desk = made.queue == self.agreed.routing.fallback
        broken = replace(broken, then="fallback") if is_at_the_desk else broken
        attempt = ATTEMPTS if is_at_the_desk else offer.sla.attempt + 1
        by_band = offer.by_band or {offer.sla.band: offer.sla.minutes}
        promise = promised(by_band, offer.cell, made, self.agreed, now, attempt)
        calendars = self.agreed.calendars
        after = offers.rerouted(offer, broken, ask, made, promise, calendars, write_of(made, standing))
        moved = dict(standing.rounds)
        if offer.queue in moved:
            moved[offer.queue] = rounds.taken_back(moved[offer.queue], offer.owner, now)
        moved[made.queue] = rounds.given_out(moved[made.queue], made.owner, made.turn, now)
        message = _told(offer, broken, lead, now, after)
        due = offers.due(after, calendars)
        return broken.then, Step(after, due, changed(standing, *moved.values()), lead, now, (message,))


def _told(offer: Offered, broken: Breach, lead: Lead, now: datetime, after: Offered | None = None) -> Message:
    """Who had the lead, and who has it `next`; None where it stays."""
    had = broken.as_data(lead.lead_id, offer.owner, offer.queue, lead.version)
    told = {**had, "next": offers.told_of(after.history[-1]) if after else None}
    return sla_breached(lead, offer.crossing, told, now)


def _why_over(offer: Offered, lead: Lead | None) -> str:
    """Why nobody has to answer any more, empty while somebody has."""
    if lead is None:
        return "gone"
    if lead.crossings > offer.crossing:
        return "offered_again"
    if lead.stage not in WITH_SALES:
        return lead.stage
    return "" if may_be_answered(lead) else "no_permission"


def _ending(offer: Offered, why: str, standing: Standing, now: datetime) -> Step:
    """Nobody broke a promise: the owner's hands are free, and it is not counted as given back."""
    moved = [rounds.let_go(one, offer.owner) for one in standing.rounds.values() if one.queue == offer.queue]
    held = changed(standing, *moved) if offer.is_open else ()
    return Step(offers.ended(offer, why, now), None, held, standing.lead, now)
