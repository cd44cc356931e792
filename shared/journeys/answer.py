"""Sales says what became of an offered lead: gather, decide, apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain import sales_answer
from shared.domain.business_time import Calendar
from shared.domain.definition import Definition
from shared.domain.identity import Keyring
from shared.domain.judgement import ruling
from shared.domain.lead import Lead
from shared.domain.sales_answer import Around, Given, Settlement
from shared.domain.submission import ContactPoints
from shared.journeys.answer_ports import AnswerStore
from shared.journeys.patience import patiently
from shared.journeys.ports import Clock, Pause


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply to sales; `settlement` when this call wrote it, None when the answer had come before."""

    reply: Mapping[str, Any]
    settlement: Settlement | None


@dataclass(frozen=True, slots=True)
class TakeAnswer:
    """The journey with its surroundings. `facts` maps a definition's id to what sales may confirm and its field."""

    store: AnswerStore
    keyring: Callable[[], Keyring]
    definitions: Mapping[str, Definition]
    facts: Mapping[str, Mapping[str, str]]
    calendars: Mapping[str, Calendar]
    clock: Clock
    pause: Pause

    def __call__(self, lead_id: str, given: Given) -> Answered | None:
        """The first reply to an answer, however often it comes; None when there is no such lead.

        Raises RejectedInput when it cannot be given now, and TryAgain when the store stays away: then the same answer
        can safely be sent again.
        """
        return patiently(lambda: self._once(lead_id, given), self.pause)

    def is_gone(self, lead_id: str) -> bool:
        """Was there such a lead, and it was erased?"""
        return patiently(lambda: self.store.is_gone(lead_id), self.pause)

    def _once(self, lead_id: str, given: Given) -> Answered | None:
        found = self.store.desk(lead_id)
        if found is None:
            return None
        person, desk = found
        before = sales_answer.repeated(given, desk)
        if before:
            return Answered(before.reply, None)
        suppressed = bool(self.store.found(self._marks(desk.lead)).suppressed)
        definition = ruling(self.definitions, desk.lead)
        around = Around(definition, self.facts[definition.id], self.calendars, suppressed, self.clock())
        settlement = sales_answer.decide(given, desk, around)
        self.store.settle(person, settlement)
        return Answered(settlement.kept.reply, settlement)

    def _marks(self, lead: Lead) -> Mapping[str, tuple[str, ...]]:
        contact = ContactPoints(lead.profile.get("email"), lead.profile.get("phone"))
        return self.keyring().suppression_marks(contact)
