"""A lead of an ad platform on its way to us: what its first look tells, and what we remember of it.

What is remembered holds no person: it lies under a keyed hash of source and lead, and counts moments only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the door that only queues ids looks at a glance, and pays for no decision about people
    from shared.domain.question import Question


@dataclass(frozen=True, slots=True)
class Glance:
    """What a lead tells before its form is known: which one it is, when it was submitted (epoch milliseconds, 0: not
    told), and which version of which form the person saw (empty where forms have none).
    """

    lead_id: str
    submitted_ms: int
    form_id: str
    form_version: str = ""


@dataclass(frozen=True, slots=True)
class AdLead:
    """A lead joined with its form: what the capture journey is asked, or why the source does not want it."""

    question: Question
    unwanted: str | None = None


@dataclass(frozen=True, slots=True)
class AdRecord:
    """What is remembered of one lead of one source; who registers again comes back under the same id.

    `met` holds the moments of submission that we have begun with, `done` those that are recorded; what was submitted
    until `deleted_ms` is deleted, whether it came before or after. `parked` says why the lead is put aside.
    """

    deleted_ms: int = 0
    met: tuple[int, ...] = ()
    done: tuple[int, ...] = ()
    parked: str = ""
    version: int = 0

    def is_deleted(self, moment: int) -> bool:
        return moment <= self.deleted_ms

    def gone(self) -> tuple[int, ...]:
        """The submissions that must not be there (any more)."""
        return tuple(moment for moment in self.met if self.is_deleted(moment))

    def with_met(self, moment: int) -> AdRecord:
        return replace(self, met=_with(self.met, moment))

    def with_done(self, moment: int) -> AdRecord:
        """Recorded, and no longer put aside."""
        return replace(self, done=_with(self.done, moment), parked="")

    def with_deletion(self, moment: int) -> AdRecord:
        """An earlier deletion takes nothing back of a later one."""
        return replace(self, deleted_ms=max(moment, self.deleted_ms), parked="")

    def with_parked(self, reason: str) -> AdRecord:
        return replace(self, parked=reason)


@dataclass(frozen=True, slots=True)
class Parked:
    """A lead that is put aside: its id on the platform, the reason as a code, and since when; nothing of the person."""

    source_id: str
    lead_id: str
    reason: str
    at: str


def _with(moments: tuple[int, ...], moment: int) -> tuple[int, ...]:
    return tuple(sorted({*moments, moment}))
