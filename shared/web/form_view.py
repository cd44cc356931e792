"""A form as a page needs it to ask the very questions and show the very wording that were agreed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from shared.domain.agreement import Form, Notice


def form_view(form: Form, notice: Notice, languages: Collection[str] = ()) -> dict[str, Any]:
    """JSON: form_id, lang, languages, title, fields, boxes (purpose, channel, label), and notice (ref, lang, wording,
    sha256).
    """
    return {
        "form_id": form.form_id,
        "lang": form.lang,
        "languages": list(languages),
        "title": form.title,
        "fields": [asdict(field) for field in form.fields],
        "boxes": [{"purpose": box.purpose, "channel": box.channel, "label": box.label} for box in form.boxes],
        "notice": {"ref": notice.ref, "lang": notice.lang, "wording": notice.wording, "sha256": notice.sha256},
    }
