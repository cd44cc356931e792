"""What events after the form need from the outside, beside what acts on permissions need."""

from __future__ import annotations

from typing import Protocol

from shared.domain.engagement import Engagement
from shared.domain.lead import Lead
from shared.domain.suppression import Found, Marks


class EngagementStore(Protocol):
    """Every method raises TryAgain when the store is away or busy. Reads are strongly consistent, but for
    `whereabouts`, which may not know a lead of this very second.
    """

    def whereabouts(self, lead_id: str) -> str | None:
        """The person key of the lead with this id."""
        ...

    def reported(self, person: str, keys: tuple[str, ...]) -> tuple[Lead | None, frozenset[str]]:
        """One read: the lead, and which of these reports are kept already."""
        ...

    def found(self, marks: Marks) -> Found:
        """Which of these marks are suppressed, and which are opted out of sale."""
        ...

    def note(self, person: str, engagement: Engagement) -> None:
        """One transaction, all or nothing. Raises Conflict when the lead has changed since it was read, or when one of
        the reports is kept already.
        """
        ...

    def look_again(self, person: str, lead: Lead | None) -> None:
        """One transaction like `note` that writes nothing. Raises Conflict when the lead has changed since."""
        ...
