"""Does the ledger still say what it said? Pure checks over what is stored; one finding for each thing that is wrong.

Chains tell edits, gaps, swaps; the head tells a cut tail; only the seal tells a cut with a rewritten head or a whole
consistent rewrite. Entries must come sorted by partition and sort key, seals by day; of what passes by only hashes are
kept.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from shared.domain.identity import canonical
from shared.domain.ledger_entry import Head, commitment, day_shard, entry_hash, first_head
from shared.domain.seal import (
    DAY,
    HEX64,
    Check,
    Checkpoint,
    Inclusion,
    PublicKey,
    Seal,
    first_link,
    holds,
    is_signed,
    leaf_bytes,
    read_checkpoint,
    root,
)

CHAIN = re.compile(r"[0-9a-f]{32}")
LARGEST = 2**53 - 1
SETTLES_DAYS = 3  # the whole entry day is over for 48 hours


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One ledger item as it lies in the table; what was erased is None."""

    pk: str
    sk: str
    core: str
    hash: str
    salt: str | None
    body: str | None
    day_shard: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `chain` and `day` are empty where it belongs to none."""

    code: str
    where: str
    text: str
    chain: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is compared. `erasures` counts, by day, the chains that recorded requests or sweeps closed."""

    entries: Iterable[StoredEntry]
    heads: Iterable[Head]
    seals: Iterable[Seal]
    erasures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe: the public keys, the way to check a signature, and what time it is."""

    keys: tuple[PublicKey, ...]
    check: Check
    now: datetime


@dataclass(slots=True)
class Tally:
    """What one verification remembers while the entries pass by."""

    now: datetime
    erasures: Mapping[str, int]
    heads: dict[str, Head] = field(default_factory=dict)
    sealed: dict[bytes, str] = field(default_factory=dict)
    closed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Core:
    """The members of a core that the checks need."""

    chain: str
    seq: int
    prev: str
    day: str
    kind: str
    body: str
    notice: str | None


# ------------------------------------------------------------------ the whole ledger


def verify(evidence: Evidence, trust: Trust) -> Iterator[Finding]:
    """Every finding about the whole ledger."""
    tally = Tally(trust.now, evidence.erasures, {head.chain: head for head in evidence.heads})
    yield from _seals(evidence.seals, trust, tally)
    for pk, entries in groupby(evidence.entries, key=lambda entry: entry.pk):
        yield from _chain(pk, entries, tally)
    yield from _left_over(tally)
    yield from _counts(tally)


def concerns(findings: Iterable[Finding], chain: str | None, day: str | None, days: Iterable[str]) -> list[Finding]:
    """Those about one chain or one day; `days` are the days of the chain, whose seals concern it too."""
    own = set(days)
    return [
        finding
        for finding in findings
        if (chain is None or finding.chain == chain or (not finding.chain and finding.day in own))
        and (day is None or finding.day == day)
    ]


def _left_over(tally: Tally) -> Iterator[Finding]:
    for digest, day in tally.sealed.items():
        text = f"An entry sealed on {day} is not in the ledger any more (or not as it was)."
        yield Finding("SEALED_ENTRY_MISSING", f"leaf {digest.hex()}", text, day=day)
    for head in tally.heads.values():
        text = f"The lead points at entry {head.seq} of a chain that has no entries."
        yield Finding("HEAD_MISMATCH", f"CHAIN#{head.chain}", text, head.chain)


def _counts(tally: Tally) -> Iterator[Finding]:
    """As many chains are closed as erasures are on record; days without any record were reported entry by entry."""
    for day in sorted({*tally.closed, *tally.erasures}):
        closed, recorded = tally.closed[day], tally.erasures.get(day, 0)
        if recorded and closed != recorded:
            text = f"On {day} {closed} chains were closed as erased, but {recorded} erasures are on record."
            yield Finding("BODY_MISSING_WITHOUT_ERASURE", f"day {day}", text, day=day)


# ------------------------------------------------------------------ one chain


def _chain(pk: str, entries: Iterable[StoredEntry], tally: Tally) -> Iterator[Finding]:
    chain = pk.removeprefix("CHAIN#")
    if pk != f"CHAIN#{chain}" or not CHAIN.fullmatch(chain):
        yield Finding("WRONG_CHAIN", pk, "This partition is no chain.")
        return
    at, last_day, erased = first_head(chain), "", None
    missing: list[tuple[int, str]] = []
    for entry in entries:
        where, core = f"{pk}/{entry.sk}", read_core(entry.core)
        day = core.day if core else ""
        yield from (Finding(code, where, text, chain, day) for code, text in _entry(entry, core, at, tally))
        last_day, at = day or last_day, Head(chain, core.seq if core else at.seq + 1, entry.hash)
        if entry.body is None and entry.salt is None:
            missing.append((at.seq, day))
        if core and core.kind == "erased":
            erased = (core.seq, core.day)
    yield from _erasure(pk, chain, missing, erased, tally)
    yield from _head(pk, at, last_day, erased, tally)


def _entry(entry: StoredEntry, core: Core | None, at: Head, tally: Tally) -> Iterator[tuple[str, str]]:
    own = entry_hash(_bytes(entry.core))
    sealed = tally.sealed.pop(bytes.fromhex(own), None)
    if own != entry.hash:
        yield "HASH_MISMATCH", "The core does not have the hash that is stored with it."
    if core is None:
        yield "NOT_CANONICAL", "The core is not the exact canonical text of a ledger entry."
        return
    if core.chain != at.chain:
        yield "WRONG_CHAIN", f"The core says that it belongs to chain {core.chain}."
    if core.seq != at.seq + 1 or entry.sk != f"EVT#{core.seq:010d}":
        yield "SEQ_GAP", f"Entry {at.seq + 1} should be here; the core says {core.seq}."
    if core.prev != at.hash:
        yield "PREV_MISMATCH", "The core does not name the hash of the entry before."
    yield from _body(entry, core)
    if entry.day_shard not in (None, day_shard(core.day, own)):
        yield "INDEX_MISMATCH", "The day index holds this entry under another day or shard."
    if sealed is None and settled(core.day, tally.now):
        yield "UNSEALED_ENTRY", f"No checkpoint seals this entry of {core.day}."


def _body(entry: StoredEntry, core: Core) -> Iterator[tuple[str, str]]:
    if entry.body is None and entry.salt is None:
        return
    if entry.body is None or entry.salt is None:
        yield "BODY_MISMATCH", "Only one of body and salt is there."
    elif not HEX64.fullmatch(entry.salt) or commitment(bytes.fromhex(entry.salt), _bytes(entry.body)) != core.body:
        yield "BODY_MISMATCH", "Body and salt do not open the commitment in the core."


def _erasure(
    pk: str, chain: str, missing: list[tuple[int, str]], erased: tuple[int, str] | None, tally: Tally
) -> Iterator[Finding]:
    """A body may be gone only when a later entry says `erased` and a record of that day exists."""
    if erased:
        tally.closed[erased[1]] += 1
    for seq, day in missing:
        if erased is None or erased[0] < seq:
            text = "The body is gone, and no later entry says that it was erased."
        elif not tally.erasures.get(erased[1]):
            text = f"The body is gone, and there is no record of an erasure on {erased[1]}."
        else:
            continue
        yield Finding("BODY_MISSING_WITHOUT_ERASURE", f"{pk}/EVT#{seq:010d}", text, chain, day)


def _head(pk: str, at: Head, day: str, erased: tuple[int, str] | None, tally: Tally) -> Iterator[Finding]:
    head = tally.heads.pop(at.chain, None)
    if head is None and (erased is None or erased[0] != at.seq):
        text = f"No lead points at this chain of {at.seq} entries, and it was not closed by an erasure."
        yield Finding("HEAD_MISMATCH", pk, text, at.chain, day)
    elif head is not None and head != at:
        text = f"The lead points at entry {head.seq}; the chain ends at {at.seq}, or with another hash."
        yield Finding("HEAD_MISMATCH", pk, text, at.chain, day)


# ------------------------------------------------------------------ the seals


def _seals(seals: Iterable[Seal], trust: Trust, tally: Tally) -> Iterator[Finding]:
    link, last = None, ""
    for seal in seals:
        where, last = f"checkpoint {seal.day}", seal.day if _is_date(seal.day) else last
        leaves, checkpoint = leaf_bytes(seal.leaves), read_checkpoint(seal.checkpoint)
        wrong = _unbelievable(checkpoint, leaves, seal, trust)
        if wrong:
            yield Finding("BAD_SIGNATURE", where, wrong, day=seal.day)
        expected = link or (first_link(checkpoint.name) if checkpoint else None)
        if expected is None or seal.leaves[:1] != (expected,):
            yield Finding("CHECKPOINT_CHAIN", where, "It does not continue the checkpoint before it.", day=seal.day)
        link = checkpoint.link if checkpoint else None
        tally.sealed.update((leaf, seal.day) for leaf in (leaves or ())[1:])
    if last and settled(last, trust.now):
        yield Finding("CHECKPOINT_CHAIN", f"checkpoint {last}", "No later day is sealed; one is missing.", day=last)


def _unbelievable(checkpoint: Checkpoint | None, leaves: list[bytes] | None, seal: Seal, trust: Trust) -> str | None:
    """Why nobody should believe this seal, or None."""
    if checkpoint is None:
        return "It is no signed checkpoint."
    if not is_signed(checkpoint, trust.keys, trust.check):
        return "It is not signed by a key that you trust."
    if checkpoint.day != seal.day:
        return f"It is the checkpoint of {checkpoint.day}."
    if leaves is None or len(leaves) != checkpoint.size or root(leaves) != checkpoint.root:
        return "The signed root is not the root of its leaves."
    return None


def settled(day: str, now: datetime) -> bool:
    """Is the day over for 48 hours, so that everything in it must be sealed?"""
    return now.date() - date.fromisoformat(day) >= timedelta(days=SETTLES_DAYS)


# ------------------------------------------------------------------ one person's bundle


@dataclass(frozen=True, slots=True)
class Bundle:
    """One person's chain with everything that proves it; `notices` maps SHA-256 to wording, `seals` day to note."""

    entries: tuple[StoredEntry, ...]
    head: Head | None
    notices: Mapping[str, str]
    checkpoints: Mapping[str, str]
    proofs: tuple[Inclusion, ...]
    erasures: Mapping[str, int]


