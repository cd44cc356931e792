"""The words of `leadgate definition`; what each does is imported when it is asked for."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from local import apply_command, backtest_command

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HOME = Path(__file__).resolve().parent.parent / "agreement"
SHIPPED = HOME / "definition.yaml"
EXAMPLES = """example:
  leadgate definition lint                                   agreement/definition.yaml and agreement/definitions/
  leadgate definition lint draft.yaml --events history.jsonl --json
  leadgate definition sentence                               what sales and marketing sign, in sentences
  leadgate definition score --lead lead.json --explain --at 2026-05-20T12:00:00Z
  leadgate definition diff agreement/definition.yaml draft.yaml

lint ends with 1 when an error forbids the definition; warnings alone end with 0."""


def add_to(commands: Commands) -> None:
    """Register `definition` and its own commands."""
    definition = commands.add_parser(
        "definition",
        help="check, read, try and compare the lead definition",
        description="The lead definition as a file that both sides sign: check it, read it, try it, compare it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = definition.add_subparsers(dest="what", metavar="what", required=True)
    lint = own.add_parser("lint", help="every mistake with its line and what to write instead")
    lint.add_argument("files", type=Path, nargs="*", metavar="FILE", help="default: every definition of agreement/")
    lint.add_argument("--events", type=Path, metavar="F", help="an export of history: how often is each field filled?")
    _json(lint)
    sentence = own.add_parser("sentence", help="the definition as plain yes/no sentences")
    sentence.add_argument("file", type=Path, nargs="?", default=SHIPPED, metavar="FILE")
    score = own.add_parser("score", help="judge one lead by its events")
    score.add_argument("--lead", type=Path, required=True, metavar="FILE", help='{"events": […]}, or one event a line')
    score.add_argument(
        "--definition", type=Path, default=SHIPPED, metavar="F", help="default agreement/definition.yaml"
    )
    score.add_argument("--explain", action="store_true", help="one line per rule that gave or took points")
    score.add_argument("--at", type=_instant, metavar="TIME", help="as of then (RFC 3339); default now")
    _json(score)
    backtest_command.add_to(own)
    apply_command.add_to(own)
    diff = own.add_parser("diff", help="what changed between two definitions, in words")
    diff.add_argument("old", type=Path, metavar="OLD")
    diff.add_argument("new", type=Path, metavar="NEW")
    _json(diff)


def run(chosen: argparse.Namespace) -> int:
    """The command's exit status."""
    now = datetime.now(UTC)
    if chosen.what == "lint":
        from local import definition_lint

        return definition_lint.run(chosen.files, HOME, chosen.events, chosen.json, now.date())
    if chosen.what == "sentence":
        from local import definition_sentence

        return definition_sentence.run(chosen.file)
    if chosen.what == "score":
        from local import definition_score

        return definition_score.run(chosen.definition, chosen.lead, chosen.at or now, chosen.explain, chosen.json)
    if chosen.what == "apply":
        return apply_command.run(chosen)
    if chosen.what in ("backtest", "sample"):
        return backtest_command.run(chosen)
    from local import definition_diff

    return definition_diff.run(chosen.old, chosen.new, chosen.json)


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="the answer as JSON")


def _instant(given: str) -> datetime:
    moment = datetime.fromisoformat(given)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("say the zone, too, such as 2026-05-20T12:00:00Z")
    return moment
