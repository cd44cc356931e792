"""`leadgate routing audit`: was every lead given out by the rules, and were the turns fair?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import where
from local.report_command import SHIPPED, source_of
from local.unusable import Unusable

if TYPE_CHECKING:
    from shared.domain.routing_audit import Audit, Books, Decision, Doubt, Rules

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXAMPLE = """example:
  leadgate export history.jsonl --ready-file ready.json
  leadgate routing audit history.jsonl
  leadgate routing audit --ready-file ready.json --json
  leadgate routing audit --tables                     needs LEADS_TABLE, AWS credentials and region

Each decision is made again from what was written of it: the ask, the version of the rules, and where the turns stood.
Rules that have changed since are in the repository's history of agreement/compiled.json:
  git show v1.2.0:agreement/compiled.json > before.json
  leadgate routing audit history.jsonl --agreement before.json

The exit code is 1 when a decision does not replay, when the rules of one are not at hand, or when turns were unfair."""


def add_to(commands: Commands) -> None:
    """Register `routing`."""
    routing = commands.add_parser("routing", help="who in sales gets which lead")
    audit = routing.add_subparsers(dest="routing_command", metavar="command", required=True).add_parser(
        "audit",
        help="replay who got which lead, and check that the turns were fair",
        description="Makes every decision that gave a lead to somebody in sales again; checks that turns were fair.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ways = where.add_to(audit, "the table that LEADS_TABLE names")
    ways.add_argument("events", type=Path, nargs="?", metavar="FILE", help="what `leadgate export` wrote")
    audit.add_argument(
        "--agreement", type=Path, nargs="+", default=[], metavar="C", help="compiled.json of earlier releases"
    )
    audit.add_argument("--json", action="store_true", help="the whole audit as JSON")
    audit.set_defaults(outcomes=None, definition=SHIPPED)


def run(chosen: argparse.Namespace) -> int:
    """Prints the audit; 1 when something is wrong with it."""
    from shared.domain.routing_audit import audit

    rules = rules_of(chosen.agreement)
    with source_of(chosen) as source:
        leads = (lead for part in source.parts for lead in part)
        found = audit((one for lead in leads for one in decisions(lead.lead, lead.lines("offer"))), rules)
    print(json.dumps(as_plain(found), indent=2) if chosen.json else "\n".join(lines(found)))
    return 0 if found.is_clean else 1


def rules_of(earlier: Iterable[Path]) -> dict[str, Rules]:
    """The rules by version: those of these files, and last those that this code ships. Raises Unusable."""
    from shared.settings import compiled_agreement

    shipped = _rules(compiled_agreement())
    every = {rules[0].version: rules for rules in map(_rules_in, earlier)}
    every.pop(shipped[0].version, None)  # it would keep its place
    return {**every, shipped[0].version: shipped}


def _rules_in(path: Path) -> Rules:
    try:
        return _rules(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise Unusable(f"{path} is no agreement/compiled.json.") from None


def _rules(compiled: Any) -> Rules:
    from shared.domain.business_time import calendars_from
    from shared.domain.routing import routing_from

    return routing_from(compiled["routing"]), calendars_from(compiled["calendars"])


def decisions(lead_id: str, offers: Iterable[Mapping[str, Any]]) -> Iterator[Decision | Doubt]:
    """What was decided about the offers of a lead, as an export tells it."""
    from shared.domain.routing_audit import decision_from

    for offer in offers:
        for line in offer.get("given", ()):
            yield decision_from(lead_id, offer.get("crossing", 0), line)


def as_plain(found: Audit) -> dict[str, Any]:
    """JSON types only; no person."""
    return {
        "decisions": found.decisions,
        "replayed": found.replayed,
        "clean": found.is_clean,
        "queues": [_queue(books) for books in found.books],
        "doubts": [
            {"lead": one.lead_id, "crossing": one.crossing, "at": one.at, "queue": one.queue, "what": one.what}
            for one in found.doubts
        ],
        "unknown_rules": dict(found.unknown),
    }


def _queue(books: Books) -> dict[str, Any]:
    owners = [
        {
            "owner": name,
            "weight": books.weights[name],
            "leads": books.leads[name],
            "turns": turns,
            "share": round(turns / max(1, sum(books.turns.values())), 4),
            "expected": round(float(books.expected[name]), 2),
        }
        for name, turns in books.turns.items()
    ]
    told = {"queue": books.queue, "widest": books.widest, "missing": books.missing, "nobody": books.nobody}
    return {**told, "owners": owners}


def lines(found: Audit) -> Iterator[str]:
    """The audit in words."""
    for books in found.books:
        if books.nobody or any(books.leads.values()):
            yield from [*_table(books), ""]
    for doubt in found.doubts:
        yield f"lead {doubt.lead_id} offer {doubt.crossing}, {doubt.at}, {doubt.queue}: {doubt.what}"
    for version, count in sorted(found.unknown.items()):
        yield f"{count:,} by the rules {version}, which are not here: name their compiled.json after --agreement"
    yield f"{found.replayed:,} of {found.decisions:,} decisions give the same owner again"


def _table(books: Books) -> Iterator[str]:
    told = _queue(books)
    yield f"{books.queue}: max − min {books.widest} over any window at equal weights" + _remarks(books)
    if told["owners"]:
        yield f"  {'owner':<20} weight  leads  turns   share  expected turns"
    for row in told["owners"]:
        yield (
            f"  {row['owner']:<20} {row['weight']:>6} {row['leads']:>6,} {row['turns']:>6,} {row['share']:>7.1%}"
            f" {row['expected']:>15,.1f}"
        )


def _remarks(books: Books) -> str:
    unfair = ": NOT FAIR, more than 1" if books.widest > 1 else ""
    nobody = f"; {books.nobody:,} for nobody in particular" if books.nobody else ""
    missing = f"; turns are missing in {books.missing:,} places, as after an erasure" if books.missing else ""
    return unfair + nobody + missing
