"""The single-use token behind the link of a confirmation, by mail or by text; only its SHA-256 is ever stored."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.consent_states import is_over
from shared.domain.lead import instant

VALID_FOR = timedelta(days=7)
WAY_BACK_FOR = timedelta(days=1096)
BAITED_FOR = timedelta(seconds=60)
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """What the link may do: confirm these purposes of this lead, as asked until that instant, once, until then.

    `number` is the keyed hash of the number that it was sent to by text; empty for a mail. `baited_at` is when a
    machine last took the bait on its page. `undo` is what its use changed (`acts.undo_of`).
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
    used_at: str = ""
    baited_at: str = ""
    undo: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1

    def is_over(self, now: datetime) -> bool:
        return is_over(self.expires_at, now)

    @property
    def is_way_back(self) -> bool:
        """Has it confirmed a number?"""
        return bool(self.number and self.used_by)

    def is_baited(self, now: datetime) -> bool:
        """Did a machine take the bait so lately that a confirmation would be its own?"""
        return _is_soon_after(self.baited_at, now)

    def is_just_used(self, now: datetime) -> bool:
        """Was it used so lately that a bait taken now shows that a machine had used it?"""
        return _is_soon_after(self.used_at, now)

    def used(self, act_id: str, now: datetime, undo: Mapping[str, Any]) -> Token:
        """After its one use. The link in a text stays the way back: no other link ever goes to that number."""
        expires_at = instant(now + WAY_BACK_FOR) if self.number else self.expires_at
        return replace(
            self,
            used_by=act_id,
            used_at=instant(now),
            expires_at=expires_at,
            undo={**undo, "expires_at": self.expires_at},
            version=self.version + 1,
        )

    def baited(self, now: datetime) -> Token:
        """After a machine took the bait: to be used once, as before any use that is taken back with it."""
        expires_at = self.undo.get("expires_at", self.expires_at)
        return replace(
            self,
            used_by="",
            used_at="",
            baited_at=instant(now),
            expires_at=expires_at,
            undo={},
            version=self.version + 1,
        )


def _is_soon_after(at: str, now: datetime) -> bool:
    return bool(at) and now - datetime.fromisoformat(at) < BAITED_FOR


def text_of(secret: bytes) -> str:
    """base64url without padding: 43 characters for 256 bits."""
    return base64.urlsafe_b64encode(secret).decode("ascii").rstrip("=")


def digest_of(text: str) -> str | None:
    """Where the token with this text lies; None for what cannot be one."""
    if not WELL_FORMED.match(text):
        return None
    return hashlib.sha256(text.encode("ascii")).hexdigest()
