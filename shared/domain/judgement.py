"""What an act makes of a lead: its tracks, the verdict of every persona, the stage, and whether sales is told.

The same step for a submission, for an act after the form, and for rebuilding a lead from all its acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.domain import fold, stage
from shared.domain.definition import Choice, Definition, Persona
from shared.domain.identity import members
from shared.domain.lead import EPOCH, MILLISECOND, Event, Lead, Tracks, instant
from shared.domain.permission import as_of
from shared.domain.scoring import Claim, Score, engagement_claims, fit_claims, total_of

NOT_WITH_SALES = ("lead", "marketing_qualified", "recycled", "lost", "nurture")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one persona makes of a lead at one moment. `reached` is the stage by the gates alone; `reason` names the
    gate or disqualifier; `is_viable`, `sales_ready`, `sales_winnable` and `buyer_stage` are facts beside the stage.
    """

    persona: str
    score: Score
    reached: str
    reason: str
    is_viable: bool
    sales_ready: bool
    sales_winnable: bool
    buyer_stage: str

    def as_plain(self) -> dict[str, Any]:
        """JSON types, without the lines: those can be had again from the tracks."""
        return {
            "score": self.score.total,
            "cell": self.score.cell,
            "stage": self.reached,
            "reason": self.reason,
            "is_viable": self.is_viable,
            "sales_ready": self.sales_ready,
            "sales_winnable": self.sales_winnable,
            "buyer_stage": self.buyer_stage,
        }


@dataclass(frozen=True, slots=True)
class Judgement:
    """All verdicts on a lead, the one that counts first, and what follows from it."""

    best: Verdict
    verdicts: tuple[Verdict, ...]
    facts: Mapping[str, Any]

    def next_step(self, definition: Definition, at_stage: str) -> str | None:
        """What to do next at a stage: the first special case that holds, else what holds for all (B43a); None where
        nothing may be done, as after a withdrawal.
        """
        special = _first(definition.next_steps.get(at_stage, ()), self.facts)
        return special or definition.outcomes.get(at_stage, {}).get("next_step")

    def track(self, definition: Definition, at_stage: str) -> str | None:
        """The nurture track of a lead that is not with sales; None without the permission that a track needs."""
        return _first(definition.tracks, self.facts) if at_stage in NOT_WITH_SALES else None


@dataclass(frozen=True, slots=True)
class Progress:
    """A lead after one act, as far as the definition is concerned."""

    tracks: Tracks
    judgement: Judgement
    stage: str
    history: tuple[Mapping[str, str], ...]
    has_crossed: bool


def judge(definition: Definition, tracks: Tracks, allowed: Mapping[str, Any], now: datetime) -> Judgement:
    """Every persona's verdict; the best is the one with the higher stage, then more points, then the earlier one in
    the definition (A9c). `allowed` is what may be done now (`permission.as_of`).
    """
    asked = {
        "fields": tracks.profile,
        "tracks": tracks,
        "permission": allowed,
        "now": milliseconds_of(now),
    }
    answers = fit_claims(definition.fit, tracks)
    acts = engagement_claims(definition, tracks, milliseconds_of(now))
    judged = [_verdict(definition, persona, answers, acts, asked) for persona in definition.personas]
    best, facts = max(judged, key=lambda one: (stage.RANK[one[0].reached], one[0].score.total))
    return Judgement(best, tuple(verdict for verdict, _ in judged), facts)


def ruling(definitions: Mapping[str, Definition], lead: Lead) -> Definition:
    """The definition that judges this lead: the one of its last act, as it stands today."""
    return definitions.get(lead.ruled_by) or definitions["default"]


def judge_lead(definition: Definition, lead: Lead, now: datetime) -> Judgement:
    """The judgement on a stored lead as of now; who never allowed one has no score, not even for who they are."""
    tracks = fold.of(lead)
    return judge(definition, tracks if lead.is_judged else fold.unjudged(tracks), as_of(lead.permission, now), now)


