"""Trees, checkpoints and signatures: the published vectors, every size up to 70, and strict reading."""

from __future__ import annotations

import hashlib

import pytest

from shared.adapters.key_file_signer import check_signature
from shared.domain import seal as seals
from shared.domain.seal import Seal
from tests.ledger.history import DAYS, NAME, SIGNER, a_ledger

ENTRY = bytes.fromhex("8c4f4446d4b042ed1a2158c1b24fb27a70b6a9a8ae84b0dd456f17a27ad8219b")
TWICE = "dedbcbace4a919ef2669c727acdbedf56b69b3045a47810f9cda496ce2eeff31"
SIZES = range(1, 71)
# The reference inputs and roots that the public Certificate Transparency logs test with.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
C2SP_NOTE = (
    "example.com/behind-the-sofa/2026-03-02\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def leaves(size: int) -> list[bytes]:
    return [hashlib.sha256(bytes([number])).digest() for number in range(size)]


def by_definition(hashes: list[bytes]) -> bytes:
    """RFC 6962 2.1 word by word: split at the largest power of two below the size."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + by_definition(hashes[:split]) + by_definition(hashes[split:])).digest()


def test_the_tree_of_one_entry_is_its_hash() -> None:
    assert seals.root([ENTRY]) == ENTRY


def test_the_tree_of_the_entry_twice_is_the_published_vector() -> None:
    assert seals.root([ENTRY, ENTRY]).hex() == TWICE


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert seals.root([]) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", ROOTS)
def test_roots_are_those_of_the_public_logs(size: int) -> None:
    hashes = [hashlib.sha256(b"\0" + text).digest() for text in INPUTS[:size]]

    assert seals.root(hashes).hex() == ROOTS[size]


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_of_every_tree_is_proved_and_nothing_else(size: int) -> None:
    hashes = leaves(size)
    top = seals.root(hashes)

    assert top == by_definition(hashes)
    for index, leaf in enumerate(hashes):
        path = seals.inclusion_proof(hashes, index)
        assert seals.root_by_proof(leaf, index, size, path) == top
        assert seals.root_by_proof(leaf, index, size, (*path, leaf)) is None
        assert seals.root_by_proof(ENTRY, index, size, path) != top
        for cut in range(len(path)):
            assert seals.root_by_proof(leaf, index, size, path[:cut]) is None


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_leaf_outside_the_tree(index: int) -> None:
    assert seals.root_by_proof(ENTRY, index, 3, ()) is None


def test_a_checkpoint_reads_as_it_was_written() -> None:
    first = a_ledger().seals[0]

    checkpoint = seals.read_checkpoint(first.checkpoint)

    assert checkpoint is not None
    assert (checkpoint.name, checkpoint.day, checkpoint.size) == (NAME, DAYS[0], 3)
    assert seals.is_signed(checkpoint, [SIGNER.key()], check_signature)


def test_a_checkpoint_of_the_public_format_is_read() -> None:
    checkpoint = seals.read_checkpoint(C2SP_NOTE)

    assert checkpoint is not None
    assert (checkpoint.name, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.signatures[0][1].hex() == "033de0ae"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n\n", "\n"),
        ("/2026-03-02\n", "\n"),
        ("2026-03-02\n", "2026-13-02\n"),
        ("example.com/behind-the-sofa/", "/"),
        ("20852163", "020852163"),
        ("20852163", "0"),
        ("q2I=\n", "q2J=\n"),
        ("q2I=\n", "q2I\n"),
        ("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "AAAA"),
        ("q2I=\n", "q2I=\nmore\n"),
        ("\u2014", "-"),
        ("\u2014 example.com/behind-the-sofa Az", "\u2014 exa+mple.com Az"),
        ("YQ8=\n", "YQ8="),
        ("YQ8=\n", "YQ8\n"),
        ("YQ8=\n", "YQ8=\n\u2014 other AAAAAA==\n"),
        ("YQ8=\n", "YQ8=\n\n"),
    ],
)
def test_whatever_is_not_exactly_the_format_is_no_checkpoint(before: str, after: str) -> None:
    assert before in C2SP_NOTE

    assert seals.read_checkpoint(C2SP_NOTE.replace(before, after, 1)) is None


def test_a_signature_of_a_stranger_is_passed_over_and_counts_for_nothing() -> None:
    note = a_ledger().seals[0].checkpoint
    strange = f"{seals.DASH} other.example.com AAAAAAAA\n"
    checkpoint, alone = (
        seals.read_checkpoint(note + strange),
        seals.read_checkpoint(note.partition(seals.DASH)[0] + strange),
    )

    assert checkpoint is not None
    assert alone is not None
    assert seals.is_signed(checkpoint, [SIGNER.key()], check_signature)
    assert not seals.is_signed(alone, [SIGNER.key()], check_signature)


def test_a_key_reads_as_it_was_written() -> None:
    key = SIGNER.key()

    assert seals.public_key(key.as_text()) == key


def test_a_key_of_the_note_format_has_its_id() -> None:
    """The Ed25519 key id of C2SP signed-note: SHA-256(name, newline, type, key), first four bytes."""
    key = SIGNER.key()

    assert key.key_id == hashlib.sha256(NAME.encode() + b"\n\x01" + key.raw).digest()[:4]


@pytest.mark.parametrize(
    "text", ["", "name", "na me+00000000+AQID", "name+00000000+AQID", "name+00000000+CQID", "name+0+?"]
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert seals.public_key(text) is None


def test_an_entry_is_proved_by_its_path_alone() -> None:
    ledger = a_ledger()
    checkpoint = seals.read_checkpoint(ledger.seals[0].checkpoint)
    proof = seals.inclusion(ledger.seals[0], ledger.entries[0].hash)

    assert checkpoint is not None
    assert proof is not None
    assert seals.holds(proof, checkpoint)


def test_the_link_is_no_entry_and_a_stranger_has_no_proof() -> None:
    first = a_ledger().seals[0]

    assert seals.inclusion(first, first.leaves[0]) is None
    assert seals.inclusion(Seal("2026-03-02", "", ()), first.leaves[1]) is None


@pytest.mark.parametrize("change", [{"day": DAYS[1]}, {"entry": "AB" * 32}, {"path": ("x",)}, {"index": 0}])
def test_a_proof_with_anything_changed_does_not_hold(change: dict[str, object]) -> None:
    ledger = a_ledger()
    checkpoint = seals.read_checkpoint(ledger.seals[0].checkpoint)
    proof = seals.inclusion(ledger.seals[0], ledger.entries[0].hash)
    assert checkpoint is not None
    assert proof is not None
    values = {name: getattr(proof, name) for name in ("entry", "day", "index", "path")}

    assert not seals.holds(seals.Inclusion(**{**values, **change}), checkpoint)
