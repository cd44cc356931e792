from __future__ import annotations

import itertools
from typing import Any

import pytest

from shared.domain import fold
from shared.domain.definition import Definition, compile_definition
from shared.domain.judgement import Judgement, judge
from shared.domain.lead import Tracks
from shared.domain.stage import advance
from tests.builders import ADA, DEFINITION
from tests.domain.definitions import ALLOWED, RIGHT, START, an_act, judged, plain, tracks_of

INQUIRY = (("e" * 32, "demo_request", "2026-03-02T12:00:00.000Z"),)
GRADUATE = {**RIGHT, "job_title": "Student"}


def a_definition(points: int = 0, **gates: Any) -> Definition:
    """The shipped definition in which naming the company gives so many points, and some gates are others."""
    changed = plain(total_cap=200, groups={**plain()["groups"], "company": 200}, personas=[])
    rule = {"id": "named", "family": "need", "group": "company", "points": points, "why": "test"}
    changed["fit"] = [{**rule, "when": {"field": "company", "present": True}}]
    changed["minimum"] = {"field": "company", "present": True}
    return compile_definition({**changed, "gates": {**changed["gates"], **gates}})


def at(definition: Definition, tracks: Tracks) -> Judgement:
    return judge(definition, tracks, ALLOWED, START)


# The gates


@pytest.mark.requirement("C68b", "F25", "K2", "B28", "C35a")
@pytest.mark.parametrize(
    ("points", "inquiries", "offered"),
    [(74, INQUIRY, False), (75, INQUIRY, True), (100, (), False), (100, INQUIRY, True)],
)
@pytest.mark.requirement("C31")
def test_sales_is_offered_who_has_seventy_five_points_and_asked(points: int, inquiries: Any, offered: bool) -> None:
    tracks = Tracks(profile={"company": "Example"}, inquiries=inquiries)

    assert (at(a_definition(points), tracks).best.reached == "sales_qualified") is offered


@pytest.mark.requirement("C35b", "C10")
@pytest.mark.parametrize("act", ["demo_request", "quote_request", "contact_request", "positive_reply"])
def test_a_demo_a_quote_and_a_positive_reply_are_direct_inquiries(act: str) -> None:
    judgement = judged(an_act(act), profile=ADA)

    assert (judgement.best.reached, judgement.best.buyer_stage) == ("sales_qualified", "active")


@pytest.mark.requirement("B20", "B24b", "K7")
@pytest.mark.parametrize(
    ("profile", "downloads", "stage"),
    [
        (RIGHT, 1, "marketing_qualified"),
        (RIGHT, 0, "lead"),
        ({**RIGHT, "job_title": "Gardener"}, 2, "lead"),
        ({"job_title": "Director", "email": "ada@gmail.com"}, 2, "lead"),
    ],
)
def test_marketing_needs_the_right_title_at_the_right_company_and_interest(
    profile: dict[str, str], downloads: int, stage: str
) -> None:
    acts = [an_act("content_download", number=number) for number in range(downloads)]

    assert judged(*acts, profile=profile).best.reached == stage


@pytest.mark.requirement("C28")
@pytest.mark.parametrize(("days", "stage"), [(3, "lead"), (4, "marketing_qualified")])
def test_several_articles_make_an_mql_and_one_fewer_does_not(days: int, stage: str) -> None:
    acts = [an_act("content_view", days=day / 100 + day, number=day) for day in range(days)]

    assert judged(*acts, profile=RIGHT, days=3.1).best.reached == stage


@pytest.mark.requirement("C13b")
def test_a_pricing_guide_alone_leaves_a_lead_a_lead() -> None:
    guide = an_act("content_download", context={"lead_magnet": "pricing-guide"})

    assert judged(guide, profile={"email": "ada@gmail.com"}).best.reached == "lead"


@pytest.mark.requirement("A9e")
@pytest.mark.parametrize(("profile", "viable"), [({"company": "Example"}, True), ({"email": "a@gmail.com"}, False)])
def test_below_the_minimum_nobody_is_qualified_whatever_the_score(profile: dict[str, str], viable: bool) -> None:
    definition = compile_definition(plain(gates={**plain()["gates"], "sales_qualified": {"score_at_least": 0}}))

    verdict = judged(profile=profile, definition=definition).best

    assert (verdict.is_viable, verdict.reached == "sales_qualified") == (viable, viable)


