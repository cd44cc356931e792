"""Texts through AWS End User Messaging SMS (PinpointSMSVoiceV2, SendTextMessage)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.taken import taken
from shared.adapters.transport import Transport
from shared.domain.errors import TryAgain
from shared.domain.text_message import TextMessage

# This text will never go, whoever tries (a number that wants none, a country that is blocked); a quota is ours to mend.
REFUSED = frozenset(("ConflictException", "ValidationException"))
OURS = frozenset(("ServiceQuotaExceededException",))


@dataclass(frozen=True, slots=True)
class SmsSender:
    """Keeps the Texter port. Without an `origin` (a pool, a number or a sender id, by ARN) nothing is sent, and nothing
    is lost. `limits` is `text` of agreement/proof.yaml.
    """

    transport: Transport
    origin: str
    limits: Mapping[str, Any]

    def send(self, text: TextMessage) -> bool:
        if not self.origin:
            raise TryAgain("no origin of texts is configured")
        return taken(self.transport, "SendTextMessage", self._body(text), REFUSED, OURS)

    def _body(self, text: TextMessage) -> dict[str, Any]:
        """TRANSACTIONAL: it asks and advertises nothing. AWS refuses by itself what is dearer than MaxPrice."""
        return {
            "DestinationPhoneNumber": text.to,
            "OriginationIdentity": self.origin,
            "MessageBody": text.body,
            "MessageType": "TRANSACTIONAL",
            "MaxPrice": self.limits["max_price_usd"],
            "TimeToLive": self.limits["valid_hours"] * 3600,
        }
