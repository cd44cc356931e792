"""What an export may not show of people who came through an ad platform."""

from __future__ import annotations

import pytest

from local.export_command import _event_row, hidden_fields
from tests.builders import AGREEMENT

EVENT = {
    "event_id": "e1",
    "at": "2026-11-22T08:34:50.000Z",
    "kind": "demo_request",
    "form_id": "meta-demo",
    "context": {},
    "judged": False,
    "is_test": False,
}


@pytest.mark.parametrize(
    ("name", "given", "shown"),
    [
        ("full_name", "Ada Lovelace", "…"),
        ("work_phone", "+4915112345678", "…"),
        ("work_email", "ada@example.com", "@example.com"),
        ("country", "FR", "FR"),
    ],
)
def test_an_answer_of_an_ad_lead_shows_nothing_of_the_person(name: str, given: str, shown: str) -> None:
    row = _event_row("lead", {**EVENT, "fields": {name: given}}, ["reply"], hidden_fields(AGREEMENT))

    assert row["fields"] == {name: shown}
