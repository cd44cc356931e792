"""What our own pages and mail programs post: a few flat pairs."""

from __future__ import annotations

import re

from shared.domain.errors import Fault, RejectedInput
from shared.domain.submission import ContactPoints
from shared.sources.contact_points import email_identity, phone_number
from shared.sources.form_bodies import multipart, urlencoded
from shared.sources.plain_text import BadText
from shared.sources.strict_json import read_object

_MULTIPART = re.compile(r'multipart/form-data *; *boundary=(?:"([^"]+)"|([^\s;"]+)) *', re.IGNORECASE)
_URLENCODED = re.compile(r"application/x-www-form-urlencoded(?: *;.*)?", re.IGNORECASE)
_JSON = re.compile(r"application/json(?: *;.*)?", re.IGNORECASE)


def pairs(body: bytes, content_type: str | None) -> dict[str, str]:
    """The pairs of an urlencoded or multipart body. Raises RejectedInput for anything else."""
    match = _MULTIPART.fullmatch(content_type or "")
    if match:
        return multipart(body, match[1] or match[2])
    if not _URLENCODED.fullmatch(content_type or ""):
        raise RejectedInput("unsupported_media_type", Fault("", "content_type"))
    return urlencoded(body)


def contact_point(body: bytes, content_type: str | None) -> ContactPoints:
    """The one or two contact points of an opt-out, as JSON or as a form: `email`, `phone` (international form)."""
    said = read_object(body) if _JSON.fullmatch(content_type or "") else pairs(body, content_type)
    faults = [Fault(f"/{name}", "unknown_member") for name in said if name not in ("email", "phone")]
    email, phone = (said.get(name) or None for name in ("email", "phone"))
    if faults or not (email or phone) or not all(isinstance(one, str | None) for one in (email, phone)):
        raise RejectedInput("invalid_submission", *(faults or [Fault("/email", "required")]))
    try:
        number = phone_number(phone.strip(), None)[0] if phone else None
        return ContactPoints(email_identity(email.strip()) if email else None, number)
    except BadText as bad:
        raise RejectedInput("invalid_submission", Fault("", bad.code)) from None
