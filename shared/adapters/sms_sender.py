"""Texts through AWS End User Messaging SMS (PinpointSMSVoiceV2, SendTextMessage)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.transport import AwsRefused, Transport
from shared.domain.errors import CannotHappen, TryAgain
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
        try:
            self.transport.send("SendTextMessage", self._body(text))
        except AwsRefused as refused:
            if refused.code in REFUSED:
                return False
            if refused.code in OURS:
                raise TryAgain(f"sms: {refused.code}") from None
            raise CannotHappen(f"sms SendTextMessage: {refused.code}") from None
        return True

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
