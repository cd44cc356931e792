"""The JSON of platforms: as strict about bytes as that of forms, but roomier, for nobody can be asked to write it anew.

Ids may be longer than 2^53, a form may nest ten levels deep, a batch may hold a thousand leads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from shared.domain.errors import RejectedInput
from shared.sources.strict_json import BRACKETS, fraction, malformed, members, no_constant, object_in, text_in

MAX_BODY = 1024 * 1024
MAX_DEPTH = 32
MAX_DIGITS = 40

_BRACKETS = re.compile(BRACKETS, re.DOTALL)
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


def read_object(raw: bytes) -> dict[str, Any]:
    """The one JSON object in `raw`; a lone surrogate is read as browsers show it, U+FFFD."""
    if len(raw) > MAX_BODY:
        raise RejectedInput("body_too_large")
    text = text_in(raw)
    if _depth(text) > MAX_DEPTH:
        raise malformed("too_deep")
    value = object_in(text, _DECODER)
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


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(member) for name, member in value.items()}
    return list(map(_without_surrogates, value)) if isinstance(value, list) else value


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise malformed("number_too_large")
    return int(digits)


_DECODER = json.JSONDecoder(
    object_pairs_hook=members, parse_int=_integer, parse_float=fraction, parse_constant=no_constant
)
