"""The door for LinkedIn and Meta, who knock: raw bytes, sender, content, in this order; 2xx only when all is queued."""

from __future__ import annotations

import gc
from contextlib import suppress
from functools import partial
from typing import Any

from shared import telemetry
from shared.adapters import notify_aws, ways
from shared.domain.agreement import from_compiled
from shared.domain.errors import LeadgateError
from shared.domain.lead import instant
from shared.journeys.notify import Admit, Notify
from shared.settings import compiled_agreement, from_environment
from shared.sources import linkedin, meta, notifications, signatures
from shared.sources.notifications import Knock
from shared.sources.signatures import Refused
from shared.web import gateway, problems, webhook_replies
from shared.web.gateway import Reply, Request

SETTINGS = from_environment()
AGREEMENT = from_compiled(compiled_agreement())
SECRETS = notify_aws.platform_secrets(SETTINGS)
ADMIT = Admit(SECRETS, signatures.is_about_the_secret)
NOTIFY = Notify(notify_aws.notifications(SETTINGS), AGREEMENT)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request = gateway.read(event)
    answer = ANSWERS.get((request.resource, request.method))
    try:
        reply = answer(request) if answer else problems.method_not_allowed("GET, POST")
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        reply = webhook_replies.failed(error)
        telemetry.failed(error)
    return reply.as_event()


def _linkedin_challenge(request: Request) -> Reply:
    source, codes = request.path_parameters["source_id"], request.query.get("challengeCode", ())
    answer = ADMIT("linkedin", "client_secret", source, partial(linkedin.challenge_answer, codes))
    return _refused("linkedin", source, answer) if isinstance(answer, Refused) else webhook_replies.as_json(answer)


def _linkedin(request: Request) -> Reply:
    source, body, signature = request.path_parameters["source_id"], request.raw_body(), request.values("x-li-signature")
    sender = ADMIT("linkedin", "client_secret", source, partial(signatures.linkedin, signature, body))
    if isinstance(sender, Refused):
        return _refused("linkedin", source, sender)
    return _queued("linkedin", notifications.read_linkedin(body, source, instant(ways.now())))


def _meta_handshake(request: Request) -> Reply:
    answer = ADMIT("meta", "verify_token", "", partial(meta.handshake, request.query))
    if isinstance(answer, Refused):
        return _refused("meta", "", answer, "wrong_token")
    return webhook_replies.as_text(answer)


def _meta(request: Request) -> Reply:
    body = request.raw_body()
    sender = ADMIT("meta", "app_secret", "", partial(signatures.meta, request.values("x-hub-signature-256"), body))
    if isinstance(sender, Refused):
        return _refused("meta", "", sender)
    return _queued("meta", notifications.read_meta(body, AGREEMENT, instant(ways.now())))


def _queued(platform: str, knock: Knock) -> Reply:
    taken, parked = NOTIFY(knock.notifications)
    telemetry.knocked(platform, taken=taken, parked=parked, unknown=knock.unknown, unreadable=knock.unreadable)
    return webhook_replies.taken()


def _refused(platform: str, source_id: str, verdict: Refused, problem_code: str = "unproved_sender") -> Reply:
    is_ours = platform == "meta" or AGREEMENT.source(source_id, platform) is not None
    telemetry.refused_sender(platform, source_id if is_ours else "", verdict.reason)
    return webhook_replies.refused(verdict.reason, is_ours, problem_code)


ANSWERS = {
    ("/v1/webhooks/linkedin/{source_id}", "GET"): _linkedin_challenge,
    ("/v1/webhooks/linkedin/{source_id}", "POST"): _linkedin,
    ("/v1/webhooks/meta", "GET"): _meta_handshake,
    ("/v1/webhooks/meta", "POST"): _meta,
}

with suppress(LeadgateError):
    SECRETS.now()  # in the Init phase, so that LinkedIn's three seconds are not spent on it

gc.enable()
gc.freeze()  # what start-up made stays for ever, so no later collection needs to look through it
