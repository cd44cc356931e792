"""The in-memory twin of the store of events after the form."""

from __future__ import annotations

from shared.adapters.memory import MemoryPermissions
from shared.domain.engagement import Engagement
from shared.domain.errors import Conflict
from shared.domain.lead import Lead


class MemoryEngagement(MemoryPermissions):
    """Keeps the EngagementStore port over the same dictionaries as the others."""

    def reported(self, person: str, keys: tuple[str, ...]) -> tuple[Lead | None, frozenset[str]]:
        with self._lock:
            return self.leads.get(person), frozenset(key for key in keys if (person, key) in self.events)

    def note(self, person: str, engagement: Engagement) -> None:
        with self._lock:
            before = self.leads.get(person)
            has_changed = before is None or before.version != engagement.lead.version - 1
            if has_changed or any((person, key) in self.events for key in engagement.acts):
                raise Conflict("somebody changed the same lead")
            self.leads[person] = engagement.lead
            self.events.update({(person, key): act for key, act in engagement.acts.items()})
            self._post(person, engagement.messages, engagement.at)

    def look_again(self, person: str, lead: Lead | None) -> None:
        with self._lock:
            if self.leads.get(person) != lead:
                raise Conflict("somebody changed the same lead")
