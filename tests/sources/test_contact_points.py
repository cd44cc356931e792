"""Contact points: one form per mailbox and per line, and never two mailboxes in one form."""

from __future__ import annotations

import string
import subprocess
import sys

import email_validator
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.sources import contact_points
from shared.sources.contact_points import email_identity, phone_number
from shared.sources.plain_text import BadText

LOCAL = st.text(string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-..", min_size=1, max_size=66)
LABEL = st.text(string.ascii_letters + string.digits + "--", min_size=1, max_size=65)
TLD = st.one_of(LABEL, st.sampled_from(["com", "COM", "org", "de", *email_validator.SPECIAL_USE_DOMAIN_NAMES]))
ASCII_ADDRESS = st.builds(
    lambda local, labels, tld: f"{local}@{'.'.join([*labels, tld])}", LOCAL, st.lists(LABEL, max_size=4), TLD
)
WORLD_LABEL = st.text("aéßıſﬁｅюα李ا-1", min_size=1, max_size=5)
WORLD_ADDRESS = st.builds(
    lambda local, label, tld: f"{local}@{label}.{tld}",
    st.text("aZ9.+ａé", min_size=1, max_size=4),
    st.one_of(WORLD_LABEL, WORLD_LABEL.map(lambda label: "xn--" + label)),
    st.sampled_from(["com", "рф", "中国", "test"]),
)


def identity_or_none(address: str) -> str | None:
    try:
        return email_identity(address)
    except BadText:
        return None


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.Lovelace@Example.COM", "ada.lovelace@example.com"),
        ("ada+news@example.com", "ada+news@example.com"),
        ("a.d.a@example.org", "a.d.a@example.org"),
        ("ada@mail.example.net", "ada@mail.example.net"),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
        ("ada@müller.example.com", "ada@xn--mller-kva.example.com"),
        ("ADA@MÜLLER.example.com", "ada@xn--mller-kva.example.com"),
        ("ada@XN--MLLER-KVA.example.com", "ada@xn--mller-kva.example.com"),
        ("ada@日本語テスト.jp", "ada@xn--zckzah9945czlbtz6h.jp"),
        ("ada@한국tv.example.com", "ada@xn--tv-ro2i723k.example.com"),
        ("ada@пример.рф", "ada@xn--e1afmkfd.xn--p1ai"),
        ("ada@a--b.example.com", "ada@a--b.example.com"),
    ],
)
def test_one_mailbox_has_one_identity(address: str, identity: str) -> None:
    assert identity_or_none(address) == identity


@pytest.mark.parametrize(
    "address",
    [
        "x" * 65 + "@example.com",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@@example.com",
        "ada@example..com",
        ".ada@example.com",
        "ada.@example.com",
        "a..a@example.com",
        "ada @example.com",
        "ada@exam ple.com",
        "Ada <ada@example.com>",
        '"ada lovelace"@example.com',
        "ada@[127.0.0.1]",
        "ada@127.0.0.1",
        "ada@example.com.",
        "ada@-example.com",
        "ada@example-.com",
        "ada@ab--cd.com",
        "ada@example.test",
        "ada@localhost",
        "ada@www.localhost",
        "ada@printer.local",
        "ada@example.invalid",
        "ada@xn--a.com",
        "ada@xn--.com",
        "ada@" + "a" * 64 + ".com",
        "ada@" + "a." * 126 + "com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert identity_or_none(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "ａdmin@example.com",
        "аda@example.com",
        "ada@ｅxample.com",
        "ada@example。com",
        "ada@ſtripe.com",
        "ada@ﬁre.com",
        "ada@exаmple.com",
        "ada@xn--exmple-4uf.com",
        "ada@αbc.com",
        "ada＠example.com",
    ],
)
def test_look_alikes_are_refused_rather_than_folded(address: str) -> None:
    assert identity_or_none(address) is None


@pytest.mark.parametrize("length", [253, 254])
def test_addresses_of_up_to_254_characters_are_read(length: int) -> None:
    address = "a" * (length - 190) + "@" + ".".join(["b" * 61] * 3) + ".com"

    assert len(address) == length
    assert identity_or_none(address) == address


def test_an_address_of_255_characters_is_refused() -> None:
    address = "a" * 64 + "@" + ".".join(["b" * 61] * 3) + ".comm"

    assert len(address) == 255
    assert identity_or_none(address) is None


