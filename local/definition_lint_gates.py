"""Checks of what can be reached: grades, levels, gates, disqualifiers; for a definition that the schema accepts.

A gate is read as its ways: each a list of single conditions that must hold together, each wanted true or false. A way
is impossible when its conditions contradict each other or ask for more than the points, caps and answers can give.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import ceil
from typing import Any

from local.definition_file import Place, entries
from local.definition_reach import TENTHS, Reach, Wanted, leaves_of, reach, variable
from local.definition_sheet import Fault, Sheet
from shared.domain.ageing import TOUCHES_KEPT
from shared.domain.criteria import answer_terms, compile_condition
from shared.domain.definition import FOR_ALL

Plain = Mapping[str, Any]
FLOORS = {"score_at_least": "total", "interest_at_least": "interest", "intent_at_least": "intent"}
QUALIFYING = ("marketing_qualified", "sales_qualified")
WAYS = 64
DAYS_IN_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Literal:
    """One single condition of a gate, and whether it must hold."""

    place: Place
    when: Plain
    holds: bool


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a way through a gate is impossible."""

    place: Place
    code: str
    what: str
    advice: str


Way = tuple[Literal, ...]


def faults(sheet: Sheet) -> Iterator[Fault]:
    yield from _bands_in_order(sheet)
    yield from _bands_reachable(sheet)
    yield from _rules_that_never_give(sheet)
    yield from _gates(sheet)
    yield from _gates_beside_each_other(sheet)
    yield from _disqualifiers(sheet)


def personas(sheet: Sheet) -> list[tuple[Place, Plain]]:
    """Every persona with its place; the one for everybody when the file names none."""
    return list(sheet.personas()) or [((), FOR_ALL)]


# ------------------------------------------------------------------ bands


def _bands_in_order(sheet: Sheet) -> Iterator[Fault]:
    tables: list[tuple[Place, Plain]] = [
        (("fit_grades",), sheet.plain["fit_grades"]),
        (("engagement_levels",), sheet.plain["engagement_levels"]),
    ]
    tables += [((*place, "fit_grades"), one["fit_grades"]) for place, one in sheet.personas() if "fit_grades" in one]
    for place, bands in tables:
        names = sorted(bands)
        for better, worse in pairwise(names):
            if bands[better] <= bands[worse]:
                what = f"{better} begins at {bands[better]}, which is not above {worse} ({bands[worse]})."
                advice = f"Write more than {bands[worse]} for {better}."
                yield Fault((*place, better), "error", "bands_not_descending", what, advice)
        if bands[names[-1]] != 0:
            what = f"{names[-1]} begins at {bands[names[-1]]}, but whoever has less is {names[-1]}, too."
            yield Fault((*place, names[-1]), "error", "bands_not_descending", what, f"Write 0 for {names[-1]}.")


def _bands_reachable(sheet: Sheet) -> Iterator[Fault]:
    """A cell of the matrix is reachable when its grade and its level are: neither takes points from the other."""
    reaches = [(persona, reach(sheet.plain, persona, sheet.around.choices)) for _, persona in personas(sheet)]
    grades = [one.get("fit_grades", sheet.plain["fit_grades"]) for one, _ in reaches]
    for grade in sorted(sheet.plain["fit_grades"]):
        if not any(_touches(bands, grade, found.fit) for bands, (_, found) in zip(grades, reaches, strict=True)):
            most = max(max(found.fit) for _, found in reaches) // TENTHS
            what = f"No answers give the grade {grade}, so its cells are never reached; fit ends at {most}."
            advice = "Change the band, or the points and group caps of the fit rules."
            yield Fault(("fit_grades", grade), "error", "grade_unreachable", what, advice)
    levels, found = sheet.plain["engagement_levels"], reaches[0][1].level
    for level in sorted(levels):
        if not _touches(levels, level, found):
            what = f"No acts give the level {level}; interest and intent together end at {max(found) // TENTHS}."
            advice = "Change the band, or the caps of rules and groups."
            yield Fault(("engagement_levels", level), "error", "level_unreachable", what, advice)


