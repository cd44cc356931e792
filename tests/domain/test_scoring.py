from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import fold
from shared.domain.ageing import DAY
from shared.domain.definition import compile_definition
from shared.domain.lead import Tracks, milliseconds
from shared.domain.scoring import Line, Score, judge, points_of
from tests.builders import ADA, DEFINITION
from tests.domain.definitions import an_act, judged, plain, tracks_of, with_rule

NOW = milliseconds("2026-03-02T12:00:00.000Z")


def score_of(tracks: Tracks, definition: Any = DEFINITION, now: int = NOW) -> Score:
    return judge(definition, definition.personas[0], tracks, now)


def points(score: Score) -> dict[str, Any]:
    return {line.rule: line.points for line in score.lines}


# What earns points


@pytest.mark.requirement("C24", "C67")
@pytest.mark.requirement("C30")
def test_a_demo_request_of_a_decision_maker_at_a_large_company_is_worth_a_call() -> None:
    score = score_of(tracks_of(DEFINITION, an_act("demo_request"), profile=ADA))

    assert score.total == 85
    assert points(score)["direct-inquiry"] == 40
    assert points(score)["decision-maker"] == 20


@pytest.mark.requirement("C23")
def test_thirty_seconds_on_a_page_are_worth_less_than_a_video_and_a_form() -> None:
    visit = judged(an_act("content_view", context={"time_on_page_s": 30}))
    video_and_form = judged(an_act("content_download", context={"video_pct": 100}))

    assert visit.best.score.total < video_and_form.best.score.total


@pytest.mark.parametrize(("size", "expected"), [("50", 0), ("51", 5), ("200", 5), ("201", 10)])
def test_size_counts_from_the_agreed_number_on(size: str, expected: int) -> None:
    assert score_of(Tracks(profile={"company_size": size})).total == expected


FAMILIES = {
    "budget": {"budget": "confirmed"},
    "industry": {"industry": "Software"},
    "experience": {"job_title": "Senior Engineer"},
    "demographics": {"job_title": "Director"},
    "firmographics": {"company": "Example Engines"},
    "need": {"need": "confirmed"},
    "timeframe": {"timeframe": "Now"},
}


@pytest.mark.requirement("A9d")
@pytest.mark.parametrize("family", FAMILIES)
def test_each_factor_family_changes_the_fit(family: str) -> None:
    rules = {rule.id: rule.family for rule in DEFINITION.fit}

    earned = points(score_of(Tracks(profile=FAMILIES[family])))

    assert {rules[rule] for rule in earned} == {family}
    assert sum(earned.values()) > 0


@pytest.mark.requirement("B26a", "F20")
@pytest.mark.requirement("P23")
def test_blog_reading_raises_interest_and_never_intent() -> None:
    acts = [an_act("content_view", days=day, number=day) for day in range(50)]

    score = judged(*acts, days=50).best.score

    assert score.interest > 0
    assert score.intent == 0


@pytest.mark.requirement("B26b")
@pytest.mark.parametrize(
    "act", [an_act("booth_visit"), an_act("content_view", context={"content": "trends-report"}), an_act("email_open")]
)
def test_swag_trends_and_opened_mails_show_no_intent(act: Any) -> None:
    assert judged(act).best.score.intent == 0


@pytest.mark.requirement("K5", "C67")
def test_a_thousand_opened_mails_are_worth_one_point() -> None:
    acts = [an_act("email_open", number=number) for number in range(1000)]

    assert judged(*acts).best.score.total == 1


@pytest.mark.requirement("A23b", "C68a")
def test_other_points_need_another_file_and_no_other_code() -> None:
    changed = plain()
    next(rule for rule in changed["fit"] if rule["id"] == "decision-maker")["points"] = 7

    score = score_of(Tracks(profile={"job_title": "Director"}), compile_definition(changed))

    assert score.total == 7


# Caps


@pytest.mark.requirement("F21")
@pytest.mark.requirement("P24")
def test_a_rule_never_gives_more_than_its_cap_and_says_so() -> None:
    definition = with_rule({"points": 10, "cap": 20})

    line = score_of(Tracks(tallies={"rule": 5}), definition).lines[0]

    assert (line.points, line.worth, line.times, line.limit) == (20, 50, 5, "rule")
    assert line.in_words() == "of 50, capped by rule"


@pytest.mark.requirement("F21")
def test_a_group_never_gives_more_than_its_cap_and_says_so() -> None:
    score = score_of(Tracks(profile={"job_title": "Director and Manager"}))

    assert points(score) == {"decision-maker": 20, "influencer": 0}
    assert score.lines[1].in_words() == "of 15, capped by group title"


