"""What the privacy officer sends to have somebody erased: a contact point or a lead id, and how far it is to go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from shared.domain.erasure import REASONS, Order
from shared.domain.errors import Fault, RejectedInput
from shared.domain.submission import ContactPoints
from shared.sources.contact_points import email_identity, phone_number
from shared.sources.plain_text import BadText
from shared.sources.strict_json import read_object

_JSON = re.compile(r"application/json(?: *;.*)?", re.IGNORECASE)
_LEAD_ID = re.compile(r"[0-9a-f]{32}")
MEMBERS = ("email", "phone", "lead_id", "never_contact", "reason")


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Who is meant (`lead_id`, else `contact`), and the order."""

    lead_id: str
    contact: ContactPoints
    order: Order


def read(body: bytes, content_type: str | None) -> ErasureRequest:
    """The request. Raises RejectedInput that names every place that is wrong."""
    if not _JSON.fullmatch(content_type or ""):
        raise RejectedInput("unsupported_media_type", Fault("", "content_type"))
    said = read_object(body)
    faults = [Fault(f"/{name}", "unknown_member") for name in said if name not in MEMBERS]
    faults += [fault for name, fault in _wrong(said).items() if name in said]
    who = [name for name in ("email", "phone", "lead_id") if name in said]
    if not who:
        faults.append(Fault("/email", "required"))
    elif "lead_id" in who and len(who) > 1:
        faults.append(Fault("/lead_id", "beside_a_contact_point"))
    if faults:
        raise RejectedInput("invalid_request", *faults)
    order = Order(said.get("reason", "art17"), said.get("never_contact", False))
    return ErasureRequest(said.get("lead_id", ""), _contact(said), order)


def is_lead_id(text: Any) -> bool:
    return isinstance(text, str) and _LEAD_ID.fullmatch(text) is not None


def _wrong(said: dict[str, Any]) -> dict[str, Fault]:
    """A fault for each member that cannot be what it must be."""
    fine = {
        "email": isinstance(said.get("email"), str),
        "phone": isinstance(said.get("phone"), str),
        "lead_id": is_lead_id(said.get("lead_id")),
        "never_contact": isinstance(said.get("never_contact"), bool),
        "reason": said.get("reason") in REASONS,
    }
    return {name: Fault(f"/{name}", f"invalid_{name}") for name, is_fine in fine.items() if not is_fine}


def _contact(said: dict[str, Any]) -> ContactPoints:
    email, phone = said.get("email"), said.get("phone")
    try:
        read_email = email_identity(email.strip()) if email is not None else None
    except BadText:
        raise RejectedInput("invalid_request", Fault("/email", "invalid_email")) from None
    try:
        return ContactPoints(read_email, phone_number(phone.strip(), None)[0] if phone is not None else None)
    except BadText:
        raise RejectedInput("invalid_request", Fault("/phone", "invalid_phone")) from None
