"""Counting in DynamoDB: a lead's items are read together, and one transaction moves what leads add to the sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.adapters import figure_items, items
from shared.adapters.dynamodb_sums import DynamoSums
from shared.adapters.items import Item
from shared.adapters.lead_lines import lines_of
from shared.domain.agreement import Agreement
from shared.domain.stored_sums import Sum
from shared.journeys.figure_ports import Recount, Standing


@dataclass(frozen=True, slots=True)
class DynamoFigures(DynamoSums):
    """Keeps the FigureStore port; `shown` are the fields that lines show as they were given."""

    agreement: Agreement
    shown: frozenset[str]

    def standing(self, person: str) -> Standing | None:
        return self.standing_in(self._partition(f"P#{person}"))

    def standing_in(self, found: Iterable[Item]) -> Standing | None:
        """What the items of one person say."""
        by_key = {item["sk"]["S"]: item for item in found}
        lead = items.lead_of(by_key.get("LEAD"))
        if lead is None:
            return None
        lines = lines_of(list(by_key.values()), self.shown, self.agreement)
        return Standing(lead, tuple(lines), figure_items.counted_of(by_key.get(figure_items.COUNTED)))

    def write(self, shard: int, recounts: tuple[Recount, ...], sums: Mapping[str, Sum]) -> None:
        self._transact(
            [
                *(
                    self._next(figure_items.counted_item(one.person, one.counted), one.counted.version - 1)
                    for one in recounts
                ),
                *(self._lives(one.person, one.lead_id) for one in recounts),
                *(self._next(figure_items.sum_item(shard, name, one), one.version - 1) for name, one in sums.items()),
            ]
        )