@pytest.mark.requirement("F21")
def test_the_whole_never_exceeds_the_total_and_says_so() -> None:
    definition = with_rule({"points": 40, "cap": 40}, total_cap=30)

    score = score_of(Tracks(tallies={"rule": 1}), definition)

    assert (score.total, score.lines[0].limit) == (30, "total")


@pytest.mark.requirement("F24")
def test_grade_and_level_are_read_before_the_cap_on_the_total() -> None:
    definition = compile_definition(plain(total_cap=40))

    score = score_of(tracks_of(definition, an_act("demo_request"), profile=ADA), definition)

    assert (score.total, score.cell) == (40, "A1")


LOSS = {"id": "silent", "dimension": "interest", "group": "silence", "points": -10, "cap": -20, "why": "left a list"}


def losing(**changes: Any) -> Any:
    """The shipped rules, and one that takes away."""
    rules = [*plain()["engagement"], {**LOSS, "when": {"event": ["unsubscribed"]}, **changes}]
    return compile_definition(plain(engagement=rules, groups={**plain()["groups"], "silence": 15}))


@pytest.mark.requirement("F23")
@pytest.mark.parametrize(("times", "lost", "limit"), [(1, 10, None), (2, 15, "group silence"), (9, 15, "rule")])
def test_points_can_be_taken_away_under_caps_of_their_own(times: int, lost: int, limit: str | None) -> None:
    score = score_of(Tracks(profile=ADA, tallies={"silent": times}), losing())

    assert score.total == 45 - lost
    assert (score.lines[-1].points, score.lines[-1].limit is None) == (-lost, limit is None)


def test_nobody_has_less_than_nothing_and_the_line_says_what_was_spared() -> None:
    score = score_of(Tracks(profile={"company": "Example"}, tallies={"silent": 1}), losing())

    assert (score.total, points(score)) == (0, {"company-named": 5, "silent": -5})
    assert score.lines[-1].in_words() == "of -10, capped by zero"


# Age


@pytest.mark.requirement("F22", "N04")
def test_a_line_says_what_it_was_when_and_how_it_decays() -> None:
    definition = with_rule({"points": 20, "cap": 20, "window_days": 365, "decay": {"half_life_days": 30}})
    tracks = tracks_of(definition, an_act(at="2026-05-03T09:00:00.000Z"))

    line = score_of(tracks, definition, milliseconds("2026-06-09T00:00:00.000Z")).lines[0]

    assert (line.points, line.in_words()) == (8.6, "was 20 on 3 May 2026, half-life 30 days")


@pytest.mark.requirement("F22")
def test_window_and_decay_work_together() -> None:
    definition = with_rule({"points": 10, "cap": 30, "window_days": 60, "decay": {"half_life_days": 30}})
    tracks = tracks_of(definition, an_act(days=0), an_act(days=30, number=1), an_act(days=60, number=2))

    score = score_of(tracks, definition, NOW + 60 * DAY)

    assert [(line.points, line.worth, line.times) for line in score.lines] == [(15, 20, 2)]


def test_an_aged_line_can_be_capped_too_and_says_both() -> None:
    capped = with_rule(
        {"points": 10, "cap": 30, "window_days": 60, "decay": {"half_life_days": 30}},
        groups={**plain()["groups"], "content": 4},
    )
    tracks = tracks_of(capped, an_act())

    line = score_of(tracks, capped, NOW + 30 * DAY).lines[0]

    assert (line.points, line.in_words()) == (
        4,
        "was 10 on 2 Mar 2026, half-life 30 days; of 5, capped by group content",
    )


@pytest.mark.requirement("P20")
@pytest.mark.parametrize(("at", "now"), [("2026-03-28T23:30:00.000Z", "2026-03-29T02:30:00.000Z")])
def test_the_night_of_summer_time_and_midnight_change_nothing(at: str, now: str) -> None:
    definition = with_rule({"points": 10, "cap": 10, "window_days": 1, "decay": {"linear_days": 1}})

    score = score_of(tracks_of(definition, an_act(at=at)), definition, milliseconds(now))

    assert score.total == 8.8  # three of twenty-four hours are gone, whatever the clocks on the wall say


# What always holds

PROFILES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(["CEO", "manager", "x", "300", "a@gmail.com", "a@example.com"]) for name in ADA}
)
KINDS = [*DEFINITION.actions, *DEFINITION.events, "page_view"]
ACTS = st.lists(
    st.builds(
        lambda kind, hours, number, context: an_act(kind, days=hours / 24, number=number, context=context),
        st.sampled_from(KINDS),
        st.integers(0, 24 * 200),
        st.integers(0, 10**9),
        st.sampled_from([{}, {"content": "beginners-guide"}, {"video_pct": 80, "time_on_page_s": 70}]),
    ),
    max_size=25,
    unique_by=lambda act: act.event_id,
)


