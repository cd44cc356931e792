"""Events after the form in DynamoDB: one read, one look at the suppressions, one transaction."""

from __future__ import annotations

from dataclasses import dataclass

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
        key = items.lead_key(person)
        put = self._next(key, lead.version if lead else 0)["Put"]
        self._transact([{"ConditionCheck": {"Key": key, **{name: put[name] for name in put if name != "Item"}}}])


def act_key(person: str, key: str) -> Item:
    """Its place follows from the sender's id alone, so a repeat is recognised after ten thousand others. A submission's
    event has a year where this has a word: whoever counts submissions can tell them apart.
    """
    return items.key(f"P#{person}", f"EVT#{key}")


def act_item(person: str, key: str, act: Event) -> Item:
    return {**act_key(person, key), "kind": {"S": act.kind}, "doc": {"S": canonical(members(act))}}
