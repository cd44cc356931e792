"""The JSON of platforms: as strict about bytes as that of forms, but roomier, for nobody can be asked to write it anew.

Ids may be longer than 2^53, a form may nest ten levels deep, a batch may hold a thousand leads.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import accumulate
from typing import Any, NoReturn

from shared.domain.errors import RejectedInput
from shared.sources.strict_json import decoded, malformed

MAX_BODY = 1024 * 1024
MAX_DEPTH = 32
MAX_DIGITS = 40

_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


def read_object(raw: bytes) -> dict[str, Any]:
    """The one JSON object in `raw`; a lone surrogate is read as browsers show it, U+FFFD."""
    if len(raw) > MAX_BODY:
        raise RejectedInput("body_too_large")
    text = decoded(raw)
    if text.startswith("\ufeff"):
        raise malformed("byte_order_mark")
    if _depth(text) > MAX_DEPTH:
        raise malformed("too_deep")
    value = _parsed(text)
    if not isinstance(value, dict):
        raise malformed("not_an_object")
    # Only an escape can make a lone surrogate.
    return _without_surrogates(value) if "\\u" in text else value


def at(value: Any, *path: str) -> Any:
    """The member of a member of …, or None where the way ends early."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list; whatever else is there is nothing that we could read."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def text_of(value: Any) -> str:
    """A text or a whole number as text, so that ids are read alike however they are written; else nothing."""
    return str(value) if isinstance(value, str) or type(value) is int else ""


def _depth(text: str) -> int:
    """The deepest nesting of brackets outside strings, before a recursive parser sees the text."""
    return max(accumulate(_STEPS.get(match[0], 0) for match in _BRACKETS.finditer(text)), default=0)


def _parsed(text: str) -> Any:
    with suppress(ValueError):
        return _DECODER.decode(text)
    raise malformed("not_json")


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(member) for name, member in value.items()}
    return list(map(_without_surrogates, value)) if isinstance(value, list) else value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise malformed("duplicate_key")
    return members


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise malformed("number_too_large")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise malformed("number_too_large")
    return number


def _no_constant(_: str) -> NoReturn:
    raise malformed("not_a_number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_fraction, parse_constant=_no_constant
)
