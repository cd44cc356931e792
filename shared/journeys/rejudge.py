"""After a change of the definition every lead is judged anew from all its acts: gather, decide, apply.

Without this a lead is judged by the new rules from its next act on, and acts that only the new rules count are missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.domain import judgement
from shared.domain.definition import Definition
from shared.domain.engagement import Engagement, may_be_offered
from shared.domain.enrolment import enrolled
from shared.domain.lead import Event, Lead, instant
from shared.domain.message import sales_qualified
from shared.journeys.engagement_ports import EngagementStore
from shared.journeys.ports import Clock


@dataclass(frozen=True, slots=True)
class Rejudge:
    """The journey with its surroundings. `offers` says whether who now crosses the line is offered to sales; else
    they cross it with their next act.
    """

    store: EngagementStore
    definitions: Mapping[str, Definition]
    clock: Clock
    offers: bool

    def __call__(self, person: str, lead: Lead, events: tuple[Event, ...]) -> Lead | None:
        """The lead as it is now written, or None when nothing changed. Raises Conflict when somebody else wrote it
        meanwhile: then it has been judged by the new definition, and its acts must be read again.
        """
        now = self.clock()
        definition = judgement.ruling(self.definitions, lead)
        may_offer = self.offers and may_be_offered(lead)
        made = judgement.anew(definition, lead, events, may_offer, now)
        after = replace(
            lead,
            **judgement.as_members(definition, made),
            crossings=lead.crossings + int(made.has_crossed),
        )
        after, told = enrolled(definition, replace(after, version=lead.version + 1), now)
        if replace(after, version=lead.version) == lead:
            return None
        messages = (sales_qualified(after, made.judgement, definition, now),) if made.has_crossed else ()
        self.store.note(person, Engagement(instant(now), after, {}, (*messages, *told), made.judgement))
        return after
