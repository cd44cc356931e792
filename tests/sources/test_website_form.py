"""A website form from bytes to a submission: envelope, keys, notice, boxes, and the flat forms beside JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.agreement import Box
from shared.domain.submission import ContactPoints, Signals, Submission
from shared.sources import website_form
from shared.sources.website_form import MAX_BODY, is_flat
from tests.sources.builders import (
    BOUNDARY,
    CONTENT_TYPES,
    KEY,
    a_field,
    a_form,
    answers,
    multipart_body,
    read,
    read_bytes,
    rejection,
    urlencoded_body,
)

OTHER_KEY = "another-key-of-this-sender"


def test_everything_that_was_said_is_in_the_submission() -> None:
    body = {
        "submission_id": KEY,
        "notice": "website-privacy@1",
        "fields": answers(),
        "consents": {"mkt_email": True},
        "context": {"utm_source": "linkedin", "visits": 2},
    }
    signals = Signals(gpc=("1",), edge_country="DE")

    submission = website_form.read(json.dumps(body).encode(), "application/json", (), signals, a_form())

    assert submission == Submission(
        form_id="demo-request",
        key=KEY,
        fields={"email": "ada@example.com", "company": "Example Ltd"},
        contact=ContactPoints("ada@example.com", None),
        consents={"mkt_email": True, "mkt_phone": False},
        notice="website-privacy@1",
        context={"utm_source": "linkedin", "visits": 2},
        signals=signals,
        is_test=False,
    )


def test_an_empty_object_is_a_submission_without_answers() -> None:
    submission = read_bytes(b"{}")

    assert (submission.fields, submission.contact, submission.key) == ({}, ContactPoints(), None)


def padded(length: int) -> bytes:
    return b"{}".ljust(length)


@pytest.mark.parametrize("length", [MAX_BODY - 1, MAX_BODY])
def test_64_kibibytes_are_read(length: int) -> None:
    assert read_bytes(padded(length))


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
def test_one_byte_more_is_too_large(content_type: str | None) -> None:
    assert rejection(read_bytes, padded(MAX_BODY + 1), content_type) == ("body_too_large", set())


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json;",
        "application/json; profile=x",
    ],
)
def test_json_by_any_of_its_spellings_is_read(content_type: str) -> None:
    assert read_bytes(b"{}", content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        ";",
        "text/plain",
        "text/json",
        "application/xml",
        "application/jsonx",
        "application/vnd.api+json",
        "multipart/mixed; boundary=b",
        "application/json, text/plain",
        "application/json; charset=utf-8; charset=utf-8",
    ],
)
def test_another_content_type_is_unsupported(content_type: str | None) -> None:
    assert rejection(read_bytes, b"{}", content_type) == ("unsupported_media_type", {("", "media_type")})


@pytest.mark.parametrize("media_type", CONTENT_TYPES.values())
@pytest.mark.parametrize("charset", ["latin-1", "utf-16", '""', "", '"utf-8'])
def test_another_charset_is_unsupported(media_type: str, charset: str) -> None:
    refusal = rejection(read_bytes, b"{}", f"{media_type}; charset={charset}")

    assert refusal == ("unsupported_media_type", {("", "charset")})


@pytest.mark.parametrize("content_type", CONTENT_TYPES.values())
def test_an_empty_body_is_malformed(content_type: str) -> None:
    assert rejection(read_bytes, b"", content_type) == ("malformed_body", {("", "empty_body")})


def test_multipart_without_a_boundary_is_malformed() -> None:
    refusal = rejection(read_bytes, multipart_body({"email": "x"}), "multipart/form-data")

    assert refusal == ("malformed_body", {("", "boundary")})


@pytest.mark.parametrize(
    ("content_type", "flat"),
    [
        ("application/x-www-form-urlencoded; charset=utf-8", True),
        ("Multipart/Form-Data; boundary=b", True),
        ("application/json", False),
        ("text/plain", False),
        (None, False),
    ],
)
def test_only_forms_without_a_script_are_flat(content_type: str | None, *, flat: bool) -> None:
    assert is_flat(content_type) is flat


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ((), None),
        ((KEY,), KEY),
        ((f'"{KEY}"',), KEY),
        ((f" {KEY} ",), KEY),
        (("a" * 16,), "a" * 16),
        (("-" * 17,), "-" * 17),
        (("Z" * 63,), "Z" * 63),
        (("_" * 64,), "_" * 64),
    ],
)
def test_the_header_may_hold_the_key(header: tuple[str, ...], key: str | None) -> None:
    assert read(key=header).key == key


BAD_KEYS = ["", '""', "a" * 15, "a" * 65, "key with spaces 123", "key/with/slashes1", "é" * 16, "１" * 16]


@pytest.mark.parametrize("value", [*BAD_KEYS, f'"{KEY}', f"{KEY}, {KEY}", f'"{KEY}";x=1', f" {KEY}\x00"])
def test_a_malformed_key_in_the_header_is_refused(value: str) -> None:
    assert rejection(read, key=(value,)) == ("bad_key", {("", "key_format")})


@pytest.mark.parametrize("value", [*BAD_KEYS, f'"{KEY}"', f"{KEY}\n", None, 1234567890123456, [KEY], {}, True])
def test_a_malformed_key_in_the_body_is_refused(value: Any) -> None:
    assert rejection(read, submission_id=value) == ("bad_key", {("/submission_id", "key_format")})


def test_two_headers_are_refused_even_when_they_agree() -> None:
    assert rejection(read, key=(KEY, KEY)) == ("bad_key", {("", "several_keys")})


def test_header_and_body_may_agree() -> None:
    assert read(key=(f'"{KEY}"',), submission_id=KEY).key == KEY


def test_header_and_body_may_not_differ() -> None:
    assert rejection(read, key=(OTHER_KEY,), submission_id=KEY) == ("bad_key", {("/submission_id", "keys_differ")})


def test_the_forms_notice_holds_when_none_is_named() -> None:
    assert read().notice == "website-privacy@2"


@pytest.mark.parametrize("notice", ["website-privacy@2", "website-privacy@1"])
def test_a_notice_of_the_form_is_kept(notice: str) -> None:
    assert read(notice=notice).notice == notice


@pytest.mark.parametrize("notice", ["website-privacy@3", "other@1", "", None, 1, ["website-privacy@1"], {}, True])
def test_another_notice_is_unknown(notice: Any) -> None:
    assert rejection(read, notice=notice) == ("unknown_notice", {("/notice", "unknown_notice")})


def test_boxes_that_were_not_sent_were_not_ticked() -> None:
    assert read().consents == {"mkt_email": False, "mkt_phone": False}
    assert read(consents={"mkt_phone": True}).consents == {"mkt_email": False, "mkt_phone": True}


def test_a_form_without_boxes_has_no_consents() -> None:
    assert read(form=a_form(boxes=())).consents == {}


@pytest.mark.parametrize("value", ["on", "true", 1, 0, None, [], "", "false"])
def test_a_box_in_json_is_true_or_false(value: Any) -> None:
    refusal = rejection(read, consents={"mkt_email": value})

    assert refusal == ("invalid_submission", {("/consents/mkt_email", "not_boolean")})


def test_a_purpose_that_the_form_does_not_offer_is_refused() -> None:
    form = a_form(boxes=(Box("mkt_email", "email", "News"),))

    assert rejection(read, form=form, consents={"mkt_phone": False})[1] == {("/consents", "unknown_purpose")}


@pytest.mark.parametrize("name", ["fields", "consents", "context"])
@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_a_part_that_is_no_object_is_refused(name: str, value: Any) -> None:
    body = json.dumps({"fields": answers(), name: value}).encode()

    assert rejection(read_bytes, body) == ("invalid_submission", {(f"/{name}", "not_an_object")})


def test_an_unknown_member_is_refused_without_repeating_its_name() -> None:
    assert rejection(read, ada="x", is_test=True) == ("invalid_submission", {("", "unknown_member")})


def test_faults_of_all_parts_come_together() -> None:
    refusal = rejection(read, answers(email="ada"), consents={"x": True}, context={"visits": -1}, extra=1)

    assert refusal[1] == {
        ("", "unknown_member"),
        ("/fields/email", "invalid_email"),
        ("/consents", "unknown_purpose"),
        ("/context/visits", "out_of_range"),
    }


FLAT = {
    "submission_id": KEY,
    "notice": "website-privacy@1",
    "email": "Ada@Example.com",
    "company": "Zoë & Söhne + Co",
    "company_size": "250",
    "message": "Hello,\r\nwe need = a demo; 100 % soon",
    "first_name": "",
    "consent_mkt_email": "on",
    "utm_source": "linkedin",
    "time_on_page_s": "41",
    "visits": "",
    "page_url": "https://www.example.com/demo?a=b&c=d",
}
SAME_AS_JSON = {
    "submission_id": KEY,
    "notice": "website-privacy@1",
    "fields": {
        "email": "Ada@Example.com",
        "company": "Zoë & Söhne + Co",
        "company_size": 250,
        "message": "Hello,\nwe need = a demo; 100 % soon",
    },
    "consents": {"mkt_email": True},
    "context": {"utm_source": "linkedin", "time_on_page_s": 41, "page_url": "https://www.example.com/demo?a=b&c=d"},
}


def test_the_three_ways_to_send_a_form_say_the_same() -> None:
    as_json = read_bytes(json.dumps(SAME_AS_JSON).encode())

    assert read_bytes(urlencoded_body(FLAT), CONTENT_TYPES["urlencoded"]) == as_json
    assert read_bytes(multipart_body(FLAT), CONTENT_TYPES["multipart"]) == as_json
    assert read_bytes(multipart_body(FLAT), f'multipart/form-data; boundary="{BOUNDARY}"') == as_json


def read_flat(**pairs: str) -> Submission:
    return read_bytes(urlencoded_body(answers() | pairs), CONTENT_TYPES["urlencoded"])


@pytest.mark.parametrize("text", ["on", "true", "1", "yes", "ON", "True"])
def test_a_ticked_box_of_a_flat_form_is_true(text: str) -> None:
    assert read_flat(consent_mkt_email=text).consents["mkt_email"] is True


@pytest.mark.parametrize("text", ["", "off", "false", "0", "no"])
def test_an_unticked_box_of_a_flat_form_is_false(text: str) -> None:
    assert read_flat(consent_mkt_email=text).consents["mkt_email"] is False


@pytest.mark.parametrize(
    ("pairs", "fault"),
    [
        ({"consent_mkt_email": "maybe"}, ("/consents/mkt_email", "not_boolean")),
        ({"consent_mkt_email": " on"}, ("/consents/mkt_email", "not_boolean")),
        ({"consent_everything": "on"}, ("/consents", "unknown_purpose")),
        ({"nickname": "Ada"}, ("/fields", "unknown_member")),
        ({"is_test": "1"}, ("/fields", "unknown_member")),
        ({"fields": "{}"}, ("/fields", "unknown_member")),
        ({"": "x"}, ("/fields", "unknown_member")),
        ({"mouse_path": "1,2;3,4"}, ("/context", "raw_trace")),
        ({"visits": "-1"}, ("/context/visits", "not_a_number")),
        ({"visits": "1,0"}, ("/context/visits", "not_a_number")),
        ({"visits": "1" * 10}, ("/context/visits", "not_a_number")),
        ({"visits": "١"}, ("/context/visits", "not_a_number")),
        ({"first_name": "\x00"}, ("/fields/first_name", "forbidden_character")),
    ],
)
def test_a_flat_form_is_read_as_strictly_as_json(pairs: dict[str, str], fault: tuple[str, str]) -> None:
    assert rejection(read_flat, **pairs) == ("invalid_submission", {fault})


def test_hidden_inputs_that_no_script_filled_count_as_not_given() -> None:
    submission = read_flat(submission_id="", notice="")

    assert (submission.key, submission.notice) == (None, "website-privacy@2")


def test_a_field_of_the_form_goes_before_context_of_the_same_name() -> None:
    form = a_form(fields=(a_field("lang"),))

    submission = read_bytes(b"lang=de", CONTENT_TYPES["urlencoded"], form=form)

    assert (submission.fields, submission.context) == ({"lang": "de"}, {})
