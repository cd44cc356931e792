"""What became of each submission, told in the terminal: answer, score with its points, consent entry, message to sales.

`Reader` looks into the tables, as an operator would; everything else is a pure function from values to lines.
Nothing personal is shown unless asked: the person is read from the lead only with `show_people`.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from local.aws import Aws
from local.gateway import Exchange
from local.logs import Tap
from shared.adapters import items, offer_items, paging
from shared.adapters.dynamodb_ledger import DynamoLedger, Tables
from shared.domain import offer as offers
from shared.domain.definition import Definition
from shared.domain.judgement import judge_lead, ruling
from shared.domain.lead import Lead
from shared.domain.message import Message
from shared.domain.scoring import Line

LABEL = 9
COLOURS = {"dim": "2", "bold": "1", "good": "32", "bad": "31", "warm": "33", "cool": "36"}
REASONS_SHOWN = 12
REPORTS = ("/v1/engagement", "/v1/events")


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours where the terminal has some, else nothing."""

    on: bool = False

    def __call__(self, colour: str, text: str) -> str:
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.on and text else text


def paint_for(stream: IO[str], environment: Mapping[str, str]) -> Paint:
    """Colours on a terminal only, and never with NO_COLOR (no-color.org) or a dumb terminal."""
    plain = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return Paint(stream.isatty() and not plain)


@dataclass(frozen=True, slots=True)
class Entry:
    """One consent entry as stored: the sealed core and the erasable body."""

    core: Mapping[str, Any]
    hash: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one accepted submission left in the tables."""

    lead: Lead
    lines: tuple[Line, ...]
    cell: str
    entry: Entry | None


# ------------------------------------------------------------------ reading


@dataclass(frozen=True, slots=True)
class Reader:
    """Looks into the tables; changes nothing."""

    aws: Aws
    tables: Tables
    definitions: Mapping[str, Definition]

    def recorded(self, log: Iterable[str]) -> Recorded | None:
        """What the submission left whose `captured` line is in this log, or the events after the form whose `engaged`
        line is; those leave no consent entry.
        """
        told = next((line for line in map(_json, log) if line.get("message") in ("captured", "engaged")), None)
        lead = DynamoLedger(self.aws.dynamodb, self.tables).find(told["lead_id"]) if told else None
        if told is None or lead is None:
            return None
        score = judge_lead(ruling(self.definitions, lead), lead, datetime.now(UTC)).best.score
        return Recorded(lead, score.lines, score.cell, self.entry(lead) if told["message"] == "captured" else None)

    def entry(self, lead: Lead) -> Entry | None:
        """The newest consent entry of the lead."""
        key = items.key(f"CHAIN#{lead.head.chain}", f"EVT#{lead.head.seq:010d}")
        wanted = {"TableName": self.tables.ledger, "Key": key, "ConsistentRead": True}
        item = self.aws.dynamodb.send("GetItem", wanted).get("Item")
        if item is None:
            return None
        return Entry(json.loads(item["core"]["S"]), item["hash"]["S"], json.loads(item["body"]["S"]))

    def delivered(self, keys: items.Item) -> dict[str, Any] | None:
        """The body of the outbox message under these keys once it has left; the queue itself is not touched."""
        wanted = {"TableName": self.tables.leads, "Key": keys, "ConsistentRead": True}
        item = self.aws.dynamodb.send("GetItem", wanted).get("Item") or {}
        if "delivered_at" not in item or _is_mail(item):
            return None
        body: dict[str, Any] = json.loads(self._with_its_owner(keys, items.message_of(item)).body)
        return body

    def _with_its_owner(self, keys: items.Item, message: Message) -> Message:
        """An offer as it left: its owner and its promise lie in an item of their own."""
        if message.kind != "lead.sales_qualified":
            return message
        person = keys["pk"]["S"].removeprefix("P#")
        place = offer_items.offer_key(person, offers.basis_of(message).crossing)
        wanted = {"TableName": self.tables.leads, "Key": place, "ConsistentRead": True}
        offer = offer_items.offer_of(self.aws.dynamodb.send("GetItem", wanted).get("Item"))
        return offers.told(message, offer) if offer else message

    def outbox(self) -> list[items.Item]:
        """Every message for sales in the outbox, by scanning: for this machine's few leads only."""
        wanted = {
            "TableName": self.tables.leads,
            "FilterExpression": "begins_with(sk, :out)",
            "ExpressionAttributeValues": {":out": {"S": "OUT#"}},
        }
        return [item for item in paging.found(self.aws.dynamodb.send, "Scan", wanted) if not _is_mail(item)]

    def all_delivered(self, patience_seconds: float) -> bool:
        """Has everything left the outbox, now or within this time?"""
        give_up = time.monotonic() + patience_seconds
        while any("due_shard" in item for item in self.outbox()):
            if time.monotonic() > give_up:
                return False
            time.sleep(0.05)
        return True


