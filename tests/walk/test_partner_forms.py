"""Pages that post to HubSpot or Salesforce today, and form builders: over the real handler, onto the real tables."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from local.aws import TEST_SECRET
from shared.domain.errors import TryAgain
from tests.sources.platforms import vectors as v
from tests.sources.platforms.test_partner_forms import signed_typeform, signed_webflow
from tests.support.clouds import Cloud
from tests.walk.partner_doors import (
    BROWSER,
    BUILDER,
    HUBSPOT,
    JSON,
    KEY,
    LEAD,
    NEWS,
    PAGE,
    SECURE,
    SITE,
    TOKEN,
    WEB_TO_LEAD,
    Partners,
    a_page,
    open_door,
    said,
)


@pytest.fixture
def partners(moto_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Partners:
    return open_door(moto_cloud, monkeypatch)


# ------------------------------------------------------------------ HubSpot


def test_a_hubspot_page_is_answered_in_hubspots_words_and_becomes_a_lead(partners: Partners) -> None:
    reply = partners.hubspot()

    assert (reply["statusCode"], said(reply)) == (200, {"inlineMessage": "Thank you. We answer within a day."})
    assert reply["headers"]["Access-Control-Allow-Origin"] == SITE
    assert partners.lead()["profile"]["email"] == "ada@example.com"
    assert partners.lead()["profile"]["company"] == "Analytical Engines Ltd"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{SITE}.evil.example"])
def test_a_page_of_another_origin_is_heard_and_may_not_read_the_answer(partners: Partners, origin: str) -> None:
    reply = partners.hubspot(headers={"Origin": origin})

    assert (reply["statusCode"], len(partners.acts())) == (200, 1)
    assert "Access-Control-Allow-Origin" not in reply["headers"]
    assert reply["headers"]["Vary"] == "Origin"


def test_the_exact_wording_of_the_page_is_the_proof(partners: Partners) -> None:
    partners.hubspot()

    (box,) = partners.proof()["boxes"]
    assert (box["purpose"], box["checked"], box["outcome"], box["label"]) == ("mkt_email", True, "given", NEWS)
    assert "box_attested" in partners.proof()["origin"]["remarks"]
    notice = next(item for item in partners.items(partners.tables.notices))
    assert NEWS in json.dumps(notice)


@pytest.mark.parametrize("text", ["Another wording", NEWS + " ", NEWS.upper()])
def test_a_wording_that_nobody_agreed_permits_nothing(partners: Partners, text: str) -> None:
    page = a_page()
    page["legalConsentOptions"]["consent"]["communications"][0]["text"] = text

    reply = partners.hubspot(page)

    assert reply["statusCode"] == 200
    assert partners.proof()["boxes"] == []


def test_a_whole_address_of_thanks_is_told_as_hubspot_tells_it(
    partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = partners.door.AGREEMENT
    source = replace(agreement.sources["hubspot-demo"], thanks_url="https://www.example.com/thanks")
    changed = replace(agreement, sources={**agreement.sources, "hubspot-demo": source})
    monkeypatch.setattr(partners.door, "AGREEMENT", changed)

    assert said(partners.hubspot()) == {"redirectUri": "https://www.example.com/thanks"}


def test_a_double_click_is_one_lead_and_another_message_is_a_second_act(partners: Partners) -> None:
    first = partners.hubspot(submittedAt="1770000000000")
    again = partners.hubspot(submittedAt="1770000000999")
    assert len(partners.acts()) == 1

    partners.hubspot(a_page(fields=[*a_page()["fields"], {"name": "message", "value": "Any news?"}]))

    assert first["body"] == again["body"]
    assert len(partners.acts()) == 2


@pytest.mark.parametrize(
    ("changes", "error_type"),
    [
        ({"fields": []}, "REQUIRED_FIELD"),
        ({"fields": "x"}, "REQUIRED_FIELD"),
        ({"fields": [{"name": "email", "value": "ada@@example.com"}]}, "INVALID_EMAIL"),
        ({"fields": [{"name": "firstname", "value": "Ada"}]}, "REQUIRED_FIELD"),
        ({"fields": [{"name": "message", "value": "x" * 4001}]}, "INPUT_TOO_LARGE"),
        ({"fields": [{"name": "a", "value": "b"}] * 1001}, "MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED"),
        ({"legalConsentOptions": {"consent": {"consentToProcess": False, "text": "x"}}}, "MISSING_PROCESSING_CONSENT"),
        ({"legalConsentOptions": []}, "INVALID_LEGAL_OPTION_FORMAT"),
    ],
)
def test_what_hubspot_would_refuse_is_refused_with_its_error_type(
    partners: Partners, changes: dict[str, Any], error_type: str
) -> None:
    reply = partners.hubspot(**changes)

    assert reply["statusCode"] == 400
    assert said(reply)["status"] == "error"
    assert error_type in {one["errorType"] for one in said(reply)["errors"]}
    assert said(reply)["correlationId"] == "request-1"
    assert reply["headers"]["Access-Control-Allow-Origin"] == SITE
    assert partners.items() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"fields": [], "fields": []}',
        b'{"fields":[{"name":"email","name":"email","value":"ada@example.com"}]}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"fields":[{"name":"n","value":1e999}]}',
        b'{"fields":[{"name":"n","value":' + b"9" * 5000 + b"}]}",
        b"email=ada%40example.com",
        b"{" + b" " * 1_048_577 + b"}",
        '{"fields":[{"name":"email","value":"ada@example.com"}]}'.encode("utf-16"),
    ],
)
def test_no_bytes_are_too_odd_for_an_answer_of_hubspots_kind(partners: Partners, body: bytes) -> None:
    reply = partners.hubspot(body)

    assert reply["statusCode"] in (400, 413)
    assert said(reply).keys() == {"status", "message", "correlationId", "errors"}
    assert partners.items() == []


def test_a_huge_body_is_called_too_large_in_hubspots_words(partners: Partners) -> None:
    reply = partners.hubspot(b"{" + b" " * 1_048_577 + b"}")

    assert reply["statusCode"] == 413
    assert [one["errorType"] for one in said(reply)["errors"]] == ["INPUT_TOO_LARGE"]


@pytest.mark.parametrize(("number", "length"), [(999, 20), (250, 3900), (999, 900)])
def test_the_largest_posts_that_hubspot_takes_are_taken(partners: Partners, number: int, length: int) -> None:
    fields = [{"name": f"question {place} " + "é" * 50, "value": "ü" * (length // 2)} for place in range(number)]

    reply = partners.hubspot(a_page(fields=[{"name": "email", "value": "ada@example.com"}, *fields]))

    assert reply["statusCode"] == 200
    assert partners.lead()["profile"]["email"] == "ada@example.com"


@pytest.mark.parametrize(
    "odd", ["\ud800", "\x00", "\u202eevil", "\ufeff", "A\u0301" * 2000, "<script>alert(1)</script>", "=1+1"]
)
def test_odd_characters_lose_nobody(partners: Partners, odd: str) -> None:
    fields = [
        {"name": "email", "value": "ada@example.com"},
        {"name": "message", "value": odd},
        {"name": odd, "value": "x"},
    ]

    reply = partners.hubspot(json.dumps(a_page(fields=fields)).encode())

    assert reply["statusCode"] == 200
    assert "<script>" not in reply["body"]
    assert len(partners.acts()) == 1


def test_a_compressed_body_is_not_read(partners: Partners) -> None:
    reply = partners.hubspot(headers={"Content-Encoding": "gzip"})

    assert (reply["statusCode"], said(reply)["status"]) == (415, "error")


@pytest.mark.parametrize("names", [{**PAGE, "portalId": "1"}, {**PAGE, "formGuid": "another"}])
def test_a_form_that_nobody_knows_is_404_in_hubspots_words(partners: Partners, names: dict[str, str]) -> None:
    reply = partners.call(HUBSPOT, names, v.as_json(a_page()), {**JSON, "Origin": SITE})

    assert reply["statusCode"] == 404
    assert said(reply) == {"status": "error", "message": "resource not found", "correlationId": "request-1"}
    assert "Access-Control-Allow-Origin" not in reply["headers"]


def test_the_browsers_question_is_answered_for_agreed_sites_only(partners: Partners) -> None:
    ours = partners.call(HUBSPOT, PAGE, headers={"Origin": SITE}, method="OPTIONS")
    foreign = partners.call(HUBSPOT, PAGE, headers={"Origin": "https://evil.example"}, method="OPTIONS")
    null = partners.call(HUBSPOT, PAGE, headers={"Origin": "null"}, method="OPTIONS")
    secure = partners.call(SECURE, PAGE, headers={"Origin": SITE}, method="OPTIONS")

    assert [one["statusCode"] for one in (ours, foreign, null, secure)] == [204] * 4
    assert ours["headers"]["Access-Control-Allow-Origin"] == SITE
    for reply in (foreign, null, secure):
        assert "Access-Control-Allow-Origin" not in reply["headers"]
        assert reply["headers"]["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        ("Bearer another", 401),
        (TOKEN, 401),
        (f"Bearer {TOKEN} ", 401),
        (f"Basic {TOKEN}", 401),
        ("", 401),
        ([f"Bearer {TOKEN}", f"Bearer {TOKEN}"], 401),
        ([], 401),
    ],
)
def test_the_secure_route_wants_the_token(partners: Partners, authorization: Any, status: int) -> None:
    reply = partners.call(SECURE, PAGE, v.as_json(a_page()), {**JSON, "Authorization": authorization})

    assert reply["statusCode"] == status
    assert bool(partners.items()) is (status == 200)
    if status == 401:
        assert said(reply)["category"] == "INVALID_AUTHENTICATION"


def test_known_and_unknown_people_get_the_same_bytes(partners: Partners) -> None:
    stranger = partners.hubspot()
    other_page = a_page(fields=[{"name": "email", "value": "ada@example.com"}, {"name": "message", "value": "again"}])

    known = partners.hubspot(other_page)

    assert known == stranger


def test_a_store_that_is_away_is_said_in_hubspots_words(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partners.door, "capture", failing(TryAgain("dynamodb is out of reach")))

    reply = partners.hubspot()

    assert (reply["statusCode"], said(reply)["status"]) == (503, "error")
    assert reply["headers"]["Retry-After"]
    assert reply["headers"]["Access-Control-Allow-Origin"] == SITE


def failing(error: Exception) -> Any:
    def capture() -> Any:
        raise error

    return capture


@pytest.mark.parametrize("error", [ValueError("ada@example.com is odd"), KeyError("Lovelace")])
def test_whatever_breaks_behind_the_door_echoes_nobody(
    partners: Partners, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(partners.door, "capture", failing(error))

    replies = [partners.hubspot(), partners.web_to_lead({**BROWSER, "Accept": "*/*"}), cf7(partners)]

    assert [reply["statusCode"] for reply in replies] == [500] * 3
    for reply in replies:
        assert "ada@" not in reply["body"]
        assert "Lovelace" not in reply["body"]


# ------------------------------------------------------------------ Salesforce


def test_a_web_to_lead_page_sends_its_visitor_on_and_becomes_a_lead(partners: Partners) -> None:
    reply = partners.web_to_lead(retURL=f"{SITE}/thanks", description="Call me", news="1")

    assert (reply["statusCode"], reply["headers"]["Location"]) == (303, f"{SITE}/thanks")
    assert partners.lead()["profile"]["last_name"] == "Lovelace"
    (box,) = partners.proof()["boxes"]
    assert (box["purpose"], box["checked"], box["label"]) == ("mkt_email", True, NEWS)
    assert len(partners.acts()) == 1


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        f"{SITE}/thanks?email=ada@example.com",
        f"{SITE}/thanks/",
        f"{SITE}.evil.example/thanks",
        f"{SITE}@evil.example/thanks",
        "javascript:alert(1)",
        f"{SITE}/thanks\r\nSet-Cookie: a=b",
        "",
        "x" * 5000,
    ],
)
def test_no_page_leads_a_visitor_where_nobody_agreed(partners: Partners, target: str) -> None:
    reply = partners.web_to_lead(retURL=target)

    assert (reply["statusCode"], reply["headers"]["Location"]) == (303, "/thanks")
    assert "ada" not in json.dumps(reply)


def test_a_campaign_that_asks_for_a_demo_is_a_demo_request(partners: Partners) -> None:
    partners.web_to_lead(Campaign_ID="701000000000001")

    assert partners.proof()["action"] == "demo_request"


def test_a_page_in_another_charset_is_read_in_it(partners: Partners) -> None:
    body = urlencode({**LEAD, "last_name": "Jürgens"}, encoding="iso-8859-1").encode()

    partners.call(WEB_TO_LEAD, {}, body, BROWSER, query={"encoding": "ISO-8859-1"})

    assert partners.lead()["profile"]["last_name"] == "Jürgens"


def test_an_opt_out_outranks_a_tick(partners: Partners) -> None:
    partners.web_to_lead(emailOptOut="1", news="1")

    (box,) = partners.proof()["boxes"]
    assert (box["checked"], box["outcome"]) == (False, "refused")


@pytest.mark.parametrize(
    ("email", "location"),
    [("nobody", "/sorry?reason=no_contact_point"), ("", "/sorry?reason=no_contact_point")],
)
def test_where_salesforce_would_say_nothing_the_visitor_is_told(partners: Partners, email: str, location: str) -> None:
    reply = partners.web_to_lead(retURL=f"{SITE}/thanks", email=email)

    assert (reply["statusCode"], reply["headers"]["Location"]) == (303, location)
    assert partners.items() == []


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_a_script_is_told_with_the_status_what_a_browser_reads_on_the_sorry_page(
    partners: Partners, accept: str
) -> None:
    reply = partners.web_to_lead({**BROWSER, "Accept": accept}, email="nobody")

    assert (reply["statusCode"], said(reply)["reason"]) == (422, "no_contact_point")
    assert reply["headers"]["Content-Type"] == "application/problem+json"
    assert partners.items() == []


def test_a_script_that_asks_for_json_gets_the_receipt(partners: Partners) -> None:
    asked = {**BROWSER, "Accept": "application/json"}

    first, again = partners.web_to_lead(asked), partners.web_to_lead(asked)

    assert (first["statusCode"], again["statusCode"]) == (202, 200)
    assert said(again) == said(first)


def test_an_organisation_that_nobody_knows_is_told_to_the_visitor_too(partners: Partners) -> None:
    reply = partners.web_to_lead(oid="00D000000000009")
    script = partners.web_to_lead({**BROWSER, "Accept": "*/*"}, oid="00D000000000009")

    assert (reply["statusCode"], reply["headers"]["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert "nothing was sent" in reply["body"]
    assert said(script)["type"] == "urn:leadgate:problem:unknown_form"
    assert partners.items() == []


def test_debug_shows_what_was_recorded_and_nobody(partners: Partners) -> None:
    good = partners.web_to_lead(debug="1", debugEmail="dev@example.com")
    bad = partners.web_to_lead(debug="1", email="nobody")

    assert (good["statusCode"], said(good)["recorded"]["action"]) == (202, "contact_request")
    assert (bad["statusCode"], said(bad)["reason"]) == (422, "no_contact_point")
    for text in ("ada@example.com", "Lovelace", "dev@example.com"):
        assert text not in good["body"] + bad["body"]
    assert "dev@example.com" not in json.dumps(partners.items())


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"oid=00D000000000001&&", {}),
        (b"oid=00D000000000001&last_name=%ff", {}),
        (b"oid=00D000000000001&last_name=\xff", {}),
        (b"oid=00D000000000001&a", {}),
        (b"oid=00D000000000001" + b"&a=b" * 300, {}),
        (b"oid=00D000000000001&a=b", {"encoding": "UTF-7"}),
        (b"oid=00D000000000001&a=" + b"b" * 1_048_576, {}),
    ],
)
def test_no_bytes_are_too_odd_for_a_page_that_says_sorry(
    partners: Partners, body: bytes, query: dict[str, str]
) -> None:
    reply = partners.call(WEB_TO_LEAD, {}, body, BROWSER, query=query)

    assert reply["statusCode"] == 303
    assert reply["headers"]["Location"].startswith("/sorry?reason=")
    assert partners.items() == []


def test_a_web_to_lead_double_click_is_one_lead(partners: Partners) -> None:
    first, again = partners.web_to_lead(), partners.web_to_lead()

    assert first == again
    assert len(partners.acts()) == 1


# ------------------------------------------------------------------ form builders


def cf7(partners: Partners, **changes: Any) -> dict[str, Any]:
    body = {"your-name": "Ada Lovelace", "your-email": "ada@example.com", "accept-news": "1"} | changes
    return partners.builder("contact-form-7-demo", v.as_json(body), {"x-leadgate-key": KEY})


def webflow(partners: Partners, body: bytes = v.WEBFLOW_BODY) -> dict[str, Any]:
    stamp = str(int(partners.door.aws.now().timestamp() * 1000))
    headers = {"X-Webflow-Timestamp": stamp, "X-Webflow-Signature": signed_webflow(body, v.WEBFLOW_SECRET, stamp)}
    return partners.builder("webflow-demo", body, headers)


def typeform(partners: Partners, body: bytes = v.TYPEFORM_BODY) -> dict[str, Any]:
    return partners.builder("typeform-demo", body, {"Typeform-Signature": signed_typeform(body, v.TYPEFORM_SECRET)})


def elementor(partners: Partners) -> dict[str, Any]:
    body = {
        "form[id]": "1a2b",
        "fields[email][title]": "Your e-mail",
        "fields[email][value]": "ada@example.com",
        "fields[news][value]": "on",
        "meta[page_url][value]": f"{SITE}/contact",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "x-leadgate-key": KEY}
    return partners.call(BUILDER, {"source_id": "elementor-demo"}, urlencode(body).encode(), headers)


@pytest.mark.parametrize("builder", [cf7, webflow, typeform, elementor])
def test_every_builder_gets_200_and_its_lead_is_recorded_once(partners: Partners, builder: Any) -> None:
    first, again = builder(partners), builder(partners)

    assert (first["statusCode"], again["statusCode"]) == (200, 200)
    assert said(first) == said(again)
    assert partners.lead()["profile"]["email"] == "ada@example.com"
    assert len(partners.acts()) == 1


def test_ticks_of_builders_are_worth_what_the_file_attests(partners: Partners) -> None:
    cf7(partners)

    (box,) = partners.proof()["boxes"]
    assert (box["checked"], box["prechecked"], box["required"], box["label"]) == (True, False, False, NEWS)


def test_the_printed_typeform_delivery_is_let_in_and_its_forgeries_are_not(partners: Partners) -> None:
    reply = partners.builder("typeform-demo", v.TYPEFORM_BODY, {"Typeform-Signature": v.TYPEFORM_SIGNATURE})
    before = partners.items()

    changed = partners.builder("typeform-demo", v.TYPEFORM_BODY + b" ", {"Typeform-Signature": v.TYPEFORM_SIGNATURE})

    assert (reply["statusCode"], changed["statusCode"]) == (200, 401)
    assert partners.items() == before


def test_an_old_webflow_delivery_is_refused(partners: Partners) -> None:
    headers = {"X-Webflow-Timestamp": v.WEBFLOW_STAMP, "X-Webflow-Signature": v.WEBFLOW_SIGNATURE}

    assert partners.builder("webflow-demo", v.WEBFLOW_BODY, headers)["statusCode"] == 401


def forgeries(source_id: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Two hundred deliveries that prove nothing."""
    luck = random.Random(source_id)
    for number in range(200):
        body = v.TYPEFORM_BODY if source_id == "typeform-demo" else v.WEBFLOW_BODY
        secret = f"another secret {number}"
        stamp = str(int(1_770_000_000_000 + number))
        good = {
            "typeform-demo": {"Typeform-Signature": signed_typeform(body, secret)},
            "webflow-demo": {"X-Webflow-Timestamp": stamp, "X-Webflow-Signature": signed_webflow(body, secret, stamp)},
            "contact-form-7-demo": {"x-leadgate-key": secret},
            "elementor-demo": {"X-Leadgate-Key": secret},
        }[source_id]
        bent = {
            name: luck.choice([value, value[:-1], value.upper(), [value, value], "", "é", []])
            for name, value in good.items()
        }
        yield luck.choice([body, body[:-1], body + b"\n", b"", b"\xff" * 10]), bent


