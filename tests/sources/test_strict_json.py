"""The strict JSON reader: what a database or a second reader would trip over is refused as malformed."""

from __future__ import annotations

import time

import pytest

from shared.sources.strict_json import read_object
from tests.sources.builders import rejection

HOSTILE = {
    "empty_object_missing": (b"null", "not_an_object"),
    "list": (b"[]", "not_an_object"),
    "string": (b'"x"', "not_an_object"),
    "number": (b"1", "not_an_object"),
    "blank": (b"  ", "not_json"),
    "cut_off": (b'{"a":', "not_json"),
    "trailing_comma": (b'{"a":1,}', "not_json"),
    "trailing_text": (b'{"a":1} x', "not_json"),
    "two_objects": (b"{}{}", "not_json"),
    "single_quotes": (b"{'a':1}", "not_json"),
    "comment": (b"{/* */}", "not_json"),
    "raw_control_character": (b'{"a":"\x00"}', "not_json"),
    "raw_new_line_in_string": (b'{"a":"\n"}', "not_json"),
    "invalid_utf8": (b'{"a":"\xff"}', "not_utf8"),
    "overlong_utf8": (b'{"a":"\xc0\xaf"}', "not_utf8"),
    "utf8_surrogate": (b'{"a":"\xed\xa0\x80"}', "not_utf8"),
    "utf16": ('{"a":1}'.encode("utf-16"), "not_utf8"),
    "utf16_without_mark": ('{"a":1}'.encode("utf-16-le"), "not_json"),
    "byte_order_mark": (b"\xef\xbb\xbf{}", "byte_order_mark"),
    "nan": (b'{"a":NaN}', "not_a_number"),
    "infinity": (b'{"a":Infinity}', "not_a_number"),
    "minus_infinity": (b'{"a":-Infinity}', "not_a_number"),
    "1e999": (b'{"a":1e999}', "number_too_large"),
    "minus_1e999": (b'{"a":-1e999}', "number_too_large"),
    "5000_digits": (b'{"a":' + b"9" * 5000 + b"}", "number_too_large"),
    "beyond_2_to_53": (b'{"a":9007199254740993}', "number_too_large"),
    "below_minus_2_to_53": (b'{"a":-9007199254740993}', "number_too_large"),
    "17_digits_and_sign": (b'{"a":-12345678901234567}', "number_too_large"),
    "duplicate_key": (b'{"a":1,"a":2}', "duplicate_key"),
    "duplicate_key_deep_down": (b'{"a":{"b":1,"b":1}}', "duplicate_key"),
    "duplicate_key_by_escape": (b'{"a":1,"\\u0061":2}', "duplicate_key"),
    "lone_high_surrogate": (b'{"a":"\\ud800"}', "lone_surrogate"),
    "lone_low_surrogate": (b'{"a":"\\udc00"}', "lone_surrogate"),
    "lone_surrogate_in_key": (b'{"\\ud800":1}', "lone_surrogate"),
    "lone_surrogate_in_list": (b'{"a":["\\ud800"]}', "lone_surrogate"),
    "100000_brackets": (b"[" * 60_000, "too_deep"),
    "2000_objects": (b'{"a":' * 2000 + b"1" + b"}" * 2000, "too_deep"),
    "brackets_after_a_quote_that_never_ends": (b'{"a":"' + b"[" * 20, "not_json"),
}


@pytest.mark.parametrize(("raw", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_malformed(raw: bytes, code: str) -> None:
    assert rejection(read_object, raw) == ("malformed_body", {("", code)})


def test_an_ordinary_object_is_read() -> None:
    raw = '{"a": "Zoë 😀", "b": [1, -2.5, true, null], "c": {"d": "\\ud83d\\ude00"}}'.encode()

    assert read_object(raw) == {"a": "Zoë 😀", "b": [1, -2.5, True, None], "c": {"d": "😀"}}


@pytest.mark.parametrize("depth", [7, 8])
def test_eight_levels_are_read(depth: int) -> None:
    assert read_object(b'{"a":' * depth + b"1" + b"}" * depth)


def test_the_ninth_level_is_too_deep() -> None:
    assert rejection(read_object, b'{"a":' * 9 + b"1" + b"}" * 9)[1] == {("", "too_deep")}


def test_brackets_side_by_side_or_inside_strings_are_not_depth() -> None:
    assert read_object(b'{"a":[{},{},{},{},{},{},{},{},{}],"b":"[[[[[[[[[\\"[[[[[[[[["}')


@pytest.mark.parametrize("number", [2**53 - 1, 2**53, -(2**53)])
def test_integers_up_to_2_to_53_are_read(number: int) -> None:
    assert read_object(b'{"a":%d}' % number) == {"a": number}


def test_the_integer_after_2_to_53_is_too_large() -> None:
    assert rejection(read_object, b'{"a":%d}' % (2**53 + 1))[1] == {("", "number_too_large")}


@pytest.mark.parametrize("length", [99, 100])
def test_lists_of_a_hundred_are_read(length: int) -> None:
    assert len(read_object(b'{"a":[' + b",".join([b"1"] * length) + b"]}")["a"]) == length


def test_the_hundred_and_first_item_is_refused() -> None:
    raw = b'{"a":[' + b",".join([b"1"] * 101) + b"]}"

    assert rejection(read_object, raw)[1] == {("", "array_too_long")}


@pytest.mark.parametrize("count", [59, 60])
def test_sixty_members_are_read(count: int) -> None:
    assert len(read_object(b"{" + b",".join(b'"m%d":1' % n for n in range(count)) + b"}")) == count


def test_the_sixty_first_member_is_refused() -> None:
    raw = b"{" + b",".join(b'"m%d":1' % n for n in range(61)) + b"}"

    assert rejection(read_object, raw)[1] == {("", "too_many_members")}


@pytest.mark.parametrize(
    "raw",
    [b'{"' + b'\\"' * 32_000, b"[" * 9 + b'"\\' * 32_000, b"{" * 65_000, b'{"a":' + b'"' * 65_000],
    ids=["escaped quotes", "quotes and backslashes", "braces", "quotes"],
)
def test_the_depth_scan_is_linear(raw: bytes) -> None:
    started = time.process_time()

    rejection(read_object, raw)

    assert time.process_time() - started < 0.5
