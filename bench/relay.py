"""`python -m bench.relay`: what the relay costs for each offer to sales, beside plainer relays, in one run.

The leads are made by the built capture function, so that every relay gets the very records that the stream would bring.
Every offer is new in every round: the stub keeps what a submission wrote and forgets what a relay writes.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import measure, packages, webhook
from bench.measure import Bench, Child
from bench.packages import FLOOR, HERE, OURS, USUAL, Variant

ROUNDS, LEADS, IN_A_BATCH, BATCHES, ALONE, WAIT_MS = 7, 96, 12, 8, 24, 4
DOOR, MESSAGE, SHARED = "relay", "lead.sales_qualified", "forwarding.py"
RELAY = Variant("relay", "**Leadgate, built relay**", f"functions.{DOOR}.handler")
PLAIN = Variant("plain-relay", "(a) boto3, forwards only", "plain_relay", folder=USUAL.name)
MARKING = Variant("marking-relay", "(b) boto3, reads, sends, marks", "marking_relay", folder=USUAL.name)
BARE = Variant("floor-relay", "(c) floor: botocore, sends only", "floor_relay", folder=FLOOR.name)
VARIANTS = (RELAY, PLAIN, MARKING, BARE)

Plain = dict[str, Any]


@dataclass(slots=True)
class Row:
    """Everything measured about one relay. Milliseconds are from the call of the handler to the message's arrival."""

    variant: Variant
    per_cpu_second: list[float] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)
    waiting_ms: list[float] = field(default_factory=list)
    calls: float = 0.0
    write_units: float = 0.0

    @property
    def cpu_ms(self) -> float:
        return 1000 / statistics.median(self.per_cpu_second)


def run(interpreter: str, version: str, places: Mapping[str, Path]) -> str:
    """The table; `places` are the packages of the capture function and of the peers."""
    own = webhook.built(interpreter, packages.build.CACHE / f"bench-{version}" / RELAY.name, DOOR)
    folders = {**places, RELAY.name: own, **{one.name: places[one.folder] for one in VARIANTS[1:]}}
    for one in VARIANTS[1:]:
        for source in (f"{one.module}.py", SHARED):
            shutil.copyfile(HERE / "peers" / source, folders[one.name] / source)
            _compile(interpreter, folders[one.name] / source)
    with measure.bench(interpreter, folders, (OURS,), "--keep") as on:
        images = _stream(on)
        singles, batches = ([_batch(images[n : n + size]) for n in range(0, LEADS, size)] for size in (1, IN_A_BATCH))
        rows = [Row(variant) for variant in VARIANTS]
        _throughput(on, rows, batches)
        _latency(on, rows, singles)
    return table(rows)


def _compile(interpreter: str, source: Path) -> None:
    compiling = (interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(source))
    subprocess.run(compiling, check=True, stdout=subprocess.DEVNULL)


def _stream(on: Bench) -> list[Plain]:
    """The messages to sales of so many submissions, as the capture function writes them."""
    capture = Child(on, OURS)
    capture.warm(LEADS)
    capture.stop()
    items = measure.asked(on.stub, "kept")["items"]
    return [item for item in items if item.get("kind") == {"S": MESSAGE}][:LEADS]


def _batch(images: Iterable[Plain]) -> Plain:
    """An event of the mapping: for each lead the act and the message."""
    records = []
    for image in images:
        act = {"pk": image["pk"], "sk": {"S": "EVT#2026-03-02T12:00:00.000Z#0"}, "kind": {"S": "demo_request"}}
        records += [_record(act), _record(image)]
    return {"Records": records}


def _record(image: Plain) -> Plain:
    keys = {name: image[name] for name in ("pk", "sk")}
    return {"eventName": "INSERT", "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": "1"}}


def _children(on: Bench, rows: list[Row], events: list[Plain]) -> dict[str, Child]:
    text = "".join(f"{json.dumps(event)}\n" for event in [events[0], *events])
    for row in rows:
        (on.events / f"{row.variant.name}.jsonl").write_text(text, "utf-8")
    return {row.variant.name: Child(on, row.variant) for row in rows}


def _throughput(on: Bench, rows: list[Row], batches: list[Plain]) -> None:
    """Messages for each CPU second, in batches, rounds interleaved; and what each message costs in calls."""
    children, messages = _children(on, rows, batches), BATCHES * IN_A_BATCH
    for row in rows:
        measure.tally(on.stub)
        children[row.variant.name].warm(BATCHES)
        counts = measure.tally(on.stub)
        row.calls = sum(counts["calls"].values()) / messages
        row.write_units = counts["write_units"] / messages
    for _ in range(ROUNDS):
        for row in rows:
            row.per_cpu_second.append(messages / children[row.variant.name].warm(BATCHES))
    for child in children.values():
        child.stop()


def _latency(on: Bench, rows: list[Row], singles: list[Plain]) -> None:
    """One lead at a time, without and with a wait at every call."""
    children = _children(on, rows, singles)
    for wait_ms in (0, WAIT_MS):
        measure.asked(on.stub, f"wait/{wait_ms}")
        for _ in range(ROUNDS):
            for row in rows:
                (row.waiting_ms if wait_ms else row.alone_ms).extend(_arrivals(on, children[row.variant.name]))
    measure.asked(on.stub, "wait/0")
    for child in children.values():
        child.stop()


def _arrivals(on: Bench, child: Child) -> list[float]:
    measure.tally(on.stub)
    began = child.began(ALONE)
    queued = measure.tally(on.stub)["queued"]
    return [(at - start) * 1000 for start, at in zip(began, queued, strict=True)]


def table(rows: list[Row]) -> str:
    """A Markdown table; ratios are against the floor of the same run."""
    floor = next(row for row in rows if row.variant is BARE)
    units = ("messages / CPU s", "CPU × (c)", "ms to the queue", "× (c)", f"ms at {WAIT_MS} ms a call", "− (c)")
    head = ("relay", *units, "calls", "write units")
    lines = [head, ("---",) + ("--:",) * (len(head) - 1), *(_cells(row, floor) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row, floor: Row) -> tuple[str, ...]:
    rate = statistics.median(row.per_cpu_second)
    return (
        row.variant.title,
        f"{rate:.0f} ({min(row.per_cpu_second):.0f}–{max(row.per_cpu_second):.0f})",
        f"{row.cpu_ms / floor.cpu_ms:.2f}",
        _latency_of(row.alone_ms),
        f"{statistics.median(row.alone_ms) / statistics.median(floor.alone_ms):.1f}",
        _latency_of(row.waiting_ms),
        f"{statistics.median(row.waiting_ms) - statistics.median(floor.waiting_ms):.1f}",
        f"{row.calls:g}",
        f"{row.write_units:g}",
    )


def _latency_of(found: list[float]) -> str:
    """The median, and what only one in twenty is slower than."""
    return f"{statistics.median(found):.1f} (p95 {statistics.quantiles(found, n=20)[-1]:.1f})"


if __name__ == "__main__":
    from bench.__main__ import interpreter_for

    which, its_version = interpreter_for(None)
    print(run(which, its_version, packages.ready(which, its_version)))
