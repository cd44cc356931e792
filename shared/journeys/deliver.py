"""Finished messages leave the outbox: the same step for the stream's relay and for the sweeper.

What sales must know goes to the hand-off queue, what a person must read to their mailbox or number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from shared.domain.engagement import may_be_answered
from shared.domain.errors import LeadgateError
from shared.domain.lead import Lead
from shared.domain.message import Message, rehearsed
from shared.journeys.enclose import by_reference
from shared.journeys.ports import Clock, HandOff, Ledger, Place, Waiting

SWEEP_LIMIT = 500
ALWAYS = ("lead.permission_changed", "lead.nurture_enrolled")  # that a permission or an enrolment ended must be told


@dataclass(frozen=True, slots=True)
class Deliver:
    """The journey with its surroundings."""

    ledger: Ledger
    hand_off: HandOff
    clock: Clock
    mail: Callable[[Waiting], str]
    text: Callable[[Waiting], str]
    assign: Callable[[Waiting, Lead], Message]
    nurture: HandOff
    tests: HandOff | None = None
    enclose: Callable[[Message, Lead | None], Message] = by_reference
    let_go: Callable[[str, Lead], None] = lambda _person, _lead: None

    def __call__(self, place: Place) -> str:
        """Deliver the message at this place unless it is already; says `sent`, `dropped`, `nothing`, or what became of
        a letter.

        Send before mark: a crash between the two sends the same message again, with the same id, and never loses one.
        """
        waiting = self.ledger.waiting(place)
        if waiting is None:
            return "nothing"
        outcome = self._way_of(waiting.message.kind)(waiting)
        self.ledger.mark_delivered(place, self.clock())
        return outcome

    def _way_of(self, kind: str) -> Callable[[Waiting], str]:
        return {"mail.confirm": self.mail, "sms.confirm": self.text}.get(kind, self._hand_over)

    def _hand_over(self, waiting: Waiting) -> str:
        message, lead = waiting.message, waiting.lead
        if not _may_go(waiting):
            return "dropped"
        if message.is_rehearsal or (lead and lead.is_test):
            return self._rehearse(message)
        if lead and message.kind == "lead.sales_qualified":
            message = self.assign(waiting, lead)
        if lead and message.kind == "lead.permission_changed":
            self.let_go(waiting.place.person, lead)
        message = self.enclose(message, lead)
        for queue in self._queues_of(message):
            queue.send(message)
        return "sent"

    def _queues_of(self, message: Message) -> tuple[HandOff, ...]:
        """Who keeps the tracks must forget the erased as sales must."""
        if message.kind == "lead.erased":
            return self.hand_off, self.nurture
        return (self.nurture if message.is_for_nurture else self.hand_off,)

    def _rehearse(self, message: Message) -> str:
        """Sales and nurture never hear of a test lead; whoever runs the test may read what they would have heard."""
        if self.tests is None:
            return "dropped"
        self.tests.send(rehearsed(message))
        return "rehearsed"

    def sweep(self) -> dict[str, int]:
        """Deliver everything that is overdue; counts what became of it. One failure does not keep the others
        waiting, and what failed comes again later and later, so that it never fills the places of the others.
        """
        counts = {"sent": 0, "dropped": 0, "nothing": 0, "failed": 0}
        found = Counter(self._or_failed(place) for place in self.ledger.overdue(self.clock(), SWEEP_LIMIT))
        return {**counts, **found}

    def _or_failed(self, place: Place) -> str:
        try:
            return self(place)
        except LeadgateError:
            with suppress(LeadgateError):  # then it comes again with the next sweep
                self.ledger.postpone(place, self.clock())
            return "failed"


def _may_go(waiting: Waiting) -> bool:
    """A lead that is gone, or whom nobody may answer any more, is not handed over; a change of permission always is,
    and that the lead is gone.
    """
    lead = waiting.lead
    if waiting.message.kind in ("lead.erased", "test.erased"):
        return True
    if lead is None or waiting.message.kind in ALWAYS:
        return lead is not None
    return may_be_answered(lead)
