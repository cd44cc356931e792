"""Marked personal data goes through every door, well and badly; none of it may come out in logs, metrics, queues or
exceptions.
"""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from shared.adapters.transport import AwsRefused
from shared.domain.errors import TryAgain
from tests.support.events import JSON, a_post, an_event
from tests.walk.conftest import Walk

MARKED = {
    "email": "canary.zebra@example.com",
    "first_name": "Canaryfirst",
    "last_name": "Canarylast",
    "company": "Canary Industries",
    "job_title": "Director of Canaries",
    "company_size": "201-1000",
    "country": "FR",
    "phone": "+33612345678",
    "message": "Canarywords that nobody may see",
}
PLAIN = ("canary", "612345678", "192.0.2.1", "canarytoken", "CanaryAgent/1.0", "a secret for tests only", "the edge")
HIDDEN = tuple(
    base64.b64encode(value.encode()).decode().rstrip("=")[:-2] for value in MARKED.values() if len(value) > 8
)
ENCODED = tuple(quote(value) for value in MARKED.values() if quote(value) != value)
HEADERS = {"User-Agent": "CanaryAgent/1.0", "X-Edge-Secret": "the edge", "Idempotency-Key": "canarytoken-0001-abcdef"}
CONTEXT = {"page_url": "https://www.example.com/canary", "gclid": "canaryclick"}


@pytest.fixture
def heard(
    ears: io.StringIO, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[list[str]]:
    """Everything that was printed or logged by our code while the test ran."""
    caplog.set_level(logging.DEBUG)
    words: list[str] = []
    yield words
    out = capfd.readouterr()
    assert '"message":"' in ears.getvalue()
    words.append(ears.getvalue())
    logged = [record.getMessage() + str(record.__dict__) for record in caplog.records if record.name != "werkzeug"]
    words += [out.out, out.err, *logged]
    assert_silent(words)


def assert_silent(words: list[str]) -> None:
    text = "\n".join(words).lower()
    assert not [mark for mark in (*PLAIN, *HIDDEN, *ENCODED) if mark.lower() in text]


def every_way_in() -> list[dict[str, Any]]:
    """Good and bad requests that carry the marked person."""
    flat = {**MARKED, "consent_mkt_email": "on"}
    content = {"fields": MARKED, "consents": {"mkt_email": True, "profiling": True}, "context": CONTEXT}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        a_post(content, headers=HEADERS),
        a_post(content, headers=HEADERS),
        a_post({**content, "fields": {**MARKED, "company": "Canary Two"}}, headers=HEADERS),
        a_post(urlencode(flat).encode(), headers=form),
        a_post({**content, "canary": "canary"}),
        a_post({"fields": {**MARKED, "email": "canary@@example.com"}}),
        a_post({"fields": {**MARKED, "phone": "canary"}}),
        a_post({"fields": MARKED, "notice": "canary@1"}),
        a_post(json.dumps(content).encode()[:-5]),
        a_post(b"\xff" + json.dumps(content).encode()),
        a_post({"fields": {"email": MARKED["email"], "country": "FR"}}, "newsletter"),
        a_post(content, "canary"),
        an_event("/v1/leads/canary", "/v1/leads/{lead_id}", {"lead_id": "canary"}, "GET"),
    ]


def test_no_door_lets_a_person_out_into_logs_metrics_or_the_queue(walk: Walk, heard: list[str]) -> None:
    replies = [
        walk.call("show_lead" if "/leads/" in event["path"] else "receive_form", event) for event in every_way_in()
    ]
    walk.relay()
    walk.call("sweep", {})

    messages = walk.messages()

    assert [reply["statusCode"] for reply in replies] == [
        202,
        200,
        422,
        303,
        422,
        422,
        422,
        422,
        400,
        400,
        422,
        404,
        404,
    ]
    assert len(messages) == 1
    heard.append(json.dumps(messages))
    heard += [reply["body"] for reply in replies]
    heard += [item["pk"]["S"] + item["sk"]["S"] for item in walk.items(walk.tables.leads)]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TryAgain("dynamodb is out of reach"), 503),
        (AwsRefused("AccessDeniedException"), 500),
        (ValueError("canary.zebra@example.com is odd"), 500),
        (KeyError("Canarylast"), 500),
    ],
)
def test_no_failure_behind_the_door_lets_a_person_out(
    walk: Walk, heard: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    class Broken:
        def send(self, operation: str, body: object) -> object:
            raise error

    door = walk.doors["receive_form"]
    capture = door.capture()
    ledger = type(capture.ledger)(Broken(), capture.ledger.tables)
    monkeypatch.setattr(
        door, "capture", lambda: type(capture)(ledger, capture.keyring, capture.clock, capture.dice, lambda _: None)
    )

    reply = walk.call("receive_form", a_post({"fields": MARKED, "context": CONTEXT}, headers=HEADERS))

    assert reply["statusCode"] == status
    assert ("Retry-After" in reply["headers"]) is (status == 503)
    heard.append(json.dumps(reply))


def test_what_is_reported_of_a_person_gets_out_nowhere(walk: Walk, heard: list[str]) -> None:
    content = {"fields": MARKED, "consents": {"profiling": True}}
    token = json.loads(walk.call("receive_form", a_post(content))["body"])["engagement"]["token"]
    seen = {"kind": "content_view", "context": {"page_url": "https://www.example.com/canary?who=canary"}}
    page = {"token": token, "events": [{"event_id": "0123456789abcdef", **seen}]}
    told = {"email": MARKED["email"], "event_id": "0123456789abcdef", "kind": "sales_conversation"}
    bodies = [
        ("/v1/engagement", page),
        ("/v1/engagement", {**page, "canary": "canary"}),
        ("/v1/engagement", {**page, "events": [{**page["events"][0], "context": {"canary": ["canary"]}}]}),
        ("/v1/events", {**told, "fields": {"budget": "canary"}}),
        ("/v1/events", {**told, "email": "canary@@example.com"}),
        ("/v1/events", {**told, "lead_id": "canary"}),
    ]

    replies = [
        walk.call("receive_events", an_event(path, path, {}, "POST", json.dumps(body).encode(), {**HEADERS, **JSON}))
        for path, body in bodies
    ]
    walk.relay()

    assert [reply["statusCode"] for reply in replies] == [202, 422, 422, 202, 422, 422]
    heard += [reply["body"] for reply in replies]
    heard += [json.dumps(walk.messages())]
    heard += [item["pk"]["S"] + item["sk"]["S"] for item in walk.items(walk.tables.leads)]
    assert token not in "".join(heard)
