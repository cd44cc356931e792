"""What the operators see: JSON log lines and metrics, from closed vocabularies only, never a visitor's words.

A log line has a word for what happened and named facts whose values are ids, codes or numbers of ours.
Exceptions are logged by their type and, for our own, their message, which never holds input.
"""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_lambda_powertools.logging import Logger

from shared.domain.errors import LeadgateError, RejectedInput, TryAgain
from shared.domain.identity import canonical
from shared.domain.lead import Lead

if TYPE_CHECKING:
    from shared.domain.sales_answer import Kept  # most doors never take an answer

logger = Logger(log_uncaught_exceptions=False, json_deserializer=str)  # our words are no JSON to be read


def note(word: str, **facts: str | int | float | bool) -> None:
    """One log line."""
    logger.info(word, extra=facts)


def count(metric: str, times: int = 1, **dimensions: str) -> None:
    """So many more of something: one line in CloudWatch's embedded metric format, the same that Powertools would write
    (decision record 0035).
    """
    named = {**dimensions, "service": os.getenv("POWERTOOLS_SERVICE_NAME", "service_undefined")}
    asked = {
        "Namespace": os.environ["POWERTOOLS_METRICS_NAMESPACE"],
        "Dimensions": [list(named)],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    at = time.time_ns() // 1_000_000
    print(canonical({"_aws": {"Timestamp": at, "CloudWatchMetrics": [asked]}, **named, metric: [times]}))


def broke(error: Exception) -> None:
    """A failure of ours, with where it happened; a foreign exception's text may quote input, so only its type is
    kept.
    """
    where = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    why = str(error) if isinstance(error, LeadgateError) else ""
    logger.error("broke", error=type(error).__name__, why=why, where=where[-8:])


def failed(error: Exception, refused_as: str = "SubmissionRefused") -> None:
    """An exception on its way to becoming an answer: what the sender must mend is counted, what we must mend is
    shown.
    """
    if isinstance(error, RejectedInput):
        count(refused_as, reason=error.code)
    elif isinstance(error, TryAgain):
        logger.warning("busy", why=str(error))
        count("Busy")
    else:
        broke(error)
        count("Broken")


def delivered(platform: str, source_id: str, outcome: str, lead: Lead | None) -> None:
    """What became of a lead that a platform delivered whole."""
    count("PlatformLead", platform=platform, outcome=outcome)
    if lead is None:
        return note("delivered", source_id=source_id, outcome=outcome)
    count("SubmissionAccepted")
    note("captured", form_id=source_id, lead_id=lead.lead_id, version=lead.version, stage=lead.stage, score=lead.score)


def refused_sender(platform: str, source_id: str, reason: str) -> None:
    """Somebody proved nothing; `source_id` only where it is one of ours."""
    logger.warning("sender_refused", platform=platform, source_id=source_id, reason=reason)
    count("SignatureRefused")


def knocked(platform: str, **outcomes: int) -> None:
    """What became of the notifications in one post, by outcome: taken, parked, unknown, unreadable."""
    for outcome, times in outcomes.items():
        if times:
            count("Notification", times, platform=platform, outcome=outcome)
    if outcomes.get("unreadable"):
        unreadable(platform)
    note("knocked", platform=platform, **outcomes)


def unreadable(platform: str) -> None:
    """A platform sent, and proved, what nobody here can read."""
    logger.error("unreadable", platform=platform)
    count("Unreadable")


def engaged(outcomes: Iterable[str], lead: Lead | None) -> None:
    """What became of each report about one lead; `lead` when it changed."""
    for outcome, times in Counter(outcomes).items():
        count("Report", times, outcome=outcome)
    if lead:
        note("engaged", lead_id=lead.lead_id, version=lead.version, stage=lead.stage, score=lead.score)


def answered(kept: Kept, lead: Lead) -> None:
    """What sales said about a lead: the kind and its reason, both from closed lists."""
    count("SalesAnswer", kind=kept.kind, reason=kept.reason or "none")
    note("answered", lead_id=lead.lead_id, version=lead.version, stage=lead.stage, kind=kept.kind)


def handed_off(outcome: str, times: int) -> None:
    """What became of outbox messages."""
    if times:
        count("MessageHandedOff", times, outcome=outcome)
        note("handed_off", outcome=outcome, times=times)
