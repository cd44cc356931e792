"""`leadgate worklist`: the leads that sales has, in the order in which to call them."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.report_command import Source, add_sources, source_of, table_of
from shared.domain.ranking import NO_PEER, Ranked, percentile, work_list

if TYPE_CHECKING:
    from shared.adapters.items import Item
    from shared.domain.agreement import Agreement
    from shared.domain.business_time import Calendar
    from shared.domain.definition import Definition
    from shared.domain.history import History
    from shared.domain.lead import Lead
    from shared.domain.offer import Offered

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DEFAULT = "default"  # an export is judged by one definition
WITH_SALES = ("sales_qualified", "sales_accepted")
EXAMPLE = """example:
  leadgate worklist --ready-file ready.json
  leadgate worklist --tables --queue dach --top 20    needs LEADS_TABLE, AWS credentials and region
  leadgate worklist --events history.jsonl --json

The most points first, of equals the one who waits longest. `peers` says of a hundred leads that the same definition
judges how many have fewer points; it moves with them and decides nothing. An export knows neither owners nor when an
answer is due."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list. `since` is when the lead came to its stage; `ruled_by` is the definition that judges it,
    and `peers` its percentile among the leads of that (None for both: it may not be judged); `promise` is running,
    paused, kept or breached.
    """

    lead_id: str
    stage: str
    score: int | float
    cell: str
    since: str
    ruled_by: str | None = DEFAULT
    peers: int | None = None
    queue: str | None = None
    owner: str | None = None
    due_at: str | None = None
    promise: str | None = None


@dataclass(slots=True)
class Found:
    """Who is with sales, and by definition how many leads have so many whole points."""

    entries: list[Entry] = field(default_factory=list)
    scores: dict[str, Counter[int]] = field(default_factory=dict)

    def count(self, score: float, ruled_by: str | None) -> None:
        if ruled_by:
            self.scores.setdefault(ruled_by, Counter())[int(score)] += 1


def add_to(commands: Commands) -> None:
    """Register `worklist`."""
    worklist = commands.add_parser(
        "worklist",
        help="the leads that sales has, the best first",
        description="The leads that were offered to sales or taken by it, in the order in which to call them.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_sources(worklist)
    worklist.add_argument("--queue", metavar="Q", help="only of this queue")
    worklist.add_argument("--owner", metavar="ID", help="only of this person in sales")
    worklist.add_argument("--top", type=int, metavar="N", help="only the first so many")
    worklist.add_argument("--json", action="store_true", help="as JSON instead of a table")


def run(chosen: argparse.Namespace) -> int:
    """Prints the list; 1 when a file is wrong."""
    try:
        entries = ordered(_found(chosen))
    except (ValueError, OSError) as wrong:
        print(f"leadgate: {wrong}", file=sys.stderr)
        return 1
    wanted = [entry for entry in entries if chosen.queue in (None, entry.queue) and chosen.owner in (None, entry.owner)]
    wanted = wanted[: chosen.top] if chosen.top is not None else wanted
    print(json.dumps([asdict(entry) for entry in wanted], indent=2) if chosen.json else "\n".join(lines(wanted)))
    return 0


def ordered(found: Found) -> list[Entry]:
    """The entries in their total order, each with its rank among the leads of its definition (A1b, A23a, B18)."""
    by_id = {entry.lead_id: entry for entry in found.entries}
    order = work_list(Ranked(entry.lead_id, entry.score, entry.since) for entry in found.entries)
    return [_ranked(by_id[one.lead_id], found.scores) for one in order]


def _ranked(entry: Entry, scores: Mapping[str, Counter[int]]) -> Entry:
    peers = percentile(scores[entry.ruled_by], entry.score) if entry.ruled_by else None
    return Entry(**{**asdict(entry), "peers": peers})


def lines(entries: Sequence[Entry]) -> Iterator[str]:
    """The list as a table."""
    if not entries:
        yield "Nobody waits for sales."
        return
    head = f"{'':>4} {'lead':<32} {'points':>6} {'cell':>4} {'peers':>5}"
    yield f"{head}  {'since (UTC)':<16} {'stage':<15} queue, owner; promise"
    for place, one in enumerate(entries, 1):
        whose = ", ".join(filter(None, (one.queue, one.owner)))
        due = f"{one.promise}, due {_minute(one.due_at)}" if one.due_at else one.promise
        peers = "–" if one.peers is None else str(one.peers)
        rank = f"{place:>4} {one.lead_id[:32]:<32} {one.score:>6g} {one.cell:>4} {peers:>5}"
        yield f"{rank}  {_minute(one.since):<16} {one.stage:<15} {'; '.join(filter(None, (whose, due))) or '–'}"


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def _found(chosen: argparse.Namespace) -> Found:
    if not chosen.events:
        return _in_table(chosen)
    with source_of(chosen) as source:
        return in_history(source)


# ------------------------------------------------------------------ from an export


def in_history(source: Source) -> Found:
    """Everybody of an export, judged as of its last line."""
    found = Found()
    for lead in (lead for part in source.parts for lead in part):
        if lead.acts and not lead.is_test:
            _add_history(found, lead, source)
    return found


def _add_history(found: Found, lead: History, source: Source) -> None:
    from shared.domain import fold
    from shared.domain.course import course, state_of
    from shared.domain.judgement import judge

    made = course(source.definition, lead)
    ruled_by = DEFAULT if any(act.judged for act, _ in lead.acts) else None
    tracks = made.tracks if ruled_by else fold.unjudged(made.tracks)
    as_of = datetime.fromisoformat(source.as_of)
    score = judge(source.definition, tracks, state_of(lead.acts[-1][1]), as_of).best.score
    found.count(score.total, ruled_by)
    stage, since = _standing(lead, made.sql_at)
    if stage in WITH_SALES:
        queue = next((str(row["queue"]) for row in reversed(lead.lines("offer")) if row.get("queue")), None)
        found.entries.append(Entry(lead.lead, stage, score.total, score.cell, since, ruled_by, queue=queue))


def _standing(lead: History, offered_at: str) -> tuple[str, str]:
    """Where the lead is and since when: as told, else offered when the definition says so; an answer moves it on."""
    told = lead.lines("stage")
    stage, since = (told[-1]["stage"], told[-1]["at"]) if told else ("sales_qualified", offered_at)
    answers = [row for row in lead.lines("outcome") if row["at"] >= since]
    if not since or (answers and answers[-1]["outcome"] != "accepted"):
        return "", ""
    return ("sales_accepted", answers[-1]["at"]) if answers else (stage, since)


# ------------------------------------------------------------------ from the table


def _in_table(chosen: argparse.Namespace) -> Found:
    from shared.domain.agreement import from_compiled
    from shared.domain.business_time import calendars_from
    from shared.settings import compiled_agreement

    table = table_of(chosen)
    compiled = compiled_agreement()
    return in_table(table.people(), from_compiled(compiled), calendars_from(compiled["calendars"]), datetime.now(UTC))


def in_table(
    people: Iterable[list[Item]], agreement: Agreement, calendars: Mapping[str, Calendar], now: datetime
) -> Found:
    """Everybody of a table, judged as of now; test leads and who has left are nobody's peers."""
    from shared.domain.definition import compile_definition
    from shared.domain.judgement import judge_lead, ruling

    definitions: dict[str, Definition] = {
        name: compile_definition(plain) for name, plain in agreement.definitions.items()
    }
    found = Found()
    for items in people:
        lead, offer = _of(items)
        if lead is None or lead.is_test or lead.stage in NO_PEER:
            continue
        score = judge_lead(ruling(definitions, lead), lead, now).best.score
        ruled_by = lead.ruled_by if lead.is_judged else None
        found.count(score.total, ruled_by)
        if lead.stage in WITH_SALES:
            entry = Entry(lead.lead_id, lead.stage, score.total, score.cell, lead.history[-1]["at"], ruled_by)
            found.entries.append(_promised(entry, offer, calendars, now) if offer else entry)
    return found


def _of(items: Iterable[Item]) -> tuple[Lead | None, Offered | None]:
    """The lead of one person's items and its latest offer."""
    from local.leads_table import doc_of
    from shared.domain.lead import from_plain
    from shared.domain.offer import from_plain as offer_from

    lead, offer = None, None
    for item in items:  # in the order of their sort keys, so the latest crossing comes last
        kind = item["sk"]["S"].partition("#")[0]
        if kind == "LEAD":
            lead = from_plain(doc_of(item))
        elif kind == "OFFER":
            offer = offer_from(doc_of(item), int(item["version"]["N"]))
    return lead, offer if lead and offer and offer.crossing == lead.crossings else None


def _promised(entry: Entry, offer: Offered, calendars: Mapping[str, Calendar], now: datetime) -> Entry:
    from shared.adapters.offer_lines import standing
    from shared.domain.lead import instant

    status, due_at = standing(offer.sla, calendars[offer.sla.calendar], now)
    due = instant(due_at) if due_at else None
    told: dict[str, Any] = {"queue": offer.queue, "owner": offer.owner, "due_at": due, "promise": status}
    return Entry(**{**asdict(entry), **told})
