"""The permission state of a lead: what earlier submissions left, and how one more decision changes it.

A tick left blank on a new form withdraws nothing; nothing here ever turns a "no" of the person into a "yes".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.domain.consent import ConsentDecision
from shared.domain.lead import Lead, instant

PURPOSE_OF = {"email": "mkt_email", "sms": "mkt_sms", "phone": "mkt_phone", "autocall": "mkt_autocall"}
RETENTION = {"full": timedelta(days=1096), "limited": timedelta(days=30), "pending": timedelta(days=14)}


def prior(lead: Lead | None, suppressed: frozenset[str]) -> dict[str, Any]:
    """What the consent decision must know of before: standing consents, objections and suppressions."""
    state = lead.permission if lead else {}
    return {
        "channels": {channel: dict(standing) for channel, standing in state.get("channels", {}).items()},
        "sale_optout": state.get("sale_optout", False),
        "objected": state.get("objected", False),
        "objected_profiling": state.get("objected_profiling", False),
        "suppressed": sorted(suppressed),
    }


def after(
    before: Lead | None, decision: ConsentDecision, consents: Mapping[str, bool], now: datetime
) -> dict[str, Any]:
    """The permission state after one decision, as JSON."""
    state = before.permission if before else {}
    return {
        "reply": decision.reply or state.get("reply", False),
        "marketing": dict(decision.contact),
        "share": decision.share,
        "score": decision.score,
        "expires": dict(decision.expires),
        "as_of": instant(now),
        "rules": decision.rules,
        "channels": _channels(state.get("channels", {}), decision, consents, now),
        "sale_optout": state.get("sale_optout", False) or decision.optout_persist,
        "objected": state.get("objected", False),
        "objected_profiling": state.get("objected_profiling", False),
    }


def _channels(
    standing: Mapping[str, Any], decision: ConsentDecision, consents: Mapping[str, bool], now: datetime
) -> dict[str, Any]:
    """Only an own tick that counts becomes a standing consent; what merely the law allows is decided anew each time."""
    channels = dict(standing)
    for channel, purpose in PURPOSE_OF.items():
        if (
            consents.get(purpose)
            and decision.contact[channel] == "yes"
            and f"STANDING_CONSENT:{channel}" not in decision.reasons
        ):
            channels[channel] = {"status": "given", "at": instant(now), "expires": decision.expires.get(channel)}
    return channels


def purge_at(before: Lead | None, decision: ConsentDecision, now: datetime) -> int:
    """Epoch seconds after which the lead must be gone: 36 months, 30 or 14 days after the last act; a short stay
    never shortens a long one.
    """
    until = int((now + RETENTION.get(decision.store, RETENTION["pending"])).timestamp())
    return max(until, before.purge_at) if before else until


def as_of(state: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What may be done now: marketing on a channel ends when its permission expires, without any nightly job."""
    moment = instant(now)
    marketing = {
        channel: "no" if answer == "yes" and _is_over(state["expires"].get(channel), moment) else answer
        for channel, answer in state["marketing"].items()
    }
    return {"reply": state["reply"], "marketing": marketing, "expires": dict(state["expires"]), "as_of": moment}


def _is_over(expires: str | None, moment: str) -> bool:
    """`expires` is a date or an instant; on that very day or moment the permission is gone."""
    return expires is not None and expires <= moment[: len(expires)]
