"""The door for form posts: `POST /v1/forms/{form_id}/submissions`."""

from __future__ import annotations

import gc
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import aws
from shared.domain.agreement import Form, from_compiled
from shared.domain.definition import compile_definitions
from shared.domain.errors import Fault, RejectedInput, TryAgain
from shared.domain.qualification import Refusal
from shared.domain.question import question_about
from shared.journeys.capture import Answer, Capture
from shared.settings import compiled_agreement, from_environment
from shared.sources import website_form
from shared.web import cors, form_replies, gateway, problems, signals, test_mark

SETTINGS = from_environment()
AGREEMENT = from_compiled(compiled_agreement())
TEXT_COUNTRIES = AGREEMENT.text_countries if SETTINGS.sms_origin else frozenset()
DEFINITIONS = compile_definitions(AGREEMENT.definitions)


@cache
def capture() -> Capture:
    """The journey; a failure to reach the secret is not remembered, so the next request tries again."""
    keyring = aws.keyring(SETTINGS)
    return Capture(aws.ledger(SETTINGS), keyring, aws.now, aws.dice, aws.pause)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request = gateway.read(event)
    form = AGREEMENT.forms.get(request.path_parameters.get("form_id", ""))
    reply = _answer(request, form) if form and form.enabled else problems.problem("unknown_form")
    return reply.with_headers(cors.headers(form, request.header("origin"))).as_event()


def _answer(request: gateway.Request, form: Form) -> gateway.Reply:
    if request.method != "POST":
        return form_replies.preflight() if request.method == "OPTIONS" else problems.method_not_allowed("POST, OPTIONS")
    try:
        reply = _capture(request, form)
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        reply = problems.from_error(error)
        telemetry.failed(error)
    flat = website_form.is_flat(request.header("content-type"))
    return form_replies.for_sender(reply, request, form, flat, SETTINGS.site_url)


def _capture(request: gateway.Request, form: Form) -> gateway.Reply:
    if (request.header("content-encoding") or "identity").lower() != "identity":
        raise RejectedInput("unsupported_media_type", Fault("", "content_encoding"))
    submission = website_form.read(
        request.body(),
        request.header("content-type"),
        request.headers.get("idempotency-key", ()),
        signals.of(request, SETTINGS.edge_secret),
        form,
    )
    submission = replace(submission, is_test=True) if test_mark.of(request, SETTINGS.test_secret) else submission
    question = question_about(AGREEMENT, form, submission, DEFINITIONS[form.definition], TEXT_COUNTRIES)
    outcome = capture()(question)
    if isinstance(outcome, Refusal):
        telemetry.count("SubmissionRefused", reason=outcome.reason)
        return form_replies.refused(outcome)
    _tell(form, outcome)
    return form_replies.accepted(outcome)


def _tell(form: Form, answer: Answer) -> None:
    if answer.intake is None:
        return telemetry.note("replayed", form_id=form.form_id)
    lead = answer.intake.lead
    telemetry.count("SubmissionAccepted")
    telemetry.note(
        "captured", form_id=form.form_id, lead_id=lead.lead_id, version=lead.version, stage=lead.stage, score=lead.score
    )


with suppress(TryAgain):
    capture()  # in the Init phase, so that the first visitor does not wait for it

gc.enable()
gc.freeze()  # what start-up made stays for ever, so no later collection needs to look through it
