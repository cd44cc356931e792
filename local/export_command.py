"""`leadgate export`: the history of all leads as JSONL, without the persons, for back-tests and reports."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import where

if TYPE_CHECKING:
    from local.leads_table import LeadsTable
    from shared.domain.agreement import Agreement

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

TOLD_EVERY = 500
EXAMPLE = """example:
  leadgate export history.jsonl --ready-file ready.json
  leadgate export history.jsonl --tables              needs LEADS_TABLE, AWS credentials and region

One line is one act or one answer of sales; `leadgate definition backtest --events` reads it. It holds no names,
addresses or numbers, but who knows a lead's id can still find the person: keep it like the table itself."""


def add_to(commands: Commands) -> None:
    """Register `export`."""
    export = commands.add_parser(
        "export",
        help="write the history of all leads, without the persons",
        description="The history of all leads as JSON lines, without the persons.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export.add_argument("out", type=Path, metavar="OUT.jsonl")
    where.add_to(export, "the table that LEADS_TABLE names")


def run(chosen: argparse.Namespace) -> int:
    """Writes the file and says how much is in it."""
    from local import leads_table
    from shared.domain.agreement import from_compiled
    from shared.settings import compiled_agreement

    table = leads_table.chosen_table(chosen)
    with chosen.out.open("w", encoding="utf-8") as out:
        lines = people = 0
        for people, rows in enumerate(history(table, from_compiled(compiled_agreement())), 1):
            lines += len(rows)
            out.writelines(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
            if people % TOLD_EVERY == 0 and sys.stderr.isatty():
                print(f"\r{people:,} people", end="", file=sys.stderr, flush=True)
    print(f"wrote {lines:,} lines about {people:,} leads to {chosen.out}")
    return 0


def history(table: LeadsTable, agreement: Agreement) -> Iterator[list[dict[str, Any]]]:
    """The lines of one lead at a time."""
    from shared.adapters.lead_lines import lines_of, shown_fields

    shown = shown_fields(agreement)
    for items in table.people():
        rows = lines_of(items, shown, agreement)
        if rows:
            yield rows
