"""The score and why: points by the agreed definition, one explained line per rule, and their sum is the score.

Everything is counted in tenths of a point, as whole numbers; only what is shown is a number of points. The score is a
function of what the lead's tracks hold and of the moment of asking: nothing decays in the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from shared.domain.ageing import ONE, Ageing, Moments
from shared.domain.definition import TENTHS, Definition, Persona, Rule
from shared.domain.lead import Tracks, instant, moment_of

Facts = Mapping[str, Any]
Points = int | float
AGES = ("aged", "newest", "how")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Line(NamedTuple):
    """One line of the explanation: `points` of the `worth` that `times` acts would give if nothing limited them.

    `aged` is what age has left of the worth, `newest` the last of the acts that age, `how` the decay in words;
    `limit` names the cap that cut what was left.
    """

    rule: str
    dimension: str
    group: str
    points: Points
    worth: Points
    times: int
    why: str
    limit: str | None = None
    aged: Points | None = None
    newest: str | None = None
    how: str | None = None

    def in_words(self) -> str:
        """Why it is not more: "of 30, capped by group content", "was 20 on 3 May 2026, half-life 30 days" or ""."""
        said = []
        if self.newest is not None and self.aged != self.worth:
            day = date.fromisoformat(self.newest[:10])
            said.append(f"was {self.worth} on {day.day} {MONTHS[day.month - 1]} {day.year}, {self.how}")
        if self.limit:
            said.append(f"of {self.worth if self.aged is None else self.aged}, capped by {self.limit}")
        return "; ".join(said)

    def as_plain(self) -> dict[str, Any]:
        """JSON types; what only lines that age have is there only for them."""
        return {name: value for name, value in self._asdict().items() if name not in AGES or value is not None}


class Claim(NamedTuple):
    """What one rule claims, in tenths: worth, what age has left of it, and from which acts."""

    rule: Rule
    times: int
    worth: int
    aged: int
    moments: Moments = ()


Given = tuple[Claim, int, str | None]  # what a rule claims, the tenths it got, the cap that cut


@dataclass(frozen=True, slots=True)
class Score:
    """The whole judgement in points: `total` is the sum of the lines' points, `cell` is fit grade and engagement
    level, such as A1. Fit, interest and intent are counted before the cap on the total.
    """

    total: Points
    fit: Points
    interest: Points
    intent: Points
    cell: str
    given: tuple[Given, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The explanation, in the order in which the points were given."""
        return tuple(_line(*one) for one in self.given)

    def has_points_in(self, groups: Iterable[str]) -> bool:
        """Did any rule of these groups give something?"""
        return any(tenths > 0 and claim.rule.group in groups for claim, tenths, _ in self.given)


def count_act(definition: Definition, tracks: Tracks, facts: Facts) -> tuple[Mapping[str, int], Mapping[str, Moments]]:
    """Tallies and marks after one more act. `facts` has kind, fields, context and `at` in epoch milliseconds."""
    tallies, marks = tracks.tallies, tracks.marks
    for rule in definition.rules_for(facts["kind"]):
        if not rule.matches(facts):
            continue
        if rule.ageing is None:
            tallies = {**tallies, rule.id: tallies.get(rule.id, 0) + 1}
        else:
            marks = {**marks, rule.id: rule.ageing.remember(marks.get(rule.id, ()), facts["at"])}
    return tallies, marks


def judge(definition: Definition, persona: Persona, tracks: Tracks, now: int) -> Score:
    """The score of a lead as one persona at a moment (epoch milliseconds), explained line by line."""
    answers = fit_claims((*definition.fit, *persona.fit), tracks)
    return total_of(definition, persona, (*answers, *engagement_claims(definition, tracks, now)))


def fit_claims(rules: Iterable[Rule], tracks: Tracks) -> tuple[Claim, ...]:
    """What the answers are worth by these rules."""
    facts = {"fields": tracks.profile}
    return tuple(Claim(rule, 1, rule.points, rule.points) for rule in rules if rule.matches(facts))