def verify_bundle(bundle: Bundle, trust: Trust, digest_of: Mapping[str, str]) -> Iterator[Finding]:
    """Every finding about one bundle. `digest_of` maps each key of `notices` to the SHA-256 of its wording as found."""
    tally = Tally(trust.now, bundle.erasures, {bundle.head.chain: bundle.head} if bundle.head else {})
    believed: dict[str, Checkpoint] = {}
    for day, note in bundle.checkpoints.items():
        checkpoint = read_checkpoint(note)
        if checkpoint and checkpoint.day == day and is_signed(checkpoint, trust.keys, trust.check):
            believed[day] = checkpoint
        else:
            text = "It is no checkpoint of this day signed by a key that you trust."
            yield Finding("BAD_SIGNATURE", f"checkpoint {day}", text, day=day)
    for proof in bundle.proofs:
        if proof.day in believed and holds(proof, believed[proof.day]):
            tally.sealed[bytes.fromhex(proof.entry)] = proof.day
        else:
            text = f"The proof does not lead to the signed root of {proof.day}."
            yield Finding("SEALED_ENTRY_MISSING", f"leaf {proof.entry}", text, day=proof.day)
    for pk, entries in groupby(bundle.entries, key=lambda entry: entry.pk):
        yield from _chain(pk, entries, tally)
    yield from _left_over(tally)
    yield from _notices(bundle, digest_of)


