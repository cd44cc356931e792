"""A small ledger with everything that belongs to it: three people, four days, sealed, one of them erased."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.adapters.key_file_signer import KeyFileSigner, check_signature
from shared.domain.ledger_entry import Head, LedgerEntry, append, first_head
from shared.domain.ledger_proof import Evidence, Finding, StoredEntry, Trust, verify
from shared.domain.seal import Seal, checkpoint_text, first_link, leaves_of, read_checkpoint, signed

NAME = "ledger.example.com/test"
DAYS = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05")
NOW = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
SIGNER = KeyFileSigner(NAME, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUST = Trust((SIGNER.key(),), check_signature, NOW)
ADA, BOB, EVE = (digit * 32 for digit in "abe")


@dataclass(frozen=True)
class Ledger:
    """What is stored; tests change one thing of it and look at the findings."""

    entries: tuple[StoredEntry, ...]
    heads: tuple[Head, ...]
    seals: tuple[Seal, ...]
    erasures: Mapping[str, int]
    trust: Trust = TRUST

    def findings(self) -> list[Finding]:
        ordered = sorted(self.entries, key=lambda entry: (entry.pk, entry.sk))
        return list(verify(Evidence(ordered, self.heads, self.seals, self.erasures), self.trust))

    def codes(self) -> set[str]:
        return {finding.code for finding in self.findings()}

    def chain(self, chain: str) -> list[StoredEntry]:
        return [entry for entry in self.entries if entry.pk == f"CHAIN#{chain}"]

    def with_chain(self, chain: str, entries: Iterable[StoredEntry]) -> Ledger:
        others = tuple(entry for entry in self.entries if entry.pk != f"CHAIN#{chain}")
        return replace(self, entries=(*others, *entries))

    def with_head(self, head: Head) -> Ledger:
        return replace(self, heads=(*(one for one in self.heads if one.chain != head.chain), head))

    def changed(self, chain: str, seq: int, **changes: Any) -> Ledger:
        entries = self.chain(chain)
        entries[seq - 1] = replace(entries[seq - 1], **changes)
        return self.with_chain(chain, entries)


def stored(entry: LedgerEntry) -> StoredEntry:
    return StoredEntry(
        pk=f"CHAIN#{entry.chain}",
        sk=f"EVT#{entry.seq:010d}",
        core=entry.core.decode(),
        hash=entry.hash,
        salt=entry.salt.hex(),
        body=entry.body.decode(),
        day_shard=entry.day_shard,
    )


def without_body(entry: StoredEntry) -> StoredEntry:
    return replace(entry, salt=None, body=None)


def an_entry(head: Head, day: str, kind: str = "consent_given", purpose: str = "mkt_email") -> LedgerEntry:
    salt = hashlib.sha256(f"{head.chain}{head.seq}{purpose}".encode()).digest()
    return append(head, kind, day, "ab" * 32, "2026.1", {"purpose": purpose, "seq": head.seq}, salt)


def a_chain(
    chain: str, days: Sequence[str], kinds: Sequence[str] = (), purpose: str = "mkt_email"
) -> list[StoredEntry]:
    head, entries = first_head(chain), []
    for number, day in enumerate(days):
        entry = an_entry(head, day, kinds[number] if kinds else "consent_given", purpose)
        entries.append(stored(entry))
        head = entry.head
    return entries


def head_of(entries: Sequence[StoredEntry]) -> Head:
    return Head(entries[-1].pk.removeprefix("CHAIN#"), len(entries), entries[-1].hash)


def seals_of(
    entries: Iterable[StoredEntry], days: Sequence[str] = DAYS, signer: KeyFileSigner = SIGNER
) -> tuple[Seal, ...]:
    """One seal for each day, as the journey makes them."""
    link, seals = first_link(NAME), []
    hashes = list(entries)
    for day in days:
        leaves = leaves_of(link, (entry.hash for entry in hashes if f'"day":"{day}"' in entry.core))
        text = checkpoint_text(NAME, day, leaves)
        note = signed(text, signer.key(), signer.sign(text.encode()))
        seals.append(Seal(day, note, leaves))
        checkpoint = read_checkpoint(note)
        assert checkpoint is not None
        link = checkpoint.link
    return tuple(seals)


@cache
def a_ledger() -> Ledger:
    """Ada has three entries, Bob two, Eve was erased on the fourth day."""
    ada = a_chain(ADA, DAYS[:3])
    bob = a_chain(BOB, DAYS[1:3])
    eve = a_chain(EVE, (DAYS[0], DAYS[3]), ("consent_refused", "erased"))
    entries = (*ada, *bob, *eve)
    gone = (*ada, *bob, *map(without_body, eve))
    return Ledger(gone, (head_of(ada), head_of(bob)), seals_of(entries), {DAYS[3]: 1})


def days_after(day: str, count: int) -> str:
    return (datetime.fromisoformat(day) + timedelta(days=count)).date().isoformat()