@pytest.mark.requirement("A13a", "F23")
def test_a_disqualifier_beats_a_score_of_a_hundred_and_names_itself() -> None:
    profile = {**ADA, "phone": "+33612345678", "timeframe": "Now", "country": "KP", "industry": "Software"}

    verdict = judged(an_act("demo_request", fields={"message": "now"}), profile=profile).best

    assert verdict.score.total >= 95
    assert (verdict.reached, verdict.reason) == ("disqualified", "disqualifier:embargo")


# Personas


@pytest.mark.requirement("A9c")
def test_both_personas_are_recorded_and_the_better_counts() -> None:
    founder = {"email": "ada@example.com", "job_title": "Founder", "company": "Example", "company_size": "1-10"}

    judgement = judged(profile=founder)

    assert [(verdict.persona, verdict.score.total) for verdict in judgement.verdicts] == [
        ("company-buyer", 35),
        ("small-team", 45),
    ]
    assert judgement.best.persona == "small-team"


def test_between_equal_personas_the_first_in_the_file_counts() -> None:
    assert judged(profile=RIGHT).best.persona == "company-buyer"


def test_a_persona_may_have_a_line_and_gates_of_its_own() -> None:
    own = {
        "id": "student",
        "name": "A student",
        "minimum": {"field": "email", "present": True},
        "gates": {"marketing_qualified": {"interest_at_least": 0}},
        "fit_grades": {"A": 0, "B": -1, "C": -2, "D": -3},
        "disqualifiers": [
            {"id": "rival", "why": "x", "evidence": "x", "when": {"email_domain": ["rival.example"]}},
        ],
    }
    definition = compile_definition(plain(personas=[own], disqualifiers=[]))

    verdict = judged(profile={"email": "a@gmail.com"}, definition=definition).best
    rival = judged(profile={"email": "a@rival.example"}, definition=definition).best

    assert (verdict.reached, verdict.score.cell[0]) == ("marketing_qualified", "A")
    assert rival.reason == "disqualifier:rival"


def test_without_personas_everyone_is_judged_alike() -> None:
    definition = compile_definition(plain(personas=[]))

    assert [verdict.persona for verdict in judged(definition=definition).verdicts] == ["everyone"]


@pytest.mark.requirement("B24a")
def test_two_definitions_judge_the_same_lead_differently() -> None:
    lenient = compile_definition(plain(gates={**plain()["gates"], "sales_qualified": {"inquired": True}}))
    acts = [an_act("demo_request")]

    results = [judged(*acts, profile=RIGHT, definition=one).best.reached for one in (DEFINITION, lenient)]

    assert results == ["sales_qualified", "sales_qualified"]
    poor = {"email": "ada@example.com"}
    assert judged(*acts, profile=poor).best.reached == "lead"
    assert judged(*acts, profile=poor, definition=lenient).best.reached == "sales_qualified"


# Facts beside the stage


@pytest.mark.requirement("B45a", "K8")
@pytest.mark.parametrize(("fits", "active", "intends"), list(itertools.product([True, False], repeat=3)))
@pytest.mark.requirement("B45b")
def test_sales_ready_is_fit_and_an_active_journey_and_intent(fits: bool, active: bool, intends: bool) -> None:
    gates = {
        "sales_ready": {"all": [{"fit_at_least": "B"}, {"buyer_stage": ["active"]}, {"intent_at_least": 5}]},
    }
    definition = compile_definition(plain(gates={**plain()["gates"], **gates}))
    profile = {**(RIGHT if fits else {}), **({"timeframe": "Now"} if active else {})}
    acts = [an_act("pricing_view")] if intends else []

    assert judged(*acts, profile=profile, definition=definition).best.sales_ready is (fits and active and intends)


WEEKS = [
    an_act("content_view", days=7 * week, number=week, context={"content": "beginners-guide"}) for week in range(9)
]
ONE_DAY = [an_act("content_view", days=n / 100, number=n, context={"content": "beginners-guide"}) for n in range(3)]
SALESY = [
    an_act("content_view", days=7 * week, number=week, context={"content": "customer-story"}) for week in range(9)
]


