"""What sales' answers need from the outside."""

from __future__ import annotations

from typing import Protocol

from shared.domain.sales_answer import Desk, Settlement
from shared.domain.suppression import Found, Marks


class Desks(Protocol):
    """Every method raises TryAgain when the store is away or busy. Reads are strongly consistent, but a lead of this
    very second may not be found yet.
    """

    def desk(self, lead_id: str) -> tuple[str, Desk] | None:
        """The person key and the desk of the lead with this id; None when there is none (any more)."""
        ...

    def is_gone(self, lead_id: str) -> bool:
        """Was there a lead with this id that is erased, or is being erased?"""
        ...


class AnswerStore(Desks, Protocol):
    """As `Desks`, and the way to answer."""

    def found(self, marks: Marks) -> Found:
        """Which of these marks are suppressed, and which are opted out of sale."""
        ...

    def settle(self, person: str, settlement: Settlement) -> None:
        """One transaction, all or nothing. Raises Conflict when the lead or its offer has changed since it was read,
        or when an answer with this id is kept already.
        """
        ...
