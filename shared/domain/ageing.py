"""How the acts behind a rule age: which of them still count, and how much each is worth by now.

A rule that ages keeps the newest few moments at which it matched, so its state has a size that does not grow with
the history, and the order in which the acts come does not matter. Ages are elapsed time, never differences of
calendar days: midnight, time zones and summer time change nothing. All arithmetic is in integers, so every machine
gets the same points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

DAY = 24 * 60 * 60 * 1000
WEEK = 7 * DAY
ONE = 1 << 32
MONDAY = 3 * DAY  # The epoch began on a Thursday; weeks begin on Monday.
TOUCHES_KEPT = 60
STEPS_OF_A_HALVING = 64

Moments = tuple[int, ...]
Weigh = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Ageing:
    """How one rule ages. `keep` moments (epoch milliseconds) are remembered, the newest first; `weigh` gives the worth
    at an age in milliseconds, ONE being full; `said` names it in words.
    """

    keep: int
    window: int | None
    per: str | None
    weigh: Weigh
    said: str | None

    def remember(self, moments: Moments, at: int) -> Moments:
        """The moments with one more; of one day or week only the last, and of these the newest."""
        if not moments or at > moments[0]:  # the usual case: acts come in order
            rest = moments[1:] if moments and self._is_once(moments[0], at) else moments
            return (at, *rest)[: self.keep]
        if len(moments) == self.keep and at <= moments[-1]:
            return moments
        same = next((moment for moment in moments if self._is_once(moment, at)), None)
        others = moments if same is None else tuple(moment for moment in moments if moment != same)
        newest = at if same is None else max(same, at)
        return tuple(sorted((*others, newest), reverse=True)[: self.keep])

    def counting(self, moments: Moments, now: int) -> Moments:
        """The moments that are still within the window."""
        if self.window is None or not moments or now - moments[-1] < self.window:
            return moments
        return tuple(moment for moment in moments if now - moment < self.window)

    def weight(self, moments: Moments, now: int) -> int:
        """What the counting moments are worth together, ONE for each that is fresh."""
        return sum(self.weigh(max(0, now - moment)) for moment in self.counting(moments, now))

    def _is_once(self, one: int, other: int) -> bool:
        """Do the two moments count only once, because they are of one day or week of UTC?"""
        if self.per == "day":
            return one // DAY == other // DAY
        return self.per == "week" and (one + MONDAY) // WEEK == (other + MONDAY) // WEEK


def compile_ageing(rule: Mapping[str, Any]) -> Ageing | None:
    """The ageing of a rule as the definition writes it; None for a rule whose matches count for ever, each one."""
    decay, window, per = rule.get("decay"), rule.get("window_days"), rule.get("once_per")
    if decay is None and window is None and per is None:
        return None
    points = abs(rule["points"])
    keep = -(-abs(rule["cap"]) // points) if points else TOUCHES_KEPT
    weigh, said = _compile_decay(decay or {})
    return Ageing(keep, window * DAY if window else None, per, weigh, said)


def merged(ageing: Ageing, parts: Iterable[Moments]) -> Moments:
    """The moments of several histories together."""
    moments: Moments = ()
    for part in parts:
        for moment in part:
            moments = ageing.remember(moments, moment)
    return moments


def _compile_decay(decay: Mapping[str, Any]) -> tuple[Weigh, str | None]:
    if "half_life_days" in decay:
        days = decay["half_life_days"]
        return _halving(days * DAY), f"half-life {days} days"
    if "linear_days" in decay:
        days = decay["linear_days"]
        return _linear(days * DAY), f"linear to nothing in {days} days"
    if "steps" in decay:
        steps = tuple((step["after_days"] * DAY, ONE * step["percent"] // 100) for step in decay["steps"])
        said = ", ".join(f"{step['percent']} % after {step['after_days']} days" for step in decay["steps"])
        return _steps(steps), said
    return lambda age: ONE, None


def _linear(length: int) -> Weigh:
    return lambda age: max(0, ONE * (length - age) // length)


def _steps(steps: tuple[tuple[int, int], ...]) -> Weigh:
    return lambda age: next((worth for after, worth in reversed(steps) if age >= after), ONE)


def _halving(half_life: int) -> Weigh:
    def weigh(age: int) -> int:
        halvings, rest = divmod(age, half_life)
        step, between = divmod(rest * STEPS_OF_A_HALVING, half_life)
        here, next_one = HALVING[step], HALVING[step + 1]
        return (here - (here - next_one) * between // half_life) >> halvings

    return weigh


def _halving_table() -> tuple[int, ...]:
    """ONE · 2^(-i/64) for i from 0 to 64, by integer square roots of one half."""
    unit = 1 << 256
    factor = unit >> 1
    for _ in range(6):
        factor = isqrt(factor * unit)
    worths, worth = [], unit
    for _ in range(STEPS_OF_A_HALVING):
        worths.append(worth * ONE // unit)
        worth = worth * factor // unit
    return (*worths, ONE >> 1)


HALVING = _halving_table()
