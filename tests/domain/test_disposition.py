from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.disposition import (
    ACCEPTANCE,
    ANSWERS_AT,
    BANT,
    REASONS,
    REJECTIONS,
    Disposition,
    Offer,
    answer_from,
    decide,
    in_dispute,
)
from shared.domain.errors import RejectedInput
from shared.domain.lifecycle import MOVES, STAGES

NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
AT = "2026-03-09T09:00:00.000Z"
LINES = (
    {"rule": "direct-inquiry", "dimension": "intent", "group": "inquiry", "points": 40},
    {"rule": "decision-maker", "dimension": "fit", "group": "title", "points": 20},
    {"rule": "business-address", "dimension": "fit", "group": "company", "points": 10},
    {"rule": "content", "dimension": "interest", "group": "content", "points": 0},
)


def an_offer(stage: str = "sales_qualified", **changes: Any) -> Offer:
    known = {"crossing": 1, "owner": "dach-1", "definition": "2026.1", "lines": LINES}
    return Offer(lead_id="a" * 32, stage=stage, **{**known, **changes})


def an_answer(kind: str = "accepted", /, side: str = "sales", **changes: Any) -> dict[str, Any]:
    """An answer as it comes, complete for its kind; None takes a member away."""
    plain: dict[str, Any] = {"kind": kind, "actor": {"team": side, "id": "dach-2"}, "next_stage_interest": "yes"}
    if kind in REASONS:
        plain["reason"] = REASONS[kind][0]
    if kind == "accepted":
        plain["confirms"] = dict.fromkeys(ACCEPTANCE, True)
    if kind == "bant":
        plain["confirms"] = dict.fromkeys(BANT, True)
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def given_answer(offer: Offer, plain: dict[str, Any]) -> Disposition:
    return decide(offer, answer_from(plain), NOW)


@pytest.mark.requirement("C13c", "B45c")
def test_who_accepts_has_the_lead_from_now_on() -> None:
    made = given_answer(an_offer(), an_answer("accepted"))

    assert made.change is not None
    assert (made.change.stage, made.owner) == ("sales_accepted", "dach-2")
    assert made.change.hand_over == ("marketing", "sales")
    assert made.change.as_history()["rule"] == "answer:accepted"


@pytest.mark.requirement("C34", "B32")
@pytest.mark.parametrize("facts", list(product([True, False], repeat=3)))
def test_only_intent_budget_and_fit_together_make_an_accepted_lead(facts: tuple[bool, ...]) -> None:
    made = given_answer(an_offer(), an_answer(confirms=dict(zip(ACCEPTANCE, facts, strict=True))))

    assert (made.change is not None) is all(facts)
    assert made.missing == tuple(fact for fact, holds in zip(ACCEPTANCE, facts, strict=True) if not holds)
    assert made.owner == ("dach-2" if all(facts) else "dach-1")


@pytest.mark.requirement("C13c", "C13a")
@pytest.mark.parametrize("facts", list(product([True, False], repeat=4)))
def test_only_budget_authority_need_and_timeframe_together_make_a_prospect(facts: tuple[bool, ...]) -> None:
    made = given_answer(an_offer("sales_accepted"), an_answer("bant", confirms=dict(zip(BANT, facts, strict=True))))

    assert (made.change.stage if made.change else None) == ("prospect" if all(facts) else None)
    assert made.confirmed["bant"] == dict(zip(BANT, facts, strict=True))