@pytest.mark.parametrize("source_id", ["typeform-demo", "webflow-demo", "contact-form-7-demo", "elementor-demo"])
def test_two_hundred_forgeries_are_401_and_leave_nothing(partners: Partners, source_id: str) -> None:
    statuses = [partners.builder(source_id, body, headers)["statusCode"] for body, headers in forgeries(source_id)]

    assert set(statuses) == {401}
    assert len(statuses) == 200
    assert partners.items() == []


def test_a_secret_in_the_address_opens_nothing_where_a_header_was_agreed(partners: Partners) -> None:
    reply = partners.builder("contact-form-7-demo", b"{}", {}, query={"key": KEY})

    assert reply["statusCode"] == 401


@pytest.mark.parametrize("source_id", ["nobody", "hubspot-demo", "linkedin-demo", "google-demo", ""])
def test_an_address_that_leads_to_no_builder_is_404(partners: Partners, source_id: str) -> None:
    assert partners.builder(source_id, b"{}", {"x-leadgate-key": KEY})["statusCode"] == 404


def test_who_waits_for_the_answer_gets_the_fault_and_who_would_only_try_again_gets_200(partners: Partners) -> None:
    nobody = v.as_json({"triggerType": "form_submission", "payload": {"id": "1", "data": {"First Name": "Ada"}}})

    visitor, machine = cf7(partners, **{"your-email": "nobody"}), webflow(partners, nobody)

    assert (visitor["statusCode"], said(visitor)["reason"]) == (422, "no_contact_point")
    assert (machine["statusCode"], said(machine)) == (200, {"recorded": False, "reason": "no_contact_point"})
    assert partners.items() == []