def engagement_claims(definition: Definition, tracks: Tracks, now: int) -> tuple[Claim, ...]:
    """What the acts are worth by now; the same for every persona."""
    claims = []
    for rule in definition.engagement:
        if not rule.points:
            continue
        if rule.ageing and rule.id in tracks.marks:
            claims.append(_aged_claim(rule, rule.ageing, tracks.marks[rule.id], now))
        elif tracks.tallies.get(rule.id):
            worth = rule.points * tracks.tallies[rule.id]
            claims.append(Claim(rule, tracks.tallies[rule.id], worth, worth))
    return tuple(claim for claim in claims if claim.worth)


def total_of(definition: Definition, persona: Persona, claims: Iterable[Claim]) -> Score:
    """The score under all caps: first what is gained, then what is lost; each in the definition's order."""
    made = tuple(claims)
    given, sums = _under_caps(definition, [claim for claim in made if claim.worth > 0], definition.total_cap)
    gained = sum(tenths for _, tenths, _ in given)
    losses = [claim for claim in made if claim.worth < 0]
    if losses:
        lost, less = _under_caps(definition, losses, gained)
        given += [(claim, -tenths, "zero" if limit == "total" else limit) for claim, tenths, limit in lost]
        gained -= sum(tenths for _, tenths, _ in lost)
        sums = {name: sums[name] - less[name] for name in sums}
    cell = _band(persona.fit_grades, sums["fit"]) + _band(
        definition.engagement_levels, sums["interest"] + sums["intent"]
    )
    shown = {name: points_of(tenths) for name, tenths in sums.items()}
    return Score(points_of(gained), shown["fit"], shown["interest"], shown["intent"], cell, tuple(given))


def _under_caps(definition: Definition, claims: Iterable[Claim], total: int) -> tuple[list[Given], dict[str, int]]:
    """What each claim gets, as an amount in tenths, and the sums by dimension before the cap on the total."""
    room = dict(definition.group_caps)
    sums, given = {"fit": 0, "interest": 0, "intent": 0}, []
    for claim in claims:
        rule, wanted, limit = claim.rule, abs(claim.aged), None
        if wanted > abs(rule.cap):
            wanted, limit = abs(rule.cap), "rule"
        if wanted > room[rule.group]:
            wanted, limit = room[rule.group], f"group {rule.group}"
        room[rule.group] -= wanted
        sums[rule.dimension] += wanted
        if wanted > total:
            wanted, limit = total, "total"
        total -= wanted
        given.append((claim, wanted, limit))
    return given, sums


def points_of(tenths: int) -> Points:
    """Tenths of a point as a number of points, whole where it is whole."""
    whole, rest = divmod(tenths, TENTHS)
    return tenths / TENTHS if rest else whole


def _aged_claim(rule: Rule, ageing: Ageing, moments: Moments, now: int) -> Claim:
    """Rounded to the nearest tenth, halves away from nothing."""
    counting = ageing.counting(moments, now)
    aged = (abs(rule.points) * ageing.weight(counting, now) + ONE // 2) // ONE
    return Claim(rule, len(counting), rule.points * len(counting), aged if rule.points > 0 else -aged, counting)


def _line(claim: Claim, tenths: int, limit: str | None) -> Line:
    rule, ages = claim.rule, bool(claim.moments)
    return Line(
        rule=rule.id,
        dimension=rule.dimension,
        group=rule.group,
        points=points_of(tenths),
        worth=points_of(claim.worth),
        times=claim.times,
        why=rule.why,
        limit=limit,
        aged=points_of(claim.aged) if ages else None,
        newest=instant(moment_of(claim.moments[0])) if ages else None,
        how=rule.ageing.said if rule.ageing else None,
    )


def _band(bands: tuple[tuple[str, int], ...], tenths: int) -> str:
    return next((name for name, floor in bands if tenths >= floor), bands[-1][0])
