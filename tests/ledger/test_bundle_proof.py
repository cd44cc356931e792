"""One person's bundle proves itself, and every change of it is found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.ledger_proof import Bundle, StoredEntry, verify_bundle
from shared.domain.seal import inclusion
from tests.ledger.history import ADA, DAYS, EVE, TRUST, a_ledger, head_of

WORDING = "We send you news when you tick the box."
DIGEST = hashlib.sha256(WORDING.encode()).hexdigest()
SHOWN = "ab" * 32  # what the entries of the sample name


def a_bundle(chain: str = ADA) -> Bundle:
    ledger = a_ledger()
    entries = ledger.chain(chain)
    proofs = [inclusion(seal, entry.hash) for seal in ledger.seals for entry in entries]
    return Bundle(
        entries=tuple(entries),
        head=head_of(entries) if chain == ADA else None,
        notices={SHOWN: WORDING},
        checkpoints={seal.day: seal.checkpoint for seal in ledger.seals},
        proofs=tuple(proof for proof in proofs if proof),
        erasures=ledger.erasures,
    )


def codes(bundle: Bundle, digests: dict[str, str] | None = None) -> set[str]:
    found = verify_bundle(bundle, TRUST, digests or dict.fromkeys(bundle.notices, SHOWN))
    return {finding.code for finding in found}


def first_entry(bundle: Bundle, **changes: Any) -> Bundle:
    entry: StoredEntry = replace(bundle.entries[0], **changes)
    return replace(bundle, entries=(entry, *bundle.entries[1:]))


def first_proof(bundle: Bundle, **changes: Any) -> Bundle:
    return replace(bundle, proofs=(replace(bundle.proofs[0], **changes), *bundle.proofs[1:]))


def test_an_untouched_bundle_proves_itself() -> None:
    assert codes(a_bundle()) == set()


def test_a_bundle_proves_what_is_left_of_an_erased_person() -> None:
    assert codes(a_bundle(EVE)) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda bundle: first_entry(bundle, body="{}"), "BODY_MISMATCH"),
        (lambda bundle: first_entry(bundle, core="{}"), "NOT_CANONICAL"),
        (lambda bundle: replace(bundle, entries=bundle.entries[1:]), "SEALED_ENTRY_MISSING"),
        (lambda bundle: replace(bundle, entries=bundle.entries[:-1]), "HEAD_MISMATCH"),
        (lambda bundle: replace(bundle, head=None), "HEAD_MISMATCH"),
        (lambda bundle: replace(bundle, proofs=bundle.proofs[1:]), "UNSEALED_ENTRY"),
        (lambda bundle: first_proof(bundle, index=0), "SEALED_ENTRY_MISSING"),
        (lambda bundle: first_proof(bundle, day="2026-03-09"), "SEALED_ENTRY_MISSING"),
        (lambda bundle: replace(bundle, checkpoints={DAYS[0]: "nothing"}), "BAD_SIGNATURE"),
        (lambda bundle: replace(bundle, checkpoints={DAYS[1]: bundle.checkpoints[DAYS[0]]}), "BAD_SIGNATURE"),
        (lambda bundle: replace(bundle, notices={}), "NOTICE_MISMATCH"),
    ],
)
def test_a_changed_bundle_is_found_with_its_code(change: Callable[[Bundle], Bundle], code: str) -> None:
    assert code in codes(change(a_bundle()))


def test_a_changed_wording_is_found() -> None:
    assert codes(a_bundle(), {SHOWN: DIGEST}) == {"NOTICE_MISMATCH"}
