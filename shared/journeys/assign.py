"""An offer to sales gets its owner and its promise just before it leaves: gather, decide, apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import offer as offers
from shared.domain import rounds, sales_answer, sla
from shared.domain.criteria import leading_number
from shared.domain.engagement import may_be_answered
from shared.domain.errors import TryAgain
from shared.domain.identity import Keyring
from shared.domain.lead import Lead, instant
from shared.domain.message import Message
from shared.domain.offer import Offered
from shared.domain.rounds import Round
from shared.domain.routing import Ask, Assignment, assign
from shared.domain.sales_answer import Kept
from shared.domain.sla import Sla
from shared.journeys.offer_ports import Agreed, OfferStore, Standing, Step
from shared.journeys.patience import patiently
from shared.journeys.ports import Clock, Pause, Waiting


@dataclass(frozen=True, slots=True)
class Assign:
    """The journey with its surroundings; `company` gives the key of the company that a lead writes for, if any."""

    store: OfferStore
    agreed: Agreed
    clock: Clock
    pause: Pause
    company: Callable[[Lead], str | None] = lambda _lead: None

    def __call__(self, waiting: Waiting, lead: Lead) -> Message:
        """The message as sales gets it. The first call of a crossing decides; every later one says the same.

        Raises TryAgain when the store stays away or others are faster all the time: then nobody has got it yet.
        """
        return patiently(lambda: self._once(waiting, lead), self.pause)

    def _once(self, waiting: Waiting, lead: Lead) -> Message:
        person, message = waiting.place.person, waiting.message
        basis, company = offers.basis_of(message), self.company(lead)
        found = self.store.standing(person, basis.crossing, self.agreed.routing.queues, company)
        if found.offer:
            return offers.told(message, found.offer)
        now, lead = self.clock(), found.lead or lead
        if not may_be_answered(lead):
            raise TryAgain("somebody left while an owner was looked for")  # then there is nothing to hand over
        standing = without_the_one_before(found, now)
        said = self._said_already(person, message, lead)
        ask = _asked(self._of_the_company(ask_about(lead, standing, now), standing), said, self.agreed)
        made = given(ask, self.agreed, standing)
        promise = promised(basis.by_band, basis.cell, made, self.agreed, now)
        first = offers.assigned(basis, ask, made, promise, self.agreed.calendars, write_of(made, standing))
        offer = sales_answer.caught_up(first, lead, said) if said else first
        holder = offer.owner if offer.is_open else None
        moved = rounds.given_out(standing.rounds[made.queue], holder, made.turn, now)
        held = changed(found, *{**standing.rounds, made.queue: moved}.values())
        due = offers.due(offer, self.agreed.calendars)
        before = standing.before if standing.before != found.before else None
        self.store.take(person, Step(offer, due, held, lead, now, before=before, company=company))
        return offers.told(message, offer)

    def _of_the_company(self, ask: Ask, standing: Standing) -> Ask:
        """Who has a colleague's last offer has the account, unless somebody had this person's own."""
        if ask.owner or standing.account is None:
            return ask
        last = self.store.offer(standing.account)
        return replace(ask, owner=last.owner) if last else ask

    def _said_already(self, person: str, message: Message, lead: Lead) -> tuple[Kept, ...]:
        """What sales said about the crossing before anybody was given it; an answer is a version of the lead."""
        if lead.version == message.version:
            return ()
        return tuple(one for one in self.store.answers(person) if one.crossing == offers.basis_of(message).crossing)


def company_of(lead: Lead, keyring: Callable[[], Keyring], free_mail: frozenset[str]) -> str | None:
    """The key of the company that a lead writes for; None for a domain that is nobody's own, and without an address."""
    email = lead.profile.get("email", "")
    return keyring().company_key(email) if email and email.rpartition("@")[2] not in free_mail else None


def without_the_one_before(standing: Standing, now: datetime) -> Standing:
    """Whoever still held the lead from the offer before has free hands: it was offered again."""
    before = standing.before
    if before is None or not before.is_open:
        return standing
    held = {
        name: rounds.let_go(one, before.owner) if name == before.queue else one for name, one in standing.rounds.items()
    }
    return replace(standing, before=offers.ended(before, "offered_again", now), rounds=held)


def _asked(ask: Ask, said: tuple[Kept, ...], agreed: Agreed) -> Ask:
    """Who answered already has the lead."""
    owners = [one.actor["id"] for one in said if one.actor["id"] in agreed.routing.owners]
    return replace(ask, owner=owners[-1]) if owners else ask


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
