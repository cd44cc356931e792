"""The checkpoint of a pull: it overlaps, it never passes what failed, and it counts days without counting twice."""

from __future__ import annotations

from shared.domain.pull import (
    DAY,
    DAYS_REMEMBERED,
    HOUR,
    LONGEST_STRETCH,
    OVERLAP,
    SHORTEST_STRETCH,
    Checkpoint,
    beginning,
    day_of,
)

NOON = 1_772_452_800_000  # 2 March 2026, 12:00 UTC
MIDNIGHT = NOON - 12 * HOUR


def test_a_first_sweep_looks_back_as_far_as_every_other() -> None:
    assert beginning(NOON).begins == NOON - OVERLAP


def test_a_step_moves_the_checkpoint_to_its_end_and_lengthens_the_next() -> None:
    after = Checkpoint(NOON, stretch=HOUR).moved(NOON + HOUR, (), NOON + DAY)

    assert (after.through, after.stretch, after.begins) == (NOON + HOUR, 2 * HOUR, NOON + HOUR)


def test_the_step_that_reaches_now_ends_the_pass() -> None:
    after = Checkpoint(NOON, resume=NOON, held=NOON + 1).moved(NOON + HOUR, (), NOON + HOUR)

    assert (after.resume, after.held, after.through) == (0, 0, NOON + 1)
    assert after.begins == NOON + 1 - OVERLAP


def test_a_step_never_grows_beyond_the_longest() -> None:
    assert Checkpoint(NOON).moved(NOON + HOUR, (), NOON + DAY).stretch == LONGEST_STRETCH


def test_a_lead_that_failed_holds_the_checkpoint_back_until_the_next_pass() -> None:
    after = Checkpoint(NOON).moved(NOON + HOUR, (NOON + 5, NOON + 3), NOON + DAY)

    assert (after.through, after.held) == (NOON + 3, NOON + 3)
    assert after.moved(NOON + 2 * HOUR, (), NOON + DAY).through == NOON + 3


def test_nothing_takes_the_checkpoint_back() -> None:
    assert Checkpoint(NOON).moved(NOON - DAY, (NOON - 2 * DAY,), NOON).through == NOON


def test_a_step_without_end_is_halved_down_to_a_second() -> None:
    checkpoint = Checkpoint(NOON)
    for _ in range(30):
        checkpoint = checkpoint.shorter()

    assert checkpoint.stretch == SHORTEST_STRETCH
    assert checkpoint.begins == NOON - OVERLAP


def test_days_are_counted_from_their_beginning_only() -> None:
    counted = Checkpoint(NOON).counted([NOON, NOON + DAY, NOON + DAY + 1], MIDNIGHT + 1, NOON + 2 * DAY)

    assert counted.days == {"2026-03-03": 2}
    assert counted.last_lead == NOON + DAY + 1


def test_counting_the_same_days_again_changes_nothing() -> None:
    leads = [NOON, NOON + DAY]
    once = Checkpoint(NOON).counted(leads, MIDNIGHT, NOON + 2 * DAY)

    assert once.counted(leads, MIDNIGHT, NOON + 2 * DAY) == once
    assert once.days == {"2026-03-02": 1, "2026-03-03": 1}


def test_a_lead_that_was_taken_back_is_counted_no_more() -> None:
    once = Checkpoint(NOON).counted([NOON], MIDNIGHT, NOON + DAY)

    assert once.counted([], MIDNIGHT, NOON + DAY).days == {}
    assert once.counted([], MIDNIGHT, NOON + DAY).last_lead == NOON


def test_only_the_latest_days_are_remembered() -> None:
    leads = [NOON + number * DAY for number in range(DAYS_REMEMBERED + 10)]

    days = Checkpoint(NOON).counted(leads, MIDNIGHT, leads[-1] + 1).days

    assert len(days) == DAYS_REMEMBERED
    assert max(days) == day_of(leads[-1])