def _touches(bands: Mapping[str, int], name: str, sums: frozenset[int]) -> bool:
    """Does some sum fall in this band?"""
    above = [floor for floor in bands.values() if floor > bands[name]]
    top = min(above) * TENTHS if above else None
    lowest = bands[name] == min(bands.values())
    return any((lowest or value >= bands[name] * TENTHS) and (top is None or value < top) for value in sums)


def _rules_that_never_give(sheet: Sheet) -> Iterator[Fault]:
    """Fit rules whose condition no answer meets, or whose group is always full before them."""
    giving = [reach(sheet.plain, persona, sheet.around.choices).giving for _, persona in personas(sheet)]
    everywhere = frozenset().union(*giving)
    for rule in sheet.rules():
        if not rule.is_fit or not rule.rule["points"] or not sheet.groups[rule.rule["group"]]:
            continue
        if rule.id not in everywhere:
            what = f"`{rule.id}` can never give a point: nobody meets it, or earlier rules fill its group first."
            advice = f"Raise the cap of the group `{rule.rule['group']}`, put the rule first, or change its condition."
            yield Fault(rule.place, "error", "never_a_point", what, advice)


# ------------------------------------------------------------------ gates


def ways(when: Plain, place: Place, holds: bool = True) -> list[Way]:
    """Every way to meet the condition (or not to meet it), each as its single conditions; at most a few dozen."""
    if "not" in when:
        return ways(when["not"], (*place, "not"), not holds)
    joined = next((name for name in ("all", "any") if name in when), None)
    if joined is None:
        return [(Literal(place, when, holds),)]
    parts = [ways(part, (*place, joined, index), holds) for index, part in enumerate(when[joined])]
    if (joined == "all") is holds:
        return [
            tuple(one for part in chosen for one in part)
            for chosen, _ in zip(product(*parts), range(WAYS), strict=False)
        ]
    return [way for part in parts for way in part][:WAYS]


def _gates(sheet: Sheet) -> Iterator[Fault]:
    """A gate that no persona can pass is an error, a way that nobody can take a warning."""
    for place, when, gate, holders in _every_gate(sheet):
        open_ways = ways(when, place)
        if len(open_ways) >= WAYS:  # not all of them are looked at, so nothing can be said
            continue
        blocked = [[_obstacle(sheet, way, gate, persona) for way in open_ways] for persona in holders]
        closed = [all(persona) for persona in blocked]
        first = next((one for persona in blocked for one in persona if one), None)
        if first is None:
            continue
        if all(closed):
            what = f"Nobody can ever meet {_gate_said(place)}: {first.what}"
            yield Fault(first.place, "error", first.code, what, first.advice)
        elif any(closed):
            name = holders[closed.index(True)]["name"]
            what = f"No {name} can ever meet {_gate_said(place)}: {first.what}"
            yield Fault(first.place, "warning", first.code, what, first.advice)
        else:
            yield from _dead_ways(place, blocked)


def _dead_ways(place: Place, blocked: list[list[Obstacle | None]]) -> Iterator[Fault]:
    for obstacles in zip(*blocked, strict=True):
        if all(obstacles) and obstacles[0]:
            what = f"One way to meet {_gate_said(place)} is closed: {obstacles[0].what}"
            yield Fault(obstacles[0].place, "warning", obstacles[0].code, what, obstacles[0].advice)


def _every_gate(sheet: Sheet) -> Iterator[tuple[Place, Plain, str, list[Plain]]]:
    """Each gate with its name and the personas that it judges."""
    everybody = [persona for _, persona in personas(sheet)]
    for gate, when in sheet.plain["gates"].items():
        judged = [one for one in everybody if gate not in entries(one.get("gates"))]
        if judged:
            yield ("gates", gate), when, gate, judged
    for place, persona in sheet.personas():
        for gate, when in entries(persona.get("gates")).items():
            yield (*place, "gates", gate), when, gate, [persona]
    for stage, when in sheet.plain["buyer_stage"].items():
        yield ("buyer_stage", stage), when, stage, everybody
    for place, step in sheet.next_steps():
        yield (*place, "when"), step["when"], "next_step", everybody


def _gate_said(place: Place) -> str:
    return ".".join(str(part) for part in place if part != "when")


