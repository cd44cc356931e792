"""What counting the figures needs from the outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.domain.lead import Lead
from shared.domain.stored_sums import Parts, Sum


@dataclass(frozen=True, slots=True)
class Counted:
    """What a lead adds to the stored sums; `version` is that of the item, 0 when the lead was never counted."""

    parts: Parts = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A lead as it is, the lines of its history, and what was counted of it before."""

    lead: Lead
    lines: tuple[Mapping[str, Any], ...]
    counted: Counted


@dataclass(frozen=True, slots=True)
class Recount:
    """A lead that adds something else from now on."""

    person: str
    lead_id: str
    counted: Counted


class FigureStore(Protocol):
    """Every method raises TryAgain when the store is away or busy. Reads are strongly consistent."""

    def standing(self, person: str) -> Standing | None:
        """None when there is no lead (any more), as when it is being erased."""
        ...

    def sums(self, shard: int, names: Iterable[str]) -> Mapping[str, Sum]:
        """The sums of a shard by these names; one that is not there yet is empty."""
        ...

    def write(self, shard: int, recounts: tuple[Recount, ...], sums: Mapping[str, Sum]) -> None:
        """One transaction, all or nothing. Raises Conflict when a sum or what was counted of a lead has changed since
        it was read, or when one of the leads is gone.
        """
        ...
