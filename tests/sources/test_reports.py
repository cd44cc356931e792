"""Reports from pages and servers: an allow-list, and nothing that could replay what somebody did."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import RejectedInput
from shared.domain.report import Report, Whom
from shared.sources import reports
from tests.builders import NOON

KINDS = ("content_view", "pricing_view", "sales_conversation", "email_click")
ANSWERS = ("budget", "timeframe")
ID = "0123456789abcdef"
VIEW = {"event_id": ID, "kind": "content_view"}
JSON = "application/json"
LEAD = "ab" * 16


def page(*events: Any, content_type: str | None = JSON, **changes: Any) -> tuple[str, tuple[Report, ...]]:
    said = {"token": "a token", "events": list(events or [VIEW]), **changes}
    return reports.read_page(json.dumps(said).encode(), content_type, KINDS)


def server(**changes: Any) -> tuple[Whom, Report]:
    said = {"lead_id": LEAD, "event_id": ID, "kind": "email_click", **changes}
    said = {name: value for name, value in said.items() if value is not ...}
    return reports.read_server(json.dumps(said).encode(), JSON, KINDS, ANSWERS, NOON)


def refused(read: Any, *given: Any, **changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(RejectedInput) as caught:
        read(*given, **changes)
    return {(fault.pointer, fault.code) for fault in caught.value.faults}


def test_a_page_reports_what_was_read_in_counters_and_without_queries() -> None:
    context = {
        "content": "trends-report",
        "page_url": "https://www.example.com/blog/trends?email=ada@example.com#top",
        "time_on_page_s": 61.7,
        "scroll_depth_pct": 80,
        "video_pct": 50,
    }

    token, (report,) = page({**VIEW, "at": "whenever the page thinks it is", "context": context})

    assert token == "a token"
    assert report == Report(
        ID,
        "content_view",
        "page",
        {
            "content": "trends-report",
            "page_url": "https://www.example.com/blog/trends",
            "time_on_page_s": 61,
            "scroll_depth_pct": 80,
            "video_pct": 50,
        },
    )


def test_the_same_event_twice_in_a_batch_is_one_report_the_first() -> None:
    _, read = page(VIEW, {**VIEW, "kind": "pricing_view"}, {**VIEW, "event_id": ID[::-1]})

    assert [(report.report_id, report.kind) for report in read] == [(ID, "content_view"), (ID[::-1], "content_view")]


@pytest.mark.requirement("C73", "N14")
@pytest.mark.parametrize(
    "context",
    [
        {"mouse_path": [[1, 2], [3, 4]]},
        {"mouse_path": "1,2;3,4"},
        {"clicks": 3},
        {"x": [1, 2, 3]},
        {"position": {"x": 1, "y": 2}},
        {"scroll_depth_pct": [10, 20, 30]},
        {"time_on_page_s": {"from": 1, "to": 2}},
        {"content": ["trends-report"]},
        {"page_url": ["https://www.example.com/"]},
    ],
)
def test_raw_traces_of_behaviour_are_refused_by_name_and_by_shape(context: Any) -> None:
    (fault,) = refused(page, {**VIEW, "context": context})

    assert (fault[0].startswith("/events/0/context"), fault[1]) == (True, "raw_trace")


@pytest.mark.requirement("C73")
def test_a_trace_in_the_place_of_the_context_is_refused() -> None:
    assert refused(page, {**VIEW, "context": [[1, 2], [3, 4]]}) == {("/events/0/context", "raw_trace")}
    assert refused(page, {**VIEW, "context": "1,2"}) == {("/events/0/context", "not_an_object")}


@pytest.mark.parametrize("name", ["x", "y", "email", "ip", "utm_source", "gclid", "form_fill_s", "visits"])
def test_the_context_is_an_allow_list(name: str) -> None:
    assert refused(page, {**VIEW, "context": {name: 1}}) == {("/events/0/context", "unknown_member")}


@pytest.mark.parametrize("content", ["", "-a", "A", "a b", "a" * 101, "ada@example.com", 5])
def test_content_is_named_by_its_id(content: Any) -> None:
    assert refused(page, {**VIEW, "context": {"content": content}}) == {("/events/0/context/content", "content_format")}


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ("content_view", ("/events/0", "not_an_object")),
        ({**VIEW, "score": 100}, ("/events/0", "unknown_member")),
        ({**VIEW, "fields": {"budget": "1"}}, ("/events/0", "unknown_member")),
        ({**VIEW, "event_id": "short"}, ("/events/0/event_id", "key_format")),
        ({**VIEW, "event_id": 5}, ("/events/0/event_id", "key_format")),
        ({**VIEW, "event_id": "ada@example.com-0"}, ("/events/0/event_id", "key_format")),
        ({**VIEW, "kind": "demo_request"}, ("/events/0/kind", "unknown_kind")),
        ({**VIEW, "kind": ["content_view"]}, ("/events/0/kind", "unknown_kind")),
        ({"event_id": ID}, ("/events/0/kind", "unknown_kind")),
    ],
)
def test_an_event_is_named_where_it_is_wrong(event: Any, fault: tuple[str, str]) -> None:
    assert fault in refused(page, event)


@pytest.mark.parametrize("events", [[], [VIEW] * 21, None, "x", {"0": VIEW}])
def test_a_batch_holds_one_to_twenty_events(events: Any) -> None:
    assert refused(page, events=events) == {("/events", "one_to_twenty")}


@pytest.mark.parametrize("token", ["", None, 5, "x" * 257, ["a token"]])
def test_without_a_token_nothing_is_read(token: Any) -> None:
    assert refused(page, token=token) == {("/token", "required")}
    assert ("/token", "required") in refused(page, token=token, events=[])


def test_a_stranger_beside_the_events_is_refused() -> None:
    assert refused(page, lead_id=LEAD) == {("", "unknown_member")}


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/json; charset=latin-1", "a/b"])
def test_only_json_is_read(content_type: str | None) -> None:
    assert refused(page, content_type=content_type) == {("", "media_type")}
    assert page(content_type='Application/JSON; charset="UTF-8"')


def test_a_body_is_neither_empty_nor_endless() -> None:
    assert refused(reports.read_page, b"", JSON, KINDS) == {("", "empty_body")}
    assert refused(reports.read_page, b" " * (64 * 1024 + 1), JSON, KINDS) == {("", "over_64_kib")}


def test_a_server_reports_about_a_lead_by_id_or_by_address() -> None:
    whom, report = server(at="2026-03-02T13:00:00+02:00", context={"content": "trends-report"})
    by_address, _ = server(lead_id=..., email=" Ada@Example.com ")

    assert whom == Whom(lead_id=LEAD)
    assert report == Report(ID, "email_click", "server", {"content": "trends-report"}, {}, "2026-03-02T11:00:00.000Z")
    assert by_address == Whom(email="ada@example.com")


def test_the_id_of_a_page_is_not_the_id_of_a_server() -> None:
    _, (seen,) = page()
    _, heard = server()

    assert (seen.key, heard.key) == (f"page#{ID}", f"server#{ID}")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"email": "ada@example.com"}, ("/lead_id", "lead_id_or_email")),
        ({"lead_id": ...}, ("/lead_id", "lead_id_or_email")),
        ({"lead_id": "AB" * 16}, ("/lead_id", "lead_id_format")),
        ({"lead_id": 5}, ("/lead_id", "lead_id_format")),
        ({"lead_id": ..., "email": "no address"}, ("/email", "invalid_email")),
        ({"lead_id": ..., "email": 5}, ("/email", "invalid_email")),
        ({"at": "2026-03-02"}, ("/at", "not_an_instant")),
        ({"at": "2026-03-02T12:00:00"}, ("/at", "not_an_instant")),
        ({"at": "2026-13-02T12:00:00Z"}, ("/at", "not_an_instant")),
        ({"at": "0001-01-01T00:00:00+14:00"}, ("/at", "not_an_instant")),
        ({"at": 1772452800}, ("/at", "not_an_instant")),
        ({"at": "2026-03-02T12:05:01Z"}, ("/at", "in_the_future")),
        ({"fields": ["budget"]}, ("/fields", "not_an_object")),
        ({"fields": {"budget": "50k"}}, ("/fields", "unknown_member")),
        ({"kind": "sales_conversation", "fields": {"email": "eve@example.com"}}, ("/fields", "unknown_member")),
        ({"kind": "sales_conversation", "fields": {"budget": 5}}, ("/fields/budget", "not_text")),
        ({"kind": "sales_conversation", "fields": {"budget": "5\u202e0"}}, ("/fields/budget", "forbidden_character")),
        ({"kind": "sales_conversation", "fields": {"budget": "x" * 201}}, ("/fields/budget", "too_long")),
        ({"token": "x"}, ("", "unknown_member")),
    ],
)
def test_a_server_is_told_what_is_wrong(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert refused(server, **changes) == {fault}


def test_a_clock_a_little_ahead_is_ours() -> None:
    _, report = server(at="2026-03-02T12:04:59Z")

    assert report.at == "2026-03-02T12:00:00.000Z"


def test_a_conversation_brings_answers_that_no_form_asks_for() -> None:
    _, report = server(kind="sales_conversation", fields={"budget": " 50k ", "timeframe": ""})

    assert report.fields == {"budget": "50k"}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_report_or_a_refusal(body: bytes) -> None:
    for read in (
        lambda: reports.read_page(body, JSON, KINDS),
        lambda: reports.read_server(body, JSON, KINDS, ANSWERS, NOON + timedelta(0)),
    ):
        with pytest.raises(RejectedInput):
            read()


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8) | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["lead_id", "email", "event_id", "kind", "at", "context", "fields"]), ANY_JSON),
    st.dictionaries(st.sampled_from(["event_id", "kind", "at", "context"]), ANY_JSON),
)
def test_any_json_is_a_report_or_a_refusal(said: dict[str, Any], event: dict[str, Any]) -> None:
    for read in (lambda: server(**said), lambda: page(event)):
        with suppress(RejectedInput):
            read()
