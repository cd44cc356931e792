from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.builders import ADA
from tests.support.events import a_post, an_event
from tests.walk.conftest import Walk, body

DEMO = {"fields": ADA, "consents": {"mkt_email": True}}
KEY = "0123456789abcdef"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BROWSER = {**FORM, "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def post(walk: Walk, content: object = DEMO, form_id: str = "demo-request", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return walk.call("receive_form", a_post(content, form_id, named))


@pytest.mark.requirement("C43", "C35a")
def test_a_demo_request_becomes_one_message_that_sales_can_act_on(walk: Walk) -> None:
    reply = post(walk)
    walk.relay()

    messages = walk.messages()

    assert reply["statusCode"] == 202
    assert len(messages) == 1
    assert (messages[0]["type"], messages[0]["data"]["score"]) == ("lead.sales_qualified", 85)
    lead = walk.call(
        "show_lead", an_event("/v1/leads/x", "/v1/leads/{lead_id}", {"lead_id": messages[0]["subject"]}, "GET")
    )
    assert body(lead)["person"]["email"] == "ada@example.com"
    assert body(lead)["explanation"] == messages[0]["data"]["explanation"]


def test_the_same_lead_posting_again_yields_a_higher_version_and_no_second_message(walk: Walk) -> None:
    post(walk)
    post(walk, {"fields": {**ADA, "message": "Any news?"}})
    walk.relay()

    messages = walk.messages()

    leads = [item for item in walk.items(walk.tables.leads) if item["sk"]["S"] == "LEAD"]
    assert (len(messages), len(leads), leads[0]["version"]["N"]) == (1, 1, "2")


@pytest.mark.requirement("F03")
def test_a_replay_gets_the_first_answer_and_changes_no_byte(walk: Walk) -> None:
    first = post(walk, Idempotency_Key=KEY)
    before = walk.everything()

    again = post(walk, Idempotency_Key=KEY)

    assert (again["statusCode"], again["body"], again["headers"]["Idempotency-Replayed"]) == (
        200,
        first["body"],
        "true",
    )
    assert walk.everything() == before


def test_a_key_in_the_body_is_as_good_as_one_in_the_header(walk: Walk) -> None:
    post(walk, Idempotency_Key=KEY)

    assert post(walk, {**DEMO, "submission_id": KEY})["statusCode"] == 200


def test_a_key_used_for_somebody_else_is_refused(walk: Walk) -> None:
    post(walk, {**DEMO, "submission_id": KEY})
    before = walk.everything()

    reply = post(walk, {"fields": {**ADA, "email": "grace@example.com"}, "submission_id": KEY})

    assert (reply["statusCode"], body(reply)["type"]) == (422, "urn:leadgate:problem:key_reused")
    assert walk.everything() == before


def test_a_stream_that_is_off_is_made_good_by_the_sweeper(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    post(walk)
    deliver = walk.doors["sweep"].deliver()
    later = replace(deliver, clock=lambda: deliver.clock() + timedelta(minutes=2))
    monkeypatch.setattr(walk.doors["sweep"], "deliver", lambda: later)

    walk.call("sweep", {})
    walk.relay()

    assert len(walk.messages()) == 1


def test_a_duplicate_stream_batch_sends_nothing_twice(walk: Walk) -> None:
    post(walk)
    walk.relay()
    walk.read.clear()
    walk.relay()

    assert len(walk.messages()) == 1


@pytest.mark.parametrize(
    ("form_id", "content", "reason"),
    [
        ("demo-request", {"fields": {}, "context": {"page_url": "https://www.example.com/"}}, "no_qualifying_action"),
        ("demo-request", {"fields": {"company": "Example Engines"}}, "no_contact_point"),
        ("newsletter", {"fields": {"email": "ada@example.com", "country": "FR"}}, "no_permission"),
    ],
)
@pytest.mark.requirement("C7a", "C8", "C7c")
def test_who_is_no_lead_is_told_why_and_leaves_no_trace(walk: Walk, form_id: str, content: object, reason: str) -> None:
    before = walk.everything()

    reply = post(walk, content, form_id)

    assert (reply["statusCode"], body(reply)["reason"]) == (422, reason)
    assert walk.everything() == before


def test_the_answer_to_a_known_person_is_the_answer_to_a_stranger(walk: Walk) -> None:
    stranger = body(post(walk, {"fields": {**ADA, "email": "grace@example.com"}}))
    post(walk, {"fields": ADA, "consents": {"mkt_email": True}})
    known = body(post(walk, {"fields": ADA}))

    assert len(json.dumps(known)) == len(json.dumps(stranger))
    assert {**known, "receipt_id": ""} == {**stranger, "receipt_id": ""}


def test_a_form_without_script_is_sent_on_to_the_page_that_its_file_names(walk: Walk) -> None:
    content = urlencode({**ADA, "consent_mkt_email": "on", "utm_source": "https://evil.example"}).encode()

    reply = post(walk, content, **{"Content-Type": FORM["Content-Type"], "Accept": BROWSER["Accept"]})

    assert (reply["statusCode"], reply["headers"]["Location"]) == (303, "/thanks")
    walk.relay()
    assert len(walk.messages()) == 1


def test_a_flat_form_of_a_script_gets_json(walk: Walk) -> None:
    reply = post(walk, urlencode(ADA).encode(), **{"Content-Type": FORM["Content-Type"], "Accept": "application/json"})

    assert reply["statusCode"] == 202


def test_a_refused_form_in_a_browser_is_sent_to_the_page_that_explains(walk: Walk) -> None:
    reply = post(walk, b"company=x", **{"Content-Type": FORM["Content-Type"], "Accept": BROWSER["Accept"]})

    assert (reply["statusCode"], reply["headers"]["Location"]) == (303, "/sorry?reason=no_contact_point")


def test_a_multipart_form_is_read(walk: Walk) -> None:
    part = "--b\r\nContent-Disposition: form-data; name={}\r\n\r\n{}\r\n"
    content = "".join(part.format(f'"{name}"', value) for name, value in ADA.items()) + "--b--\r\n"

    reply = post(
        walk, content.encode(), **{"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"}
    )

    assert reply["statusCode"] == 202


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"\xff\xfe", {}, 400),
        (b'{"fields": {"email": "a@example.com", "email": "b@example.com"}}', {}, 400),
        (b'{"fields": NaN}', {}, 400),
        (b"[" * 50_000, {}, 400),
        (b" " * (64 * 1024 + 1), {}, 413),
        (b"<x/>", {"Content-Type": "text/xml"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        ({"fields": {**ADA, "email": "no"}}, {}, 422),
        ({"fields": {**ADA, "score": "100"}}, {}, 422),
        ({"fields": ADA, "context": {"mouse_path": [[1, 2]]}}, {}, 422),
        ({"fields": ADA, "consents": {"mkt_pigeon": True}}, {}, 422),
        ({"fields": ADA}, {"Idempotency-Key": "short"}, 400),
        ({"fields": ADA, "notice": "website-privacy@99"}, {}, 422),
    ],
)
@pytest.mark.requirement("F01", "N14")
def test_bad_input_is_a_problem_that_names_the_place_and_echoes_nothing(
    walk: Walk, content: object, headers: dict[str, str], status: int
) -> None:
    before = walk.everything()

    reply = walk.call("receive_form", a_post(content, headers=headers))

    assert reply["statusCode"] == status
    assert reply["headers"]["Content-Type"] == "application/problem+json"
    assert body(reply)["errors"] or status == 413
    assert "example.com" not in reply["body"]
    assert walk.everything() == before


def test_broken_base64_from_the_gateway_is_a_bad_request(walk: Walk) -> None:
    event = {**a_post(DEMO), "body": "%%%"}

    assert walk.call("receive_form", event)["statusCode"] == 400


def test_an_unknown_form_looks_like_a_disabled_one(walk: Walk) -> None:
    reply = post(walk, DEMO, "no-such-form")

    assert (reply["statusCode"], body(reply)["type"]) == (404, "urn:leadgate:problem:unknown_form")


@pytest.mark.parametrize("door", ["receive_form", "show_form"])
def test_a_method_that_is_not_offered_is_refused(walk: Walk, door: str) -> None:
    reply = walk.call(door, a_post(DEMO, method="DELETE"))

    assert (reply["statusCode"], "OPTIONS" in reply["headers"]["Allow"]) == (405, True)


@pytest.mark.parametrize("content", [DEMO, {"fields": {}}, b"broken"])
def test_a_listed_origin_may_read_answers_and_errors(walk: Walk, content: object) -> None:
    reply = post(walk, content, Origin="https://www.example.com")

    assert (reply["headers"]["Access-Control-Allow-Origin"], reply["headers"]["Vary"]) == (
        "https://www.example.com",
        "Origin",
    )


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://www.example.com.evil.example", "http://www.example.com"]
)
def test_another_origin_is_heard_and_never_reflected(walk: Walk, origin: str) -> None:
    reply = post(walk, DEMO, Origin=origin)

    assert reply["statusCode"] == 202
    assert "Access-Control-Allow-Origin" not in reply["headers"]
    assert reply["headers"]["Vary"] == "Origin"


