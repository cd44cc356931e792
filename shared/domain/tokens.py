"""The single-use token behind the link of a confirmation, by mail or by text; only its SHA-256 is ever stored."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.consent_states import is_over
from shared.domain.lead import instant

VALID_FOR = timedelta(days=7)
WAY_BACK_FOR = timedelta(days=1096)
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """What the link may do: confirm these purposes of this lead, as asked until that instant, once, until then.

    `number` is the keyed hash of the number that it was sent to by text; empty for a mail.
    """

    digest: str
    person: str
    lead_id: str
    purposes: tuple[str, ...]
    since: str
    lang: str
    expires_at: str
    used_by: str = ""
    number: str = ""

    def is_over(self, now: datetime) -> bool:
        return is_over(self.expires_at, now)

    @property
    def is_way_back(self) -> bool:
        """Has it confirmed a number?"""
        return bool(self.number and self.used_by)

    def used(self, act_id: str, now: datetime) -> Token:
        """After its one use. The link in a text stays the way back: no other link ever goes to that number."""
        expires_at = instant(now + WAY_BACK_FOR) if self.number else self.expires_at
        return replace(self, used_by=act_id, expires_at=expires_at)


def text_of(secret: bytes) -> str:
    """base64url without padding: 43 characters for 256 bits."""
    return base64.urlsafe_b64encode(secret).decode("ascii").rstrip("=")


def digest_of(text: str) -> str | None:
    """Where the token with this text lies; None for what cannot be one."""
    if not WELL_FORMED.match(text):
        return None
    return hashlib.sha256(text.encode("ascii")).hexdigest()
