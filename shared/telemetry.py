"""What the operators see: JSON log lines and metrics, from closed vocabularies only, never a visitor's words.

A log line has a word for what happened and named facts whose values are ids, codes or numbers of ours.
Exceptions are logged by their type and, for our own, their message, which never holds input.
"""

from __future__ import annotations

import traceback

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from shared.domain.errors import LeadgateError, RejectedInput, TryAgain

logger = Logger(log_uncaught_exceptions=False)


def note(word: str, **facts: str | int | bool) -> None:
    """One log line."""
    logger.info(word, extra=facts)


def count(metric: str, times: int = 1, **dimensions: str) -> None:
    """So many more of something, in CloudWatch's embedded metric format."""
    with single_metric(name=metric, unit=MetricUnit.Count, value=times) as one:
        for name, value in dimensions.items():
            one.add_dimension(name, value)


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


def failed(error: Exception) -> None:
    """An exception on its way to becoming an answer: what the sender must mend is counted, what we must mend is
    shown.
    """
    if isinstance(error, RejectedInput):
        count("SubmissionRefused", reason=error.code)
    elif isinstance(error, TryAgain):
        logger.warning("busy", why=str(error))
        count("Busy")
    else:
        broke(error)
        count("Broken")


def handed_off(outcome: str, times: int) -> None:
    """What became of outbox messages."""
    if times:
        count("MessageHandedOff", times, outcome=outcome)
        note("handed_off", outcome=outcome, times=times)
