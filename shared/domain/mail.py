"""Mails from reviewed templates: placeholders are replaced literally, once, and no header can be added through them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from shared.domain.errors import CannotHappen

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
LINK = re.compile(r"https?://\S+")
ONE_CLICK = "List-Unsubscribe=One-Click"
# What ends a line somewhere: C0 and C1 controls, and Unicode's own line and paragraph ends.
ENDS_A_LINE = frozenset(("Cc", "Zl", "Zp"))


@dataclass(frozen=True, slots=True)
class Template:
    """One reviewed file of agreement/mails: `purposes` names each purpose in the mail's language."""

    lang: str
    subject: str
    text: str
    purposes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mail:
    """A finished mail; `headers` are those beyond what every mail has."""

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


def render(template: Template, to: str, values: Mapping[str, str]) -> Mail:
    """The mail to one address. Raises CannotHappen when an address or a subject could start another header line."""
    subject = _filled(template.subject, values)
    text = _filled(template.text, values)
    for line in (to, subject):
        if any(unicodedata.category(letter) in ENDS_A_LINE for letter in line):
            raise CannotHappen("a mail header would hold a line end")
    return Mail(to, subject, text, _html(template.lang, subject, text))


def one_click_headers(address: str) -> dict[str, str]:
    """The two headers of RFC 8058 that every marketing mail must carry (DKIM must cover both); `address` is the
    https link of the person's one-click page.
    """
    if not address.startswith("https://") or not address.isascii() or not address.isprintable() or " " in address:
        raise CannotHappen("a one-click address must be https")
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": ONE_CLICK}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """One pass, so that a value which looks like a placeholder stays what it is."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _html(lang: str, subject: str, text: str) -> str:
    paragraphs = "\n".join(f"<p>{_linked(part)}</p>" for part in text.strip().split("\n\n"))
    head = f'<head><meta charset="utf-8"><title>{escape(subject)}</title></head>'
    return f'<!doctype html>\n<html lang="{escape(lang)}">{head}\n<body>\n{paragraphs}\n</body></html>\n'


def _linked(text: str) -> str:
    return LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(text)).replace("\n", "<br>\n")
