"""What the forms of others get back, each in the words that their scripts know.

One shape for all: `unknown` source, sender `unproved`, `accepted`, `refused` (no lead), `unwanted` (by the source's
file), `failed`. Nothing that was sent is echoed, and no answer tells who is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.domain.agreement import Source
from shared.domain.errors import Fault, RejectedInput
from shared.domain.lead import Lead
from shared.domain.qualification import Refusal
from shared.journeys.capture import Answer
from shared.sources.hubspot import error_body
from shared.web import form_replies, problems
from shared.web.gateway import Reply, Request

JSON = {"Content-Type": "application/json;charset=utf-8"}
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
# Builders that send again whatever was not answered 2xx, and switch a webhook off that keeps refusing.
TRIES_AGAIN = ("typeform", "webflow")


class Replies(Protocol):
    """The answers of one way in to one request; `source` is None when nobody wrote it down."""

    def unknown(self) -> Reply: ...
    def unproved(self, reason: str) -> Reply: ...
    def unwanted(self, reason: str) -> Reply: ...
    def accepted(self, answer: Answer) -> Reply: ...
    def refused(self, refusal: Refusal) -> Reply: ...
    def failed(self, error: Exception) -> Reply: ...


@dataclass(frozen=True, slots=True)
class HubSpot:
    """As HubSpot's Forms API v3 answers: 200 with a message or an address, else its error object."""

    source: Source | None
    correlation_id: str

    def unknown(self) -> Reply:
        return self._error(404, "resource not found")

    def unproved(self, reason: str) -> Reply:
        if reason == "no_secret":
            return self._error(503, "The service is not ready yet. Please send again.")
        return self._error(401, "Authentication credentials not found or not valid.", category="INVALID_AUTHENTICATION")

    def unwanted(self, reason: str) -> Reply:
        return self._thanks() if reason == "test_lead" else self.unknown()

    def accepted(self, answer: Answer) -> Reply:
        return self._thanks()

    def refused(self, refusal: Refusal) -> Reply:
        message, error_type = _IN_HUBSPOTS_WORDS.get(refusal.reason, _IN_HUBSPOTS_WORDS["no_permission"])
        errors = [{"message": message, "errorType": error_type}]
        return self._error(400, "The request is not valid", errors=errors)

    def failed(self, error: Exception) -> Reply:
        """400 whatever is wrong with the input, as HubSpot's clients expect, but for its size and type."""
        plain = problems.from_error(error)
        if not isinstance(error, RejectedInput):
            return self._error(plain.status, "Something went wrong on our side. Please send again.", plain.headers)
        status = plain.status if plain.status in (413, 415) else 400
        told = RejectedInput(error.code, Fault("", "too_long")) if status == 413 else error
        return Reply(status, json.dumps(error_body(told, self.correlation_id)), JSON)

    def _thanks(self) -> Reply:
        target, text = (self.source.thanks_url, self.source.thanks_text) if self.source else ("", "")
        body = {"redirectUri": target} if target.startswith("https://") else {"inlineMessage": text}
        return Reply(200, json.dumps(body), JSON)

    def _error(self, status: int, message: str, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
        body = {"status": "error", "message": message, "correlationId": self.correlation_id, **more}
        return Reply(status, json.dumps(body), {**(headers or {}), **JSON})


_IN_HUBSPOTS_WORDS: Mapping[str, tuple[str, str]] = {
    "no_contact_point": ("An e-mail address or a phone number is needed.", "REQUIRED_FIELD"),
    "no_qualifying_action": ("The form is empty.", "REQUIRED_FIELD"),
    "invalid_country": ("The value of 'country' is no country.", "VALUE_NOT_IN_FIELD_DEFINITION"),
    "no_permission": ("Without a consent nothing may be stored for this form.", "MISSING_PROCESSING_CONSENT"),
}


@dataclass(frozen=True, slots=True)
class WebToLead:
    """A browser is sent on (303) to a page of the file; where Salesforce would say nothing, the visitor is told."""

    request: Request
    source: Source | None
    site_url: str
    wanted_url: str
    debug: bool

    def unknown(self) -> Reply:
        """Salesforce answers 200 and drops it; here nobody believes that they were heard."""
        if "text/html" not in (self.request.header("accept") or ""):
            return problems.problem("unknown_form")
        return Reply(404, "This form is not connected, so nothing was sent. Please write to us otherwise.\n", PLAIN)

    def unproved(self, reason: str) -> Reply:
        return _unproved(reason)

    def unwanted(self, reason: str) -> Reply:
        if reason != "test_lead":
            return self.unknown()
        return self._sent_on(Reply(200, json.dumps({"recorded": False, "reason": reason}), JSON))

    def accepted(self, answer: Answer) -> Reply:
        return self._sent_on(form_replies.accepted(answer))

    def refused(self, refusal: Refusal) -> Reply:
        return self._sent_on(form_replies.refused(refusal))

    def failed(self, error: Exception) -> Reply:
        return self._sent_on(problems.from_error(error))

    def _sent_on(self, reply: Reply) -> Reply:
        """Only an address that the file lists, letter by letter, is ever followed: no open redirect, and nothing of
        the person in it.
        """
        if self.source is None or self.debug:
            return reply
        listed = self.wanted_url in self.source.return_urls
        pages = replace(self.source, thanks_url=self.wanted_url) if listed else self.source
        return form_replies.for_sender(reply, self.request, pages, True, self.site_url)


@dataclass(frozen=True, slots=True)
class Builder:
    """200 and the receipt, never another 2xx: Elementor takes those for a failure."""

    source: Source | None

    def unknown(self) -> Reply:
        return problems.problem("unknown_form")

    def unproved(self, reason: str) -> Reply:
        return _unproved(reason)

    def unwanted(self, reason: str) -> Reply:
        return self._not_recorded(reason) if reason == "test_lead" else self.unknown()

    def accepted(self, answer: Answer) -> Reply:
        reply = form_replies.accepted(answer)
        return Reply(200, reply.body, reply.headers)

    def refused(self, refusal: Refusal) -> Reply:
        """No lead is final: who would only send it again gets a 200 that says so; who waits gets the fault."""
        if self.source and self.source.platform in TRIES_AGAIN:
            return self._not_recorded(refusal.reason)
        return form_replies.refused(refusal)

    def failed(self, error: Exception) -> Reply:
        """A key used again is a delivery made again: what came first is recorded, and asking again changes nothing."""
        if isinstance(error, RejectedInput) and error.code == "key_reused":
            return self._not_recorded(error.code)
        return problems.from_error(error)

    def _not_recorded(self, reason: str) -> Reply:
        return Reply(200, json.dumps({"recorded": False, "reason": reason}), {"Content-Type": "application/json"})


def _unproved(reason: str) -> Reply:
    """A secret that we forgot to set is our mistake: whoever can send again shall do so."""
    return problems.problem("busy" if reason == "no_secret" else "unproved_sender")


Outcome = Answer | Refusal | str


def told(replies: Replies, outcome: Outcome) -> Reply:
    """The answer to what became of a lead; a text says why the source does not want it."""
    if isinstance(outcome, str):
        return replies.unwanted(outcome)
    return replies.refused(outcome) if isinstance(outcome, Refusal) else replies.accepted(outcome)


def became(outcome: Outcome) -> tuple[str, Lead | None]:
    """The same for the operators: one word, and the lead where this very post wrote one."""
    if isinstance(outcome, str | Refusal):
        return (outcome if isinstance(outcome, str) else outcome.reason), None
    lead = outcome.intake.lead if outcome.intake else None
    return ("captured" if lead else "replayed"), lead


def of(words: str, request: Request, source: Source | None, site_url: str, wishes: tuple[str, bool]) -> Replies:
    """The answers in the words of `hubspot`, `salesforce` or a builder; `wishes` as a Web-to-Lead page has them."""
    if words == "hubspot":
        return HubSpot(source, request.request_id)
    return WebToLead(request, source, site_url, *wishes) if words == "salesforce" else Builder(source)
