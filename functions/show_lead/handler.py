"""The door for sales: `GET /v1/leads/{lead_id}`, the person behind a message at the moment of contact. IAM decides
who may.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import answers_aws, aws
from shared.domain.agreement import from_compiled
from shared.domain.definition import compile_definitions
from shared.journeys.show_lead import Gone, ShowLead
from shared.settings import compiled_agreement, from_environment
from shared.web import gateway, problems

SETTINGS = from_environment()
DEFINITIONS = compile_definitions(from_compiled(compiled_agreement()).definitions)


@cache
def show_lead() -> ShowLead:
    return ShowLead(answers_aws.store(SETTINGS), DEFINITIONS, aws.now, answers_aws.sums(SETTINGS).peers)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request = gateway.read(event)
    try:
        view = show_lead()(request.path_parameters.get("lead_id", ""))
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        telemetry.failed(error)
        return problems.from_error(error).as_event()
    if view is None or isinstance(view, Gone):
        return problems.problem("gone" if view else "unknown_lead").as_event()
    return gateway.Reply(200, json.dumps(view, ensure_ascii=False), {"Content-Type": "application/json"}).as_event()
