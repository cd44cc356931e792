"""The person in the message, opened with KMS: for systems that cannot call GET /v1/leads/{lead_id}. See docs/sales.md.

What is in it was true when the message left, and the permission most of all: ask the person, or somebody who can ask
Leadgate, before you write or call later than that.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from consumer.reading import FOUND, NOT_OFFERED, Found, Later


def _now() -> datetime:
    return datetime.now(UTC)


def nobody_to_ask(_lead_id: str) -> Found:
    """For who cannot call the API at all: the message stays, and in the end somebody sees it among the dead letters."""
    raise Later("the message holds nobody who may be written, and there is nobody to ask")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """`kms` is boto3's client, `key_id` the stack's output EnclosureKeyArn."""

    kms: Any
    key_id: str
    now: Callable[[], datetime] = _now

    def __call__(self, event: Mapping[str, Any]) -> Found | None:
        """Status and lead as of the message; None when nobody is in it, or for too long. Raises Later when it cannot be
        opened.
        """
        enclosed = event["data"].get("enclosed")
        if enclosed is None:
            return None
        if enclosed["ciphertext"] is None:
            return NOT_OFFERED, {}
        if datetime.fromisoformat(enclosed["expires_at"].replace("Z", "+00:00")) <= self.now():
            return None
        return FOUND, self._opened(event, base64.b64decode(enclosed["ciphertext"]))

    def _opened(self, event: Mapping[str, Any], ciphertext: bytes) -> dict[str, Any]:
        """Only as the person of this lead in this message."""
        context = {"lead_id": event["data"]["lead_id"], "message_id": event["id"]}
        try:
            answer = self.kms.decrypt(KeyId=self.key_id, CiphertextBlob=ciphertext, EncryptionContext=context)
        except (BotoCoreError, ClientError):
            raise Later("the person in the message cannot be opened") from None
        lead: dict[str, Any] = json.loads(answer["Plaintext"])
        return lead