def milliseconds_of(now: datetime) -> int:
    """Epoch milliseconds."""
    return (now - EPOCH) // MILLISECOND


def progress(
    definition: Definition,
    before: Lead | None,
    event: Event,
    permission: Mapping[str, Any],
    may_offer: bool,
    now: datetime,
) -> Progress:
    """The lead after one more act. Sales is offered nobody whom it may not answer, and no test (`may_offer`)."""
    tracks = fold.step(definition, fold.of(before), event)
    was_judged = event.judged or bool(before and before.is_judged)
    judgement = judge(definition, tracks if was_judged else fold.unjudged(tracks), as_of(permission, now), now)
    moved = stage.moved_by(definition, event.kind) or (judgement.best.reached, judgement.best.reason)
    return _moved(definition, before, tracks, judgement, moved, event.at, may_offer)


def anew(definition: Definition, lead: Lead, events: Iterable[Event], may_offer: bool, now: datetime) -> Progress:
    """The lead judged by this definition from all its acts, as after a change of the definition."""
    acts = tuple(replace(event, judged=event.judged and event.at >= lead.judged_since) for event in events)
    tracks = fold.rebuild(definition, acts)
    if lead.judged_since:
        tracks = replace(tracks, inquiries=lead.inquiries, first_inquiry=lead.first_inquiry)
    was_judged = any(act.judged for act in acts)
    judgement = judge(definition, tracks if was_judged else fold.unjudged(tracks), as_of(lead.permission, now), now)
    moved = (judgement.best.reached, judgement.best.reason)
    return _moved(definition, lead, tracks, judgement, moved, instant(now), may_offer)


def _moved(
    definition: Definition,
    before: Lead | None,
    tracks: Tracks,
    judgement: Judgement,
    moved: tuple[str, str],
    at: str,
    may_offer: bool,
) -> Progress:
    target, rule = moved
    if target == "sales_qualified" and not may_offer:
        target, rule = "lead", "action:qualifying"
    history = before.history if before else ()
    at_before = before.stage if before else None
    now_at = stage.advance(at_before, target, history[-1]["rule"] if history else "")
    if now_at != at_before:
        history = (*history, {"stage": now_at, "at": at, "rule": rule, "definition": definition.version})
    crossed = now_at == "sales_qualified" != at_before
    return Progress(tracks, judgement, now_at, history, crossed)


def as_members(definition: Definition, made: Progress) -> dict[str, Any]:
    """The members of a lead that follow from its tracks and its judgement."""
    best = made.judgement.best
    return {
        **members(made.tracks),
        "stage": made.stage,
        "history": made.history,
        "score": best.score.total,
        "cell": best.score.cell,
        "persona": best.persona,
        "verdicts": {verdict.persona: verdict.as_plain() for verdict in made.judgement.verdicts},
        "definition": definition.version,
        "ruled_by": definition.id,
    }


def _verdict(
    definition: Definition,
    persona: Persona,
    answers: tuple[Claim, ...],
    acts: tuple[Claim, ...],
    asked: Mapping[str, Any],
) -> tuple[Verdict, Mapping[str, Any]]:
    own = fit_claims(persona.fit, asked["tracks"])
    score = total_of(definition, persona, (*answers, *own, *acts))
    facts = {**asked, "score": score}
    facts["buyer_stage"] = _first(definition.buyer_stage, facts) or "not_ready"
    reached, reason = stage.reached(persona, facts)
    verdict = Verdict(
        persona=persona.id,
        score=score,
        reached=reached,
        reason=reason,
        is_viable=persona.minimum(facts),
        sales_ready=persona.gates["sales_ready"](facts),
        sales_winnable=persona.gates["sales_winnable"](facts),
        buyer_stage=str(facts["buyer_stage"]),
    )
    return verdict, facts


def _first(choices: tuple[Choice, ...], facts: Mapping[str, Any]) -> str | None:
    return next((choice.answer for choice in choices if choice.holds(facts)), None)