def _obstacle(sheet: Sheet, way: Way, gate: str, persona: Plain) -> Obstacle | None:
    """The first reason why nobody can take this way."""
    return next(_obstacles(sheet, way, gate, persona), None)


def _obstacles(sheet: Sheet, way: Way, gate: str, persona: Plain) -> Iterator[Obstacle]:
    yield from _contradictions(way)
    yield from _out_of_reach(sheet, way, gate, persona)
    for literal in way:
        if literal.holds and "times" in literal.when:
            yield from _times(sheet, literal)
        if literal.holds and "touches" in literal.when:
            yield from _touches_asked(sheet, literal)


def _contradictions(way: Way) -> Iterator[Obstacle]:
    """Conditions of one way that exclude each other by what they say."""
    for index, one in enumerate(way):
        for other in way[:index]:
            if _exclude(one, other):
                what = f"{_literal_said(other)} and {_literal_said(one)} exclude each other."
                yield Obstacle(one.place, "gate_contradictory", what, "Drop one of the two, or join them with any.")


def _exclude(one: Literal, other: Literal) -> bool:
    if one.when == other.when:
        return one.holds is not other.holds
    kinds = one.when.keys() & other.when.keys()
    if "inquired" in kinds:
        return one.holds is other.holds
    if {"inquired", "inquiry"} <= one.when.keys() | other.when.keys():
        asked, wanted = (one, other) if "inquiry" in one.when else (other, one)
        return asked.holds and wanted.when["inquired"] is not wanted.holds
    if one.holds and other.holds:
        for name in ("buyer_stage", "inquiry"):
            if name in kinds:
                return not set(one.when[name]) & set(other.when[name])
        return False
    return _floor_excludes(one, other, kinds)


def _floor_excludes(one: Literal, other: Literal, kinds: set[str]) -> bool:
    """At least 75 and not at least 60 is nobody."""
    wanted, unwanted = (one, other) if one.holds else (other, one)
    if not wanted.holds or unwanted.holds:
        return False
    for name in FLOORS.keys() & kinds:
        return bool(wanted.when[name] >= unwanted.when[name])
    if "fit_at_least" in kinds:
        return bool(wanted.when["fit_at_least"] <= unwanted.when["fit_at_least"])
    if "buyer_stage" in kinds:
        return set(wanted.when["buyer_stage"]) <= set(unwanted.when["buyer_stage"])
    return False


def _literal_said(literal: Literal) -> str:
    said = json.dumps(literal.when, ensure_ascii=False).replace('"', "")
    return said if literal.holds else f"not {said}"


# ------------------------------------------------------------------ out of reach


def _out_of_reach(sheet: Sheet, way: Way, gate: str, persona: Plain) -> Iterator[Obstacle]:
    wanted = _wanted(sheet, way, gate, persona)
    found = reach(sheet.plain, persona, sheet.around.choices, wanted)
    if not found.is_possible:
        what = "no answers meet all that it asks of them, with the minimum and without a disqualifier."
        yield Obstacle(way[0].place, "gate_contradictory", what, "Look at bounds and words that exclude each other.")
        return
    for literal in way:
        if literal.holds:
            yield from _too_much(sheet, literal, found, persona)


def _wanted(sheet: Sheet, way: Way, gate: str, persona: Plain) -> Wanted:
    """What the way asks of the answers; qualifying also asks for the minimum and against every disqualifier."""
    answers = [(one.when, one.holds) for one in way if "field" in one.when or "email_domain" in one.when]
    if gate in QUALIFYING:
        answers.append((persona.get("minimum", sheet.plain["minimum"]), True))
        out = [*sheet.plain["disqualifiers"], *persona.get("disqualifiers", ())]
        answers += [(one["when"], False) for one in out]
    inquired = next((one.when["inquired"] is one.holds for one in way if "inquired" in one.when), None)
    return Wanted(tuple(answers), inquired)