def _is_mail(item: items.Item) -> bool:
    return bool(item["kind"]["S"].startswith(("mail.", "sms.")))


def _json(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


# ------------------------------------------------------------------ telling


def exchange_lines(exchange: Exchange, clock: str, paint: Paint) -> Iterator[str]:
    """The request and its answer; a refusal with its reason and the places it names."""
    status = exchange.reply.status
    colour, word = _verdict(exchange)
    what = f"{exchange.request.method} {exchange.request.path}"
    took = paint("dim", f"{exchange.milliseconds} ms")
    yield f"{paint('dim', clock)} {paint('bold', what)} → {paint(colour, f'{status} {word}')} {took}"
    if status == 303:
        yield _row("sent to", exchange.reply.header("location") or "", paint)
    reasons = list(_reasons(exchange))
    if reasons:
        yield _row("because", ", ".join(reasons[:REASONS_SHOWN]), paint)
    if exchange.route and exchange.route.auth == "AWS_IAM":
        yield _row("note", _signature_note(exchange), paint)


def _verdict(exchange: Exchange) -> tuple[str, str]:
    status, method = exchange.reply.status, exchange.request.method
    if status == 202:
        return "good", "accepted"
    if exchange.reply.header("idempotency-replayed"):
        return "cool", "sent before: the first answer again"
    if status == 303:
        return ("bad", "refused") if "reason=" in (exchange.reply.header("location") or "") else ("good", "accepted")
    if status >= 500:
        return "bad", "failed"
    if status >= 400:
        return "bad", "refused"
    return {"OPTIONS": ("cool", "preflight"), "POST": ("good", "accepted")}.get(method, ("cool", "shown"))


def _reasons(exchange: Exchange) -> Iterator[str]:
    """From the problem in the answer; behind a redirect, from the counted metric."""
    problem = _json(exchange.reply.body.decode("utf-8", "replace")) if exchange.reply.status >= 400 else {}
    if problem:
        code = str(problem.get("type", "")).rpartition(":")[2] or f"status {exchange.reply.status}"
        yield code
        yield from (f"{error['code']} at {error['pointer'] or 'the body'}" for error in problem.get("errors", ()))
    elif exchange.reply.status == 303:
        counted = (line for line in map(_json, exchange.log) if "SubmissionRefused" in line)
        yield from (line["reason"] for line in counted if "reason" in line)


def report_lines(exchange: Exchange, paint: Paint) -> Iterator[str]:
    """What a page or a server reported, and what became of it; its token is never shown."""
    if exchange.reply.status != 202 or exchange.request.path not in REPORTS:
        return
    said = _json(exchange.request.body.decode("utf-8", "replace"))
    for act in said.get("events", [said]):
        context = {
            name: value for name, value in act.get("context", {}).items() if name not in ("page_url", "referrer")
        }
        yield _row("act", f"{act['kind']:<18} {', '.join(f'{n} {v}' for n, v in context.items())}".rstrip(), paint)
    counted = [line for line in map(_json, exchange.log) if "Report" in line]
    outcomes = ", ".join(f"{line['outcome']} {line['Report'][0]:.0f}" for line in counted)
    yield _row("", outcomes, paint)


def answer_lines(exchange: Exchange, paint: Paint) -> Iterator[str]:
    """What sales said about a lead, and where it is now; who in sales said it only by their id."""
    if exchange.reply.status != 200 or not exchange.request.path.endswith("/dispositions"):
        return
    told = _json(exchange.reply.body.decode("utf-8", "replace"))
    yield _row("answer", f"{paint('bold', told['kind'])} for {told['lead_id'][:8]}… version {told['version']}", paint)
    yield _row(
        "", f"stage {paint('bold', told['stage'])}, with {told['responsible']} ({told['owner_id'] or 'nobody'})", paint
    )
    for name in ("missing", "disputed"):
        if told[name]:
            yield _row("", f"{name}: {', '.join(told[name])}", paint)


def _signature_note(exchange: Exchange) -> str:
    given = (value for name, value in exchange.request.headers if name.lower() == "authorization")
    signed = any(value.startswith("AWS4-") for value in given)
    return "signed; not checked on this machine" if signed else "unsigned: AWS would refuse it, this machine does not"


def recorded_lines(recorded: Recorded, paint: Paint, show_people: bool = False) -> Iterator[str]:
    """The lead, the score point by point, and the consent entry."""
    lead = recorded.lead
    yield _row("lead", f"{lead.lead_id[:8]}… version {lead.version}, stage {paint('bold', lead.stage)}", paint)
    if show_people:
        yield _row("person", ", ".join(f"{name}: {value}" for name, value in lead.profile.items()), paint)
    yield from score_lines(lead.score, recorded.cell, recorded.lines, paint)
    if recorded.entry:
        yield from consent_lines(recorded.entry, paint)


def score_lines(total: int | float, cell: str, lines: Iterable[Line], paint: Paint) -> Iterator[str]:
    """The score, where each point comes from, and why it is not more."""
    told = list(lines)
    yield _row("score", f"{paint('bold', str(total))} points, {cell} (fit A to D, engagement 1 to 3)", paint)
    width = max((len(line.rule) for line in told), default=0)
    for line in told:
        why_not_more = paint("warm", f" ({line.in_words()})") if line.in_words() else ""
        yield _row("", f"{line.points:>4}  {line.rule:<{width}}  {paint('dim', line.why)}{why_not_more}", paint)


def consent_lines(entry: Entry, paint: Paint) -> Iterator[str]:
    """The ledger entry: its place in the chain, its hash, and each box as the visitor left it."""
    core = entry.core
    place = f"chain {core['chain'][:8]}… entry {core['seq']}"
    yield _row("consent", f"{core['type']}, {place}, hash {entry.hash[:12]}…, rules {core['rules']}", paint)
    for box in entry.body.get("boxes", ()):
        mark = "[x]" if box["checked"] else "[ ]"
        yield _row("", f"{mark} {box['purpose']:<12} {paint('dim', box['outcome'])}", paint)


def message_lines(body: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """The message as sales, or whoever keeps the nurture tracks, receives it; it holds nothing personal."""
    told, kind = body["data"], body["type"]
    to = "nurture" if kind == "lead.nurture_enrolled" else "to sales"
    yield _row(to, f"{paint('good', kind)} {told['lead_id'][:8]}… version {told['version']}", paint)
    yield from (_row("", f"{name:<13}{value}", paint) for name, value in FACTS.get(kind, _plain_facts)(body))


def _plain_facts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "id", body["id"]


def _breach_facts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    told, following = body["data"], body["data"]["next"]
    yield "id", body["id"]
    yield "broken by", f"{told['owner'] or 'nobody'} of {told['queue']}: {told['kind']}, due {told['sla']['due_at']}"
    yield "then", told["then"] + (f": {_holder(following)}" if following else "")


def _nurture_facts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    told = body["data"]
    yield "id", body["id"]
    yield "track", f"{told['step']} {told['track'] or told['before']} ({told['reason']}, {told['buyer_stage']})"


def _holder(told: Mapping[str, Any]) -> str:
    return f"{told['owner_id'] or 'nobody yet'} of {told['queue']}, due {told['sla']['due_at']}"


def _change_facts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    told = body["data"]
    yield "id", body["id"]
    yield "change", f"{told['change']} {', '.join(told['purposes'])}".rstrip()
    yield "permission", _permission(told["permission"])


def _permission(permission: Mapping[str, Any]) -> str:
    allowed = ", ".join(f"{channel} {answer}" for channel, answer in permission["marketing"].items() if answer != "no")
    return f"{'may reply' if permission['reply'] else 'may not reply'}; marketing: {allowed or 'none'}"


def _message_facts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    told = body["data"]
    reasons = f"{len(told['explanation'])} reasons"
    yield "id", body["id"]
    yield "score", f"{told['score']} {told['cell']}, {reasons}, definition {told['definition']}"
    yield "intent", ", ".join(event["kind"] for event in told["intent_events"]) or "none"
    yield "permission", _permission(told["permission"])
    sla = told["sla"]
    yield "next step", f"{told['next_step']}, within {sla['respond_within_minutes']} minutes (band {sla['band']})"
    if "queue" in told:
        yield "owner", _holder(told)


FACTS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]] = {
    "lead.sales_qualified": _message_facts,
    "lead.permission_changed": _change_facts,
    "lead.sla_breached": _breach_facts,
    "lead.nurture_enrolled": _nurture_facts,
}


