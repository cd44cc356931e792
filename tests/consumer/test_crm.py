"""Leads into HubSpot and Salesforce, against servers that answer as theirs do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from consumer import Later, Work
from consumer.crm import Caller, Refused
from consumer.hubspot import HubSpot
from consumer.salesforce import Salesforce
from shared.settings import compiled_agreement
from tests.consumer.tools import FakeHubSpot, FakeSalesforce, Tool, served

LEAD_ID = "a" * 32
CRM = compiled_agreement()["definitions"]["default"]["crm"]
ADA = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace", "company": "Example Engines"}
ADA |= {"job_title": "CTO", "phone": "+33123456789", "country": "FR", "message": "Secret words"}
OFFER = {
    "next_step": "Call",
    "cell": "A1",
    "score": 85,
    "explanation": [{"points": 45, "why": "decides"}, {"points": 40, "why": "asked for a demo"}],
    "sla": {"due_at": "2026-03-02T13:00:00.000Z"},
}


def work(person: dict[str, str], email: str = "yes", phone: str = "no", stage: str = "sales_qualified") -> Work:
    lead = {"person": person, "stage": stage, "permission": {"marketing": {"email": email, "phone": phone}}}
    return Work("1", "lead.sales_qualified", {"lead_id": LEAD_ID, "version": 1, **OFFER}, lead)


@pytest.fixture
def hubspot_tool() -> FakeHubSpot:
    return FakeHubSpot()


@pytest.fixture
def salesforce_tool() -> FakeSalesforce:
    return FakeSalesforce()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def hubspot(hubspot_tool: FakeHubSpot, pauses: list[float]) -> Iterator[HubSpot]:
    with served(hubspot_tool) as url:
        yield HubSpot(Caller(url, lambda: "a token", pauses.append), CRM["hubspot"], "7")


@pytest.fixture
def salesforce(salesforce_tool: FakeSalesforce, pauses: list[float]) -> Iterator[Salesforce]:
    with served(salesforce_tool) as url:
        yield Salesforce(Caller(url, lambda: "a token", pauses.append), CRM["salesforce"])


# ------------------------------------------------------------------ HubSpot


@pytest.mark.requirement("C85")
def test_a_contact_has_the_fields_that_the_definition_maps_and_why_to_call(
    hubspot: HubSpot, hubspot_tool: FakeHubSpot
) -> None:
    hubspot.keep(work(ADA))

    (contact,) = hubspot_tool.rows.values()
    assert contact == {
        "email": "ada@example.com",
        "firstname": "Ada",
        "lastname": "Lovelace",
        "company": "Example Engines",
        "jobtitle": "CTO",
        "phone": "+33123456789",
        "country": "FR",
        "leadgate_lead_id": LEAD_ID,
        "leadgate_next_step": "Call by 2026-03-02T13:00:00.000Z. A1, score 85: 45 decides; 40 asked for a demo.",
        "lifecyclestage": "salesqualifiedlead",
    }
    assert hubspot_tool.subscribed == {"ada@example.com": True}


@pytest.mark.parametrize("state", ["no", "after_doi"])
def test_whoever_did_not_allow_mails_is_unsubscribed(hubspot: HubSpot, hubspot_tool: FakeHubSpot, state: str) -> None:
    hubspot.keep(work(ADA))
    hubspot.keep(work(ADA, email=state))

    assert hubspot_tool.subscribed == {"ada@example.com": False}
    assert len(hubspot_tool.rows) == 1


def test_an_opt_out_that_was_made_in_hubspot_outranks_our_yes(hubspot: HubSpot, hubspot_tool: FakeHubSpot) -> None:
    hubspot_tool.opted_out.add("ada@example.com")

    hubspot.keep(work(ADA))

    assert hubspot_tool.subscribed == {}


def test_somebody_with_a_number_only_is_found_by_the_lead(hubspot: HubSpot, hubspot_tool: FakeHubSpot) -> None:
    for _ in range(2):
        hubspot.keep(work({"phone": "+33123456789"}))

    assert [row["leadgate_lead_id"] for row in hubspot_tool.rows.values()] == [LEAD_ID]


def test_an_erased_lead_is_deleted_for_good_and_no_address_is_needed(
    hubspot: HubSpot, hubspot_tool: FakeHubSpot
) -> None:
    hubspot.keep(work(ADA))

    for _ in range(2):
        hubspot.forget(LEAD_ID)

    assert hubspot_tool.rows == {}
    assert "/crm/v3/objects/contacts/gdpr-delete" in [path for _, path, _ in hubspot_tool.requests]


# ------------------------------------------------------------------ Salesforce


@pytest.mark.requirement("C85")
def test_a_lead_has_the_fields_that_the_definition_maps(
    salesforce: Salesforce, salesforce_tool: FakeSalesforce
) -> None:
    salesforce.keep(work(ADA, phone="yes"))

    assert salesforce_tool.rows[LEAD_ID] == {
        "Email": "ada@example.com",
        "FirstName": "Ada",
        "LastName": "Lovelace",
        "Company": "Example Engines",
        "Title": "CTO",
        "Phone": "+33123456789",
        "Country": "FR",
        "HasOptedOutOfEmail": False,
        "DoNotCall": False,
        "Description": "Call by 2026-03-02T13:00:00.000Z. A1, score 85: 45 decides; 40 asked for a demo.",
    }


@pytest.mark.parametrize("state", ["no", "after_doi"])
def test_no_consent_is_an_opt_out_as_salesforce_would_mail_otherwise(
    salesforce: Salesforce, salesforce_tool: FakeSalesforce, state: str
) -> None:
    salesforce.keep(work(ADA, email=state, phone=state))

    row = salesforce_tool.rows[LEAD_ID]
    assert (row["HasOptedOutOfEmail"], row["DoNotCall"]) == (True, True)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"email": "a@example.com"}, {"LastName": "[not given]", "Company": "[not given]"}),
        ({"name": "Ada King Lovelace"}, {"FirstName": "Ada King", "LastName": "Lovelace", "Company": "[not given]"}),
        ({"full_name": "Ada"}, {"LastName": "Ada", "Company": "[not given]"}),
        ({"name": " ", "company": "X"}, {"LastName": "[not given]", "Company": "X"}),
        ({"first_name": "Ada", "last_name": ""}, {"FirstName": "Ada", "LastName": "[not given]"}),
        ({"last_name": "L" * 200, "company": "C" * 300}, {"LastName": "L" * 80, "Company": "C" * 255}),
    ],
)
def test_a_missing_last_name_or_company_has_its_fallback_and_long_ones_are_cut(
    salesforce: Salesforce, salesforce_tool: FakeSalesforce, person: dict[str, str], expected: dict[str, str]
) -> None:
    salesforce.keep(work(person))

    assert expected.items() <= salesforce_tool.rows[LEAD_ID].items()


def test_an_erased_lead_leaves_salesforce(salesforce: Salesforce, salesforce_tool: FakeSalesforce) -> None:
    salesforce.keep(work(ADA))

    for _ in range(2):
        salesforce.forget(LEAD_ID)

    assert salesforce_tool.rows == {}


# ------------------------------------------------------------------ both


def test_no_url_names_a_person(
    hubspot: HubSpot, hubspot_tool: FakeHubSpot, salesforce: Salesforce, salesforce_tool: FakeSalesforce
) -> None:
    for sink in (hubspot, salesforce):
        sink.keep(work(ADA))
        sink.forget(LEAD_ID)

    told = json.dumps([path for tool in (hubspot_tool, salesforce_tool) for _, path, _ in tool.requests])
    assert not [word for word in ("ada", "lovelace", "example", "336", "331") if word in told.lower()]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_tool_that_is_busy_for_a_moment_is_asked_again(
    salesforce: Salesforce, salesforce_tool: FakeSalesforce, pauses: list[float], status: int
) -> None:
    salesforce_tool.first = [(status, {"Retry-After": "3"}, None), (status, {}, None)]

    salesforce.keep(work(ADA))

    assert pauses == [3, 2]
    assert LEAD_ID in salesforce_tool.rows


BUSY: list[tuple[list[tuple[int, dict[str, str], Any]], int]] = [
    ([(429, {"Retry-After": "600"}, None)], 600),
    ([(503, {}, None)] * 3, 30),
    ([(503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None)] * 3, 30),
    ([(403, {}, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}])], 3600),
    ([(429, {"Retry-After": "999999"}, None)], 43200),
]


@pytest.mark.parametrize(("first", "seconds"), BUSY)
def test_a_tool_that_stays_busy_gets_the_message_later(
    salesforce: Salesforce, salesforce_tool: FakeSalesforce, first: list[Any], seconds: int
) -> None:
    salesforce_tool.first = list(first)

    with pytest.raises(Later) as caught:
        salesforce.keep(work(ADA))

    assert caught.value.seconds == seconds
    assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ([{"errorCode": "CANNOT_UPDATE_CONVERTED_LEAD", "message": "ada@example.com"}], "CANNOT_UPDATE_CONVERTED_LEAD"),
        ({"category": "VALIDATION_ERROR", "message": "ada@example.com is wrong"}, "VALIDATION_ERROR"),
        ({"category": "ada@example.com"}, ""),
        ("ada@example.com", ""),
    ],
)
def test_a_refusal_is_told_by_its_code_and_never_in_the_tools_words(
    hubspot: HubSpot, hubspot_tool: Tool, answer: Any, code: str
) -> None:
    hubspot_tool.first = [(409, {}, answer)]

    with pytest.raises(Refused) as caught:
        hubspot.keep(work(ADA))

    assert str(caught.value) == f"the CRM refused: 409 {code}"


def test_a_forgetting_that_is_refused_is_not_taken_for_done(
    salesforce: Salesforce, salesforce_tool: FakeSalesforce, hubspot: HubSpot, hubspot_tool: FakeHubSpot
) -> None:
    hubspot_tool.first, salesforce_tool.first = [(403, {}, {})], [(400, {}, [])]

    for sink in (hubspot, salesforce):
        with pytest.raises(Refused):
            sink.forget(LEAD_ID)


def test_a_subscription_that_is_forbidden_is_not_taken_for_an_opt_out(hubspot: HubSpot, hubspot_tool: Tool) -> None:
    hubspot_tool.first = [(200, {}, {}), (403, {}, {"category": "MISSING_SCOPES"})]

    with pytest.raises(Refused, match="403 MISSING_SCOPES"):
        hubspot.keep(work(ADA))


def test_a_token_that_is_over_leaves_the_message_on_the_queue(salesforce_tool: FakeSalesforce) -> None:
    with served(salesforce_tool) as url, pytest.raises(Refused, match="401"):
        Salesforce(Caller(url, lambda: "an old token"), CRM["salesforce"]).keep(work(ADA))


def test_a_tool_that_is_away_gets_the_message_later() -> None:
    caller = Caller("http://127.0.0.1:9", lambda: "a token", lambda _: None)

    with pytest.raises(Later, match="busy: 503"):
        Salesforce(caller, CRM["salesforce"]).keep(work(ADA))


def test_a_refusal_of_which_half_came_is_a_refusal(hubspot: HubSpot, hubspot_tool: Tool) -> None:
    hubspot_tool.first = [(409, {"Content-Length": "100"}, {"category": "CONFLICT"})]

    with pytest.raises(Refused, match=r"^the CRM refused: 409 $"):
        hubspot.keep(work(ADA))


def test_a_tool_that_broke_off_its_answer_is_asked_again(
    hubspot: HubSpot, hubspot_tool: FakeHubSpot, pauses: list[float]
) -> None:
    hubspot_tool.first = [(200, {"Content-Length": "100"}, {})]

    hubspot.keep(work(ADA))

    assert pauses == [1.0]
    assert len(hubspot_tool.rows) == 1
