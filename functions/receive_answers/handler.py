"""The door for sales' answers: `POST /v1/leads/{lead_id}/dispositions` says what became of an offered lead. IAM decides
who may.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import answers_aws, aws
from shared.domain.agreement import from_compiled
from shared.domain.business_time import calendars_from
from shared.domain.definition import compile_definitions
from shared.domain.identity import Keyring
from shared.domain.sales_answer import facts_of
from shared.journeys.answer import Answered, TakeAnswer
from shared.settings import compiled_agreement, from_environment
from shared.sources import sales_answer
from shared.sources.erasure_request import is_lead_id
from shared.web import gateway, problems

SETTINGS = from_environment()
COMPILED = compiled_agreement()
AGREEMENT = from_compiled(COMPILED)
DEFINITIONS = compile_definitions(AGREEMENT.definitions)
FACTS = {name: facts_of(plain) for name, plain in AGREEMENT.definitions.items()}
CALENDARS = calendars_from(COMPILED["calendars"])


@cache
def keyring() -> Keyring:
    return aws.keyring(SETTINGS)


@cache
def take_answer() -> TakeAnswer:
    store = answers_aws.store(SETTINGS)
    return TakeAnswer(store, keyring, DEFINITIONS, FACTS, CALENDARS, aws.now, aws.pause)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    try:
        reply = _answered(gateway.read(event))
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        telemetry.failed(error, "AnswerRefused")
        reply = problems.from_error(error)
    return reply.as_event()


def _answered(request: gateway.Request) -> gateway.Reply:
    lead_id, keys = request.path_parameters.get("lead_id", ""), request.values("idempotency-key")
    given = sales_answer.read(request.body(), request.header("content-type"), keys, aws.now())
    if not is_lead_id(lead_id):
        return problems.problem("unknown_lead")
    found = take_answer()(lead_id, given)
    if found is None:
        return problems.problem("gone" if take_answer().is_gone(lead_id) else "unknown_lead")
    return _told(found)


def _told(found: Answered) -> gateway.Reply:
    if found.settlement:
        telemetry.answered(found.settlement.kept, found.settlement.lead)
    headers = {"Content-Type": "application/json"} | ({} if found.settlement else {"Idempotency-Replayed": "true"})
    return gateway.Reply(200, json.dumps(found.reply, ensure_ascii=False), headers)
