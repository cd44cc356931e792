"""What the journeys of ad leads need from the outside, beside what submissions need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from shared.domain.ad_lead import AdLead, AdRecord, Glance, Parked
from shared.domain.agreement import Source
from shared.domain.erasure import Erasure, Order
from shared.domain.errors import TryAgain
from shared.domain.pull import Checkpoint


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

    def places(self) -> tuple[str, ...]:
        """Where the leads of the source are asked for."""
        ...

    def leads(self, place: str, window: Window, rest: str = "") -> Page:
        """One page of the leads that were submitted in a window at a place: an owner's URN with its lead type
        (LinkedIn), a form's id (Meta).
        """
        ...


class Reader(Protocol):
    """What the bytes of a source's platform say. Raises RejectedInput when they say nothing."""

    def glance(self, source: Source, lead: bytes) -> Glance:
        """What a lead tells without its form."""
        ...

    def version(self, source: Source, form: bytes) -> str:
        """The version of a form, empty where forms have none."""
        ...

    def join(self, source: Source, lead: bytes, form: bytes | None) -> AdLead:
        """The lead with the form that asked for it."""
        ...

    def submission_key(self, platform: str, lead_id: str, submitted_ms: int) -> str:
        """The key under which this submission of the lead is recorded."""
        ...


class AdStore(Protocol):
    """What is remembered of ad leads and pulls. Every method raises TryAgain when the store is away or busy."""

    def remembered(self, place: str) -> AdRecord:
        """What is remembered at a place, strongly consistent; an empty record where nothing is."""
        ...

    def remember(self, place: str, record: AdRecord) -> None:
        """The record as it is from now on. Raises Conflict when it has changed since it was read."""
        ...

    def park(self, parked: Parked) -> None:
        """Put aside, or say anew why."""
        ...

    def unpark(self, source_id: str, lead_id: str) -> None:
        """No longer put aside; harmless when it was not."""
        ...

    def parked(self, source_id: str) -> Iterable[Parked]:
        """Everything of a source that is put aside."""
        ...

    def form(self, platform: str, form_id: str, version: str) -> bytes | None:
        """The form in this version, if it was kept."""
        ...

    def keep_form(self, platform: str, form_id: str, version: str, form: bytes) -> None:
        """Keep it for ever, unless it is kept already."""
        ...

    def checkpoint(self, source_id: str) -> Checkpoint | None:
        """How far a source was pulled."""
        ...

    def advance(self, source_id: str, checkpoint: Checkpoint) -> None:
        """The checkpoint from now on. Raises Conflict when it has changed since it was read."""
        ...


class EraseLead(Protocol):
    def by_submission(self, form_id: str, key: str, order: Order) -> Erasure | None:
        """The erasure of the person who sent this submission; None when there is none (any more)."""
        ...


class TimeLeft(Protocol):
    def __call__(self) -> bool:
        """Is there time for one more step?"""
        ...
