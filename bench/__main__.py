"""`python -m bench`: what one submission costs, ours and the usual ways, side by side in one run.

Rounds are interleaved, so that a busy moment of the machine meets every variant; medians are printed with their spread.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench import measure, packages, relay, webhook
from bench.measure import Bench, Child
from bench.packages import FLOOR, VARIANTS, Variant
from local import build

COLD_ROUNDS, WARM_ROUNDS, WARM_REQUESTS, COUNTED_REQUESTS = 7, 7, 120, 20
USD_PER_WRITE_UNIT = 0.625e-6  # on demand, us-east-1, January 2026
NOT_COUNTABLE = "not countable here"


@dataclass(slots=True)
class Row:
    """Everything measured about one variant."""

    variant: Variant
    modules: int = 0
    mebibytes: float = 0.0
    peak_mib: float = 0.0
    cold_ms: list[float] = field(default_factory=list)
    per_cpu_second: list[float] = field(default_factory=list)
    cold_instructions: float | None = None
    warm_instructions: float | None = None
    round_trips: float = 0.0
    bytes_out: float = 0.0
    items: float = 0.0
    write_units: float = 0.0

    @property
    def cold(self) -> float:
        return statistics.median(self.cold_ms)

    @property
    def warm_ms(self) -> float:
        return 1000 / statistics.median(self.per_cpu_second)


def run(on: Bench, may_be_slow: bool) -> list[Row]:
    rows = [Row(variant, mebibytes=packages.mebibytes(on.places[variant.name])) for variant in VARIANTS]
    for _ in range(COLD_ROUNDS):
        for row in rows:
            row.cold_ms.append(measure.cold_seconds(on, row.variant) * 1000)
    _warm(on, rows)
    count = measure.counter(may_be_slow)
    for row in rows if count else ():
        _instructions(on, row, count)
    return rows


def _warm(on: Bench, rows: list[Row]) -> None:
    children = {row.variant.name: Child(on, row.variant) for row in rows}
    for row in rows:
        _talk(on, row, children[row.variant.name])
    for _ in range(WARM_ROUNDS):
        for row in rows:
            row.per_cpu_second.append(WARM_REQUESTS / children[row.variant.name].warm(WARM_REQUESTS))
    for child in children.values():
        child.stop()


def _talk(on: Bench, row: Row, child: Child) -> None:
    """What a variant says to AWS for each warm request; this also warms it up."""
    row.modules, row.peak_mib = child.started["modules"], child.started["peak_kib"] / 1024
    measure.tally(on.stub)
    child.warm(COUNTED_REQUESTS)
    counts = measure.tally(on.stub)
    row.round_trips = sum(counts["calls"].values()) / COUNTED_REQUESTS
    row.bytes_out = counts["bytes_in"] / COUNTED_REQUESTS
    row.items = counts["puts"] / COUNTED_REQUESTS
    row.write_units = counts["write_units"] / COUNTED_REQUESTS


def _instructions(on: Bench, row: Row, count: Callable[[Bench, Variant, int], int] | None) -> None:
    assert count
    once, often = count(on, row.variant, 1), count(on, row.variant, 1 + COUNTED_REQUESTS)
    row.cold_instructions, row.warm_instructions = once, (often - once) / COUNTED_REQUESTS


def table(rows: list[Row]) -> str:
    """A Markdown table; every ratio is against the floor of the same run."""
    floor = next(row for row in rows if row.variant is FLOOR)
    head = (
        "variant", "modules", "package MB", "peak MiB", "cold CPU ms", "× (c)", "cold M instr", "× (c)",
        "warm req / CPU s", "warm × (c)", "warm k instr", "× (c)", "round trips", "items", "bytes out", "write units",
        "USD / M leads",
    )  # fmt: skip
    lines = [head, ("---",) + ("--:",) * (len(head) - 1), *(_cells(row, floor) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row, floor: Row) -> tuple[str, ...]:
    return (
        row.variant.title,
        str(row.modules),
        f"{row.mebibytes:.1f}",
        f"{row.peak_mib:.0f}",
        f"{row.cold:.0f} ({min(row.cold_ms):.0f}–{max(row.cold_ms):.0f})",
        f"{row.cold / floor.cold:.2f}",
        *_counted(row.cold_instructions, floor.cold_instructions, 1e6),
        f"{1000 / row.warm_ms:.0f} ({min(row.per_cpu_second):.0f}–{max(row.per_cpu_second):.0f})",
        f"{row.warm_ms / floor.warm_ms:.2f}",
        *_counted(row.warm_instructions, floor.warm_instructions, 1e3),
        f"{row.round_trips:g}",
        f"{row.items:g}",
        f"{row.bytes_out:.0f}",
        f"{row.write_units:g}",
        f"{row.write_units * USD_PER_WRITE_UNIT * 1e6:.2f}",
    )


def _counted(instructions: float | None, of_floor: float | None, unit: float) -> tuple[str, str]:
    if instructions is None or of_floor is None:
        return NOT_COUNTABLE, "–"
    return f"{instructions / unit:.0f}", f"{instructions / of_floor:.2f}"


def interpreter_for(wanted: str | None) -> tuple[str, str]:
    """The interpreter to measure with, and its version: the runtime's where it can be found, else this one."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for version in (wanted,) if wanted else (build.runtime(), here):
        found = build.find_interpreter(version)
        if found:
            return found, version
    raise SystemExit(f"There is no python{wanted} here")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--python", metavar="3.X", help="measure with this version instead of the template's runtime")
    parser.add_argument("--instructions", action="store_true", help="by valgrind where perf cannot count: minutes")
    chosen = parser.parse_args()
    interpreter, version = interpreter_for(chosen.python)
    places = packages.ready(interpreter, version)
    started = time.monotonic()
    with measure.bench(interpreter, places, VARIANTS) as on:
        rows = run(on, chosen.instructions)
    print(f"Python {version} on {platform.system()} {platform.machine()}, {time.monotonic() - started:.0f} s.")
    print(f"{COLD_ROUNDS} cold starts and {WARM_ROUNDS} rounds of {WARM_REQUESTS} warm requests, interleaved.")
    print("Medians, in brackets lowest to highest.\n")
    print(table(rows))
    print(f"\n{relay.run(interpreter, version, places)}")
    print(f"\n{webhook.run(interpreter, version).as_text()}")


if __name__ == "__main__":
    main()