def test_a_delivery_that_proves_its_sender_and_cannot_be_read_is_refused_by_name(partners: Partners) -> None:
    reply = partners.builder("contact-form-7-demo", b"{", {"x-leadgate-key": KEY})

    assert (reply["statusCode"], said(reply)["type"]) == (400, "urn:leadgate:problem:malformed_body")


def test_a_changed_delivery_under_the_same_key_changes_nothing(partners: Partners) -> None:
    typeform(partners)
    before = partners.items()

    reply = typeform(partners, v.TYPEFORM_BODY.replace(b"ada@", b"eve@"))

    assert (reply["statusCode"], said(reply)) == (200, {"recorded": False, "reason": "key_reused"})
    assert partners.items() == before


def test_a_typeform_of_another_form_is_not_taken(partners: Partners) -> None:
    assert typeform(partners, v.TYPEFORM_BODY.replace(b"g8hcyeXS", b"another1"))["statusCode"] == 404
    assert partners.items() == []


# ------------------------------------------------------------------ trials and all of them


def test_a_trial_is_recorded_marked_and_never_sold(partners: Partners) -> None:
    fields = [{"name": name, "value": "Director"} for name in ("jobtitle", "company")]
    page = a_page(fields=[*a_page()["fields"], *fields, {"name": "numberofemployees", "value": "1000"}])

    reply = partners.hubspot(page, {"X-Leadgate-Test": TEST_SECRET})

    assert reply["statusCode"] == 200
    assert partners.lead()["is_test"] is True
    assert [message["type"] for message in partners.messages()] == ["test.sales_qualified"]


