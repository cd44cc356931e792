"""`leadgate definition sentence`: the definition as plain statements that are true of a lead or not (A17c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.agreement_definition import definition_in
from local.definition_file import entries
from local.definition_words import a, any_of, named, points, tags, whole
from shared.domain.definition import FOR_ALL

Plain = Mapping[str, Any]
SENTENCES = {
    "marketing_qualified": "Marketing may treat them as qualified",
    "sales_qualified": "They are offered to sales",
    "sales_ready": "They are ready for sales",
    "sales_winnable": "Sales can win them",
}


def run(path: Path) -> int:
    """0 when the file is a definition."""
    print("\n".join(sentences(definition_in(path))))
    return 0


def sentences(plain: Plain) -> Iterator[str]:
    """Every statement, in the order in which a lead is judged."""
    yield f"What a lead is, version {plain['version']}"
    yield from _who_is_a_lead(plain)
    for persona in plain.get("personas") or [FOR_ALL]:
        yield from _persona(plain, persona)
    yield from _points(plain)
    yield from _buyer(plain)
    yield from _follows(plain)
    yield from _signatures(plain)


def _who_is_a_lead(plain: Plain) -> Iterator[str]:
    direct = [kind for kind, act in _catalogue(plain).items() if act.get("direct_inquiry")]
    yield "\nWho is a lead?"
    yield (
        f"- Yes, if somebody did one of these: {any_of(map(named, plain['actions']))}; and can be reached; and may be "
        "answered or written to."
    )
    yield "- No, if they only visited a page."
    yield f"- They ask for a conversation if it is {a(any_of(map(named, direct)))}."


def _catalogue(plain: Plain) -> dict[str, Any]:
    return {**plain["actions"], **plain["events"]}


def _persona(plain: Plain, persona: Plain) -> Iterator[str]:
    yield f"\nIs this a {persona['name']}?" if persona is not FOR_ALL else "\nWhom do we look for?"
    for out in (*plain["disqualifiers"], *persona.get("disqualifiers", ())):
        yield f"- Never, if {whole(out['when'])} ({out['why']}; {out['evidence']})."
    yield f"- Not worth a look, unless {whole(persona.get('minimum', plain['minimum']))}."
    gates = {**plain["gates"], **entries(persona.get("gates"))}
    for gate, said in SENTENCES.items():
        yield f"- {said}: yes, if {whole(gates[gate])}. Otherwise no."
    for rule in persona.get("fit", ()):
        yield f"- {points(rule)} more, if {whole(rule['when'])} ({rule['why']})."
    grades = persona.get("fit_grades", plain["fit_grades"])
    said = any_of((f"{grade} from {floor}" for grade, floor in sorted(grades.items())), "and")
    yield f"- The grade is {said} points of fit."


def _points(plain: Plain) -> Iterator[str]:
    yield f"\nHow do points come about? Never more than {plain['total_cap']}."
    for name, rules in (("Who they are", plain["fit"]), ("What they do", plain["engagement"])):
        yield f"{name}:"
        for rule in rules:
            yield f"- {points(rule)}, if {whole(rule['when'])} ({rule['why']})."
    caps = any_of((f"{named(group)} {cap}" for group, cap in plain["groups"].items()), "and")
    yield f"Together never more than: {caps}."
    levels = sorted(plain["engagement_levels"].items())
    yield f"The level is {any_of((f'{level} from {floor}' for level, floor in levels), 'and')} points of what they do."


def _buyer(plain: Plain) -> Iterator[str]:
    yield "\nWhere is the buyer? The first that is true."
    for stage in ("active", "starting"):
        yield f"- {named(stage).capitalize()}, if {whole(plain['buyer_stage'][stage])}."
    yield "- Otherwise not ready."


def _follows(plain: Plain) -> Iterator[str]:
    yield "\nWhat follows?"
    for stage, outcome in plain["outcomes"].items():
        yield f"- {named(stage).capitalize()}: {outcome['owner']} acts ({outcome['action']}): {outcome['next_step']}."
        for step in outcome.get("next_steps", ()):
            yield f"  - If {whole(step['when'])}: {step['say']}."
        times = outcome.get("respond_within_minutes")
        if times:
            said = any_of((f"{band} {minutes}" for band, minutes in times.items()), "and")
            yield f"  - Minutes to answer, by grade or cell: {said}."
    for track in plain["nurture"]["tracks"]:
        about = f" and last looked at {tags(track['content'])}" if "content" in track else ""
        stages = any_of(map(named, track["buyer_stage"]))
        yield f"- Not with sales, {stages}{about}, and has permitted {track['needs']}: on the track {track['id']}."


def _signatures(plain: Plain) -> Iterator[str]:
    yield "\nSigned"
    for side, signature in plain["signed_off"].items():
        yield f"- for {side}: {signature['name']}, {signature['date']}"
