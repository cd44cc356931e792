"""Offers to sales in DynamoDB: one batched strongly consistent read and one transaction for each step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.adapters import items, offer_items
from shared.adapters.answer_items import answers_in, answers_query
from shared.adapters.dynamodb_ledger import DynamoLedger, identity
from shared.domain.lead import Lead, instant
from shared.domain.offer import Offered
from shared.domain.sales_answer import Kept
from shared.journeys.offer_ports import Standing, Step
from shared.journeys.ports import Place


@dataclass(frozen=True, slots=True)
class DynamoOffers(DynamoLedger):
    """Keeps the OfferStore port, and the Ledger port too."""

    def standing(self, person: str, crossing: int, queues: Iterable[str], company: str | None = None) -> Standing:
        lead, own = items.lead_key(person), offer_items.offer_key(person, crossing)
        before = offer_items.offer_key(person, crossing - 1)
        rounds = {queue: offer_items.round_key(queue) for queue in queues}
        earlier = [before] if crossing > 1 else []
        account = offer_items.account_key(company or "")
        asked = [account] if company else []
        found = self._get({self.tables.leads: [lead, own, *earlier, *rounds.values(), *asked]})
        return Standing(
            lead=items.lead_of(found.get(identity(lead))),
            offer=offer_items.offer_of(found.get(identity(own))),
            before=offer_items.offer_of(found.get(identity(before))),
            rounds={queue: offer_items.round_of(queue, found.get(identity(key))) for queue, key in rounds.items()},
            account=offer_items.account_of(found.get(identity(account))),
        )

    def offer(self, place: Place) -> Offered | None:
        return offer_items.offer_of(self._item(items.place_key(place)))

    def take(self, person: str, step: Step) -> None:
        offer = offer_items.offer_item(person, step.offer, step.due_at)
        self._transact(
            [
                self._next(offer, step.offer.version - 1),
                *(self._next(offer_items.round_item(one), one.version) for one in step.rounds),
                *self._before(person, step),
                *self._account(person, step),
                *self._lead(person, step),
                *self._outbox(person, step.messages, instant(step.at)),
            ]
        )

    def answers(self, person: str) -> tuple[Kept, ...]:
        return answers_in(self._send("Query", answers_query(self.tables.leads, person))["Items"])

    def promises_due(self, now: datetime, limit: int) -> Iterable[Place]:
        return self._places(offer_items.SLA_SHARDS, now, limit)

    def _before(self, person: str, step: Step) -> list[dict[str, Any]]:
        before = step.before
        return [self._next(offer_items.offer_item(person, before, None), before.version - 1)] if before else []

    def _account(self, person: str, step: Step) -> list[dict[str, Any]]:
        """Of two colleagues at once the later one stands: any of them is the company's last."""
        if step.company is None:
            return []
        item = offer_items.account_item(step.company, person, step.offer, step.at)
        return [{"Put": {"TableName": self.tables.leads, "Item": item}}]

    def _lead(self, person: str, step: Step) -> list[dict[str, Any]]:
        if step.lead is None:
            return []
        if step.messages:
            return [self._next(items.lead_item(person, step.lead), step.lead.version - 1)]
        return [
            self._is_still(person, step.lead) if step.offer.version == 1 else self._lives(person, step.lead.lead_id)
        ]

    def _is_still(self, person: str, lead: Lead) -> dict[str, Any]:
        """The lead is the very one, in the very version."""
        check = {
            "TableName": self.tables.leads,
            "Key": items.lead_key(person),
            "ConditionExpression": "lead_id = :lead_id AND #version = :before",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":lead_id": {"S": lead.lead_id}, ":before": {"N": str(lead.version)}},
        }
        return {"ConditionCheck": check}
