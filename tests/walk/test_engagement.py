"""Events after the form, walked end to end: real handlers, tables from the template, moto as the cloud."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.support.events import JSON, a_post, an_event
from tests.walk.conftest import Walk, body, lead

SENIOR = {"email": "ada@example.com", "job_title": "Senior Engineer", "country": "FR"}
ALLOWED = {"profiling": True}
ORIGIN = "https://www.example.com"
READ = {"content": "trends-report", "time_on_page_s": 95, "scroll_depth_pct": 90}
NOBODYS = [
    "A" * 72,
    "x",
    "é" * 72,
    "A" * 72 + "\n",
    "../../etc/passwd",
    "' OR 1=1 --",
    "A" * 256,
]


def post_form(walk: Walk, consents: dict[str, bool], fields: dict[str, str] = SENIOR, **more: Any) -> dict[str, Any]:
    return body(walk.call("receive_form", a_post({"fields": fields, "consents": consents, **more})))


def token_of(walk: Walk, **more: Any) -> str:
    return str(post_form(walk, ALLOWED, **more)["engagement"]["token"])


def report(walk: Walk, content: object, method: str = "POST", **headers: str) -> dict[str, Any]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    given = {**JSON, "Origin": ORIGIN, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return walk.call("receive_events", an_event("/v1/engagement", "/v1/engagement", {}, method, raw, given))


def view(walk: Walk, token: str, *kinds: str, start: int = 1, context: Any = None) -> dict[str, Any]:
    events = [
        {"event_id": f"{number:016d}", "kind": kind, "context": READ if context is None else context}
        for number, kind in enumerate(kinds, start)
    ]
    return report(walk, {"token": token, "events": events})


def tell(walk: Walk, **said: Any) -> dict[str, Any]:
    event = {"event_id": "server-event-00001", "kind": "email_click", **said}
    return walk.call(
        "receive_events", an_event("/v1/events", "/v1/events", {}, "POST", json.dumps(event).encode(), JSON)
    )


def events(walk: Walk) -> list[str]:
    return [item["sk"]["S"] for item in walk.items(walk.tables.leads) if item["sk"]["S"].startswith("EVT#")]


def kinds(steps: Iterable[dict[str, Any]]) -> list[str]:
    return [step["stage"] for step in steps]


@pytest.mark.requirement("C9")
@pytest.mark.requirement("B20")
def test_what_she_reads_after_the_form_qualifies_her_first_for_marketing_then_for_sales(walk: Walk) -> None:
    receipt = post_form(walk, ALLOWED)
    token = receipt["engagement"]["token"]
    at_first = lead(walk)

    for number in (1, 2, 3):
        reply = view(walk, token, "content_view", start=number)
        assert (reply["statusCode"], body(reply)) == (202, {"received": 1})
    read = lead(walk)
    view(walk, token, "pricing_view", start=4, context={})
    walk.relay()

    assert kinds(at_first["history"]) == ["lead"]
    assert kinds(read["history"]) == ["lead", "marketing_qualified"]
    assert (at_first["score"], read["score"]) == (55, 70)
    assert kinds(lead(walk)["history"]) == ["lead", "marketing_qualified", "sales_qualified"]
    (message,) = walk.messages()
    assert (message["type"], message["data"]["score"]) == ("lead.sales_qualified", 75)
    assert len(walk.items(walk.tables.ledger)) == 1


def test_the_address_in_the_receipt_leads_to_the_door(walk: Walk) -> None:
    url = post_form(walk, ALLOWED)["engagement"]["url"]

    for root in ("https://api.example.com", "https://api.example.com/dev"):
        assert urljoin(f"{root}/v1/forms/demo-request/submissions", url) == f"{root}/v1/engagement"


def test_the_same_event_counts_once_however_often_it_comes(walk: Walk) -> None:
    token = token_of(walk)
    first = view(walk, token, "content_view")
    before = walk.everything()

    again = view(walk, token, "content_view")

    assert again == first
    assert walk.everything() == before


@pytest.mark.requirement("N10")
def test_who_did_not_tick_gets_no_token_and_nothing_of_hers_is_kept(walk: Walk) -> None:
    receipt = post_form(walk, {"mkt_email": True})
    before = walk.everything()

    reply = tell(walk, email=SENIOR["email"], context={"content": "trends-report"})

    assert "engagement" not in receipt
    assert body(reply) == {"recorded": False, "reason": "no_permission"}
    assert walk.everything() == before


@pytest.mark.requirement("C7a")
def test_visits_alone_make_nobody_a_lead(walk: Walk) -> None:
    before = walk.everything()

    for number in range(1, 101):
        view(walk, "A" * 72, "content_view", start=number)
        tell(walk, email=f"visitor{number}@example.com", event_id=f"server-event-{number:05d}")

    assert walk.everything() == before


@pytest.mark.parametrize("token", NOBODYS)
def test_a_token_that_is_nobodys_is_answered_like_hers(walk: Walk, token: str) -> None:
    hers = view(walk, token_of(walk), "content_view")
    before = walk.everything()

    assert view(walk, token, "content_view") == hers
    assert walk.everything() == before


def test_a_withdrawal_on_the_preference_page_ends_it_at_once(walk: Walk) -> None:
    token = token_of(walk)
    answered = view(walk, token, "content_view")
    link = walk.doors["permission_pages"].permissions().keyring.link("preferences", lead(walk)["lead_id"])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    path, save = "/v1/preferences/{token}", b"act=save"
    walk.call("permission_pages", an_event(f"/v1/preferences/{link}", path, {"token": link}, "POST", save, form))
    assert lead(walk)["permission"]["channels"]["profiling"]["status"] == "withdrawn"
    before = walk.everything()

    assert view(walk, token, "pricing_view", start=2) == answered
    assert body(tell(walk, email=SENIOR["email"])) == {"recorded": False, "reason": "no_permission"}
    assert walk.everything() == before


def test_an_erasure_ends_it_at_once(walk: Walk) -> None:
    token = token_of(walk)
    answered = view(walk, token, "content_view")
    named = {"email": SENIOR["email"], "reason": "art17"}
    erased = an_event("/v1/erasures", "/v1/erasures", {}, "POST", json.dumps(named).encode(), JSON)
    assert walk.call("erase", erased)["statusCode"] < 300
    before = walk.everything()

    assert view(walk, token, "content_view", start=2) == answered
    assert events(walk) == []
    assert walk.everything() == before


def test_a_stranger_learns_nothing_from_a_receipt(walk: Walk) -> None:
    """The same request about somebody whom we know, somebody who refused us, and nobody."""
    post_form(walk, {"mkt_email": True}, {**SENIOR, "email": "known@example.com"})
    receipts = [
        post_form(walk, ALLOWED, {**SENIOR, "email": f"{who}@example.com"}, submission_id="0123456789abcdef" + who)
        for who in ("known", "nobody")
    ]

    shapes = [{name: len(json.dumps(value)) for name, value in receipt.items()} for receipt in receipts]
    assert shapes[0] == shapes[1]
    assert receipts[0]["engagement"].keys() == {"url", "token"}


@pytest.mark.requirement("C73")
@pytest.mark.parametrize(
    "context",
    [{"mouse_path": [[1, 2], [3, 4]]}, {"x": 10, "y": 20}, {"scroll_depth_pct": [10, 50, 90]}, {"clicks": {"a": 1}}],
)
def test_a_raw_trace_is_refused_and_not_kept(walk: Walk, context: Any) -> None:
    token = token_of(walk)
    before = walk.everything()

    reply = view(walk, token, "content_view", context=context)

    assert reply["statusCode"] == 422
    assert {error["code"] for error in body(reply)["errors"]} <= {"raw_trace", "unknown_member"}
    assert walk.everything() == before


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 413),
        (b"[" * 10_000, 400),
        (b'{"token": "x", "token": "y", "events": []}', 400),
        ({"token": "x", "events": [{}] * 21}, 422),
        ({"token": "x"}, 422),
        ({"token": 5, "events": [{"event_id": "0123456789abcdef", "kind": "content_view"}]}, 422),
        ({"token": "x", "events": [{"event_id": "0123456789abcdef", "kind": "demo_request"}]}, 422),
        ({"token": "x", "events": [{"event_id": "0123456789abcdef", "kind": "sales_conversation"}]}, 422),
        ({"token": "x", "lead_id": "ab" * 16, "events": []}, 422),
    ],
)
def test_a_hostile_page_is_refused_without_an_echo(walk: Walk, content: object, status: int) -> None:
    before = walk.everything()

    reply = report(walk, content)

    assert reply["statusCode"] == status
    assert body(reply)["type"].startswith("urn:leadgate:problem:")
    assert reply["headers"]["Access-Control-Allow-Origin"] == ORIGIN
    assert walk.everything() == before


def test_only_the_pages_of_our_forms_may_read_the_answer(walk: Walk) -> None:
    ours = report(walk, b"", "OPTIONS")
    theirs = report(walk, b"", "OPTIONS", Origin="https://evil.example.net")
    server = tell(walk, email="nobody@example.com")

    assert (ours["statusCode"], ours["headers"]["Access-Control-Allow-Origin"]) == (204, ORIGIN)
    assert "Access-Control-Allow-Origin" not in theirs["headers"]
    assert "Access-Control-Allow-Origin" not in server["headers"]
    assert "Access-Control-Allow-Credentials" not in ours["headers"]


def test_a_server_tells_of_a_conversation_and_sales_sees_its_answers(walk: Walk) -> None:
    post_form(walk, {})
    lead_id = lead(walk)["lead_id"]

    said = tell(walk, lead_id=lead_id, kind="sales_conversation", fields={"budget": "50k"})
    again = tell(walk, lead_id=lead_id, kind="sales_conversation", fields={"budget": "50k"})
    unknown = tell(walk, lead_id="0" * 32)

    assert (body(said), body(again)) == ({"recorded": True}, {"recorded": True})
    assert body(unknown) == {"recorded": False, "reason": "unknown_lead"}
    assert lead(walk)["profile"]["budget"] == "50k"
    assert len(events(walk)) == 2


def test_a_server_is_told_what_is_wrong_with_its_event(walk: Walk) -> None:
    reply = tell(walk, email="nobody@example.com", kind="email_sent", at="yesterday")

    assert reply["statusCode"] == 422
    assert {(error["pointer"], error["code"]) for error in body(reply)["errors"]} == {
        ("/kind", "unknown_kind"),
        ("/at", "not_an_instant"),
    }


def test_neither_token_nor_reading_gets_into_a_log(walk: Walk, capfd: pytest.CaptureFixture[str]) -> None:
    token = token_of(walk)
    view(walk, token, "content_view", context={**READ, "page_url": f"{ORIGIN}/blog/canary?email=ada@example.com"})
    view(walk, token, "content_view", "oops")
    tell(walk, email="canary.zebra@example.com")
    walk.relay()

    said = "".join(capfd.readouterr())

    assert "Report" in said
    assert not [mark for mark in (token, token[:40], "canary", "ada@example.com", "trends-report") if mark in said]
    assert base64.b64encode(b"canary.zebra").decode()[:12] not in said
    assert "?email" not in walk.everything()


def test_events_are_not_counted_as_submissions(walk: Walk, capfd: pytest.CaptureFixture[str]) -> None:
    view(walk, token_of(walk), "content_view", "pricing_view")
    capfd.readouterr()
    walk.relay()

    counted = capfd.readouterr().out

    assert counted.count('"SubmissionRecorded":[1') + counted.count('"SubmissionRecorded": [1') == 1
    assert counted.count('"ReportRecorded":[1') + counted.count('"ReportRecorded": [1') == 2
