"""The daily seal: one Merkle tree over the day's ledger entries, its root signed, each day chained to the one before.

    tree         RFC 6962: leaf hash = entry hash, node = SHA-256(0x01 ‖ left ‖ right)
    leaves       the link to the day before, then the entry hashes in ascending order (so they carry no order of time)
    link         SHA-256("lc-seal/1/link\\0" ‖ text of the checkpoint before); for the first day
                 SHA-256("lc-seal/1/first\\0" ‖ log name)
    checkpoint   C2SP tlog-checkpoint, a C2SP signed note: origin `<log name>/<day>`, tree size, root in base64
    signature    C2SP signed-note, key name = log name: Ed25519 (type 1) or ECDSA P-256 with SHA-256 (type 2)

Every day is a log of its own, hence the day in the origin: it is signed, and nobody signs two trees of one log.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

ED25519, ECDSA_P256 = 1, 2
DASH = "\u2014"
HEX64 = re.compile(r"[0-9a-f]{64}")
DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
NAME = re.compile(r"[!-*,-~]+")
SIZE = re.compile(r"[1-9]\d{0,11}")
ID_BYTES = 4


# ------------------------------------------------------------------ the tree


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash (RFC 6962, 2.1) over leaf hashes."""
    level = list(leaves)
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        level = _above(level)
    return level[0]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of one leaf (RFC 6962, 2.1.1), from its sibling up."""
    level, path = list(leaves), []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level, index = _above(level), index // 2
    return tuple(path)


def root_by_proof(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that this path leads to, or None when no tree of this size has such a path at this index."""
    if not 0 <= index < size:
        return None
    reached, last, steps = leaf, size - 1, iter(path)
    while last:
        if index & 1 or index < last:
            sibling = next(steps, None)
            if sibling is None:
                return None
            reached = node(sibling, reached) if index & 1 else node(reached, sibling)
        index, last = index // 2, last // 2
    return reached if next(steps, None) is None else None


