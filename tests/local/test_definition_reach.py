"""What the linter says that a lead can reach is what the engine gives: never less, and never more for good answers."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.agreement_definition import read_definition
from local.definition_options import SHIPPED
from local.definition_reach import TENTHS, Wanted, reach
from shared.domain import fold
from shared.domain.definition import compile_definition
from shared.domain.judgement import judge
from shared.domain.lead import Event, Tracks, instant

PLAIN = read_definition(SHIPPED)
DEFINITION = compile_definition(PLAIN)
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
PERSONAS = {persona["id"]: persona for persona in PLAIN["personas"]}
TITLES = ["", "CEO", "Senior Manager", "Principal and Founder", "Intern", "Owner", "Staff"]
PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "job_title": st.sampled_from(TITLES),
        "email": st.sampled_from(["a@gmail.com", "a@example.com", "a@competitor.example"]),
        "company": st.just("Example Engines"),
        "company_size": st.sampled_from(["1-10", "11-50", "51-200", "201-1000"]),
        "industry": st.sampled_from(["Software", "Fishing"]),
        "timeframe": st.sampled_from(["Now", "Within a year"]),
        "budget": st.just("yes"),
        "need": st.just("yes"),
        "phone": st.just("+4930123456"),
    },
)
KINDS = st.lists(st.sampled_from([*PLAIN["actions"], *PLAIN["events"]]), max_size=25)
BEST = {
    "job_title": "CEO",
    "email": "a@example.com",
    "company": "Example Engines",
    "company_size": "201-1000",
    "budget": "yes",
    "need": "yes",
    "phone": "+4930123456",
}


def tracks_of(profile: dict[str, str], kinds: list[str]) -> Tracks:
    context = {"video_pct": 100, "time_on_page_s": 600, "scroll_depth_pct": 100}
    events = [
        Event(f"{index:04d}", instant(NOW), kind, "f", 1, profile if not index else {}, context, {}, "n@1", True)
        for index, kind in enumerate(["newsletter_signup", *kinds])
    ]
    return fold.rebuild(DEFINITION, events)


@given(PROFILES, KINDS)
@settings(max_examples=60)
def test_the_engine_never_gives_what_the_linter_calls_out_of_reach(profile: dict[str, str], kinds: list[str]) -> None:
    verdicts = judge(DEFINITION, tracks_of(profile, kinds), {}, NOW).verdicts

    for verdict in verdicts:
        found, score = reach(PLAIN, PERSONAS[verdict.persona], {}), verdict.score
        assert score.total * TENTHS <= found.total
        assert round(score.fit * TENTHS) in found.fit
        assert round((score.interest + score.intent) * TENTHS) in found.level


@pytest.mark.requirement("N06")
def test_the_best_lead_reaches_exactly_the_highest_fit_and_total() -> None:
    plain = {**copy.deepcopy(PLAIN), "total_cap": 1000}
    definition = compile_definition(plain)
    kinds = ["demo_request", "pricing_view", "webinar_attended", "webinar_attended", "booth_visit", "email_open"]

    score = judge(definition, tracks_of(BEST, kinds), {}, NOW).verdicts[0].score

    found = reach(plain, PERSONAS["company-buyer"], {})
    assert round(score.fit * TENTHS) == max(found.fit)
    assert found.total == (20 + 25 + 15 + 40 + 10 + 15 + 20 + 15 + 5) * TENTHS
    assert score.total * TENTHS <= found.total


@pytest.mark.parametrize(
    ("answers", "most"),
    [
        ([({"field": "job_title", "present": True}, False)], 45),
        ([({"field": "company_size", "at_most": 10}, True)], 60),
        ([({"email_domain": "business"}, False)], 60),
        ([({"email_domain": "business"}, False), ({"field": "company", "present": True}, False)], 55),
        ([({"any": [{"field": "job_title", "present": True}, {"field": "company", "present": True}]}, False)], 45),
    ],
)
def test_what_must_hold_lowers_the_fit_that_can_be_had(answers: list[tuple[Any, bool]], most: int) -> None:
    found = reach(PLAIN, PERSONAS["company-buyer"], {}, Wanted(tuple(answers)))

    assert max(found.fit) == most * TENTHS


def test_answers_that_exclude_each_other_reach_nothing() -> None:
    both = (({"field": "company_size", "at_least": 51}, True), ({"field": "company_size", "at_most": 50}, True))

    assert not reach(PLAIN, PERSONAS["company-buyer"], {}, Wanted(both)).is_possible


def test_who_never_asked_has_no_points_for_asking() -> None:
    asked, never = (reach(PLAIN, PERSONAS["company-buyer"], {}, Wanted(inquired=one)) for one in (True, False))

    assert max(asked.intent) - max(never.intent) == 15 * TENTHS


def test_a_field_of_choices_has_no_other_answers() -> None:
    wanted = Wanted((({"field": "timeframe", "is": ["Now"]}, True),))

    assert reach(PLAIN, PERSONAS["company-buyer"], {"timeframe": ("Now", "Later")}, wanted).is_possible
    assert not reach(PLAIN, PERSONAS["company-buyer"], {"timeframe": ("Later",)}, wanted).is_possible


def test_too_many_combinations_are_bounded_by_the_caps() -> None:
    plain = copy.deepcopy(PLAIN)
    plain["fit"] += [
        {
            "id": f"r{n}",
            "family": "need",
            "group": "plan",
            "points": 1,
            "why": "x",
            "when": {"field": f"f{n}", "present": True},
        }
        for n in range(20)
    ]

    found = reach(plain, PERSONAS["company-buyer"], {})

    assert max(found.fit) == (20 + 25 + 15 + 5) * TENTHS
