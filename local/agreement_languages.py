"""What a form says in each language, against its notice: the same purposes, the same languages, nothing left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from local.reviewed import Name, Reviewed, Text, read

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Months = Annotated[int, Field(ge=1, le=120)] | None


class TranslationFile(Reviewed):
    """A form in one more language: labels by field name, by purpose and by choice."""

    title: Text
    fields: dict[Name, Text]
    boxes: dict[Name, Text] = Field(default_factory=dict)
    choices: dict[Name, dict[Text, Text]] = Field(default_factory=dict)


class PoliciesFile(Reviewed):
    """Our own choices about purposes that are no channel."""

    sharing: Literal["never", "with_consent", "where_allowed"]
    consent_months: dict[Literal["profiling", "share_3p"], Months]


def compile_policies(home: Path) -> dict[str, Any]:
    policies = read(home / "policies.yaml", PoliciesFile)
    return {**policies, "consent_months": {"profiling": None, "share_3p": None, **policies["consent_months"]}}


def check_languages(forms: Iterable[Mapping[str, Any]], notices: Iterable[Mapping[str, Any]]) -> None:
    """ValueError names the file and what is missing in it."""
    published = {(f"{notice['notice_id']}@{notice['version']}", notice["lang"]): notice for notice in notices}
    for form in forms:
        for fault in (*_untranslated(form), *_unexplained(form, published)):
            raise ValueError(f"forms/{form['form_id']}.yaml: {fault}")


def _untranslated(form: Mapping[str, Any]) -> Iterable[str]:
    """A visitor reads every label in one language, so a translation has all of them and no others."""
    fields, boxes = {f["name"] for f in form["fields"]}, {b["purpose"] for b in form["boxes"]}
    choices = {f["name"]: set(f["choices"]) for f in form["fields"] if f["kind"] == "choice"}
    for lang, said in form["translations"].items():
        wanted = (("fields", fields, set(said["fields"])), ("boxes", boxes, set(said["boxes"])))
        for what, ours, theirs in wanted:
            if ours != theirs:
                yield f"translations: {lang}: {what}: {', '.join(sorted(ours ^ theirs))}"
        given = {name: set(labels) for name, labels in said["choices"].items()}
        for name in sorted({name for name in choices.keys() | given.keys() if choices.get(name) != given.get(name)}):
            yield f"translations: {lang}: choices: {name} needs each of its choices"


def _unexplained(form: Mapping[str, Any], published: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterable[str]:
    """Each box stands in the notice as a consent, in every language of the form; who gets data is named there."""
    for lang in (form["lang"], *form["translations"]):
        notice = published.get((form["notice"], lang))
        if notice is None:
            yield f"notice {form['notice']} is not written in {lang}"
            continue
        facts = notice["facts"]
        consents = {one["code"] for one in facts["purposes"] if one["legal_basis"] == "consent"}
        for box in form["boxes"]:
            if box["purpose"] not in consents:
                yield f"notice {form['notice']} ({lang}) does not ask for {box['purpose']} (GDPR Art. 13(1)(c))"
            elif box["purpose"] == "share_3p" and not facts["third_parties"]:
                yield f"notice {form['notice']} ({lang}) names no third_parties for share_3p (GDPR Art. 13(1)(e))"
