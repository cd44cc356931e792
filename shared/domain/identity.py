"""Keyed hashes: who is the same person, which submission is the same, who is suppressed.

All are HMAC-SHA-256 under one secret with a label of its own per use, so that no hash can be compared across uses
and none can be recomputed from an address book. While the key exists they are personal data (EDPB 02/2025 §§51-54).
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.submission import ContactPoints, Submission

SEPARATOR = b"\0"
LINK = re.compile(r"[A-Za-z0-9_-]{64}\Z")
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The current secret `key` and its id `kid`, and the keys before it, newest first; never printed.

    A new key never replaces an old one in place: suppressions and links are made with the current key and recognised
    under every key. Persons and submissions stay under the first key ever, or nobody would be found again.
    """

    kid: str
    key: bytes
    previous: tuple[tuple[str, bytes], ...] = ()

    def __repr__(self) -> str:
        return f"Keyring({self.kid})"

    @property
    def _keys(self) -> tuple[tuple[str, bytes], ...]:
        return ((self.kid, self.key), *self.previous)

    def person_key(self, contact: ContactPoints) -> str:
        """32 hex digits for the person behind the contact points: the e-mail when there is one, else the phone."""
        kind, value = ("email", contact.email) if contact.email else ("phone", contact.phone or "")
        return self._hash(b"leadgate/person/1", kind, value)[:32]

    def mailbox_key(self, email: str) -> str:
        """32 hex digits for the mailbox behind an address: `ada+1@…` is the same one, and at Gmail dots are air."""
        local, _, domain = email.partition("@")
        local = local.partition("+")[0]
        if domain in ("gmail.com", "googlemail.com"):
            local, domain = local.replace(".", ""), "gmail.com"
        return self._hash(b"leadgate/mailbox/1", f"{local}@{domain}")[:32]

    def domain_key(self, domain: str) -> str:
        """32 hex digits for all mailboxes of a mail domain together."""
        return self._hash(b"leadgate/domain/1", domain)[:32]

    def company_key(self, email: str) -> str:
        """32 hex digits for the company behind a business address: all who write from its domain."""
        return self._hash(b"leadgate/company/1", email.rpartition("@")[2])[:32]

    def number_key(self, phone: str) -> str:
        """32 hex digits for one number (E.164)."""
        return self._hash(b"leadgate/number/1", phone)[:32]

    def total_key(self, name: str) -> str:
        """32 hex digits for a budget of the whole stack."""
        return self._hash(b"leadgate/total/1", name)[:32]

    def submission_key(self, form_id: str, key: str) -> str:
        """32 hex digits for one idempotency key of one form; a key of another form is another submission."""
        return self._hash(b"leadgate/submission/1", form_id, key)[:32]

    def fingerprint(self, submission: Submission) -> str:
        """64 hex digits over what the person said: answers, boxes and wording. Counters move on between two tries,
        so they stay out.
        """
        said = {"fields": dict(submission.fields), "consents": dict(submission.consents), "notice": submission.notice}
        return self._hash(b"leadgate/fingerprint/1", submission.form_id, canonical(said))

    def suppression_marks(self, contact: ContactPoints) -> dict[str, tuple[str, ...]]:
        """Contact point kind → `kid#hash` under each key, the current one first, for each contact point given."""
        given = (("email", contact.email), ("phone", contact.phone))
        return {
            kind: tuple(f"{kid}#{_hmac(key, b'lc-suppress/1', kind, value).hex()}" for kid, key in self._keys)
            for kind, value in given
            if value
        }

    def confirmation_secret(self, message_id: str) -> bytes:
        """32 bytes behind the link of one confirmation mail: the same however often the mail must be tried."""
        return _hmac(self.key, b"leadgate/confirm/1", message_id)

    def confirmation_secrets(self, message_id: str) -> tuple[bytes, ...]:
        """The 32 bytes under each key: the mail may have been written before the key was changed."""
        return tuple(_hmac(key, b"leadgate/confirm/1", message_id) for _, key in self._keys)

    def link(self, use: str, lead_id: str) -> str:
        """64 characters that open one page (`use`) of one lead, for as long as the lead exists; see record 0012."""
        signed = bytes.fromhex(lead_id) + _hmac(self.key, b"leadgate/link/1", use, lead_id)
        return base64.urlsafe_b64encode(signed).decode("ascii")

    def lead_behind(self, use: str, link: str) -> str | None:
        """The lead id that a link was made for, under any key; None when we never made it for this use."""
        if not LINK.match(link):
            return None
        raw = base64.urlsafe_b64decode(link)
        lead_id = raw[:16].hex()
        made = (_hmac(key, b"leadgate/link/1", use, lead_id) for _, key in self._keys)
        return lead_id if any(hmac.compare_digest(raw[16:], one) for one in made) else None

    def seal(self, use: str, nonce: bytes, secret: bytes) -> bytes:
        """`secret` (32 bytes at most), unreadable and unchangeable without the key, and 16 bytes of proof behind it.

        Encrypt-then-MAC out of HMAC alone; `nonce` must be of one secret only.
        """
        return _sealed(self.key, use, nonce, _hidden(self.key, use, nonce, secret))

    def unseal(self, use: str, nonce: bytes, sealed: bytes) -> bytes | None:
        """What was sealed for this use under any key; None when we never sealed it."""
        hidden = sealed[:-16]
        for _, key in self._keys:
            if hmac.compare_digest(_sealed(key, use, nonce, hidden), sealed):
                return _hidden(key, use, nonce, hidden)
        return None

    def _hash(self, label: bytes, *parts: str) -> str:
        return _hmac(self._keys[-1][1], label, *parts).hex()


def keyring_from(secret: Mapping[str, Any]) -> Keyring:
    """The keyring of `{"kid", "key", "previous": [{"kid", "key"}, …]}`; `previous` may be missing."""
    previous = tuple((one["kid"], one["key"].encode("utf-8")) for one in secret.get("previous", ()))
    return Keyring(secret["kid"], secret["key"].encode("utf-8"), previous)


def _hmac(key: bytes, label: bytes, *parts: str) -> bytes:
    text = SEPARATOR.join([label, *(part.encode("utf-8") for part in parts)])
    return hmac.digest(key, text, "sha256")


def _hidden(key: bytes, use: str, nonce: bytes, secret: bytes) -> bytes:
    """Its own inverse."""
    pad = _hmac(key, b"leadgate/seal-pad/1", use, nonce.hex())
    return bytes(one ^ other for one, other in zip(secret, pad[: len(secret)], strict=True))


def _sealed(key: bytes, use: str, nonce: bytes, hidden: bytes) -> bytes:
    return hidden + _hmac(key, b"leadgate/seal-proof/1", use, nonce.hex(), hidden.hex())[:16]


def canonical(value: object) -> str:
    """RFC 8785 for our restricted values (no floats): sorted keys, no spaces, UTF-8 as it is."""
    return _CANONICAL.encode(value)


def members(value: Any) -> dict[str, Any]:
    """The fields of one of our slotted dataclasses by name, not copied as `asdict` would: they are frozen too."""
    return {name: getattr(value, name) for name in value.__slots__}
