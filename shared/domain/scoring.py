"""The score and why: points by the agreed definition, one explained line per rule, and their sum is the score.

A lead's scoring state is what it told us (`profile`, latest answer wins) and how often each event rule matched
(`tallies`), so one more event costs the same however long the history is, and the order of events does not matter
to the tallies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Facts = Mapping[str, Any]
Test = Callable[[Facts], bool]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule; `cap` limits what it can give over all events."""

    id: str
    dimension: str
    group: str
    points: int
    cap: int
    why: str
    matches: Test


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the explanation: `points` of the `worth` that the rule alone would give; `limit` names what cut
    it.
    """

    rule: str
    dimension: str
    group: str
    points: int
    worth: int
    times: int
    why: str
    limit: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The whole judgement: `total` is the sum of the lines' points, `cell` is fit grade and engagement level, such
    as A1.
    """

    total: int
    fit: int
    interest: int
    intent: int
    cell: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """The compiled lead definition of one version."""

    version: str
    actions: Mapping[str, Any]
    fit_rules: tuple[Rule, ...]
    event_rules: tuple[Rule, ...]
    order: tuple[Rule, ...]
    group_caps: Mapping[str, int]
    total_cap: int
    gates: Mapping[str, Any]
    fit_grades: tuple[tuple[str, int], ...]
    engagement_levels: tuple[tuple[str, int], ...]
    outcomes: Mapping[str, Any]


def compile_definition(plain: Mapping[str, Any]) -> Definition:
    """The definition file's content, already checked at build time, as closures."""
    free_mail = frozenset(plain["free_mail"])
    order = tuple(_compile_rule(rule, free_mail) for rule in plain["rules"])
    return Definition(
        version=plain["version"],
        actions=plain["actions"],
        fit_rules=tuple(rule for rule in order if rule.dimension == "fit"),
        event_rules=tuple(rule for rule in order if rule.dimension != "fit"),
        order=order,
        group_caps=plain["groups"],
        total_cap=plain["total_cap"],
        gates={name: plain[name] for name in ("marketing_qualified", "sales_qualified")},
        fit_grades=_descending(plain["fit_grades"]),
        engagement_levels=_descending(plain["engagement_levels"]),
        outcomes=plain["outcomes"],
    )


def count_event(definition: Definition, tallies: Mapping[str, int], facts: Facts) -> dict[str, int]:
    """The tallies after one more event. `facts` has action, fields and context of that event."""
    counted = dict(tallies)
    for rule in definition.event_rules:
        if rule.matches(facts):
            counted[rule.id] = counted.get(rule.id, 0) + 1
    return counted


def judge(definition: Definition, profile: Mapping[str, str], tallies: Mapping[str, int]) -> Score:
    """The score of a lead from its profile and tallies, explained line by line."""
    facts = {"action": None, "fields": profile, "context": NOTHING}
    times = {**tallies, **{rule.id: 1 for rule in definition.fit_rules if rule.matches(facts)}}
    lines = _lines(definition, times)
    sums = {
        name: sum(line.points for line in lines if line.dimension == name) for name in ("fit", "interest", "intent")
    }
    grade = _band(definition.fit_grades, sums["fit"])
    level = _band(definition.engagement_levels, sums["interest"] + sums["intent"])
    return Score(sum(sums.values()), sums["fit"], sums["interest"], sums["intent"], grade + level, lines)


def _lines(definition: Definition, times: Mapping[str, int]) -> tuple[Line, ...]:
    """Points in the definition's order; what a cap takes away is shown on the line that it takes it from."""
    room = dict(definition.group_caps)
    room_in_total = definition.total_cap
    lines = []
    for rule in definition.order:
        if not times.get(rule.id):
            continue
        worth = rule.points * times[rule.id]
        limits = ((rule.cap, "rule"), (room[rule.group], f"group {rule.group}"), (room_in_total, "total"))
        allowed, name = min(limits, key=lambda limit: limit[0])
        points = min(worth, allowed)
        room[rule.group] -= points
        room_in_total -= points
        limit = name if points < worth else None
        lines.append(Line(rule.id, rule.dimension, rule.group, points, worth, times[rule.id], rule.why, limit))
    return tuple(lines)


def _descending(bands: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(bands.items(), key=lambda band: -band[1]))


def _band(bands: tuple[tuple[str, int], ...], points: int) -> str:
    return next((name for name, floor in bands if points >= floor), bands[-1][0])


def _compile_rule(plain: Mapping[str, Any], free_mail: frozenset[str]) -> Rule:
    return Rule(
        plain["id"],
        plain["dimension"],
        plain["group"],
        plain["points"],
        plain.get("cap", plain["points"]),
        plain["why"],
        _compile_condition(plain["when"], free_mail),
    )


def _compile_condition(when: Mapping[str, Any], free_mail: frozenset[str]) -> Test:
    if "action" in when:
        actions = frozenset(when["action"])
        return lambda facts: facts["action"] in actions
    if "email_domain" in when:
        return lambda facts: _domain(facts) not in free_mail and bool(_domain(facts))
    if "context" in when:
        name, floor = when["context"], when["at_least"]
        return lambda facts: facts["context"].get(name, -1) >= floor
    return _compile_field_condition(when)


def _compile_field_condition(when: Mapping[str, Any]) -> Test:
    name = when["field"]
    if when.get("present"):
        return lambda facts: bool(facts["fields"].get(name))
    if "at_least" in when:
        floor = when["at_least"]
        return lambda facts: leading_number(facts["fields"].get(name, "")) >= floor
    wanted = tuple(f" {word} " for word in when["has_word"])
    return lambda facts: _has_word(facts["fields"].get(name, ""), wanted)


def _has_word(text: str, wanted: tuple[str, ...]) -> bool:
    """Whole words only, whatever stands between them: 'Co-Founder/CEO' has 'ceo', 'Chiefs' has not 'chief'."""
    words = f" {' '.join(''.join(c if c.isalnum() or c == '-' else ' ' for c in text.casefold()).split())} "
    return any(word in words for word in wanted)


def leading_number(text: str) -> int:
    """The first whole number in a size such as '201-1000', '1,200' or '1001+'; -1 when there is none."""
    digits = ""
    for c in text.replace(",", "").replace(" ", ""):
        if c.isascii() and c.isdigit():
            digits += c
        elif digits:
            break
    return int(digits[:9]) if digits else -1


def _domain(facts: Facts) -> str:
    email: str = facts["fields"].get("email", "")
    return email.partition("@")[2]
