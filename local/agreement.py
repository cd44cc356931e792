"""Check and compile the reviewed files of `agreement/` into `agreement/compiled.json`.

    python -m local.agreement            writes the compiled agreement
    python -m local.agreement --check    says whether it is fresh, writes nothing

pydantic and YAML live here, at build time; what runs in Lambda reads the compiled JSON only.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StringConstraints, model_validator

from local import generated
from local.agreement_calendars import compile_calendars, running_out
from local.agreement_definition import compile_definitions, file_of
from local.agreement_languages import Language, TranslationFile, check_languages, compile_policies
from local.agreement_proof import compile_proof
from local.agreement_routing import compile_routing
from local.agreement_sources import compile_sources
from local.definition_lint import lint_home
from local.plain_yaml import load
from local.reviewed import Box, Name, NoticeRef, Purpose, Reviewed, Slug, Target, Text, read

HOME = Path(__file__).resolve().parent.parent / "agreement"
COMPILED = HOME / "compiled.json"

NAMED_BY_KIND = ("email", "phone", "country", "age")


class FieldFile(Reviewed):
    name: Name
    kind: Literal["email", "phone", "country", "age", "choice", "size", "text", "long_text"]
    label: Text
    required: bool
    max_length: Annotated[int, Field(ge=1, le=4000)]
    autocomplete: Text
    choices: list[Text] = Field(default_factory=list)

    @model_validator(mode="after")
    def has_a_name_of_its_own(self) -> FieldFile:
        if (
            self.name.startswith("consent_")
            or self.name.endswith("_ext")
            or self.name in ("submission_id", "notice", "lang")
        ):
            raise ValueError(f"field {self.name}: this name means something else in a flat form")
        if self.kind in NAMED_BY_KIND and self.name != self.kind:
            raise ValueError(f"field {self.name}: a field of kind {self.kind} is called {self.kind}")
        return self


class BoxFile(Box):
    label: Text
    prechecked: bool = False
    required: bool = False
    bundled: bool = False

    @model_validator(mode="after")
    def is_worth_something(self) -> BoxFile:
        worthless = {
            "prechecked": "a pre-ticked box is no consent (CJEU C-673/17 Planet49, GDPR rec. 32)",
            "required": "consent must not be a condition of the service (GDPR Art. 7(4))",
            "bundled": "consent must be asked apart from other matters (GDPR Art. 7(2))",
        }
        for flag, article in worthless.items():
            if getattr(self, flag):
                raise ValueError(f"box {self.purpose}: {flag}: {article}")
        return self


class FormFile(Reviewed):
    form_id: Slug
    version: Annotated[int, Field(ge=1)]
    title: Text
    action: Name
    enabled: bool
    notice: NoticeRef
    older_notices: list[str]
    allowed_origins: list[Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]]
    thanks_url: Target
    sorry_url: Target
    definition: Slug = "default"
    lang: Language = "en"
    fields: Annotated[list[FieldFile], Field(min_length=1, max_length=60)]
    boxes: list[BoxFile]
    translations: dict[Language, TranslationFile] = Field(default_factory=dict)

    @model_validator(mode="after")
    def names_are_unique(self) -> FormFile:
        for kind, names in (("field", [f.name for f in self.fields]), ("box", [b.purpose for b in self.boxes])):
            if len(names) != len(set(names)):
                raise ValueError(f"{self.form_id}: a {kind} is named twice")
        return self


class PurposeFile(Reviewed):
    code: Name
    legal_basis: Literal["consent", "legitimate_interest", "soft_opt_in", "contract"]
    text: Text


class ControllerFile(Reviewed):
    name: Text
    contact: Text
    address: Text


class CcpaFile(Reviewed):
    categories: Annotated[list[Text], Field(min_length=1)]
    sold_or_shared: Text
    opt_out: Text


class NoticeFile(Reviewed):
    """The mandatory content of a notice (GDPR Art. 13(1)-(2); Cal. Civ. Code 1798.100(a))."""

    notice_id: Slug
    version: Annotated[int, Field(ge=1)]
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
    effective_from: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    controller: ControllerFile
    data_protection_officer: Text
    purposes: Annotated[list[PurposeFile], Field(min_length=1)]
    legitimate_interest: Text
    recipients: Annotated[list[Text], Field(min_length=1)]
    third_parties: list[Text] = Field(default_factory=list)
    third_country_transfer: Text
    retention: Text
    rights: Annotated[list[Text], Field(min_length=6)]
    withdrawal_method: Text
    complaint: Text
    mandatory_data: Text
    automated_decisions: Text
    ccpa: CcpaFile
    wording: Text

    @model_validator(mode="after")
    def names_whom_data_goes_to(self) -> NoticeFile:
        for name in self.third_parties:
            if name not in self.wording:
                raise ValueError(f"third_parties: {name} is not named in the wording that people read")
        return self


class MailFile(Reviewed):
    """A mail in one language; it may hold these placeholders and no others."""

    mail_id: Literal["confirm"]
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    subject: Annotated[str, StringConstraints(pattern=r"^[^{}\x00-\x1f\x7f-\x9f\u2028\u2029]{1,120}$")]
    text: Text
    purposes: dict[Purpose, Text]

    @model_validator(mode="after")
    def holds_its_placeholders(self) -> MailFile:
        if set(re.findall(r"\{([^{}]*)\}", self.text)) != {"link", "preferences", "purposes", "until"}:
            raise ValueError("the text needs {link}, {preferences}, {purposes} and {until}, and no other placeholder")
        if set(self.purposes) != set(get_args(Purpose)):
            raise ValueError("every purpose needs a name")
        return self


class PageFile(Reviewed):
    """The words of our own pages in one language."""

    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    words: dict[Name, Text]
    purposes: dict[Purpose, Text]


class SiteFile(Reviewed):
    """What stands under /.well-known."""

    security_contact: Annotated[str, StringConstraints(pattern=r"^(mailto:|https://)[^\s]+$")]
    security_expires: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")]
    security_languages: list[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]]
    gpc_last_update: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


def compile_agreement(home: Path = HOME) -> dict[str, Any]:
    """The whole agreement as plain JSON data, or a ValueError that names the file and the field."""
    definitions = compile_definitions(home)
    definition = definitions["default"]
    notices = [_notice(read(path, NoticeFile)) for path in sorted((home / "notices").glob("*.yaml"))]
    forms = [read(path, FormFile) for path in sorted((home / "forms").glob("*.yaml"))]
    known = {f"{notice['notice_id']}@{notice['version']}": notice["facts"]["third_parties"] for notice in notices}
    for form in forms:
        if form["definition"] not in definitions:
            raise ValueError(
                f"forms/{form['form_id']}.yaml: definition: there is no definitions/{form['definition']}.yaml"
            )
        if form["action"] not in definitions[form["definition"]]["actions"]:
            raise ValueError(f"forms/{form['form_id']}.yaml: action: {form['action']} is not in the catalogue")
        for ref in [form["notice"], *form["older_notices"]]:
            if ref not in known:
                raise ValueError(f"forms/{form['form_id']}.yaml: notice {ref} has no file")
    check_languages(forms, notices)
    mails = [read(path, MailFile) for path in sorted((home / "mails").glob("*.yaml"))]
    pages = [read(path, PageFile) for path in sorted((home / "pages").glob("*.yaml"))]
    for page in pages:
        if page["words"].keys() != pages[0]["words"].keys() or page["purposes"].keys() != set(get_args(Purpose)):
            raise ValueError(f"pages/{page['lang']}.yaml: its words are not those of pages/{pages[0]['lang']}.yaml")
    jurisdictions = load(home / "jurisdictions.yaml")
    jurisdictions["policies"] = compile_policies(home)
    for name, one in definitions.items():
        for action in one["actions"].keys() - jurisdictions["actions"].keys():
            raise ValueError(f"{file_of(name)}: actions: {action} is not in jurisdictions.yaml: no law is known for it")
    calendars = compile_calendars(home)
    return {
        "forms": forms,
        "notices": notices,
        "definitions": definitions,
        "jurisdictions": jurisdictions,
        "mails": mails,
        "pages": pages,
        "site": read(home / "site.yaml", SiteFile),
        "calendars": calendars,
        "routing": compile_routing(home, calendars),
        **compile_proof(home),
        "sources": compile_sources(home, definition["actions"], known, {form["form_id"] for form in forms}),
    }


def _notice(file: dict[str, Any]) -> dict[str, Any]:
    """The exact wording, its hash over UTF-8, how to withdraw, and under `facts` what a receipt says besides."""
    wording = file["wording"]
    kept = {name: file[name] for name in ("notice_id", "version", "lang", "wording", "withdrawal_method")}
    facts = {name: value for name, value in file.items() if name not in kept}
    return {**kept, "sha256": hashlib.sha256(wording.encode("utf-8")).hexdigest(), "facts": facts}


def as_text(compiled: dict[str, Any]) -> str:
    return json.dumps(compiled, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(argv: list[str] | None = None) -> int:
    options = generated.options("agreement", "Check and compile the agreement.", argv)
    today = datetime.now(UTC).date()
    errors = [one for one in lint_home(HOME, today) if one.level == "error"]
    if errors:
        print("The agreement is refused.", *errors, sep="\n", file=sys.stderr)
        return 1
    try:
        compiled = compile_agreement()
    except ValueError as wrong:
        print(f"The agreement is refused.\n{wrong}", file=sys.stderr)
        return 1
    text = as_text(compiled)
    for warning in running_out(compiled["calendars"], today):
        print(warning, file=sys.stderr)
    return generated.settle(COMPILED, text, options.check, "agreement")


if __name__ == "__main__":
    sys.exit(main())
