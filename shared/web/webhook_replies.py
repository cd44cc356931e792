"""What platforms are answered: whether to send again is all that they ask.

The table of statuses is in docs/platforms.md. A 2xx says that everything is safe with us, so it is never said to who
proved nothing: after a wrong secret was deployed, the platform's next try is all that saves the leads.
"""

from __future__ import annotations

import json

from shared.domain.errors import RejectedInput, TryAgain
from shared.web.gateway import Reply
from shared.web.problems import RETRY_AFTER_SECONDS, from_error, problem

JSON = {"Content-Type": "application/json"}


def taken() -> Reply:
    return Reply(200, "{}", JSON)


def as_json(body: bytes) -> Reply:
    return Reply(200, body.decode("ascii"), JSON)


def as_text(body: str) -> Reply:
    return Reply(200, body, {"Content-Type": "text/plain; charset=utf-8"})


def refused(reason: str, is_ours: bool, problem_code: str) -> Reply:
    """Where `is_ours`, we gave out this address: a missing secret is our mistake, and the sender shall return."""
    if reason == "no_secret" and is_ours:
        return problem("busy")
    return problem("bad_challenge" if reason == "bad_challenge" else problem_code)


def failed(error: Exception) -> Reply:
    """Who did not even get their bytes through has proved nothing."""
    if isinstance(error, RejectedInput) and error.code == "malformed_body":
        return problem("unproved_sender")
    return from_error(error)


# Google reads `message` in a refusal, and never sends again what was answered 4xx.


def google(status: int, message: str) -> Reply:
    headers = {**JSON, "Retry-After": RETRY_AFTER_SECONDS} if status == 503 else JSON
    return Reply(status, json.dumps({"message": message}), headers)


def google_refused(reason: str, is_ours: bool) -> Reply:
    if reason == "no_secret" and is_ours:
        return google(503, "The key is not set here yet. Please send again.")
    return google(401, "The key is not the one that we share.")


def google_failed(error: Exception) -> Reply:
    if isinstance(error, RejectedInput):
        is_ours = error.code != "malformed_body"
        return google(400, "The lead cannot be read.") if is_ours else google_refused(error.code, is_ours=False)
    status = 503 if isinstance(error, TryAgain) else 500
    return google(status, "Please send again.")
