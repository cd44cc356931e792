"""The door for what leads do after the form: `POST /v1/engagement` from pages that hold a lead's own token, and
`POST /v1/events` from our own servers. IAM decides who is one of these.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import aws
from shared.adapters.dynamodb_engagement import DynamoEngagement
from shared.adapters.transport import DYNAMODB
from shared.domain.agreement import from_compiled
from shared.domain.definition import compile_definitions
from shared.domain.engagement import KEPT, Outcome, answers_of, kinds_from
from shared.domain.report import PAGE, SERVER
from shared.journeys.engage import Engage
from shared.settings import compiled_agreement, from_environment
from shared.sources import reports
from shared.web import cors, gateway, problems

SETTINGS = from_environment()
AGREEMENT = from_compiled(compiled_agreement())
DEFINITIONS = compile_definitions(AGREEMENT.definitions)
ORIGINS = frozenset(origin for form in AGREEMENT.forms.values() for origin in form.allowed_origins)
ANSWERS = answers_of(AGREEMENT.definitions.values())


@cache
def engage() -> Engage:
    store = DynamoEngagement(aws.transport(SETTINGS, DYNAMODB), aws.tables(SETTINGS))
    return Engage(store, aws.keyring(SETTINGS), DEFINITIONS, aws.now, aws.pause)


def from_page(request: gateway.Request) -> gateway.Reply:
    """The same answer whatever the token is worth: it tells nobody whom we know."""
    if request.method == "OPTIONS":
        return gateway.Reply(204, headers=cors.PREFLIGHT)
    kinds = kinds_from(DEFINITIONS.values(), PAGE)
    token, seen = reports.read_page(request.body(), request.header("content-type"), kinds)
    _tell(engage().by_page(token, seen))
    return _json({"received": len(seen)})


def from_server(request: gateway.Request) -> gateway.Reply:
    """What became of the event, and why; a repeat is as good as the first."""
    kinds = kinds_from(DEFINITIONS.values(), SERVER)
    body, content_type = request.body(), request.header("content-type")
    whom, report = reports.read_server(body, content_type, kinds, ANSWERS, aws.now())
    outcome = engage().by_server(whom, report)
    _tell(outcome)
    (reason,) = outcome.said.values()
    return _json({"recorded": True} if reason in KEPT else {"recorded": False, "reason": reason})


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request, is_page = gateway.read(event), event["resource"] == "/v1/engagement"
    try:
        reply = from_page(request) if is_page else from_server(request)
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        telemetry.failed(error, "ReportRefused")
        reply = problems.from_error(error)
    allowance = cors.for_any_of(ORIGINS, request.header("origin")) if is_page else {}
    return reply.with_headers(allowance).as_event()


def _tell(outcome: Outcome) -> None:
    telemetry.engaged(outcome.said.values(), outcome.engagement.lead if outcome.engagement else None)


def _json(body: dict[str, Any]) -> gateway.Reply:
    return gateway.Reply(202, json.dumps(body), {"Content-Type": "application/json"})
