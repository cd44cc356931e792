"""What marketing, sales and privacy agreed on, as frozen values.

The reviewed files in `agreement/` are checked and compiled at build time into `agreement/compiled.json`;
at run time this module only turns that JSON into these values. No YAML, no pydantic here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One form field; `kind` is email, phone, country, choice, text (one line) or long_text."""

    name: str
    kind: str
    label: str
    required: bool
    max_length: int
    autocomplete: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """One checkbox: one purpose on one channel, and how it was shown (GDPR Art. 4(11), 7)."""

    purpose: str
    channel: str
    label: str
    prechecked: bool = False
    required: bool = False
    bundled: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One immutable version of the privacy wording in one language; `sha256` is over the UTF-8 bytes of `wording`.

    `facts` are the mandatory statements of the notice's file (controller, recipients, retention, …) for receipts.
    """

    notice_id: str
    version: int
    lang: str
    wording: str
    sha256: str
    withdrawal_method: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        return f"{self.notice_id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Form:
    """A landing-page form; `action` is from the catalogue of qualifying actions."""

    form_id: str
    version: int
    title: str
    action: str
    enabled: bool
    fields: tuple[Field, ...]
    boxes: tuple[Box, ...]
    notice: str
    older_notices: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    thanks_url: str
    sorry_url: str

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """All agreed files of one release. `definition` and `jurisdictions` stay plain data for their own modules."""

    forms: Mapping[str, Form]
    notices: Mapping[str, Notice]
    definition: Mapping[str, Any]
    jurisdictions: Mapping[str, Any]


def from_compiled(compiled: Mapping[str, Any]) -> Agreement:
    """The agreement from `agreement/compiled.json`."""
    return Agreement(
        forms={form["form_id"]: _form(form) for form in compiled["forms"]},
        notices={notice.ref: notice for notice in (Notice(**row) for row in compiled["notices"])},
        definition=compiled["definition"],
        jurisdictions=compiled["jurisdictions"],
    )


def _form(row: Mapping[str, Any]) -> Form:
    return Form(
        **{
            **row,
            "fields": tuple(Field(**{**field, "choices": tuple(field["choices"])}) for field in row["fields"]),
            "boxes": tuple(Box(**box) for box in row["boxes"]),
            "older_notices": tuple(row["older_notices"]),
            "allowed_origins": tuple(row["allowed_origins"]),
        }
    )
