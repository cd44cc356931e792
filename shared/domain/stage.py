"""Which stage a lead reaches by the agreed gates, and how it may move."""

from __future__ import annotations

from shared.domain.scoring import Definition, Score

RANK = {
    "lead": 0,
    "marketing_qualified": 1,
    "sales_qualified": 2,
    "sales_accepted": 3,
    "prospect": 4,
    "customer": 5,
}


def reached(definition: Definition, score: Score, has_inquired: bool) -> tuple[str, str]:
    """The stage that the gates give, and the gate's name as its reason. `has_inquired`: a direct inquiry is on
    record.
    """
    sales = definition.gates["sales_qualified"]
    if score.total >= sales["score_at_least"] and (has_inquired or not sales["direct_inquiry"]):
        return "sales_qualified", "gate:sales_qualified"
    if _is_marketing_qualified(definition, score):
        return "marketing_qualified", "gate:marketing_qualified"
    return "lead", "action:qualifying"


def _is_marketing_qualified(definition: Definition, score: Score) -> bool:
    """Right title at the right company, and enough interest (requirements B20, B24b, K7)."""
    gate = definition.gates["marketing_qualified"]
    earned = {line.group for line in score.lines if line.points > 0}
    return earned.issuperset(gate["groups_with_points"]) and score.interest >= gate["interest_at_least"]


def advance(stage: str | None, target: str) -> str:
    """A submission moves a lead forward or leaves it; only sales, withdrawal and erasure move it elsewhere. Who had
    withdrawn and comes back by an own act starts anew.
    """
    if stage in (None, "withdrawn"):
        return target
    return target if RANK.get(target, 0) > RANK.get(stage, len(RANK)) else stage


def buyer_stage(score: Score, has_inquired: bool) -> str:
    """active, starting or not_ready: a fact beside the stage (requirement B47)."""
    if has_inquired:
        return "active"
    return "starting" if score.intent > 0 else "not_ready"
