"""The door for Google Ads lead forms: `POST /v1/webhooks/google/{source_id}`, the whole lead in one post.

The key is taken out of the body before anything else happens to it. Google never sends again what was answered 4xx.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from functools import cache, partial
from typing import Any

from shared import telemetry
from shared.adapters import aws, notify_aws
from shared.domain.agreement import Source, from_compiled
from shared.domain.definition import compile_definition
from shared.domain.errors import LeadgateError
from shared.domain.lead import instant
from shared.journeys.capture import Capture
from shared.journeys.capture_delivery import Delivered, capture_delivery
from shared.journeys.notify import Admit, Notify
from shared.settings import compiled_agreement, from_environment
from shared.sources import ad_lead, google, notifications, signatures
from shared.sources.platform_lead import PlatformLead
from shared.sources.signatures import Refused
from shared.web import gateway, problems, webhook_replies
from shared.web.gateway import Reply, Request

SETTINGS = from_environment()
AGREEMENT = from_compiled(compiled_agreement())
DEFINITION = compile_definition(AGREEMENT.definition)
SECRETS = notify_aws.platform_secrets(SETTINGS)
ADMIT = Admit(SECRETS, signatures.is_about_the_secret)
NOTIFY = Notify(notify_aws.notifications(SETTINGS), AGREEMENT)


@cache
def capture() -> Capture:
    """The journey; a failure to reach the secret is not remembered, so the next request tries again."""
    return Capture(aws.ledger(SETTINGS), aws.keyring(SETTINGS), aws.now, aws.dice, aws.pause)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request = gateway.read(event)
    try:
        reply = _answer(request) if request.method == "POST" else problems.method_not_allowed("POST")
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        reply = webhook_replies.google_failed(error)
        telemetry.failed(error)
        if reply.status == 400:
            telemetry.unreadable("google")
    return reply.as_event()


def _answer(request: Request) -> Reply:
    source_id = request.path_parameters.get("source_id", "")
    source = AGREEMENT.source(source_id, "google")
    opened = ADMIT("google", "google_key", source_id, partial(google.unlock, request.raw_body()))
    if isinstance(opened, Refused):
        telemetry.refused_sender("google", source_id if source else "", opened.reason)
        return webhook_replies.google_refused(opened.reason, source is not None)
    lead = google.read_lead(opened.members, source_id, bool(source and source.government_ids))
    delivered = _captured(source, lead) if source else _parked(lead)
    telemetry.delivered("google", source_id, delivered.outcome, delivered.lead)
    return webhook_replies.taken()


def _parked(lead: PlatformLead) -> Delivered:
    NOTIFY([notifications.of_google(lead.external_id, lead.form_id, lead.source_id, instant(aws.now()))])
    return Delivered("parked")


def _captured(source: Source, lead: PlatformLead) -> Delivered:
    reason = ad_lead.unwanted(source, lead)
    if reason:
        return Delivered(reason)
    return capture_delivery(capture(), ad_lead.question(source, lead, AGREEMENT, DEFINITION))


with suppress(LeadgateError):
    SECRETS.now(), capture()  # in the Init phase, so that the first lead does not wait for it

gc.enable()
gc.freeze()  # what start-up made stays for ever, so no later collection needs to look through it
