"""What the tools of sales have in common: JSON over HTTPS with a token, tried again when they are busy."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, Any

from consumer.reading import Later

TRIES, PATIENCE_SECONDS, TIMEOUT_SECONDS = 3, 5, 10
BUSY = (429, 500, 502, 503, 504)
OUT_OF_CALLS = "REQUEST_LIMIT_EXCEEDED"  # Salesforce's day's worth of calls is used up: status 403
HOUR = 3600.0
Fields = Mapping[str, str]


class Refused(Later):
    """The tool understood and said no; sent again it says the same, so the message ends on the dead-letter queue.

    `status` and `code` are the tool's; its text is left out, as it may quote the person.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the CRM refused: {status} {code}")
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Caller:
    """The way to one tool. `token` is asked before every call, so that it may change."""

    url: str
    token: Callable[[], str]
    pause: Callable[[float], None] = time.sleep

    def __call__(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON of the answer (None when there is none). Raises Refused, and Later when the tool is busy
        beyond our patience.
        """
        wait = 0.0
        for again in range(TRIES):
            status, headers, answer = self._once(method, path, body)
            if status == 403 and _code(answer) == OUT_OF_CALLS:
                raise Later("the CRM's calls are used up", HOUR)
            if status not in BUSY:
                break
            wait = _seconds(headers.get("Retry-After"), 2.0**again)
            if wait > PATIENCE_SECONDS or again == TRIES - 1:
                raise Later(f"the CRM is busy: {status}", max(wait, 30))
            self.pause(wait)
        if status >= 300:
            raise Refused(status, _code(answer))
        return status, answer

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, Mapping[str, str], Any]:
        headers = {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        asked = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS) as answer:
                return answer.status, dict(answer.headers), as_json(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, dict(refused.headers), what_came(refused)
        except (OSError, HTTPException):
            return 503, {}, None


def mapped(fields: Fields, person: Mapping[str, str]) -> dict[str, str]:
    """What the definition's `crm` section sends there, under the tool's own names; what is empty is left out."""
    return {theirs: person[ours] for ours, theirs in fields.items() if person.get(ours)}


def in_words(told: Mapping[str, Any]) -> str:
    """Why this lead and what to do by when, for a person in sales to read."""
    if "explanation" not in told:
        return ""
    reasons = "; ".join(f"{line['points']} {line['why']}" for line in told["explanation"])
    return f"{told['next_step']} by {told['sla']['due_at']}. {told['cell']}, score {told['score']}: {reasons}."


def _seconds(text: str | None, otherwise: float) -> float:
    """Retry-After in seconds; as a date it is rare enough to wait as if it were missing."""
    try:
        return float(text or otherwise)
    except ValueError:
        return otherwise


def what_came(refused: IO[bytes]) -> Any:
    """The JSON of a refusal; None where there is none, or not all of it: its status is an answer all the same."""
    with suppress(OSError, HTTPException):
        return as_json(refused.read())
    return None


def as_json(text: bytes) -> Any:
    """None where there is no JSON."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _code(answer: Any) -> str:
    """HubSpot's `category`, or the `errorCode` of Salesforce's first error: both are fixed words."""
    first = answer[0] if isinstance(answer, list) and answer else answer
    found = (first.get("errorCode") or first.get("category")) if isinstance(first, dict) else None
    return found if isinstance(found, str) and found.replace("_", "").isalnum() else ""
