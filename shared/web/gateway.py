"""API Gateway's REST proxy event (payload 1.0) in, its reply out. Bodies are bytes, headers keep their repetitions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.errors import Fault, RejectedInput

MAX_BODY = 64 * 1024
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are lower-case, every value of a repeated header or query parameter is kept in
    order. `resource` is the route's pattern, `request_id` the gateway's own name for this request, a UUID.
    """

    method: str
    path_parameters: Mapping[str, str]
    headers: Mapping[str, tuple[str, ...]]
    encoded_body: str
    is_base64: bool
    resource: str = ""
    request_id: str = ""
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """The last value of a header, or None."""
        values = self.headers.get(name)
        return values[-1] if values else None

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a header: whoever signs sends exactly one."""
        return self.headers.get(name, ())

    def body(self) -> bytes:
        """The exact bytes sent. Raises RejectedInput when API Gateway's wrapping is broken or the body is over 64
        KiB.
        """
        if len(self.encoded_body) > MAX_BODY * 2:
            raise RejectedInput("body_too_large", Fault("", "over_64_kib"))
        return self.raw_body()

    def raw_body(self) -> bytes:
        """The exact bytes sent, as long as API Gateway lets them be: for senders whose proof is over all of them."""
        return _unwrap(self.encoded_body) if self.is_base64 else self.encoded_body.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer; the headers that every answer carries are added on the way out."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, more: Mapping[str, str]) -> Reply:
        return Reply(self.status, self.body, {**self.headers, **more})

    def as_event(self) -> dict[str, Any]:
        return {
            "statusCode": self.status,
            "headers": {**ALWAYS, **self.headers},
            "body": self.body,
            "isBase64Encoded": False,
        }


def read(event: Mapping[str, Any]) -> Request:
    """The request behind an API Gateway event."""
    repeated = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    headers: dict[str, tuple[str, ...]] = {}
    for name, values in repeated.items():
        headers[name.lower()] = (*headers.get(name.lower(), ()), *values)
    return Request(
        method=event.get("httpMethod", "GET"),
        path_parameters=event.get("pathParameters") or {},
        headers=headers,
        encoded_body=event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
        resource=event.get("resource") or "",
        request_id=(event.get("requestContext") or {}).get("requestId", ""),
        query=_query(event),
    )


def _query(event: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    single = event.get("queryStringParameters") or {}
    repeated = event.get("multiValueQueryStringParameters") or {name: [value] for name, value in single.items()}
    return {name: tuple(values) for name, values in repeated.items()}


def _unwrap(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RejectedInput("malformed_body", Fault("", "bad_base64")) from None
