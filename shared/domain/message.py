"""What sales receives: a CloudEvent 1.0 about a lead, without a byte of personal data.

The consumer fetches the person with `GET /v1/leads/{lead_id}` at the moment of contact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.definition import Definition
from shared.domain.identity import canonical
from shared.domain.judgement import Judgement
from shared.domain.lead import Lead, instant

SCHEMA = "urn:leadgate:schema:lead.sales_qualified:1"
BREACH_SCHEMA = "urn:leadgate:schema:lead.sla_breached:1"
NURTURE_SCHEMA = "urn:leadgate:schema:lead.nurture_enrolled:1"
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
    def is_for_nurture(self) -> bool:
        """Is it for whoever keeps the tracks, and not for sales?"""
        return self.kind == "lead.nurture_enrolled"

    @property
    def is_rehearsal(self) -> bool:
        """Does it say of a test lead what sales would be told of a real one?"""
        return self.kind.startswith("test.")

    @property
    def slot(self) -> str:
        """Where it lies in the lead's outbox: one version may tell sales, tell nurture, and write letters."""
        has_a_place_of_its_own = self.is_letter or self.is_for_nurture
        return f"OUT#{self.version:010d}" + (f"#{self.kind}" if has_a_place_of_its_own else "")


def sales_qualified(lead: Lead, judgement: Judgement, definition: Definition, now: datetime) -> Message:
    """The offer to sales, with every reason: score by points, the inquiry, the permission and what to do.

    Who gets it, and by when they are to answer, is set when it leaves (`offer.told`): routing and the team's calendar
    belong to that moment.
    """
    message_id, verdict = f"{lead.lead_id}.sales_qualified.{lead.crossings}", judgement.best
    told = {
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
        **_what_to_do(definition, judgement),
    }
    body = _cloud_event(message_id, "lead.sales_qualified", SCHEMA, told, now)
    return Message(message_id, lead.lead_id, lead.version, "lead.sales_qualified", body)


def rehearsed(message: Message) -> Message:
    """The same about a test lead: of a type of its own, so that nobody takes it for a message to sales."""
    kind = "test." + message.kind.removeprefix("test.").removeprefix("lead.")
    return replace(message, kind=kind, body=canonical({**json.loads(message.body), "type": kind}))


def permission_changed(lead: Lead, change: str, purposes: tuple[str, ...], now: datetime) -> Message:
    """What may be done with the lead from now on; `change` is a type of the ledger such as consent_withdrawn."""
    message_id = f"{lead.lead_id}.permission_changed.{lead.version}"
    told = {
        "lead_id": lead.lead_id,
        "version": lead.version,
        "stage": lead.stage,
        "change": change,
        "purposes": list(purposes),
        "permission": _permission(lead.permission),
    }
    body = _cloud_event(message_id, "lead.permission_changed", PERMISSION_SCHEMA, told, now)
    return Message(message_id, lead.lead_id, lead.version, "lead.permission_changed", body)


def sla_breached(lead: Lead, crossing: int, told: Mapping[str, Any], now: datetime) -> Message:
    """Nobody answered in time, and who has the lead now; `told` is the breach (`sla.Breach.as_data`) and `next`."""
    message_id = f"{lead.lead_id}.sla_breached.{crossing}.{told['attempt']}"
    body = _cloud_event(message_id, "lead.sla_breached", BREACH_SCHEMA, {**told, "crossing": crossing}, now)
    return Message(message_id, lead.lead_id, lead.version, "lead.sla_breached", body)


def nurture_enrolled(lead: Lead, told: Mapping[str, Any], now: datetime) -> Message:
    """The track that a lead is on from now on, or that it is on none any more; `told` is `enrolment.told`."""
    message_id = f"{lead.lead_id}.nurture_enrolled.{lead.version}"
    body = _cloud_event(message_id, "lead.nurture_enrolled", NURTURE_SCHEMA, told, now)
    return Message(message_id, lead.lead_id, lead.version, "lead.nurture_enrolled", body)


def lead_erased(lead_id: str, version: int, reason: str, now: datetime) -> Message:
    """Whoever holds something about this lead must forget it (GDPR Art. 19, 11 CCR 7022(b)-(c)); nothing follows."""
    message_id = erased_id(lead_id)
    told = {
        "lead_id": lead_id,
        "version": version,
        "stage": "erased",
        "reason": reason,
        "scope": "all",
        "acknowledge_by": instant(now + ACKNOWLEDGE_WITHIN),
    }
    body = _cloud_event(message_id, "lead.erased", ERASED_SCHEMA, told, now)
    return Message(message_id, lead_id, version, "lead.erased", body)


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


def _cloud_event(message_id: str, kind: str, schema: str, told: Mapping[str, Any], now: datetime) -> str:
    """The envelope of CloudEvents 1.0 in structured JSON."""
    return canonical(
        {
            "specversion": "1.0",
            "id": message_id,
            "type": kind,
            "source": "urn:leadgate",
            "subject": told["lead_id"],
            "time": instant(now),
            "datacontenttype": "application/json",
            "dataschema": schema,
            "data": told,
        }
    )


def _what_to_do(definition: Definition, judgement: Judgement) -> dict[str, Any]:
    """Which side acts, the next step, and the time to answer that is agreed for a cell such as A1 or a whole grade;
    the team's own time and the hour by which it is due are set with the offer.
    """
    outcome, cell = definition.outcomes["sales_qualified"], judgement.best.score.cell
    agreed = outcome["respond_within_minutes"]
    band = cell if cell in agreed else cell[0]
    sla = {"band": band, "respond_within_minutes": agreed[band]}
    return {"owner": outcome["owner"], "next_step": judgement.next_step(definition, "sales_qualified"), "sla": sla}
