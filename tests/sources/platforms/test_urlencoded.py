from __future__ import annotations

import pytest

from shared.sources.urlencoded import CHARSETS, codec, nested, pairs
from tests.sources.builders import rejection


@pytest.mark.parametrize(
    ("raw", "charset"),
    [
        ("é".encode("cp1252"), "iso-8859-1"),
        (b"%E9", "ISO-8859-1"),
        (b"%C3%A9", "utf-8"),
        (b"%C3%A9", '"UTF-8"'),
        (b"%93%FA", "Shift_JIS"),
        (b"%83A", "shift-jis"),
        (b"%C6%FC", "EUC-JP"),
        (b"%A4%E9", "Big5"),
        (b"%C8%D5", "GB2312"),
        (b"%C0%CF", "ks_c_5601-1987"),
    ],
)
def test_a_page_in_another_charset_is_read_in_it(raw: bytes, charset: str) -> None:
    ((name, text),) = pairs(b"city=" + raw, 10, codec(charset))

    assert (name, len(text)) == ("city", 1)


@pytest.mark.parametrize("label", ["", "utf-7", "iso-2022-jp", "utf-16", "punycode", "rot13", "hex", "idna", "\ud800"])
def test_a_charset_that_hides_characters_is_not_read(label: str) -> None:
    assert rejection(codec, label) == ("unsupported_media_type", {("", "charset")})


def test_every_charset_has_a_codec_that_keeps_the_signs_between_pairs() -> None:
    for name in CHARSETS.values():
        assert "a=b&c=%41".encode("ascii").decode(name) == "a=b&c=%41"


@pytest.mark.parametrize(
    ("body", "charset", "code"),
    [
        (b"a=%ff", "utf-8", "bad_pair"),
        (b"a=\xff", "utf-8", "not_utf8"),
        (b"a=%81", "cp1252", "bad_pair"),
        (b"a=\x81", "cp1252", "not_in_charset"),
        (b"a", "utf-8", "bad_pair"),
        (b"a=1&&b=2", "utf-8", "bad_pair"),
        (b"a=1&b=2&c=3&d=4", "utf-8", "too_many_members"),
    ],
)
def test_what_no_browser_sends_is_malformed(body: bytes, charset: str, code: str) -> None:
    assert rejection(pairs, body, 3, charset) == ("malformed_body", {("", code)})


def test_nothing_has_no_pairs() -> None:
    assert pairs(b"", 3) == []


def test_a_huge_body_is_refused() -> None:
    assert rejection(pairs, b"a=" + b"b" * 1_048_576, 10) == ("body_too_large", set())


def test_brackets_spell_an_object() -> None:
    given = [("form[id]", "7"), ("fields[email][value]", "a"), ("fields[email][title]", "E-mail"), ("plain", "x")]

    assert nested(given) == {
        "form": {"id": "7"},
        "fields": {"email": {"value": "a", "title": "E-mail"}},
        "plain": "x",
    }


@pytest.mark.parametrize("name", ["topics", "topics[]"])
def test_a_name_that_repeats_is_a_list(name: str) -> None:
    assert nested([(name, "a"), (name, "b"), (name, "c")]) == {"topics": ["a", "b", "c"]}


def test_a_name_with_other_brackets_is_a_name_like_any() -> None:
    assert nested([("a]b", "1"), ("[x]", "2"), ("c[d]e", "3")]) == {"a]b": "1", "[x]": "2", "c[d]e": "3"}


@pytest.mark.parametrize("given", [[("a", "1"), ("a[b]", "2")], [("a[b]", "1"), ("a", "2")]])
def test_a_value_cannot_hold_others(given: list[tuple[str, str]]) -> None:
    assert rejection(nested, given) == ("malformed_body", {("", "duplicate_key")})


def test_eight_steps_are_read_and_nine_are_not() -> None:
    assert nested([("a" + "[b]" * 7, "1")])
    assert rejection(nested, [("a" + "[b]" * 8, "1")]) == ("malformed_body", {("", "too_deep")})
