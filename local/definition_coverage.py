"""How often each field that a definition asks for is filled, over an export of history."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from local.definition_file import entries, read, shown, text
from local.definition_sheet import Around, Sheet
from shared.domain.errors import LeadgateError


class NoExport(LeadgateError):
    """A file that is no export of history; the text names the line."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """`asked`: each field with the line that asks for it first; `filled`: how many of the leads gave it."""

    leads: int
    asked: Mapping[str, int]
    filled: Mapping[str, int]

    def percent(self) -> dict[str, float]:
        return {
            name: round(100 * self.filled.get(name, 0) / self.leads, 1) if self.leads else 0.0 for name in self.asked
        }

    def in_words(self) -> list[str]:
        width = max(map(len, self.asked), default=0)
        head = f"how many of {self.leads:,} leads filled each field that the definition asks for"
        rows = sorted(self.percent().items(), key=lambda row: (-row[1], row[0]))
        return [head, *(f"  {name:<{width}} {share:5.1f} %" for name, share in rows)]


def coverage(files: Sequence[Path], events: Path) -> Coverage:
    """One pass over the export; it holds one whole number per lead."""
    asked = _asked(files)
    bits = {name: 1 << index for index, name in enumerate(asked)}
    leads: dict[str, int] = {}
    for lead, fields in _answers(events):
        leads[lead] = leads.get(lead, 0) | sum(bits[name] for name in asked.keys() & fields.keys() if fields[name])
    filled = {name: sum(1 for given in leads.values() if given & bit) for name, bit in bits.items()}
    return Coverage(len(leads), asked, filled)


def _asked(files: Sequence[Path]) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in files:
        source = read(path)
        for leaf in Sheet(source, Around(date.min)).leaves():
            when = entries(leaf.when)
            name = "email" if "email_domain" in when else text(when.get("field"))
            if name:
                found.setdefault(name, source.line(leaf.place))
    return found


def _answers(events: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        with events.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                event = _event(line, number, events) if line.strip() else {}
                if event.get("type") == "event":
                    yield text(event.get("lead")), entries(event.get("fields"))
    except OSError as error:
        raise NoExport(f"{shown(events)} cannot be read: {error.strerror}.") from None


def _event(line: str, number: int, events: Path) -> dict[str, Any]:
    try:
        return entries(json.loads(line))
    except ValueError:
        raise NoExport(f"{shown(events)}:{number}: this is no JSON line of an export.") from None
