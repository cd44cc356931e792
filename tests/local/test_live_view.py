"""The story in the terminal: complete, aligned, without colours where there is no terminal, without people."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.gateway import Exchange, HttpReply, HttpRequest
from local.live_view import (
    Entry,
    Paint,
    answer_lines,
    consent_lines,
    exchange_lines,
    message_lines,
    message_text,
    paint_for,
    report_lines,
    score_lines,
)
from local.template import Route
from shared.domain.scoring import Line
from shared.web import problems

PLAIN = Paint()
CHAIN = "0c34dfd1" + "0" * 24
MESSAGE: Mapping[str, Any] = {
    "id": "aa.sales_qualified.1",
    "type": "lead.sales_qualified",
    "data": {
        "lead_id": "a" * 32,
        "version": 3,
        "score": 95,
        "cell": "A1",
        "explanation": [{"rule": "direct-inquiry", "points": 40}],
        "definition": "2026.1",
        "intent_events": [{"kind": "demo_request"}],
        "permission": {"reply": True, "marketing": {"email": "after_doi", "phone": "no"}},
        "next_step": "Call",
        "sla": {"respond_within_minutes": 60, "band": "A"},
    },
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def an_exchange(status: int, body: str = "", headers: Mapping[str, str] | None = None, **more: Any) -> Exchange:
    reply = HttpReply(status, tuple((headers or {}).items()), body.encode())
    request = more.get("request", HttpRequest("POST", "/v1/forms/demo-request/submissions"))
    return Exchange(request, reply, more.get("route"), tuple(more.get("log", ())), 7)


def told(exchange: Exchange) -> list[str]:
    return list(exchange_lines(exchange, "10:00:00", PLAIN))


def a_line(points: int, worth: int, limit: str | None = None) -> Line:
    return Line("read-to-the-end", "interest", "behaviour", points, worth, 1, "read most of the page", limit)


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [
        (202, {}, "202 accepted"),
        (200, {"Idempotency-Replayed": "true"}, "200 sent before: the first answer again"),
        (303, {"Location": "/thanks"}, "303 accepted"),
        (303, {"Location": "/sorry?reason=answers"}, "303 refused"),
        (422, {}, "422 refused"),
        (503, {}, "503 failed"),
    ],
)
def test_each_answer_has_its_verdict(status: int, headers: Mapping[str, str], verdict: str) -> None:
    first, *_ = told(an_exchange(status, headers=headers))

    assert first == f"10:00:00 POST /v1/forms/demo-request/submissions → {verdict} 7 ms"


def test_a_refusal_names_its_reason_and_the_place() -> None:
    reply = problems.problem("not_a_lead", reason="no_permission")
    body = json.dumps({**json.loads(reply.body), "errors": [{"pointer": "/consents", "code": "no_permission"}]})

    lines = told(an_exchange(422, body))

    assert lines[1:] == ["    because  not_a_lead, no_permission at /consents"]


def test_the_reason_behind_a_redirect_comes_from_the_counted_metric() -> None:
    counted = json.dumps({"SubmissionRefused": [1], "reason": "no_permission"})

    lines = told(an_exchange(303, headers={"Location": "/sorry?reason=x"}, log=["not json", counted]))

    assert lines[-1] == "    because  no_permission"


@pytest.mark.parametrize(
    ("headers", "words"),
    [((), "unsigned: AWS would refuse it"), ((("Authorization", "AWS4-HMAC-SHA256 …"),), "signed; not checked")],
)
def test_a_route_for_sales_says_that_iam_is_not_played(headers: tuple[tuple[str, str], ...], words: str) -> None:
    route = Route("GET", "/v1/leads/{lead_id}", "ShowLeadFunction", "x", "AWS_IAM")

    lines = told(an_exchange(200, request=HttpRequest("GET", "/v1/leads/1", headers), route=route))

    assert words in lines[-1]


def a_report(token: str, *kinds: str) -> HttpRequest:
    events = [{"event_id": "0" * 16, "kind": kind, "context": {"content": "trends-report"}} for kind in kinds]
    return HttpRequest("POST", "/v1/engagement", body=json.dumps({"token": token, "events": events}).encode())


def test_what_a_page_reports_is_shown_with_its_outcome_and_without_its_token() -> None:
    counted = [
        json.dumps({"Report": [2], "outcome": "recorded"}),
        json.dumps({"Report": [1], "outcome": "repeated"}),
    ]

    lines = list(report_lines(an_exchange(202, request=a_report("secret", "content_view"), log=counted), PLAIN))

    assert lines == ["        act  content_view       content trends-report", "             recorded 2, repeated 1"]


def test_a_report_that_was_refused_shows_nothing() -> None:
    assert list(report_lines(an_exchange(422, request=a_report("secret", "x")), PLAIN)) == []
    assert list(report_lines(an_exchange(202), PLAIN)) == []


def test_what_sales_said_is_shown_with_what_it_changed() -> None:
    said = {"kind": "rejected", "lead_id": "a" * 32, "version": 3, "stage": "recycled", "responsible": "marketing"}
    after = {**said, "owner_id": None, "missing": [], "disputed": ["decision-maker"]}
    asked = HttpRequest("POST", f"/v1/leads/{'a' * 32}/dispositions", body=b"{}")

    lines = list(answer_lines(an_exchange(200, json.dumps(after), request=asked), PLAIN))

    assert lines == [
        "     answer  rejected for aaaaaaaa… version 3",
        "             stage recycled, with marketing (nobody)",
        "             disputed: decision-maker",
    ]
    assert list(answer_lines(an_exchange(409, request=asked), PLAIN)) == []
    assert list(answer_lines(an_exchange(200), PLAIN)) == []


def test_a_query_string_is_not_shown() -> None:
    lines = told(an_exchange(200, request=HttpRequest("GET", "/v1/forms/x?email=ada@example.com")))

    assert "ada" not in "".join(lines)


def test_each_point_shows_its_rule_and_what_a_limit_cut() -> None:
    lines = list(score_lines(100, "A1", [a_line(3, 3), a_line(2, 6, "total")], PLAIN))

    assert lines == [
        "      score  100 points, A1 (fit A to D, engagement 1 to 3)",
        "                3  read-to-the-end  read most of the page",
        "                2  read-to-the-end  read most of the page (of 6, capped by total)",
    ]


def test_a_consent_entry_shows_its_place_its_hash_and_its_boxes_and_not_the_person() -> None:
    boxes = [{"purpose": "mkt_email", "checked": True, "outcome": "pending"}]
    body = {"identifiers": {"email": "ada@example.com"}, "boxes": boxes}
    core = {"type": "consent_given", "chain": CHAIN, "seq": 2, "rules": "2026.1"}

    lines = list(consent_lines(Entry(core, "ee8edb3e8b6c" + "0" * 52, body), PLAIN))

    assert lines == [
        "    consent  consent_given, chain 0c34dfd1… entry 2, hash ee8edb3e8b6c…, rules 2026.1",
        "             [x] mkt_email    pending",
    ]


def test_a_message_is_told_in_the_words_that_sales_needs() -> None:
    lines = list(message_lines(MESSAGE, PLAIN))

    assert lines[0] == "   to sales  lead.sales_qualified aaaaaaaa… version 3"
    assert lines[-1].endswith("next step    Call, within 60 minutes (band A)")
    assert any(line.endswith("may reply; marketing: email after_doi") for line in lines)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("lead.sales_qualified", "world-1 of world, due 2026-03-02T13:00:00.000Z"),
        ("lead.sla_breached", "reroute: dach-2 of dach, due 2026-03-02T15:00:00.000Z"),
        ("lead.nurture_enrolled", "enrolled educational-monthly (enrolled, not_ready)"),
        ("lead.erased", "30000000000000000000000000000001.erased"),
    ],
)
def test_every_kind_of_message_is_told_with_what_matters_about_it(kind: str, words: str) -> None:
    golden = json.loads((Path(__file__).resolve().parents[1] / f"golden/{kind}.json").read_text("utf-8"))

    assert words in "\n".join(message_lines(golden, PLAIN))


def test_the_text_of_a_message_is_the_same_json() -> None:
    assert json.loads(message_text(MESSAGE)) == MESSAGE


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_there_are_colours_on_a_terminal_only_and_never_against_no_color(
    stream: io.StringIO, environment: Mapping[str, str], coloured: bool
) -> None:
    paint = paint_for(stream, environment)

    assert ("\x1b[" in paint("good", "text")) is coloured
