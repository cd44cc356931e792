from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.business_time import calendars_from
from shared.domain.errors import RejectedInput
from shared.domain.lead import instant
from shared.domain.sla import (
    KEEPS,
    Sla,
    agreed,
    answered,
    breach,
    due_at,
    from_plain,
    judge,
    opened,
    paused,
    resumed,
)
from shared.settings import compiled_agreement

CALENDARS = calendars_from(compiled_agreement()["calendars"])
EUROPE = CALENDARS["europe"]
HOURS = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BY_BAND = {"A": 60, "B": 240, "C": 480, "D": 1440}
MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)  # 9 o'clock in Berlin


def an_sla(now: datetime = MONDAY, cell: str = "A1", **changes: int) -> Sla:
    return opened(agreed(BY_BAND, cell), "europe", now, **changes)


@pytest.mark.requirement("A23c")
@pytest.mark.parametrize(
    ("cell", "by_team", "expected"),
    [
        ("A1", None, ("A", 60)),
        ("C3", None, ("C", 480)),
        ("A1", {"A1": 30}, ("A1", 30)),
        ("A2", {"A1": 30}, ("A", 60)),
        ("B1", {"B": 90}, ("B", 90)),
    ],
)
def test_the_time_to_answer_is_agreed_for_a_band_and_a_team_may_promise_its_own(
    cell: str, by_team: dict[str, int] | None, expected: tuple[str, int]
) -> None:
    assert agreed(BY_BAND, cell, by_team) == expected


@pytest.mark.requirement("A23c")
def test_a_saturday_inquiry_is_due_on_monday_morning() -> None:
    assert due_at(an_sla(MONDAY - timedelta(days=2)), EUROPE) == MONDAY + HOURS


@pytest.mark.requirement("A23c")
@pytest.mark.parametrize(
    ("after", "status"), [(59 * MINUTE, "running"), (60 * MINUTE, "running"), (61 * MINUTE, "breached")]
)
def test_silence_is_a_breach_when_the_time_is_over(after: timedelta, status: str) -> None:
    verdict = judge(an_sla(), EUROPE, MONDAY + after)

    assert (verdict.status, verdict.worked) == (status, after)
    assert (breach(an_sla(), EUROPE, MONDAY + after) is not None) is (status == "breached")


@pytest.mark.requirement("B10", "B12a")
@pytest.mark.parametrize("kind", KEEPS)
@pytest.mark.parametrize(("after", "status"), [(60 * MINUTE, "kept"), (61 * MINUTE, "breached")])
def test_an_answer_in_time_keeps_the_promise_and_a_late_one_does_not(kind: str, after: timedelta, status: str) -> None:
    sla = answered(an_sla(), kind, MONDAY + after)

    assert judge(sla, EUROPE, MONDAY + 3 * HOURS).status == status
    assert breach(sla, EUROPE, MONDAY + 3 * HOURS) is None


def test_whoever_accepts_and_then_does_nothing_has_answered_nobody() -> None:
    sla = answered(an_sla(), "accepted", MONDAY + MINUTE)

    broken = breach(sla, EUROPE, MONDAY + 2 * HOURS)

    assert broken is not None
    assert broken.kind == "not_contacted"


def test_the_first_answer_counts() -> None:
    sla = answered(answered(an_sla(), "contacted", MONDAY + MINUTE), "lost", MONDAY + 3 * HOURS)
    accepted = answered(answered(an_sla(), "accepted", MONDAY), "accepted", MONDAY + HOURS)

    assert sla.answered_at == instant(MONDAY + MINUTE)
    assert accepted.accepted_at == instant(MONDAY)


@pytest.mark.requirement("A23c")
@pytest.mark.parametrize(
    ("attempt", "then"),
    [(1, "reroute"), (2, "reroute"), (3, "fallback"), (4, "escalate"), (5, "escalate")],
)
def test_a_breach_gives_the_lead_to_somebody_else_until_only_the_desk_is_left(attempt: int, then: str) -> None:
    broken = breach(an_sla(attempt=attempt), EUROPE, MONDAY + 2 * HOURS)

    assert broken is not None
    assert broken.then == then


@pytest.mark.requirement("A23c")
def test_the_message_of_a_breach_says_what_was_promised_and_to_whom_it_happened() -> None:
    broken = breach(an_sla(), EUROPE, MONDAY + 2 * HOURS)

    assert broken is not None
    assert broken.as_data("a" * 32, "dach-1", "dach", 4) == {
        "lead_id": "a" * 32,
        "version": 4,
        "kind": "silence",
        "owner": "dach-1",
        "queue": "dach",
        "attempt": 1,
        "then": "reroute",
        "sla": {
            "band": "A",
            "respond_within_minutes": 60,
            "calendar": "europe",
            "opened_at": "2026-03-09T08:00:00.000Z",
            "due_at": "2026-03-09T09:00:00.000Z",
        },
    }


