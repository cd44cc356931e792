from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.identity import canonical
from shared.domain.ledger_entry import LedgerEntry, append, commitment, entry_hash, first_head, kind_of

CHAIN = "00112233445566778899aabbccddeeff"
SALT = bytes(range(32))
BODY = {
    "channel": "email",
    "event_id": "e1",
    "purpose": "mkt_email",
    "status": "given",
    "ts": "2026-03-02T12:00:00.000Z",
}


def an_entry(**changes: object) -> LedgerEntry:
    arguments = {
        "head": first_head(CHAIN),
        "kind": "consent_given",
        "day": "2026-03-02",
        "notice": "ab" * 32,
        "rules": "2026.1",
        "body": BODY,
        "salt": SALT,
        **changes,
    }
    return append(**arguments)  # type: ignore[arg-type]  # the changes are the test's own


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        (["refused", "given", "not_counted", "pending"], "consent_given"),
        (["not_counted", "pending", "refused"], "notice_served"),
        (["refused", "not_counted"], "consent_invalidated"),
        (["refused", "refused"], "consent_refused"),
        ([], "basis_asserted"),
    ],
)
def test_only_a_tick_that_counts_makes_an_entry_a_consent(outcomes: list[str], kind: str) -> None:
    assert kind_of(outcomes) == kind


def test_the_genesis_hash_is_the_published_vector() -> None:
    assert first_head(CHAIN).hash == "e54b5cdd98b55007088d2d5ebbea3d98616869abfbaf84cdf32d2daa68bf01db"


def test_the_commitment_is_the_published_vector() -> None:
    assert (
        commitment(SALT, canonical(BODY).encode()) == "480bdb1815cacbd9baa884c64bf62659bd2a31d1f0fc3e7aea4a7ec92d06d076"
    )


def test_the_first_entry_is_the_published_vector() -> None:
    entry = an_entry()

    assert entry.hash == "8c4f4446d4b042ed1a2158c1b24fb27a70b6a9a8ae84b0dd456f17a27ad8219b"
    assert entry.seq == 1


def test_the_entry_hash_is_the_leaf_hash_of_rfc_6962() -> None:
    entry = an_entry()

    assert entry.hash == hashlib.sha256(b"\0" + entry.core).hexdigest() == entry_hash(entry.core)


def test_the_second_entry_names_the_first() -> None:
    first = an_entry()

    second = an_entry(head=first.head)

    core = json.loads(second.core)
    assert (core["seq"], core["prev"]) == (2, first.hash)


def test_the_core_holds_nothing_of_the_body() -> None:
    entry = an_entry(body={"identifiers": {"email": "ada@example.com"}})

    assert b"ada" not in entry.core
    assert b"ada@example.com" in entry.body


@pytest.mark.parametrize(
    "change",
    [{"day": "2026-03-03"}, {"rules": "2"}, {"notice": None}, {"kind": "consent_refused"}, {"salt": b"x" * 32}],
)
def test_any_change_of_what_was_said_changes_the_hash(change: dict[str, object]) -> None:
    assert an_entry(**change).hash != an_entry().hash


@given(
    st.dictionaries(
        st.text(st.characters(codec="ascii"), max_size=8),
        st.text(max_size=20) | st.integers() | st.booleans() | st.none(),
        max_size=6,
    )
)
def test_canonical_json_does_not_depend_on_the_order_of_members(value: dict[str, object]) -> None:
    backwards = dict(reversed(list(value.items())))

    assert canonical(backwards) == canonical(value)
    assert json.loads(canonical(value)) == value
