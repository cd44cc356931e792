"""The in-memory twin of the store of sales' answers."""

from __future__ import annotations

from shared.adapters.memory import MemoryPermissions
from shared.domain.errors import Conflict
from shared.domain.offer import slot_of
from shared.domain.sales_answer import Settlement
from shared.domain.sla import moment
from shared.journeys.ports import Place


class MemoryAnswers(MemoryPermissions):
    """Keeps the AnswerStore port over the same dictionaries as the others."""

    def settle(self, person: str, settlement: Settlement) -> None:
        kept, lead, offer = settlement.kept, settlement.lead, settlement.offer
        with self._lock:
            before = self.leads.get(person)
            has_changed = before is None or before.version != lead.version - 1
            if has_changed or (person, kept.answer_id) in self.said or self._offer_has_changed(person, settlement):
                raise Conflict("somebody answered the same lead")
            self.leads[person] = lead
            self.said[person, kept.answer_id] = kept
            if offer and settlement.before:
                self.offers[Place(person, offer.slot)] = offer, settlement.due
                self._hand_on(settlement.before, offer, moment(kept.at) if kept.kind == "rejected" else None)
            if settlement.act:
                self.events[person, settlement.act_key] = settlement.act
            self._post(person, settlement.messages, settlement.at)

    def _offer_has_changed(self, person: str, settlement: Settlement) -> bool:
        before, _ = self.offers.get(Place(person, slot_of(settlement.lead.crossings)), (None, None))
        if settlement.offer is None:
            return before is not None
        return before is None or before.version != settlement.offer.version - 1
