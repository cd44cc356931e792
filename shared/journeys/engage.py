"""A page or a server reports what a lead does after the form: gather, decide, apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain import engagement, lead_token
from shared.domain.definition import Definition
from shared.domain.engagement import Around, Outcome
from shared.domain.identity import Keyring
from shared.domain.lead import Lead
from shared.domain.lead_token import LeadToken
from shared.domain.report import Report, Whom
from shared.domain.submission import ContactPoints
from shared.journeys.engagement_ports import EngagementStore
from shared.journeys.patience import patiently
from shared.journeys.ports import Clock, Pause


@dataclass(frozen=True, slots=True)
class Engage:
    """The journey with its surroundings; one instance serves a whole Lambda environment and remembers nothing.

    Both ways raise TryAgain when the store stays away: then the same reports can safely be sent again.
    """

    store: EngagementStore
    keyring: Keyring
    definitions: Mapping[str, Definition]
    clock: Clock
    pause: Pause

    def by_page(self, token: str, reports: tuple[Report, ...]) -> Outcome:
        """What became of the reports of a page; for a token that is not ours, or over, nothing is even read."""
        now = self.clock()
        holder = lead_token.read(self.keyring, token, now)
        if holder is None:
            return Outcome({report.key: "unknown_token" for report in reports})
        return self._patiently(holder.person, None, holder, reports, now)

    def by_server(self, whom: Whom, report: Report) -> Outcome:
        """What became of the report of a server; an event never creates a lead."""
        person = self._person(whom)
        if person is None:
            return Outcome({report.key: "unknown_lead"})
        return self._patiently(person, whom.lead_id, None, (report,), self.clock())

    def _person(self, whom: Whom) -> str | None:
        if whom.email:
            return self.keyring.person_key(ContactPoints(email=whom.email))
        return self.store.whereabouts(whom.lead_id or "")

    def _patiently(
        self, person: str, named: str | None, token: LeadToken | None, reports: tuple[Report, ...], now: datetime
    ) -> Outcome:
        return patiently(lambda: self._once(person, named, token, reports, now), self.pause)

    def _once(
        self, person: str, named: str | None, token: LeadToken | None, reports: tuple[Report, ...], now: datetime
    ) -> Outcome:
        """The same three calls whatever is known of the person, so that their time tells nothing either.

        `named` is the lead's id where a server gave one: the index may still lead to somebody who was erased and came
        back as another lead.
        """
        there, kept = self.store.reported(person, tuple(report.key for report in reports))
        lead = there if there and named in (None, there.lead_id) else None
        marks = self.keyring.suppression_marks(_contact_points(person, lead))
        suppressed = bool(self.store.found(marks).suppressed)
        outcome = engagement.decide(self.definitions, reports, Around(lead, kept, suppressed, token, now))
        if outcome.engagement:
            self.store.note(person, outcome.engagement)
        else:
            self.store.look_again(person, there)
        return outcome


def _contact_points(person: str, lead: Lead | None) -> ContactPoints:
    """How the lead can be reached; for nobody something that nobody can be reached by."""
    if lead is None:
        return ContactPoints(email=person)
    return ContactPoints(lead.profile.get("email"), lead.profile.get("phone"))
