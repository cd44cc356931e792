"""The letter that asks for a confirmation, by mail or by text: whom, within which budgets, with which link."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from shared.domain import permission as permissions
from shared.domain.identity import Keyring
from shared.domain.lead import Lead, instant
from shared.domain.mail import Template, render
from shared.domain.mail_budget import Budget, Limits, limits_from, spend
from shared.domain.text_message import TextTemplate
from shared.domain.text_message import render as render_text
from shared.domain.tokens import VALID_FOR, Token, digest_of, text_of
from shared.journeys.permission_ports import Mailer, PermissionStore, Texter
from shared.journeys.permissions import PREFERENCES
from shared.journeys.ports import Clock, Waiting

FALLBACK = "en"
EVERY_NUMBER = "texts of the stack"


class Letter(Protocol):
    """One way to a person. `name` says what became of a letter that went: mailed, texted."""

    @property
    def sent(self) -> str: ...

    def address(self, lead: Lead) -> str | None:
        """Where it goes, if anywhere."""
        ...

    def purses(self, address: str) -> dict[str, Limits]:
        """The budgets that pay for it, the address's own first."""
        ...

    def number(self, address: str) -> str:
        """The keyed hash of the number that its link proves; empty when it proves a mailbox."""
        ...

    def send(self, lead: Lead, token: Token, secret: str) -> bool:
        """True when it was taken, False when it is refused for good."""
        ...


@dataclass(frozen=True, slots=True)
class MailLetter:
    """`templates` is asked only when there is a mail to write; `links_url` is where our own pages are, without a slash
    at the end; `budgets` is `mail` of agreement/proof.yaml, `free_mail` the domains that are nobody's own.
    """

    mailer: Mailer
    keyring: Callable[[], Keyring]
    templates: Callable[[], Mapping[str, Template]]
    links_url: str
    budgets: Mapping[str, Any]
    free_mail: frozenset[str] = frozenset()
    sent: str = field(default="mailed", init=False)

    def address(self, lead: Lead) -> str | None:
        return lead.profile.get("email")

    def purses(self, address: str) -> dict[str, Limits]:
        domain = address.rpartition("@")[2]
        mailbox = {self.keyring().mailbox_key(address): limits_from(self.budgets["per_mailbox"])}
        if domain in self.free_mail:
            return mailbox
        return mailbox | {self.keyring().domain_key(domain): limits_from(self.budgets["per_domain"])}

    def number(self, address: str) -> str:
        return ""

    def send(self, lead: Lead, token: Token, secret: str) -> bool:
        templates = self.templates()
        template = templates.get(token.lang, templates[FALLBACK])
        values = {
            "link": f"{self.links_url}/v1/confirm/{secret}",
            "preferences": f"{self.links_url}/v1/preferences/{self.keyring().link(PREFERENCES, lead.lead_id)}",
            "purposes": "\n".join(f"- {template.purposes[purpose]}" for purpose in token.purposes),
            "until": token.expires_at[:10],
        }
        return self.mailer.send(render(template, lead.profile["email"], values))


@dataclass(frozen=True, slots=True)
class TextLetter:
    """A text with one short link; `budgets` is `text` of agreement/proof.yaml."""

    texter: Texter
    keyring: Callable[[], Keyring]
    templates: Callable[[], Mapping[str, TextTemplate]]
    links_url: str
    budgets: Mapping[str, Any]
    sent: str = field(default="texted", init=False)

    def address(self, lead: Lead) -> str | None:
        return lead.profile.get("phone")

    def purses(self, address: str) -> dict[str, Limits]:
        return {
            self.number(address): limits_from(self.budgets["per_number"]),
            self.keyring().total_key(EVERY_NUMBER): limits_from(self.budgets["per_stack"]),
        }

    def number(self, address: str) -> str:
        return self.keyring().number_key(address)

    def send(self, lead: Lead, token: Token, secret: str) -> bool:
        templates = self.templates()
        template = templates.get(token.lang, templates[FALLBACK])
        return self.texter.send(render_text(template, lead.profile["phone"], f"{self.links_url}/c/{secret}"))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The journey with its surroundings."""

    store: PermissionStore
    letter: Letter
    keyring: Callable[[], Keyring]
    clock: Clock

    def __call__(self, waiting: Waiting) -> str:
        """Says `mailed` or `texted`, `refused` by the service, `spared` for want of budget, or `dropped` when nothing
        waits for a confirmation any more. A message that is tried again carries the same link.
        """
        now, lead = self.clock(), waiting.lead
        purposes = _still_waiting(waiting, now)
        address = self.letter.address(lead) if lead and purposes else None
        if lead is None or not address:
            return "dropped"
        secret = text_of(self.keyring().confirmation_secret(waiting.message.message_id))
        token = replace(_token(waiting, lead, purposes, secret, now), number=self.letter.number(address))
        paid = self._paid(waiting.message.message_id, token, self.letter.purses(address), now)
        if paid is None:
            return "spared"
        return self.letter.sent if self.letter.send(lead, paid, secret) else "refused"

    def _paid(self, message_id: str, token: Token, purses: Mapping[str, Limits], now: datetime) -> Token | None:
        """The token as it is stored, paid for by this very message; None when somebody has had enough."""
        before = {purse: self.store.budget(purse) for purse in purses}
        stored = self.store.token(token.digest)
        if stored:
            is_ours = next(iter(before.values())).last_message == message_id and stored.number == token.number
            return stored if is_ours and not stored.used_by else None
        after = {purse: spend(before[purse], message_id, now, limits) for purse, limits in purses.items()}
        paid: dict[str, Budget] = {purse: budget for purse, budget in after.items() if budget}
        if len(paid) < len(purses):
            return None
        self.store.issue(token, paid)
        return token


def _still_waiting(waiting: Waiting, now: datetime) -> tuple[str, ...]:
    if waiting.lead is None:
        return ()
    open_now = permissions.waiting(waiting.lead.permission, now)
    return tuple(purpose for purpose in json.loads(waiting.message.body)["purposes"] if purpose in open_now)


def _token(waiting: Waiting, lead: Lead, purposes: tuple[str, ...], secret: str, now: datetime) -> Token:
    """It confirms what was asked by the time of the latest of its asks, and nothing that is asked later."""
    asks = [lead.permission["pending"][purpose] for purpose in purposes]
    return Token(
        digest=digest_of(secret) or "",
        person=waiting.place.person,
        lead_id=lead.lead_id,
        purposes=purposes,
        since=max(ask["since"] for ask in asks),
        lang=json.loads(waiting.message.body)["lang"],
        expires_at=min(instant(now + VALID_FOR), *(ask["until"] for ask in asks)),
    )
