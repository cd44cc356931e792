"""`leadgate serve` in a process of its own, as a newcomer starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, ARRIVAL_SECONDS, STOP_SECONDS = 90, 20, 20


@dataclass(frozen=True, slots=True)
class Running:
    """A started `leadgate serve`."""

    process: subprocess.Popen[str]
    ready: Mapping[str, str]
    ready_file: Path
    folder: Path


def a_process(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "local.cli", *arguments, "--log", str(folder / "log")],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def serving(tmp_path: Path) -> Iterator[Running]:
    """Started, ready, and ended at the end."""
    path = tmp_path / "ready.json"
    process = a_process(tmp_path, "serve", "--port", "0", "--ready-file", str(path))
    try:
        give_up = time.monotonic() + START_SECONDS
        while not path.exists() and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.05)
        yield Running(process, json.loads(path.read_text("utf-8")), path, tmp_path)
    finally:
        process.kill()
        process.communicate(timeout=STOP_SECONDS)


def received(running: Running) -> list[dict[str, Any]]:
    """All messages that come until the queue stays empty for two seconds."""
    ready = running.ready
    keys = ready["aws_access_key_id"], ready["aws_secret_access_key"]
    sqs = boto3.Session(*keys, region_name=ready["region"]).client("sqs", endpoint_url=ready["aws_endpoint_url"])
    found: list[dict[str, Any]] = []
    give_up = time.monotonic() + ARRIVAL_SECONDS
    while time.monotonic() < give_up:
        got = sqs.receive_message(QueueUrl=ready["hand_off_queue_url"], MaxNumberOfMessages=10, WaitTimeSeconds=2)
        if found and "Messages" not in got:
            break
        for message in got.get("Messages", []):
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=ready["hand_off_queue_url"], ReceiptHandle=message["ReceiptHandle"])
    return found
