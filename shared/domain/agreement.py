"""What marketing, sales and privacy agreed on, as frozen values.

The reviewed files in `agreement/` are checked and compiled at build time into `agreement/compiled.json`;
at run time this module only turns that JSON into these values. No YAML, no pydantic here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FIRST_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Field:
    """One form field; `kind` is email, phone, country, age, choice, size, text (one line) or long_text. `choice_labels`
    are the choices in the form's language, in the same order; empty when they read as they are stored.
    """

    name: str
    kind: str
    label: str
    required: bool
    max_length: int
    autocomplete: str
    choices: tuple[str, ...] = ()
    choice_labels: tuple[str, ...] = ()


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

    @property
    def third_parties(self) -> tuple[str, ...]:
        """Whom a yes to sharing lets have the data: only those who are named here."""
        return tuple(self.facts.get("third_parties", ()))


@dataclass(frozen=True, slots=True)
class Form:
    """A landing-page form; `action` is from the catalogue of qualifying actions, `definition` the id of the lead
    definition that rules over it. `translations` hold the same form in other languages; names and choices stay.
    """

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
    definition: str = "default"
    lang: str = "en"
    translations: Mapping[str, Form] = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        return (self.lang, *self.translations)

    def spoken(self, lang: str) -> Form:
        """The form in this language; itself when nobody translated it."""
        return self.translations.get(lang, self)

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True)
class PlatformBox:
    """Which checkbox of a platform asks for which purpose.

    A box is known by its exact wording, or by the platform's form and the box's id there; empty members match anything.
    `attested_on`: the day on which one of us saw that the page shows it so, not required and not ticked beforehand,
    where the platform does not tell.
    """

    purpose: str
    channel: str
    form: str = ""
    consent_id: str = ""
    wording: str = ""
    attested_on: str = ""

    def fits(self, form_id: str, consent_id: str, wording: str) -> bool:
        asked = ((self.form, form_id), (self.consent_id, consent_id), (self.wording, wording))
        return all(ours in ("", theirs) for ours, theirs in asked)


@dataclass(frozen=True, slots=True)
class Basis:
    """On what a source stands whose leads bring no checkbox at all: the law, what the person was told, since when."""

    legal_basis: str
    disclosure: str
    version: int
    valid_from: str


@dataclass(frozen=True, slots=True)
class QuietAfter:
    """When silence is news: `usual_gaps` times the gap that is usual for the source, within these bounds in hours."""

    usual_gaps: int
    at_least_hours: int
    at_most_hours: int


@dataclass(frozen=True, slots=True)
class Source:
    """A platform or a form of others that sends us leads.

    `accounts` are the owners that may send (LinkedIn URNs, Meta page ids, HubSpot portals, Salesforce organisations),
    `forms` the platform's forms that we take (empty: every form of the accounts), `form_actions` the forms whose act
    is another one than `action`. `fields` gives our name to a question's id or label, `hidden` our context name to a
    hidden field, `campaigns` our name to a campaign's id. `places` holds JSON Pointers into the body of a generic
    form by what stands there; `proof` says what proves the sender: signature, key, header (named by `proof_header`)
    or nothing. `tests` is record or ignore. `return_urls` are the addresses to which a Web-to-Lead page may send its
    visitors; another one that it asks for is answered with `thanks_url`.
    """

    source_id: str
    version: int
    platform: str
    enabled: bool
    action: str
    notice: str
    accounts: tuple[str, ...]
    forms: tuple[str, ...]
    form_actions: Mapping[str, str]
    lead_types: tuple[str, ...]
    fields: Mapping[str, str]
    boxes: tuple[PlatformBox, ...]
    basis: Basis | None
    hidden: Mapping[str, str]
    campaigns: Mapping[str, str]
    default_country: str | None
    tests: str
    government_ids: bool
    quiet_after: QuietAfter
    proof: str
    proof_header: str
    places: Mapping[str, str]
    allowed_origins: tuple[str, ...]
    return_urls: tuple[str, ...]
    thanks_url: str
    sorry_url: str
    thanks_text: str

    def takes_form(self, form_id: str) -> bool:
        return not self.forms or form_id in self.forms

    def action_of(self, form_id: str) -> str:
        return self.form_actions.get(form_id, self.action)

    def purpose_of(self, form_id: str, consent_id: str, wording: str) -> PlatformBox | None:
        """The first box of the agreement that fits; a box that nobody wrote down permits nothing."""
        return next((box for box in self.boxes if box.fits(form_id, consent_id, wording)), None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """All agreed files of one release. `definitions` (by their id; forms name the one that rules over them) and
    `jurisdictions` stay plain data for their own modules. `text_countries` are those whose numbers may get a text.
    `notices` holds each version in English, or else in its first language; `translated` every language of each.
    """

    forms: Mapping[str, Form]
    notices: Mapping[str, Notice]
    definitions: Mapping[str, Mapping[str, Any]]
    jurisdictions: Mapping[str, Any]
    sources: Mapping[str, Source] = field(default_factory=dict)
    text_countries: frozenset[str] = frozenset()
    translated: Mapping[tuple[str, str], Notice] = field(default_factory=dict)

    @property
    def definition(self) -> Mapping[str, Any]:
        """The lead definition that rules where no other is named."""
        return self.definitions["default"]

    def wording(self, ref: str, lang: str) -> Notice | None:
        """This version of a notice in this very language."""
        return self.translated.get((ref, lang))

    def source(self, source_id: str, platform: str) -> Source | None:
        """The enabled source of this name, if it is one of this platform."""
        found = self.sources.get(source_id)
        return found if found and found.enabled and found.platform == platform else None

    def source_of(self, platform: str, account: str, form_id: str) -> Source | None:
        """The enabled source of an account's form: one that names the form goes before one that takes all."""
        open_to_it = [
            source
            for source in self.sources.values()
            if source.enabled
            and source.platform == platform
            and account in source.accounts
            and source.takes_form(form_id)
        ]
        return next((source for source in open_to_it if source.forms), next(iter(open_to_it), None))


