"""Who gets an offer, what becomes of one that nobody answers, and who is on a track: through the very handlers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import ADA
from tests.walk.conftest import Walk
from tests.walk.test_walk import post

GUIDE = {"fields": ADA, "consents": {"mkt_email": True}}


def offer_of(walk: Walk) -> dict[str, Any]:
    (item,) = [item for item in walk.items(walk.tables.leads) if item["sk"]["S"].startswith("OFFER#")]
    return item


def let_it_lie(walk: Walk) -> None:
    """The offer as it would stand after a month in which nobody answered."""
    item = offer_of(walk)
    doc, long_ago = json.loads(item["doc"]["S"]), datetime.now(UTC) - timedelta(days=30)
    doc["sla"]["opened_at"] = at = long_ago.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    put = {**item, "doc": {"S": json.dumps(doc)}, "due_at": {"S": at}}
    walk.cloud.client("dynamodb").put_item(TableName=walk.tables.leads, Item=put)


@pytest.mark.requirement("A23b", "A23c")
def test_the_message_names_who_has_the_lead_and_by_when_they_must_answer(walk: Walk) -> None:
    post(walk)
    walk.relay()

    (message,) = walk.messages()

    told = message["data"]
    assert (told["queue"], told["owner_id"]) == ("world", "world-1")
    assert told["sla"]["due_at"] == offer_of(walk)["due_at"]["S"] > message["time"]


@pytest.mark.requirement("A23c")
def test_what_nobody_answers_goes_to_somebody_else_and_sales_hears_of_it(walk: Walk) -> None:
    post(walk)
    walk.relay()
    (offer,) = walk.messages()
    let_it_lie(walk)

    counts = walk.call("sweep", {})
    walk.relay()

    (breach,) = walk.messages()
    assert counts["promises_fallback"] == 1
    assert (breach["type"], breach["data"]["owner"], breach["data"]["next"]["queue"]) == (
        *("lead.sla_breached", "world-1"),
        "desk",
    )
    assert breach["data"]["version"] == offer["data"]["version"] + 1
    assert walk.call("sweep", {})["promises_fallback"] == 0


@pytest.mark.requirement("B51", "C64")
def test_who_takes_a_guide_is_on_a_track_and_sales_hears_nothing(walk: Walk) -> None:
    post(walk, GUIDE, "content-download")
    walk.relay()

    (message,) = walk.messages("NurtureQueue")

    assert (message["type"], message["data"]["step"]) == ("lead.nurture_enrolled", "enrolled")
    assert walk.messages() == []
