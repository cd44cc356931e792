"""The count: whoever changed on the stream of the leads table is counted again in the stored figures."""

from __future__ import annotations

from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import aws, figures_aws
from shared.journeys.count_figures import CountFigures
from shared.settings import from_environment

SETTINGS = from_environment()


@cache
def count() -> CountFigures:
    return CountFigures(
        figures_aws.store(SETTINGS), figures_aws.definition(), aws.now, aws.pause, figures_aws.choices()
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """How many leads count otherwise now. What fails is brought again, in halves: who was counted is not twice."""
    people = {record["dynamodb"]["Keys"]["pk"]["S"].removeprefix("P#") for record in event["Records"]}
    try:
        counted = count()(people)
    except Exception as error:
        telemetry.failed(error)
        raise
    telemetry.count("LeadsCounted", counted)
    return {"counted": counted}