@pytest.mark.requirement("N04", "P02", "F26")
@given(PROFILES, ACTS, st.integers(0, 400))
def test_the_sum_of_explained_points_is_the_score_to_the_tenth(
    profile: dict[str, str], acts: list[Any], days: int
) -> None:
    judgement = judged(*acts, profile=profile, days=days)

    for verdict in judgement.verdicts:
        score = verdict.score
        assert score.total == points_of(sum(round(line.points * 10) for line in score.lines))
        assert 0 <= score.total <= 100
        assert score.total <= score.fit + score.interest + score.intent + 1e-9


@pytest.mark.requirement("N03")
@given(ACTS, st.randoms(), st.integers(0, 400))
def test_the_order_of_acts_changes_not_a_byte_of_the_state(acts: list[Any], random: Any, days: int) -> None:
    shuffled = random.sample(acts, len(acts))

    assert fold.rebuild(DEFINITION, acts) == fold.rebuild(DEFINITION, shuffled)
    assert judged(*acts, days=days) == judged(*shuffled, days=days)


@given(PROFILES, ACTS, st.integers(200, 400), st.sampled_from(KINDS))
def test_one_more_act_never_lowers_the_score(profile: dict[str, str], acts: list[Any], days: int, kind: str) -> None:
    before = judged(*acts, profile=profile, days=days)
    after = judged(*acts, an_act(kind, days=days, number=10**10), profile=profile, days=days)

    assert after.best.score.total >= before.best.score.total


@given(ACTS, st.integers(200, 400), st.integers(0, 300))
def test_time_alone_never_raises_the_score(acts: list[Any], days: int, later: int) -> None:
    assert judged(*acts, days=days + later).best.score.total <= judged(*acts, days=days).best.score.total


def test_the_state_does_not_grow_with_the_history() -> None:
    acts = [an_act(kind, days=day / 10, number=day) for day in range(2000) for kind in ("pricing_view", "content_view")]

    few, many = tracks_of(DEFINITION, *acts[:200]), tracks_of(DEFINITION, *acts)

    assert {rule: len(kept) for rule, kept in few.marks.items()} == {"pricing-seen": 3, "article": 4}
    assert {rule: len(kept) for rule, kept in many.marks.items()} == {"pricing-seen": 3, "article": 4}


# What other systems got wrong


@pytest.mark.requirement("P02")
def test_a_score_of_127_with_47_explained_cannot_be() -> None:
    acts = [an_act("demo_request", number=n) for n in range(3)] + [an_act("webinar_attended", number=9)]

    score = judged(*acts, profile={**ADA, "phone": "+33612345678"}).best.score

    assert score.total == sum(line.points for line in score.lines)


@pytest.mark.requirement("P01")
@pytest.mark.requirement("P24")
def test_two_rules_on_one_act_add_up_and_are_never_multiplied_twice() -> None:
    triple = {
        "id": "triple",
        "dimension": "interest",
        "group": "content",
        "points": 30,
        "cap": 30,
        "why": "three times ten",
    }
    when = {"event": ["content_view"]}
    rules = [{**triple, "id": name, "when": when} for name in ("one", "other")]
    definition = with_rule({"points": 30, "cap": 30}, engagement=rules)
    tracks = tracks_of(definition, an_act())

    assert score_of(tracks, definition).total == 60
    assert score_of(fold.step(definition, tracks, an_act("page_view", number=5)), definition).total == 60


@pytest.mark.requirement("P03")
def test_judging_a_thousand_leads_changes_nothing_in_the_definition() -> None:
    content = plain()
    before = copy.deepcopy(content)
    definition = compile_definition(content)

    first = judged(an_act("demo_request"), profile=ADA, definition=definition)
    for number in range(1000):
        judged(an_act("demo_request", number=number), profile=ADA, definition=definition)

    assert content == before
    assert judged(an_act("demo_request"), profile=ADA, definition=definition) == first


def test_counting_an_act_leaves_the_earlier_state_alone() -> None:
    before = Tracks(tallies={"newsletter": 1}, marks={"content": (5,)})

    fold.step(DEFINITION, before, an_act("content_download"))

    assert before == Tracks(tallies={"newsletter": 1}, marks={"content": (5,)})


@pytest.mark.parametrize(("tenths", "shown"), [(0, 0), (840, 84), (844, 84.4), (-5, -0.5), (-50, -5)])
def test_points_are_shown_whole_where_they_are_whole(tenths: int, shown: int | float) -> None:
    assert points_of(tenths) == shown
    assert isinstance(points_of(tenths), int) is isinstance(shown, int)


def test_a_line_as_plain_json_leaves_out_what_only_aged_lines_have() -> None:
    fresh = Line("rule", "fit", "title", 5, 5, 1, "why")

    assert set(fresh.as_plain()) == {"rule", "dimension", "group", "points", "worth", "times", "why", "limit"}
    assert fresh.in_words() == ""
