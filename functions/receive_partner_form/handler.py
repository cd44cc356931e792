"""The door for the forms of others: pages that post to HubSpot or Salesforce today, and the webhooks of form builders.

Why it is not the form door: it may read the secrets that builders share with us, and what every page may call may not.
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
from shared.domain.submission import Signals
from shared.journeys.capture import Capture
from shared.journeys.notify import Admit
from shared.settings import compiled_agreement, from_environment
from shared.sources import ad_lead, partner_forms
from shared.sources.partner_forms import ONCE_WITHIN_S, SECRET, Delivery, Way
from shared.sources.signatures import Refused, is_about_the_secret
from shared.web import cors, form_replies, gateway, partner_replies, problems, signals, test_mark
from shared.web.gateway import Reply, Request
from shared.web.partner_replies import Replies

SETTINGS = from_environment()
AGREEMENT = from_compiled(compiled_agreement())
DEFINITION = compile_definition(AGREEMENT.definition)
SECRETS = notify_aws.platform_secrets(SETTINGS)
ADMIT = Admit(SECRETS, is_about_the_secret)


@cache
def capture() -> Capture:
    """The journey; a failure to reach the secret is not remembered, so the next request tries again."""
    return Capture(aws.ledger(SETTINGS), aws.keyring(SETTINGS), aws.now, aws.dice, aws.pause)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request = gateway.read(event)
    way = partner_forms.WAYS[request.resource]
    try:
        delivery = Delivery(request.path_parameters, request.headers, request.query, request.raw_body())
        source = way.source(delivery, AGREEMENT)
        replies = partner_replies.of(way.answers, request, source, SETTINGS.site_url, delivery.wishes)
        reply = _reply(request, way, delivery, source, replies)
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        telemetry.failed(error)
        return problems.from_error(error).as_event()
    origins = source.allowed_origins if source and not way.proved else ()
    return reply.with_headers(cors.for_any_of(origins, request.header("origin"))).as_event()


def _reply(request: Request, way: Way, delivery: Delivery, source: Source | None, replies: Replies) -> Reply:
    if request.method == "OPTIONS":
        return form_replies.preflight()
    if source is None:
        telemetry.count("SubmissionRefused", reason="unknown_source")
        return replies.unknown()
    try:
        return _captured(request, way, delivery, source, replies)
    except Exception as error:  # here it still has the words that the sender's script knows
        telemetry.failed(error)
        return replies.failed(error)


def _captured(request: Request, way: Way, delivery: Delivery, source: Source, replies: Replies) -> Reply:
    test_mark.of(request, SETTINGS.test_secret, is_proved=way.proved)
    now_ms = int(aws.now().timestamp() * 1000)
    proof = partial(partner_forms.verdict, delivery, source, now_ms)
    sender = ADMIT(source.platform, SECRET, source.source_id, proof) if way.proved else None
    if isinstance(sender, Refused):
        telemetry.refused_sender(source.platform, source.source_id, sender.reason)
        return replies.unproved(sender.reason)
    lead = partner_forms.read(way, delivery, source)
    # A builder's server has a country and a browser of its own; they say nothing about the visitor.
    said = Signals() if way.proved else signals.of(request, SETTINGS.edge_secret)
    question = ad_lead.question(source, lead, AGREEMENT, DEFINITION, said, once_within_s=ONCE_WITHIN_S)
    outcome = ad_lead.unwanted(source, lead) or capture()(question)
    telemetry.delivered(source.platform, source.source_id, *partner_replies.became(outcome))
    return partner_replies.told(replies, outcome)


with suppress(LeadgateError):
    capture()  # in the Init phase, so that the first visitor does not wait for it

gc.enable()
gc.freeze()  # what start-up made stays for ever, so no later collection needs to look through it
