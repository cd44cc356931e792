"""Google Ads lead forms: the key taken out, and the lead with whatever columns it has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.submission import ContactPoints
from shared.sources.google import Unlocked, read_lead, unlock
from shared.sources.platform_lead import PlatformLead
from tests.sources.builders import rejection
from tests.sources.platforms.vectors import GOOGLE_BODY, GOOGLE_KEY, as_json


def unlocked(body: bytes = GOOGLE_BODY) -> Unlocked:
    opened = unlock(body, [GOOGLE_KEY])
    assert isinstance(opened, Unlocked)
    return opened


def read(government_ids: bool = False, **changes: Any) -> PlatformLead:
    members = dict(unlocked().members) | changes
    return read_lead({name: value for name, value in members.items() if value is not None}, "acme", government_ids)


def test_the_key_is_gone_before_anybody_reads() -> None:
    opened = unlocked()

    assert GOOGLE_KEY.encode() not in opened.body
    assert GOOGLE_KEY not in repr(opened)
    assert GOOGLE_KEY not in repr(read_lead(opened.members, "acme"))
    assert opened.secret == 0


def test_what_may_be_kept_says_the_same_without_the_key() -> None:
    opened = unlocked()

    assert unlock(opened.body[:-1] + b',"google_key":"gads-test-key-0001"}', [GOOGLE_KEY]) == opened


def test_during_rotation_the_old_key_opens_too() -> None:
    opened = unlock(GOOGLE_BODY, ["gads-test-key-0002", GOOGLE_KEY])

    assert isinstance(opened, Unlocked)
    assert opened.secret == 1


def test_a_lead_is_read() -> None:
    lead = read()

    assert lead.fields == {
        "full_name": "Ada Lovelace",
        "email": "ada@example.com",
        "phone": "+4915112345678",
        "company": "Analytical Engines Ltd",
        "company_size": "11-50",
    }
    assert lead.contact == ContactPoints("ada@example.com", "+4915112345678")
    assert lead.key == "ga#Cj0KCQjwit_8BRCoARIsAIx3Rj7g-TEST-0001"
    assert lead.form_id == "40000000000"
    assert lead.submitted_at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)
    assert lead.tracking == {"gclid": "Cj0KCQjwit_8BRCoARIsAIx3Rj7g-TEST-0001", "campaign_id": "123456"}
    assert (lead.consents, lead.remarks) == ((), ())


@pytest.mark.parametrize(
    ("mark", "is_test"), [(True, True), ("true", True), (1, True), (False, False), ("false", False), (None, False)]
)
def test_whatever_is_not_plainly_real_is_a_test(mark: Any, is_test: bool) -> None:
    assert read(is_test=mark).is_test is is_test


def test_unknown_columns_are_kept_as_answers() -> None:
    columns = [
        {"column_id": "PRODUCT", "column_name": "¿Qué producto?", "string_value": "Señales"},
        {"column_name": "Your own question?", "string_value": "Yes"},
        {"string_value": "no name at all"},
        {"column_id": "PHONE_NUMBER_VERIFIED", "string_value": True},
        {"column_id": "EMPTY", "string_value": " "},
        "not a column",
    ]

    lead = read(user_column_data=columns)

    assert [(one.question, one.field, one.label, one.values) for one in lead.answers] == [
        ("PRODUCT", "", "¿Qué producto?", ("Señales",)),
        ("Your own question?", "", "Your own question?", ("Yes",)),
        ("column_2", "", "", ("no name at all",)),
        ("PHONE_NUMBER_VERIFIED", "", "", ("true",)),
    ]


@pytest.mark.parametrize("kind", ["CPF_BR", "DNI_AR", "DNI_PE", "RUT_CL", "CC_CO", "CI_EC", "RFC_MX", "OF_TOMORROW"])
def test_government_ids_are_refused_unless_they_are_allowed(kind: str) -> None:
    columns = [{"column_id": f"GOVERNMENT_ISSUED_ID_{kind}", "string_value": "11144477735"}]

    assert "11144477735" not in repr(read(user_column_data=columns))
    assert read(user_column_data=columns).remarks == ("government_id_refused",)
    assert read(True, user_column_data=columns).answers[0].values == ("11144477735",)


def test_ids_may_be_texts_or_numbers_of_64_bits_and_0_is_none() -> None:
    lead = read(form_id="9223372036854775807", campaign_id=9223372036854775807, asset_group_id=7, adgroup_id="0")

    assert lead.form_id == "9223372036854775807"
    assert lead.tracking["campaign_id"] == "9223372036854775807"
    assert lead.tracking["asset_group_id"] == "7"
    assert "adgroup_id" not in lead.tracking


@pytest.mark.parametrize("lead_id", [None, "", 7, "a b", "é", "a\n", "x" * 513])
def test_a_lead_without_its_id_is_unreadable(lead_id: Any) -> None:
    assert rejection(read, lead_id=lead_id) == ("unreadable_lead", {("/lead_id", "bad_id")})


def test_an_unreadable_time_loses_no_lead() -> None:
    lead = read(lead_submit_time="yesterday")

    assert (lead.submitted_at, lead.remarks) == (None, ("unreadable_time",))
    assert read(lead_submit_time=None).remarks == ()


def test_no_columns_are_no_answers() -> None:
    assert read(user_column_data=None).answers == ()


def test_half_an_emoji_loses_no_lead() -> None:
    opened = unlocked(
        rb'{"google_key":"gads-test-key-0001","lead_id":"1","user_column_data":[{"column_name":"Q","string_value":"ab\ud83d"}]}'
    )

    assert read_lead(opened.members, "acme").answers[0].values == ("ab\ufffd",)
    assert opened.body.decode("utf-8")


def test_a_member_that_we_do_not_know_is_left_alone() -> None:
    assert read(tomorrow={"a": [1]}) == read()


def test_as_json_keeps_what_people_wrote() -> None:
    opened = unlocked(as_json({"google_key": GOOGLE_KEY, "lead_id": "1", "note": "Señales"}))

    assert opened.body == '{"lead_id":"1","note":"Señales"}'.encode()
