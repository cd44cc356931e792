from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ranking import Ranked, percentile, work_list

ORDERED = [
    Ranked("b", 90.5, "2026-03-05"),
    Ranked("c", 90, "2026-03-01"),
    Ranked("a", 90, "2026-03-02"),
    Ranked("d", 90, "2026-03-02"),
]


@pytest.mark.requirement("A1b", "A23a")
def test_the_work_list_is_ordered_by_points_then_waiting_then_id_whatever_the_input_order() -> None:
    for seed in range(20):
        shuffled = random.Random(seed).sample(ORDERED, len(ORDERED))

        assert work_list(shuffled) == ORDERED


@pytest.mark.requirement("B18")
def test_the_rank_moves_with_the_peers_and_the_score_does_not() -> None:
    weak, strong = Counter([10, 20, 30, 40]), Counter([60, 70, 80, 90])

    assert (percentile(weak, 50), percentile(strong, 50)) == (100, 0)


@pytest.mark.parametrize(("score", "rank"), [(10, 12), (20.9, 38), (25, 50), (40, 88), (41, 100)])
def test_equals_share_their_place(score: float, rank: int) -> None:
    assert percentile(Counter([10, 20, 30, 40]), score) == rank


def test_without_peers_there_is_no_rank() -> None:
    assert percentile({}, 50) is None


@given(st.lists(st.integers(0, 100), min_size=1), st.integers(0, 100), st.integers(0, 100))
def test_more_points_never_rank_lower(scores: list[int], one: int, other: int) -> None:
    peers, low, high = Counter(scores), min(one, other), max(one, other)

    assert (percentile(peers, low) or 0) <= (percentile(peers, high) or 0)
