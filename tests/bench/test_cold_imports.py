"""What a cold start of the capture door may not load, and how often a submission talks to AWS; never times."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import measure, sample
from bench.packages import OURS, PHONE, ROOT

REQUESTS = 4
SHIPPED = ("aws_lambda_powertools", "email_validator", "idna", "jmespath", "phonenumbers", "typing_extensions")
FORBIDDEN = (
    "aws_xray_sdk",
    "boto3",
    "botocore",
    "charset_normalizer",
    "dns",
    "email",
    "email_validator",
    "http.client",
    "idna",
    "jinja2",
    "multiprocessing",
    "phonenumbers",
    "pydantic",
    "requests",
    "sqlite3",
    "unittest",
    "urllib.request",
    "urllib3",
    "xml",
    "yaml",
)


def as_shipped(package: Path) -> Path:
    """The doors as they stand in this repository, with what ships beside them, in this folder."""
    for room in ("functions", "shared", "agreement"):
        (package / room).symlink_to(ROOT / room)
    for name in SHIPPED:
        found = Path(str(importlib.util.find_spec(name).origin))  # type: ignore[union-attr]  # None fails the test as well
        entry = found.parent if found.name == "__init__.py" else found
        (package / entry.name).symlink_to(entry)
    return package


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[measure.Bench]:
    """The door as it stands in this repository, with what ships beside it (requirements/runtime.in)."""
    package = as_shipped(tmp_path_factory.mktemp("door"))
    with measure.bench(sys.executable, {OURS.name: package, PHONE.name: package}, (OURS, PHONE)) as on:
        yield on


def loaded(names: list[str]) -> set[str]:
    return {one for one in FORBIDDEN for name in names if name == one or name.startswith(f"{one}.")}


def test_a_first_submission_loads_nothing_that_it_does_not_need(on: measure.Bench) -> None:
    child = measure.Child(on, OURS)
    child.stop()

    assert loaded(child.started["names"]) == set()


def test_only_a_phone_number_loads_the_numbering_plans(on: measure.Bench) -> None:
    child = measure.Child(on, PHONE)
    child.stop()

    assert loaded(child.started["names"]) == {"phonenumbers"}


def test_a_submission_is_one_read_and_one_transaction(on: measure.Bench) -> None:
    child = measure.Child(on, OURS)
    measure.tally(on.stub)
    child.warm(REQUESTS)
    counts = measure.tally(on.stub)
    child.stop()

    assert counts["calls"] == {"BatchGetItem": REQUESTS, "TransactWriteItems": REQUESTS}
    assert counts["puts"] == 5 * REQUESTS


def test_the_sample_is_the_demo_form_as_it_is_agreed() -> None:
    event: dict[str, Any] = next(iter(sample.events(1, {})))
    compiled = json.loads((ROOT / "agreement" / "compiled.json").read_bytes())

    form = next(form for form in compiled["forms"] if form["form_id"] == event["pathParameters"]["form_id"])

    assert {*sample.FIELDS, "email", "phone"} == {field["name"] for field in form["fields"]}


def test_garbage_is_collected_again_when_the_door_stands() -> None:
    """Start-up switches collection off, which would leak if it stayed so."""
    script = "import gc, functions.receive_form.handler; print(gc.isenabled())"
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "POWERTOOLS_METRICS_NAMESPACE": "Leadgate"}

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "True"
