"""A Salesforce Web-to-Lead form that posts to us: the same input names, another host.

Nothing proves the sender (`oid` is public). `retURL` is only what the page asked for: where the browser really goes
is for the form's own file. Only `oid`, `retURL`, the names and `lead_source` are documented; the others are custom.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import parse_qsl

from shared.domain.errors import Fault, RejectedInput
from shared.sources.field_map import WEB_TO_LEAD
from shared.sources.platform_json import MAX_BODY
from shared.sources.platform_lead import PlatformLead, answer, cut_remark, named_texts
from shared.sources.strict_json import decoded, malformed

MAX_PAIRS = 200
_ORG = ("oid",)
_HIDDEN = ("retURL", "lead_source", "Campaign_ID", "member_status", "recordType", "encoding", "debug", "debugEmail")
# A tick here is a no.
_OPT_OUTS = {"emailOptOut": "email", "doNotCall": "phone", "faxOptOut": "fax"}
_UNTICKED = ("", "0", "false", "off", "no")


def read_lead(body: bytes, source_id: str) -> PlatformLead:
    """The urlencoded body of a post to `/servlet/servlet.WebToLead`; inputs sent twice are one answer of two values."""
    groups = _grouped(body)
    organisation = groups.get("oid", [""])[0].strip()
    if not organisation:
        raise RejectedInput("invalid_submission", Fault("/oid", "required"))
    answers = tuple(
        answer(name, WEB_TO_LEAD.get(name, ""), name, values)
        for name, values in groups.items()
        if name not in (*_ORG, *_HIDDEN, *_OPT_OUTS)
    )
    kept = tuple(one for one in answers if one.values)
    return PlatformLead(
        platform="salesforce",
        source_id=source_id,
        external_id="",
        key=None,
        form_id=organisation,
        form_version="",
        submitted_at=None,
        is_test=False,
        answers=kept,
        hidden=named_texts((name, groups.get(name, [])) for name in _HIDDEN),
        objections=tuple(_objections(groups)),
        remarks=cut_remark(kept),
    )


def _grouped(body: bytes) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in _pairs(body):
        groups.setdefault(name, []).append(value)
    return groups


def _pairs(body: bytes) -> list[tuple[str, str]]:
    if len(body) > MAX_BODY:
        raise RejectedInput("body_too_large")
    text = decoded(body)
    if text.count("&") >= MAX_PAIRS:
        raise malformed("too_many_members")
    # ValueError: a pair without "=", or escapes that are no UTF-8.
    with suppress(ValueError):
        return parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    raise malformed("bad_pair")


def _objections(groups: dict[str, list[str]]) -> Iterator[str]:
    """The channels that the person does not want; any value but a plain no counts as the tick."""
    for name, channel in _OPT_OUTS.items():
        if any(value.strip().lower() not in _UNTICKED for value in groups.get(name, [])):
            yield channel
