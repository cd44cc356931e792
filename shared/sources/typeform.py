"""A Typeform webhook: the answers with the questions as they stood, in one signed body.

Typeform has no names of its own for first name, company and the like: an answer is told by its field's `ref`, where
the form's author has set it to one of our canonical names, and else by its type (e-mail and phone only).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.errors import Fault, RejectedInput
from shared.sources.field_map import CANONICAL
from shared.sources.platform_json import at, objects, read_object, text_of
from shared.sources.platform_lead import (
    Answer,
    PlatformConsent,
    PlatformLead,
    answer,
    cut_remark,
    from_iso,
    named_texts,
    texts,
)

_TOKEN = re.compile(r"[0-9A-Za-z_-]{1,128}")
_BY_TYPE = {"email": "email", "phone_number": "phone"}
_LEGAL = "legal"


def read_lead(body: bytes, source_id: str) -> PlatformLead:
    """The form response in a body whose signature was verified."""
    response = read_object(body).get("form_response")
    token = text_of(at(response, "token"))
    if not _TOKEN.fullmatch(token):
        raise RejectedInput("unreadable_lead", Fault("/form_response/token", "bad_id"))
    questions = {text_of(one.get("id")): one for one in objects(at(response, "definition", "fields"))}
    given = list(objects(at(response, "answers")))
    answers = tuple(_answer(one, questions) for one in given if at(one, "field", "type") != _LEGAL)
    kept = tuple(one for one in answers if one.values)
    hidden = at(response, "hidden")
    return PlatformLead(
        platform="typeform",
        source_id=source_id,
        external_id=token,
        key=f"tf#{token}",
        form_id=text_of(at(response, "form_id")),
        form_version="",
        submitted_at=from_iso(at(response, "submitted_at")),
        is_test=False,
        answers=kept,
        consents=tuple(_consent(one, questions) for one in given if at(one, "field", "type") == _LEGAL),
        hidden=named_texts(hidden.items()) if isinstance(hidden, dict) else {},
        remarks=cut_remark(kept),
    )


def _answer(given: Mapping[str, Any], questions: Mapping[str, Mapping[str, Any]]) -> Answer:
    field_id, ref = text_of(at(given, "field", "id")), text_of(at(given, "field", "ref"))
    our_name = ref if ref in CANONICAL else _BY_TYPE.get(text_of(given.get("type")), "")
    return answer(ref or field_id, our_name, text_of(questions.get(field_id, {}).get("title")), _values(given))


def _values(given: Mapping[str, Any]) -> Iterator[str]:
    """The member named after the answer's type; choices by label, whatever was typed beside them too."""
    value = given.get(text_of(given.get("type")))
    if isinstance(value, dict):
        value = [value.get("label"), value.get("labels"), value.get("other")]
    yield from texts(value)


def _consent(given: Mapping[str, Any], questions: Mapping[str, Mapping[str, Any]]) -> PlatformConsent:
    field_id = text_of(at(given, "field", "id"))
    question = questions.get(field_id, {})
    required = at(question, "validations", "required")
    parts = (text_of(question.get("title")), text_of(at(question, "properties", "description")))
    wording = "\n".join(filter(None, parts))
    return PlatformConsent(
        consent_id=text_of(at(given, "field", "ref")) or field_id,
        checked=given.get("boolean") is True,
        wording=wording,
        lang="",
        required=required if isinstance(required, bool) else None,
        # A legal question is answered by one of two buttons, and none is chosen before.
        prechecked=False,
        as_shown=bool(wording),
    )