def test_a_preflight_names_what_is_allowed(walk: Walk) -> None:
    reply = walk.call("receive_form", a_post(b"", headers={"Origin": "https://www.example.com"}, method="OPTIONS"))

    assert reply["statusCode"] == 204
    assert "Idempotency-Key" in reply["headers"]["Access-Control-Allow-Headers"]


def test_the_form_view_gives_the_exact_labels_and_wording(walk: Walk) -> None:
    reply = walk.call(
        "show_form", an_event("/v1/forms/newsletter", "/v1/forms/{form_id}", {"form_id": "newsletter"}, "GET")
    )

    view = body(reply)
    assert [box["purpose"] for box in view["boxes"]] == ["mkt_email", "profiling"]
    assert len(view["notice"]["sha256"]) == 64


def test_every_answer_carries_the_headers_that_protect_it(walk: Walk) -> None:
    replies = [post(walk), post(walk, b"broken"), post(walk, DEMO, "no-such-form")]

    for reply in replies:
        assert reply["headers"]["X-Content-Type-Options"] == "nosniff"
        assert reply["headers"]["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("sent", "seen", "applied"),
    [("1", True, True), ("0", True, False), ("0, 1", True, True), ("01", True, False), (None, False, False)],
)
def test_global_privacy_control_is_honoured_and_reported(
    walk: Walk, sent: str | None, seen: bool, applied: bool
) -> None:
    headers = {"SEC-gpc": sent} if sent else {}

    reply = walk.call("receive_form", a_post(DEMO, headers=headers))

    assert body(reply)["privacy"]["gpc"] == {"seen": seen, "applied": applied}


@pytest.mark.parametrize(("secret", "outcome"), [("the edge", ["confirm_by_email"]), ("a guess", []), (None, [])])
def test_the_edges_country_counts_only_through_the_trusted_edge(
    walk: Walk, secret: str | None, outcome: list[str]
) -> None:
    headers = {"CloudFront-Viewer-Country": "DE", **({"X-Edge-Secret": secret} if secret else {})}

    reply = walk.call("receive_form", a_post(DEMO, headers=headers))

    assert [step["what"] for step in body(reply)["to_do"]] == outcome


@pytest.mark.parametrize("lead_id", ["f" * 32, "", "../../etc", "x" * 5000])
def test_a_lead_that_is_not_there_is_not_found(walk: Walk, lead_id: str) -> None:
    reply = walk.call("show_lead", an_event("/v1/leads/x", "/v1/leads/{lead_id}", {"lead_id": lead_id}, "GET"))

    assert reply["statusCode"] == 404
