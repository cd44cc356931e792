"""What sales receives: a CloudEvent 1.0 about a lead, without a byte of personal data.

The consumer fetches the person with `GET /v1/leads/{lead_id}` at the moment of contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.definition import Definition
from shared.domain.identity import canonical
from shared.domain.judgement import Judgement
from shared.domain.lead import Lead, instant

SCHEMA = "urn:leadgate:schema:lead.sales_qualified:1"
PERMISSION_SCHEMA = "urn:leadgate:schema:lead.permission_changed:1"
ERASED_SCHEMA = "urn:leadgate:schema:lead.erased:1"
ACKNOWLEDGE_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Message:
    """A finished message: `body` is its exact text, `message_id` the same whenever the same thing is said."""

    message_id: str
    lead_id: str
    version: int
    kind: str
    body: str

    @property
    def is_letter(self) -> bool:
        """Is it for the person, by mail or by text, and not for sales?"""
        return self.kind.startswith(("mail.", "sms."))

    @property
    def slot(self) -> str:
        """Where it lies in the lead's outbox: one version may tell sales and write letters."""
        return f"OUT#{self.version:010d}" + (f"#{self.kind}" if self.is_letter else "")


def sales_qualified(lead: Lead, judgement: Judgement, definition: Definition, now: datetime) -> Message:
    """The offer to sales, with every reason: score by points, the inquiry, the permission and what to do by when."""
    message_id, verdict = f"{lead.lead_id}.sales_qualified.{lead.crossings}", judgement.best
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
            "score": verdict.score.total,
            "cell": verdict.score.cell,
            "explanation": [line.as_plain() for line in verdict.score.lines],
            "definition": definition.version,
            "persona": verdict.persona,
            "buyer_stage": verdict.buyer_stage,
            "sales_ready": verdict.sales_ready,
            "sales_winnable": verdict.sales_winnable,
            "intent_events": [{"event_id": e, "kind": kind, "at": at} for e, kind, at in lead.inquiries],
            "permission": _permission(lead.permission),
            **_what_to_do(definition, judgement, now),
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


def lead_erased(lead_id: str, version: int, reason: str, now: datetime) -> Message:
    """Whoever holds something about this lead must forget it (GDPR Art. 19, 11 CCR 7022(b)-(c)); nothing follows."""
    message_id = erased_id(lead_id)
    body = {
        "specversion": "1.0",
        "id": message_id,
        "type": "lead.erased",
        "source": "urn:leadgate",
        "subject": lead_id,
        "time": instant(now),
        "datacontenttype": "application/json",
        "dataschema": ERASED_SCHEMA,
        "data": {
            "lead_id": lead_id,
            "version": version,
            "stage": "erased",
            "reason": reason,
            "scope": "all",
            "acknowledge_by": instant(now + ACKNOWLEDGE_WITHIN),
        },
    }
    return Message(message_id, lead_id, version, "lead.erased", canonical(body))


def erased_id(lead_id: str) -> str:
    """A lead is erased once."""
    return f"{lead_id}.erased"


def confirmation_wanted(
    lead: Lead, purposes: tuple[str, ...], form_id: str, notice: str, lang: str, way: str = "mail"
) -> Message:
    """A letter is to ask for a confirmation, by `way` mail or sms. No address and no number in it: whoever sends it
    reads the lead at that moment.
    """
    body = {"lead_id": lead.lead_id, "purposes": list(purposes), "form_id": form_id, "notice": notice, "lang": lang}
    message_id = f"{lead.lead_id}.{way}_confirm.{lead.version}"
    return Message(message_id, lead.lead_id, lead.version, f"{way}.confirm", canonical(body))


def _permission(permission: Mapping[str, Any]) -> dict[str, Any]:
    return {name: permission[name] for name in ("reply", "marketing", "expires", "as_of")}


def _what_to_do(definition: Definition, judgement: Judgement, now: datetime) -> dict[str, Any]:
    """Owner, next step and time to answer; the time is agreed for a cell such as A1 or for a whole grade."""
    outcome, cell = definition.outcomes["sales_qualified"], judgement.best.score.cell
    agreed = outcome["respond_within_minutes"]
    band = cell if cell in agreed else cell[0]
    sla = {
        "band": band,
        "respond_within_minutes": agreed[band],
        "due_at": instant(now + timedelta(minutes=agreed[band])),
    }
    return {"owner": outcome["owner"], "next_step": judgement.next_step(definition, "sales_qualified"), "sla": sla}
