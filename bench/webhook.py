"""`python -m bench.webhook`: how long LinkedIn waits for its challenge when nothing is warm.

LinkedIn gives three seconds, asks every two hours (so the answer is nearly always a cold start) and blocks the address
after three late answers. Measured is the built door in a process of its own, from the start of the process to its end
after the answer: the interpreter, every import, the secret from a stub, one HMAC.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import measure, packages
from bench.measure import Bench
from bench.packages import ROOT, Variant
from local import build

ROUNDS, LINKEDIN_WAITS_MS = 15, 3000
EVENT = ROOT / "events" / "receive_webhook_linkedin_challenge.json"
DOOR = "receive_webhook"
VARIANT = Variant("receive-webhook", "LinkedIn's challenge", f"functions.{DOOR}.handler")


@dataclass(frozen=True, slots=True)
class Cold:
    """Milliseconds of each cold start: on the wall clock, and of CPU."""

    wall_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    modules_mib: float

    def as_text(self) -> str:
        wall, worst = statistics.median(self.wall_ms), max(self.wall_ms)
        return (
            f"{VARIANT.title}, cold: {wall:.0f} ms on the wall clock ({min(self.wall_ms):.0f}–{worst:.0f}), "
            f"{statistics.median(self.cpu_ms):.0f} ms of CPU, package {self.modules_mib:.1f} MB.\n"
            f"LinkedIn waits {LINKEDIN_WAITS_MS} ms: {LINKEDIN_WAITS_MS / worst:.0f} times the slowest of {ROUNDS}."
        )


def run(interpreter: str, version: str) -> Cold:
    place = built(interpreter, build.CACHE / f"bench-{version}" / VARIANT.name, DOOR)
    with measure.bench(interpreter, {VARIANT.name: place}, (VARIANT,)) as on:
        event = json.dumps(json.loads(EVENT.read_text("utf-8")))
        (on.events / f"{VARIANT.name}.jsonl").write_text(f"{event}\n", "utf-8")
        times = [once(on) for _ in range(ROUNDS)]
    return Cold(tuple(wall for wall, _ in times), tuple(cpu for _, cpu in times), packages.mebibytes(place))


def built(interpreter: str, place: Path, door: str) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    build.build(door, place)
    for cache in list(place.rglob("__pycache__")):
        shutil.rmtree(cache)
    compiling = (interpreter, "-m", "compileall", "-q", "-j0", "--invalidation-mode", "unchecked-hash", str(place))
    subprocess.run(compiling, check=True, stdout=subprocess.DEVNULL)
    return place


def once(on: Bench) -> tuple[float, float]:
    """Milliseconds on the wall clock and of CPU for one cold start with its answer."""
    environment: Mapping[str, str] = on.environment()
    started, nowhere = time.perf_counter(), subprocess.DEVNULL
    process = subprocess.Popen(on.command(VARIANT, 1, 1), env=environment, stdin=nowhere, stdout=nowhere)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{VARIANT.name} failed: {process.returncode}")
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000


if __name__ == "__main__":
    from bench.__main__ import interpreter_for

    print(run(*interpreter_for(None)).as_text())
