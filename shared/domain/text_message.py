"""Text messages from reviewed templates: one placeholder, the GSM alphabet, one part of 160 letters plus a link."""

from __future__ import annotations

from dataclasses import dataclass

# 3GPP TS 23.038, the default alphabet; the letters of the extension table cost two each and are left out.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
LINK = "{link}"
ONE_PART = 160


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """One reviewed file of agreement/texts."""

    lang: str
    text: str


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A finished text to one number in E.164."""

    to: str
    body: str


def render(template: TextTemplate, to: str, link: str) -> TextMessage:
    """The text to one number; a link that looks like a placeholder stays what it is."""
    return TextMessage(to, template.text.replace(LINK, link))


def faults_of(text: str) -> tuple[str, ...]:
    """What is wrong with a template's text, in words."""
    said = text.replace(LINK, "")
    found = {
        "it needs {link} once and no other placeholder": text.count(LINK) != 1 or "{" in said or "}" in said,
        "it holds letters outside of the GSM alphabet": not GSM.issuperset(said),
        f"it is longer than {ONE_PART} letters without the link": len(said) > ONE_PART,
    }
    return tuple(fault for fault, is_so in found.items() if is_so)
