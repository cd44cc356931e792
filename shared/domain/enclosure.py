"""The person inside a message, for a reader who cannot ask: what is encrypted, and what is said around it.

Off by default; why, and at what price: docs/decisions/0032-the-person-in-the-message.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.domain.identity import canonical
from shared.domain.lead import Lead, instant
from shared.domain.message import ACKNOWLEDGE_WITHIN, Message
from shared.domain.permission import as_of

KINDS = ("lead.sales_qualified", "lead.permission_changed", "lead.sla_breached")
GOOD_FOR = ACKNOWLEDGE_WITHIN  # nobody comes back from a message later than out of a consumer's own store
MOST_BYTES = 4096  # KMS encrypts no more in one call
KEPT = ("email", "phone")  # without them nobody could be answered


def is_offered(message: Message, lead: Lead | None) -> bool:
    """Is the message about this lead, and was sales ever offered it? Of others sales needs no address."""
    return lead is not None and lead.lead_id == message.lead_id and lead.crossings > 0


def text_of(lead: Lead, now: datetime) -> str:
    """The lead as sales' door would show it now, as far as a CRM writes it down: JSON of at most MOST_BYTES bytes.

    Where the answers are too long, the longest are left out, and `left_out` names them.
    """
    person, left_out = dict(lead.profile), list[str]()
    while len((text := _text(lead, person, left_out, now)).encode()) > MOST_BYTES:
        longest = max(person.keys() - KEPT, key=lambda name: (len(person[name].encode()), name))
        del person[longest]
        left_out.append(longest)
    return text


def context_of(message: Message) -> dict[str, str]:
    """What must be said again to decrypt, so that nobody puts one person's ciphertext into another's message."""
    return {"lead_id": message.lead_id, "message_id": message.message_id}


def enclosing(message: Message, ciphertext: str | None, now: datetime) -> Message:
    """The same message with the ciphertext in it; None says that sales was not offered the lead."""
    body = json.loads(message.body)
    enclosed = {"as_of": instant(now), "expires_at": instant(now + GOOD_FOR), "ciphertext": ciphertext}
    return replace(message, body=canonical({**body, "data": {**body["data"], "enclosed": enclosed}}))


def _text(lead: Lead, person: Mapping[str, str], left_out: list[str], now: datetime) -> str:
    return canonical(
        {
            "lead_id": lead.lead_id,
            "version": lead.version,
            "stage": lead.stage,
            "score": lead.score,
            "person": person,
            "left_out": left_out,
            "permission": as_of(lead.permission, now),
        }
    )