def message_text(body: Mapping[str, Any]) -> str:
    """The whole message as JSON, a line for each fact and each reason."""
    envelope = [f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in body.items() if name != "data"]
    facts = ",\n".join(f"    {json.dumps(name)}: {_wide(value)}" for name, value in body["data"].items())
    return "\n".join(["{", *envelope, '  "data": {', facts, "  }", "}"])


def _wide(value: Any) -> str:
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return json.dumps(value, ensure_ascii=False)
    rows = ",\n".join(f"      {json.dumps(row, ensure_ascii=False)}" for row in value)
    return f"[\n{rows}\n    ]"


def _row(label: str, text: str, paint: Paint) -> str:
    return f"  {paint('dim', label.rjust(LABEL))}  {text}".rstrip()


# ------------------------------------------------------------------ as it happens


class LiveView:
    """Prints stories from a thread of its own, so that nobody who sends a form waits for it."""

    def __init__(self, reader: Reader, out: IO[str], paint: Paint, tap: Tap, show_people: bool = False) -> None:
        self._open = True
        self.reader, self.out, self.paint, self.tap, self.show_people = reader, out, paint, tap, show_people
        self._told: set[str] = set()
        self._heard: queue.Queue[Exchange | items.Item] = queue.Queue()
        threading.Thread(target=self._run, daemon=True, name="live view").start()

    def close(self) -> None:
        """Tell nothing more."""
        self._open = False

    def exchanged(self, exchange: Exchange) -> None:
        self._heard.put(exchange)

    def relayed(self, batch: Iterable[Mapping[str, Any]]) -> None:
        """Hear of stream records that the relay has finished."""
        for record in batch:
            keys = record["dynamodb"]["Keys"]
            if keys["sk"]["S"].startswith("OUT#"):
                self._heard.put(keys)

    def swept(self, counts: Any) -> None:
        """Hear of a finished sweep."""
        if isinstance(counts, Mapping) and counts.get("sent"):
            self._print([_row("sweeper", f"delivered {counts['sent']} that the stream had not", self.paint)])
            for item in self.reader.outbox():
                self._heard.put(items.key(item["pk"]["S"], item["sk"]["S"]))

    def settle(self) -> None:
        """Wait until everything heard so far is printed."""
        self._heard.join()

    def messages_told(self, patience_seconds: float) -> bool:
        """Has every message of the outbox been delivered and told, now or within this time?"""
        give_up = time.monotonic() + patience_seconds
        while not {item["message_id"]["S"] for item in self.reader.outbox()} <= self._told:
            if time.monotonic() > give_up:
                return False
            time.sleep(0.05)
        self.settle()
        return True

    def _run(self) -> None:
        while True:
            heard = self._heard.get()
            try:
                if self._open:
                    self._print(self._story(heard) if isinstance(heard, Exchange) else self._message(heard))
            except Exception:  # the view must never stop the show
                self.tap.write(traceback.format_exc())
            finally:
                self._heard.task_done()

    def _story(self, exchange: Exchange) -> Iterator[str]:
        yield from exchange_lines(exchange, time.strftime("%H:%M:%S"), self.paint)
        yield from report_lines(exchange, self.paint)
        yield from answer_lines(exchange, self.paint)
        recorded = self.reader.recorded(exchange.log)
        if recorded:
            yield from recorded_lines(recorded, self.paint, self.show_people)

    def _message(self, keys: items.Item) -> Iterator[str]:
        body = self.reader.delivered(keys)
        if body and body["id"] not in self._told:
            self._told.add(body["id"])
            yield from message_lines(body, self.paint)

    def _print(self, lines: Iterable[str]) -> None:
        text = "\n".join(lines)
        if text:
            print(text, file=self.out, flush=True)
