"""The texts that the local stack would send: a stand-in for AWS End User Messaging SMS that only keeps them."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

PATH = "/_texts/"
ORIGIN = "arn:aws:sms-voice:us-east-1:000000000000:pool/pool-local"
TARGET = "PinpointSMSVoiceV2.SendTextMessage"
WANTED = ("DestinationPhoneNumber", "MessageBody", "OriginationIdentity")
KEPT_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class SentText:
    """One text as it was handed over."""

    to: str
    text: str
    at: str


class TextBox:
    """Takes what the real service would take, and refuses as it would."""

    def __init__(self) -> None:
        self._texts: list[SentText] = []
        self._lock = threading.Lock()

    def take(self, target: str | None, body: bytes) -> tuple[int, Mapping[str, str]]:
        """Status and JSON of the answer (AWS JSON 1.0)."""
        if target != TARGET:
            return 400, {"__type": "UnknownOperationException"}
        try:
            asked = json.loads(body)
            to, text, _ = (str(asked[name]) for name in WANTED)
        except (ValueError, KeyError, TypeError):
            return 400, {"__type": "ValidationException"}
        with self._lock:
            self._texts.append(SentText(to, text, datetime.now(UTC).strftime("%H:%M:%S")))
            del self._texts[:-KEPT_AT_MOST]
            return 200, {"MessageId": f"text-{len(self._texts)}"}

    def sent(self) -> list[SentText]:
        """Every text so far, newest first."""
        with self._lock:
            return self._texts[::-1]
