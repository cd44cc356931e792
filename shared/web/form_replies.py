"""What the form's sender gets back: JSON for a script, a redirect to the form's own pages for a browser without one."""

from __future__ import annotations

import json
from typing import Protocol

from shared.domain.errors import Fault
from shared.domain.qualification import Refusal
from shared.journeys.capture import Answer
from shared.web import cors
from shared.web.gateway import Reply, Request
from shared.web.problems import problem


class HasPages(Protocol):
    """A form of ours or a source of others: where a browser without a script is sent on to."""

    @property
    def thanks_url(self) -> str: ...
    @property
    def sorry_url(self) -> str: ...


def preflight() -> Reply:
    return Reply(204, headers=cors.PREFLIGHT)


def accepted(answer: Answer) -> Reply:
    """202 with the receipt; 200 with the first receipt again when the same submission had come before."""
    headers = {"Content-Type": "application/json"}
    if answer.replayed:
        return Reply(200, answer.receipt, {**headers, "Idempotency-Replayed": "true"})
    return Reply(202, answer.receipt, headers)


def refused(refusal: Refusal) -> Reply:
    return problem("not_a_lead", [Fault(refusal.pointer, refusal.reason)], reason=refusal.reason)


def for_sender(reply: Reply, request: Request, form: HasPages, is_flat: bool, site_url: str) -> Reply:
    """The reply as it is for scripts; for a flat form in a browser, 303 to a page that the form's file names.

    The target never depends on the request, but for the reason code on the sorry page, which is one of ours.
    """
    accept = (request.header("accept") or "").lower()
    if is_flat and reply.status < 300 and "application/json" not in accept:
        return _see_other(site_url, form.thanks_url)
    if is_flat and reply.status >= 400 and "text/html" in accept:
        return _see_other(site_url, f"{form.sorry_url}?reason={_reason(reply)}")
    return reply


def _see_other(site_url: str, target: str) -> Reply:
    return Reply(303, headers={"Location": target if target.startswith("https://") else site_url.rstrip("/") + target})


def _reason(reply: Reply) -> str:
    """The refusal's own reason where there is one, else a word for the status; always one of ours."""
    by_status = {413: "too_large", 422: "answers", 503: "busy", 500: "busy"}.get(reply.status, "unreadable")
    return str(json.loads(reply.body).get("reason", by_status))
