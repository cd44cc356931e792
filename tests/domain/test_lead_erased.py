from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.domain.erasure import REASONS
from shared.domain.message import ERASED_SCHEMA, lead_erased
from tests.builders import NOON

HERE = Path(__file__).resolve().parents[2]
PUBLISHED = json.loads((HERE / "docs/schemas/lead.erased.v1.json").read_text("utf-8"))
GOLDEN = HERE / "tests/golden/lead.erased.json"
LEAD_ID = "30000000000000000000000000000001"


def a_message(reason: str = "art17") -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(lead_erased(LEAD_ID, 5, reason, NOON).body)
    return parsed


def test_the_message_is_to_the_letter_what_consumers_were_promised() -> None:
    assert a_message() == json.loads(GOLDEN.read_text("utf-8"))


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_keeps_the_published_schema(reason: str) -> None:
    jsonschema.validate(a_message(reason), PUBLISHED, cls=jsonschema.Draft202012Validator)


def test_the_message_names_its_schema() -> None:
    assert PUBLISHED["$id"] == ERASED_SCHEMA == a_message()["dataschema"]


def test_the_schema_refuses_a_message_without_its_version() -> None:
    message = a_message()
    del message["data"]["version"]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(message, PUBLISHED)


def test_an_erasure_said_twice_is_one_message_under_one_id() -> None:
    first, again = lead_erased(LEAD_ID, 5, "art17", NOON), lead_erased(LEAD_ID, 5, "art17", NOON)

    assert first == again
    assert first.slot == "OUT#0000000005"
    assert not first.is_letter
