"""The visitor's answers, field by field, each in the one form that is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.domain.agreement import Field, Form
from shared.domain.countries import country_code
from shared.domain.errors import Fault
from shared.domain.submission import ContactPoints
from shared.sources.contact_points import email_identity, phone_number
from shared.sources.plain_text import BadText, one_line, several_lines

_MAX_SIZE_LENGTH = 40
_OLDEST = 120
_SIZE = r"([0-9]{1,9})(?: ?(\+)| ?[-\u2013] ?([0-9]{1,9}))?"


def read(given: Mapping[str, Any], form: Form) -> tuple[dict[str, str], list[Fault]]:
    """The cleaned answers in the form's order, empty ones left out, and everything that is wrong with them. An age
    counts as given and is left out.
    """
    answers: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    country = _declared_country(given, form)
    for field in form.fields:
        try:
            answers |= _answer(field, given.get(field.name), country)
        except BadText as bad:
            faults[field.name] = Fault(f"/fields/{field.name}", bad.code)
    return answers, [
        *_unknown(given, form),
        *faults.values(),
        *_missing(form, answers.keys() | faults.keys() | _aged(given, form)),
    ]


def age(given: Mapping[str, Any], form: Form) -> int | None:
    """The age in years that somebody gave, for the decision alone: it is no answer that is kept. What is wrong with it
    `read` says.
    """
    said = next((given.get(field.name) for field in form.fields if field.kind == "age"), None)
    try:
        return _age(said)
    except BadText:
        return None


def contact_points(answers: Mapping[str, str], form: Form) -> ContactPoints:
    """The first e-mail address and the first phone number among the answers."""
    return ContactPoints(email=_first("email", answers, form), phone=_first("phone", answers, form))


def _first(kind: str, answers: Mapping[str, str], form: Form) -> str | None:
    return next((answers[field.name] for field in form.fields if field.kind == kind and field.name in answers), None)


def _unknown(given: Mapping[str, Any], form: Form) -> list[Fault]:
    # The pointer stops at /fields: a name that is not ours may be anybody's text.
    names = {field.name for field in form.fields}
    return [] if given.keys() <= names else [Fault("/fields", "unknown_member")]


def _missing(form: Form, answered: set[str]) -> list[Fault]:
    """Without any contact point nothing is missing here: the domain says that this is no lead, and why."""
    contacts = {field.name for field in form.fields if field.kind in ("email", "phone")}
    if not contacts & answered:
        return []
    needed = [field.name for field in form.fields if field.required and field.name not in contacts]
    return [Fault(f"/fields/{name}", "required") for name in needed if name not in answered]


def _declared_country(given: Mapping[str, Any], form: Form) -> str | None:
    declared = [given.get(field.name) for field in form.fields if field.kind == "country"]
    return next((country_code(text.strip()) for text in declared if isinstance(text, str)), None)


def _aged(given: Mapping[str, Any], form: Form) -> set[str]:
    return {field.name for field in form.fields if field.kind == "age" and given.get(field.name) not in (None, "")}


def _age(value: Any) -> int | None:
    """Whole years from 0 to 120, as a JSON number or as digits."""
    if value in (None, ""):
        return None
    digits = str(value) if type(value) in (int, str) else ""
    if not re.fullmatch(r"[0-9]{1,3}", digits) or int(digits) > _OLDEST:
        raise BadText("invalid_age")
    return int(digits)


def _answer(field: Field, value: Any, country: str | None) -> dict[str, str]:
    if field.kind == "age":
        _age(value)
        return {}
    text = _text(field, value)
    if not text:
        return {}
    if field.kind == "phone":
        return _phone(field, text, country)
    return {field.name: _typed(field, text)}


def _typed(field: Field, text: str) -> str:
    match field.kind:
        case "email":
            return email_identity(text)
        case "country":
            return _country(text)
        case "choice":
            return _choice(text, field)
        case "size":
            return _size(text, field)
        case _:
            return text


def _text(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if field.kind == "size" and type(value) is int:
        value = str(value)
    if not isinstance(value, str):
        raise BadText("not_text")
    clean = several_lines if field.kind == "long_text" else one_line
    text = clean(value, field.max_length)
    # NFC would fold a Kelvin sign into a K, and with it one mailbox into another.
    if field.kind == "email" and text != value.strip():
        raise BadText("invalid_email")
    return text


def _phone(field: Field, text: str, country: str | None) -> dict[str, str]:
    e164, extension = phone_number(text, country)
    return {field.name: e164} | ({f"{field.name}_ext": extension} if extension else {})


def _country(text: str) -> str:
    code = country_code(text)
    if code is None:
        raise BadText("unknown_country")
    return code


def _choice(text: str, field: Field) -> str:
    if text not in field.choices:
        raise BadText("unknown_choice")
    return text


def _size(text: str, field: Field) -> str:
    """One of the choices, a number, or a range, written as `250`, `51-200`, `1000+`."""
    match = re.fullmatch(_SIZE, text) if len(text) <= _MAX_SIZE_LENGTH else None
    if text in field.choices:
        return text
    if match is None or (match[3] and int(match[3]) < int(match[1])):
        raise BadText("invalid_size")
    return f"{match[1]}-{match[3]}" if match[3] else f"{match[1]}{match[2] or ''}"
