"""Whatever no push brought is pulled: page by page, lead by lead, and the checkpoint never passes what failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import Conflict, RejectedInput, TryAgain
from shared.domain.pull import DAY, HOUR, OVERLAP
from shared.journeys.ad_ports import NotConnected, Page
from tests.journeys.ad_world import META, SUBMITTED, AdWorld
from tests.support.platforms import linkedin, meta

NOW = SUBMITTED + HOUR


@pytest.fixture
def world() -> AdWorld:
    world = AdWorld()
    world.at(NOW)
    return world


def person(number: int, submitted: int = SUBMITTED, **changes: Any) -> dict[str, Any]:
    told = {"EMAIL": f"person-{number}@example.com"}
    return linkedin.a_lead(f"lead-{number}", told=told, submittedAt=submitted, **changes)


def captured(world: AdWorld) -> set[str]:
    return {lead.profile["email"] for lead in world.leads}


def through(world: AdWorld) -> int:
    return world.ads.checkpoints["linkedin-demo"].through


# ------------------------------------------------------------------ finding


def test_leads_that_no_push_brought_are_found_on_every_page(world: AdWorld) -> None:
    for number in range(7):
        world.linkedin.add(person(number))

    swept = world.sweep()

    assert swept.outcomes == Counter(captured=7)
    assert (swept.push_missed, swept.is_whole) == (7, True)
    assert len(captured(world)) == 7


def test_a_lead_that_was_pushed_is_not_taken_twice_and_its_form_is_not_asked_for(world: AdWorld) -> None:
    world.linkedin.add(linkedin.a_lead())
    world.notify()
    world.linkedin.asked.clear()

    swept = world.sweep()

    assert swept.outcomes == Counter(replayed=1)
    assert swept.push_missed == 0
    assert "form" not in world.linkedin.asked


def test_a_fresh_lead_whose_push_may_still_come_is_no_miss(world: AdWorld) -> None:
    world.linkedin.add(person(1, NOW - 1))

    assert world.sweep().push_missed == 0


def test_a_source_of_meta_is_pulled_the_same_way(world: AdWorld) -> None:
    world.meta.add(meta.a_lead())

    assert world.sweep(META).outcomes == Counter(captured=1)


def test_what_came_before_the_first_sweep_s_overlap_is_not_sold_as_fresh(world: AdWorld) -> None:
    world.linkedin.add(person(1, NOW - OVERLAP - 1))

    world.sweep()

    assert world.leads == []


def test_a_lead_that_shows_up_late_is_found_within_the_overlap(world: AdWorld) -> None:
    world.sweep()
    world.at(NOW + DAY)
    world.linkedin.add(person(1, NOW - HOUR))

    assert world.sweep().outcomes == Counter(captured=1)


def test_several_places_of_a_source_are_all_asked(world: AdWorld) -> None:
    world.linkedin.where = ("one", "two")

    world.sweep()

    assert world.linkedin.asked.count("leads") == 2 * 2  # two places in each of two days


def test_a_platform_that_repeats_its_page_ends(world: AdWorld) -> None:
    page = Page((), "2")
    world.linkedin.leads = lambda *_: page  # type: ignore[method-assign]  # a platform that ignores where we are

    assert world.sweep().is_whole


# ------------------------------------------------------------------ the checkpoint


def test_the_checkpoint_reaches_now(world: AdWorld) -> None:
    world.sweep()

    assert through(world) == NOW


def test_a_lead_that_failed_holds_the_checkpoint_and_stops_no_other(world: AdWorld) -> None:
    world.linkedin.add(person(1, SUBMITTED))
    world.linkedin.add(person(2, SUBMITTED + 1))
    world.linkedin.trouble["form"] = [TryAgain("busy")]

    swept = world.sweep()

    assert swept.outcomes == Counter(failed=1, captured=1)
    assert through(world) == NOW  # nothing takes the first checkpoint back
    assert world.sweep().outcomes == Counter(captured=1, replayed=1)


def test_a_later_sweep_stops_at_the_lead_that_failed_until_it_is_done(world: AdWorld) -> None:
    world.sweep()
    world.at(NOW + 3 * DAY)
    world.linkedin.add(person(1, NOW + 5))
    world.linkedin.trouble["form"] = [TryAgain("busy")]

    assert world.sweep().is_whole is False
    assert through(world) == NOW + 5
    world.at(NOW + 9 * DAY)

    assert world.sweep().outcomes == Counter(captured=1)
    assert through(world) == NOW + 9 * DAY


def test_a_parked_lead_holds_nothing(world: AdWorld) -> None:
    world.sweep()
    world.at(NOW + DAY)
    world.linkedin.add(person(1, NOW + 5, owner={"organization": "urn:li:organization:9"}))

    assert world.sweep().outcomes == Counter(parked=1)
    assert through(world) == NOW + DAY
    assert [one.reason for one in world.ads.parked("linkedin-demo")] == ["other_owner"]


def test_a_refusal_on_the_way_is_parked_too(world: AdWorld) -> None:
    world.linkedin.add(person(1))
    world.linkedin.trouble["form"] = [RejectedInput("answer_too_large")]

    assert world.sweep().outcomes == Counter(parked=1)
    assert [one.reason for one in world.ads.parked("linkedin-demo")] == ["answer_too_large"]


def test_a_lead_that_breaks_us_is_parked_and_reported(world: AdWorld) -> None:
    world.linkedin.add(person(1))
    world.linkedin.trouble["form"] = [ZeroDivisionError()]

    assert world.sweep().outcomes == Counter(parked=1)
    assert [type(error) for error in world.reported] == [ZeroDivisionError]
    assert [one.reason for one in world.ads.parked("linkedin-demo")] == ["broken"]


def test_a_lead_that_nobody_can_read_is_parked_without_a_name(world: AdWorld) -> None:
    world.linkedin.leads_by_id["x"] = {"id": None}

    assert world.sweep().outcomes["parked"] > 0
    assert [one.lead_id for one in world.ads.parked("linkedin-demo")] == ["unreadable"]


@pytest.mark.parametrize("trouble", [TryAgain("away"), NotConnected("no token")])
def test_a_platform_that_is_away_leaves_the_checkpoint_where_it_was(world: AdWorld, trouble: Exception) -> None:
    world.sweep()
    world.at(NOW + DAY)
    world.linkedin.trouble["leads"] = [trouble]

    with pytest.raises(type(trouble)):
        world.sweep()

    assert through(world) == NOW


def test_a_platform_that_goes_away_on_the_way_leaves_the_steps_that_were_taken(world: AdWorld) -> None:
    world.sweep()
    world.at(NOW + 5 * DAY)
    world.linkedin.add(person(1, NOW + 4 * DAY))
    world.linkedin.trouble["leads"] = [TryAgain("busy")]
    ask = world.linkedin.leads
    tries = iter(range(100))
    world.linkedin.leads = lambda *given: ask(*given) if next(tries) == 4 else Page(())  # type: ignore[method-assign]

    with pytest.raises(TryAgain):
        world.sweep()

    assert through(world) == NOW + 2 * DAY
    world.linkedin.leads = ask  # type: ignore[method-assign]
    assert world.sweep().outcomes == Counter(captured=1)


def test_when_time_is_over_the_rest_is_the_next_sweep_s(world: AdWorld) -> None:
    world.sweep()
    world.at(NOW + 10 * DAY)
    for number in range(20):
        world.linkedin.add(person(number, NOW + number * HOUR))

    swept = world.sweep(steps=4)

    assert swept.is_whole is False
    assert NOW <= through(world) < NOW + 10 * DAY


def test_even_a_window_that_is_too_busy_for_one_sweep_is_finished_in_the_end(world: AdWorld) -> None:
    world.sweep()
    world.at(NOW + DAY)
    for number in range(40):
        world.linkedin.add(person(number, NOW + number * 1000))
    sweeps = 0
    while not world.sweep(steps=6).is_whole:
        sweeps += 1
        assert sweeps < 60

    assert len(captured(world)) == 40


def test_two_sweeps_at_once_do_not_undo_each_other(world: AdWorld) -> None:
    world.sweep()
    world.at(NOW + DAY)
    taken = world.ads.checkpoints["linkedin-demo"]
    world.sweep()

    with pytest.raises(Conflict):
        world.ads.advance("linkedin-demo", replace(taken, through=1))


def test_nothing_new_is_written_down_when_nothing_moved(world: AdWorld) -> None:
    world.sweep()
    version = world.ads.checkpoints["linkedin-demo"].version

    world.sweep()

    assert world.ads.checkpoints["linkedin-demo"].version == version


# ------------------------------------------------------------------ silence


def test_a_source_that_falls_silent_is_news_and_a_new_one_is_not(world: AdWorld) -> None:
    assert world.sweep().too_quiet is None
    for day in range(14):
        for number in range(4):
            world.linkedin.add(person(100 * day + number, NOW + day * DAY + number * HOUR))
        world.at(NOW + (day + 1) * DAY)
        assert world.sweep().too_quiet is not True

    world.now += timedelta(days=3)

    assert world.sweep().too_quiet is True


# ------------------------------------------------------------------ whatever fails


@settings(max_examples=30)  # each example sweeps several times
@given(
    failing=st.lists(st.sampled_from(["form", "leads"]), max_size=3),
    sizes=st.lists(st.integers(0, 2), min_size=1, max_size=3),
)
def test_no_lead_is_lost_or_doubled_whatever_fails_on_the_way(failing: list[str], sizes: list[int]) -> None:
    world = AdWorld()
    world.at(NOW)
    world.sweep()
    expected: set[str] = set()
    for day, size in enumerate(sizes):
        for number in range(size):
            world.linkedin.add(person(10 * day + number, NOW + day * DAY + number))
            expected.add(f"person-{10 * day + number}@example.com")
        world.at(NOW + (day + 1) * DAY)
        for what in failing[day : day + 1]:
            world.linkedin.trouble[what] = [TryAgain("busy")]
        sweep_if_possible(world)

    world.linkedin.trouble.clear()
    world.sweep()

    assert captured(world) == expected
    assert all(lead.version == 1 for lead in world.leads)
    assert through(world) == NOW + len(sizes) * DAY


def sweep_if_possible(world: AdWorld) -> None:
    try:
        world.sweep()
    except TryAgain:
        return
