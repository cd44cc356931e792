"""A world for events after the form: Ada filled one with the profiling box ticked, and a page or a server reports."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.adapters.memory_engagement import MemoryEngagement
from shared.domain.definition import Definition
from shared.domain.engagement import Outcome
from shared.domain.identity import Keyring
from shared.domain.lead import Lead
from shared.domain.report import Report, Whom
from shared.domain.submission import ContactPoints
from shared.journeys.capture import Answer, Capture
from shared.journeys.engage import Engage
from shared.journeys.permissions import PREFERENCES, Permissions
from tests.builders import ADA, AGREEMENT, DEFINITION, KEYRING, NOON, a_question, draws

GUIDE, DEMO = "content-download", "demo-request"
ALLOWED = ("mkt_email", "profiling")
SHOWN = {"mkt_email": "News by e-mail", "profiling": "Judge me"}


def a_view(number: int = 1, kind: str = "content_view", **changes: Any) -> Report:
    """A page saw the trends report read."""
    given = {"context": {"content": "trends-report"}, **changes}
    return Report(f"{number:016d}", kind, "page", **given)


def an_event(number: int = 1, kind: str = "email_click", **changes: Any) -> Report:
    """A server of ours saw something."""
    return Report(f"{number:016d}", kind, "server", **changes)


@dataclass
class World:
    """`now` is the time for everybody; `store` keeps all ports."""

    store: Any = field(default_factory=MemoryEngagement)
    keyring: Keyring = KEYRING
    definitions: Mapping[str, Definition] = field(default_factory=lambda: {"default": DEFINITION})
    now: datetime = NOON
    drawn: Any = field(default_factory=lambda: itertools.count(1))

    def post(self, form_id: str = DEMO, **changes: Any) -> str | None:
        """The token in the receipt, if there is one."""
        capture = Capture(self.store, self.keyring, lambda: self.now, lambda: draws(next(self.drawn)), lambda _: None)
        answer = capture(a_question(form_id, **{"fields": ADA, "ticked": ALLOWED, **changes}))
        assert isinstance(answer, Answer)
        token: str | None = json.loads(answer.receipt).get("engagement", {}).get("token")
        return token

    def engage(self) -> Engage:
        return Engage(self.store, self.keyring, self.definitions, lambda: self.now, lambda _: None)

    def view(self, token: str | None, *reports: Report) -> Mapping[str, str]:
        return self.page(token, *reports).said

    def page(self, token: str | None, *reports: Report) -> Outcome:
        return self.engage().by_page(str(token), reports or (a_view(),))

    def server(self, report: Report, email: str = ADA["email"]) -> str:
        (reason,) = self.engage().by_server(Whom(email=email), report).said.values()
        return reason

    def choose(self, *ticked: str) -> None:
        """What the preference page says from now on; the empty boxes are withdrawn."""
        draw = lambda: draws(next(self.drawn))  # noqa: E731  # one expression, used once
        acts = Permissions(self.store, self.keyring, AGREEMENT.jurisdictions, lambda: self.now, draw, lambda _: None)
        assert acts.choose(self.keyring.link(PREFERENCES, self.lead.lead_id), frozenset(ticked), SHOWN)

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    @property
    def person(self) -> str:
        return self.keyring.person_key(ContactPoints(email=ADA["email"]))

    @property
    def lead(self) -> Lead:
        lead: Lead = self.store.leads[self.person]
        return lead
