"""What the forms of others send urlencoded: any charset that they declare, names that repeat, names with brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from shared.domain.errors import Fault, RejectedInput
from shared.sources.platform_json import MAX_BODY
from shared.sources.strict_json import malformed

MAX_NESTING = 8
# What browsers make of these labels (WHATWG Encoding), and Salesforce offers for Web-to-Lead. Encodings with hidden
# states (ISO-2022-JP, UTF-7) could smuggle characters past every check, so they are not read.
CHARSETS: Mapping[str, str] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "windows-1252": "cp1252",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "euc-jp": "euc_jp",
    "big5": "big5",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
}
_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


def codec(label: str) -> str:
    """Python's name for a charset that a form declared. Raises RejectedInput for one that we do not read."""
    with suppress(KeyError):
        return CHARSETS[label.strip().strip('"').lower()]
    raise RejectedInput("unsupported_media_type", Fault("", "charset"))


def pairs(body: bytes, most: int, charset: str = "utf-8") -> list[tuple[str, str]]:
    """The pairs in their order, at most `most`; `charset` is a codec's name, and no byte may be wrong in it."""
    if len(body) > MAX_BODY:
        raise RejectedInput("body_too_large")
    text = _decoded(body, charset)
    if text.count("&") >= most:
        raise malformed("too_many_members")
    # ValueError: a pair without "=", or escapes that are not in the charset.
    with suppress(ValueError):
        return parse_qsl(text, keep_blank_values=True, strict_parsing=True, encoding=charset, errors="strict")
    raise malformed("bad_pair")


def nested(given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`fields[email][value]=x` as {"fields": {"email": {"value": "x"}}}, and a name that repeats as a list of texts."""
    tree: dict[str, Any] = {}
    for name, text in given:
        *way, last = _path(name)
        branch = tree
        for step in way:
            branch = branch.setdefault(step, {})
            if not isinstance(branch, dict):
                raise malformed("duplicate_key")
        branch[last] = _beside(branch.get(last), text)
    return tree


def _decoded(body: bytes, charset: str) -> str:
    with suppress(UnicodeDecodeError):
        return body.decode(charset)
    raise malformed("not_utf8" if charset == "utf-8" else "not_in_charset")


def _path(name: str) -> list[str]:
    """The steps to a value; `topics[]` repeats `topics`, and a name with other brackets is a name like any."""
    match = _BRACKETED.fullmatch(name)
    if match is None:
        return [name]
    steps = [match[1], *match[2][1:-1].split("][")]
    if len(steps) > MAX_NESTING:
        raise malformed("too_deep")
    return steps[:-1] if steps[-1] == "" else steps


def _beside(already: Any, text: str) -> Any:
    if already is None:
        return text
    if isinstance(already, dict):
        raise malformed("duplicate_key")
    return [*already, text] if isinstance(already, list) else [already, text]
