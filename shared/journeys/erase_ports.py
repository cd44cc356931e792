"""What an erasure needs from the outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.erasure import Barrier, Beginning, Erasure, Piece, Step, Work
from shared.domain.lead import Lead
from shared.domain.offer import Offered
from shared.domain.suppression import Found, Marks, Suppression


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a person: their lead, or the id of the lead that is being erased, or neither."""

    lead: Lead | None = None
    erasing: str | None = None


class ErasureStore(Protocol):
    """Every method raises TryAgain when the store is away or busy; every write is one transaction, all or nothing.

    Reads are strongly consistent, but for `whereabouts` and `unfinished`, which may lag behind by a second.
    """

    def whereabouts(self, lead_id: str) -> str | None:
        """The person key of the lead with this id."""
        ...

    def submitter(self, submission: str) -> str | None:
        """The person key behind a submission key; None when there is none or it was erased."""
        ...

    def standing(self, person: str) -> Standing:
        """What lies in the place of a person's lead."""
        ...

    def found(self, marks: Marks) -> Found:
        """Which of these marks are suppressed."""
        ...

    def offer(self, person: str, crossing: int) -> Offered | None:
        """The offer of this crossing, as it stands."""
        ...

    def erasure(self, lead_id: str) -> Erasure | None:
        """The tombstone of this lead."""
        ...

    def begin(self, beginning: Beginning) -> None:
        """Make the person unreachable, and free the hands of whoever held the lead. Raises Conflict when lead or offer
        is not as it was read, or has gone.
        """
        ...

    def pieces(self, person: str, limit: int) -> tuple[Piece, ...]:
        """At most `limit` items of the person, the place of the lead left out; none only when none is left."""
        ...

    def tokens_among(self, digests: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these links that are stored."""
        ...

    def open_entries(self, chain: str, before: int, limit: int) -> tuple[int, ...]:
        """The numbers of at most `limit` entries before this one that still have a salt or a body."""
        ...

    def purses_among(self, purses: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these purses that are stored."""
        ...

    def destroy(self, person: str, step: Step, chain: str) -> None:
        """Raises Conflict when somebody else has done a step of this erasure since."""
        ...

    def finish(self, work: Work, erasure: Erasure, purses: tuple[str, ...]) -> None:
        """Free the person's place, and forget who has their company's account, as that may lead to them.

        Raises Conflict when somebody else has done a step of this erasure since.
        """
        ...

    def forget(self, erasure: Erasure) -> None:
        """The tombstone as it is from now on. Raises Conflict when somebody else has written it since."""
        ...

    def keep(self, barriers: tuple[Barrier, ...], suppressions: tuple[Suppression, ...]) -> None:
        """Remember these, whether or not they are remembered already."""
        ...

    def unfinished(self, now: datetime, limit: int) -> Iterable[str]:
        """The ids of leads whose tombstone wants to be looked at, at most `limit`."""
        ...
