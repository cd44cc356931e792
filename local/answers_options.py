"""The words of the command answers; what it does is imported when it is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXAMPLES = """example:
  leadgate answers template > answers.csv
  leadgate answers import answers.csv --dry-run                      what is wrong, nothing is sent
  leadgate answers import answers.csv --ready-file ready.json        a running local stack
  leadgate answers import answers.csv --url https://….amazonaws.com/prod   in AWS, with your credentials

Columns: lead_id, kind, actor_id, and as needed actor_team, reason, next_stage_interest, intent, budget, fit,
authority, need, timeframe (yes or no), amount and currency of what was won (1250.00, EUR), at, answer_id. Comma,
semicolon or tab; UTF-8. The rows are sent in the order of the file. Each wrong row is named with its line and advice;
the others are sent. A row that came before is known again, by its answer_id or by what it says, so a mended file can
be sent whole."""


def add_to(commands: Commands) -> None:
    """Register `answers`."""
    answers = commands.add_parser(
        "answers",
        help="bring in what sales said about leads, from a spreadsheet",
        description="Bring in what sales said about leads, from a spreadsheet.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = answers.add_subparsers(dest="what", metavar="what", required=True)
    own.add_parser("template", help="print an example with every column")
    bring = own.add_parser(
        "import",
        help="send the answers of a file",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    bring.add_argument("file", type=Path, metavar="FILE.csv")
    where = bring.add_mutually_exclusive_group()
    where.add_argument("--ready-file", type=Path, metavar="F", help="of a running local stack")
    where.add_argument("--url", metavar="URL", help="ApiUrl of a deployed stack")
    bring.add_argument("--dry-run", action="store_true", help="only say what is wrong; nothing is sent")


def run(chosen: argparse.Namespace) -> int:
    from local import answers_command

    return answers_command.run(chosen)