@pytest.mark.requirement("C13c")
@pytest.mark.parametrize("kind", ANSWERS_AT)
def test_marketing_cannot_answer_for_sales(kind: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        given_answer(an_offer(ANSWERS_AT[kind][0]), an_answer(kind, side="marketing"))

    assert [(f.pointer, f.code) for f in refused.value.faults] == [("/actor/team", "not_theirs")]


def test_facts_may_be_confirmed_one_by_one_and_the_latest_word_counts() -> None:
    known = {"bant": {"budget": True, "authority": True, "need": False}}
    offer = an_offer("sales_accepted", confirmed=known)

    partly = given_answer(offer, an_answer("bant", confirms={"need": True}))
    wholly = given_answer(offer, an_answer("bant", confirms={"need": True, "timeframe": True}))
    retracted = given_answer(offer, an_answer("bant", confirms={"need": True, "timeframe": True, "budget": False}))

    assert partly.missing == ("timeframe",)
    assert wholly.change is not None
    assert retracted.missing == ("budget",)


@pytest.mark.requirement("B35")
@pytest.mark.parametrize("kind", ["accepted", "rejected", "contacted", "bant"])
def test_a_vetting_answer_says_whether_they_would_go_on_to_the_next_stage(kind: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        answer_from(an_answer(kind, next_stage_interest=None))

    assert [(f.pointer, f.code) for f in refused.value.faults] == [("/next_stage_interest", "required")]
    assert answer_from(an_answer(kind, next_stage_interest="no")).interest == "no"


@pytest.mark.parametrize(
    ("kind", "stage", "target"),
    [
        ("won", "prospect", "customer"),
        ("lost", "prospect", "lost"),
        ("lost", "sales_accepted", "lost"),
        ("recycled", "prospect", "recycled"),
        ("recycled", "sales_accepted", "recycled"),
    ],
)
def test_a_worked_lead_is_won_lost_or_given_back(kind: str, stage: str, target: str) -> None:
    made = given_answer(an_offer(stage), an_answer(kind, next_stage_interest=None))

    assert made.change is not None
    assert made.change.stage == target
    assert made.owner == "dach-1"


@pytest.mark.requirement("B22", "B12a")
def test_a_contact_is_an_answer_and_no_acceptance() -> None:
    first = given_answer(an_offer(), an_answer("contacted"))
    again = given_answer(an_offer(contacted_at="2026-03-08T09:00:00.000Z"), an_answer("contacted"))

    assert (first.change, first.contacted_at) == (None, AT)
    assert again.contacted_at == "2026-03-08T09:00:00.000Z"


@pytest.mark.parametrize(("kind", "is_contact"), [("bant", True), ("won", True), ("accepted", False), ("lost", False)])
def test_who_knows_the_budget_or_won_the_deal_has_spoken_with_them(kind: str, is_contact: bool) -> None:
    made = given_answer(an_offer(ANSWERS_AT[kind][0]), an_answer(kind))

    assert (made.contacted_at is not None) is is_contact


@pytest.mark.parametrize("kind", ANSWERS_AT)
@pytest.mark.parametrize("stage", STAGES)
def test_an_answer_is_taken_only_where_it_can_be_given(kind: str, stage: str) -> None:
    if stage in ANSWERS_AT[kind]:
        made = given_answer(an_offer(stage), an_answer(kind))
        assert made.change is None or "sales" in MOVES[stage, made.change.stage]
    else:
        with pytest.raises(RejectedInput) as refused:
            given_answer(an_offer(stage), an_answer(kind))
        assert [(f.pointer, f.code) for f in refused.value.faults] == [("/kind", "illegal_move")]


@pytest.mark.requirement("C19", "B10")
def test_a_rejection_says_which_rules_let_the_lead_through() -> None:
    made = given_answer(an_offer(), an_answer("rejected", reason="wrong_title"))

    assert made.change is not None
    assert made.change.as_history()["rule"] == "answer:rejected:wrong_title"
    assert made.dispute is not None
    assert (made.dispute.rules, made.dispute.by, made.dispute.definition) == (("decision-maker",), "dach-2", "2026.1")


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS_AT if kind != "rejected"])
def test_only_a_rejection_is_a_dispute(kind: str) -> None:
    assert given_answer(an_offer(ANSWERS_AT[kind][0]), an_answer(kind)).dispute is None


@pytest.mark.parametrize(
    ("reason", "rules"),
    [
        ("wrong_company", ("business-address",)),
        ("no_need", ("direct-inquiry",)),
        ("not_now", ("direct-inquiry",)),
        ("no_budget", ("decision-maker", "business-address")),
        ("spam", ("direct-inquiry", "decision-maker", "business-address")),
    ],
)
def test_a_reason_points_at_its_groups_else_its_dimension_else_at_all_that_gave_points(
    reason: str, rules: tuple[str, ...]
) -> None:
    assert in_dispute(LINES, reason) == rules


def test_a_single_point_is_enough_to_be_in_dispute() -> None:
    lines = [{"rule": "small", "dimension": "fit", "group": "title", "points": 1}]

    assert in_dispute(lines, "wrong_title") == ("small",)


