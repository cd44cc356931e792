"""Text as it is stored: NFC, trimmed, and free of characters that hide, reorder or break what others read."""

from __future__ import annotations

import re

# C0 (tab and line feed apart), DEL, C1, line separators, bidi controls, U+FEFF, surrogates and non-characters.
_FORBIDDEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
# What nobody sees, and what comes along when people copy and paste: zero-width space and joiner of words, soft hyphen,
# blank fillers, tag characters. Taken out, not refused: nobody is lost because of them. (ZWJ and ZWNJ are spelling.)
_INVISIBLE = "[\u00ad\u115f\u1160\u200b\u2060-\u2064\u3164\uffa0\U000e0000-\U000e007f]"


class BadText(Exception):
    """A text that breaks a rule; carries the rule's code and never the text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def one_line(text: str, max_length: int) -> str:
    """`text` for a one-line field."""
    if "\n" in text or "\t" in text:
        raise BadText("forbidden_character")
    return _cleaned(text, max_length)


def several_lines(text: str, max_length: int) -> str:
    """`text` for a text area; browsers send its line ends as CR LF, scripts as LF."""
    return _cleaned(text.replace("\r\n", "\n"), max_length)


def _cleaned(text: str, max_length: int) -> str:
    if not (text.isascii() and text.isprintable()):
        text = _normalised(text, max_length)
    text = text.strip()
    if len(text) > max_length:
        raise BadText("too_long")
    return text


def _normalised(text: str, max_length: int) -> str:
    if re.search(_FORBIDDEN, text):
        raise BadText("forbidden_character")
    text = re.sub(_INVISIBLE, "", text)
    # Normalising a long run of combining marks takes quadratic time, so the limit counts before it too.
    if len(text.strip()) > max_length:
        raise BadText("too_long")
    if text.isascii():
        return text
    import unicodedata  # a shared object that plain ASCII never needs

    return unicodedata.normalize("NFC", text)
