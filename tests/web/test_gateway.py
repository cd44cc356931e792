from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shared.domain.errors import CannotHappen, Conflict, Fault, RejectedInput, TryAgain
from shared.journeys.capture import Answer
from shared.web import cors, form_replies, gateway, problems, signals
from tests.builders import AGREEMENT
from tests.support.events import a_post

FORM = AGREEMENT.forms["demo-request"]


def a_request(**headers: str) -> gateway.Request:
    return gateway.read(a_post(b"x", headers={name.replace("_", "-"): value for name, value in headers.items()}))


def test_header_names_are_read_in_any_case_and_repetitions_are_kept() -> None:
    event = {**a_post(b"x"), "multiValueHeaders": {"Sec-GPC": ["0"], "sec-gpc": ["1"]}}

    request = gateway.read(event)

    assert request.headers["sec-gpc"] == ("0", "1")
    assert request.header("sec-gpc") == "1"


def test_an_event_with_single_headers_only_is_read_too() -> None:
    event = {**a_post(b"x"), "multiValueHeaders": None}

    assert gateway.read(event).header("content-type") == "application/json"


def test_an_empty_event_is_an_empty_request() -> None:
    request = gateway.read({})

    assert (request.method, request.body(), request.header("accept")) == ("GET", b"", None)


def test_a_body_that_was_not_encoded_is_taken_as_text() -> None:
    event = {**a_post(b"x"), "body": "ü", "isBase64Encoded": False}

    assert gateway.read(event).body() == "ü".encode()


@pytest.mark.parametrize("text", ["%%%", "YQ", "YQ==\n", "ü"])
def test_broken_base64_is_refused(text: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        gateway.read({**a_post(b"x"), "body": text}).body()

    assert refused.value.code == "malformed_body"


def test_a_body_far_over_the_limit_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(RejectedInput) as refused:
        gateway.read({**a_post(b"x"), "body": "A" * (gateway.MAX_BODY * 2 + 4)}).body()

    assert refused.value.code == "body_too_large"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RejectedInput("malformed_body", Fault("", "not_json")), 400),
        (TryAgain("away"), 503),
        (Conflict("faster"), 503),
        (CannotHappen("broken"), 500),
        (RuntimeError("foreign"), 500),
    ],
)
def test_every_error_has_its_answer(error: Exception, status: int) -> None:
    reply = problems.from_error(error)

    assert reply.status == status
    assert json.loads(reply.body)["status"] == status
    assert ("Retry-After" in reply.headers) is (status == 503)


@pytest.mark.parametrize("code", problems.PROBLEMS)
def test_every_problem_says_what_to_do(code: str) -> None:
    body = json.loads(problems.problem(code).body)

    assert body["type"] == f"urn:leadgate:problem:{code}"
    assert body["title"]
    assert body["detail"].endswith(".")


def test_every_word_that_the_sources_refuse_with_is_in_the_table() -> None:
    assert {"body_too_large", "unsupported_media_type", "malformed_body", "bad_key", "invalid_submission"} <= set(
        problems.PROBLEMS
    )


def test_without_a_form_or_origin_nothing_is_allowed_and_caches_are_told() -> None:
    assert cors.headers(None, "https://www.example.com") == cors.headers(FORM, None) == {"Vary": "Origin"}


@pytest.mark.parametrize(
    ("is_flat", "accept", "location"),
    [(True, "*/*", "/thanks"), (True, None, "/thanks"), (True, "application/json", None), (False, "text/html", None)],
)
def test_only_a_flat_form_is_sent_on(is_flat: bool, accept: str | None, location: str | None) -> None:
    request = a_request(**({"Accept": accept} if accept else {}))

    reply = form_replies.for_sender(form_replies.accepted(Answer("{}", False)), request, FORM, is_flat, "")

    assert reply.headers.get("Location") == location


@pytest.mark.parametrize(
    ("site", "target", "location"),
    [
        ("", "/thanks", "/thanks"),
        ("https://www.example.com/", "/thanks", "https://www.example.com/thanks"),
        ("https://www.example.com", "https://shop.example.com/done", "https://shop.example.com/done"),
    ],
)
def test_the_target_is_the_forms_own(site: str, target: str, location: str) -> None:
    form = replace(FORM, thanks_url=target)

    reply = form_replies.for_sender(form_replies.accepted(Answer("{}", False)), a_request(), form, True, site)

    assert (reply.status, reply.headers["Location"]) == (303, location)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("busy", "busy"),
        ("broken", "busy"),
        ("body_too_large", "too_large"),
        ("malformed_body", "unreadable"),
        ("invalid_submission", "answers"),
    ],
)
def test_a_browser_is_told_the_kind_of_trouble(code: str, reason: str) -> None:
    reply = form_replies.for_sender(problems.problem(code), a_request(Accept="text/html"), FORM, True, "")

    assert reply.headers["Location"] == f"/sorry?reason={reason}"


def test_an_edge_without_a_secret_is_never_trusted() -> None:
    request = a_request(**{"CloudFront-Viewer-Country": "DE", "X-Edge-Secret": ""})

    assert signals.of(request, "").edge_country is None


def test_a_secret_with_odd_characters_is_compared_without_breaking() -> None:
    request = a_request(**{"CloudFront-Viewer-Country": "DE", "X-Edge-Secret": "\udcff"})

    assert signals.of(request, "the edge").edge_country is None
