"""Valid things for tests; a test changes only what matters to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.domain.agreement import Agreement, Form, from_compiled
from shared.domain.definition import Definition, compile_definitions
from shared.domain.identity import Keyring
from shared.domain.question import Draws, Question
from shared.domain.submission import ContactPoints, Signals, Submission
from shared.settings import compiled_agreement

AGREEMENT: Agreement = from_compiled(compiled_agreement())
DEFINITIONS = compile_definitions(AGREEMENT.definitions)
DEFINITION: Definition = DEFINITIONS["default"]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEYRING = Keyring("k1", b"a key for tests only")
ADA = {
    "email": "ada@example.com",
    "first_name": "Ada",
    "company": "Example Engines",
    "job_title": "Director of Engineering",
    "company_size": "201-1000",
    "country": "FR",
}


def a_submission(form_id: str = "demo-request", **changes: Any) -> Submission:
    """Ada asks for a demo and ticks nothing."""
    fields: Mapping[str, str] = changes.pop("fields", ADA)
    ticked = changes.pop("ticked", ())
    form = AGREEMENT.forms[form_id]
    submission = Submission(
        form_id=form_id,
        key=None,
        fields=fields,
        contact=ContactPoints(fields.get("email"), fields.get("phone")),
        consents={box.purpose: box.purpose in ticked for box in form.boxes},
        notice=form.notice,
        context={"page_url": "https://www.example.com/demo"},
        signals=Signals(),
    )
    return replace(submission, **changes)


def a_question(form_id: str = "demo-request", **changes: Any) -> Question:
    """What the door asks the journey about Ada's submission."""
    form: Form = changes.pop("form", AGREEMENT.forms[form_id])
    submission = a_submission(form_id, **changes)
    return Question(submission, form, AGREEMENT.notices[submission.notice], DEFINITION, AGREEMENT.jurisdictions)


def draws(number: int = 1) -> Draws:
    """Ids that a test can tell apart: 32 hex digits each, all different."""
    ids = [f"{kind}{number:031x}" for kind in "1234"]
    return Draws(receipt_id=ids[0], event_id=ids[1], lead_id=ids[2], chain=ids[3], salt=number.to_bytes(32, "big"))
