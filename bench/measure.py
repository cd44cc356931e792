"""Runs variants in processes of their own and reads what they cost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import sample
from bench.packages import ROOT, Variant

CHILD = Path(__file__).resolve().parent / "child.py"
EVENTS = 200
TABLES = {
    "LEADS_TABLE": "Leads",
    "LEDGER_TABLE": "ConsentLedger",
    "NOTICES_TABLE": "Notices",
    "SUPPRESSIONS_TABLE": "Suppressions",
}
QUEUES = {"HAND_OFF_QUEUE_URL": "hand-off", "NURTURE_QUEUE_URL": "nurture", "SELF_TEST_QUEUE_URL": "self-test"}
SECONDS_FOR_ONE = 120


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything a run needs: who runs, what, against which stub."""

    interpreter: str
    places: Mapping[str, Path]
    events: Path
    stub: str

    def command(self, variant: Variant, requests: int, control: int) -> list[str]:
        """Without site-packages, user settings or the current folder: the package is all there is."""
        events = self.events / f"{variant.name}.jsonl"
        python = [self.interpreter, "-I", "-S", "-X", "utf8", str(CHILD)]
        return [*python, str(self.places[variant.name]), variant.module, str(events), str(requests), str(control)]

    def environment(self) -> dict[str, str]:
        return {
            **TABLES,
            "IDEMPOTENCY_TABLE": "Idempotency",
            "KEYS_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys",
            "PLATFORM_SECRETS_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:platforms",
            "SITE_URL": "https://www.example.com",
            **{name: f"{self.stub}/123456789012/{queue}.fifo" for name, queue in QUEUES.items()},
            "STAGE": "bench",
            "AWS_ENDPOINT_URL": self.stub,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-secret-for-a-stub",
            "AWS_LAMBDA_FUNCTION_NAME": "capture",
            "POWERTOOLS_SERVICE_NAME": "leadgate",
            "POWERTOOLS_METRICS_NAMESPACE": "Leadgate",
            "LOG_LEVEL": "INFO",
            "PATH": os.environ.get("PATH", ""),
        }


@contextmanager
def bench(
    interpreter: str, places: Mapping[str, Path], variants: tuple[Variant, ...], *stub_options: str
) -> Iterator[Bench]:
    """A bench with its stub running and its events written."""
    with tempfile.TemporaryDirectory() as folder, _stub(*stub_options) as url:
        for variant in variants:
            sample.write(Path(folder) / f"{variant.name}.jsonl", EVENTS, dict(variant.fields))
        yield Bench(interpreter, places, Path(folder), url)


@contextmanager
def _stub(*options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.stub", *options]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


def tally(stub: str) -> dict[str, Any]:
    """What the stub counted since the last time."""
    return asked(stub, "tally")


def asked(stub: str, what: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{stub}/{what}", timeout=10) as reply:
        answer: dict[str, Any] = json.load(reply)
    return answer


class Child:
    """One variant, started and answered once; runs more requests on command. `started` is its first report."""

    def __init__(self, on: Bench, variant: Variant) -> None:
        reads, writes = os.pipe()
        self.process = subprocess.Popen(
            on.command(variant, 0, writes),
            env=on.environment(),
            pass_fds=[writes],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        os.close(writes)
        self.reports = os.fdopen(reads)
        self.started = self._report()

    def warm(self, requests: int) -> float:
        """CPU seconds of so many requests."""
        return float(self._ran(requests)["cpu_s"])

    def began(self, requests: int) -> list[float]:
        """When each of so many requests began, on the clock of all processes."""
        began: list[float] = self._ran(requests)["began"]
        return began

    def _ran(self, requests: int) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(f"{requests}\n")
        self.process.stdin.flush()
        return self._report()

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.reports.close()

    def _report(self) -> dict[str, Any]:
        line = self.reports.readline()
        if not line:
            raise SystemExit(f"{' '.join(self.process.args)} ended early")  # type: ignore[arg-type]  # a list of str
        report: dict[str, Any] = json.loads(line)
        return report


def cold_seconds(on: Bench, variant: Variant) -> float:
    """CPU seconds, user and system, from the start of the process to its end after the first answer."""
    process = _once(on, variant, [], 1)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{variant.name} failed: {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def _once(
    on: Bench, variant: Variant, under: list[str], requests: int, complaints: int | None = None
) -> subprocess.Popen[bytes]:
    devnull = subprocess.DEVNULL
    command = [*under, *on.command(variant, requests, 1)]
    return subprocess.Popen(command, env=on.environment(), stdin=devnull, stdout=devnull, stderr=complaints)


def counter(may_be_slow: bool) -> Callable[[Bench, Variant, int], int] | None:
    """How user instructions can be counted here: by perf, by valgrind when minutes do not matter, or not at all."""
    if _perf_counts():
        return _perf
    return _valgrind if may_be_slow and shutil.which("valgrind") else None


def _perf_counts() -> bool:
    perf = shutil.which("perf")
    if not perf:
        return False
    command = [perf, "stat", "-x,", "-e", "instructions:u", "true"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr[:1].isdigit()


def _perf(on: Bench, variant: Variant, requests: int) -> int:
    said = _complaints(on, variant, ["perf", "stat", "-x,", "-e", "instructions:u"], requests)
    return int(said.strip().splitlines()[-1].split(",")[0])


def _valgrind(on: Bench, variant: Variant, requests: int) -> int:
    under = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    found = re.search(r"I\s+refs:\s+([\d,]+)", _complaints(on, variant, under, requests))
    if not found:
        raise SystemExit(f"valgrind did not count {variant.name}")
    return int(found[1].replace(",", ""))


def _complaints(on: Bench, variant: Variant, under: list[str], requests: int) -> str:
    process = _once(on, variant, under, requests, subprocess.PIPE)
    return process.communicate(timeout=SECONDS_FOR_ONE * (1 + requests))[1].decode()