def from_compiled(compiled: Mapping[str, Any]) -> Agreement:
    """The agreement from `agreement/compiled.json`."""
    notices = [Notice(**row) for row in compiled["notices"]]
    english_last = sorted(notices, key=lambda notice: notice.lang == FIRST_LANGUAGE)
    return Agreement(
        forms={form["form_id"]: _form(form) for form in compiled["forms"]},
        notices={notice.ref: notice for notice in english_last},
        translated={(notice.ref, notice.lang): notice for notice in notices},
        definitions=compiled["definitions"],
        jurisdictions=compiled["jurisdictions"],
        sources={source["source_id"]: _source(source) for source in compiled.get("sources", ())},
        text_countries=frozenset(compiled["proof"]["text"]["countries"]),
    )


def _form(row: Mapping[str, Any]) -> Form:
    form = _untranslated({name: value for name, value in row.items() if name != "translations"})
    said = row.get("translations", {})
    return replace(form, translations={lang: _in_words(form, lang, words) for lang, words in said.items()})


def _in_words(form: Form, lang: str, words: Mapping[str, Any]) -> Form:
    """The form with every text that a visitor reads in one more language."""
    choices = words.get("choices", {})
    fields = (
        replace(
            asked,
            label=words["fields"][asked.name],
            choice_labels=tuple(choices.get(asked.name, {}).get(choice, choice) for choice in asked.choices),
        )
        for asked in form.fields
    )
    boxes = tuple(replace(box, label=words["boxes"][box.purpose]) for box in form.boxes)
    return replace(form, lang=lang, title=words["title"], fields=tuple(fields), boxes=boxes)


def _untranslated(row: Mapping[str, Any]) -> Form:
    return Form(
        **{
            **row,
            "fields": tuple(Field(**{**field, "choices": tuple(field["choices"])}) for field in row["fields"]),
            "boxes": tuple(Box(**box) for box in row["boxes"]),
            "older_notices": tuple(row["older_notices"]),
            "allowed_origins": tuple(row["allowed_origins"]),
        }
    )


def _source(row: Mapping[str, Any]) -> Source:
    lists = ("accounts", "forms", "lead_types", "allowed_origins", "return_urls")
    basis = row.get("basis")
    return Source(
        **{
            **row,
            **{name: tuple(row[name]) for name in lists},
            "boxes": tuple(PlatformBox(**box) for box in row["boxes"]),
            "basis": Basis(**basis) if basis else None,
            "default_country": row.get("default_country"),
            "quiet_after": QuietAfter(**row["quiet_after"]),
        }
    )