@pytest.mark.parametrize("shown", ["1", "", TEST_SECRET + "x"])
def test_a_stranger_cannot_hide_a_lead_from_sales_by_calling_it_a_test(partners: Partners, shown: str) -> None:
    reply = partners.hubspot(a_page(), {"X-Leadgate-Test": shown})

    assert reply["statusCode"] == 400
    assert partners.items(partners.tables.leads) == []


def test_without_the_mark_the_same_lead_is_sold(partners: Partners) -> None:
    fields = [{"name": name, "value": "Director"} for name in ("jobtitle", "company")]

    partners.hubspot(a_page(fields=[*a_page()["fields"], *fields, {"name": "numberofemployees", "value": "1000"}]))

    assert [message["type"] for message in partners.messages()] == ["lead.sales_qualified"]


@pytest.mark.parametrize(("resource", "names"), [(HUBSPOT, PAGE), (SECURE, PAGE), (WEB_TO_LEAD, {})])
def test_broken_wrapping_is_a_problem_and_no_traceback(
    partners: Partners, resource: str, names: dict[str, str]
) -> None:
    event = {"resource": resource, "httpMethod": "POST", "pathParameters": names, "body": "%%", "isBase64Encoded": True}

    reply = partners.door.handler(event, None)

    assert reply["statusCode"] == 400


