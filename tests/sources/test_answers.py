"""The visitor's answers: each field by its kind, each fault at its field."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.submission import ContactPoints
from tests.sources.builders import a_field, a_form, answers, read, rejection


def refused(**changes: Any) -> set[tuple[str, str]]:
    code, faults = rejection(read, answers(**changes))
    assert code == "invalid_submission"
    return faults


def test_answers_are_kept_clean_and_in_the_forms_order() -> None:
    given = answers(message=" Hi\r\nthere ", first_name="  Ada ", email=" Ada@Example.com", country="uk")

    assert list(read(given).fields.items()) == [
        ("email", "ada@example.com"),
        ("first_name", "Ada"),
        ("company", "Example Ltd"),
        ("country", "GB"),
        ("message", "Hi\nthere"),
    ]


@pytest.mark.parametrize("nothing", ["", "   ", None])
def test_empty_answers_are_left_out(nothing: str | None) -> None:
    given = answers() | {"first_name": nothing, "phone": nothing, "company_size": nothing, "message": nothing}

    assert read(given).fields == answers()


def test_the_contact_points_are_in_their_identity_form() -> None:
    submission = read(answers(email="ADA@example.com", phone="020 7946 0958", country="GB"))

    assert submission.contact == ContactPoints("ada@example.com", "+442079460958")
    assert submission.fields["phone"] == "+442079460958"


def test_the_country_may_stand_behind_the_phone_number() -> None:
    form = a_form(fields=(a_field("phone", "phone"), a_field("country", "country")))

    assert read({"phone": "020 7946 0958", "country": " uk "}, form=form).contact.phone == "+442079460958"


def test_an_extension_stands_beside_its_number() -> None:
    assert read(answers(phone="+1 212 555 0100 x42")).fields["phone_ext"] == "42"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("email", "ada", "invalid_email"),
        ("email", "ada@\u212aelvin.com", "invalid_email"),
        ("email", "\u212aada@example.com", "invalid_email"),
        ("email", "ada@example.com\n", "forbidden_character"),
        ("email", "ada\u200e@example.com", "forbidden_character"),
        ("email", "a" * 255, "too_long"),
        ("phone", "12", "invalid_phone"),
        ("phone", "020 7946 0958", "invalid_phone"),
        ("country", "XX", "unknown_country"),
        ("country", "Germany", "too_long"),
        ("industry", "Software", "unknown_choice"),
        ("industry", "mining", "unknown_choice"),
        ("first_name", "A\nda", "forbidden_character"),
        ("first_name", "A\x00da", "forbidden_character"),
        ("message", "\x0b", "forbidden_character"),
        ("first_name", 7, "not_text"),
        ("first_name", True, "not_text"),
        ("first_name", ["Ada"], "not_text"),
        ("first_name", {"a": "Ada"}, "not_text"),
        ("company_size", True, "not_text"),
        ("company_size", 2.5, "not_text"),
        ("company_size", -5, "invalid_size"),
        ("company_size", "many", "invalid_size"),
        ("company_size", "200-51", "invalid_size"),
        ("company_size", "1234567890", "invalid_size"),
        ("company_size", "٢٥٠", "invalid_size"),
        ("company_size", "1" * 41, "too_long"),
    ],
)
def test_a_bad_answer_is_named_at_its_field(name: str, value: Any, code: str) -> None:
    assert refused(**{name: value}) == {(f"/fields/{name}", code)}


@pytest.mark.parametrize(("name", "limit"), [("first_name", 200), ("company", 200), ("message", 4000)])
def test_answers_are_as_long_as_their_field_allows(name: str, limit: int) -> None:
    assert len(read(answers(**{name: "a" * (limit - 1)})).fields[name]) == limit - 1
    assert len(read(answers(**{name: "a" * limit})).fields[name]) == limit
    assert refused(**{name: "a" * (limit + 1)}) == {(f"/fields/{name}", "too_long")}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("51-200", "51-200"),
        ("1001+", "1001+"),
        (250, "250"),
        ("250", "250"),
        ("51 – 200", "51-200"),
        ("20-30", "20-30"),
        ("7-7", "7-7"),
        ("1000 +", "1000+"),
        ("999999999", "999999999"),
    ],
)
def test_a_size_is_a_choice_a_number_or_a_range(value: Any, size: str) -> None:
    assert read(answers(company_size=value)).fields["company_size"] == size


def test_a_size_longer_than_forty_characters_is_refused_even_where_the_form_allows_more() -> None:
    form = a_form(fields=(a_field("company_size", "size"),))

    assert rejection(read, {"company_size": "1" * 41}, form=form)[1] == {("/fields/company_size", "invalid_size")}


def test_a_choice_is_one_of_the_forms_own() -> None:
    assert read(answers(industry="steel & glass")).fields["industry"] == "steel & glass"


def test_an_unknown_field_is_refused_without_repeating_its_name() -> None:
    assert refused(**{"ada@example.com": "x", "nickname": "x"}) == {("/fields", "unknown_member")}


def test_all_faults_come_at_once() -> None:
    assert refused(email="ada", country="XX", company="") == {
        ("/fields/email", "invalid_email"),
        ("/fields/country", "unknown_country"),
        ("/fields/company", "required"),
    }


def test_a_missing_required_answer_is_named() -> None:
    assert refused(company=None) == {("/fields/company", "required")}


def test_a_required_answer_that_is_wrong_is_not_also_missing() -> None:
    assert refused(company="a" * 201) == {("/fields/company", "too_long")}


@pytest.mark.parametrize("given", [{}, {"first_name": "Ada"}, {"email": "", "phone": None}, {"company": "Example"}])
def test_without_a_contact_point_the_domain_decides(given: dict[str, Any]) -> None:
    assert read(given).contact == ContactPoints()


def test_a_phone_number_may_stand_in_for_a_required_email_until_the_domain_decides() -> None:
    assert read(answers(email=None, phone="+442079460958")).contact == ContactPoints(None, "+442079460958")
