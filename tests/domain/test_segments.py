"""Which answers failed: enough leads, none won, and less than all others do even at the upper end of the interval."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.domain.chance import wilson
from shared.domain.segments import ENOUGH, FAILED, WON, Segment, choices_of, failing, looked_at, result_of, seen
from tests.builders import AGREEMENT


def counted(*rows: tuple[str, str, str, int]) -> Counter[tuple[str, str, str]]:
    return Counter({(field, value, result): count for field, value, result, count in rows})


@pytest.mark.requirement("A13b")
def test_an_answer_whose_many_leads_all_failed_is_told_with_its_interval() -> None:
    counts = counted(
        ("industry", "Retail", FAILED, 40), ("industry", "Software", FAILED, 40), ("industry", "Software", WON, 30)
    )

    (found,) = failing(counts, won=30, settled=110)

    assert found == Segment("industry", "Retail", 40, wilson(0, 40)[1])
    assert 0.08 < found.at_most < 0.1


@pytest.mark.requirement("A13b")
@pytest.mark.parametrize(
    ("failed", "won", "settled", "why"),
    [
        (ENOUGH - 1, 50, 100, "too few to tell"),
        (40, 4, 100, "the others win as rarely, as far as anybody can tell"),
        (40, 0, 100, "nobody wins at all"),
    ],
)
def test_what_may_be_chance_is_not_told(failed: int, won: int, settled: int, why: str) -> None:
    assert not failing(counted(("industry", "Retail", FAILED, failed)), won, settled), why


def test_the_largest_failure_comes_first_and_a_single_deal_clears_a_segment() -> None:
    counts = counted(
        ("a", "small", FAILED, 20), ("b", "large", FAILED, 90), ("c", "cleared", FAILED, 90), ("c", "cleared", WON, 1)
    )

    assert [one.value for one in failing(counts, won=60, settled=200)] == ["large", "small"]
    assert looked_at(counts) == 3


def test_an_open_lead_belongs_to_no_segment_and_an_address_is_none() -> None:
    profile = {"industry": "Retail", "email": "@example.com", "company": "…", "job_title": ""}

    assert list(seen(profile, FAILED, "…")) == [("industry", "Retail", FAILED)]
    assert list(seen(profile, None, "…")) == []


@pytest.mark.parametrize(
    ("outcome", "result"), [("won", WON), ("lost", FAILED), ("rejected", FAILED), ("accepted", None), (None, None)]
)
def test_only_a_last_word_is_a_result(outcome: str | None, result: str | None) -> None:
    assert result_of(outcome) == result


@pytest.mark.requirement("A13b")
def test_where_choices_are_given_nothing_that_somebody_typed_is_a_segment() -> None:
    typed = {"job_title": "CTO, ask Ada Lovelace", "industry": "the Lovelace family", "country": "Ada"}
    chosen = {"industry": "Software", "company_size": "51-200", "country": "DE"}

    found = choices_of(AGREEMENT.forms.values())

    assert list(seen(typed, FAILED, "…", found)) == []
    assert {key[0] for key in seen(chosen, FAILED, "…", found)} == set(chosen)
