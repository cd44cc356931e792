"""The compiled lead definition: what marketing and sales signed, as closures and tables.

The file is checked at build time (`local/agreement_definition.py`); here its plain content is compiled once, when a
function starts. Nothing in it changes afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.ageing import Ageing, compile_ageing
from shared.domain.criteria import Plain, Test, act_terms, answer_terms, compile_condition, kinds_of
from shared.domain.gates import gate_terms

TENTHS = 10
GATES = ("marketing_qualified", "sales_qualified", "sales_ready", "sales_winnable")
FOR_ALL = {"id": "everyone", "name": "Everyone"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule. `points` and `cap` are in tenths of a point; `family` is there for fit, `ageing` for rules
    whose acts lose weight or count only for a time.
    """

    id: str
    dimension: str
    group: str
    points: int
    cap: int
    why: str
    matches: Test
    family: str | None = None
    ageing: Ageing | None = None


@dataclass(frozen=True, slots=True)
class Disqualifier:
    """What we are not looking for, with the evidence for it."""

    id: str
    why: str
    evidence: str
    matches: Test


@dataclass(frozen=True, slots=True)
class Persona:
    """One kind of buyer and how they are judged; `fit` are the rules of their own."""

    id: str
    name: str
    fit: tuple[Rule, ...]
    disqualifiers: tuple[Disqualifier, ...]
    minimum: Test
    gates: Mapping[str, Test]
    fit_grades: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers, the first whose condition holds."""

    holds: Test
    answer: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of the agreed lead definition. Caps are in tenths of a point."""

    id: str
    version: str
    actions: Mapping[str, Any]
    events: Mapping[str, Any]
    content: Mapping[str, Any]
    fit: tuple[Rule, ...]
    engagement: tuple[Rule, ...]
    by_kind: Mapping[str, tuple[Rule, ...]]
    for_any_kind: tuple[Rule, ...]
    group_caps: Mapping[str, int]
    total_cap: int
    engagement_levels: tuple[tuple[str, int], ...]
    personas: tuple[Persona, ...]
    buyer_stage: tuple[Choice, ...]
    outcomes: Mapping[str, Any]
    next_steps: Mapping[str, tuple[Choice, ...]]
    tracks: tuple[Choice, ...]
    nurture: Mapping[str, Any]

    def rules_for(self, kind: str) -> tuple[Rule, ...]:
        """The engagement rules that an act of this kind can meet."""
        return self.by_kind.get(kind, self.for_any_kind)

    def is_inquiry(self, kind: str) -> bool:
        """Does an act of this kind ask for a conversation with sales?"""
        entry = self.actions.get(kind) or self.events.get(kind) or {}
        return bool(entry.get("direct_inquiry"))


def compile_definitions(plains: Mapping[str, Plain]) -> dict[str, Definition]:
    """Every definition of an agreement by its id."""
    return {definition_id: compile_definition(plain, definition_id) for definition_id, plain in plains.items()}


def compile_definition(plain: Plain, definition_id: str = "default") -> Definition:
    """The definition file's content, already checked at build time, as closures."""
    free_mail, content = frozenset(plain["free_mail"]), plain["content"]
    acts, gates = act_terms(free_mail, content), gate_terms(free_mail, content)
    engagement = tuple(_rule(rule, compile_condition(rule["when"], acts)) for rule in plain["engagement"])
    kinds = {rule["id"]: kinds_of(rule["when"]) for rule in plain["engagement"]}
    named = frozenset().union(*(known for known in kinds.values() if known is not None))
    return Definition(
        id=definition_id,
        version=plain["version"],
        actions=plain["actions"],
        events=plain["events"],
        content=content,
        fit=_fit_rules(plain["fit"], free_mail),
        engagement=engagement,
        by_kind={kind: tuple(r for r in engagement if _may_meet(kinds[r.id], kind)) for kind in named},
        for_any_kind=tuple(rule for rule in engagement if kinds[rule.id] is None),
        group_caps={group: cap * TENTHS for group, cap in plain["groups"].items()},
        total_cap=plain["total_cap"] * TENTHS,
        engagement_levels=_descending(plain["engagement_levels"]),
        personas=tuple(_persona(plain, own) for own in plain.get("personas") or [FOR_ALL]),
        buyer_stage=tuple(
            Choice(compile_condition(when, gates), stage) for stage, when in _in_order(plain["buyer_stage"])
        ),
        outcomes=plain["outcomes"],
        next_steps={
            stage: tuple(
                Choice(compile_condition(step["when"], gates), step["say"]) for step in outcome.get("next_steps", ())
            )
            for stage, outcome in plain["outcomes"].items()
        },
        tracks=tuple(
            Choice(compile_condition(_of_track(track), gates), track["id"]) for track in plain["nurture"]["tracks"]
        ),
        nurture=plain["nurture"],
    )


def _in_order(stages: Plain) -> Iterable[tuple[str, Plain]]:
    return ((stage, stages[stage]) for stage in ("active", "starting") if stage in stages)


def _of_track(track: Plain) -> Plain:
    """A track as a gate condition: the buyer stage, the last content's tags, and the permission it needs."""
    parts: list[Plain] = [{"buyer_stage": track["buyer_stage"]}, {"permission": track["needs"]}]
    return {"all": [*parts, *([{"last_content": track["content"]}] if "content" in track else [])]}


def _may_meet(kinds: frozenset[str] | None, kind: str) -> bool:
    return kinds is None or kind in kinds


def _persona(plain: Plain, own: Plain) -> Persona:
    """What holds for everybody, and what this persona adds or has instead."""
    free_mail = frozenset(plain["free_mail"])
    answers, gates = answer_terms(free_mail), gate_terms(free_mail, plain["content"])
    disqualifiers = [*plain["disqualifiers"], *own.get("disqualifiers", ())]
    conditions = {**plain["gates"], **own.get("gates", {})}
    return Persona(
        id=own["id"],
        name=own["name"],
        fit=_fit_rules(own.get("fit", ()), free_mail),
        disqualifiers=tuple(
            Disqualifier(d["id"], d["why"], d["evidence"], compile_condition(d["when"], answers)) for d in disqualifiers
        ),
        minimum=compile_condition(own.get("minimum", plain["minimum"]), answers),
        gates={gate: compile_condition(conditions[gate], gates) for gate in GATES},
        fit_grades=_descending(own.get("fit_grades", plain["fit_grades"])),
    )


def _fit_rules(rules: Iterable[Plain], free_mail: frozenset[str]) -> tuple[Rule, ...]:
    answers = answer_terms(free_mail)
    return tuple(_rule(rule, compile_condition(rule["when"], answers)) for rule in rules)


def _rule(plain: Plain, matches: Test) -> Rule:
    return Rule(
        id=plain["id"],
        dimension=plain.get("dimension", "fit"),
        group=plain["group"],
        points=plain["points"] * TENTHS,
        cap=plain.get("cap", plain["points"]) * TENTHS,
        why=plain["why"],
        matches=matches,
        family=plain.get("family"),
        ageing=compile_ageing(plain),
    )


def _descending(bands: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Bands by their floor, the highest first; floors in tenths of a point."""
    return tuple(sorted(((name, floor * TENTHS) for name, floor in bands.items()), key=lambda band: -band[1]))
