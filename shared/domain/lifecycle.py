"""The one place of legal stage changes: from where to where, and whose move it is.

What an act does to the stage by the agreed definition is `stage.advance`; all its moves are legal here (a conversation
with sales that is reported as an act makes a lead theirs, B22). What sales answers is `disposition.decide`. Every
change has an actor, a time, the rule that gave it and the version of the definition (requirements A5, C14a, F28).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import Fault, RejectedInput
from shared.domain.lead import instant

# definition: the agreed rules, on an act of the person. person: their own will. privacy: an officer, or retention.
SIDES = ("definition", "marketing", "sales", "person", "privacy")
_MOVES = """
    lead                 marketing_qualified  definition
    lead                 sales_qualified      definition
    lead                 sales_accepted       definition
    lead                 nurture              definition marketing
    lead                 disqualified         definition marketing
    marketing_qualified  sales_qualified      definition
    marketing_qualified  sales_accepted       definition
    marketing_qualified  nurture              definition marketing
    marketing_qualified  disqualified         definition marketing
    sales_qualified      sales_accepted       definition sales
    sales_qualified      recycled             sales
    sales_qualified      disqualified         sales
    sales_accepted       prospect             sales
    sales_accepted       recycled             sales
    sales_accepted       disqualified         sales
    sales_accepted       lost                 sales
    prospect             customer             sales
    prospect             recycled             sales
    prospect             disqualified         sales
    prospect             lost                 sales
    nurture              lead                 definition
    nurture              marketing_qualified  definition
    nurture              sales_qualified      definition
    nurture              sales_accepted       definition
    nurture              disqualified         definition marketing
    recycled             lead                 definition
    recycled             marketing_qualified  definition
    recycled             sales_qualified      definition
    recycled             sales_accepted       definition
    recycled             nurture              definition marketing
    recycled             disqualified         definition marketing
    lost                 lead                 definition
    lost                 marketing_qualified  definition
    lost                 sales_qualified      definition
    lost                 sales_accepted       definition
    lost                 recycled             marketing sales
    lost                 disqualified         definition marketing
    disqualified         lead                 definition
    disqualified         marketing_qualified  definition
    disqualified         sales_qualified      definition
    disqualified         sales_accepted       definition
    disqualified         recycled             marketing
    withdrawn            lead                 definition
    withdrawn            marketing_qualified  definition
    withdrawn            sales_qualified      definition
    withdrawn            sales_accepted       definition
    withdrawn            disqualified         definition
"""
# Who has the lead's next step: marketing nurtures leads, sales works prospects (C14b), from acceptance on (B45c).
RESPONSIBLE = {
    "lead": "marketing",
    "marketing_qualified": "marketing",
    "sales_qualified": "marketing",
    "sales_accepted": "sales",
    "prospect": "sales",
    "customer": "sales",
    "nurture": "marketing",
    "recycled": "marketing",
    "disqualified": "marketing",
    "lost": "marketing",
    "withdrawn": "nobody",
    "erased": "nobody",
}
STAGES = tuple(RESPONSIBLE)


def _moves() -> dict[tuple[str, str], frozenset[str]]:
    rows = (row.split() for row in _MOVES.strip().splitlines())
    moves = {(row[0], row[1]): frozenset(row[2:]) for row in rows}
    left = {(stage, "withdrawn"): frozenset({"person"}) for stage in STAGES if stage not in ("withdrawn", "erased")}
    gone = {(stage, "erased"): frozenset({"person", "privacy"}) for stage in STAGES if stage != "erased"}
    return {**moves, **left, **gone}


MOVES: Mapping[tuple[str, str], frozenset[str]] = _moves()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a side, and the id under which that side knows the person or the rule set; never a name."""

    side: str
    id: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the stage. `rule` is what gave it: a gate, a disqualifier, an answer such as `answer:accepted`."""

    before: str
    stage: str
    at: str
    actor: Actor
    rule: str
    definition: str

    @property
    def hand_over(self) -> tuple[str, str] | None:
        """The side that had the lead and the side that has it now, where that changed (B45c)."""
        sides = RESPONSIBLE[self.before], RESPONSIBLE[self.stage]
        return sides if sides[0] != sides[1] else None

    def as_history(self) -> dict[str, str]:
        """A line of the lead's history."""
        line = {"stage": self.stage, "at": self.at, "rule": self.rule, "definition": self.definition}
        return {**line, "by": f"{self.actor.side}:{self.actor.id}"}


def move(
    stage: str, target: str, actor: Actor, rule: str, definition: str, now: datetime, pointer: str = "/stage"
) -> Change:
    """The change, or RejectedInput: `illegal_move` at `pointer`, or `not_theirs` at /actor/team."""
    sides = MOVES.get((stage, target))
    if sides is None:
        raise RejectedInput("illegal_move", Fault(pointer, "illegal_move"))
    if actor.side not in sides:
        raise RejectedInput("illegal_move", Fault("/actor/team", "not_theirs"))
    return Change(stage, target, instant(now), actor, rule, definition)


def vetting(history: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str] | None, Mapping[str, str] | None]:
    """The two vettings of the latest offer: by marketing's signed definition, then by sales; None where it is missing.

    Only with both is it an SQL; before, it is an SQL offered (B32 to B34, K2).
    """
    offered = accepted = None
    for line in history:
        if line["stage"] == "sales_qualified":
            offered, accepted = line, None
        elif line["stage"] == "sales_accepted":
            accepted = line
    return offered, accepted
