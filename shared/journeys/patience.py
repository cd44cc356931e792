"""What may pass is tried again a few times, with growing pauses, and then given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shared.domain.errors import TryAgain
from shared.journeys.ports import Pause

ATTEMPTS = 8
Result = TypeVar("Result")


def patiently(step: Callable[[], Result], pause: Pause) -> Result:
    """The step's result; TryAgain when it failed ATTEMPTS times. The step must be harmless to repeat."""
    for attempt in range(1, ATTEMPTS):
        try:
            return step()
        except TryAgain:
            pause(attempt)
    return step()
