"""Sales asks for the person behind a message: who, why, and what may be done now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain import sales_answer, stored_sums
from shared.domain.definition import Definition
from shared.domain.judgement import judge_lead, ruling
from shared.domain.lifecycle import RESPONSIBLE
from shared.domain.permission import as_of
from shared.domain.sales_answer import Desk
from shared.domain.stored_sums import Sum
from shared.journeys.answer_ports import Desks
from shared.journeys.ports import Clock

ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Gone:
    """There was such a lead, and it was erased."""


@dataclass(frozen=True, slots=True)
class ShowLead:
    """The journey with its surroundings."""

    desks: Desks
    definitions: Mapping[str, Definition]
    clock: Clock
    peers: Callable[[], Iterable[Sum]] = tuple

    def __call__(self, lead_id: str) -> dict[str, Any] | Gone | None:
        """The lead as JSON with its score explained and its permission as of now; None when there never was one."""
        if not is_lead_id(lead_id):
            return None
        found = self.desks.desk(lead_id)
        if found:
            return self._view(found[1])
        return Gone() if self.desks.is_gone(lead_id) else None

    def _view(self, desk: Desk) -> dict[str, Any]:
        lead, now = desk.lead, self.clock()
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
            "peers": stored_sums.rank(self.peers(), lead) if lead.is_judged else None,
            "explanation": [line.as_plain() for line in score.lines],
            "definition": definition.version,
            "persona": verdict.persona,
            "personas": {one.persona: one.as_plain() for one in judgement.verdicts},
            "buyer_stage": verdict.buyer_stage,
            "sales_ready": verdict.sales_ready,
            "sales_winnable": verdict.sales_winnable,
            "owner": definition.outcomes.get(lead.stage, {}).get("owner"),
            "responsible": RESPONSIBLE[lead.stage],
            "owner_id": desk.owner_id,
            "next_step": judgement.next_step(definition, lead.stage),
            "track": judgement.track(definition, lead.stage),
            "intent_events": [{"event_id": e, "kind": kind, "at": at} for e, kind, at in lead.inquiries],
            "permission": as_of(lead.permission, now),
            "first_touch": dict(lead.first_touch),
            "last_touch": dict(lead.last_touch),
            "history": [dict(step) for step in lead.history],
            "vetting": sales_answer.vetting(lead),
            "answers": [answer.in_view() for answer in desk.answers],
            "disputes": sales_answer.disputes(desk.answers),
            "is_test": lead.is_test,
        }


def is_lead_id(text: str) -> bool:
    return len(text) == ID_LENGTH and all(c in "0123456789abcdef" for c in text)
