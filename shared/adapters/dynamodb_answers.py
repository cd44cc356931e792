"""Sales' answers in DynamoDB: what the ledger reads, a look at the suppressions, and one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from shared.adapters import answer_items, items, offer_items
from shared.adapters.dynamodb_engagement import act_item
from shared.adapters.dynamodb_permissions import DynamoPermissions
from shared.domain.sales_answer import Desk, Settlement


@dataclass(frozen=True, slots=True)
class DynamoAnswers(DynamoPermissions):
    """Keeps the AnswerStore port."""

    def desk(self, lead_id: str) -> tuple[str, Desk] | None:
        keys = self._keys_of(lead_id)
        lead = items.lead_of(self._item(keys[0])) if keys else None
        if lead is None or lead.lead_id != lead_id:
            return None
        person = keys[0]["pk"]["S"].removeprefix("P#")
        offer = self._item(offer_items.offer_key(person, lead.crossings)) if lead.crossings else None
        said = self._send("Query", answer_items.answers_query(self.tables.leads, person))["Items"]
        return person, Desk(lead, offer_items.offer_of(offer), answer_items.answers_in(said))

    def settle(self, person: str, settlement: Settlement) -> None:
        lead, offer, table = settlement.lead, settlement.offer, self.tables.leads
        writes = [
            self._next(items.lead_item(person, lead), lead.version - 1),
            self._new(table, answer_items.answer_item(person, settlement.kept)),
        ]
        if offer and settlement.before:
            writes.append(self._next(offer_items.offer_item(person, offer, settlement.due), offer.version - 1))
            writes += offer_items.holders_moved(table, settlement.before, offer, settlement.kept.at[:10])
        elif lead.crossings:
            writes.append(self._absent(offer_items.offer_key(person, lead.crossings)))
        if settlement.act:
            writes.append(self._new(table, act_item(person, settlement.act_key, settlement.act)))
        self._transact([*writes, *self._outbox(person, settlement.messages, settlement.at)])
