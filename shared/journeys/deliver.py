"""Finished messages leave the outbox: the same step for the stream's relay and for the sweeper."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.errors import TryAgain
from shared.journeys.ports import Clock, HandOff, Ledger, Place, Waiting

SWEEP_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Deliver:
    """The journey with its surroundings."""

    ledger: Ledger
    hand_off: HandOff
    clock: Clock

    def __call__(self, place: Place) -> str:
        """Deliver the message at this place unless it is already; says `sent`, `dropped` or `nothing`.

        Send before mark: a crash between the two sends the same message again, with the same id, and never loses one.
        """
        waiting = self.ledger.waiting(place)
        if waiting is None:
            return "nothing"
        may_go = _may_go(waiting)
        if may_go:
            self.hand_off.send(waiting.message)
        self.ledger.mark_delivered(place, self.clock())
        return "sent" if may_go else "dropped"

    def sweep(self) -> dict[str, int]:
        """Deliver everything that is overdue; counts what became of it. One failure does not keep the others
        waiting.
        """
        counts = {"sent": 0, "dropped": 0, "nothing": 0, "failed": 0}
        for place in self.ledger.overdue(self.clock(), SWEEP_LIMIT):
            counts[self._or_failed(place)] += 1
        return counts

    def _or_failed(self, place: Place) -> str:
        try:
            return self(place)
        except TryAgain:
            return "failed"


def _may_go(waiting: Waiting) -> bool:
    """A lead that is gone, or whom nobody may answer any more, is not handed over."""
    lead = waiting.lead
    return lead is not None and (lead.permission["reply"] or "yes" in lead.permission["marketing"].values())
