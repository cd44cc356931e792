"""A world for acts: people who filled a form, mails that were sent to them, and the journey, over any store."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from shared.adapters.aws_mail import templates_of, text_templates_of
from shared.adapters.memory import MemoryHandOff, MemoryMailer, MemoryPermissions, MemoryTexter
from shared.domain.enrolment import plans_from
from shared.domain.identity import Keyring
from shared.journeys.assign import company_of
from shared.journeys.capture import Capture
from shared.journeys.confirmation import Confirmation, MailLetter, TextLetter
from shared.journeys.deliver import Deliver
from shared.journeys.permissions import ONE_CLICK, PREFERENCES, Permissions
from shared.settings import compiled_agreement
from tests.builders import ADA, AGREEMENT, KEYRING, NOON, a_question, draws
from tests.support.sales import assigning

GERMAN = {**ADA, "country": "DE"}
COMPILED = compiled_agreement()
TEMPLATES = templates_of(COMPILED["mails"])
TEXTS = text_templates_of(COMPILED["texts"])
PROOF = COMPILED["proof"]
FREE_MAIL = frozenset(COMPILED["definitions"]["default"]["free_mail"])
TEXT_COUNTRIES = frozenset(PROOF["text"]["countries"])
PLANS = plans_from(COMPILED["definitions"])
LINKS = "https://links.example.com"
SHOWN = {"mkt_email": "News by e-mail", "mkt_phone": "Calls", "profiling": "Judge me", "share_3p": "Share me"}


@dataclass
class World:
    """`now` is the time for everybody; `store` keeps both ports."""

    store: Any = field(default_factory=MemoryPermissions)
    keyring: Keyring = KEYRING
    now: datetime = NOON
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    texter: MemoryTexter = field(default_factory=MemoryTexter)
    text_countries: frozenset[str] = TEXT_COUNTRIES
    queue: Any = field(default_factory=MemoryHandOff)
    nurture: Any = field(default_factory=MemoryHandOff)
    drawn: Any = field(default_factory=lambda: itertools.count(1))

    def post(self, form_id: str = "demo-request", **changes: Any) -> None:
        asked = a_question(form_id, **{"fields": GERMAN, "ticked": ("mkt_email",), **changes})
        self.capture()(replace(asked, text_countries=self.text_countries))

    def capture(self) -> Capture:
        return Capture(self.store, self.keyring, lambda: self.now, lambda: draws(next(self.drawn)), lambda _: None)

    def permissions(self) -> Permissions:
        rules = AGREEMENT.jurisdictions
        dice = lambda: draws(next(self.drawn))  # noqa: E731  # one expression, used once
        return Permissions(
            self.store, self.keyring, rules, lambda: self.now, dice, lambda _: None, self.text_countries, PLANS
        )

    def deliver(self) -> Deliver:
        mail = MailLetter(self.mailer, lambda: self.keyring, lambda: TEMPLATES, LINKS, PROOF["mail"], FREE_MAIL)
        text = TextLetter(self.texter, lambda: self.keyring, lambda: TEXTS, LINKS, PROOF["text"])
        mailed, texted = (
            Confirmation(self.store, letter, lambda: self.keyring, lambda: self.now) for letter in (mail, text)
        )
        company = partial(company_of, keyring=lambda: self.keyring, free_mail=FREE_MAIL)
        assign = assigning(self.store, lambda: self.now, company=company)
        return Deliver(self.store, self.queue, lambda: self.now, mailed, texted, assign, self.nurture)

    def relay(self) -> list[str]:
        """Everything in the outbox goes; says what became of each."""
        waiting = [place for place in self.store.outbox if place not in self.store.delivered]
        return [self.deliver()(place) for place in waiting]

    @property
    def confirm_link(self) -> str:
        return self._link("confirm")

    @property
    def preferences_link(self) -> str:
        return self.keyring.link(PREFERENCES, self.lead.lead_id)

    @property
    def one_click_link(self) -> str:
        return self.keyring.link(ONE_CLICK, self.lead.lead_id)

    @property
    def lead(self) -> Any:
        return next(iter(self.store.leads.values()))

    @property
    def marketing(self) -> dict[str, str]:
        marketing: dict[str, str] = self.lead.permission["marketing"]
        return marketing

    def kinds(self) -> list[str]:
        return [message.kind for message in self.queue.messages]

    def _link(self, page: str) -> str:
        found = re.search(rf"/v1/{page}/(\S+)", self.mailer.mails[-1].text)
        assert found is not None
        return found[1]


def asked(**changes: Any) -> World:
    """Ada in Germany asked for the news, and the mail lies in her mailbox."""
    world = World()
    world.post(**changes)
    world.relay()
    return world


def confirmed(**changes: Any) -> World:
    world = asked(**changes)
    world.permissions().confirm(world.confirm_link, SHOWN)
    return world
