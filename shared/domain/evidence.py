"""What is asked of the consent decision, and what the ledger keeps as proof of one submission.

Mandatory content of a consent record: EDPB 05/2020 §§104-108, ICO's five questions, ISO/IEC TS 27560 (see
docs/consent.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.agreement import Box
from shared.domain.consent import ConsentDecision
from shared.domain.lead import Event
from shared.domain.permission import known_age, may_share, number_to_ask_about, to_whom
from shared.domain.question import Known, Question


def consent_question(
    question: Question, known: Known, standing: Mapping[str, Any], now: datetime, ignoring: str | None
) -> dict[str, Any]:
    """The submission in the words of the consent decision; `standing` is what earlier submissions left, `ignoring` a
    purpose not asked.
    """
    submission, form = question.submission, question.form
    return {
        "now": now,
        "action": form.action,
        "origin": "subject",
        "email": submission.contact.email,
        "phone": number_to_ask_about(known.lead, submission.contact.phone),
        "country": submission.fields.get("country"),
        "ip_country": submission.signals.edge_country,
        "subject_type": "unknown",
        "notice": _demonstrable(question, known),
        "boxes": {b.purpose: _shown(b, submission.consents[b.purpose]) for b in form.boxes if b.purpose != ignoring},
        "gpc": list(submission.signals.gpc),
        "doi": "none",
        "lia": True,
        "age": known_age(question.submission.age, known.lead, question.jurisdictions),
        "tenant_sells": may_share(question.jurisdictions, submission.consents.get("share_3p", False), known.lead, now),
        "prior": dict(standing),
    }


def _demonstrable(question: Question, known: Known) -> str | None:
    """The notice, unless the registry holds another text under its version: then nothing can be proved with it."""
    clashes = known.published_sha256 not in (None, question.notice.sha256)
    return None if clashes else question.notice.ref


def _shown(box: Box, checked: bool) -> dict[str, bool]:
    return {"checked": checked, "pre": box.prechecked, "req": box.required, "bundled": box.bundled}


def body(question: Question, event: Event, decision: ConsentDecision) -> dict[str, Any]:
    """The erasable half of the ledger entry: who, when, how, what they were told, what they said, what followed."""
    submission, form, notice = question.submission, question.form, question.notice
    return {
        "schema": "lc-consent/1",
        "event_id": event.event_id,
        "ts": event.at,
        "method": question.origin.get("method", "web_form"),
        "identifiers": {
            k: v for k, v in (("email", submission.contact.email), ("phone", submission.contact.phone)) if v
        },
        "form": {"id": form.form_id, "version": form.version, "url": str(submission.context.get("page_url", ""))},
        "notice": {"id": notice.notice_id, "version": notice.version, "lang": notice.lang, "sha256": notice.sha256},
        "withdrawal_method": notice.withdrawal_method,
        "boxes": [_box(question, box, decision) for box in form.boxes],
        "action": form.action,
        **({"origin": dict(question.origin)} if question.origin else {}),
        "jurisdictions": {"declared": submission.fields.get("country"), "edge": submission.signals.edge_country},
        "gpc": {"raw": list(submission.signals.gpc), "applied": decision.optout_persist},
        "decision": {
            "contact": dict(decision.contact),
            "basis": dict(decision.basis),
            "reply": decision.reply,
            "share": decision.share,
            "score": decision.score,
            "sales": decision.sales,
            "store": decision.store,
            "reasons": list(decision.reasons),
        },
    }


def _box(question: Question, box: Box, decision: ConsentDecision) -> dict[str, Any]:
    checked = question.submission.consents[box.purpose]
    return {
        "purpose": box.purpose,
        "channel": box.channel,
        "label": box.label,
        "presented": True,
        "checked": checked,
        "prechecked": box.prechecked,
        "required": box.required,
        "bundled": box.bundled,
        "outcome": outcome(question, box, decision),
        "expires": decision.expires.get(box.channel),
        **to_whom(box.purpose, question.notice.third_parties),
    }


def outcome(question: Question, box: Box, decision: ConsentDecision) -> str:
    """given, pending (until confirmed), refused, or not_counted (ticked, but worth nothing or not usable now, or with
    nothing that could confirm it).
    """
    if not question.submission.consents[box.purpose]:
        return "refused"
    if box.channel == "none":
        return "given" if not any(reason.endswith(f":{box.purpose}") for reason in decision.reasons) else "not_counted"
    pending = "pending" if question.can_prove(box.channel) else "not_counted"
    return {"yes": "given", "after_doi": pending}.get(decision.contact[box.channel], "not_counted")
