"""The map of everything that can go wrong.

LeadgateError
├─ RejectedInput    the sender must change something     → 4xx, never retried
├─ TryAgain         nothing is wrong with the input      → 503 + Retry-After; queues retry
└─ CannotHappen     a broken promise of ours             → 500, alarm, dead-letter queue

Refusals (not a lead, no permission) are values of the intake, not exceptions.
No message here ever holds what a visitor sent.
"""

from __future__ import annotations

from dataclasses import dataclass


class LeadgateError(Exception):
    """Everything that Leadgate raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `pointer` is a JSON Pointer (RFC 6901) into the input, `code` a word from the
    glossary.
    """

    pointer: str
    code: str


class RejectedInput(LeadgateError):
    """The sender must change something; `code` picks the problem type, `faults` name the places."""

    def __init__(self, code: str, *faults: Fault) -> None:
        super().__init__(code)
        self.code = code
        self.faults = faults


class TryAgain(LeadgateError):
    """Nothing is wrong with the input and nothing was stored, or the same input can safely be sent again."""


class Conflict(TryAgain):
    """Somebody else wrote the same lead between our read and our write: gather and decide again."""


class CannotHappen(LeadgateError):
    """A promise of ours is broken; a person must look."""
