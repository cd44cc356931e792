"""The mails and texts that the local stack would send: /mails shows them with their links alive."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from local.texts import SentText
from shared.adapters.connections import Connections
from shared.adapters.transport import SES, Credentials, SignedTransport
from shared.domain.mail import LINK

SENDER = "leads@example.com"
SHOWN_AT_MOST = 100
NONE_YET = "No mail and no text was sent yet. Send a form from Germany with the box for e-mail or calls ticked."


@dataclass(frozen=True, slots=True)
class SentMail:
    """One mail as the embedded SES took it."""

    to: str
    subject: str
    text: str
    at: str


def allow_sender(endpoint_url: str, region: str, key: str, secret: str) -> None:
    """SES sends only from verified identities."""
    url = f"{endpoint_url}/v2/email/identities"
    way = SignedTransport(SES, region, url, Credentials(key, secret), Connections(), lambda: datetime.now(UTC))
    way.send("CreateEmailIdentity", {"EmailIdentity": SENDER})


def sent(endpoint_url: str) -> list[SentMail]:
    """Every mail so far, newest first."""
    with urllib.request.urlopen(f"{endpoint_url}/_ministack/ses/messages", timeout=5) as answer:
        accounts: Mapping[str, list[Mapping[str, Any]]] = json.load(answer)["messages"]
    rows = sorted((row for rows in accounts.values() for row in rows), key=lambda row: -float(row["Timestamp"]))
    return [_mail(row) for row in rows[:SHOWN_AT_MOST]]


def _mail(row: Mapping[str, Any]) -> SentMail:
    at = datetime.fromtimestamp(float(row["Timestamp"]), UTC).strftime("%H:%M:%S")
    return SentMail(", ".join(row["To"]), row["Subject"], row["BodyText"], at)


def page(mails: Iterable[SentMail], texts: Iterable[SentText] = ()) -> str:
    """Mails and texts as HTML, with their links alive."""
    read = [*mails, *(SentMail(text.to, "Text message", text.text, text.at) for text in texts)]
    newest_first = sorted(read, key=lambda one: one.at, reverse=True)
    cards = "".join(map(_card, newest_first)) or f"<p>{NONE_YET}</p>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Mails of the local stack</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/v1/confirm/pages.css"></head>\n'
        f"<body><main><h1>Mails and texts</h1>\n<p>Nothing left this machine. Newest first.</p>\n"
        f"{cards}</main></body></html>\n"
    )


def _card(mail: SentMail) -> str:
    text = LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(mail.text)).replace("\n", "<br>\n")
    head = f'<h2>{escape(mail.subject)}</h2><p class="note">{mail.at} UTC, to {escape(mail.to)}</p>'
    return f'<section class="card">{head}<p>{text}</p></section>\n'