def _too_much(sheet: Sheet, literal: Literal, found: Reach, persona: Plain) -> Iterator[Obstacle]:
    when = literal.when
    for name, dimension in FLOORS.items():
        if name in when:
            sums = getattr(found, dimension)
            most = (sums if isinstance(sums, int) else max(sums)) / TENTHS
            if when[name] > most:
                what = f"{name} asks for {when[name]}, and under all caps nobody can have more than {most:g}."
                advice = f"Write at most {most:g}, or raise the caps of rules and groups."
                yield Obstacle((*literal.place, name), "threshold_unreachable", what, advice)
    if "fit_at_least" in when:
        floor = persona.get("fit_grades", sheet.plain["fit_grades"])[when["fit_at_least"]]
        if max(found.fit) < floor * TENTHS:
            grade, most = when["fit_at_least"], max(found.fit) // TENTHS
            what = f"the grade {grade} begins at {floor}; whoever meets the rest has at most {most}."
            yield Obstacle((*literal.place, "fit_at_least"), "threshold_unreachable", what, "Ask for a lower grade.")
    if "points_in" in when and not any(_gives(sheet, group) for group in when["points_in"]):
        what = f"no rule gives points in {' or '.join(when['points_in'])}."
        yield Obstacle((*literal.place, "points_in"), "threshold_unreachable", what, "Name a group that has rules.")


def _gives(sheet: Sheet, group: str) -> bool:
    rules = [rule.rule for rule in sheet.rules() if rule.rule["group"] == group]
    return bool(sheet.groups.get(group)) and any(rule["points"] > 0 and rule.get("cap", 1) for rule in rules)


def _rule(sheet: Sheet, name: str) -> Plain | None:
    return next((one for one in sheet.plain["engagement"] if one["id"] == name), None)


def _kept(rule: Plain) -> int | None:
    """How many moments of a rule are remembered; None for a rule that only counts."""
    if not any(name in rule for name in ("window_days", "decay", "once_per")):
        return None
    return ceil(abs(rule["cap"]) / abs(rule["points"])) if rule["points"] else TOUCHES_KEPT


def _times(sheet: Sheet, literal: Literal) -> Iterator[Obstacle]:
    wanted = literal.when["times"]
    rule = _rule(sheet, wanted["rule"])
    kept = _kept(rule) if rule else None
    if rule and kept is None and "within_days" in wanted:
        what = f"`{rule['id']}` only counts, it does not remember when, so within_days would be ignored."
        advice = f"Give the rule window_days: {wanted['within_days']}, or drop within_days."
        yield Obstacle((*literal.place, "times"), "time_not_kept", what, advice)
    if rule and kept is not None and wanted["at_least"] > kept:
        what = f"`{rule['id']}` remembers its newest {kept} acts (cap by points), never {wanted['at_least']}."
        yield Obstacle((*literal.place, "times"), "threshold_unreachable", what, f"Write at_least: {kept} at most.")


def _touches_asked(sheet: Sheet, literal: Literal) -> Iterator[Obstacle]:
    wanted = literal.when["touches"]
    rule = _rule(sheet, wanted["rule"])
    kept = _kept(rule) if rule else 0
    place = (*literal.place, "touches")
    if rule and kept is None:
        what = f"`{rule['id']}` only counts, it does not remember when, so no weeks can be seen."
        yield Obstacle(place, "time_not_kept", what, "Give the rule a window_days and once_per: week.")
    elif rule and kept is not None and wanted["at_least"] > kept:
        what = f"`{rule['id']}` remembers its newest {kept} acts, never {wanted['at_least']}."
        yield Obstacle(place, "threshold_unreachable", what, f"Write at_least: {kept} at most.")
    window = rule.get("window_days") if rule else None
    if rule and window and wanted["over_weeks"] * DAYS_IN_A_WEEK >= window:
        what = f"`{rule['id']}` looks back {window} days, less than {wanted['over_weeks']} weeks."
        yield Obstacle(place, "threshold_unreachable", what, "Lengthen window_days, or ask for fewer weeks.")


# ------------------------------------------------------------------ gates beside each other


