"""What the leads cost: spend by month, channel and campaign, from the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shared.domain.errors import Fault, RejectedInput
from shared.domain.kpis import ALL
from shared.domain.money import in_units

COLUMNS = ("month", "channel", "campaign", "amount", "currency")
CENT = Decimal("0.01")
_SHAPES = {
    "month": re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])"),
    "channel": re.compile(r"[^\x00-\x1f]{1,200}"),
    "campaign": re.compile(r"[^\x00-\x1f]{0,200}"),
    "amount": re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?"),
    "currency": re.compile(r"[A-Z]{3}"),
}


@dataclass(frozen=True, slots=True)
class Spend:
    """Amounts by cell of a summary (`all`, `month=…`, `channel=…`, `campaign=…`), in one currency."""

    currency: str
    by_cell: Mapping[str, Decimal]

    def per(self, count: int, cell: str = ALL) -> Decimal | None:
        """The cost of one, in whole cents; undefined where there is none, or where no spend is known (C58a)."""
        if not count or cell not in self.by_cell:
            return None
        return (self.by_cell[cell] / count).quantize(CENT, ROUND_HALF_UP)

    def returned(self, revenue: Mapping[str, int], cell: str = ALL) -> Decimal | None:
        """What came back for each unit that was spent, to two digits. Undefined without revenue or spend, and where
        anything was won in another currency: it cannot be added, and left out it would be too little.
        """
        if revenue.keys() != {self.currency} or not self.by_cell.get(cell):
            return None
        won = Decimal(in_units(revenue[self.currency], self.currency))
        return (won / self.by_cell[cell]).quantize(CENT, ROUND_HALF_UP)


def spend_from(rows: Iterable[Mapping[str, str]]) -> Spend:
    """The spend of a table with the columns COLUMNS; RejectedInput `invalid_spend` names row (from 0) and column."""
    table = list(rows)
    faults = [Fault(f"/{number}/{name}", code) for number, row in enumerate(table) for name, code in _faults(row)]
    currencies = {row.get("currency", "") for row in table}
    if not faults and len(currencies) != 1:
        faults = [Fault("", "currencies_mixed" if table else "required")]
    if faults:
        raise RejectedInput("invalid_spend", *faults)
    by_cell: dict[str, Decimal] = {}
    for row in table:
        for cell in _cells(row):
            by_cell[cell] = by_cell.get(cell, Decimal(0)) + Decimal(row["amount"])
    return Spend(currencies.pop(), by_cell)


def _cells(row: Mapping[str, str]) -> Iterable[str]:
    """First and last touch are paid for with the same money, so a channel has it under both."""
    yield from (ALL, f"month={row['month']}")
    for name in ("channel", "campaign"):
        if row[name]:
            yield from (f"{name}={row[name]}", f"{name}_last={row[name]}")


def _faults(row: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name in COLUMNS:
        value = row.get(name)
        if value is None:
            yield name, "required"
        elif not _SHAPES[name].fullmatch(value):
            yield name, f"invalid_{name}"
