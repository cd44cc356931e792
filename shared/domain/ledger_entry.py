"""One entry of the consent ledger: a hash chain per person over salted commitments.

    genesis    = SHA-256("lc-consent/1/genesis\\0" ‖ chain bytes)
    commitment = SHA-256("lc-consent/1/body\\0" ‖ salt ‖ body bytes)
    entry hash = SHA-256(0x00 ‖ core bytes), which is the RFC 6962 leaf hash of the core

The core holds nothing personal and is kept for ever; salt and body can be destroyed and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.identity import canonical

DAY_SHARDS = 8
KIND_OF = {
    "given": "consent_given",
    "pending": "notice_served",
    "not_counted": "consent_invalidated",
    "refused": "consent_refused",
}
"""What became of a box → the type of its entry (consent.md 3.3), the strongest first."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain; `seq` 0 and the genesis hash before the first."""

    chain: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What is written: `core` and `body` are the exact canonical JSON bytes, `hash` is over the core, `salt` is 32
    random bytes.
    """

    chain: str
    seq: int
    core: bytes
    hash: str
    salt: bytes
    body: bytes

    @property
    def head(self) -> Head:
        return Head(self.chain, self.seq, self.hash)

    @property
    def day_shard(self) -> str:
        return day_shard(json.loads(self.core)["day"], self.hash)


def day_shard(day: str, digest: str) -> str:
    """Where the day's index keeps an entry for the seal: eight shards a day, chosen by the entry's own hash."""
    return f"{day}#{int(digest[0], 16) % DAY_SHARDS}"


def first_head(chain: str) -> Head:
    """Where the chain with this random id (32 hex digits) starts."""
    return Head(chain, 0, hashlib.sha256(b"lc-consent/1/genesis\0" + bytes.fromhex(chain)).hexdigest())


def commitment(salt: bytes, body: bytes) -> str:
    return hashlib.sha256(b"lc-consent/1/body\0" + salt + body).hexdigest()


def entry_hash(core: bytes) -> str:
    return hashlib.sha256(b"\0" + core).hexdigest()


def kind_of(outcomes: Iterable[str]) -> str:
    """The type of an entry by what became of its boxes: it is all that stays of them after an erasure, so a tick that
    waits or is worth nothing is not called a consent. Without a box only a basis was asserted.
    """
    found = set(outcomes)
    return next((kind for outcome, kind in KIND_OF.items() if outcome in found), "basis_asserted")


def append(
    head: Head, kind: str, day: str, notice: str | None, rules: str, body: Mapping[str, Any], salt: bytes
) -> LedgerEntry:
    """The next entry after `head`. `kind` is a ledger type such as consent_given, `day` YYYY-MM-DD, `notice` a
    SHA-256.
    """
    body_bytes = canonical(body).encode("utf-8")
    core = {
        "v": 1,
        "chain": head.chain,
        "seq": head.seq + 1,
        "prev": head.hash,
        "day": day,
        "type": kind,
        "notice": notice,
        "rules": rules,
        "body": commitment(salt, body_bytes),
    }
    core_bytes = canonical(core).encode("utf-8")
    return LedgerEntry(head.chain, head.seq + 1, core_bytes, entry_hash(core_bytes), salt, body_bytes)
