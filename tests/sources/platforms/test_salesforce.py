"""Salesforce Web-to-Lead as a drop-in."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from shared.domain.submission import ContactPoints
from shared.sources.platform_lead import PlatformLead
from shared.sources.salesforce import charset_of, organisation_of, read_lead, wishes
from tests.sources.builders import rejection

VALID = {
    "oid": "00D000000000001",
    "retURL": "https://www.example.com/thanks",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "company": "Analytical Engines Ltd",
    "lead_source": "Web",
    "00N000000000001": "1",
}


def read(**changes: str) -> PlatformLead:
    return read_lead(urlencode(VALID | changes).encode(), "site")


def test_a_form_is_read() -> None:
    lead = read()

    assert lead.fields == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.com",
        "company": "Analytical Engines Ltd",
    }
    assert lead.contact == ContactPoints("ada@example.com")
    assert (lead.platform, lead.form_id, lead.key) == ("salesforce", "00D000000000001", None)
    assert lead.hidden == {"lead_source": "Web"}
    assert [(one.question, one.values) for one in lead.answers if not one.field] == [("00N000000000001", ("1",))]


def test_inputs_sent_twice_are_one_answer_of_two_values() -> None:
    lead = read_lead(urlencode([("oid", "1"), ("00N1", "a"), ("00N1", "b"), ("00N2", "")]).encode(), "site")

    assert [(one.question, one.values) for one in lead.answers] == [("00N1", ("a", "b"))]


@pytest.mark.parametrize(
    ("value", "channels"), [("1", ("email",)), ("on", ("email",)), ("0", ()), ("", ()), ("No", ())]
)
def test_a_tick_at_an_opt_out_is_a_no(value: str, channels: tuple[str, ...]) -> None:
    assert read(emailOptOut=value).objections == channels


def test_every_opt_out_names_its_channel() -> None:
    assert read(emailOptOut="1", doNotCall="1", faxOptOut="1").objections == ("email", "phone", "fax")


@pytest.mark.parametrize("oid", ["", " "])
def test_the_organisation_is_needed(oid: str) -> None:
    assert rejection(read, oid=oid) == ("invalid_submission", {("/oid", "required")})
    assert rejection(read_lead, b"email=a", "site") == ("invalid_submission", {("/oid", "required")})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"oid", "bad_pair"),
        (b"oid=1&&a=b", "bad_pair"),
        (b"oid=%ff", "bad_pair"),
        (b"oid=\xff", "not_utf8"),
        (b"oid=1" + b"&a=b" * 200, "too_many_members"),
    ],
)
def test_what_no_browser_sends_is_malformed(body: bytes, code: str) -> None:
    assert rejection(read_lead, body, "site") == ("malformed_body", {("", code)})


def test_two_hundred_inputs_are_read() -> None:
    assert read_lead(b"oid=1" + b"&a=b" * 199, "site").answers[0].values == ("b",) * 199


def test_a_huge_body_is_refused() -> None:
    assert rejection(read_lead, b"oid=1&a=" + b"b" * 1_048_576, "site") == ("body_too_large", set())


def test_a_long_answer_is_cut_and_remarked() -> None:
    lead = read(description="x" * 4001)

    assert lead.answers[-1].values == ("x" * 4000,)
    assert lead.remarks == ("answer_cut",)


@pytest.mark.parametrize(
    ("asked", "body", "content_type", "codec"),
    [
        (None, b"oid=1", None, "utf-8"),
        (None, b"oid=1", "application/x-www-form-urlencoded", "utf-8"),
        ("ISO-8859-1", b"encoding=UTF-8", "x; charset=big5", "cp1252"),
        (None, b"oid=1&encoding=EUC-JP", "x; charset=big5", "euc_jp"),
        ("", b"oid=1", "application/x-www-form-urlencoded; charset=Shift_JIS", "cp932"),
    ],
)
def test_the_charset_is_the_one_that_the_page_says_first(
    asked: str | None, body: bytes, content_type: str | None, codec: str
) -> None:
    assert charset_of(body, asked, content_type) == codec


def test_a_page_in_latin_letters_of_another_charset_is_read() -> None:
    lead = read_lead(b"oid=1&last_name=J%FCrgen", "site", "cp1252")

    assert lead.fields == {"last_name": "Jürgen"}


@pytest.mark.parametrize(
    ("body", "oid"),
    [
        (b"a=1&oid=00D000000000001&b=2", "00D000000000001"),
        (b"oid=00D000000000001", "00D000000000001"),
        (b"xoid=1", ""),
        (b"oid=", ""),
        (b"oid=%41", ""),
        (b"\xff\xff", ""),
    ],
)
def test_the_organisation_is_found_before_anything_is_read(body: bytes, oid: str) -> None:
    assert organisation_of(body) == oid


def test_a_campaign_tells_the_forms_of_an_organisation_apart() -> None:
    assert read(Campaign_ID="701000000000001").form_id == "701000000000001"


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"oid=1", ("", False)),
        (
            b"retURL=https%3A%2F%2Fwww.example.com%2Fthanks%3Fa%3D1&debug=1",
            ("https://www.example.com/thanks?a=1", True),
        ),
        (b"debug=0&retURL=http://a", ("http://a", False)),
        (b"debug=TRUE&retURL=%ff", ("\ufffd", True)),
        (b"retURL=&debug=", ("", False)),
        (b"retURL=\xff", ("", False)),
        (b"retURL=" + b"a" * 2049, ("", False)),
    ],
)
def test_what_the_page_wants_of_the_answer_is_read_from_any_bytes(body: bytes, wanted: tuple[str, bool]) -> None:
    assert wishes(body) == wanted


def test_nothing_that_the_page_wants_is_kept_of_the_person() -> None:
    lead = read(debug="1", debugEmail="dev@example.com", encoding="UTF-8")

    assert "dev@example.com" not in str(lead)
