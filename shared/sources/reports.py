"""What pages and servers report about a lead, from bytes to `Report`s.

The context is an allow-list of marks and aggregated counters; raw traces of behaviour are refused, not thinned out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from shared.domain.errors import Fault, RejectedInput
from shared.domain.report import PAGE, SERVER, Report, Whom
from shared.sources import marketing_context
from shared.sources.contact_points import email_identity
from shared.sources.instants import instant_of
from shared.sources.plain_text import BadText, one_line
from shared.sources.strict_json import is_key, posted_object

MAX_BODY = 64 * 1024
MAX_BATCH = 20
MAX_TOKEN = 256
MAX_ANSWER = 200

_CONTENT = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_LEAD_ID = re.compile(r"[0-9a-f]{32}")
_CONTEXT = frozenset(
    ("page_url", "referrer", "cta", "lead_magnet", "lang", "time_on_page_s", "scroll_depth_pct", "video_pct")
)

# Only who spoke with somebody can bring answers that no form asks for.
SPEAKS = "sales_conversation"

Faults = list[Fault]


def read_page(body: bytes, content_type: str | None, kinds: Collection[str]) -> tuple[str, tuple[Report, ...]]:
    """The token and the reports of a page, each once. `at` is the page's own clock, which is not believed."""
    said = posted_object(body, content_type, MAX_BODY)
    faults = _strangers(said, ("token", "events"), "")
    token, given = said.get("token"), said.get("events")
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
        faults.append(Fault("/token", "required"))
    if not isinstance(given, list) or not 0 < len(given) <= MAX_BATCH:
        raise RejectedInput("invalid_request", *faults, Fault("/events", "one_to_twenty"))
    read = [_page_report(one, f"/events/{place}", kinds) for place, one in enumerate(given)]
    faults += [fault for _, found in read for fault in found]
    if faults:
        raise RejectedInput("invalid_request", *faults)
    return str(token), tuple({report.key: report for report, _ in reversed(read)}.values())[::-1]


def read_server(
    body: bytes, content_type: str | None, kinds: Collection[str], answers: Collection[str], now: datetime
) -> tuple[Whom, Report]:
    """The lead that a server of ours speaks of, and what it did. `answers` names the fields that sales may bring."""
    said = posted_object(body, content_type, MAX_BODY)
    members = ("lead_id", "email", "event_id", "kind", "at", "context", "fields")
    whom, faults = _whom(said)
    at, late = instant_of(said.get("at"), now)
    fields, odd = _fields(said.get("fields", {}), answers if said.get("kind") == SPEAKS else ())
    report, wrong = _report(said, "", kinds, SERVER, fields, at)
    faults = [*_strangers(said, members, ""), *faults, *wrong, *late, *odd]
    if faults:
        raise RejectedInput("invalid_request", *faults)
    return whom, report


def _strangers(given: Mapping[str, Any], members: Collection[str], pointer: str) -> Faults:
    """A name that is not ours may be anybody's text, so the pointer stops before it."""
    return [] if given.keys() <= set(members) else [Fault(pointer, "unknown_member")]


def _page_report(given: Any, pointer: str, kinds: Collection[str]) -> tuple[Report, Faults]:
    said = given if isinstance(given, dict) else {}
    faults = [] if said is given else [Fault(pointer, "not_an_object")]
    report, wrong = _report(said, pointer, kinds, PAGE, {}, None)
    return report, [*faults, *_strangers(said, ("event_id", "kind", "at", "context"), pointer), *wrong]


def _report(
    said: Mapping[str, Any],
    pointer: str,
    kinds: Collection[str],
    source: str,
    fields: Mapping[str, str],
    at: str | None,
) -> tuple[Report, Faults]:
    report_id, kind = said.get("event_id"), said.get("kind")
    context, faults = _context(said.get("context", {}), pointer)
    if not is_key(report_id):
        faults.append(Fault(f"{pointer}/event_id", "key_format"))
    if not isinstance(kind, str) or kind not in kinds:
        faults.append(Fault(f"{pointer}/kind", "unknown_kind"))
    return Report(str(report_id), str(kind), source, context, fields, at), faults


def _context(given: Any, pointer: str) -> tuple[dict[str, str | int], Faults]:
    """Marks and counters as with a form, of these fewer, and which content it was."""
    if not isinstance(given, dict):
        return {}, [Fault(f"{pointer}/context", "raw_trace" if isinstance(given, list) else "not_an_object")]
    known = {name: value for name, value in given.items() if name not in marketing_context.NAMES - _CONTEXT}
    content = known.pop("content", None)
    context, faults = marketing_context.read(known)
    faults += [Fault("/context", "unknown_member")] * (len(given) > len(known) + ("content" in given))
    if content is not None and not (isinstance(content, str) and _CONTENT.fullmatch(content)):
        faults.append(Fault("/context/content", "raw_trace" if isinstance(content, list | dict) else "content_format"))
    elif content is not None:
        context["content"] = content
    return _without_queries(context), [Fault(pointer + fault.pointer, fault.code) for fault in faults]


def _without_queries(context: Mapping[str, str | int]) -> dict[str, str | int]:
    """An address alone says what was read; what follows its question mark may be anybody's."""
    return {
        name: str(value).partition("?")[0] if name in marketing_context.URLS else value
        for name, value in context.items()
    }


def _whom(said: Mapping[str, Any]) -> tuple[Whom, Faults]:
    lead_id, email = said.get("lead_id"), said.get("email")
    if (lead_id is None) == (email is None):
        return Whom(), [Fault("/lead_id", "lead_id_or_email")]
    if lead_id is not None:
        fits = isinstance(lead_id, str) and _LEAD_ID.fullmatch(lead_id)
        return (Whom(lead_id=lead_id), []) if fits else (Whom(), [Fault("/lead_id", "lead_id_format")])
    try:
        return Whom(email=email_identity(email.strip() if isinstance(email, str) else "")), []
    except BadText as bad:
        return Whom(), [Fault("/email", bad.code)]


def _fields(given: Any, answers: Collection[str]) -> tuple[dict[str, str], Faults]:
    """Only answers that no form asks for: no address and no number of a person is ever changed by an event."""
    if not isinstance(given, dict):
        return {}, [Fault("/fields", "not_an_object")]
    fields: dict[str, str] = {}
    faults = _strangers(given, answers, "/fields")
    for name in sorted(given.keys() & set(answers)):
        try:
            fields[name] = one_line(given[name] if isinstance(given[name], str) else "\t", MAX_ANSWER)
        except BadText as bad:
            faults.append(Fault(f"/fields/{name}", bad.code if isinstance(given[name], str) else "not_text"))
    return {name: text for name, text in fields.items() if text}, faults
