"""`leadgate definition apply`: after a new definition is deployed, judge every lead anew from all its acts."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local import where

if TYPE_CHECKING:
    from shared.adapters.items import Item
    from shared.journeys.rejudge import Rejudge

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXAMPLE = """example:
  leadgate definition apply --ready-file ready.json --dry-run     who would change, nothing is written
  leadgate definition apply --ready-file ready.json
  leadgate definition apply --tables --offer                      and offer to sales who now crosses the line"""


def add_to(own: Commands) -> None:
    """Register `apply` under `definition`."""
    apply = own.add_parser(
        "apply",
        help="judge every stored lead anew by the deployed definition",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where.add_to(apply, "the tables that the functions' variables name")
    apply.add_argument("--offer", action="store_true", help="offer to sales who crosses the line by the new rules")
    apply.add_argument("--dry-run", action="store_true", help="only count what would change")


def run(chosen: argparse.Namespace) -> int:
    """Says how many leads moved from which stage to which."""
    from local import leads_table

    table = leads_table.chosen_table(chosen)
    rejudge = _rejudge(table, chosen.offer, chosen.dry_run)
    counts: Counter[tuple[str, str]] = Counter()
    for number, items in enumerate(table.people(), 1):
        counts.update([_one(items, rejudge)])
        if number % 200 == 0 and sys.stderr.isatty():
            print(f"\r{number:,} leads", end="", file=sys.stderr, flush=True)
    print("\n".join(_told(counts, chosen.dry_run)))
    return 1 if any(after == "busy" for _, after in counts) else 0


def _rejudge(table: Any, offers: bool, dry_run: bool) -> Rejudge:
    from shared.adapters import aws
    from shared.adapters.dynamodb_engagement import DynamoEngagement
    from shared.domain.agreement import from_compiled
    from shared.domain.definition import compile_definitions
    from shared.journeys.rejudge import Rejudge
    from shared.settings import compiled_agreement

    class Nowhere(DynamoEngagement):
        """Writes nothing."""

        def note(self, person: str, engagement: Any) -> None:
            return None

    store = (Nowhere if dry_run else DynamoEngagement)(table.dynamodb, aws.tables(table.settings))
    definitions = compile_definitions(from_compiled(compiled_agreement()).definitions)
    return Rejudge(store, definitions, lambda: datetime.now(UTC), offers)


def _one(items: list[Item], rejudge: Rejudge) -> tuple[str, str]:
    """The stage before and after; `same` when nothing changed, `busy` when somebody else kept writing."""
    from local.leads_table import doc_of
    from shared.domain.errors import TryAgain
    from shared.domain.lead import Event, from_plain

    snapshot = next((item for item in items if item["sk"]["S"] == "LEAD" and "doc" in item), None)
    if snapshot is None:
        return "", "gone"
    lead = from_plain(doc_of(snapshot))
    events = tuple(Event(**doc_of(item)) for item in items if item["sk"]["S"].startswith("EVT#"))
    try:
        after = rejudge(snapshot["pk"]["S"].removeprefix("P#"), lead, events)
    except TryAgain:
        return lead.stage, "busy"
    return lead.stage, after.stage if after else "same"


def _told(counts: Counter[tuple[str, str]], dry_run: bool) -> list[str]:
    judged = sum(count for (_, after), count in counts.items() if after != "gone")
    same = sum(count for (_, after), count in counts.items() if after == "same")
    head = f"{judged:,} leads judged, {judged - same:,} {'would change' if dry_run else 'changed'}"
    moved = [(key, count) for key, count in sorted(counts.items()) if key[1] not in ("same", "gone", key[0])]
    rows = [f"  {count:>8,}  {before} -> {after}" for (before, after), count in moved if after != "busy"]
    busy = sum(count for (_, after), count in counts.items() if after == "busy")
    return [head, *rows, *([f"{busy:,} were written by others meanwhile: run it again for these"] if busy else [])]
