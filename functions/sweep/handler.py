"""The sweeper: on a schedule, whatever the relay did not deliver. It needs no stream."""

from __future__ import annotations

from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import aws, aws_offers
from shared.delivery import delivery
from shared.domain.errors import TryAgain
from shared.journeys.deliver import Deliver
from shared.journeys.promises import Watch
from shared.settings import from_environment

SETTINGS = from_environment()


@cache
def deliver() -> Deliver:
    return delivery(SETTINGS)


@cache
def watch() -> Watch:
    return Watch(aws_offers.store(SETTINGS), aws_offers.agreed(), aws.now, aws.pause)


def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """Counts of what became of the overdue messages, and of the promises that are due; a failure is raised after the
    others were tried, so the alarm sees it.
    """
    counts, kept = deliver().sweep(), watch().sweep()
    for outcome, times in counts.items():
        telemetry.handed_off(outcome, times)
    for outcome, times in kept.items():
        telemetry.count("PromiseDue", times, outcome=outcome)
    if counts["failed"] or kept["failed"]:
        raise TryAgain(f"{counts['failed']} messages and {kept['failed']} promises must be tried again")
    return {**counts, **{f"promises_{outcome}": times for outcome, times in kept.items()}}
