"""HubSpot's Forms API v3 as a drop-in: the body in our words, the errors in HubSpot's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.errors import Fault, RejectedInput
from shared.domain.submission import ContactPoints
from shared.sources.hubspot import ERRORS, error_body, read_lead
from shared.sources.platform_lead import PlatformLead
from tests.sources.builders import rejection
from tests.sources.platforms.vectors import as_json, hubspot_body


def read(**changes: Any) -> PlatformLead:
    members = {name: value for name, value in (hubspot_body() | changes).items() if value is not None}
    return read_lead(as_json(members), "62515", "4cc27218-cc38-4ab3-8b4a-0a5d0d6a5f2a", "site")


def faults(**changes: Any) -> set[tuple[str, str]]:
    code, found = rejection(read, **changes)
    assert code == "invalid_submission"
    return found


def consent(**changes: Any) -> dict[str, Any]:
    valid: dict[str, Any] = hubspot_body()["legalConsentOptions"]["consent"]
    return {"consent": {name: value for name, value in (valid | changes).items() if value is not None}}


def offer(**changes: Any) -> dict[str, Any]:
    return {"value": True, "subscriptionTypeId": 999, "text": "News"} | changes


def test_a_submission_is_read() -> None:
    lead = read()

    assert lead.fields == {"email": "ada@example.com", "first_name": "Ada", "company": "Analytical Engines Ltd"}
    assert lead.contact == ContactPoints("ada@example.com")
    assert (lead.platform, lead.key, lead.is_test) == ("hubspot", None, False)
    assert lead.form_id == "62515/4cc27218-cc38-4ab3-8b4a-0a5d0d6a5f2a"
    assert lead.submitted_at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)
    assert lead.tracking == {"page_url": "https://www.example.com/demo", "page_name": "Demo", "hutk": "abc"}


def test_one_entry_per_value_is_one_answer_of_several_values() -> None:
    topics = next(one for one in read().answers if one.question == "topics")

    assert topics.values == ("score", "consent")


def test_a_property_of_the_company_is_not_one_of_the_person() -> None:
    fields = [{"objectTypeId": "0-2", "name": "phone", "value": "1"}, {"objectTypeId": 7, "name": "x", "value": "2"}]

    assert [(one.question, one.field) for one in read(fields=fields).answers] == [("0-2/phone", ""), ("7/x", "")]


def test_every_offer_is_recorded_with_its_text_and_its_answer() -> None:
    consents = read().consents

    assert [(one.consent_id, one.checked, one.wording) for one in consents] == [
        ("processing", True, "We may store what you sent."),
        ("999", True, "News by e-mail"),
        ("777", False, "Calls"),
    ]
    assert all(one.as_box()["pre"] and one.as_box()["req"] for one in consents)


def test_a_legitimate_interest_is_no_consent() -> None:
    interest = {"value": True, "subscriptionTypeId": 5, "legalBasis": "CUSTOMER", "text": "You are our customer."}

    lead = read(legalConsentOptions={"legitimateInterest": interest})

    assert lead.consents == ()
    assert lead.notice.wording == "You are our customer."
    assert lead.hidden == {
        "legitimate_interest_value": "true",
        "legitimate_interest_subscriptionTypeId": "5",
        "legitimate_interest_legalBasis": "CUSTOMER",
    }


def test_without_legal_options_there_is_no_consent() -> None:
    assert read(legalConsentOptions=None).consents == ()


@pytest.mark.parametrize("fields", [None, [], {}, "x"])
def test_fields_are_needed(fields: Any) -> None:
    assert faults(fields=fields) == {("/fields", "required")}


def test_a_thousand_fields_are_read_and_one_more_is_not() -> None:
    many = [{"name": f"f{n}", "value": "x"} for n in range(1001)]

    assert len(read(fields=many[:1000]).answers) == 1000
    assert faults(fields=many) == {("/fields", "too_many_fields")}


@pytest.mark.parametrize(
    "one", ["x", {}, {"name": " "}, {"name": 7}, {"name": "a", "value": []}, {"name": "a", "value": {}}]
)
def test_a_field_has_a_name_and_one_value(one: Any) -> None:
    assert faults(fields=[{"name": "firstname", "value": "Ada"}, one]) == {("/fields/1", "field_shape")}


@pytest.mark.parametrize(("value", "text"), [("x", "x"), (7, "7"), (1.5, "1.5"), (True, "true")])
def test_values_are_texts_numbers_or_booleans(value: Any, text: str) -> None:
    assert read(fields=[{"name": "a", "value": value}]).answers[0].values == (text,)


@pytest.mark.parametrize("value", [None, "", " "])
def test_an_empty_value_is_no_answer(value: Any) -> None:
    assert read(fields=[{"name": "email", "value": value}]).answers == ()


@pytest.mark.parametrize("value", ["nobody", "a@b", 7])
def test_a_wrong_address_is_told(value: Any) -> None:
    assert faults(fields=[{"name": "email", "value": value}]) == {("/fields/0", "invalid_email")}


@pytest.mark.parametrize("one", [{"name": "a", "value": "x" * 4001}, {"name": "x" * 4001, "value": "a"}])
def test_what_is_too_long_is_told(one: dict[str, str]) -> None:
    assert faults(fields=[one]) == {("/fields/0", "too_long")}


@pytest.mark.parametrize(
    ("context", "fault"),
    [
        ({"pageUri": 5}, ("/context/pageUri", "page_uri")),
        ({"pageUri": ["https://www.example.com"]}, ("/context/pageUri", "page_uri")),
        ({"hutk": {}}, ("/context/hutk", "visitor_token")),
        ({"ipAddress": "999.1.1.1"}, ("/context/ipAddress", "ip_address")),
        ({"ipAddress": "localhost"}, ("/context/ipAddress", "ip_address")),
        ({"ipAddress": 3405803777}, ("/context/ipAddress", "ip_address")),
    ],
)
def test_a_context_that_hubspot_would_not_take_is_told(context: dict[str, Any], fault: tuple[str, str]) -> None:
    assert faults(context=context) == {fault}


@pytest.mark.parametrize("address", ["203.0.113.1", " 203.0.113.1 ", "2001:db8::1", "", None])
def test_an_address_of_the_visitor_is_kept_as_what_the_page_claims(address: str | None) -> None:
    claimed = read(context={"ipAddress": address}).tracking.get("claimed_ip", "")

    assert claimed.strip() == (address or "").strip()


@pytest.mark.parametrize("context", [None, "x", [], {}, {"pageUri": None, "hutk": ""}, {"pageUri": "no address"}])
def test_a_context_that_is_missing_or_badly_written_loses_nobody(context: Any) -> None:
    assert read(context=context).fields["email"] == "ada@example.com"


HERE = "/legalConsentOptions/consent"


@pytest.mark.parametrize(
    ("legal", "fault"),
    [
        ([], ("/legalConsentOptions", "legal_shape")),
        ({"consent": "yes"}, ("/legalConsentOptions", "legal_shape")),
        ({"legitimateInterest": []}, ("/legalConsentOptions", "legal_shape")),
        ({"legitimateInterest": {"value": True}}, ("/legalConsentOptions/legitimateInterest/text", "no_interest_text")),
        (consent(consentToProcess=False), (f"{HERE}/consentToProcess", "no_processing_consent")),
        (consent(consentToProcess="true"), (f"{HERE}/consentToProcess", "no_processing_consent")),
        (consent(text=" "), (f"{HERE}/text", "no_processing_text")),
        (consent(communications={}), (f"{HERE}/communications", "legal_shape")),
        (consent(communications=["x"]), (f"{HERE}/communications", "legal_shape")),
        (consent(communications=[offer(value="true")]), (f"{HERE}/communications", "legal_shape")),
        (consent(communications=[offer(subscriptionTypeId=None)]), (f"{HERE}/communications", "legal_shape")),
        (consent(communications=[offer(text="")]), (f"{HERE}/communications", "no_communication_text")),
        (consent(communications=[offer(), offer(value=False)]), (f"{HERE}/communications", "duplicate_subscription")),
    ],
)
def test_odd_legal_options_are_told(legal: Any, fault: tuple[str, str]) -> None:
    assert faults(legalConsentOptions=legal) == {fault}


def test_a_consent_to_process_without_offers_is_enough() -> None:
    assert [one.consent_id for one in read(legalConsentOptions=consent(communications=None)).consents] == ["processing"]


def test_errors_are_told_in_hubspots_words() -> None:
    refused = RejectedInput("invalid_submission", Fault("/fields/0", "invalid_email"), Fault("/fields", "other"))

    assert error_body(refused, "0190b6a1") == {
        "status": "error",
        "message": "The request is not valid",
        "correlationId": "0190b6a1",
        "errors": [{"message": "The value of 'email' is not an e-mail address.", "errorType": "INVALID_EMAIL"}],
    }


def test_every_fault_has_an_error_type_of_hubspots() -> None:
    known = {
        "MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED",
        "INVALID_EMAIL",
        "REQUIRED_FIELD",
        "INPUT_TOO_LARGE",
        "INVALID_METADATA",
        "INVALID_PAGE_URI",
        "INVALID_HUTK",
        "INVALID_IP_ADDRESS",
        "INVALID_LEGAL_OPTION_FORMAT",
        "MISSING_PROCESSING_CONSENT",
        "MISSING_PROCESSING_CONSENT_TEXT",
        "MISSING_COMMUNICATION_CONSENT_TEXT",
        "MISSING_LEGITIMATE_INTEREST_TEXT",
        "DUPLICATE_SUBSCRIPTION_TYPE_ID",
    }

    assert {error_type for error_type, _ in ERRORS.values()} == known
