"""Mails through Amazon SES (API v2, SendEmail)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.adapters.taken import taken
from shared.adapters.transport import Transport
from shared.domain.errors import TryAgain
from shared.domain.mail import Mail

# This mail will never go, whoever tries; everything else is our own to mend, and the mail waits meanwhile.
REFUSED = frozenset(("MessageRejected", "BadRequestException"))
OURS = frozenset(("AccountSuspendedException", "MailFromDomainNotVerifiedException", "SendingPausedException"))


@dataclass(frozen=True, slots=True)
class SesMailer:
    """Keeps the Mailer port. Without a `sender` nothing is sent, and nothing is lost."""

    transport: Transport
    sender: str

    def send(self, mail: Mail) -> bool:
        if not self.sender:
            raise TryAgain("no mail sender is configured")
        return taken(self.transport, "SendEmail", _body(self.sender, mail), REFUSED, OURS)


def _body(sender: str, mail: Mail) -> dict[str, Any]:
    """SES builds the MIME message itself, so nothing here is pasted into a header."""
    return {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": [mail.to]},
        "Content": {
            "Simple": {
                "Subject": _text(mail.subject),
                "Body": {"Text": _text(mail.text), "Html": _text(mail.html)},
                "Headers": [{"Name": name, "Value": value} for name, value in mail.headers.items()],
            }
        },
    }


def _text(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
