"""One person's proof in one file: entries with bodies, wordings, checkpoints, inclusion proofs, the public key.

It verifies with the network off. It holds personal data: it is for the person, their lawyer or an authority.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.ledger_rows import Person, Row, entry_of, head_of
from local.unusable import Unusable
from shared.domain.agreement import Notice
from shared.domain.ledger_proof import Bundle, read_core
from shared.domain.seal import Inclusion, Seal, inclusion

SCHEMA = "leadgate-proof/1"


@dataclass(frozen=True, slots=True)
class Found:
    """Which days seal which entries."""

    checkpoints: Mapping[str, str]
    proofs: tuple[Inclusion, ...]


def look_up(person: Person, days: Iterable[str], read: Callable[[str], Seal]) -> Found:
    """The proof of every sealed entry. `days` are ascending; only those from the first entry's day on are read."""
    waiting = {entry.hash for entry in person.entries}
    cores = [core for core in (read_core(entry.core) for entry in person.entries) if core]
    first = min((core.day for core in cores), default="9999")
    checkpoints, proofs = {}, []
    for day in days:
        if day < first or not waiting:
            continue
        seal = read(day)
        found = [proof for proof in (inclusion(seal, digest) for digest in sorted(waiting)) if proof]
        if found:
            checkpoints[day] = seal.checkpoint
            proofs += found
            waiting -= {proof.entry for proof in found}
    return Found(checkpoints, tuple(proofs))


def as_plain(
    person: Person,
    lead_id: str,
    found: Found,
    notices: Mapping[str, Notice],
    keys: Iterable[str],
    erasures: Mapping[str, int],
) -> Row:
    """The bundle as JSON. Raises Unusable when a wording that was shown cannot be found."""
    shown = {core.notice for core in (read_core(entry.core) for entry in person.entries) if core and core.notice}
    missing = sorted(shown - notices.keys())
    if missing:
        raise Unusable(f"The wording with SHA-256 {missing[0]} is neither in the registry nor in the agreement.")
    return {
        "schema": SCHEMA,
        "lead_id": lead_id,
        "keys": list(keys),
        "head": {"chain": person.head.chain, "seq": person.head.seq, "hash": person.head.hash},
        "entries": [asdict(entry) for entry in person.entries],
        "notices": {digest: _notice(notices[digest]) for digest in sorted(shown)},
        "checkpoints": dict(found.checkpoints),
        "proofs": [asdict(proof) for proof in found.proofs],
        "erasures": dict(erasures),
    }


def _notice(notice: Notice) -> Row:
    return {
        "notice": notice.ref,
        "lang": notice.lang,
        "wording": notice.wording,
        "withdrawal_method": notice.withdrawal_method,
    }


def read_bundle(path: Path) -> tuple[Bundle, dict[str, str], list[str]]:
    """The bundle, the SHA-256 of each wording as it is in the file, and the keys that the file brings."""
    try:
        plain = json.loads(path.read_bytes())
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise Unusable(f"{path} is not JSON.") from None
    if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
        raise Unusable(f"{path} is no proof bundle: it does not say `{SCHEMA}`.")
    try:
        return _bundle(plain)
    except (KeyError, TypeError, AttributeError):
        raise Unusable(f"{path} lacks a part of a proof bundle.") from None


def _bundle(plain: Mapping[str, Any]) -> tuple[Bundle, dict[str, str], list[str]]:
    wordings = {digest: str(notice["wording"]) for digest, notice in plain["notices"].items()}
    digests = {digest: hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() for digest, text in wordings.items()}
    proofs = tuple(
        Inclusion(str(row["entry"]), str(row["day"]), int(row["index"]), tuple(map(str, row["path"])))
        for row in plain["proofs"]
    )
    bundle = Bundle(
        entries=tuple(map(entry_of, plain["entries"])),
        head=head_of(plain["head"]),
        notices=wordings,
        checkpoints={str(day): str(note) for day, note in plain["checkpoints"].items()},
        proofs=proofs,
        erasures={str(day): int(count) for day, count in plain["erasures"].items()},
    )
    return bundle, digests, [str(key) for key in plain["keys"]]
