"""What sales receives: a CloudEvent 1.0 about a lead, without a byte of personal data.

The consumer fetches the person with `GET /v1/leads/{lead_id}` at the moment of contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.identity import canonical, members
from shared.domain.lead import Lead, instant
from shared.domain.scoring import Definition, Score
from shared.domain.stage import buyer_stage

SCHEMA = "urn:leadgate:schema:lead.sales_qualified:1"
PERMISSION_SCHEMA = "urn:leadgate:schema:lead.permission_changed:1"


@dataclass(frozen=True, slots=True)
class Message:
    """A finished message: `body` is its exact text, `message_id` the same whenever the same thing is said."""

    message_id: str
    lead_id: str
    version: int
    kind: str
    body: str

    @property
    def is_mail(self) -> bool:
        return self.kind.startswith("mail.")

    @property
    def slot(self) -> str:
        """Where it lies in the lead's outbox: one version may tell sales and write a mail."""
        return f"OUT#{self.version:010d}" + (f"#{self.kind}" if self.is_mail else "")


def sales_qualified(lead: Lead, score: Score, definition: Definition, now: datetime) -> Message:
    """The offer to sales, with every reason: score by points, the inquiry, the permission and what to do by when."""
    message_id = f"{lead.lead_id}.sales_qualified.{lead.crossings}"
    body = {
        "specversion": "1.0",
        "id": message_id,
        "type": "lead.sales_qualified",
        "source": "urn:leadgate",
        "subject": lead.lead_id,
        "time": instant(now),
        "datacontenttype": "application/json",
        "dataschema": SCHEMA,
        "data": {
            "lead_id": lead.lead_id,
            "version": lead.version,
            "stage": lead.stage,
            "score": score.total,
            "cell": score.cell,
            "explanation": [members(line) for line in score.lines],
            "definition": definition.version,
            "buyer_stage": buyer_stage(score, bool(lead.inquiries)),
            "intent_events": [{"event_id": e, "kind": kind, "at": at} for e, kind, at in lead.inquiries],
            "permission": _permission(lead.permission),
            **_what_to_do(definition, score, now),
        },
    }
    return Message(message_id, lead.lead_id, lead.version, "lead.sales_qualified", canonical(body))


def permission_changed(lead: Lead, change: str, purposes: tuple[str, ...], now: datetime) -> Message:
    """What may be done with the lead from now on; `change` is a type of the ledger such as consent_withdrawn."""
    message_id = f"{lead.lead_id}.permission_changed.{lead.version}"
    body = {
        "specversion": "1.0",
        "id": message_id,
        "type": "lead.permission_changed",
        "source": "urn:leadgate",
        "subject": lead.lead_id,
        "time": instant(now),
        "datacontenttype": "application/json",
        "dataschema": PERMISSION_SCHEMA,
        "data": {
            "lead_id": lead.lead_id,
            "version": lead.version,
            "stage": lead.stage,
            "change": change,
            "purposes": list(purposes),
            "permission": _permission(lead.permission),
        },
    }
    return Message(message_id, lead.lead_id, lead.version, "lead.permission_changed", canonical(body))


def confirmation_wanted(lead: Lead, purposes: tuple[str, ...], form_id: str, notice: str, lang: str) -> Message:
    """A mail is to ask for a confirmation. No address in it: whoever sends it reads the lead at that moment."""
    body = {"lead_id": lead.lead_id, "purposes": list(purposes), "form_id": form_id, "notice": notice, "lang": lang}
    message_id = f"{lead.lead_id}.mail_confirm.{lead.version}"
    return Message(message_id, lead.lead_id, lead.version, "mail.confirm", canonical(body))


def _permission(permission: Mapping[str, Any]) -> dict[str, Any]:
    return {name: permission[name] for name in ("reply", "marketing", "expires", "as_of")}


def _what_to_do(definition: Definition, score: Score, now: datetime) -> dict[str, Any]:
    outcome = definition.outcomes["sales_qualified"]
    minutes = outcome["respond_within_minutes"][score.cell[0]]
    sla = {
        "band": score.cell[0],
        "respond_within_minutes": minutes,
        "due_at": instant(now + timedelta(minutes=minutes)),
    }
    return {"owner": outcome["owner"], "next_step": outcome["next_step"], "sla": sla}
