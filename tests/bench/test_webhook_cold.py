"""What a cold start of the door for LinkedIn and Meta may not load; its time is measured by `make bench`."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import measure, webhook
from bench.measure import Child
from bench.packages import ROOT
from tests.bench.test_cold_imports import SHIPPED, loaded

NEVER_NEEDED = ("shared.domain.consent", "shared.domain.intake")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The names of all modules after the first answer to LinkedIn's challenge."""
    package = tmp_path_factory.mktemp("door")
    for room in ("functions", "shared", "agreement"):
        (package / room).symlink_to(ROOT / room)
    for name in SHIPPED:
        found = Path(str(importlib.util.find_spec(name).origin))  # type: ignore[union-attr]  # None fails the test as well
        entry = found.parent if found.name == "__init__.py" else found
        (package / entry.name).symlink_to(entry)
    with measure.bench(sys.executable, {webhook.VARIANT.name: package}, (webhook.VARIANT,)) as on:
        event = json.dumps(json.loads(webhook.EVENT.read_text("utf-8")))
        (on.events / f"{webhook.VARIANT.name}.jsonl").write_text(f"{event}\n", "utf-8")
        child = Child(on, webhook.VARIANT)
        yield child.started["names"]
        child.stop()


def test_the_challenge_is_answered_without_any_dear_library(started: list[str]) -> None:
    assert loaded(started) == set()


def test_who_only_queues_ids_loads_no_decision_about_people(started: list[str]) -> None:
    assert not [name for name in started if name.startswith(NEVER_NEEDED)]
