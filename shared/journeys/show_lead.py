"""Sales asks for the person behind a message: who, why, and what may be done now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.definition import Definition
from shared.domain.judgement import judge_lead, ruling
from shared.domain.lead import Lead
from shared.domain.permission import as_of
from shared.journeys.ports import Clock, Ledger

ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Gone:
    """There was such a lead, and it was erased."""


@dataclass(frozen=True, slots=True)
class ShowLead:
    """The journey with its surroundings."""

    ledger: Ledger
    definitions: Mapping[str, Definition]
    clock: Clock

    def __call__(self, lead_id: str) -> dict[str, Any] | Gone | None:
        """The lead as JSON with its score explained and its permission as of now; None when there never was one."""
        if not is_lead_id(lead_id):
            return None
        lead = self.ledger.find(lead_id)
        if lead:
            return self._view(lead)
        return Gone() if self.ledger.is_gone(lead_id) else None

    def _view(self, lead: Lead) -> dict[str, Any]:
        now = self.clock()
        definition = ruling(self.definitions, lead)
        judgement = judge_lead(definition, lead, now)
        verdict, score = judgement.best, judgement.best.score
        return {
            "lead_id": lead.lead_id,
            "version": lead.version,
            "stage": lead.stage,
            "created_at": lead.created_at,
            "last_act_at": lead.last_act_at,
            "person": dict(lead.profile),
            "score": score.total,
            "cell": score.cell,
            "explanation": [line.as_plain() for line in score.lines],
            "definition": definition.version,
            "persona": verdict.persona,
            "personas": {one.persona: one.as_plain() for one in judgement.verdicts},
            "buyer_stage": verdict.buyer_stage,
            "sales_ready": verdict.sales_ready,
            "sales_winnable": verdict.sales_winnable,
            "owner": definition.outcomes.get(lead.stage, {}).get("owner"),
            "next_step": judgement.next_step(definition, lead.stage),
            "track": judgement.track(definition, lead.stage),
            "intent_events": [{"event_id": e, "kind": kind, "at": at} for e, kind, at in lead.inquiries],
            "permission": as_of(lead.permission, now),
            "first_touch": dict(lead.first_touch),
            "last_touch": dict(lead.last_touch),
            "history": [dict(step) for step in lead.history],
            "is_test": lead.is_test,
        }


def is_lead_id(text: str) -> bool:
    return len(text) == ID_LENGTH and all(c in "0123456789abcdef" for c in text)
