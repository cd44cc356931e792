"""A form builder's delivery, read by the map in its source's file: Webflow, Contact Form 7, Elementor, any JSON.

`places` names JSON Pointers (RFC 6901) into the body: `answers` the object whose members are the answers, `key`,
`form_id`, `submitted_at`, `test` and `page_url` what they say, and any other name one answer of its own. An urlencoded
body is read as the object that its bracketed names spell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.agreement import Source
from shared.domain.errors import Fault, RejectedInput
from shared.sources.platform_json import read_object, text_of
from shared.sources.platform_lead import (
    Answer,
    PlatformConsent,
    PlatformLead,
    answer,
    cut_remark,
    from_iso,
    from_milliseconds,
    named_texts,
    readable,
    texts,
)
from shared.sources.urlencoded import codec, nested, pairs

MAX_PAIRS = 1000
OWN_PLACES = frozenset(("answers", "key", "form_id", "submitted_at", "test", "page_url"))
# What a form sends for a ticked box, if not the box's own wording; anything else is not a yes.
YES = frozenset(("1", "true", "on", "yes", "accepted"))
_NO = frozenset(("", "0", "false", "off", "no"))
_KEY = re.compile(r"[!-~]{1,128}")
_JSON = re.compile(r"application/(?:[\w.-]+\+)?json(?:\s*;.*)?", re.IGNORECASE)
_URLENCODED = re.compile(r"application/x-www-form-urlencoded(?:\s*;.*)?", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset=([^;\s]{1,40})", re.IGNORECASE)


def read_lead(body: bytes, content_type: str | None, source: Source) -> PlatformLead:
    """The delivery in our words; a place that the body does not have is nothing, never an error."""
    members = _members(body, content_type)
    said = {name: found(members, source.places[name]) for name in OWN_PLACES & source.places.keys()}
    key = _key(said.get("key"))
    given = list(_answers(members, source))
    ticks = {box.consent_id for box in source.boxes if box.consent_id}
    answers = tuple(one for one in given if one.values and one.question not in (*ticks, *source.hidden))
    return PlatformLead(
        platform=source.platform,
        source_id=source.source_id,
        external_id=key,
        key=f"{source.source_id}#{key}" if key else None,
        form_id=text_of(said.get("form_id")),
        form_version="",
        submitted_at=from_iso(said.get("submitted_at")) or from_milliseconds(said.get("submitted_at")),
        is_test=any(text.lower() not in _NO for text in texts(said.get("test"))),
        answers=answers,
        consents=tuple(ticked_boxes(given, source)),
        hidden=named_texts((one.question, list(one.values)) for one in given if one.question in source.hidden),
        tracking=named_texts([("page_url", said.get("page_url"))]),
        remarks=(*cut_remark(answers), *(() if key or "key" not in said else ("no_key",))),
    )


def ticked_boxes(given: list[Answer], source: Source) -> Iterator[PlatformConsent]:
    """The boxes that arrive as answers: who says nothing, or anything but a plain yes, has not ticked.

    The platform does not tell the wording or how the box looked, so both are the file's: see `attested_on`.
    """
    values = {one.question: one.values for one in given}
    for box in source.boxes:
        if box.consent_id:
            yes = {*YES, box.wording.lower()}
            checked = any(value.lower() in yes for value in values.get(box.consent_id, ()))
            yield PlatformConsent(box.consent_id, checked, box.wording, "", None, None, as_shown=bool(box.wording))


def found(value: Any, pointer: str) -> Any:
    """What a JSON Pointer points to, or None."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = value[int(name)] if name.isascii() and name.isdigit() and int(name) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value


def _members(body: bytes, content_type: str | None) -> dict[str, Any]:
    if _JSON.fullmatch(content_type or ""):
        return read_object(body)
    if not _URLENCODED.fullmatch(content_type or ""):
        raise RejectedInput("unsupported_media_type", Fault("", "media_type"))
    charset = _CHARSET.search(content_type or "")
    return nested(pairs(body, MAX_PAIRS, codec(charset[1]) if charset else "utf-8"))


def _key(value: Any) -> str:
    text = text_of(value)
    return text if _KEY.fullmatch(text) else ""


def _answers(members: Mapping[str, Any], source: Source) -> Iterator[Answer]:
    """The places of their own first, so that they outrank the list; then every member of the list but inner ones."""
    for name, pointer in source.places.items():
        if name not in OWN_PLACES:
            yield _answer(name, name, found(members, pointer))
    listed = found(members, source.places.get("answers", ""))
    for name, value in listed.items() if isinstance(listed, dict) else ():
        if not name.startswith("_"):
            yield _answer(name, "", value)


def _answer(question: str, our_name: str, value: Any) -> Answer:
    """Elementor wraps a value with its title; other objects (files, for one) have no text that we keep."""
    label = question
    if isinstance(value, dict):
        label, value = text_of(value.get("title")) or question, value.get("value")
    return answer(question, our_name, readable(label), texts(value))
