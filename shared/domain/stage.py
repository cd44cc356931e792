"""Which stage a lead reaches by the agreed gates, and how an act of its own may move it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.definition import Definition, Persona

RANK = {
    "disqualified": -1,
    "lead": 0,
    "marketing_qualified": 1,
    "sales_qualified": 2,
    "sales_accepted": 3,
    "prospect": 4,
    "customer": 5,
}
BACK_AT_ANY_ACT = (None, "withdrawn", "recycled", "lost", "nurture")
OPEN_TO_THE_DEFINITION = ("lead", "marketing_qualified")


def reached(persona: Persona, facts: Mapping[str, Any]) -> tuple[str, str]:
    """The stage that the gates give, and the rule that gave it. Disqualifiers come first and beat any score; below
    the minimum nobody is qualified (requirements A13a, A9e).
    """
    unwanted = next((d for d in persona.disqualifiers if d.matches(facts)), None)
    if unwanted:
        return "disqualified", f"disqualifier:{unwanted.id}"
    if persona.minimum(facts):
        for stage in ("sales_qualified", "marketing_qualified"):
            if persona.gates[stage](facts):
                return stage, f"gate:{stage}"
    return "lead", "action:qualifying"


def moved_by(definition: Definition, kind: str) -> tuple[str, str] | None:
    """The stage that an act of this kind gives by itself: whoever talks with sales is no longer marketing's (B22)."""
    stage = definition.events.get(kind, {}).get("moves_to")
    return (stage, f"event:{kind}") if stage else None


def advance(stage: str | None, target: str, by: str = "") -> str:
    """The stage after an act of the lead: forward, or where it is; only sales, withdrawal and erasure move it
    elsewhere.

    Who had withdrawn, was lost or recycled and comes back by an own act starts anew. The definition disqualifies
    only whom sales does not have yet; whom it disqualified itself (`by` is the rule that gave the present stage) it
    takes back when the reason is gone, whom sales disqualified it does not.
    """
    if stage in BACK_AT_ANY_ACT:
        return target
    if target == "disqualified":
        return target if stage in OPEN_TO_THE_DEFINITION else str(stage)
    if stage == "disqualified" and by.startswith("disqualifier:"):
        return target
    floor = RANK.get(str(stage), len(RANK)) if stage != "disqualified" else len(RANK)
    return target if RANK[target] > floor else str(stage)
