"""The mail that asks for a confirmation: whom, within which budget, with which link."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import permission as permissions
from shared.domain.identity import Keyring
from shared.domain.lead import Lead, instant
from shared.domain.mail import Mail, Template, render
from shared.domain.mail_budget import spend
from shared.domain.tokens import VALID_FOR, Token, digest_of, text_of
from shared.journeys.permission_ports import Mailer, PermissionStore
from shared.journeys.permissions import PREFERENCES
from shared.journeys.ports import Clock, Waiting

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class ConfirmationMail:
    """The journey with its surroundings; `links_url` is where our own pages are, without a slash at the end.

    `templates` is asked only when there is a mail to write.
    """

    store: PermissionStore
    mailer: Mailer
    keyring: Callable[[], Keyring]
    templates: Callable[[], Mapping[str, Template]]
    links_url: str
    clock: Clock

    def __call__(self, waiting: Waiting) -> str:
        """Says `mailed`, `refused` by the mail service, `spared` for want of budget, or `dropped` when nothing waits
        for a confirmation any more. A message that is tried again carries the same link.
        """
        now, lead = self.clock(), waiting.lead
        purposes = _still_waiting(waiting, now)
        if lead is None or not purposes or not lead.profile.get("email"):
            return "dropped"
        secret = text_of(self.keyring().confirmation_secret(waiting.message.message_id))
        token = self._paid(waiting, _token(waiting, lead, purposes, secret, now), now)
        if token is None:
            return "spared"
        return "mailed" if self.mailer.send(self._mail(lead, token, secret)) else "refused"

    def _paid(self, waiting: Waiting, token: Token, now: datetime) -> Token | None:
        """The token as it is stored, paid for by this very message; None when the mailbox has had enough."""
        lead, message_id = waiting.lead, waiting.message.message_id
        mailbox = self.keyring().mailbox_key(lead.profile["email"] if lead else "")
        before = self.store.budget(mailbox)
        stored = self.store.token(token.digest)
        if stored:
            return stored if before.last_message == message_id and not stored.used_by else None
        after = spend(before, message_id, now)
        if after is None:
            return None
        self.store.issue(token, mailbox, after)
        return token

    def _mail(self, lead: Lead, token: Token, secret: str) -> Mail:
        templates = self.templates()
        template = templates.get(token.lang, templates[FALLBACK])
        values = {
            "link": f"{self.links_url}/v1/confirm/{secret}",
            "preferences": f"{self.links_url}/v1/preferences/{self.keyring().link(PREFERENCES, lead.lead_id)}",
            "purposes": "\n".join(f"- {template.purposes[purpose]}" for purpose in token.purposes),
            "until": token.expires_at[:10],
        }
        return render(template, lead.profile["email"], values)


def _still_waiting(waiting: Waiting, now: datetime) -> tuple[str, ...]:
    if waiting.lead is None:
        return ()
    open_now = permissions.waiting(waiting.lead.permission, now)
    return tuple(purpose for purpose in json.loads(waiting.message.body)["purposes"] if purpose in open_now)


def _token(waiting: Waiting, lead: Lead, purposes: tuple[str, ...], secret: str, now: datetime) -> Token:
    asks = [lead.permission["pending"][purpose] for purpose in purposes]
    token = Token(
        digest=digest_of(secret) or "",
        person=waiting.place.person,
        lead_id=lead.lead_id,
        purposes=purposes,
        since=asks[0]["since"],
        lang=json.loads(waiting.message.body)["lang"],
        expires_at=instant(now + VALID_FOR),
    )
    return replace(token, expires_at=min(token.expires_at, *(ask["until"] for ask in asks)))
