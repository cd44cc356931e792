"""Sales asks for the person behind a message: who, why, and what may be done now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from shared.domain.lead import Lead
from shared.domain.permission import as_of
from shared.domain.scoring import Definition, judge
from shared.domain.stage import buyer_stage
from shared.journeys.ports import Clock, Ledger

ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class ShowLead:
    """The journey with its surroundings."""

    ledger: Ledger
    definition: Definition
    clock: Clock

    def __call__(self, lead_id: str) -> dict[str, Any] | None:
        """The lead as JSON with its score explained and its permission as of now; None when there is none."""
        lead = self.ledger.find(lead_id) if _is_lead_id(lead_id) else None
        return self._view(lead) if lead else None

    def _view(self, lead: Lead) -> dict[str, Any]:
        judged = bool(lead.score or lead.tallies)
        score = judge(self.definition, lead.profile if judged else {}, lead.tallies)
        return {
            "lead_id": lead.lead_id,
            "version": lead.version,
            "stage": lead.stage,
            "created_at": lead.created_at,
            "last_act_at": lead.last_act_at,
            "person": dict(lead.profile),
            "score": score.total,
            "cell": score.cell,
            "explanation": [asdict(line) for line in score.lines],
            "definition": self.definition.version,
            "buyer_stage": buyer_stage(score, bool(lead.inquiries)),
            "intent_events": [{"event_id": e, "kind": kind, "at": at} for e, kind, at in lead.inquiries],
            "permission": as_of(lead.permission, self.clock()),
            "first_touch": dict(lead.first_touch),
            "last_touch": dict(lead.last_touch),
            "history": [dict(step) for step in lead.history],
            "is_test": lead.is_test,
        }


def _is_lead_id(text: str) -> bool:
    return len(text) == ID_LENGTH and all(c in "0123456789abcdef" for c in text)
