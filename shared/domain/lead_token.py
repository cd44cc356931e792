"""The token by which a page tells what its visitor does after the form: issued with the receipt of a profiling tick.

    token = base64url(receipt id ‖ seal(person key ‖ milliseconds of issue))

It names nobody, is as long for everybody, and is never stored: the sealed time says whether the permission that it was
issued with still stands. See docs/decisions/0017-lead-token.md.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.identity import Keyring, canonical
from shared.domain.lead import instant

VALID_FOR = timedelta(days=7)
USE = "engagement"
# 16 bytes of receipt id, 16 of person key, 6 of time, 16 of proof.
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{72}\Z")
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class LeadToken:
    """Whom a token is about, and when it was issued (RFC 3339, UTC, milliseconds)."""

    person: str
    issued_at: str


def text_of(keyring: Keyring, receipt_id: str, person: str, issued_at: str) -> str:
    """The 72 characters for one receipt; the same whenever they are asked for."""
    nonce = bytes.fromhex(receipt_id)
    since = (datetime.fromisoformat(issued_at) - EPOCH) // MILLISECOND
    secret = bytes.fromhex(person) + since.to_bytes(6, "big")
    return base64.urlsafe_b64encode(nonce + keyring.seal(USE, nonce, secret)).decode("ascii")


def read(keyring: Keyring, text: str, now: datetime) -> LeadToken | None:
    """What the token says; None when it is not ours or over."""
    if not WELL_FORMED.match(text):
        return None
    raw = base64.urlsafe_b64decode(text)
    secret = keyring.unseal(USE, raw[:16], raw[16:])
    if secret is None:
        return None
    issued = EPOCH + int.from_bytes(secret[16:], "big") * MILLISECOND
    return LeadToken(secret[:16].hex(), instant(issued)) if now - issued < VALID_FOR else None


def completed(receipt: str, said: Mapping[str, Any], keyring: Keyring, person: str, issued_at: str) -> str:
    """The receipt as its sender gets it: the stored text, with the token where what is `said` in it promises one."""
    if "engagement" not in said:
        return receipt
    token = text_of(keyring, said["receipt_id"], person, issued_at)
    return canonical({**said, "engagement": {**said["engagement"], "token": token}})
