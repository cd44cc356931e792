"""A platform delivers a lead: captured like any submission, but nobody is there who could correct anything."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.errors import RejectedInput
from shared.domain.lead import Lead
from shared.domain.qualification import Refusal
from shared.domain.question import Question
from shared.journeys.capture import Capture


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of it in one word: captured, replayed, or the reason why it makes nobody a lead.

    `lead` is there when this very call wrote it.
    """

    outcome: str
    lead: Lead | None = None


def capture_delivery(capture: Capture, question: Question) -> Delivered:
    """The platform's own id makes a delivery the same as the one before, even if it could be read better this time.

    Raises what `Capture` raises, but never because a key was used before.
    """
    try:
        answer = capture(question)
    except RejectedInput as refused:
        if refused.code != "key_reused":
            raise
        return Delivered("replayed")
    if isinstance(answer, Refusal):
        return Delivered(answer.reason)
    return Delivered("captured", answer.intake.lead) if answer.intake else Delivered("replayed")
