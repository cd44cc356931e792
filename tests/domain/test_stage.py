from __future__ import annotations

import copy

import pytest

from shared.domain.scoring import Score, compile_definition, judge
from shared.domain.stage import advance, buyer_stage, reached
from tests.builders import AGREEMENT, DEFINITION


def a_score(total: int) -> Score:
    return Score(total, fit=total, interest=0, intent=0, cell="A3", lines=())


@pytest.mark.parametrize(
    ("total", "has_inquired", "stage"),
    [(74, True, "lead"), (75, True, "sales_qualified"), (100, False, "lead"), (100, True, "sales_qualified")],
)
def test_sales_gets_who_has_seventy_five_points_and_asked(total: int, has_inquired: bool, stage: str) -> None:
    assert reached(DEFINITION, a_score(total), has_inquired)[0] == stage


def test_the_inquiry_gate_can_be_opened_in_the_definition() -> None:
    plain = copy.deepcopy(dict(AGREEMENT.definition))
    plain["sales_qualified"]["direct_inquiry"] = False

    assert reached(compile_definition(plain), a_score(75), has_inquired=False)[0] == "sales_qualified"


RIGHT = {"job_title": "Director", "company": "Example Engines"}


@pytest.mark.parametrize(
    ("profile", "downloads", "stage"),
    [
        (RIGHT, 1, "marketing_qualified"),
        (RIGHT, 0, "lead"),
        ({**RIGHT, "job_title": "Student"}, 2, "lead"),
        ({"job_title": "Director"}, 2, "lead"),
    ],
)
def test_marketing_needs_the_right_title_at_the_right_company_and_interest(
    profile: dict[str, str], downloads: int, stage: str
) -> None:
    score = judge(DEFINITION, profile, {"content": downloads})

    assert reached(DEFINITION, score, has_inquired=False)[0] == stage


@pytest.mark.parametrize(
    ("stage", "target", "expected"),
    [
        (None, "lead", "lead"),
        ("lead", "sales_qualified", "sales_qualified"),
        ("sales_qualified", "lead", "sales_qualified"),
        ("customer", "sales_qualified", "customer"),
        ("disqualified", "sales_qualified", "disqualified"),
        ("erased", "marketing_qualified", "erased"),
    ],
)
def test_a_submission_moves_a_lead_forward_or_leaves_it(stage: str | None, target: str, expected: str) -> None:
    assert advance(stage, target) == expected


@pytest.mark.parametrize("target", ["lead", "marketing_qualified", "sales_qualified"])
def test_who_had_withdrawn_and_comes_back_starts_anew(target: str) -> None:
    assert advance("withdrawn", target) == target


def test_who_asks_is_active_and_who_shows_intent_is_starting() -> None:
    nothing = judge(DEFINITION, {}, {})
    intent = judge(DEFINITION, {}, {"wrote-a-message": 1})

    assert buyer_stage(nothing, has_inquired=True) == "active"
    assert buyer_stage(intent, has_inquired=False) == "starting"
    assert buyer_stage(nothing, has_inquired=False) == "not_ready"
