"""Events after the form in DynamoDB: one read, one look at the suppressions, one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.adapters import items
from shared.adapters.dynamodb_ledger import identity
from shared.adapters.dynamodb_permissions import DynamoPermissions
from shared.adapters.items import Item
from shared.domain.engagement import Engagement
from shared.domain.identity import canonical, members
from shared.domain.lead import Event, Lead


@dataclass(frozen=True, slots=True)
class DynamoEngagement(DynamoPermissions):
    """Keeps the EngagementStore port."""

    def reported(self, person: str, keys: tuple[str, ...]) -> tuple[Lead | None, frozenset[str]]:
        lead = items.lead_key(person)
        places = {key: act_key(person, key) for key in keys}
        found = self._get({self.tables.leads: [lead, *places.values()]})
        kept = frozenset(key for key, place in places.items() if identity(place) in found)
        return items.lead_of(found.get(identity(lead))), kept

    def note(self, person: str, engagement: Engagement) -> None:
        lead = engagement.lead
        acts = [self._new(self.tables.leads, act_item(person, key, act)) for key, act in engagement.acts.items()]
        messages = self._outbox(person, engagement.messages, engagement.at)
        self._transact([self._next(items.lead_item(person, lead), lead.version - 1), *acts, *messages])

    def look_again(self, person: str, lead: Lead | None) -> None:
        """Nobody is there also while somebody is being erased: then an item without a lead holds the place."""
        key = items.lead_key(person)
        check: dict[str, Any] = {"TableName": self.tables.leads, "ConditionExpression": "attribute_not_exists(doc)"}
        if lead:
            check = {name: value for name, value in self._next(key, lead.version)["Put"].items() if name != "Item"}
        self._transact([{"ConditionCheck": {**check, "Key": key}}])


def act_key(person: str, key: str) -> Item:
    """Its place follows from the sender's id alone, so a repeat is recognised after ten thousand others. A submission's
    event has a year where this has a word: whoever counts submissions can tell them apart.
    """
    return items.key(f"P#{person}", f"EVT#{key}")


def act_item(person: str, key: str, act: Event) -> Item:
    return {**act_key(person, key), "kind": {"S": act.kind}, "doc": {"S": canonical(members(act))}}
