"""What the journeys of ad leads need from the outside, beside what submissions need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.domain.errors import TryAgain


class NotConnected(TryAgain):
    """The platform lets us in no more: a token, a role or its API's version is over.

    Nothing is wrong with any lead, so none is parked; all of the source wait until an operator has mended it.
    """


@dataclass(frozen=True, slots=True)
class Window:
    """The leads submitted from `since` until before `until`, both in epoch milliseconds."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some leads, each as the JSON that `Platform.lead` gives; `rest` leads to the next page, empty after the last."""

    leads: tuple[bytes, ...]
    rest: str = ""


class Platform(Protocol):
    """A platform's API behind one connection of ours.

    Every method raises TryAgain when the platform is away or busy, NotConnected when it lets us in no more, and
    RejectedInput with a code when asking again would give the same: `lead_gone`, `answer_too_large`,
    `malformed_answer`, `refused_by_platform`.
    """

    def lead(self, lead_id: str) -> bytes:
        """The JSON of one lead."""
        ...

    def form(self, form_id: str) -> bytes | None:
        """The JSON of a form as it is now; None when there is no such form (any more)."""
        ...

    def leads(self, place: str, window: Window, rest: str = "") -> Page:
        """One page of the leads that were submitted in a window at a place: an owner's URN with its lead type
        (LinkedIn), a form's id (Meta).
        """
        ...
