from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ageing import DAY, HALVING, ONE, WEEK, Ageing, compile_ageing, merged

moments = st.lists(st.integers(0, 400 * DAY), max_size=30)


def ageing(**changes: Any) -> Ageing:
    made = compile_ageing({"points": 5, "cap": 20, "window_days": 30, **changes})
    assert made is not None
    return made


def test_a_rule_without_window_decay_and_rhythm_does_not_age() -> None:
    assert compile_ageing({"points": 5, "cap": 20}) is None


@given(st.integers(0, 4000), st.integers(1, 400))
def test_a_half_life_is_what_mathematics_says_to_a_millionth(hours: int, days: int) -> None:
    worth = ageing(decay={"half_life_days": days}).weigh(hours * 3_600_000)

    with localcontext() as context:
        context.prec = 40
        exact = Decimal(2) ** (-Decimal(hours) / (24 * days)) * ONE
    assert abs(Decimal(worth) - exact) <= exact / 50_000 + 2


def test_the_table_of_halvings_is_exact_at_both_ends_and_in_the_middle() -> None:
    assert (HALVING[0], HALVING[64], HALVING[32]) == (ONE, ONE // 2, 3037000499)


@pytest.mark.parametrize(("halvings", "worth"), [(0, ONE), (1, ONE // 2), (2, ONE // 4), (32, 1), (40, 0)])
def test_whole_half_lives_halve_exactly(halvings: int, worth: int) -> None:
    assert ageing(decay={"half_life_days": 30}).weigh(halvings * 30 * DAY) == worth


@pytest.mark.parametrize(("days", "worth"), [(0, ONE), (45, ONE // 2), (90, 0), (91, 0)])
def test_linear_decay_ends_in_nothing_and_stays_there(days: int, worth: int) -> None:
    assert ageing(decay={"linear_days": 90}).weigh(days * DAY) == worth


@pytest.mark.parametrize(
    ("age", "percent"), [(0, 100), (30 * DAY - 1, 100), (30 * DAY, 50), (60 * DAY - 1, 50), (60 * DAY, 10)]
)
def test_steps_begin_to_the_millisecond(age: int, percent: int) -> None:
    steps = ageing(decay={"steps": [{"after_days": 30, "percent": 50}, {"after_days": 60, "percent": 10}]})

    assert steps.weigh(age) == ONE * percent // 100


@pytest.mark.parametrize(("age", "counts"), [(30 * DAY - 1, True), (30 * DAY, False)])
def test_a_window_of_thirty_days_is_thirty_times_twenty_four_hours(age: int, counts: bool) -> None:
    assert bool(ageing().counting((1000,), 1000 + age)) is counts


@pytest.mark.parametrize(
    ("per", "first", "second", "times"),
    [
        ("day", 10 * DAY, 11 * DAY - 1, 1),
        ("day", 11 * DAY - 1, 11 * DAY, 2),
        ("week", 4 * DAY, 4 * DAY + WEEK - 1, 1),  # Monday 5 January 1970 to the end of its Sunday
        ("week", 4 * DAY - 1, 4 * DAY, 2),
        (None, 5, 5, 2),
    ],
)
def test_once_per_day_or_week_counts_days_and_weeks_of_utc(
    per: str | None, first: int, second: int, times: int
) -> None:
    assert len(merged(ageing(once_per=per), [(first, second)])) == times


def test_only_the_newest_are_kept_and_no_more_than_the_cap_can_use() -> None:
    assert merged(ageing(points=5, cap=17), [(1, 2, 3, 4, 5)]) == (5, 4, 3, 2)


def test_a_rule_without_points_keeps_sixty_touches() -> None:
    kept = merged(ageing(points=0, cap=0, once_per="day"), [range(0, 100 * DAY, DAY)])

    assert (len(kept), kept[0]) == (60, 99 * DAY)


@given(moments, moments, st.sampled_from([None, "day", "week"]))
def test_the_order_in_which_acts_come_does_not_matter(one: list[int], other: list[int], per: str | None) -> None:
    rule = ageing(once_per=per)

    assert merged(rule, [one, other]) == merged(rule, [other, one]) == merged(rule, [sorted(one + other)])


@given(moments, st.integers(0, 500 * DAY), st.integers(0, 100 * DAY))
def test_time_alone_never_adds_weight(when: list[int], now: int, later: int) -> None:
    rule = ageing(decay={"half_life_days": 7})
    kept = merged(rule, [[moment for moment in when if moment <= now]])

    assert rule.weight(kept, now + later) <= rule.weight(kept, now)


def test_an_act_ahead_of_the_clock_is_fresh() -> None:
    assert ageing(decay={"half_life_days": 7}).weight((1000,), 0) == ONE