def test_every_answer_carries_the_headers_of_the_house(partners: Partners) -> None:
    replies = [partners.hubspot(), partners.web_to_lead(), cf7(partners), partners.hubspot(b"{")]

    for reply in replies:
        assert reply["headers"]["Cache-Control"] == "no-store"
        assert reply["headers"]["X-Content-Type-Options"] == "nosniff"
        assert reply["headers"]["Vary"] == "Origin"


def test_no_secret_leaves_the_door_closed_and_asks_to_come_again(
    partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partners.door, "ADMIT", lambda *_: partners.door.Refused("no_secret"))

    assert cf7(partners)["statusCode"] == 503
    assert partners.call(SECURE, PAGE, v.as_json(a_page()), JSON)["statusCode"] == 503
    assert partners.items() == []


def test_builders_learn_nothing_of_who_is_known(partners: Partners) -> None:
    stranger = said(cf7(partners))

    known = said(cf7(partners, **{"your-message": "again"}))

    assert {**known, "receipt_id": ""} == {**stranger, "receipt_id": ""}
    assert len(partners.acts()) == 2


def test_no_person_and_no_secret_is_logged(
    partners: Partners, ears: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    for odd in ("1", "nobody"):
        partners.hubspot(a_page(fields=[{"name": "email", "value": f"ada@example.com{odd}"}]))
        partners.web_to_lead(email=f"ada{odd}@example.com", debug=odd, debugEmail="ada@example.com")
        cf7(partners, **{"your-email": f"ada{odd}"})
    for deliver in (cf7, webflow, typeform, elementor):
        deliver(partners)
    partners.builder("contact-form-7-demo", b"{}", {"x-leadgate-key": "canary-secret"}, query={"key": KEY})
    partners.call(SECURE, PAGE, b"{}", {**JSON, "Authorization": f"Bearer {TOKEN}x"})
    heard = ears.getvalue() + "".join(capfd.readouterr())
    assert '"message":"sender_refused"' in heard.replace(": ", ":")
    for word in ("ada", "Lovelace", "canary-secret", KEY, TOKEN, v.TYPEFORM_SECRET, v.WEBFLOW_SECRET):
        assert word.lower() not in heard.lower(), word


def test_the_address_of_the_page_is_kept(partners: Partners) -> None:
    elementor(partners)

    assert f"{SITE}/contact" in json.dumps(partners.acts())
