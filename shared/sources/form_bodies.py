"""What an HTML form sends without a script: urlencoded and multipart bodies as flat names and texts.

Only what browsers and ordinary HTTP clients write is read (WHATWG form submission, RFC 7578 without files);
anything looser is refused, so that no two readers can disagree about a body.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from shared.sources.strict_json import MAX_MEMBERS, decoded, malformed

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
_DISPOSITION = re.compile(r'form-data *; *name=(?:"([^"\\]*)"|([0-9A-Za-z_.-]+))', re.IGNORECASE)
_TEXT_TYPE = re.compile(r'text/plain(?: *; *charset="?utf-8"?)?', re.IGNORECASE)


def urlencoded(body: bytes) -> dict[str, str]:
    """The pairs of an `application/x-www-form-urlencoded` body."""
    if body.startswith(_BYTE_ORDER_MARK):
        raise malformed("byte_order_mark")
    pieces = body.split(b"&", MAX_MEMBERS)
    if len(pieces) > MAX_MEMBERS:
        raise malformed("too_many_members")
    return _without_duplicates(map(_pair, pieces))


def multipart(body: bytes, boundary: str) -> dict[str, str]:
    """The text parts of a `multipart/form-data` body."""
    if not _BOUNDARY.fullmatch(boundary):
        raise malformed("boundary")
    # Nothing before the first delimiter, one piece per part, then the closing dashes.
    before, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("ascii"), MAX_MEMBERS + 2)
    if before or not parts:
        raise malformed("bad_part")
    if len(parts) > MAX_MEMBERS + 1:
        raise malformed("too_many_members")
    if parts.pop() not in (b"--", b"--\r\n"):
        raise malformed("unterminated")
    return _without_duplicates(map(_part, parts))


def _without_duplicates(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, text in pairs:
        if name in texts:
            raise malformed("duplicate_key")
        texts[name] = text
    return texts


def _pair(piece: bytes) -> tuple[str, str]:
    name, equals, text = piece.partition(b"=")
    if not equals or _BROKEN_ESCAPE.search(piece):
        raise malformed("bad_pair")
    return _unescaped(name), _unescaped(text)


def _unescaped(raw: bytes) -> str:
    return decoded(unquote_to_bytes(raw.replace(b"+", b" ")))


def _part(piece: bytes) -> tuple[str, str]:
    head, blank_line, content = piece.partition(b"\r\n\r\n")
    if not blank_line or not head.startswith(b"\r\n"):
        raise malformed("bad_part")
    headers = _without_duplicates(map(_header, decoded(head[2:]).split("\r\n")))
    _refuse_other_types(headers)
    return _part_name(headers.get("content-disposition", "")), decoded(content)


def _header(line: str) -> tuple[str, str]:
    name, colon, text = line.partition(":")
    if not colon:
        raise malformed("bad_part")
    return name.lower(), text.strip(" \t")


def _part_name(disposition: str) -> str:
    match = _DISPOSITION.fullmatch(disposition)
    if match is None:
        raise malformed("file_part" if "filename" in disposition.lower() else "bad_part")
    return match[1] or match[2] or ""


def _refuse_other_types(headers: dict[str, str]) -> None:
    """A part is UTF-8 text as it stands: no nested multipart, no other charset, no transfer encoding (RFC 7578 4.7)."""
    plain = _TEXT_TYPE.fullmatch(headers.get("content-type", "text/plain"))
    if not plain or headers.get("content-transfer-encoding", "8bit").lower() not in ("7bit", "8bit", "binary"):
        raise malformed("file_part" if "filename" in headers.get("content-disposition", "").lower() else "bad_part")
