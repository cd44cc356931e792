"""The decisions of the hand-off together, by the shipped agreement: offered, routed, silent, routed again, answered,
counted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import get_args

import pytest

from local.agreement_definition import BuyerStage
from shared.domain import disposition, figures, kpis, nurture, routing, sla
from shared.domain.business_time import calendars_from
from shared.domain.lead import instant
from shared.settings import compiled_agreement

COMPILED = compiled_agreement()
DEFINITION = COMPILED["definitions"]["default"]
CALENDARS = calendars_from(COMPILED["calendars"])
ROUTING = routing.routing_from(COMPILED["routing"])
FRIDAY = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)  # half past four in Berlin; work ends at five
LEAD = "a" * 32
LINES = ({"rule": "decision-maker", "dimension": "fit", "group": "title", "points": 20},)


@pytest.mark.requirement("A23c", "B10", "B12a", "B45c", "C19")
def test_a_lead_that_its_first_owner_lets_lie_goes_to_another_and_their_answer_counts() -> None:
    ask = routing.Ask(LEAD, instant(FRIDAY), country="DE", size=300)
    first = routing.assign(ask, ROUTING, CALENDARS, {})
    team = ROUTING.queues[first.queue]
    by_band = DEFINITION["outcomes"]["sales_qualified"]["respond_within_minutes"]
    agreed = sla.agreed(by_band, "A1", team.respond_within_minutes)
    promise = sla.opened(agreed, team.calendar, FRIDAY)
    due = sla.due_at(promise, CALENDARS[team.calendar])
    assert due is not None

    silence = sla.breach(promise, CALENDARS[team.calendar], due + timedelta(seconds=1))
    assert silence is not None
    again = replace(ask, had=(str(first.owner),), to_fallback=silence.then == "fallback")
    assert first.turn is not None
    second = routing.assign(again, ROUTING, CALENDARS, {first.queue: first.turn})
    told = silence.as_data(LEAD, first.owner, first.queue, 2)

    plain = {"kind": "rejected", "actor": {"team": "sales", "id": second.owner}, "reason": "wrong_title"}
    answer = disposition.answer_from({**plain, "next_stage_interest": "no"})
    offer = disposition.Offer(LEAD, "sales_qualified", 1, second.owner, DEFINITION["version"], LINES)
    made = disposition.decide(offer, answer, due + timedelta(minutes=5))
    assert made.change is not None
    assert made.dispute is not None

    rules = tuple(str(line["rule"]) for line in LINES)
    summary = kpis.summarise(
        [
            *kpis.facts_of_stage("sales_qualified", [], instant(FRIDAY), {"channel": "google"}),
            kpis.Fact("sla_breached", told["sla"]["due_at"], {}),
            kpis.Fact("rejected", made.at, {}, reason=answer.reason, rules=rules, blamed=made.dispute.rules),
        ]
    )

    assert (first.queue, first.owner, second.owner) == ("dach", "dach-1", "dach-2")
    assert instant(due) == instant(datetime(2026, 3, 9, 8, 30, tzinfo=UTC))
    assert (told["kind"], told["then"], told["owner"]) == ("silence", "reroute", "dach-1")
    assert made.change.as_history()["by"] == "sales:dach-2"
    assert figures.figures(summary).rejections == {"wrong_title": 1}
    assert [(one.rule, one.precision, one.blamed) for one in figures.rule_records(summary)] == [
        ("decision-maker", Fraction(0), 1)
    ]


@pytest.mark.requirement("A23c")
@pytest.mark.parametrize("cell", [grade + level for grade in "ABCD" for level in "123"])
def test_every_cell_has_a_time_to_answer_in_every_queue(cell: str) -> None:
    for compiled in COMPILED["definitions"].values():
        by_band = compiled["outcomes"]["sales_qualified"]["respond_within_minutes"]
        for queue in ROUTING.queues.values():
            assert sla.agreed(by_band, cell, queue.respond_within_minutes)[1] > 0
            assert queue.calendar in CALENDARS


@pytest.mark.requirement("B51", "B57b", "C64")
@pytest.mark.parametrize("buyer_stage", get_args(BuyerStage))
def test_the_shipped_definitions_have_a_track_with_a_cap_for_every_buyer_stage(buyer_stage: str) -> None:
    for compiled in COMPILED["definitions"].values():
        made = nurture.path(compiled["nurture"], "lead", buyer_stage, {}, {}, FRIDAY)

        assert (made.reason, made.track is None) == ("no_permission", False)
        assert made.purpose in compiled["nurture"]["frequency"]


@pytest.mark.requirement("C64")
def test_who_took_the_shipped_beginners_guide_is_on_the_track_for_beginners() -> None:
    permission = {
        "reply": True,
        "marketing": {"email": "yes", "sms": "no", "phone": "no", "autocall": "no"},
        "share": False,
        "channels": {},
        "expires": {},
        "as_of": "",
    }
    tags = DEFINITION["content"]["beginners-guide"]

    made = nurture.path(DEFINITION["nurture"], "marketing_qualified", "not_ready", tags, permission, FRIDAY)

    assert (made.track, made.reason) == ("educational-beginner", "enrolled")
