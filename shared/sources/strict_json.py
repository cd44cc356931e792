"""JSON without surprises: one object, no duplicate keys, no numbers or strings that a database would choke on."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import Any, NoReturn

from shared.domain.errors import Fault, RejectedInput

MAX_DEPTH = 8
MAX_ITEMS = 100
MAX_MEMBERS = 60
MAX_INTEGER = 2**53
JSON = r'application/json(?: *; *charset="?utf-8"?)?'
KEY = r"[A-Za-z0-9_-]{16,64}"
# The closing quote is optional, so that no quote is ever tried twice: linear on any input.
BRACKETS = r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]'
"""Matches strings whole, and brackets outside of them; `.` must match line ends too."""


def malformed(code: str) -> RejectedInput:
    """The refusal of bytes that are not what their content type says; `code` tells why."""
    return RejectedInput("malformed_body", Fault("", code))


def decoded(raw: bytes) -> str:
    """Strict UTF-8; the bytes never reach the exception."""
    with suppress(UnicodeDecodeError):
        return raw.decode("utf-8")
    raise malformed("not_utf8")


def text_in(raw: bytes) -> str:
    """Strict UTF-8 without a byte order mark."""
    text = decoded(raw)
    if text.startswith("\ufeff"):
        raise malformed("byte_order_mark")
    return text


def object_in(text: str, decoder: json.JSONDecoder) -> dict[str, Any]:
    """The one object that is the text."""
    value = _parsed(text, decoder)
    if not isinstance(value, dict):
        raise malformed("not_an_object")
    return value


def read_object(raw: bytes) -> dict[str, Any]:
    """The one JSON object in `raw`; everything else is a malformed body."""
    text = text_in(raw)
    _refuse_depth(text)
    value = object_in(text, _DECODER)
    # Only an escape can make a lone surrogate, and only a bracket a list.
    if "\\u" in text or "[" in text:
        _refuse_odd_values(value)
    return value


def posted_object(body: bytes, content_type: str | None, most: int) -> dict[str, Any]:
    """The object that a server posted as `application/json`, in so many bytes at the most (whole KiB)."""
    if len(body) > most:
        raise RejectedInput("body_too_large", Fault("", f"over_{most // 1024}_kib"))
    if not re.fullmatch(JSON, (content_type or "").strip(), re.IGNORECASE):
        raise RejectedInput("unsupported_media_type", Fault("", "media_type"))
    if not body:
        raise malformed("empty_body")
    return read_object(body)


def is_key(value: Any) -> bool:
    """May a sender call what it sends by this name? UUIDs are such keys too: 36 characters."""
    return isinstance(value, str) and re.fullmatch(KEY, value) is not None


def key_at(value: Any, pointer: str) -> str:
    """The key that was given there."""
    if not is_key(value):
        raise RejectedInput("bad_key", Fault(pointer, "key_format"))
    return str(value)


def _refuse_depth(text: str) -> None:
    """Counts brackets outside strings in one pass, before a recursive parser sees the text."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    depth = 0
    for match in re.finditer(BRACKETS, text, re.DOTALL):
        if match[0] in "[{":
            depth += 1
        elif match[0] in "]}":
            depth -= 1
        if depth > MAX_DEPTH:
            raise malformed("too_deep")


def _parsed(text: str, decoder: json.JSONDecoder) -> Any:
    with suppress(ValueError):
        return decoder.decode(text)
    raise malformed("not_json")


def _refuse_odd_values(value: Any) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise malformed("lone_surrogate")
    elif isinstance(value, dict):
        for name, member in value.items():
            _refuse_odd_values(name)
            _refuse_odd_values(member)
    elif isinstance(value, list):
        if len(value) > MAX_ITEMS:
            raise malformed("array_too_long")
        for item in value:
            _refuse_odd_values(item)


def _few_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_MEMBERS:
        raise malformed("too_many_members")
    return members(pairs)


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members, no name twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise malformed("duplicate_key")
    return found


def _integer(digits: str) -> int:
    # The length goes first: int() itself refuses 5,000 digits with an error of its own.
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise malformed("number_too_large")
    return int(digits)


def fraction(digits: str) -> float:
    """A number that a double can hold."""
    number = float(digits)
    if not math.isfinite(number):
        raise malformed("number_too_large")
    return number


def no_constant(_: str) -> NoReturn:
    """NaN and Infinity are no JSON."""
    raise malformed("not_a_number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_few_members, parse_int=_integer, parse_float=fraction, parse_constant=no_constant
)
