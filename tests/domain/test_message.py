from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.domain import intake as intakes
from shared.domain.message import SCHEMA
from shared.domain.question import Known
from shared.journeys.ports import Place, Waiting
from tests.builders import ADA, NOON, a_question, draws
from tests.support.sales import an_assignment

HERE = Path(__file__).resolve().parents[2]
PUBLISHED = json.loads((HERE / "docs/schemas/lead.sales_qualified.v1.json").read_text("utf-8"))
GOLDEN = HERE / "tests/golden/lead.sales_qualified.json"


def a_message(**changes: Any) -> dict[str, Any]:
    question = a_question(**changes)
    as_unknown = intakes.at_first_sight(question, NOON)
    assert not isinstance(as_unknown, intakes.Refusal)
    intake = intakes.decide(question, as_unknown, Known(), NOON, draws())
    waiting = Waiting(Place("a" * 32, "OUT#1"), intake.messages[0], intake.lead)
    message = an_assignment(intake.lead)(waiting, intake.lead)
    parsed: dict[str, Any] = json.loads(message.body)
    return parsed


@pytest.mark.requirement("B37a", "B37b", "A23a")
def test_the_message_is_to_the_letter_what_consumers_were_promised() -> None:
    assert a_message(ticked=("mkt_email",)) == json.loads(GOLDEN.read_text("utf-8"))


@pytest.mark.parametrize(
    "changes",
    [{}, {"ticked": ("mkt_email", "profiling")}, {"fields": {**ADA, "country": "DE"}, "ticked": ("mkt_email",)}],
)
def test_every_message_keeps_the_published_schema(changes: dict[str, Any]) -> None:
    jsonschema.validate(a_message(**changes), PUBLISHED, cls=jsonschema.Draft202012Validator)


@pytest.mark.requirement("B37a")
def test_the_schema_refuses_a_message_without_its_reasons() -> None:
    message = a_message()
    del message["data"]["intent_events"]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(message, PUBLISHED)


def test_the_message_names_its_schema() -> None:
    assert PUBLISHED["$id"] == SCHEMA == a_message()["dataschema"]


def test_the_message_holds_no_personal_data_and_fits_the_queue() -> None:
    text = json.dumps(a_message(fields={**ADA, "phone": "+33612345678", "message": "Secret words"}))

    assert not [
        word for word in ("ada", "engines", "director", "example.com", "+336", "Secret") if word.lower() in text.lower()
    ]
    assert len(text) < 64 * 1024
