"""The one value for all platforms, and the field map behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.submission import ContactPoints
from shared.sources import field_map
from shared.sources.platform_lead import (
    PlatformLead,
    answer,
    from_iso,
    from_milliseconds,
    in_order,
    named_texts,
    readable,
    texts,
)


def a_lead(**fields: str) -> PlatformLead:
    answers = tuple(answer(name, name, "", [text]) for name, text in fields.items())
    return PlatformLead("linkedin", "acme", "1", "li#1", "7", "1", None, False, answers)


def test_of_two_answers_to_the_same_the_first_counts() -> None:
    answers = tuple(answer(str(n), "email", "", [f"a{n}@example.com"]) for n in range(2))

    assert PlatformLead("google", "", "", None, "", "", None, False, answers).fields == {"email": "a0@example.com"}


def test_the_work_address_stands_in_for_a_missing_or_wrong_one() -> None:
    assert a_lead(work_email="Ada@Example.com").contact == ContactPoints("ada@example.com")
    assert a_lead(email="?", work_email="ada@example.com").contact == ContactPoints("ada@example.com")
    assert a_lead(email="ada@example.com", work_email="w@example.com").contact == ContactPoints("ada@example.com")


def test_a_national_number_is_read_in_the_country_that_the_person_named() -> None:
    assert a_lead(phone="020 7946 0958", country="UK").contact.phone == "+442079460958"
    assert a_lead(phone="020 7946 0958").contact.phone is None
    assert a_lead(phone="?", work_phone="+442079460958").contact.phone == "+442079460958"


@pytest.mark.parametrize(("named", "country"), [("MX", "MX"), ("de", "DE"), ("México", None)])
def test_only_a_code_is_a_country(named: str, country: str | None) -> None:
    assert a_lead(country=named).country == country


def test_a_kelvin_sign_is_not_folded_into_another_mailbox() -> None:
    lead = a_lead(email="\u212aate@example.com")

    assert lead.fields["email"] == "\u212aate@example.com"
    assert lead.contact.email is None


def test_full_names_are_not_split() -> None:
    assert a_lead(full_name="Ada King, Countess of Lovelace").fields == {"full_name": "Ada King, Countess of Lovelace"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" Ingeniería ", "Ingeniería"),
        ("a\r\nb", "a\nb"),
        ("a\x00b\u202ec", "a b c"),
        ("e\u0301", "e\u0301"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("\ud800", ""),
        ("x" * 4001, "x" * 4000),
        ("\u0958" * 4000, "\u0958" * 4000),
    ],
)
def test_texts_are_kept_as_given_but_for_what_would_mislead(given: str, kept: str) -> None:
    assert readable(given) == kept


def test_a_cut_answer_says_so() -> None:
    assert answer("q", "", "", ["x" * 4001]).cut
    assert not answer("q", "", "", ["x" * 4000 + " "]).cut


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("a", ["a"]),
        (7, ["7"]),
        (1.5, ["1.5"]),
        (False, ["false"]),
        (None, []),
        ({"a": 1}, []),
        (["a", [1, None]], ["a", "1"]),
    ],
)
def test_scalars_have_texts(value: Any, read: list[str]) -> None:
    assert texts(value) == read


def test_names_without_text_are_left_out() -> None:
    assert named_texts([("a", "1"), ("b", ""), ("", "2"), ("c", None)]) == {"a": "1"}


def test_remarks_are_made_once() -> None:
    assert in_order(["b", "a", "b"]) == ("b", "a")


@pytest.mark.parametrize("value", [1770000000000, "1770000000000"])
def test_milliseconds_are_a_moment(value: Any) -> None:
    assert from_milliseconds(value) == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, 0, -1, True, 1.5, "", "-1", "１", "9" * 16, 10**30, 253_402_300_800_000, []])
def test_other_values_are_no_moment(value: Any) -> None:
    assert from_milliseconds(value) is None


def test_the_last_millisecond_is_a_moment() -> None:
    assert from_milliseconds(253_402_300_799_999) == datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2026-02-02T02:40:00Z", "2026-02-02T02:40:00+0000", "2026-02-02T03:40:00+01:00"])
def test_iso_texts_with_a_zone_are_a_moment(value: str) -> None:
    assert from_iso(value) == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, 7, "", "2026-02-02T02:40:00", "x", "0001-01-01T00:00:00+23:59"])
def test_other_texts_are_no_moment(value: Any) -> None:
    assert from_iso(value) is None


def test_the_field_map_names_every_field_once_per_platform() -> None:
    assert all(len(row) == len(field_map.COLUMNS) for row in field_map.ROWS)
    for place in range(len(field_map.COLUMNS)):
        names = [row[place] for row in field_map.ROWS if row[place]]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("column", "theirs", "ours"),
    [
        (field_map.LINKEDIN, "WORK_PHONE_NUMBER", "work_phone"),
        (field_map.META, "PHONE", "phone"),
        (field_map.META_KEYS, "phone_number", "phone"),
        (field_map.GOOGLE, "WORK_PHONE", "work_phone"),
        (field_map.HUBSPOT, "numberofemployees", "company_size"),
        (field_map.WEB_TO_LEAD, "title", "job_title"),
    ],
)
def test_the_field_map_leads_to_our_names(column: dict[str, str], theirs: str, ours: str) -> None:
    assert column[theirs] == ours
    assert ours in field_map.CANONICAL
