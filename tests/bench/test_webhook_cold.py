"""What a cold start of the door for LinkedIn and Meta may not load; its time is measured by `make bench`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from bench import measure, webhook
from bench.measure import Child
from tests.bench.test_cold_imports import as_shipped, loaded

NEVER_NEEDED = ("shared.domain.consent", "shared.domain.intake")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The names of all modules after the first answer to LinkedIn's challenge."""
    package = as_shipped(tmp_path_factory.mktemp("door"))
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