@pytest.mark.requirement("B57a", "B59a")
@pytest.mark.parametrize(
    ("acts", "permission", "winnable"),
    [
        (WEEKS, ALLOWED, True),
        (ONE_DAY, ALLOWED, False),
        (WEEKS[:2], ALLOWED, False),
        (SALESY, ALLOWED, False),
        (WEEKS, {"reply": True, "marketing": {"email": "no"}, "expires": {}}, False),
        (WEEKS, {}, False),
    ],
)
def test_winnable_is_who_was_taught_over_weeks_and_may_be_written_to(
    acts: list[Any], permission: Any, winnable: bool
) -> None:
    assert judged(*acts, profile=RIGHT, days=60, permission=permission).best.sales_winnable is winnable


@pytest.mark.requirement("B53b", "K3")
@pytest.mark.parametrize(("asked_on_day", "winnable"), [(-1, False), (57, True)])
def test_who_asks_for_a_demo_first_is_late_unless_trust_was_there_before(asked_on_day: int, winnable: bool) -> None:
    acts = [*WEEKS, an_act("demo_request", days=asked_on_day, number=99)]

    verdict = judged(*acts, profile=RIGHT, days=60).best

    assert (verdict.sales_winnable, verdict.buyer_stage) == (winnable, "active")


@pytest.mark.requirement("B39", "B47")
@pytest.mark.parametrize(
    ("acts", "profile", "stage"),
    [
        ([an_act("demo_request")], {}, "active"),
        ([], {"timeframe": "Now"}, "active"),
        ([an_act("pricing_view")], {}, "starting"),
        ([], {"timeframe": "Within 3 months"}, "starting"),
        ([an_act("content_view")], {}, "not_ready"),
    ],
)
def test_the_buyer_stage_follows_what_they_ask_and_do(acts: list[Any], profile: dict[str, str], stage: str) -> None:
    assert judged(*acts, profile=profile).best.buyer_stage == stage


@pytest.mark.parametrize(
    ("gate", "holds"),
    [
        ({"inquired": False}, False),
        ({"inquiry": ["demo_request"]}, True),
        ({"inquiry": ["quote_request"]}, False),
        ({"times": {"rule": "newsletter", "at_least": 1}}, True),
        ({"times": {"rule": "newsletter", "at_least": 2}}, False),
        ({"times": {"rule": "article", "at_least": 2}}, True),
        ({"times": {"rule": "article", "at_least": 2, "within_days": 5}}, False),
        ({"times": {"rule": "never", "at_least": 1}}, False),
        ({"permission": "marketing"}, True),
        ({"permission": "reply"}, True),
        ({"permission": "mkt_email"}, True),
        ({"permission": "mkt_phone"}, False),
        ({"permission": "share_3p"}, False),
        ({"permission": "profiling"}, False),
        ({"last_content": {"journey": "late"}}, True),
        ({"last_content": {"journey": "early"}}, False),
        ({"interest_at_least": 1}, True),
        ({"intent_at_least": 99}, False),
        ({"points_in": ["mail"]}, False),
        ({"email_domain": "business"}, True),
    ],
)
def test_every_kind_of_gate_says_yes_and_no(gate: dict[str, Any], holds: bool) -> None:
    definition = compile_definition(plain(gates={**plain()["gates"], "sales_ready": gate}))
    acts = [
        an_act("demo_request"),
        an_act("newsletter_signup", number=1),
        an_act("content_view", number=2, context={"content": "beginners-guide"}),
        an_act("content_view", days=9, number=3, context={"content": "pricing-guide"}),
    ]

    assert judged(*acts, profile=RIGHT, days=10, definition=definition).best.sales_ready is holds


def test_without_content_no_content_gate_holds_and_without_inquiry_no_inquiry_gate() -> None:
    gates = {"sales_ready": {"last_content": {"journey": "late"}}, "sales_winnable": {"inquiry": ["demo_request"]}}
    definition = compile_definition(plain(gates={**plain()["gates"], **gates}))

    verdict = judged(definition=definition).best

    assert (verdict.sales_ready, verdict.sales_winnable) == (False, False)


