"""The lines of an export about offers to sales: when each left, who got it by which rule, when somebody spoke with the
person, and which promises were kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from shared.adapters.items import Item
from shared.domain import sla
from shared.domain.business_time import Calendar, calendars_from
from shared.domain.countries import ISO_3166_1
from shared.domain.disposition import CONTACTS
from shared.domain.offer import ATTEMPTS
from shared.settings import compiled_agreement

MESSAGE = "lead.sales_qualified"
DECISION_MEMBERS = ("at", "queue", "owner", "why", "after", "routing", "turn", "stood")


def rows(
    lead: Mapping[str, Any],
    offers: Sequence[Mapping[str, Any]],
    answers: Sequence[Mapping[str, Any]],
    items: Iterable[Item],
) -> list[dict[str, Any]]:
    """One line for each crossing of the lead; a crossing that nobody was given yet has its time alone."""
    known = {offer["crossing"]: offer for offer in offers}
    left = {crossing: at for crossing, at in _done(items).items() if crossing in known}  # others were dropped
    crossed = [line["at"] for line in lead["history"] if line["stage"] == "sales_qualified"]
    return [
        {
            "type": "offer",
            "lead": lead["lead_id"],
            "at": at,
            "crossing": crossing,
            **_contacted(crossing, answers),
            **({"handed_off_at": left[crossing]} if crossing in left else {}),
            **(_given(known[crossing]) if crossing in known else {}),
        }
        for crossing, at in enumerate(crossed, 1)
    ]


def _given(offer: Mapping[str, Any]) -> dict[str, Any]:
    contacted = {"contacted_at": offer["contacted_at"]} if offer["contacted_at"] else {}
    rules = [line["rule"] for line in offer["lines"] if line["points"] > 0]
    given = [_given_out(line) for line in offer["history"]]
    return {"queue": offer["queue"], "rules": rules, "promises": promises(offer), "given": given, **contacted}


def _given_out(line: Mapping[str, Any]) -> dict[str, Any]:
    """What `leadgate routing audit` needs to decide again. A country that is none decides nothing: it is left out, as
    anything that a person may have written.
    """
    country = line["ask"]["country"]
    ask = {**line["ask"], "country": country if country in ISO_3166_1 else None}
    return {**{name: line.get(name) for name in DECISION_MEMBERS}, "ask": ask}


def promises(offer: Mapping[str, Any]) -> list[str]:
    """How each promise ended, kept or breached, one per owner; one that still runs, or ended without a contact because
    the offer did, is neither. Silence is a breach once the sweeper has written it, so it is no matter when one asks.
    """
    broken = ["breached" for line in offer["history"] if line["after"]]
    promise, calendar = sla.from_plain(offer["sla"]), _calendars().get(offer["sla"]["calendar"])
    if calendar is None:
        return broken
    if promise.answered_at:
        return [*broken, standing(promise, calendar, sla.moment(promise.answered_at))[0]]
    if offer.get("ended"):
        return broken
    return [*broken, "breached"] if promise.attempt > ATTEMPTS else broken


def standing(promise: sla.Sla, calendar: Calendar, now: datetime) -> tuple[str, datetime | None]:
    """Running, paused, kept or breached, and when the answer is due; asks the calendar about the promise's own days
    only, so that an old one can be told when the calendar has ended.
    """
    due_at = sla.due_at(promise, calendar)
    end = sla.moment(promise.answered_at) if promise.answered_at else now
    if due_at is not None and end > due_at:
        return "breached", due_at
    if promise.answered_at:
        return "kept", due_at
    return "paused" if promise.paused_at else "running", due_at


def _contacted(crossing: int, answers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    at = [answer["at"] for answer in answers if answer["kind"] in CONTACTS and answer.get("crossing") == crossing]
    return {"contacted_at": min(at)} if at else {}


def _done(items: Iterable[Item]) -> dict[int, str]:
    """When the message of each crossing was done with: sent, or dropped as nobody could be offered any more."""
    return {
        int(item["message_id"]["S"].rpartition(".")[2]): item["delivered_at"]["S"]
        for item in items
        if item.get("kind") == {"S": MESSAGE} and "delivered_at" in item
    }


@cache
def _calendars() -> dict[str, Calendar]:
    return calendars_from(compiled_agreement()["calendars"])
