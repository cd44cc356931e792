"""Keyed hashes: who is the same person, which submission is the same, who is suppressed.

All are HMAC-SHA-256 under one secret with a label of its own per use, so that no hash can be compared across uses
and none can be recomputed from an address book. While the key exists they are personal data (EDPB 02/2025 §§51-54).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from shared.domain.submission import ContactPoints, Submission

SEPARATOR = b"\0"
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secret `key` and its id `kid`; never printed."""

    kid: str
    key: bytes

    def __repr__(self) -> str:
        return f"Keyring({self.kid})"

    def person_key(self, contact: ContactPoints) -> str:
        """32 hex digits for the person behind the contact points: the e-mail when there is one, else the phone."""
        kind, value = ("email", contact.email) if contact.email else ("phone", contact.phone or "")
        return self._hash(b"leadgate/person/1", kind, value)[:32]

    def submission_key(self, form_id: str, key: str) -> str:
        """32 hex digits for one idempotency key of one form; a key of another form is another submission."""
        return self._hash(b"leadgate/submission/1", form_id, key)[:32]

    def fingerprint(self, submission: Submission) -> str:
        """64 hex digits over what the person said: answers, boxes and wording. Counters move on between two tries,
        so they stay out.
        """
        said = {"fields": dict(submission.fields), "consents": dict(submission.consents), "notice": submission.notice}
        return self._hash(b"leadgate/fingerprint/1", submission.form_id, canonical(said))

    def suppression_keys(self, contact: ContactPoints) -> dict[str, str]:
        """Channel kind → keyed hash, for each contact point given (format of the suppression list, consent rule G)."""
        given = (("email", contact.email), ("phone", contact.phone))
        return {kind: self._hash(b"lc-suppress/1", kind, value) for kind, value in given if value}

    def _hash(self, label: bytes, *parts: str) -> str:
        text = SEPARATOR.join([label, *(part.encode("utf-8") for part in parts)])
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()


def canonical(value: object) -> str:
    """RFC 8785 for our restricted values (no floats): sorted keys, no spaces, UTF-8 as it is."""
    return _CANONICAL.encode(value)


def members(value: Any) -> dict[str, Any]:
    """The fields of one of our slotted dataclasses by name, not copied as `asdict` would: they are frozen too."""
    return {name: getattr(value, name) for name in value.__slots__}
