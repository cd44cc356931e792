"""The two tests of chance, against figures of scipy 1.17 and statsmodels 0.15 (proportions_ztest,
confint_proportions_2indep(method='newcomb'), chi2.sf).
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.chance import chi_square, chi_square_tail, compare, trials_needed, wilson

GOLDEN = [
    ((100, 1000), (130, 1000), 2.102740605622114, 0.03548845046647471, (0.0020023487152830075, 0.05807048502220285)),
    ((200, 1000), (250, 1000), 2.677397763008329, 0.007419649261025687, (0.013395969886116244, 0.08645099471882534)),
    ((5, 50), (9, 48), 1.2374368670764582, 0.2159249389401403, (-0.05473383813314778, 0.2309999954411598)),
    ((0, 40), (3, 40), 1.765469659009499, 0.0774848651326447, (-0.02547209243373659, 0.1986423352431055)),
    ((20, 500), (20, 500), 0.0, 1.0, (-0.025194266406405267, 0.025194266406405267)),
]


@pytest.mark.requirement("C55")
@pytest.mark.parametrize(("control", "variant", "z", "p_value", "interval"), GOLDEN)
def test_two_variants_are_compared_as_the_textbooks_do(
    control: tuple[int, int], variant: tuple[int, int], z: float, p_value: float, interval: tuple[float, float]
) -> None:
    found = compare(control, variant)

    assert found is not None
    assert found.z == pytest.approx(z, abs=1e-12)
    assert found.p_value == pytest.approx(p_value, abs=1e-12)
    assert found.interval == pytest.approx(interval, abs=1e-12)
    assert found.difference == pytest.approx(variant[0] / variant[1] - control[0] / control[1])


@pytest.mark.requirement("C55")
@pytest.mark.parametrize(
    ("control", "variant", "warnings", "is_significant"),
    [
        ((100, 1000), (130, 1000), ("too_small",), False),
        ((200, 1100), (260, 1100), (), True),
        ((200, 5000), (206, 5000), ("too_small",), False),
        ((5, 50), (9, 48), ("few_results", "too_small"), False),
        ((995, 1000), (900, 1000), ("few_results",), False),
        ((20, 500), (20, 500), ("too_small",), False),
        ((0, 40), (0, 40), ("few_results", "too_small"), False),
    ],
)
def test_a_test_that_is_too_small_is_called_so_and_proves_nothing(
    control: tuple[int, int], variant: tuple[int, int], warnings: tuple[str, ...], is_significant: bool
) -> None:
    found = compare(control, variant)

    assert found is not None
    assert (found.warnings, found.is_significant) == (warnings, is_significant)


def test_nothing_is_compared_with_a_variant_that_nobody_saw() -> None:
    assert compare((0, 0), (5, 50)) is None
    assert compare((5, 50), (0, 0)) is None


@pytest.mark.parametrize(
    ("rate", "other", "needed"), [(0.1, 0.13, 1774), (0.2, 0.25, 1094), (0.1, 0.12, 3841), (0.05, 0.06, 8158)]
)
def test_the_trials_that_a_difference_needs_are_those_of_the_tables(rate: float, other: float, needed: int) -> None:
    assert trials_needed(rate, other) == needed


def test_no_number_of_trials_shows_a_difference_that_is_not_there() -> None:
    assert trials_needed(0.2, 0.2) is None


@pytest.mark.parametrize(
    ("statistic", "freedom", "tail"),
    [
        (3.84, 1, 0.05004352124870519),
        (5.991, 2, 0.05001161502657909),
        (7.8, 3, 0.050331097859853326),
        (0.5, 4, 0.9735009788392561),
        (12.3, 5, 0.03090046463546092),
        (60.0, 2, 9.357622968840163e-14),
        (20.0, 30, 0.9165415270653372),
        (41.4, 29, 0.06351614222477348),
        (0.0, 3, 1.0),
        (5.0, 0, 1.0),
    ],
)
def test_the_tail_of_chi_square_is_that_of_the_tables(statistic: float, freedom: int, tail: float) -> None:
    assert chi_square_tail(statistic, freedom) == pytest.approx(tail, rel=1e-10)


def test_chi_square_adds_up_what_strays_from_what_was_expected() -> None:
    assert chi_square([(10, 10.0), (12, 10.0), (8, 10.0)]) == pytest.approx(0.8)


trials = st.integers(1, 100_000).flatmap(lambda tries: st.tuples(st.integers(0, tries), st.just(tries)))


@given(trials, trials)
def test_an_exchange_of_the_variants_turns_the_sign_and_nothing_else(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    there, back = compare(one, other), compare(other, one)

    assert there is not None
    assert back is not None
    assert there.z == pytest.approx(-back.z)
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))
    assert there.needed == back.needed
    assert there.warnings == back.warnings


@given(trials)
def test_an_interval_of_a_rate_holds_the_rate(one: tuple[int, int]) -> None:
    low, high = wilson(*one)

    assert -1e-12 <= low <= one[0] / one[1] + 1e-12
    assert one[0] / one[1] - 1e-12 <= high <= 1 + 1e-12
