"""What the journeys need from the outside, as Protocols; adapters and their in-memory twins keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.agreement import Notice
from shared.domain.intake import Intake
from shared.domain.lead import Lead
from shared.domain.message import Message
from shared.domain.question import Draws, Known
from shared.domain.suppression import Marks


@dataclass(frozen=True, slots=True)
class Keys:
    """Where one submission looks and writes: keyed hashes only. `suppression` maps email and phone to their marks.

    `earlier` is where the same content lies if it came in the stretch of time before (None where senders have keys).
    """

    person: str
    submission: str
    fingerprint: str
    suppression: Marks
    earlier: str | None = None


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What an earlier submission under the same key was answered; `receipt` is its exact text, `at` when it came."""

    fingerprint: str
    event_id: str
    receipt: str
    at: str


ERASED = FirstAnswer("", "", "", "")  # there was a submission under this key, and its person was erased


@dataclass(frozen=True, slots=True)
class Recalled:
    """Everything that the one read found."""

    answer: FirstAnswer | None
    known: Known
    earlier: FirstAnswer | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an outbox message lies: person key and sort key."""

    person: str
    item: str

    @property
    def is_letter(self) -> bool:
        """Is it for the person, by mail or by text, and not for sales?"""
        return "#mail." in self.item or "#sms." in self.item


@dataclass(frozen=True, slots=True)
class Waiting:
    """An outbox message that is not yet delivered, and the lead as it is now (None when it is gone)."""

    place: Place
    message: Message
    lead: Lead | None


class Ledger(Protocol):
    """The store of leads, consents and the outbox. Every method raises TryAgain when the store is away or busy."""

    def recall(self, keys: Keys, notice: Notice) -> Recalled:
        """One batched, strongly consistent read."""
        ...

    def record(self, keys: Keys, intake: Intake, receipt: str) -> None:
        """One transaction, all or nothing. Raises Conflict when what `recall` found has changed since."""
        ...

    def waiting(self, place: Place) -> Waiting | None:
        """The outbox message at a place, strongly consistent; None when it is delivered or gone."""
        ...

    def overdue(self, now: datetime, limit: int) -> Iterable[Place]:
        """Where messages lie that should have been delivered by now, oldest first, at most `limit`."""
        ...

    def postpone(self, place: Place, now: datetime) -> None:
        """What failed is tried again later, later still each time; harmless when nothing waits there."""
        ...

    def mark_delivered(self, place: Place, now: datetime) -> None:
        """The message at this place needs no more attention; marking twice is harmless."""
        ...

    def find(self, lead_id: str) -> Lead | None:
        """The lead with this id, or None when there is none (any more)."""
        ...

    def is_gone(self, lead_id: str) -> bool:
        """Was there a lead with this id that is erased, or is being erased?"""
        ...


class HandOff(Protocol):
    """The queue to sales."""

    def send(self, message: Message) -> None:
        """Deliver at least once; raises TryAgain when the queue is away."""
        ...


class Cipher(Protocol):
    """A key whose bytes nobody sees."""

    def encrypt(self, text: str, context: Mapping[str, str]) -> str:
        """The ciphertext in base64, another one each time; whoever decrypts must name the same context.

        Raises TryAgain when the key is out of reach, CannotHappen when it refuses.
        """
        ...


class Clock(Protocol):
    def __call__(self) -> datetime:
        """The time now, in UTC."""
        ...


class Dice(Protocol):
    def __call__(self) -> Draws:
        """Fresh ids and salt."""
        ...


class Pause(Protocol):
    def __call__(self, attempt: int) -> None:
        """Wait a little, longer and more at random with every attempt (1, 2, …)."""
        ...
