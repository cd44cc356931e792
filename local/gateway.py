"""API Gateway on this machine: the template's routes, REST proxy events (payload 1.0) in, the functions' replies out.

What the gateway says by itself (no such route, too large, a function that failed) is read from the template too.
Not played: throttling, the firewall, a function's time limit, and IAM, which lets every caller pass here.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import json
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local import template as templates
from local.logs import Tap
from local.template import Route, Template

MAX_BODY = 10 * 1024 * 1024
API_ID = "local00000"
NOBODY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)
Headers = tuple[tuple[str, str], ...]
Handler = Callable[[dict[str, Any], object], Any]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came; `target` is path and query as sent."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One answer as it goes out."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Match:
    """A route and what its braces stand for."""

    route: Route
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, its answer, and what the function logged meanwhile."""

    request: HttpRequest
    reply: HttpReply
    route: Route | None
    log: tuple[str, ...]
    milliseconds: int


class Gateway:
    """Answers requests with the very handlers of the template, called in this process."""

    def __init__(self, template: Template, tap: Tap, load: Callable[[str], Handler] | None = None) -> None:
        load = load or load_handler
        self.template = template
        self.routes = templates.routes(template)
        self.handlers = {route.function: load(route.handler) for route in self.routes}
        self.tap = tap

    def answer(self, request: HttpRequest) -> Exchange:
        started = time.monotonic()
        found = match(self.routes, request.method, request.path)
        with self.tap.listening() as lines:
            reply = self._answer(request, found)
        took = round((time.monotonic() - started) * 1000)
        return Exchange(request, reply, found.route if found else None, tuple(lines), took)

    def _answer(self, request: HttpRequest, found: Match | None) -> HttpReply:
        if found is None:
            return gateway_response(self.template, "MISSING_AUTHENTICATION_TOKEN", 403)
        if len(request.body) > MAX_BODY:
            return gateway_response(self.template, "REQUEST_TOO_LARGE", 413)
        event = proxy_event(request, found, self.template.parameters["Stage"], str(uuid.uuid4()), datetime.now(UTC))
        try:
            return reply_of(self.handlers[found.route.function](event, context(found.route.function, event)))
        except Exception:  # Lambda would log it and API Gateway answer 502
            self.tap.write(traceback.format_exc())
            return gateway_response(self.template, "DEFAULT_5XX", 502)


def load_handler(dotted: str) -> Handler:
    module, _, name = dotted.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), name)
    return handler


@dataclass(frozen=True, slots=True)
class Context:
    """The little of Lambda's context that code here may look at."""

    function_name: str
    aws_request_id: str


def context(function: str, event: Mapping[str, Any]) -> Context:
    return Context(function, event.get("requestContext", {}).get("requestId", str(uuid.uuid4())))


# ------------------------------------------------------------------ in


def match(routes: tuple[Route, ...], method: str, path: str) -> Match | None:
    """The route of this method and path; a literal segment outranks one in braces."""
    sent = path.split("/")
    found = [
        Match(route, parameters)
        for route in routes
        if route.method.upper() == method and (parameters := _fits(route.path.split("/"), sent)) is not None
    ]
    return min(found, key=lambda one: len(one.parameters), default=None)


def _fits(pattern: list[str], sent: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(sent):
        return None
    parameters = {}
    for wanted, given in zip(pattern, sent, strict=True):
        if wanted.startswith("{") and given:
            parameters[wanted[1:-1]] = given
        elif wanted != given:
            return None
    return parameters


def proxy_event(request: HttpRequest, found: Match, stage: str, request_id: str, now: datetime) -> dict[str, Any]:
    """What API Gateway gives a function for this request; every body comes base64-encoded (BinaryMediaTypes */*)."""
    headers = _grouped(request.headers)
    query = _grouped(parse_qsl(urlsplit(request.target).query, keep_blank_values=True), str)
    return {
        "resource": found.route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()} or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(found.parameters) or None,
        "stageVariables": None,
        "requestContext": _request_context(request, found, stage, request_id, now, headers),
        "body": base64.b64encode(request.body).decode("ascii") if request.body else None,
        "isBase64Encoded": bool(request.body),
    }


def _grouped(pairs: Any, fold: Callable[[str], str] = str.lower) -> dict[str, list[str]]:
    """Every value by name, in order; a name keeps its first spelling."""
    spelling: dict[str, str] = {}
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(spelling.setdefault(fold(name), name), []).append(value)
    return grouped


def _request_context(
    request: HttpRequest, found: Match, stage: str, request_id: str, now: datetime, headers: Mapping[str, list[str]]
) -> dict[str, Any]:
    agent = next((values[-1] for name, values in headers.items() if name.lower() == "user-agent"), None)
    return {
        "accountId": templates.PSEUDO["AWS::AccountId"],
        "apiId": API_ID,
        "domainName": f"{API_ID}.execute-api.{templates.PSEUDO['AWS::Region']}.amazonaws.com",
        "domainPrefix": API_ID,
        "extendedRequestId": request_id,
        "httpMethod": request.method,
        "identity": {
            **dict.fromkeys(NOBODY),
            "sourceIp": request.source_ip,
            "userAgent": agent,
        },
        "path": f"/{stage}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": request_id,
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": "local0",
        "resourcePath": found.route.path,
        "stage": stage,
    }


# ------------------------------------------------------------------ out


def reply_of(answer: Any) -> HttpReply:
    """A function's answer as HTTP; raises ValueError where API Gateway would call it malformed."""
    if not isinstance(answer, dict) or not isinstance(answer.get("statusCode"), int):
        raise ValueError("the function's answer has no statusCode")
    headers = {name: [str(value)] for name, value in (answer.get("headers") or {}).items()}
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers[name] = [str(value) for value in values]
    return HttpReply(
        answer["statusCode"],
        tuple((name, value) for name, values in headers.items() for value in values),
        _body(answer.get("body") or "", bool(answer.get("isBase64Encoded"))),
    )


def _body(text: str, is_base64: bool) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if is_base64 else text.encode("utf-8")
    except binascii.Error as wrong:
        raise ValueError("the function's body is not base64") from wrong


def gateway_response(template: Template, kind: str, status: int) -> HttpReply:
    """What the template lets the gateway say by itself, or API Gateway's own words."""
    (api,) = templates.resources(template, "AWS::Serverless::Api").values()
    said = api.get("GatewayResponses", {}).get(kind, {})
    status = int(said.get("StatusCode", status))
    given = said.get("ResponseParameters", {}).get("Headers", {})
    headers = {"Content-Type": "application/json", **{name: str(value)[1:-1] for name, value in given.items()}}
    body = said.get("ResponseTemplates", {}).get("application/json", json.dumps({"message": "Forbidden"}))
    return HttpReply(status, tuple(headers.items()), body.replace("$context.status", str(status)).encode("utf-8"))
