"""`leadgate definition backtest` and `leadgate definition sample`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SHIPPED = Path(__file__).resolve().parent.parent / "agreement" / "definition.yaml"
EXAMPLE = """example:
  leadgate definition sample --leads 5000 --events history.jsonl --outcomes outcomes.jsonl
  leadgate definition backtest --events history.jsonl --outcomes outcomes.jsonl --new draft.yaml --html report.html

The old definition is agreement/definition.yaml unless --old names another file."""


def add_to(own: Commands) -> None:
    """Register both under `definition`."""
    backtest = own.add_parser(
        "backtest",
        help="what another definition would have done with the leads of the past",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    backtest.add_argument(
        "--events", type=Path, required=True, metavar="FILE", help="history as `leadgate export` writes it"
    )
    backtest.add_argument("--new", type=Path, required=True, metavar="FILE", help="the definition to try")
    backtest.add_argument("--old", type=Path, default=SHIPPED, metavar="FILE", help="default agreement/definition.yaml")
    backtest.add_argument(
        "--outcomes", type=Path, metavar="FILE", help="what sales made of the leads, if not in --events"
    )
    backtest.add_argument("--salespeople", type=_several, metavar="N", help="to show the load of each")
    backtest.add_argument("--html", type=Path, metavar="OUT", help="write the report as one page with charts")
    backtest.add_argument("--json", action="store_true", help="the report as JSON instead of a table")
    backtest.add_argument("--jobs", type=_several, default=os.cpu_count() or 1, metavar="N", help="default: every core")
    sample = own.add_parser(
        "sample",
        help="write a made-up history with outcomes",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sample.add_argument("--leads", type=_several, default=5000, metavar="N")
    sample.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed writes the same bytes")
    sample.add_argument("--events", type=Path, required=True, metavar="OUT")
    sample.add_argument("--outcomes", type=Path, metavar="OUT", help="default: together with the events")
    sample.add_argument(
        "--definition", type=Path, default=SHIPPED, metavar="FILE", help="what was offered to sales then"
    )


def run(chosen: argparse.Namespace) -> int:
    """The command's exit status; 1 when a file is wrong."""
    from shared.domain.errors import LeadgateError

    try:
        return run_backtest(chosen) if chosen.what == "backtest" else run_sample(chosen)
    except BrokenPipeError:
        raise  # whoever read our output has gone: `main` knows what to do
    except (LeadgateError, ValueError, OSError) as wrong:
        print(wrong, file=sys.stderr)
        return 1


def run_backtest(chosen: argparse.Namespace) -> int:
    """Prints the report."""
    from local import backtest, backtest_page, backtest_report
    from local.agreement_definition import read_definition

    old, new = read_definition(chosen.old), read_definition(chosen.new)
    bar = progress(sys.stderr.isatty())
    files = [path for path in (chosen.events, chosen.outcomes) if path]
    sums = backtest.run(
        old, new, files, chosen.jobs, lambda a, b: bar("reading", a, b), lambda a, b: bar("judging", a, b)
    )
    report = backtest_report.as_plain(sums, old["version"], new["version"], chosen.salespeople)
    if chosen.html:
        chosen.html.write_text(backtest_page.html(report), "utf-8")
    if chosen.json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print("\n".join(backtest_report.lines(report)))
    return 0


def run_sample(chosen: argparse.Namespace) -> int:
    """Writes the files."""
    from local.agreement_definition import read_definition
    from local.sample_history import rows
    from shared.domain.definition import compile_definition

    definition = compile_definition(read_definition(chosen.definition))
    outcomes = chosen.outcomes or chosen.events
    with chosen.events.open("w", encoding="utf-8") as events, _beside(outcomes, chosen.events, events) as others:
        for row in rows(chosen.leads, chosen.seed, definition):
            line = json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n"
            (events if row["type"] == "event" else others).write(line)
    print(f"wrote {chosen.leads:,} made-up leads to {chosen.events}, what sales made of them to {outcomes}")
    return 0


@contextmanager
def _beside(path: Path, other: Path, opened: TextIO) -> Iterator[TextIO]:
    """The file that is open already when both names are the same, else another one."""
    if path == other:
        yield opened
        return
    with path.open("w", encoding="utf-8") as own:
        yield own


def progress(shown: bool) -> Callable[[str, int, int], None]:
    """A line on stderr that says how far the work is; silent where nobody looks."""

    def tell(what: str, done: int, of: int) -> None:
        if shown:
            part = done / of if of else 1.0
            ending = "\n" if done >= of else ""
            print(f"\r{what:<8} [{'#' * int(30 * part):<30}] {part:4.0%}", end=ending, file=sys.stderr, flush=True)

    return tell


def _several(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