def _above(level: Sequence[bytes]) -> list[bytes]:
    """The level above; a node without a sibling rises as it is."""
    return [node(*level[i : i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]


# ------------------------------------------------------------------ keys


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Whose signature is believed. `raw` is 32 bytes for Ed25519, the DER SubjectPublicKeyInfo for ECDSA."""

    name: str
    kind: int
    raw: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes: SHA-256 of the DER key for ECDSA, else of name, newline, type and key (C2SP signed-note)."""
        named = self.raw if self.kind == ECDSA_P256 else self.name.encode() + b"\n" + bytes([self.kind]) + self.raw
        return hashlib.sha256(named).digest()[:ID_BYTES]

    def as_text(self) -> str:
        """`<name>+<key id>+<base64 of type and key>`, the usual text form of such keys."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.raw)}"


Check = Callable[[PublicKey, bytes, bytes], bool]
"""Does this key's signature fit this text? (key, text, signature)"""


def public_key(text: str) -> PublicKey | None:
    """The key from its text form, or None when it is none or its id is not its own."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _from_base64(encoded)
    if not NAME.fullmatch(name) or not raw or raw[0] not in (ED25519, ECDSA_P256):
        return None
    key = PublicKey(name, raw[0], raw[1:])
    return key if key.key_id.hex() == key_id else None


# ------------------------------------------------------------------ the checkpoint


@dataclass(frozen=True, slots=True)
class Seal:
    """One sealed day as it is stored: the signed checkpoint and the leaves under its root, in hex, the link first."""

    day: str
    checkpoint: str
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that was read; `text` is what is signed, `signatures` are (key name, key id, signature)."""

    text: str
    name: str
    day: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @property
    def link(self) -> str:
        """What the next day's first leaf must be."""
        return hashlib.sha256(b"lc-seal/1/link\0" + self.text.encode()).hexdigest()


def first_link(name: str) -> str:
    """The first leaf of the first day of a log."""
    return hashlib.sha256(b"lc-seal/1/first\0" + name.encode()).hexdigest()


def leaves_of(link: str, hashes: Iterable[str]) -> tuple[str, ...]:
    """The leaves of one day: the link, then each entry hash once, ascending."""
    return (link, *sorted(set(hashes)))


def checkpoint_text(name: str, day: str, leaves: Sequence[str]) -> str:
    """What is signed."""
    return f"{name}/{day}\n{len(leaves)}\n{_base64(root([bytes.fromhex(leaf) for leaf in leaves]))}\n"


def signed(text: str, key: PublicKey, signature: bytes) -> str:
    """The note: text, blank line, one signature line."""
    return f"{text}\n{DASH} {key.name} {_base64(key.key_id + signature)}\n"


def read_checkpoint(note: str) -> Checkpoint | None:
    """The checkpoint in a signed note, or None when the note is not exactly of the format."""
    text, blank, tail = note.rpartition("\n\n")
    lines = text.split("\n")
    signatures = tuple(map(_signature, tail.removesuffix("\n").split("\n")))
    if not blank or not tail.endswith("\n") or len(lines) != 3 or None in signatures:
        return None
    origin, size, encoded = lines
    name, _, day = origin.rpartition("/")
    digest = _from_base64(encoded)
    if not NAME.fullmatch(name) or not DAY.fullmatch(day) or not SIZE.fullmatch(size) or digest is None:
        return None
    kept = tuple(signature for signature in signatures if signature)
    return Checkpoint(f"{text}\n", name, day, int(size), digest, kept) if len(digest) == 32 else None


def is_signed(checkpoint: Checkpoint, keys: Iterable[PublicKey], check: Check) -> bool:
    """At least one trusted key of this log signed it, and no signature of a trusted key fails.

    A line by a key that nobody trusts is passed over, as the note format demands.
    """
    trusted = {(key.name, key.key_id): key for key in keys if key.name == checkpoint.name}
    checked = [
        check(trusted[name, key_id], checkpoint.text.encode(), signature)
        for name, key_id, signature in checkpoint.signatures
        if (name, key_id) in trusted
    ]
    return bool(checked) and all(checked)


def leaf_bytes(leaves: Iterable[str]) -> list[bytes] | None:
    """The leaves as bytes, or None when one is no hash in lower-case hex."""
    found = [bytes.fromhex(leaf) if HEX64.fullmatch(leaf) else b"" for leaf in leaves]
    return found if all(found) else None


# ------------------------------------------------------------------ one entry's proof


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That one entry lies under the root of one day; hashes in hex."""

    entry: str
    day: str
    index: int
    path: tuple[str, ...]


def inclusion(seal: Seal, entry: str) -> Inclusion | None:
    """The proof for one entry hash, or None when that day does not seal it."""
    if entry not in seal.leaves[1:]:
        return None
    index = seal.leaves.index(entry, 1)
    path = inclusion_proof([bytes.fromhex(leaf) for leaf in seal.leaves], index)
    return Inclusion(entry, seal.day, index, tuple(step.hex() for step in path))


def holds(proof: Inclusion, checkpoint: Checkpoint) -> bool:
    """Does the path lead from the entry to the checkpoint's root?"""
    steps = leaf_bytes((proof.entry, *proof.path))
    if steps is None or proof.day != checkpoint.day:
        return False
    return root_by_proof(steps[0], proof.index, checkpoint.size, steps[1:]) == checkpoint.root


# ------------------------------------------------------------------ base64, strictly


def _signature(line: str) -> tuple[str, bytes, bytes] | None:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _from_base64(encoded)
    if dash != DASH or not NAME.fullmatch(name) or raw is None or len(raw) <= ID_BYTES:
        return None
    return name, raw[:ID_BYTES], raw[ID_BYTES:]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _from_base64(text: str) -> bytes | None:
    """None unless this is the one base64 text of some bytes: padding bits count too."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _base64(raw) == text else None
