"""A Typeform webhook."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.submission import ContactPoints
from shared.sources.platform_lead import PlatformLead
from shared.sources.typeform import read_lead
from tests.sources.builders import rejection
from tests.sources.platforms.vectors import TYPEFORM_BODY, as_json


def read(**changes: Any) -> PlatformLead:
    body = json.loads(TYPEFORM_BODY)
    body["form_response"] |= changes
    return read_lead(as_json(body), "site")


def an_answer(kind: str, value: Any, ref: str = "") -> dict[str, Any]:
    return {"type": kind, kind: value, "field": {"id": "q", "type": kind, "ref": ref}}


def test_a_response_is_read() -> None:
    lead = read(hidden={"utm_source": "news", "empty": ""})

    assert lead.contact == ContactPoints("ada@example.com")
    assert (lead.platform, lead.form_id) == ("typeform", "g8hcyeXS")
    assert lead.key == "tf#x71for1wr6irs2rx71fotn12b3izh25v"
    assert lead.submitted_at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)
    assert lead.hidden == {"utm_source": "news"}


def test_a_legal_answer_without_its_definition_proves_nothing() -> None:
    (consent,) = read().consents

    assert (consent.consent_id, consent.checked, consent.as_shown) == ("consent_marketing", True, False)
    assert consent.as_box()["req"]


def test_a_legal_question_gives_its_wording() -> None:
    field = {
        "id": "JwWggjAKtOkA",
        "title": "News?",
        "properties": {"description": "By e-mail, revocable."},
        "validations": {"required": False},
    }

    (consent,) = read(definition={"fields": [field]}).consents

    assert (consent.wording, consent.as_shown) == ("News?\nBy e-mail, revocable.", True)
    assert consent.as_box() == {"checked": True, "pre": False, "req": False}


@pytest.mark.parametrize("value", [False, None, 1, "true"])
def test_only_a_plain_true_is_a_tick(value: Any) -> None:
    (consent,) = read(answers=[{"boolean": value, "field": {"id": "q", "type": "legal"}}]).consents

    assert not consent.checked


@pytest.mark.parametrize(
    ("kind", "value", "values"),
    [
        ("text", "Señales", ("Señales",)),
        ("number", 7, ("7",)),
        ("boolean", False, ("false",)),
        ("choice", {"label": "Rojo"}, ("Rojo",)),
        ("choice", {"other": "Verde"}, ("Verde",)),
        ("choices", {"labels": ["Rojo", "Azul"], "other": "Verde"}, ("Rojo", "Azul", "Verde")),
    ],
)
def test_answers_keep_their_words(kind: str, value: Any, values: tuple[str, ...]) -> None:
    lead = read(answers=[an_answer(kind, value)], definition={"fields": [{"id": "q", "title": "¿Qué?"}]})

    assert [(one.question, one.field, one.label, one.values) for one in lead.answers] == [("q", "", "¿Qué?", values)]


def test_a_field_is_told_by_its_ref_or_by_its_type() -> None:
    given = [an_answer("text", "Example Ltd", "company"), an_answer("phone_number", "+442079460958", "tel")]

    assert read(answers=given).fields == {"company": "Example Ltd", "phone": "+442079460958"}


def test_an_answer_without_a_value_is_left_out() -> None:
    assert read(answers=[{"type": "text"}, {}, "x"]).answers == ()


@pytest.mark.parametrize("token", [None, "", "a b", "é"])
def test_a_response_without_its_token_is_unreadable(token: Any) -> None:
    assert rejection(read, token=token) == ("unreadable_lead", {("/form_response/token", "bad_id")})