@settings(max_examples=400, deadline=None)
@given(ASCII_ADDRESS)
@example("ada@EXAMPLE.COM")
@example("a" * 65 + "@example.com")
def test_the_short_way_for_plain_addresses_says_what_the_library_says(address: str) -> None:
    try:
        theirs = email_validator.validate_email(
            address, strict=True, allow_smtputf8=False, check_deliverability=False
        ).ascii_email
    except email_validator.EmailNotValidError:
        theirs = None

    assert identity_or_none(address) == (theirs and theirs.lower())


def test_every_special_use_domain_of_the_library_goes_to_the_library() -> None:
    assert set(email_validator.SPECIAL_USE_DOMAIN_NAMES) <= contact_points._RESERVED


@settings(max_examples=400, deadline=None)
@given(st.one_of(ASCII_ADDRESS, WORLD_ADDRESS, st.text(max_size=30)))
def test_the_identity_of_an_identity_is_itself(address: str) -> None:
    identity = identity_or_none(address)

    assert identity is None or (identity.isascii() and identity_or_none(identity) == identity)


@settings(max_examples=200, deadline=None)
@given(WORLD_ADDRESS, WORLD_ADDRESS)
def test_two_addresses_share_an_identity_only_if_they_differ_in_case(one: str, other: str) -> None:
    same = identity_or_none(one) is not None and identity_or_none(one) == identity_or_none(other)

    def unpacked(address: str) -> str:
        local, _, domain = address.lower().partition("@")
        return f"{local}@{email_validator.validate_email('a@' + domain, check_deliverability=False).domain}"

    assert not same or unpacked(one) == unpacked(other)


@pytest.mark.parametrize(
    ("text", "country", "e164", "extension"),
    [
        ("+44 20 7946 0958", None, "+442079460958", ""),
        ("020 7946 0958", "GB", "+442079460958", ""),
        ("+44 20 7946 0958", "DE", "+442079460958", ""),
        ("00 44 20 7946 0958", "DE", "+442079460958", ""),
        ("+1 (212) 555-0100", None, "+12125550100", ""),
        ("212.555.0100", "US", "+12125550100", ""),
        ("+1 212 555 0100 ext. 12", None, "+12125550100", "12"),
        ("+1 212 555 0100x12", None, "+12125550100", "12"),
        ("+1 212 555 0100 #1234567", None, "+12125550100", "1234567"),
        ("+39 06 1234 5678", None, "+390612345678", ""),
        ("+49 (0)30 1234567", None, "+49301234567", ""),
    ],
)
def test_a_number_is_kept_in_its_international_form(text: str, country: str | None, e164: str, extension: str) -> None:
    assert phone_number(text, country) == (e164, extension)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("020 7946 0958", None),
        ("030 1234567", "AQ"),
        ("+", None),
        ("+++", None),
        ("+44", None),
        ("+1 23", None),
        ("253-0000", "US"),
        ("+999 999 999 999", None),
        ("+44 20 7946 0958 12345678", None),
        ("+1 212 555 0100 ext. 12345678", None),
        ("tel:+442079460958", None),
        ("+44 20 7946 0958;ext=1", None),
        ("1-800-FLOWERS", "US"),
        ("+٤٤ ٢٠ ٧٩٤٦ ٠٩٥٨", None),
        ("＋442079460958", None),
        ("+442079460958\n", None),
        ("call me", "GB"),
        ("000000", "DE"),
    ],
)
def test_what_cannot_be_called_is_refused(text: str, country: str | None) -> None:
    with pytest.raises(BadText, match="invalid_phone"):
        phone_number(text, country)


@settings(max_examples=200, deadline=None)
@given(st.text("+0123456789 ()-x", min_size=3, max_size=24), st.sampled_from([None, "GB", "DE", "US", "IT"]))
def test_an_international_number_stays_as_it_is(text: str, country: str | None) -> None:
    try:
        once = phone_number(text, country)[0]
    except BadText:
        return

    assert phone_number(once, None) == (once, "")


def test_the_dear_libraries_are_not_imported_with_the_reader() -> None:

    program = "import sys; import shared.sources.website_form; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert not {"email_validator", "phonenumbers", "idna", "dns", "pydantic"} & set(loaded)
