"""A lead as a platform or a drop-in form delivered it: one value for all of them, before any decision.

Nothing is refused here that the sender cannot mend: a machine sent it, and the person is gone. What was odd about it
stands in `remarks`, as codes and never as text of the person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.countries import country_code
from shared.domain.submission import ContactPoints
from shared.sources.contact_points import email_identity, phone_number
from shared.sources.plain_text import BadText, several_lines

MAX_ANSWER = 4000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_999  # the end of the year 9999


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in the words of the person.

    `question` is the platform's id of the question, `field` our name for it (empty for a question of the
    advertiser's own), `label` the question as it was put, `values` what was answered, choices by their label;
    `cut` says that an answer was longer than we keep.
    """

    question: str
    field: str
    label: str
    values: tuple[str, ...]
    cut: bool = False

    @property
    def text(self) -> str:
        return ", ".join(self.values)


@dataclass(frozen=True, slots=True)
class PlatformConsent:
    """One checkbox and what the person did with it.

    `required` and `prechecked` are None when the platform did not say. `as_shown` is False when `wording` may be
    another than the one that was on the screen: such a tick proves nothing (EDPB 05/2020 §108).
    """

    consent_id: str
    checked: bool
    wording: str
    lang: str
    required: bool | None
    prechecked: bool | None
    as_shown: bool

    @property
    def wording_sha256(self) -> str:
        return hashlib.sha256(self.wording.encode("utf-8")).hexdigest()

    def as_box(self) -> dict[str, bool]:
        """In the words of the consent decision; what is not known counts against the consent."""
        return {"checked": self.checked, "pre": self.prechecked is not False, "req": self.required is not False}


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """The privacy wording beside the form, as far as the platform tells it."""

    notice_id: str = ""
    privacy_policy_url: str = ""
    wording: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class PlatformLead:
    """What a platform knows about one lead.

    `platform` is linkedin, facebook, instagram, meta (surface not told), google, hubspot, salesforce or typeform;
    `source_id` our name for the connection; `external_id` the platform's id of the lead; `key` the submission key
    that push and pull share (None where the sender has no id: a content hash within a window is for the door);
    `form_version` empty where forms have none; `hidden` what the form added unseen, `tracking` the ids of campaign
    and click; `objections` the channels on which the person said no.
    """

    platform: str
    source_id: str
    external_id: str
    key: str | None
    form_id: str
    form_version: str
    submitted_at: datetime | None
    is_test: bool
    answers: tuple[Answer, ...]
    consents: tuple[PlatformConsent, ...] = ()
    notice: ShownNotice = ShownNotice()
    hidden: Mapping[str, str] = field(default_factory=dict)
    tracking: Mapping[str, str] = field(default_factory=dict)
    objections: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, str]:
        """The answers that we have a name for; of two answers to the same the first one counts."""
        fields: dict[str, str] = {}
        for one in self.answers:
            if one.field and one.values:
                fields.setdefault(one.field, one.text)
        return fields

    @property
    def country(self) -> str | None:
        """The country that the person named, where it is a code; a name in some language is no code."""
        return country_code(self.fields.get("country", ""))

    @property
    def contact(self) -> ContactPoints:
        """How the person can be reached, in identity form; what is no address (test leads have such) is left out."""
        fields, country = self.fields, self.country
        emails = (_email(fields[name]) for name in ("email", "work_email") if name in fields)
        phones = (_phone(fields[name], country) for name in ("phone", "work_phone") if name in fields)
        return ContactPoints(next(filter(None, emails), None), next(filter(None, phones), None))


def answer(question: str, our_name: str, label: str, values: Iterable[str]) -> Answer:
    """The answer with its texts made readable; empty values are left out."""
    given = list(values)
    kept = tuple(filter(None, map(readable, given)))
    return Answer(
        readable(question), our_name, readable(label), kept, any(len(text.strip()) > MAX_ANSWER for text in given)
    )


def readable(text: str) -> str:
    """`text` as it was given, trimmed, cut, and with a space for what would hide or reorder it.

    It is not normalised: that would fold one mailbox into another.
    """
    text = text.replace("\r\n", "\n").strip()[:MAX_ANSWER]
    try:
        several_lines(text, MAX_ANSWER)
    except BadText:
        text = "".join(one if one.isprintable() or one in "\n\t" else " " for one in text)
    return text.strip()


def texts(value: Any) -> list[str]:
    """The scalar values in `value` as texts; nothing for what has no text of its own."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value)] if isinstance(value, str | int | float) else []


def named_texts(pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The names that have a text, with that text made readable."""
    read = {readable(name): readable(", ".join(texts(value))) for name, value in pairs}
    return {name: text for name, text in read.items() if name and text}


def cut_remark(answers: Iterable[Answer]) -> tuple[str, ...]:
    return ("answer_cut",) if any(one.cut for one in answers) else ()


def in_order(remarks: Iterable[str]) -> tuple[str, ...]:
    """Each remark once, in the order in which they were made."""
    return tuple(dict.fromkeys(remarks))


def from_milliseconds(value: Any) -> datetime | None:
    """The moment `value` milliseconds after 1970, given as whole number or as its digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if type(value) is not int or not 0 < value <= _LAST_MS:
        return None
    return _EPOCH + timedelta(milliseconds=value)


def from_iso(value: Any) -> datetime | None:
    """The moment in an ISO 8601 text with a zone, in UTC; without zone or sense there is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _email(text: str) -> str | None:
    try:
        return email_identity(text)
    except BadText:
        return None


def _phone(text: str, country: str | None) -> str | None:
    try:
        return phone_number(text, country)[0]
    except BadText:
        return None
