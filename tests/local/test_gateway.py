"""The gateway of one machine: routes, events and answers as API Gateway's REST proxy has them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import template as templates
from local.gateway import MAX_BODY, Gateway, Handler, HttpRequest, gateway_response, match, proxy_event, reply_of
from local.logs import Tap
from shared.web.gateway import ALWAYS

EVENTS = Path(__file__).resolve().parents[2] / "events"
DOORS = ("receive_form_demo_request", "receive_form_newsletter", "show_form", "show_lead")
TEMPLATE = templates.read()
ROUTES = templates.routes(TEMPLATE)
NOW = datetime(2026, 11, 2, 9, 15, 30, 120000, tzinfo=UTC)


def a_sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return event


def request_behind(event: Mapping[str, Any]) -> HttpRequest:
    query = event["multiValueQueryStringParameters"] or {}
    sent = "&".join(f"{name}={value}" for name, values in query.items() for value in values)
    headers = tuple((name, value) for name, values in event["multiValueHeaders"].items() for value in values)
    body = base64.b64decode(event["body"]) if event["body"] else b""
    target = event["path"] + (f"?{sent}" if sent else "")
    return HttpRequest(event["httpMethod"], target, headers, body, event["requestContext"]["identity"]["sourceIp"])


def made_from(request: HttpRequest) -> dict[str, Any]:
    found = match(ROUTES, request.method, request.path)
    assert found
    return proxy_event(request, found, "dev", "an-id", NOW)


def a_gateway(answers: Handler) -> Gateway:
    return Gateway(TEMPLATE, Tap(io.StringIO()), load=lambda _dotted: answers)


def a_request(method: str = "GET", target: str = "/v1/forms/demo-request", body: bytes = b"") -> HttpRequest:
    return HttpRequest(method, target, (), body)


@pytest.mark.parametrize("name", DOORS)
def test_the_gateway_makes_of_a_request_what_the_sample_event_shows(name: str) -> None:
    sample = a_sample(name)

    event = made_from(request_behind(sample))

    assert {**event, "requestContext": None} == {**sample, "requestContext": None}


@pytest.mark.parametrize("name", DOORS)
def test_the_context_of_a_request_has_the_keys_of_the_sample_event(name: str) -> None:
    sample = a_sample(name)["requestContext"]

    context = made_from(request_behind(a_sample(name)))["requestContext"]

    assert context.keys() == sample.keys()
    assert context["identity"].keys() == sample["identity"].keys()
    same = ("httpMethod", "path", "protocol", "requestTime", "requestTimeEpoch", "resourcePath", "stage")
    assert {key: context[key] for key in same} == {key: sample[key] for key in same}


def test_every_value_of_a_repeated_header_is_kept_under_its_first_spelling() -> None:
    request = HttpRequest("GET", "/v1/forms/demo-request", (("Sec-GPC", "1"), ("sec-gpc", "0")))

    event = made_from(request)

    assert event["multiValueHeaders"] == {"Sec-GPC": ["1", "0"]}
    assert event["headers"] == {"Sec-GPC": "0"}


def test_a_query_keeps_repeated_and_empty_values() -> None:
    event = made_from(a_request(target="/v1/forms/demo-request?a=1&a=2&b="))

    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert event["queryStringParameters"] == {"a": "2", "b": ""}


def test_bytes_that_are_no_text_arrive_unharmed() -> None:
    event = made_from(a_request("POST", "/v1/forms/demo-request/submissions", b"\xff\x00\xfe"))

    assert base64.b64decode(event["body"]) == b"\xff\x00\xfe"
    assert event["isBase64Encoded"] is True


def test_no_body_is_null_and_not_encoded() -> None:
    event = made_from(a_request())

    assert (event["body"], event["isBase64Encoded"]) == (None, False)


@pytest.mark.parametrize(
    ("method", "path", "function", "parameters"),
    [
        ("POST", "/v1/forms/demo-request/submissions", "CaptureFunction", {"form_id": "demo-request"}),
        ("OPTIONS", "/v1/forms/x/submissions", "CaptureFunction", {"form_id": "x"}),
        ("GET", "/v1/forms/newsletter", "ShowFormFunction", {"form_id": "newsletter"}),
        ("GET", "/v1/leads/0f", "ShowLeadFunction", {"lead_id": "0f"}),
        ("GET", "/v1/forms/%2e%2e", "ShowFormFunction", {"form_id": "%2e%2e"}),
    ],
)
def test_a_route_is_found_with_its_parameters(
    method: str, path: str, function: str, parameters: dict[str, str]
) -> None:
    found = match(ROUTES, method, path)

    assert found
    assert (found.route.function, found.parameters) == (function, parameters)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/forms/"),
        ("GET", "/v1/forms"),
        ("GET", "/v1/forms/x/"),
        ("PUT", "/v1/forms/x"),
        ("post", "/v1/forms/x/submissions"),
        ("GET", "/V1/forms/x"),
        ("GET", "/v1/forms/x/submissions"),
        ("GET", "/"),
    ],
)
def test_what_the_template_does_not_name_is_no_route(method: str, path: str) -> None:
    assert match(ROUTES, method, path) is None


def test_an_unknown_address_gets_the_answer_that_the_template_gives_it() -> None:
    exchange = a_gateway(lambda _event, _context: {"statusCode": 200}).answer(a_request(target="/v2"))

    assert exchange.reply.status == 404
    assert exchange.reply.header("content-type") == "application/problem+json"
    assert json.loads(exchange.reply.body)["type"] == "urn:leadgate:problem:not_found"


def test_a_body_over_ten_megabytes_never_reaches_a_function() -> None:
    request = a_request("POST", "/v1/forms/demo-request/submissions", b"x" * (MAX_BODY + 1))

    exchange = a_gateway(lambda _event, _context: pytest.fail("called")).answer(request)

    assert exchange.reply.status == 413


def breaks(_event: object, _context: object) -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize(
    "answers",
    [
        breaks,
        lambda _event, _context: None,
        lambda _event, _context: {"statusCode": "200"},
        lambda _event, _context: {"statusCode": 200, "body": "§", "isBase64Encoded": True},
    ],
)
def test_a_function_that_fails_or_answers_nonsense_is_a_502_that_asks_to_try_again(answers: Handler) -> None:
    exchange = a_gateway(answers).answer(a_request())

    assert exchange.reply.status == 502
    assert exchange.reply.header("retry-after") == "2"
    assert json.loads(exchange.reply.body)["status"] == 502


def test_the_log_of_an_exchange_is_what_the_function_printed_meanwhile() -> None:
    log = io.StringIO()
    tap = Tap(log)
    gateway = Gateway(TEMPLATE, tap, load=lambda _dotted: lambda _e, _c: {"statusCode": 200 + 0 * tap.write("one\n")})

    exchange = gateway.answer(a_request())

    assert exchange.log == ("one",)
    assert log.getvalue() == "one\n"


def test_an_answer_keeps_all_its_headers_and_decodes_its_body() -> None:
    reply = reply_of(
        {
            "statusCode": 200,
            "headers": {"A": 1},
            "multiValueHeaders": {"B": ["x", "y"]},
            "body": base64.b64encode(b"\xff").decode(),
            "isBase64Encoded": True,
        }
    )

    assert reply.headers == (("A", "1"), ("B", "x"), ("B", "y"))
    assert reply.body == b"\xff"


@pytest.mark.parametrize("kind", ["MISSING_AUTHENTICATION_TOKEN", "REQUEST_TOO_LARGE", "THROTTLED", "DEFAULT_5XX"])
def test_what_the_gateway_says_by_itself_has_the_headers_of_our_own_answers(kind: str) -> None:
    headers = dict(gateway_response(TEMPLATE, kind, 403).headers)

    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS


def test_a_gateway_response_that_the_template_leaves_out_is_api_gateways_own() -> None:
    reply = gateway_response(TEMPLATE, "EXPIRED_TOKEN", 403)

    assert (reply.status, json.loads(reply.body)) == (403, {"message": "Forbidden"})
