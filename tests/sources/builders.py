"""Valid things for the tests of the strict readers; a test changes only what matters to it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.domain.agreement import Box, Field, Form
from shared.domain.errors import RejectedInput
from shared.domain.submission import Signals, Submission
from shared.sources import website_form

KEY = "0190b6a1-1111-7222-8333-444455556666"
BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
CONTENT_TYPES = {
    "json": "application/json",
    "urlencoded": "application/x-www-form-urlencoded",
    "multipart": f"multipart/form-data; boundary={BOUNDARY}",
}


def a_field(name: str, kind: str = "text", *, required: bool = False, max_length: int = 200, **more: Any) -> Field:
    return Field(name, kind, name.title(), required, max_length, "off", **more)


def a_form(**changes: Any) -> Form:
    fields = (
        a_field("email", "email", required=True, max_length=254),
        a_field("first_name"),
        a_field("last_name"),
        a_field("company", required=True),
        a_field("company_size", "size", max_length=40, choices=("1-10", "11-50", "51-200", "201-1000", "1001+")),
        a_field("industry", "choice", choices=("software", "steel & glass")),
        a_field("country", "country", max_length=2),
        a_field("phone", "phone", max_length=40),
        a_field("message", "long_text", max_length=4000),
    )
    boxes = (Box("mkt_email", "email", "News by e-mail"), Box("mkt_phone", "phone", "Call me"))
    valid: dict[str, Any] = {
        "form_id": "demo-request",
        "version": 1,
        "title": "Request a demo",
        "action": "demo_request",
        "enabled": True,
        "fields": fields,
        "boxes": boxes,
        "notice": "website-privacy@2",
        "older_notices": ("website-privacy@1",),
        "allowed_origins": ("https://www.example.com",),
        "thanks_url": "/thanks",
        "sorry_url": "/sorry",
    }
    return Form(**valid | changes)


def answers(**changes: Any) -> dict[str, Any]:
    """The fields of a valid submission; a change to None takes the answer out."""
    valid = {"email": "ada@example.com", "company": "Example Ltd"} | changes
    return {name: value for name, value in valid.items() if value is not None}


def read_bytes(
    body: bytes, content_type: str | None = "application/json", key: tuple[str, ...] = (), form: Form | None = None
) -> Submission:
    return website_form.read(body, content_type, key, Signals(), form or a_form())


def read(fields: Any = None, *, form: Form | None = None, key: tuple[str, ...] = (), **members: Any) -> Submission:
    """Reads the JSON body with these members."""
    given = answers() if fields is None else fields
    return read_bytes(json.dumps({"fields": given, **members}).encode(), key=key, form=form)


def urlencoded_body(pairs: dict[str, str]) -> bytes:
    return urlencode(pairs).encode()


def multipart_body(pairs: dict[str, str], boundary: str = BOUNDARY) -> bytes:
    """As browsers write it (WHATWG multipart/form-data encoding)."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in pairs.items()
    ]
    return "".join([*parts, f"--{boundary}--\r\n"]).encode()


def rejection(attempt: Any, *arguments: Any, **named: Any) -> tuple[str, set[tuple[str, str]]]:
    """The problem code and the faults with which `attempt` is refused; nothing of the input may hang on it."""
    with pytest.raises(RejectedInput) as refusal:
        attempt(*arguments, **named)
    refused = refusal.value
    assert refused.__cause__ is None
    assert refused.__context__ is None
    return refused.code, {(fault.pointer, fault.code) for fault in refused.faults}
