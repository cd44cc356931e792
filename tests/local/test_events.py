"""The files under events/ agree with the template and with the stack that they are sent to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from local import replay
from local import template as templates
from local.aws import secret_string

EVENTS = Path(__file__).resolve().parents[2] / "events"
TEMPLATE = templates.read()
ADDRESS = re.compile(r"[a-z](?:@|%40)([a-z.]+\.[a-z]+)")


def variables() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((EVENTS / "env.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("function", templates.functions(TEMPLATE))
def test_sam_local_gets_a_value_for_declared_variables_only(function: str) -> None:
    raw = templates.resources(TEMPLATE, "AWS::Serverless::Function")[function]
    declared = TEMPLATE.document["Globals"]["Function"]["Environment"]["Variables"].keys()
    declared |= raw.get("Environment", {}).get("Variables", {}).keys()

    assert variables()[function].keys() <= declared


def test_sam_local_names_functions_tables_and_queue_as_the_local_stack_makes_them() -> None:
    tables = {arguments["TableName"] for arguments in templates.tables(TEMPLATE).values()}
    queue = templates.queues(TEMPLATE)["HandOffQueue"]["QueueName"]

    assert variables().keys() == templates.functions(TEMPLATE).keys()
    for own in variables().values():
        assert {value for name, value in own.items() if name.endswith("_TABLE")} <= tables
        assert own.get("HAND_OFF_QUEUE_URL", queue).endswith(queue)


def test_a_secret_is_made_as_the_template_asks() -> None:
    raw = templates.resources(TEMPLATE, "AWS::SecretsManager::Secret")["KeysSecret"]

    secret = json.loads(secret_string(raw))

    assert secret.keys() == {"kid", "key"}
    assert (secret["kid"], len(secret["key"])) == ("k1", 64)


def test_a_stack_starts_without_any_platforms_secret() -> None:
    raw = templates.resources(TEMPLATE, "AWS::SecretsManager::Secret")["PlatformSecrets"]

    assert json.loads(secret_string(raw)) == {}


def test_two_secrets_are_never_the_same() -> None:
    raw = templates.resources(TEMPLATE, "AWS::SecretsManager::Secret")["KeysSecret"]

    assert secret_string(raw) != secret_string(raw)


def test_every_request_of_the_demo_tells_its_story_and_names_example_people_only() -> None:
    requests = replay.read(EVENTS / "demo.jsonl")

    addresses = ADDRESS.findall((EVENTS / "demo.jsonl").read_text("utf-8"))
    assert all(request.story for request in requests)
    assert addresses
    assert {host for host in addresses if not host.startswith("example.")} == set()
