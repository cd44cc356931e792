"""The single-use token behind the link of a confirmation mail; only its SHA-256 is ever stored."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.consent_states import is_over

VALID_FOR = timedelta(days=7)
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """What the link may do: confirm these purposes of this lead, as asked since that instant, once, until then."""

    digest: str
    person: str
    lead_id: str
    purposes: tuple[str, ...]
    since: str
    lang: str
    expires_at: str
    used_by: str = ""

    def is_over(self, now: datetime) -> bool:
        return is_over(self.expires_at, now)


def text_of(secret: bytes) -> str:
    """base64url without padding: 43 characters for 256 bits."""
    return base64.urlsafe_b64encode(secret).decode("ascii").rstrip("=")


def digest_of(text: str) -> str | None:
    """Where the token with this text lies; None for what cannot be one."""
    if not WELL_FORMED.match(text):
        return None
    return hashlib.sha256(text.encode("ascii")).hexdigest()
