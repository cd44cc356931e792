from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import RejectedInput
from shared.domain.sales_answer import Given
from shared.sources.sales_answer import MAX_BODY, read

NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
KEY = "0b8f6a52-9f1c-4d7e-8a34-6c2d1e5f7a90"
TALKED = {"kind": "contacted", "actor": {"team": "sales", "id": "dach-1"}, "next_stage_interest": "yes"}


def given_by(plain: Any, *headers: str, media: str | None = "application/json") -> Given:
    body = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    return read(body, media, headers, NOW)


def refusal(plain: Any, *headers: str, media: str | None = "application/json") -> tuple[str, list[tuple[str, str]]]:
    with pytest.raises(RejectedInput) as refused:
        given_by(plain, *headers, media=media)
    return refused.value.code, [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_an_answer_is_read_with_its_name_and_its_time() -> None:
    found = given_by({**TALKED, "answer_id": KEY, "at": "2026-03-09T09:30:00+01:00"})

    assert (found.answer_id, found.answer.kind, found.answer.actor.side) == (KEY, "contacted", "sales")
    assert found.at == "2026-03-09T08:30:00.000Z"
    assert given_by(TALKED, f'"{KEY}"').at is None


@pytest.mark.parametrize(
    ("headers", "changes", "code", "pointer", "word"),
    [
        ((), {}, "missing_key", "/answer_id", "required"),
        ((KEY, KEY), {}, "bad_key", "", "several_keys"),
        (("x",), {}, "bad_key", "", "key_format"),
        ((KEY,), {"answer_id": "another-answer-id"}, "bad_key", "/answer_id", "keys_differ"),
        ((), {"answer_id": 7}, "bad_key", "/answer_id", "key_format"),
    ],
)
def test_an_answer_without_one_good_name_is_refused(
    headers: tuple[str, ...], changes: dict[str, Any], code: str, pointer: str, word: str
) -> None:
    assert refusal({**TALKED, **changes}, *headers) == (code, [(pointer, word)])


def test_the_name_may_stand_in_the_header_and_in_the_body() -> None:
    assert given_by({**TALKED, "answer_id": KEY}, KEY).answer_id == KEY


def test_all_wrong_places_are_named_at_once() -> None:
    plain = {**TALKED, "answer_id": KEY, "kind": "maybe", "actor": {}, "at": 5}

    code, faults = refusal(plain)

    assert code == "invalid_disposition"
    assert sorted(faults) == [("/actor", "required"), ("/at", "not_an_instant"), ("/kind", "not_offered")]
    assert refusal({**TALKED, "answer_id": KEY, "at": "x"}) == (code, [("/at", "not_an_instant")])


@pytest.mark.parametrize(
    ("body", "media", "code"),
    [
        (b"", "application/json", "malformed_body"),
        (b"{}", None, "unsupported_media_type"),
        (b"{}", "text/csv", "unsupported_media_type"),
        (b"{}", "application/json; charset=latin-1", "unsupported_media_type"),
        (b" " * (MAX_BODY + 1), "application/json", "body_too_large"),
        (b"[1]", "application/json", "malformed_body"),
    ],
)
def test_what_is_no_answer_is_refused(body: bytes, media: str | None, code: str) -> None:
    assert refusal(body, KEY, media=media)[0] == code


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(body: bytes) -> None:
    try:
        found: object = given_by(body, KEY)
    except RejectedInput as refused:
        found = refused

    assert isinstance(found, Given | RejectedInput)