def test_a_pause_stops_the_clock_and_the_rest_is_left_afterwards() -> None:
    waiting = paused(an_sla(), MONDAY + 20 * MINUTE)
    going_on = resumed(waiting, MONDAY + 5 * HOURS)

    assert due_at(waiting, EUROPE) is None
    assert judge(waiting, EUROPE, MONDAY + 4 * HOURS).status == "paused"
    assert judge(waiting, EUROPE, MONDAY + 4 * HOURS).worked == 20 * MINUTE
    assert due_at(going_on, EUROPE) == MONDAY + 5 * HOURS + 40 * MINUTE
    assert judge(going_on, EUROPE, MONDAY + 5 * HOURS).status == "running"


def test_a_pause_mends_nothing_that_was_broken_before() -> None:
    late = paused(an_sla(), MONDAY + 2 * HOURS)

    assert judge(late, EUROPE, MONDAY + 3 * HOURS).status == "breached"
    assert judge(resumed(late, MONDAY + 4 * HOURS), EUROPE, MONDAY + 5 * HOURS).status == "breached"


def test_a_pause_at_the_very_minute_that_it_is_due_comes_too_late() -> None:
    at_the_minute = paused(an_sla(), MONDAY + 60 * MINUTE)
    a_second_before = paused(an_sla(), MONDAY + 60 * MINUTE - timedelta(seconds=1))

    assert judge(at_the_minute, EUROPE, MONDAY + 61 * MINUTE).status == "breached"
    assert judge(a_second_before, EUROPE, MONDAY + 61 * MINUTE).status == "paused"


def test_an_answer_within_a_pause_keeps_the_promise() -> None:
    sla = answered(paused(an_sla(), MONDAY + 20 * MINUTE), "contacted", MONDAY + 5 * HOURS)

    verdict = judge(sla, EUROPE, MONDAY + 6 * HOURS)

    assert (verdict.status, verdict.due_at, verdict.worked) == ("kept", None, 20 * MINUTE)


def test_a_clock_that_stands_cannot_be_stopped_and_one_that_runs_cannot_go_on() -> None:
    with pytest.raises(RejectedInput) as twice:
        paused(paused(an_sla(), MONDAY), MONDAY + HOURS)
    with pytest.raises(RejectedInput) as running:
        resumed(an_sla(), MONDAY)

    assert [fault.code for fault in twice.value.faults] == ["already_paused"]
    assert [fault.code for fault in running.value.faults] == ["not_paused"]


@given(st.sampled_from(sorted(CALENDARS)), st.integers(0, 4 * 365 * 1440), st.sampled_from(["A1", "D3"]))
def test_no_promise_is_broken_at_the_moment_it_is_made_in_any_zone(zone: str, minutes: int, cell: str) -> None:
    now = MONDAY + minutes * MINUTE

    assert judge(opened(agreed(BY_BAND, cell), zone, now), CALENDARS[zone], now).status == "running"


moves = st.lists(st.integers(1, 2000), max_size=6)


def played(gaps: list[int]) -> tuple[Sla, datetime]:
    """A promise that is paused and goes on in turns, after so many minutes each."""
    sla, now = an_sla(cell="B2"), MONDAY
    for number, gap in enumerate(gaps):
        now += gap * MINUTE
        sla = resumed(sla, now) if number % 2 else paused(sla, now)
    return sla, now


@given(moves, st.integers(0, 5000), st.integers(0, 5000))
def test_what_is_broken_stays_broken(gaps: list[int], after: int, more: int) -> None:
    sla, now = played(gaps)

    if judge(sla, EUROPE, now + after * MINUTE).status == "breached":
        assert judge(sla, EUROPE, now + (after + more) * MINUTE).status == "breached"


@given(moves, st.integers(0, 5000))
def test_a_promise_is_broken_exactly_when_more_was_worked_than_agreed(gaps: list[int], after: int) -> None:
    sla, now = played(gaps)

    verdict = judge(sla, EUROPE, now + after * MINUTE)

    if verdict.worked > sla.minutes * MINUTE:
        assert verdict.status == "breached"
    if verdict.worked < sla.minutes * MINUTE:
        assert verdict.status in ("running", "paused")


@given(moves)
def test_a_promise_survives_its_journey_through_json(gaps: list[int]) -> None:
    sla, _ = played(gaps)

    assert from_plain(sla.as_plain()) == sla