def _notices(bundle: Bundle, digest_of: Mapping[str, str]) -> Iterator[Finding]:
    for digest in sorted(bundle.notices):
        if digest_of[digest] != digest:
            yield Finding("NOTICE_MISMATCH", f"notice {digest}", "The wording does not have this hash.")
    for entry in bundle.entries:
        core = read_core(entry.core)
        if core and core.notice and core.notice not in bundle.notices:
            text = "The wording that was shown is not in the bundle."
            yield Finding("NOTICE_MISMATCH", f"{entry.pk}/{entry.sk}", text, core.chain, core.day)


# ------------------------------------------------------------------ the canonical form


def read_core(text: str) -> Core | None:
    """The core, or None unless the text is the canonical form of one."""
    core = read_canonical(text)
    if core is None or not _is_core(core):
        return None
    return Core(core["chain"], core["seq"], core["prev"], core["day"], core["type"], core["body"], core["notice"])


def read_canonical(text: str) -> dict[str, Any] | None:
    """The object, or None unless the text is its RFC 8785 form under our limits: ASCII keys, no floats, whole numbers
    within ±(2^53-1), strings in NFC without lone surrogates.
    """
    try:
        value = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
        is_same = canonical(value) == text and bool(text.encode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and is_same and _is_allowed(value) else None


def _refuse(_token: str) -> Any:
    raise ValueError


def _is_allowed(value: Any) -> bool:
    if isinstance(value, dict):
        return all(key.isascii() and _is_allowed(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_allowed, value))
    if isinstance(value, str):
        return unicodedata.is_normalized("NFC", value)
    return not isinstance(value, int) or -LARGEST <= value <= LARGEST


def _is_core(core: Mapping[str, Any]) -> bool:
    """Has it the members of format 1? It may say more (the reason of an erasure): the hash covers that too."""
    return (
        type(core.get("v")) is int
        and core["v"] == 1
        and all(_is_text(core, name, pattern) for name, pattern in PATTERNS.items())
        and type(core.get("seq")) is int
        and core["seq"] >= 1
        and isinstance(core.get("rules"), str)
        and isinstance(core.get("type"), str)
        and "notice" in core
        and (core["notice"] is None or _is_text(core, "notice", HEX64))
        and _is_date(core["day"])
    )


PATTERNS = {"chain": CHAIN, "prev": HEX64, "body": HEX64, "day": DAY}


def _is_text(core: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> bool:
    value = core.get(name)
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_date(day: str) -> bool:
    try:
        return bool(date.fromisoformat(day))
    except ValueError:
        return False


def _bytes(text: str) -> bytes:
    """UTF-8; what is no valid text gets bytes all the same, so that its hash can be compared."""
    return text.encode("utf-8", "surrogatepass")
