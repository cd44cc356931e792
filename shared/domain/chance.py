"""What of a difference could be chance: the two tests that reports and audits use.

Figures are floats of the standard library; nothing here decides about a lead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, erfc, exp, gamma, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
POWER = 0.8
FEW = 10  # below so many successes or failures the normal approximation says little
NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two variants of a form compared: rates from 0 to 1, `difference` is variant minus control with its 95 % interval
    (Newcombe), `p_value` is two-sided (pooled z-test).

    `needed` is how many visitors each variant needs to see such a difference four times out of five; `warnings` holds
    few_results, too_small.
    """

    control: float
    variant: float
    difference: float
    interval: tuple[float, float]
    z: float
    p_value: float
    needed: int | None
    warnings: tuple[str, ...]

    @property
    def is_significant(self) -> bool:
        """Is chance below one in twenty, and is the test large enough to say so?"""
        return self.p_value < 1 - CONFIDENCE and not self.warnings


def compare(control: tuple[int, int], variant: tuple[int, int]) -> Comparison | None:
    """The comparison of (successes, trials) of two variants; None when one of them has no trials."""
    (hits, tries), (own_hits, own_tries) = control, variant
    if not tries or not own_tries:
        return None
    one, other = hits / tries, own_hits / own_tries
    z = _z(control, variant)
    needed = trials_needed(one, other)
    few = min(hits, tries - hits, own_hits, own_tries - own_hits) < FEW
    small = needed is None or min(tries, own_tries) < needed
    return Comparison(
        control=one,
        variant=other,
        difference=other - one,
        interval=_newcombe(control, variant),
        z=z,
        p_value=2 * NORMAL.cdf(-abs(z)),
        needed=needed,
        warnings=(*(["few_results"] if few else []), *(["too_small"] if small else [])),
    )


def trials_needed(rate: float, other: float) -> int | None:
    """Trials per variant that show a difference of these rates with 80 % power at 5 %, two-sided; None without one."""
    if rate == other:
        return None
    middle = (rate + other) / 2
    spread = _quantile(CONFIDENCE) * sqrt(2 * middle * (1 - middle))
    spread += NORMAL.inv_cdf(POWER) * sqrt(rate * (1 - rate) + other * (1 - other))
    return ceil((spread / (other - rate)) ** 2)


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """The 95 % interval of a rate (Wilson score)."""
    z, rate = _quantile(CONFIDENCE), hits / tries
    middle = rate + z * z / (2 * tries)
    reach = z * sqrt(rate * (1 - rate) / tries + z * z / (4 * tries * tries))
    return (middle - reach) / (1 + z * z / tries), (middle + reach) / (1 + z * z / tries)


def chi_square(pairs: Iterable[tuple[float, float]]) -> float:
    """Pearson's statistic of (got, expected) pairs; every expected figure is above 0."""
    return sum((got - expected) ** 2 / expected for got, expected in pairs)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """How often chance gives this statistic or a larger one; 1 where there is nothing to compare.

    By the recurrence of the incomplete gamma function, Q(a + 1, x) = Q(a, x) + x^a e^-x / Γ(a + 1).
    """
    if freedom < 1 or statistic <= 0:
        return 1.0
    x, a = statistic / 2, 0.5 if freedom % 2 else 1.0
    tail = erfc(sqrt(x)) if freedom % 2 else exp(-x)
    while a < freedom / 2:
        tail += x**a * exp(-x) / gamma(a + 1)
        a += 1
    return tail


def _z(control: tuple[int, int], variant: tuple[int, int]) -> float:
    (hits, tries), (own_hits, own_tries) = control, variant
    pooled = (hits + own_hits) / (tries + own_tries)
    error = sqrt(pooled * (1 - pooled) * (1 / tries + 1 / own_tries))
    return (own_hits / own_tries - hits / tries) / error if error else 0.0


def _newcombe(control: tuple[int, int], variant: tuple[int, int]) -> tuple[float, float]:
    """The interval of the difference, square and add (Newcombe 1998, method 10)."""
    one, other = control[0] / control[1], variant[0] / variant[1]
    low, high = wilson(*control)
    own_low, own_high = wilson(*variant)
    below = sqrt((other - own_low) ** 2 + (high - one) ** 2)
    above = sqrt((own_high - other) ** 2 + (one - low) ** 2)
    return other - one - below, other - one + above


def _quantile(confidence: float) -> float:
    return NORMAL.inv_cdf((1 + confidence) / 2)
