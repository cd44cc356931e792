"""Valid forms and notices for tests of the page; a test changes only what matters to it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from shared.domain.agreement import Agreement, Box, Field, Form, Notice

WORDING = (
    "Example Software Ltd (privacy@example.com) uses what you enter here to answer your request.\n"
    "Only when you tick a box do we send you news or call you. You may withdraw each consent at any time.\n"
)
BOXES = (
    Box("mkt_email", "email", "Send me product news and invitations by e-mail. I can stop this at any time."),
    Box("mkt_phone", "phone", "Call me about other products and offers. I can stop this at any time."),
    Box(
        "profiling",
        "none",
        "Use what I read and watch on this site to judge which offers fit me. I can stop this at any time.",
    ),
)
FIELDS = (
    Field("email", "email", "Work e-mail", True, 254, "email"),
    Field("first_name", "text", "First name", False, 200, "given-name"),
    Field("last_name", "text", "Last name", False, 200, "family-name"),
    Field("company", "text", "Company", False, 200, "organization"),
    Field("job_title", "text", "Job title", False, 200, "organization-title"),
    Field("company_size", "size", "Company size", False, 40, "off", ("1-10", "11-50", "51-200", "201-1000", "1001+")),
    Field("country", "country", "Country", False, 2, "country"),
    Field("phone", "phone", "Phone", False, 40, "tel"),
    Field("message", "long_text", "What would you like to see?", False, 4000, "off"),
)


def a_notice(wording: str = WORDING) -> Notice:
    """The privacy wording that the form shows."""
    sha256 = hashlib.sha256(wording.encode()).hexdigest()
    return Notice("website-privacy", 1, "en", wording, sha256, "Write to privacy@example.com; one word is enough.")


def a_form(**changes: Any) -> Form:
    """The demo request with all its fields and boxes."""
    form = Form(
        form_id="demo-request",
        version=1,
        title="Request a demo",
        action="demo_request",
        enabled=True,
        fields=FIELDS,
        boxes=BOXES,
        notice="website-privacy@1",
        older_notices=(),
        allowed_origins=("https://www.example.com",),
        thanks_url="/thanks",
        sorry_url="/sorry",
    )
    return replace(form, **changes)


def an_agreement(*forms: Form) -> Agreement:
    """An agreement of these forms and their notice."""
    return Agreement(
        forms={form.form_id: form for form in forms or (a_form(),)},
        notices={"website-privacy@1": a_notice()},
        definitions={},
        jurisdictions={},
    )
