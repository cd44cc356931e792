"""Checks of the arithmetic of a definition: points, caps, groups, time, regular expressions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from local import definition_regex
from local.definition_file import Place, entries, listed, texts, whole
from local.definition_sheet import Fault, RuleAt, Sheet

MOST_FOR_AN_OPENED_MAIL = 1  # Scanners open mails before people do (requirements C67, K5).


def faults(sheet: Sheet) -> Iterator[Fault]:
    for rule in sheet.rules():
        for check in (_sign, _multiple, _for_nothing, _beyond, _opened_mail, _ageing, _steps):
            yield from check(sheet, rule)
    yield from _group_caps(sheet)
    yield from _patterns(sheet)


def _number(rule: RuleAt, name: str) -> int | None:
    return whole(rule.rule.get(name))


def _sign(sheet: Sheet, rule: RuleAt) -> Iterator[Fault]:
    points, cap = _number(rule, "points"), _number(rule, "cap")
    if points and cap and (points > 0) != (cap > 0):
        what = f"`{rule.id}` gives {points} points an act, but its cap is {cap}."
        advice = f"Write cap: {-cap}; a cap has the sign of its points."
        yield Fault((*rule.place, "cap"), "error", "cap_sign", what, advice)
    if points == 0 and cap:
        what = f"`{rule.id}` gives no points, so its cap of {cap} means nothing."
        yield Fault((*rule.place, "cap"), "error", "cap_sign", what, "Write cap: 0, or give it points.")


def _multiple(sheet: Sheet, rule: RuleAt) -> Iterator[Fault]:
    points, cap = _number(rule, "points"), _number(rule, "cap")
    if points and cap and (points > 0) == (cap > 0) and cap % points:
        fewer, more = cap // points * points, (cap // points + 1) * points
        what = f"`{rule.id}` gives {points} points an act, so its cap of {cap} cuts one act in pieces."
        advice = f"Write cap: {more}" + (f" or cap: {fewer}." if fewer else ".")
        yield Fault((*rule.place, "cap"), "warning", "cap_not_multiple", what, advice)


def _for_nothing(sheet: Sheet, rule: RuleAt) -> Iterator[Fault]:
    points, cap = _number(rule, "points"), _number(rule, "cap")
    room = whole(sheet.groups.get(str(rule.rule.get("group"))))
    if points and cap == 0:
        what = f"`{rule.id}` is worth {points} points, but its cap of 0 lets nothing through."
        yield Fault((*rule.place, "cap"), "error", "never_a_point", what, f"Write cap: {points}, or points: 0.")
    elif points and room == 0:
        what = f"`{rule.id}` can never give a point: its group `{rule.rule['group']}` is capped at 0."
        yield Fault((*rule.place, "group"), "error", "never_a_point", what, "Raise the group's cap, or drop the rule.")


def _beyond(sheet: Sheet, rule: RuleAt) -> Iterator[Fault]:
    points, cap = _number(rule, "points"), _number(rule, "cap")
    total, room = whole(sheet.plain.get("total_cap")), whole(sheet.groups.get(str(rule.rule.get("group"))))
    most = abs(cap if cap is not None else points or 0)
    name = "cap" if cap is not None else "points"
    if total is not None and most > total:
        what = f"`{rule.id}` may give {most} points; the whole score ends at {total}."
        yield Fault((*rule.place, name), "error", "beyond_total", what, f"Write at most {total}.")
    elif room and most > room:
        what = f"`{rule.id}` may give {most} points; its group `{rule.rule['group']}` ends at {room}."
        advice = f"Write at most {room}, or raise the group's cap."
        yield Fault((*rule.place, name), "warning", "beyond_group", what, advice)


def _opened_mail(sheet: Sheet, rule: RuleAt) -> Iterator[Fault]:
    most = max(_number(rule, "points") or 0, _number(rule, "cap") or 0)
    if most > MOST_FOR_AN_OPENED_MAIL and "email_open" in _kinds(rule.rule.get("when")):
        what = f"`{rule.id}` gives up to {most} points for opened mails, which scanners open before people do."
        advice = "Write points: 1 and cap: 1 in a rule of its own, or drop email_open."
        yield Fault((*rule.place, "points"), "error", "opens_too_dear", what, advice)


def _kinds(when: Any) -> list[str]:
    """Every kind of act that stands anywhere in the condition."""
    parts = [when] if isinstance(when, dict) else []
    found = []
    for part in parts:
        found += texts(part.get("event"))
        parts += [one for name in ("all", "any") for one in listed(part.get(name)) if isinstance(one, dict)]
    return found


# ------------------------------------------------------------------ time


def _ageing(sheet: Sheet, rule: RuleAt) -> Iterator[Fault]:
    decay, window = entries(rule.rule.get("decay")), _number(rule, "window_days")
    kept = sheet.around.retention_days
    if window is not None and window > kept:
        what = f"`{rule.id}` looks back {window} days; whoever does nothing for {kept} days is erased by then."
        yield Fault((*rule.place, "window_days"), "error", "beyond_retention", what, f"Write at most {kept}.")
    for name in ("half_life_days", "linear_days"):
        days = whole(decay.get(name))
        if days is not None and days <= 0:
            what = f"`{rule.id}`: {name} is {days}, so nothing would ever count."
            yield Fault((*rule.place, "decay", name), "error", "no_time_to_decay", what, "Write at least 1 day.")
    if "half_life_days" in decay and window is None:
        what = f"`{rule.id}` halves for ever and never ends: without a window old acts keep a little weight."
        days = whole(decay["half_life_days"]) or 30
        advice = f"Add window_days, such as {min(4 * days, kept)}."
        yield Fault((*rule.place, "decay"), "warning", "decay_without_window", what, advice)


def _steps(sheet: Sheet, rule: RuleAt) -> Iterator[Fault]:
    steps = [entries(step) for step in listed(entries(rule.rule.get("decay")).get("steps"))]
    place: Place = (*rule.place, "decay", "steps")
    for name, order in (("after_days", 1), ("percent", -1)):
        numbers = [whole(step.get(name)) for step in steps]
        pairs = [(a, b) for a, b in pairwise(numbers) if a is not None and b is not None]
        wrong = [(a, b) for a, b in pairs if (b - a) * order <= 0]
        if wrong:
            first, second = wrong[0]
            what = f"`{rule.id}`: after {name} {first} comes {second}; the steps go {'up' if order > 0 else 'down'}."
            advice = "Order the steps by days; each later one leaves less of the points."
            yield Fault(place, "error", "steps_not_ascending", what, advice)
    yield from _steps_after_window(rule, steps, place)


def _steps_after_window(rule: RuleAt, steps: list[dict[str, Any]], place: Place) -> Iterator[Fault]:
    """An act counts while it is younger than the window, so a step at its end or later finds no act."""
    window = _number(rule, "window_days")
    for index, step in enumerate(steps):
        days = whole(step.get("after_days"))
        if window is not None and days is not None and days >= window:
            what = f"`{rule.id}`: the step after {days} days never acts; its acts count for {window} days only."
            advice = "Drop the step, let it begin earlier, or lengthen window_days."
            yield Fault((*place, index), "warning", "step_after_window", what, advice)


# ------------------------------------------------------------------ the file's own tables


def _group_caps(sheet: Sheet) -> Iterator[Fault]:
    total = whole(sheet.plain.get("total_cap"))
    for group, cap in sheet.groups.items():
        room = whole(cap)
        if room is not None and total is not None and room > total:
            what = f"The group `{group}` ends at {room}, the whole score at {total}."
            yield Fault(("groups", group), "warning", "group_beyond_total", what, f"Write at most {total}.")


def _patterns(sheet: Sheet) -> Iterator[Fault]:
    for leaf in sheet.leaves():
        pattern = entries(leaf.when).get("matches")
        wrong = definition_regex.danger(pattern) if isinstance(pattern, str) else None
        if wrong:
            advice = "Use has_word: [word, another word], or a pattern without a repetition inside a repetition."
            what = f"The pattern {pattern} is refused: {wrong}."
            yield Fault((*leaf.place, "matches"), "error", "regex_refused", what, advice)
