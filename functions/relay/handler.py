"""The relay: new outbox items on the stream of the leads table go to the hand-off queue."""

from __future__ import annotations

from functools import cache
from typing import Any

from shared import telemetry
from shared.delivery import delivery
from shared.journeys.deliver import Deliver
from shared.journeys.ports import Place
from shared.settings import from_environment

SETTINGS = from_environment()


@cache
def deliver() -> Deliver:
    return delivery(SETTINGS)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """In order; at the first failure the rest waits for the retry, so a lead's messages never overtake each other."""
    for record in event["Records"]:
        try:
            _relay(record["dynamodb"]["Keys"])
        except Exception as error:  # a poison record is bisected out by the mapping and parked, never lost
            telemetry.failed(error)
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _relay(keys: dict[str, dict[str, str]]) -> None:
    person, item = keys["pk"]["S"].removeprefix("P#"), keys["sk"]["S"]
    if item.startswith("EVT#server#answer:"):
        telemetry.count("FactsRecorded")
    elif item.startswith(("EVT#page#", "EVT#server#")):
        telemetry.count("ReportRecorded")
    elif item.startswith("EVT#"):
        telemetry.count("SubmissionRecorded")
    elif item.startswith("OUT#"):
        telemetry.handed_off(_delivered(Place(person, item)), 1)


def _delivered(place: Place) -> str:
    """A letter that cannot go now is left to the sweeper, so that no lead waits behind it."""
    try:
        return deliver()(place)
    except Exception as error:
        if not place.is_letter:
            raise
        telemetry.failed(error)
        return "left"
