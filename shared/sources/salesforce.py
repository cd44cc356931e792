"""A Salesforce Web-to-Lead form that posts to us: the same input names, another host.

Nothing proves the sender (`oid` is public). `retURL` is only what the page asked for: where the browser really goes
is for the form's own file. Only `oid`, `retURL`, the names and `lead_source` are documented; the others are custom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from shared.domain.errors import Fault, RejectedInput
from shared.sources.field_map import WEB_TO_LEAD
from shared.sources.platform_lead import PlatformLead, answer, cut_remark, named_texts
from shared.sources.urlencoded import codec, pairs

MAX_PAIRS = 200
_OID = re.compile(rb"(?:^|&)oid=([0-9A-Za-z]{1,40})(?:&|$)")
_ENCODING = re.compile(rb"(?:^|&)encoding=([0-9A-Za-z_-]{1,40})(?:&|$)")
_CHARSET = re.compile(r";\s*charset=([^;\s]{1,40})", re.IGNORECASE)
_RETURN = re.compile(rb"(?:^|&)retURL=([!-%'-~]{1,2048})(?:&|$)")
_DEBUG = re.compile(rb"(?:^|&)debug=(?:1|true)(?:&|$)", re.IGNORECASE)
_ORG = ("oid",)
_HIDDEN = ("lead_source", "Campaign_ID", "member_status", "recordType")
# What the page wants of the answer; none of it is said about the person.
_WISHES = ("retURL", "encoding", "debug", "debugEmail")
# A tick here is a no.
_OPT_OUTS = {"emailOptOut": "email", "doNotCall": "phone", "faxOptOut": "fax"}
_UNTICKED = ("", "0", "false", "off", "no")


def charset_of(body: bytes, asked: str | None, content_type: str | None) -> str:
    """The codec of the page: what the address asks for (`?encoding=`), else what an input or the header says."""
    said = asked or _input_said(body) or _header_said(content_type)
    return codec(said) if said else "utf-8"


def organisation_of(body: bytes) -> str:
    """The `oid` in a body that nobody has read yet; it is ASCII in every charset."""
    match = _OID.search(body)
    return match[1].decode("ascii") if match else ""


def wishes(body: bytes) -> tuple[str, bool]:
    """Where the page asks to be sent on to, and whether it asks for an answer that a developer can read."""
    match = _RETURN.search(body)
    return unquote_plus(match[1].decode("ascii"), errors="replace") if match else "", bool(_DEBUG.search(body))


def read_lead(body: bytes, source_id: str, charset: str = "utf-8") -> PlatformLead:
    """The urlencoded body of a post to `/servlet/servlet.WebToLead`; inputs sent twice are one answer of two values.

    The forms of one organisation differ in nothing but their campaign, so that is the form's id where there is one.
    """
    groups = _grouped(pairs(body, MAX_PAIRS, charset))
    organisation = groups.get("oid", [""])[0].strip()
    if not organisation:
        raise RejectedInput("invalid_submission", Fault("/oid", "required"))
    answers = tuple(
        answer(name, WEB_TO_LEAD.get(name, ""), name, values)
        for name, values in groups.items()
        if name not in (*_ORG, *_HIDDEN, *_WISHES, *_OPT_OUTS)
    )
    kept = tuple(one for one in answers if one.values)
    hidden = named_texts((name, groups.get(name, [])) for name in _HIDDEN)
    return PlatformLead(
        platform="salesforce",
        source_id=source_id,
        external_id="",
        key=None,
        form_id=hidden.get("Campaign_ID", organisation),
        form_version="",
        submitted_at=None,
        is_test=False,
        answers=kept,
        hidden=hidden,
        objections=tuple(_objections(groups)),
        remarks=cut_remark(kept),
    )


def _input_said(body: bytes) -> str:
    match = _ENCODING.search(body)
    return match[1].decode("ascii") if match else ""


def _header_said(content_type: str | None) -> str:
    match = _CHARSET.search(content_type or "")
    return match[1] if match else ""


def _grouped(given: list[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in given:
        groups.setdefault(name, []).append(value)
    return groups


def _objections(groups: dict[str, list[str]]) -> Iterator[str]:
    """The channels that the person does not want; any value but a plain no counts as the tick."""
    for name, channel in _OPT_OUTS.items():
        if any(value.strip().lower() not in _UNTICKED for value in groups.get(name, [])):
            yield channel