@pytest.mark.parametrize("id_", ["7", "x" * 64])
def test_the_id_of_an_actor_has_one_to_sixty_four_characters(id_: str) -> None:
    assert answer_from(an_answer(actor={"team": "sales", "id": id_})).actor.id == id_


@pytest.mark.parametrize("stage", ANSWERS_AT["rejected"])
@pytest.mark.parametrize("reason", REJECTIONS)
def test_every_rejection_reason_has_a_way_on(stage: str, reason: str) -> None:
    made = given_answer(an_offer(stage), an_answer("rejected", reason=reason))

    assert made.change is not None
    assert made.change.stage in ("recycled", "disqualified")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"kind": "maybe"}, "/kind", "not_offered"),
        ({"kind": ["accepted"]}, "/kind", "not_offered"),
        ({"kind": None}, "/kind", "not_offered"),
        ({"actor": None}, "/actor", "required"),
        ({"actor": {"team": "sales"}}, "/actor", "required"),
        ({"actor": "dach-1"}, "/actor", "required"),
        ({"actor": {"team": "sales", "id": ""}}, "/actor/id", "invalid_id"),
        ({"actor": {"team": "sales", "id": 7}}, "/actor/id", "invalid_id"),
        ({"actor": {"team": "sales", "id": "x" * 65}}, "/actor/id", "invalid_id"),
        ({"actor": {"team": "sales", "id": "rep@example.com"}}, "/actor/id", "invalid_id"),
        ({"actor": {"team": "finance", "id": "f-1"}}, "/actor/team", "not_offered"),
        ({"note": "she said"}, "", "unknown_member"),
        ({"reason": "spam"}, "/reason", "not_offered"),
        ({"next_stage_interest": "perhaps"}, "/next_stage_interest", "not_offered"),
        ({"confirms": {"authority": True}}, "/confirms", "not_offered"),
        ({"confirms": [True]}, "/confirms", "not_offered"),
        ({"confirms": {"budget": "yes"}}, "/confirms/budget", "not_a_boolean"),
        ({"confirms": {"budget": 1}}, "/confirms/budget", "not_a_boolean"),
    ],
)
def test_an_answer_that_cannot_be_read_names_the_place(changes: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        answer_from(an_answer("accepted", **changes))

    assert refused.value.code == "invalid_disposition"
    assert [(f.pointer, f.code) for f in refused.value.faults] == [(pointer, code)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"reason": None}, "required"), ({"reason": "bored"}, "not_offered"), ({"reason": "price"}, "not_offered")],
)
def test_a_rejection_has_a_reason_from_the_closed_list(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        answer_from(an_answer("rejected", **changes))

    assert [(f.pointer, f.code) for f in refused.value.faults] == [("/reason", code)]


def test_a_won_deal_may_say_what_it_is_worth() -> None:
    answer = answer_from(an_answer("won", amount=125_000, currency="EUR"))

    assert (answer.amount, answer.currency) == (125_000, "EUR")
    assert (answer_from(an_answer("won")).amount, answer_from(an_answer("won")).currency) == (None, None)


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS_AT if kind != "won"])
def test_only_what_is_won_is_worth_something(kind: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        answer_from(an_answer(kind, amount=125_000, currency="EUR"))

    found = [("/amount", "not_offered"), ("/currency", "not_offered")]
    assert [(f.pointer, f.code) for f in refused.value.faults] == found


def test_half_an_amount_is_refused_with_the_other_half() -> None:
    with pytest.raises(RejectedInput) as refused:
        answer_from(an_answer("won", amount=125_000))

    assert [(f.pointer, f.code) for f in refused.value.faults] == [("/currency", "required")]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(["kind", "actor", "reason", "next_stage_interest", "confirms", "amount", "currency", "note"])


@given(st.sampled_from(sorted(ANSWERS_AT)), st.dictionaries(MEMBERS, ANYTHING, max_size=4), st.sampled_from(STAGES))
def test_any_answer_is_decided_or_refused_with_a_place(kind: str, changes: dict[str, Any], stage: str) -> None:
    try:
        outcome: object = given_answer(an_offer(stage), {**an_answer(kind), **changes}).at
    except RejectedInput as refused:
        outcome = refused.faults

    assert outcome == AT or (isinstance(outcome, tuple) and outcome)