def _gates_beside_each_other(sheet: Sheet) -> Iterator[Fault]:
    """Marketing's gate must be easier than sales', or nobody is ever seen as marketing qualified."""
    for place, persona in personas(sheet):
        own = entries(persona.get("gates"))
        marketing, sales = (own.get(name, sheet.plain["gates"][name]) for name in QUALIFYING)
        at = (*place, "gates", QUALIFYING[0]) if QUALIFYING[0] in own else ("gates", QUALIFYING[0])
        theirs, ours = ways(sales, ()), ways(marketing, at)
        if len(ours) < WAYS and all(any(_implies(way, other) for other in theirs) for way in ours):
            what = "Whoever meets marketing_qualified meets sales_qualified, too: nobody is ever marketing's."
            yield Fault(
                at, "error", "mql_stricter_than_sql", what, "Ask for less here, or for more in sales_qualified."
            )
            return
        for one, other in _floors_above(ours, theirs):
            name = next(iter(one.when))
            what = (
                f"marketing_qualified asks for {name}: {one.when[name]}, sales_qualified only for {other.when[name]}."
            )
            advice = f"Write at most {other.when[name]} here: marketing's gate comes before sales'."
            yield Fault(one.place, "warning", "mql_stricter_than_sql", what, advice)
            return


def _implies(way: Way, other: Way) -> bool:
    return all(any(_literal_implies(one, wanted) for one in way) for wanted in other)


def _literal_implies(one: Literal, wanted: Literal) -> bool:
    if one.when == wanted.when:
        return one.holds is wanted.holds
    for name in FLOORS.keys() & one.when.keys() & wanted.when.keys():
        return one.holds and wanted.holds and one.when[name] >= wanted.when[name]
    return False


def _floors_above(marketing: list[Way], sales: list[Way]) -> Iterator[tuple[Literal, Literal]]:
    for one, other in product((x for way in marketing for x in way), (x for way in sales for x in way)):
        for name in FLOORS.keys() & one.when.keys() & other.when.keys():
            if one.holds and other.holds and one.when[name] > other.when[name]:
                yield one, other


# ------------------------------------------------------------------ disqualifiers


def _disqualifiers(sheet: Sheet) -> Iterator[Fault]:
    """A rule that rewards what disqualifies (A13c): every listed word, value or domain of the rule is tried."""
    terms = answer_terms(frozenset(sheet.plain["free_mail"]))
    for place, one in sheet.disqualifiers():
        test = compile_condition(one["when"], terms)
        for rule in sheet.rules():
            if not rule.is_fit or rule.rule["points"] <= 0 or not _same_persona(place, rule.place):
                continue
            clash = _rewarded_and_out(rule.rule["when"], one["when"], test)
            if clash:
                what = f"`{rule.id}` gives points for {clash}, and the disqualifier `{one['id']}` throws it out."
                advice = "Take it out of one of the two."
                yield Fault((*rule.place, "when"), "warning", "rewards_disqualified", what, advice)


def _same_persona(disqualifier: Place, rule: Place) -> bool:
    """A persona's own disqualifiers bear on its own rules and on those for all."""
    return "personas" not in (disqualifier[0], rule[0]) or disqualifier[:2] == rule[:2] or (disqualifier[0] != rule[0])


def _rewarded_and_out(rule: Plain, out: Plain, test: Any) -> str | None:
    """What the rule rewards and the disqualifier refuses, as words; None when they do not meet."""
    if rule == out:
        return "the same condition"
    for leaf in leaves_of(rule):
        name = variable(leaf)
        for answer in _listed_answers(leaf):
            if name in {variable(one) for one in leaves_of(out)} and test({"fields": {name: answer}}):
                return f"`{answer.removeprefix('a@')}`"
    return None


def _listed_answers(leaf: Plain) -> Sequence[str]:
    """The answers that a condition names; of a bound the bound itself and far beyond."""
    if "email_domain" in leaf:
        domains = ["any-company.example"] if leaf["email_domain"] == "business" else leaf["email_domain"]
        return [f"a@{domain}" for domain in domains]
    if "at_least" in leaf:
        return [str(leaf["at_least"])]
    if "at_most" in leaf:
        return [str(leaf["at_most"])]
    if leaf.get("present"):
        return ["anything at all"]
    return [*leaf.get("is", ()), *leaf.get("has_word", ())]
