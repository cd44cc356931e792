"""Errors as problem+json (RFC 9457): one table from our words to HTTP. Nothing that was sent is echoed."""

from __future__ import annotations

import json
from collections.abc import Iterable

from shared.domain.errors import Fault, RejectedInput, TryAgain
from shared.web.gateway import Reply

RETRY_AFTER_SECONDS = "2"
PROBLEMS: dict[str, tuple[int, str, str]] = {
    "malformed_body": (
        400,
        "The body cannot be read",
        "Send well-formed UTF-8 JSON or a form; `errors` says what is wrong.",
    ),
    "bad_key": (400, "The idempotency key cannot be used", "Send one UUID or 16 to 64 characters of A-Z a-z 0-9 _ -."),
    "missing_key": (400, "The idempotency key is missing", "Send one UUID or 16 to 64 characters of A-Z a-z 0-9 _ -."),
    "bad_challenge": (400, "This challenge is not answered", "Send the challenge that the platform's documents name."),
    "unproved_sender": (401, "Who sent this cannot be proved", "Sign the exact body with the secret that we share."),
    "unproved_test": (403, "This is no test of ours", "Show this stack's test secret, or send it without the mark."),
    "wrong_token": (403, "The token is not ours", "Enter the verify token that is in the platforms' secret."),
    "unknown_form": (404, "There is no such form", "Check the form id in the address."),
    "unknown_lead": (404, "There is no such lead", "Check the lead id in the address."),
    "method_not_allowed": (405, "This method is not allowed here", "See the Allow header."),
    "gone": (410, "The lead is gone", "It was erased; forget what you hold about it."),
    "body_too_large": (413, "The body is too large", "Send at most 64 KiB."),
    "unsupported_media_type": (
        415,
        "The body's type is not accepted",
        "Send application/json, application/x-www-form-urlencoded or multipart/form-data, UTF-8, not compressed.",
    ),
    "invalid_submission": (
        422,
        "Some answers cannot be accepted",
        "Correct the places that `errors` names and send again.",
    ),
    "invalid_request": (
        422,
        "The request cannot be understood",
        "Correct the places that `errors` names and send again.",
    ),
    "unknown_notice": (422, "This privacy wording is not known", "Reload the page and send again."),
    "key_reused": (
        422,
        "The idempotency key was used for something else",
        "Send what has changed under a new key.",
    ),
    "not_a_lead": (422, "Nothing was stored", "`reason` says what was missing; nothing about the person was kept."),
    "illegal_move": (
        409,
        "The lead is not where this could be answered",
        "`errors` says what does not fit; read the lead again.",
    ),
    "invalid_disposition": (
        422,
        "The answer cannot be accepted",
        "Correct the places that `errors` names and send again.",
    ),
    "invalid_spend": (
        422,
        "The table of spend cannot be read",
        "`errors` names row and column, rows counted from 0.",
    ),
    "busy": (503, "Please try again in a moment", "Send the same request with the same key; it is stored once."),
    "broken": (500, "Something broke on our side", "Send the same request with the same key; it is stored once."),
}


def problem(code: str, faults: Iterable[Fault] = (), reason: str | None = None) -> Reply:
    """The reply for one of our words."""
    status, title, detail = PROBLEMS[code]
    body = {
        "type": f"urn:leadgate:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        **({"reason": reason} if reason else {}),
        "errors": [{"pointer": fault.pointer, "code": fault.code} for fault in faults],
    }
    headers = {"Content-Type": "application/problem+json"}
    if status == 503:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    return Reply(status, json.dumps(body), headers)


def from_error(error: Exception) -> Reply:
    """The reply for anything that was raised."""
    if isinstance(error, RejectedInput):
        return problem(error.code, error.faults)
    return problem("busy" if isinstance(error, TryAgain) else "broken")


def method_not_allowed(allow: str) -> Reply:
    return problem("method_not_allowed").with_headers({"Allow": allow})