# What follows


@pytest.mark.requirement("B43a", "A23d")
def test_two_leads_at_one_stage_have_two_next_steps() -> None:
    steps = [
        judged(an_act(kind), profile=ADA).next_step(DEFINITION, "sales_qualified")
        for kind in ("demo_request", "quote_request")
    ]

    assert steps == [
        "Answer the inquiry in person and agree on a date",
        "Call about the quote and ask for budget and timeline",
    ]


@pytest.mark.requirement("A21", "A23d", "C14b", "C29")
def test_every_stage_is_bound_to_an_action_an_owner_and_a_next_step() -> None:
    for outcome in DEFINITION.outcomes.values():
        assert all(outcome[part] for part in ("action", "owner", "next_step"))
    assert DEFINITION.outcomes["marketing_qualified"]["owner"] == "marketing"
    assert DEFINITION.outcomes["prospect"]["owner"] == "sales"


@pytest.mark.requirement("B57b", "C64", "B51")
@pytest.mark.parametrize(
    ("acts", "track"),
    [
        ([an_act("content_download", context={"lead_magnet": "beginners-guide"})], "educational-beginner"),
        ([], "educational-monthly"),
        ([an_act("pricing_view")], "buyers-guide"),
        ([an_act("demo_request")], "near-decision"),
    ],
)
def test_each_buyer_stage_has_its_track_and_nobody_is_without(acts: list[Any], track: str) -> None:
    assert judged(*acts).track(DEFINITION, "lead") == track


@pytest.mark.requirement("C64")
def test_without_permission_nobody_is_on_a_track_and_with_sales_neither() -> None:
    assert judged(permission={}).track(DEFINITION, "lead") is None
    assert judged().track(DEFINITION, "sales_accepted") is None


# How a lead moves


@pytest.mark.requirement("F28", "C14a")
@pytest.mark.parametrize(
    ("stage", "target", "expected"),
    [
        (None, "lead", "lead"),
        (None, "disqualified", "disqualified"),
        ("lead", "sales_qualified", "sales_qualified"),
        ("sales_qualified", "lead", "sales_qualified"),
        ("customer", "sales_qualified", "customer"),
        ("erased", "marketing_qualified", "erased"),
        ("lead", "disqualified", "disqualified"),
        ("marketing_qualified", "disqualified", "disqualified"),
        ("sales_qualified", "disqualified", "sales_qualified"),
        ("lost", "sales_qualified", "sales_qualified"),
        ("recycled", "marketing_qualified", "marketing_qualified"),
        ("withdrawn", "lead", "lead"),
        ("marketing_qualified", "sales_accepted", "sales_accepted"),
    ],
)
def test_an_act_moves_a_lead_forward_or_leaves_it(stage: str | None, target: str, expected: str) -> None:
    assert advance(stage, target) == expected


@pytest.mark.parametrize(
    ("by", "expected"), [("disqualifier:student", "sales_qualified"), ("disposition:rejected", "disqualified")]
)
def test_the_definition_takes_back_only_whom_it_disqualified_itself(by: str, expected: str) -> None:
    assert advance("disqualified", "sales_qualified", by) == expected


@pytest.mark.parametrize("target", ["lead", "marketing_qualified", "sales_qualified"])
def test_who_had_withdrawn_and_comes_back_starts_anew(target: str) -> None:
    assert advance("withdrawn", target) == target


def test_the_graduate_of_the_fixture_is_disqualified_as_every_persona() -> None:
    assert {verdict.reached for verdict in judged(profile=GRADUATE).verdicts} == {"disqualified"}


def test_a_replay_gives_what_the_steps_gave() -> None:
    acts = [*WEEKS, an_act("demo_request", number=50)]
    at_once = fold.rebuild(DEFINITION, acts)
    stepwise = tracks_of(DEFINITION)

    for act in acts:
        stepwise = fold.step(DEFINITION, stepwise, act)

    assert (at_once.marks, at_once.tallies, at_once.inquiries) == (stepwise.marks, stepwise.tallies, stepwise.inquiries)
