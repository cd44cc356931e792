"""Form builders by the map in their source's file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.domain.agreement import PlatformBox, QuietAfter, Source
from shared.sources.attested import REMARK, attested, with_boxes_among_answers
from shared.sources.mapped_form import found, read_lead
from shared.sources.platform_lead import PlatformLead
from shared.sources.salesforce import read_lead as read_web_to_lead
from tests.sources.builders import rejection
from tests.sources.platforms import vectors as v

NEWS = "Send me news."


def a_source(**changes: Any) -> Source:
    valid: dict[str, Any] = {
        "source_id": "builder",
        "version": 1,
        "platform": "generic",
        "enabled": True,
        "action": "contact_request",
        "notice": "website-privacy@1",
        "accounts": (),
        "forms": (),
        "form_actions": {},
        "lead_types": (),
        "fields": {},
        "boxes": (PlatformBox("mkt_email", "email", "", "news", NEWS),),
        "basis": None,
        "hidden": {"utm": "utm_source"},
        "campaigns": {},
        "default_country": None,
        "tests": "record",
        "government_ids": False,
        "quiet_after": QuietAfter(6, 24, 168),
        "proof": "header",
        "proof_header": "x-leadgate-key",
        "places": {"answers": ""},
        "allowed_origins": (),
        "return_urls": (),
        "thanks_url": "/thanks",
        "sorry_url": "/sorry",
        "thanks_text": "Thank you.",
    }
    return Source(**(valid | changes))


def read(body: Any, source: Source | None = None) -> PlatformLead:
    return read_lead(json.dumps(body).encode(), "application/json", source or a_source())


def told(lead: PlatformLead) -> dict[str, str]:
    return {one.question: one.text for one in lead.answers}


def test_a_flat_object_is_read_as_it_stands() -> None:
    lead = read({"your-email": "ada@example.com", "topics": ["score", "consent"], "n": 7, "_wpcf7": "12", "none": None})

    assert told(lead) == {"your-email": "ada@example.com", "topics": "score, consent", "n": "7"}
    assert (lead.platform, lead.source_id, lead.key, lead.form_id) == ("generic", "builder", None, "")


def test_a_file_is_no_answer() -> None:
    assert told(read({"cv": {"filename": "cv.pdf", "content": "aGVsbG8="}})) == {}


def test_a_hidden_input_is_no_answer_either() -> None:
    lead = read({"utm": "newsletter", "message": "Hello"})

    assert (lead.hidden, told(lead)) == ({"utm": "newsletter"}, {"message": "Hello"})


def test_webflow_is_read_by_its_places() -> None:
    places = {
        "key": "/payload/id",
        "form_id": "/payload/name",
        "submitted_at": "/payload/submittedAt",
        "answers": "/payload/data",
    }

    lead = read_lead(v.WEBFLOW_BODY, "application/json; charset=utf-8", a_source(places=places, platform="webflow"))

    assert told(lead) == {"First Name": "Ada", "email": "ada@example.com"}
    assert (lead.key, lead.external_id, lead.form_id) == (
        "builder#6321ca84df3949bfc6752327",
        "6321ca84df3949bfc6752327",
        "Contact Us",
    )
    assert lead.submitted_at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize("safe", ["", "[]"])
def test_elementor_is_read_with_its_titles_however_its_brackets_are_written(safe: str) -> None:
    body = {
        "form[id]": "1a2b",
        "fields[email][id]": "email",
        "fields[email][title]": "Your e-mail",
        "fields[email][value]": "ada@example.com",
        "fields[news][value]": "on",
        "meta[page_url][value]": "https://www.example.com/contact",
    }
    places = {"answers": "/fields", "page_url": "/meta/page_url/value", "form_id": "/form/id"}

    lead = read_lead(urlencode(body, safe=safe).encode(), "application/x-www-form-urlencoded", a_source(places=places))

    assert [(one.question, one.label, one.text) for one in lead.answers] == [
        ("email", "Your e-mail", "ada@example.com")
    ]
    assert [(one.consent_id, one.checked) for one in lead.consents] == [("news", True)]
    assert (lead.form_id, lead.tracking) == ("1a2b", {"page_url": "https://www.example.com/contact"})


def test_a_place_of_its_own_has_our_name_and_outranks_the_list() -> None:
    places = {"answers": "/answers", "email": "/people/0/mail"}

    lead = read({"people": [{"mail": "ada@example.com"}], "answers": {"email": "x"}}, a_source(places=places))

    assert lead.fields == {"email": "ada@example.com"}


def test_without_a_list_of_answers_the_whole_body_is_the_list() -> None:
    assert told(read({"a": "1"}, a_source(places={}))) == {"a": "1"}


@pytest.mark.parametrize(
    ("value", "checked"),
    [
        ("1", True),
        ("on", True),
        ("Yes", True),
        (True, True),
        (NEWS, True),
        ([NEWS], True),
        ("", False),
        ("0", False),
        (False, False),
        (None, False),
        ("maybe", False),
        ([], False),
        ({"value": "1"}, True),
    ],
)
def test_only_a_plain_yes_ticks_a_box(value: Any, checked: bool) -> None:
    (box,) = read({"news": value}).consents

    assert (box.checked, box.wording, box.as_shown) == (checked, NEWS, True)


def test_a_box_that_was_not_sent_was_not_ticked() -> None:
    assert [one.checked for one in read({"email": "ada@example.com"}).consents] == [False]


def test_a_box_that_is_known_by_its_wording_alone_is_not_looked_for() -> None:
    assert read({"news": "1"}, a_source(boxes=(PlatformBox("mkt_email", "email", wording=NEWS),))).consents == ()


def test_a_box_without_a_wording_in_the_file_proves_nothing() -> None:
    source = a_source(boxes=(PlatformBox("mkt_email", "email", "contact", "news"),))

    assert [one.as_shown for one in read({"news": "1"}, source).consents] == [False]


@pytest.mark.parametrize(
    ("value", "is_test"), [(True, True), ("yes", True), (1, True), (False, False), ("false", False), (None, False)]
)
def test_what_is_not_plainly_false_is_a_test(value: Any, is_test: bool) -> None:
    assert read({"test": value}, a_source(places={"test": "/test"})).is_test is is_test


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, None, {"a": 1}, "ключ"])
def test_a_key_that_is_none_is_remarked_and_the_content_serves(value: Any) -> None:
    lead = read({"id": value}, a_source(places={"key": "/id"}))

    assert (lead.key, lead.remarks) == (None, ("no_key",))


def test_a_long_answer_is_cut_and_remarked() -> None:
    assert read({"message": "x" * 4001}).remarks == ("answer_cut",)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", {"a/b": [{"~": 1}]}),
        ("/a~1b/0/~0", 1),
        ("/a~1b/00/~0", 1),
        ("/a~1b/1", None),
        ("/a~1b/-1", None),
        ("/a~1b/x", None),
        ("/a~1b/0/~0/x", None),
        ("/missing/x", None),
    ],
)
def test_a_pointer_finds_its_place_or_nothing(pointer: str, value: Any) -> None:
    assert found({"a/b": [{"~": 1}]}, pointer) == value


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/jsonp", "multipart/form-data"])
def test_other_types_are_refused(content_type: str | None) -> None:
    assert rejection(read_lead, b"{}", content_type, a_source()) == (
        "unsupported_media_type",
        {("", "media_type")},
    )


def test_a_declared_charset_is_used() -> None:
    lead = read_lead(b"name=J%FCrgen", "application/x-www-form-urlencoded; charset=iso-8859-1", a_source())

    assert told(lead) == {"name": "Jürgen"}


# ------------------------------------------------------------------ boxes that somebody looked at


def test_a_box_that_one_of_us_saw_is_neither_required_nor_ticked_beforehand() -> None:
    source = a_source(boxes=(PlatformBox("mkt_email", "email", "", "news", NEWS, "2026-11-01"),))

    lead = attested(read({"news": "1"}, source), source)

    assert lead.consents[0].as_box() == {"checked": True, "pre": False, "req": False}
    assert lead.remarks == (REMARK,)


def test_what_the_platform_says_is_not_overruled() -> None:
    source = a_source(boxes=(PlatformBox("mkt_email", "email", "", "news", NEWS, "2026-11-01"),))
    lead = read({"news": "1"}, source)
    required = replace(lead, consents=(replace(lead.consents[0], required=True, prechecked=True),))

    assert attested(required, source) == required


def test_a_box_that_nobody_saw_counts_for_nothing() -> None:
    lead = read({"news": "1"})

    assert attested(lead, a_source()) == lead
    assert lead.consents[0].as_box() == {"checked": True, "pre": True, "req": True}


def test_a_tick_among_the_answers_becomes_a_box() -> None:
    body = urlencode({"oid": "00D000000000001", "email": "ada@example.com", "news": "1"}).encode()

    lead = with_boxes_among_answers(read_web_to_lead(body, "builder"), a_source())

    assert told(lead) == {"email": "ada@example.com"}
    assert [(one.consent_id, one.checked) for one in lead.consents] == [("news", True)]
