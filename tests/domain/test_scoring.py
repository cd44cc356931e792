from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.scoring import Score, compile_definition, count_event, judge, leading_number
from tests.builders import ADA, AGREEMENT, DEFINITION


def facts(action: str = "demo_request", fields: dict[str, str] | None = None, **context: int) -> dict[str, Any]:
    return {"action": action, "fields": fields or {}, "context": context}


def points(score: Score) -> dict[str, int]:
    return {line.rule: line.points for line in score.lines}


def test_a_demo_request_of_a_decision_maker_at_a_large_company_is_worth_a_call() -> None:
    tallies = count_event(DEFINITION, {}, facts(fields=ADA))

    score = judge(DEFINITION, ADA, tallies)

    assert score.total >= 75
    assert points(score)["direct-inquiry"] == 40
    assert points(score)["decision-maker"] == 20


def test_thirty_seconds_on_a_page_are_worth_less_than_a_video_and_a_form() -> None:
    visit = count_event(DEFINITION, {}, facts("page_view", time_on_page_s=30))
    video_and_form = count_event(DEFINITION, {}, facts("content_download", video_pct=100))

    assert judge(DEFINITION, {}, visit).total < judge(DEFINITION, {}, video_and_form).total


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("CEO", "decision-maker"),
        ("Co-Founder/CTO", "decision-maker"),
        ("Vice President, Sales", "decision-maker"),
        ("head of growth", "decision-maker"),
        ("Engineering Manager", "influencer"),
        ("Product Owner", "decision-maker"),
        ("Student", None),
        ("Theodore", None),
        ("Chiefs of nothing", None),
        ("", None),
    ],
)
def test_titles_are_matched_by_whole_words(title: str, rule: str | None) -> None:
    earned = points(judge(DEFINITION, {"job_title": title}, {}))

    assert next(iter(earned), None) == rule


@pytest.mark.parametrize(
    ("email", "is_business"), [("ada@example.com", True), ("ada@gmail.com", False), ("", False), ("no-at-sign", False)]
)
def test_a_free_mail_address_says_nothing_about_a_company(email: str, is_business: bool) -> None:
    assert ("business-address" in points(judge(DEFINITION, {"email": email}, {}))) is is_business


@pytest.mark.parametrize(
    ("size", "number"),
    [
        ("51-200", 51),
        ("1001+", 1001),
        ("1,200", 1200),
        ("about 250 people", 250),
        ("many", -1),
        ("", -1),
        ("9" * 50, 999999999),
    ],
)
def test_the_size_of_a_company_is_its_first_number(size: str, number: int) -> None:
    assert leading_number(size) == number


@pytest.mark.parametrize(("size", "expected"), [("50", 0), ("51", 5), ("200", 5), ("201", 10)])
def test_size_counts_from_the_agreed_number_on(size: str, expected: int) -> None:
    assert judge(DEFINITION, {"company_size": size}, {}).total == expected


def test_a_rule_never_gives_more_than_its_cap_and_says_so() -> None:
    tallies = {"content": 5}

    line = judge(DEFINITION, {}, tallies).lines[0]

    assert (line.points, line.worth, line.times, line.limit) == (20, 50, 5, "rule")


def test_a_group_never_gives_more_than_its_cap_and_says_so() -> None:
    score = judge(DEFINITION, {"job_title": "Director and Manager"}, {})

    assert points(score) == {"decision-maker": 20, "influencer": 0}
    assert score.lines[1].limit == "group title"


def test_the_whole_never_exceeds_the_total_and_says_so() -> None:
    plain = copy.deepcopy(dict(AGREEMENT.definition))
    plain["total_cap"] = 30

    score = judge(compile_definition(plain), {}, {"direct-inquiry": 1})

    assert (score.total, score.lines[0].limit) == (30, "total")


def test_blog_reading_raises_interest_and_never_intent() -> None:
    tallies: dict[str, int] = {}
    for _ in range(50):
        tallies = count_event(DEFINITION, tallies, facts("content_download"))

    score = judge(DEFINITION, {}, tallies)

    assert (score.interest, score.intent) == (20, 0)


def test_counting_an_event_leaves_the_earlier_tallies_alone() -> None:
    before = {"content": 1}

    count_event(DEFINITION, before, facts("content_download"))

    assert before == {"content": 1}


RULE_IDS = [rule.id for rule in DEFINITION.event_rules]
profiles = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(["CEO", "manager", "x", "300", "a@gmail.com", "a@example.com"]) for name in ADA}
)
histories = st.dictionaries(st.sampled_from(RULE_IDS), st.integers(1, 1000))


@given(profiles, histories)
def test_the_sum_of_explained_points_is_the_score(profile: dict[str, str], tallies: dict[str, int]) -> None:
    score = judge(DEFINITION, profile, tallies)

    assert score.total == sum(line.points for line in score.lines) == score.fit + score.interest + score.intent
    assert 0 <= score.total <= DEFINITION.total_cap


@given(profiles, histories, st.sampled_from(RULE_IDS))
def test_one_more_event_never_lowers_the_score(profile: dict[str, str], tallies: dict[str, int], rule: str) -> None:
    more = {**tallies, rule: tallies.get(rule, 0) + 1}

    assert judge(DEFINITION, profile, more).total >= judge(DEFINITION, profile, tallies).total


@given(
    st.lists(st.sampled_from(["demo_request", "content_download", "newsletter_signup", "page_view"]), max_size=8),
    st.randoms(),
)
def test_the_order_of_events_does_not_matter_to_the_score(actions: list[str], random: Any) -> None:
    shuffled = random.sample(actions, len(actions))

    def after(history: list[str]) -> dict[str, int]:
        tallies: dict[str, int] = {}
        for action in history:
            tallies = count_event(DEFINITION, tallies, facts(action))
        return tallies

    assert judge(DEFINITION, {}, after(actions)) == judge(DEFINITION, {}, after(shuffled))
