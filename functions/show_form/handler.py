"""The door for pages that build a form: `GET /v1/forms/{form_id}` gives fields, boxes and the exact wording."""

from __future__ import annotations

import json
from typing import Any

from shared.domain.agreement import Form, from_compiled
from shared.settings import compiled_agreement
from shared.web import cors, form_replies, gateway, problems
from shared.web.form_view import form_view

AGREEMENT = from_compiled(compiled_agreement())
FRESH = {"Content-Type": "application/json", "Cache-Control": "public, max-age=300"}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request = gateway.read(event)
    form = AGREEMENT.forms.get(request.path_parameters.get("form_id", ""))
    if form is None or not form.enabled:
        reply = problems.problem("unknown_form")
    elif request.method == "OPTIONS":
        reply = form_replies.preflight()
    elif request.method == "GET":
        reply = gateway.Reply(200, json.dumps(_view(form, request.query.get("lang", ("",))[-1])), FRESH)
    else:
        reply = problems.method_not_allowed("GET, OPTIONS")
    return reply.with_headers(cors.headers(form, request.header("origin"))).as_event()


def _view(form: Form, lang: str) -> dict[str, Any]:
    """The form in the language asked for, or in its own."""
    shown = form.spoken(lang)
    notice = AGREEMENT.wording(form.notice, shown.lang) or AGREEMENT.notices[form.notice]
    return form_view(shown, notice, form.languages)
