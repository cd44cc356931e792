"""The door of the privacy officer: `DELETE /v1/leads/{lead_id}` and `POST /v1/erasures`; IAM decides who may.

A clock goes on with what a call had to leave.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import aws, erasure_aws
from shared.domain.erasure import Erasure, Order, certificate
from shared.domain.errors import TryAgain
from shared.domain.identity import Keyring
from shared.journeys.erase import Erase
from shared.settings import from_environment
from shared.sources import erasure_request
from shared.web import gateway, problems

SETTINGS = from_environment()
JSON = {"Content-Type": "application/json"}


@cache
def keyring() -> Keyring:
    return aws.keyring(SETTINGS)


@cache
def erase() -> Erase:
    return Erase(erasure_aws.store(SETTINGS), keyring, aws.now, aws.dice, aws.pause)


def by_lead_id(request: gateway.Request) -> gateway.Reply:
    lead_id = request.path_parameters.get("lead_id", "")
    done = erase().by_lead_id(lead_id, Order()) if erasure_request.is_lead_id(lead_id) else None
    return _reply(certificate(done), [done]) if done else problems.problem("unknown_lead")


def by_request(request: gateway.Request) -> gateway.Reply:
    asked = erasure_request.read(request.body(), request.header("content-type"))
    if asked.lead_id:
        one = erase().by_lead_id(asked.lead_id, asked.order)
        return _reply({"erasures": [certificate(one)]}, [one]) if one else problems.problem("unknown_lead")
    done = list(erase().by_contact(asked.contact, asked.order))
    return _reply({"erasures": [certificate(one) for one in done]}, done)


DOORS: dict[str, Callable[[gateway.Request], gateway.Reply]] = {
    "/v1/leads/{lead_id}": by_lead_id,
    "/v1/erasures": by_request,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if event.get("source") == "aws.events":
        return _on_the_clock()
    try:
        return DOORS[event["resource"]](gateway.read(event)).as_event()
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        telemetry.failed(error)
        return problems.from_error(error).as_event()


def _reply(body: dict[str, Any], done: list[Erasure]) -> gateway.Reply:
    """202 while something is left to destroy: the clock goes on, and so does whoever asks again."""
    for one in done:
        telemetry.note("erased", lead_id=one.lead_id, is_done=one.work is None, reason=one.order.reason)
    return gateway.Reply(202 if any(one.work for one in done) else 200, json.dumps(body), JSON)


def _on_the_clock() -> dict[str, int]:
    counts = erase().resume()
    telemetry.note("erasures_resumed", **counts)
    if counts["failed"]:
        raise TryAgain(f"{counts['failed']} erasures could not be gone on with")
    return counts
