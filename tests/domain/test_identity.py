from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.identity import Keyring
from shared.domain.submission import ContactPoints
from tests.builders import ADA, KEYRING, a_submission

VECTOR_KEY = Keyring("k1", bytes(range(32)))


def test_the_suppression_hashes_are_the_published_vectors() -> None:
    marks = VECTOR_KEY.suppression_marks(ContactPoints("a@example.com", "+33612345678"))

    assert marks["email"] == ("k1#d0ab8e5765baa087bc145f573aee88c67e67c2b468db4375913dfd91d289e149",)
    assert marks["phone"] == ("k1#85304f629fa38aaf1f254f8ddb52baafccddfb28365d10b4ca253384a14ebe8e",)


def test_a_contact_point_that_was_not_given_has_no_suppression_hash() -> None:
    assert set(KEYRING.suppression_marks(ContactPoints(email="a@example.com"))) == {"email"}


def test_the_email_identifies_the_person_before_the_phone() -> None:
    both = KEYRING.person_key(ContactPoints("a@example.com", "+33612345678"))

    assert both == KEYRING.person_key(ContactPoints("a@example.com"))
    assert both != KEYRING.person_key(ContactPoints(phone="+33612345678"))


def test_another_key_makes_another_person_key() -> None:
    contact = ContactPoints("a@example.com")

    assert Keyring("k2", b"another").person_key(contact) != KEYRING.person_key(contact)


def test_the_same_key_on_another_form_is_another_submission() -> None:
    assert KEYRING.submission_key("demo-request", "k" * 16) != KEYRING.submission_key("newsletter", "k" * 16)


def test_parts_cannot_be_shifted_into_each_other() -> None:
    assert KEYRING.submission_key("a", "b") != KEYRING.submission_key("a\0b", "")


@pytest.mark.parametrize(
    "change",
    [
        {"fields": {**ADA, "company": "Other"}},
        {"ticked": ("mkt_email",)},
        {"fields": {**ADA, "email": "grace@example.com"}},
    ],
)
def test_what_the_person_said_changes_the_fingerprint(change: dict[str, object]) -> None:
    assert KEYRING.fingerprint(a_submission(**change)) != KEYRING.fingerprint(a_submission())


def test_counters_that_move_on_between_two_tries_do_not_change_the_fingerprint() -> None:
    later = replace(a_submission(), context={"time_on_page_s": 99})

    assert KEYRING.fingerprint(later) == KEYRING.fingerprint(a_submission())


def test_the_key_is_never_printed() -> None:
    assert "a key for tests" not in repr(KEYRING) + str(KEYRING)
