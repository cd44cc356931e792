from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.domain import stage as gates
from shared.domain.errors import RejectedInput
from shared.domain.lifecycle import MOVES, RESPONSIBLE, SIDES, STAGES, Actor, move, vetting

NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
SELLER = Actor("sales", "dach-1")
RULES = Actor("definition", "2026.1")


@pytest.mark.requirement("C14a", "A5")
def test_a_change_says_who_when_by_which_rule_and_under_which_definition() -> None:
    change = move("sales_qualified", "sales_accepted", SELLER, "answer:accepted", "2026.1", NOW)

    assert change.as_history() == {
        "stage": "sales_accepted",
        "at": "2026-03-09T09:00:00.000Z",
        "rule": "answer:accepted",
        "definition": "2026.1",
        "by": "sales:dach-1",
    }


@pytest.mark.parametrize("before", STAGES)
@pytest.mark.parametrize("target", STAGES)
def test_a_move_is_made_by_those_whose_move_it_is_and_refused_to_all_others(before: str, target: str) -> None:
    for side in SIDES:
        if side in MOVES.get((before, target), ()):
            assert move(before, target, Actor(side, "x"), "r", "v", NOW).stage == target
        else:
            with pytest.raises(RejectedInput) as refused:
                move(before, target, Actor(side, "x"), "r", "v", NOW)
            assert refused.value.code == "illegal_move"


def test_an_impossible_move_names_the_stage_and_a_move_of_others_names_the_side() -> None:
    with pytest.raises(RejectedInput) as impossible:
        move("lead", "customer", SELLER, "r", "v", NOW, "/kind")
    with pytest.raises(RejectedInput) as of_others:
        move("sales_accepted", "prospect", RULES, "r", "v", NOW)

    assert [(f.pointer, f.code) for f in impossible.value.faults] == [("/kind", "illegal_move")]
    assert [(f.pointer, f.code) for f in of_others.value.faults] == [("/actor/team", "not_theirs")]


@pytest.mark.parametrize("before", [None, *STAGES])
@pytest.mark.parametrize("target", ["disqualified", "lead", "marketing_qualified", "sales_qualified", "sales_accepted"])
@pytest.mark.parametrize("by", ["", "disqualifier:student"])
def test_whatever_the_gates_do_to_a_stage_is_a_legal_move_of_the_definition(
    before: str | None, target: str, by: str
) -> None:
    after = gates.advance(before, target, by)

    assert before is None or after == before or "definition" in MOVES[before, after]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "erased"])
def test_a_person_may_leave_from_anywhere(stage: str) -> None:
    assert "person" in MOVES[stage, "erased"]
    assert stage == "withdrawn" or "person" in MOVES[stage, "withdrawn"]


def test_nothing_follows_an_erasure() -> None:
    assert not [target for before, target in MOVES if before == "erased"]


def test_every_stage_of_the_table_is_a_stage() -> None:
    assert {stage for move in MOVES for stage in move} == set(STAGES)
    assert {side for sides in MOVES.values() for side in sides} == set(SIDES)


@pytest.mark.requirement("C13a", "C5b")
def test_a_lead_becomes_a_prospect_or_a_customer_only_through_sales() -> None:
    for target in ("prospect", "customer"):
        assert all(sides == {"sales"} for (_, to), sides in MOVES.items() if to == target)


@pytest.mark.requirement("B45c", "C14b")
def test_the_lead_changes_hands_when_sales_accepts_it() -> None:
    offered = move("lead", "sales_qualified", RULES, "gate:sales_qualified", "2026.1", NOW)
    accepted = move("sales_qualified", "sales_accepted", SELLER, "answer:accepted", "2026.1", NOW)
    given_back = move("sales_accepted", "recycled", SELLER, "answer:recycled:not_now", "2026.1", NOW)

    assert offered.hand_over is None
    assert accepted.hand_over == ("marketing", "sales")
    assert given_back.hand_over == ("sales", "marketing")


@pytest.mark.requirement("C14b")
def test_marketing_nurtures_leads_and_sales_works_prospects() -> None:
    assert {stage for stage, side in RESPONSIBLE.items() if side == "sales"} == {
        "sales_accepted",
        "prospect",
        "customer",
    }


@pytest.mark.requirement("B32", "K2")
@pytest.mark.parametrize(
    ("stages", "offered", "accepted"),
    [
        (["lead"], None, None),
        (["lead", "sales_qualified"], 1, None),
        (["lead", "sales_qualified", "sales_accepted"], 1, 2),
        (["sales_qualified", "sales_accepted", "recycled", "sales_qualified"], 3, None),
        (["sales_qualified", "sales_accepted", "prospect", "customer"], 0, 1),
    ],
)
def test_an_sql_has_been_vetted_by_marketing_and_then_by_sales(
    stages: list[str], offered: int | None, accepted: int | None
) -> None:
    history = [{"stage": stage, "at": str(number)} for number, stage in enumerate(stages)]

    assert vetting(history) == (
        None if offered is None else history[offered],
        None if accepted is None else history[accepted],
    )
