"""The journey that seals, against stores in memory."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.domain.errors import CannotHappen
from shared.domain.seal import Seal, first_link, is_signed, read_checkpoint
from shared.journeys.seal_day import SealDay
from tests.ledger.history import NAME, SIGNER, TRUST

AFTER_MIDNIGHT = datetime(2026, 3, 4, 0, 15, tzinfo=UTC)
ONE, TWO, THREE = (digit * 64 for digit in "123")


class Index:
    """The day index as a dictionary."""

    def __init__(self, **days: list[str]) -> None:
        self.by_day = {f"2026-03-{day[1:]}": hashes for day, hashes in days.items()}

    def hashes(self, day: str) -> list[str]:
        return self.by_day.get(day, [])


class Store:
    """Keeps the Seals port in memory; `faster` plays another run that seals first."""

    def __init__(self, faster: bool = False) -> None:
        self.seals: dict[str, Seal] = {}
        self.faster = faster

    def days(self) -> list[str]:
        return sorted(self.seals)

    def read(self, day: str) -> Seal:
        return self.seals[day]

    def write(self, seal: Seal) -> bool:
        if self.faster:
            return False
        self.seals[seal.day] = seal
        return True


def a_journey(index: Index, store: Store, now: datetime = AFTER_MIDNIGHT, look_back_days: int = 1) -> SealDay:
    return SealDay(index, store, SIGNER, lambda: now, look_back_days)


def test_the_first_run_seals_yesterday() -> None:
    store = Store()

    (seal,) = a_journey(Index(d03=[TWO, ONE]), store)()

    assert (seal.day, seal.leaves) == ("2026-03-03", (first_link(NAME), ONE, TWO))
    assert store.days() == ["2026-03-03"]


def test_a_seal_is_signed_and_continues_the_day_before() -> None:
    store, index = Store(), Index(d03=[ONE], d04=[TWO])
    a_journey(index, store)()

    (seal,) = a_journey(index, store, datetime(2026, 3, 5, 0, 15, tzinfo=UTC))()

    before, now = (read_checkpoint(store.seals[day].checkpoint) for day in store.days())
    assert before is not None
    assert now is not None
    assert seal.leaves == (before.link, TWO)
    assert is_signed(now, TRUST.keys, TRUST.check)


def test_a_day_is_sealed_once() -> None:
    store = Store()
    a_journey(Index(d03=[ONE]), store)()

    assert a_journey(Index(d03=[ONE, TWO]), store)() == []


def test_days_that_were_missed_are_sealed_and_empty_ones_too() -> None:
    store = Store()
    a_journey(Index(), store)()

    made = a_journey(Index(d06=[ONE]), store, datetime(2026, 3, 7, 0, 15, tzinfo=UTC))()

    assert [(seal.day, len(seal.leaves)) for seal in made] == [("2026-03-04", 1), ("2026-03-05", 1), ("2026-03-06", 2)]


def test_no_run_seals_more_than_31_days() -> None:
    store = Store()
    a_journey(Index(), store)()

    assert len(a_journey(Index(), store, datetime(2026, 9, 1, tzinfo=UTC))()) == 31


def test_what_came_late_goes_under_the_next_seal_once() -> None:
    store = Store()
    a_journey(Index(d03=[ONE]), store)()
    late = Index(d03=[ONE, TWO], d04=[THREE])

    (seal,) = a_journey(late, store, datetime(2026, 3, 5, 0, 15, tzinfo=UTC))()
    (after,) = a_journey(late, store, datetime(2026, 3, 6, 0, 15, tzinfo=UTC), look_back_days=30)()

    assert seal.leaves[1:] == (TWO, THREE)
    assert after.leaves[1:] == ()


def test_another_run_that_was_faster_is_no_failure() -> None:
    assert a_journey(Index(d03=[ONE]), Store(faster=True))() == []


def test_a_day_before_the_last_seal_cannot_be_sealed() -> None:
    store = Store()
    journey = a_journey(Index(), store)
    journey()

    with pytest.raises(CannotHappen):
        journey.seal("2026-03-01", store.days())


def test_on_an_unreadable_checkpoint_nothing_is_built() -> None:
    store = Store()
    store.seals["2026-03-02"] = Seal("2026-03-02", "nothing", ())

    with pytest.raises(CannotHappen):
        a_journey(Index(), store)()
