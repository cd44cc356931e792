"""The roomier JSON reader: what no platform sends is refused, what only platforms send is read."""

from __future__ import annotations

import time

import pytest

from shared.sources.platform_json import MAX_BODY, at, objects, read_object, text_of
from tests.sources.builders import rejection

HOSTILE = {
    "list": (b"[]", "not_an_object"),
    "cut off": (b'{"a":', "not_json"),
    "two objects": (b"{}{}", "not_json"),
    "raw control character": (b'{"a":"\x00"}', "not_json"),
    "invalid utf-8": (b'{"a":"\xff"}', "not_utf8"),
    "byte order mark": (b"\xef\xbb\xbf{}", "byte_order_mark"),
    "nan": (b'{"a":NaN}', "not_a_number"),
    "1e999": (b'{"a":1e999}', "number_too_large"),
    "41 digits": (b'{"a":' + b"9" * 41 + b"}", "number_too_large"),
    "5000 digits": (b'{"a":' + b"9" * 5000 + b"}", "number_too_large"),
    "duplicate key": (b'{"a":{"b":1,"\\u0062":1}}', "duplicate_key"),
    "brackets": (b"[" * 100_000, "too_deep"),
    "33 levels": (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
}


@pytest.mark.parametrize(("raw", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_malformed(raw: bytes, code: str) -> None:
    assert rejection(read_object, raw) == ("malformed_body", {("", code)})


def test_32_levels_are_read() -> None:
    assert read_object(b'{"a":' * 32 + b"1" + b"}" * 32)


def test_brackets_in_strings_are_not_depth() -> None:
    assert read_object(b'{"a":"' + b"[" * 100 + b'\\"["}')


def test_long_ids_lists_and_fractions_are_read() -> None:
    raw = b'{"a":9223372036854775807,"b":[' + b",".join([b"1.5"] * 1000) + b"]}"

    read = read_object(raw)

    assert read["a"] == 2**63 - 1
    assert read["b"] == [1.5] * 1000


def test_half_an_emoji_is_read_as_browsers_show_it() -> None:
    raw = rb'{"\ud83dk":["a\ud83d","\ud83d\ude00",1,null],"b":"\u0041"}'

    assert read_object(raw) == {"\ufffdk": ["a\ufffd", "😀", 1, None], "b": "A"}


def test_a_mebibyte_is_read_and_one_byte_more_is_not() -> None:
    raw = b"{}" + b" " * (MAX_BODY - 2)

    assert read_object(raw) == {}
    assert rejection(read_object, raw + b" ") == ("body_too_large", set())


@pytest.mark.parametrize("raw", [b"{" * 1_000_000, b'{"' + b'\\"' * 500_000, b'{"a":' + b'"' * 1_000_000])
def test_the_depth_scan_is_linear(raw: bytes) -> None:
    started = time.process_time()

    rejection(read_object, raw)

    assert time.process_time() - started < 3


def test_a_way_that_ends_early_leads_to_nothing() -> None:
    assert at({"a": {"b": 1}}, "a", "b") == 1
    assert at({"a": 1}, "a", "b") is None
    assert at(None, "a") is None


def test_only_objects_of_a_list_are_objects() -> None:
    assert list(objects([{"a": 1}, 2, None])) == [{"a": 1}]
    assert list(objects({"a": 1})) == []


def test_texts_and_whole_numbers_are_ids() -> None:
    assert [text_of(value) for value in ("a", 0, True, 1.5, None, [])] == ["a", "0", "", "", "", ""]
