"""What a tick is worth (GDPR Art. 4(11), 7; CJEU C-673/17 Planet49, C-61/19 Orange Romania; EDPB 05/2020)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.consent.dates import months_after
from shared.domain.consent.question import NOES, ConsentQuestion, Standing, Tick

Regime = Mapping[str, Any]


def is_ticked(question: ConsentQuestion, purpose: str) -> bool:
    tick = question.boxes.get(purpose)
    return tick is not None and tick.checked


def is_unticked(question: ConsentQuestion, purpose: str) -> bool:
    """Was the box shown and left blank?"""
    tick = question.boxes.get(purpose)
    return tick is not None and not tick.checked


def faults(question: ConsentQuestion, regime: Regime, purpose: str, before: Standing | None) -> tuple[str, ...]:
    """Why a tick for `purpose` is no consent, as reasons; empty when it is one, or when there is no tick."""
    tick = question.boxes.get(purpose)
    if tick is None or not tick.checked:
        return ()
    found = (*_shown_wrongly(tick), *_not_proved(question, regime, before))
    return tuple(f"{code}:{purpose}" for code in found)


def _shown_wrongly(tick: Tick) -> tuple[str, ...]:
    pre = ("PRE_TICKED",) if tick.pre else ()
    bundled = ("NOT_GRANULAR",) if tick.bundled else ()
    required = ("CONDITIONAL",) if tick.req else ()
    return (*pre, *bundled, *required)


def _not_proved(question: ConsentQuestion, regime: Regime, before: Standing | None) -> tuple[str, ...]:
    unproved = () if question.notice else ("NOT_DEMONSTRABLE",)
    return (*unproved, *_evidence_faults(question, regime, before))


def _evidence_faults(question: ConsentQuestion, regime: Regime, before: Standing | None) -> tuple[str, ...]:
    """Others than the person must show when the person ticked: newer than every "no", and not outlived."""
    if question.origin == "subject":
        return ()
    if question.evidence_at is None:
        return ("NO_EVIDENCE",)
    if not _is_newer(question.evidence_at, question, before):
        return ("EVIDENCE_NOT_NEWER",)
    ends = expiry(question, regime)
    return ("EVIDENCE_EXPIRED",) if ends and ends <= question.now else ()


def _is_newer(evidence_at: datetime, question: ConsentQuestion, before: Standing | None) -> bool:
    """An objection carries no date here, and a "no" without one may be of today."""
    if question.prior.objected:
        return False
    if before is None or before.status not in NOES:
        return True
    return before.at is not None and evidence_at > before.at


def expiry(question: ConsentQuestion, regime: Regime) -> datetime | None:
    """When a consent given now (or when the evidence says) must be refreshed; None where consent does not expire."""
    given = question.now if question.origin == "subject" else question.evidence_at
    months = regime["consent_months"]
    return months_after(given, months) if given and months else None
