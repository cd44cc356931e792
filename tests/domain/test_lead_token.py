from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import lead_token
from shared.domain.identity import Keyring, canonical
from shared.domain.lead import instant
from shared.domain.lead_token import LeadToken
from tests.builders import KEYRING, NOON

PERSON = "0123456789abcdef0123456789abcdef"
RECEIPT = "f0" * 16
ISSUED = instant(NOON)


def a_token(keyring: Keyring = KEYRING, receipt_id: str = RECEIPT, person: str = PERSON) -> str:
    return lead_token.text_of(keyring, receipt_id, person, ISSUED)


def test_a_token_says_to_us_whom_it_is_about_and_since_when() -> None:
    assert lead_token.read(KEYRING, a_token(), NOON) == LeadToken(PERSON, ISSUED)


def test_a_token_is_as_long_for_everybody_and_shows_nothing_of_the_person() -> None:
    tokens = [a_token(receipt_id=f"{n:032x}", person=person) for n in range(8) for person in (PERSON, "f" * 32)]

    assert {len(token) for token in tokens} == {72}
    assert not any(bytes.fromhex(PERSON) in base64.urlsafe_b64decode(token) for token in tokens)


def test_two_tokens_of_one_person_cannot_be_told_from_tokens_of_two_people() -> None:
    one, other = (base64.urlsafe_b64decode(a_token(receipt_id=f"{n:032x}"))[16:] for n in (1, 2))

    assert sum(a == b for a, b in zip(one, other, strict=True)) < 8


def test_the_same_receipt_gives_the_same_token_again() -> None:
    assert a_token() == a_token()


@given(place=st.integers(0, 53), flip=st.integers(1, 255))
def test_a_token_with_one_changed_byte_is_nobodys(place: int, flip: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(a_token()))
    raw[place] ^= flip

    assert lead_token.read(KEYRING, base64.urlsafe_b64encode(raw).decode(), NOON) is None


@pytest.mark.parametrize("text", ["", "x", "A" * 71, "A" * 72, "A" * 73, "ä" * 72, a_token() + "\n", "=" * 72])
def test_what_we_never_issued_is_nobodys(text: str) -> None:
    assert lead_token.read(KEYRING, text, NOON) is None


def test_a_link_from_a_mail_is_no_token() -> None:
    assert lead_token.read(KEYRING, KEYRING.link("preferences", PERSON) + "AAAAAAAA", NOON) is None


def test_a_token_ends_after_a_week_to_the_millisecond() -> None:
    week = timedelta(days=7)

    assert lead_token.read(KEYRING, a_token(), NOON + week - timedelta(milliseconds=1)) is not None
    assert lead_token.read(KEYRING, a_token(), NOON + week) is None


def test_a_token_outlives_the_key_that_it_was_made_with_and_no_other_key_opens_it() -> None:
    renewed = Keyring("k2", b"the next key", ((KEYRING.kid, KEYRING.key),))

    assert lead_token.read(renewed, a_token(), NOON) == LeadToken(PERSON, ISSUED)
    assert lead_token.read(Keyring("k3", b"another house"), a_token(), NOON) is None


def test_a_receipt_that_promises_a_token_gets_it_and_no_other() -> None:
    promised = canonical({"receipt_id": RECEIPT, "engagement": {"url": "../../engagement"}})
    silent = canonical({"receipt_id": RECEIPT})

    completed = json.loads(lead_token.completed(promised, json.loads(promised), KEYRING, PERSON, ISSUED))

    assert completed["engagement"] == {"url": "../../engagement", "token": a_token()}
    assert lead_token.completed(silent, json.loads(silent), KEYRING, PERSON, ISSUED) == silent
