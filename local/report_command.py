"""`leadgate report`: what marketing offered, what sales made of it, and what it cost."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from local import where
from local.report_told import DIMENSIONS

if TYPE_CHECKING:
    from local.leads_table import LeadsTable
    from shared.domain.definition import Definition
    from shared.domain.history import History
    from shared.domain.lead_facts import Totals
    from shared.domain.segments import Choices
    from shared.domain.spend import Spend

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SHIPPED = Path(__file__).resolve().parent.parent / "agreement" / "definition.yaml"
OF_A_REPORT = ("json", "html", "spend")
EXAMPLE = """example:
  leadgate report --events history.jsonl --spend spend.csv --html report.html
  leadgate report --ready-file ready.json --by campaign
  leadgate report --tables --json                     needs LEADS_TABLE, AWS credentials and region
  leadgate report --tables --stored                   the stored sums, without reading every lead
  leadgate report --tables --check                    are they what a count from the events gives?

history.jsonl is what `leadgate export` or `leadgate definition sample` wrote. spend.csv has the columns month,channel,
campaign,amount,currency, such as 2026-03,google / paid,spring,1250.00,EUR. docs/report.md says what each figure is."""


def add_to(commands: Commands) -> None:
    """Register `report`."""
    report = commands.add_parser(
        "report",
        help="figures of marketing and sales: conversion, cost, acceptance, reasons, tests",
        description="The figures that marketing and sales share.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_sources(report)
    report.add_argument("--spend", type=Path, metavar="F.csv", help="what the leads cost, by month, channel, campaign")
    report.add_argument("--by", choices=tuple(DIMENSIONS), default="channel", help="the table to print")
    report.add_argument("--html", type=Path, metavar="OUT", help="write the report as one page with charts")
    report.add_argument("--json", action="store_true", help="the whole report as JSON instead of tables")
    stored = report.add_mutually_exclusive_group()
    stored.add_argument("--stored", action="store_true", help="of a table: read the stored sums instead of every lead")
    stored.add_argument("--check", action="store_true", help="of a table: are the stored sums those of a count?")
    stored.add_argument("--rebuild", action="store_true", help="of a table: count every lead anew into the stored sums")


def add_sources(command: argparse.ArgumentParser) -> None:
    """Where a command reads leads: an export, a running local stack, or the table of an account."""
    ways = where.add_to(command, "the table that LEADS_TABLE names")
    ways.add_argument("--events", type=Path, metavar="F", help="history as `leadgate export` writes it")
    command.add_argument("--outcomes", type=Path, metavar="F", help="what sales made of them, if not in --events")
    command.add_argument(
        "--definition", type=Path, default=SHIPPED, metavar="F", help="judges where --events tells no stages"
    )


def run(chosen: argparse.Namespace) -> int:
    """Prints the report; 1 when a file is wrong, or the stored sums are."""
    from local import report_page, report_told, report_words

    try:
        if chosen.check or chosen.rebuild:
            return _stored_sums(chosen)
        spend = spend_of(chosen.spend) if chosen.spend else None
        totals, as_of = _counted(chosen)
        report = report_told.as_plain(totals, spend, as_of)
    except (ValueError, OSError) as wrong:
        print(f"leadgate: {wrong}", file=sys.stderr)
        return 1
    if chosen.html:
        chosen.html.write_text(report_page.html(report), "utf-8")
    if chosen.json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print("\n".join(report_words.lines(report, chosen.by)))
    return 0


def _stored_sums(chosen: argparse.Namespace) -> int:
    """Raises ValueError for what belongs to a report: nothing that was asked for is left out in silence."""
    from local import stored_figures

    given = ", ".join(f"--{name}" for name in OF_A_REPORT if getattr(chosen, name))
    if given:
        raise ValueError(f"--check and --rebuild make no report: leave out {given}.")
    code, said = (stored_figures.check if chosen.check else stored_figures.rebuild)(table_of(chosen))
    print("\n".join(said))
    return code


def _counted(chosen: argparse.Namespace) -> tuple[Totals, str]:
    """What the report is made from, and the moment that it is of."""
    from shared.domain.lead import instant

    if chosen.stored:
        from local import stored_figures

        return stored_figures.totals(table_of(chosen)), instant(datetime.now(UTC))
    with source_of(chosen) as source:
        return totals_of(source), source.as_of


def table_of(chosen: argparse.Namespace) -> LeadsTable:
    """Raises ValueError for files: only a table has stored sums, and it knows what sales made of its leads."""
    from local import leads_table

    if chosen.events:
        raise ValueError("--events is counted each time: only a table has stored sums (--ready-file or --tables).")
    if chosen.outcomes:
        raise ValueError("--outcomes goes with --events: a table holds what sales answered.")
    return leads_table.chosen_table(chosen)


@dataclass(frozen=True, slots=True)
class Source:
    """The leads in parts that fit into memory, the definition that judges where none is told, and the moment that the
    figures are of: now for a table, the last line's for a file. `choices` are the answers of which segments are made;
    None where whoever wrote the file decided what it shows.
    """

    parts: list[Iterator[History]]
    definition: Definition
    as_of: str
    choices: Choices | None = None


@contextmanager
def source_of(chosen: argparse.Namespace) -> Iterator[Source]:
    """The leads that the options name. Raises NoHistory, Unusable."""
    from shared.domain.definition import compile_definition

    if not chosen.events:
        yield _from_table(chosen)
        return
    from local.agreement_definition import read_definition
    from local.backtest_command import progress
    from local.history import histories, in_parts
    from shared.domain.lead_facts import moments_of

    bar = progress(sys.stderr.isatty())
    definition = compile_definition(read_definition(chosen.definition))
    files = [path for path in (chosen.events, chosen.outcomes) if path]
    with in_parts(files, lambda done, of: bar("reading", done, of)) as parts:
        as_of = max((at for part in parts for lead in histories(part) for at in moments_of(lead)), default="")
        yield Source([histories(part) for part in parts], definition, as_of)


def _from_table(chosen: argparse.Namespace) -> Source:
    from local import export_command
    from shared.domain.agreement import from_compiled
    from shared.domain.definition import compile_definition
    from shared.domain.history import history_of
    from shared.domain.lead import instant
    from shared.domain.segments import choices_of
    from shared.settings import compiled_agreement

    table = table_of(chosen)
    agreement = from_compiled(compiled_agreement())
    leads = (history_of(rows) for rows in export_command.history(table, agreement))
    definition, choices = compile_definition(agreement.definition), choices_of(agreement.forms.values())
    return Source([leads], definition, instant(datetime.now(UTC)), choices)


def totals_of(source: Source) -> Totals:
    """The sums over all parts."""
    from shared.domain import lead_facts

    leads = (lead for part in source.parts for lead in part)
    return lead_facts.totals_of(leads, source.definition, source.choices)


def spend_of(path: Path) -> Spend:
    """The spend of a CSV file; ValueError with row and column where it is wrong."""
    from shared.domain.errors import RejectedInput
    from shared.domain.spend import COLUMNS, spend_from

    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = [{name: (row[name] or "").strip() for name in COLUMNS if name in row} for row in csv.DictReader(lines)]
    try:
        return spend_from(rows)
    except RejectedInput as refused:
        faults = ", ".join(_where(fault.pointer, fault.code) for fault in refused.faults[:5])
        raise ValueError(f"{path}: {faults}. The columns are {','.join(COLUMNS)}.") from None


def _where(pointer: str, code: str) -> str:
    """The row as an editor counts it, the heading included."""
    _, row, column = pointer.split("/") if pointer else ("", "", "")
    return f"line {int(row) + 2}, {column}: {code}" if row else code
