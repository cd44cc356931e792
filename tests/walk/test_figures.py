"""What was walked through the real doors is what the report counts: an offer, its answers, its promise, its rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.report_told import as_plain
from shared.adapters import offer_lines
from shared.adapters.lead_lines import lines_of, shown_fields
from shared.domain import offer as offers
from shared.domain.history import history_of
from shared.domain.lead_facts import totals_of
from tests.builders import AGREEMENT, DEFINITION
from tests.walk.conftest import Walk
from tests.walk.test_answers import items, offered, say

AS_OF = "2026-12-31T00:00:00.000Z"


def counted(walk: Walk) -> dict[str, Any]:
    ours = sorted(
        (item for item in walk.items(walk.tables.leads) if item["pk"]["S"].startswith("P#")),
        key=lambda item: item["sk"]["S"],
    )
    (person,) = {item["pk"]["S"] for item in ours if item["sk"]["S"] == "LEAD"}
    rows = lines_of([item for item in ours if item["pk"]["S"] == person], shown_fields(AGREEMENT), AGREEMENT)
    return as_plain(totals_of([history_of(rows)], DEFINITION), None, AS_OF)


@pytest.mark.requirement("B10", "B12a", "B12b")
def test_a_lead_that_sales_won_is_counted_at_every_step(walk: Walk) -> None:
    message = offered(walk)
    lead_id = message["subject"]
    for number, kind in enumerate(("contacted", "accepted", "bant", "won"), 1):
        say(walk, lead_id, kind, number, **({"amount": 125_000, "currency": "EUR"} if kind == "won" else {}))

    report = counted(walk)

    assert list(report["funnel"].values()) == [1, 1, 1, 1, 1, 1]
    figures = report["figures"]
    assert figures["revenue"] == {"EUR": {"amount": "1250.00", "deals": 1, "per_deal": "1250.00"}}
    assert figures["conversion"]["value"] == 1.0
    assert (figures["sla_kept"]["hits"], figures["sla_kept"]["of"]) == (1, 1)
    assert None not in (figures["seconds_to_first_contact"]["p50"], figures["seconds_to_hand_off"]["p50"])
    assert [row["value"] for row in report["by"]["queue"]] == [message["data"]["queue"]]
    assert [row["value"] for row in report["by"]["offer_definition"]] == [message["data"]["definition"]]
    assert {one["rule"] for one in report["rules"]} == {
        line["rule"] for line in message["data"]["explanation"] if line["points"] > 0
    }


@pytest.mark.requirement("C19", "N12")
def test_a_rejection_counts_with_its_reason_against_the_rules_that_it_points_at(walk: Walk) -> None:
    lead_id = offered(walk)["subject"]
    say(walk, lead_id, "rejected", reason="wrong_title")

    report = counted(walk)

    assert report["figures"]["rejections"] == {"wrong_title": 1}
    (answer,) = items(walk, "DSP#")
    assert {one["rule"] for one in report["rules"] if one["blamed"]} == set(json.loads(answer["doc"]["S"])["disputed"])


@pytest.mark.requirement("A23c")
def test_silence_beyond_the_promise_is_a_broken_one_and_a_running_one_is_none_yet(walk: Walk) -> None:
    offered(walk)
    (offer,) = (json.loads(item["doc"]["S"]) for item in items(walk, "OFFER#"))

    escalated = {**offer, "sla": {**offer["sla"], "attempt": offers.ATTEMPTS + 1}}
    answered = {**offer, "sla": {**offer["sla"], "answered_at": offer["sla"]["opened_at"]}}
    late = {**offer, "sla": {**offer["sla"], "answered_at": AS_OF}}

    assert offer_lines.promises(offer) == []
    assert offer_lines.promises(escalated) == ["breached"]
    assert (offer_lines.promises(answered), offer_lines.promises(late)) == (["kept"], ["breached"])
    ended = {"at": AS_OF, "why": "withdrawn"}
    assert offer_lines.promises({**answered, "ended": ended}) == ["kept"]
    assert offer_lines.promises({**escalated, "ended": ended}) == []


def test_a_message_that_was_dropped_was_handed_to_nobody() -> None:
    lead = {"lead_id": "a", "history": [{"stage": "sales_qualified", "at": AS_OF}]}
    done = {"kind": {"S": "lead.sales_qualified"}, "message_id": {"S": "a.sales_qualified.1"}}

    (row,) = offer_lines.rows(lead, [], [], [{**done, "delivered_at": {"S": AS_OF}}])

    assert row == {"type": "offer", "lead": "a", "at": AS_OF, "crossing": 1}
