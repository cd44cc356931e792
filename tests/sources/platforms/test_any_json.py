"""Whatever comes in, a value or a refusal goes out, and whatever goes out can be written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import RejectedInput
from shared.sources import google, hubspot, linkedin, mapped_form, meta, salesforce, signatures, typeform
from shared.sources.platform_lead import PlatformLead
from shared.sources.signatures import Refused
from tests.sources.platforms import vectors as v
from tests.sources.platforms.test_mapped_form import a_source

CODES = {"malformed_body", "body_too_large", "unreadable_lead", "invalid_submission"}


def google_lead(body: bytes) -> Any:
    members = json.loads(body)
    opened = google.unlock(json.dumps(members | {"google_key": v.GOOGLE_KEY}).encode(), [v.GOOGLE_KEY])
    return opened if isinstance(opened, Refused) else google.read_lead(opened.members, "acme")


WEBFLOW = {
    "key": "/payload/id",
    "submitted_at": "/payload/submittedAt",
    "test": "/payload/schema/0/x",
    "answers": "/payload/data",
    "email": "/payload/data/email",
}
READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "linkedin notification": (linkedin.read_notification, v.LINKEDIN_BODY),
    "linkedin lead": (
        lambda body: linkedin.read_lead(body, v.as_json(v.linkedin_form()), "a"),
        v.as_json(v.linkedin_lead()),
    ),
    "linkedin form": (
        lambda body: linkedin.read_lead(v.as_json(v.linkedin_lead()), body, "a"),
        v.as_json(v.linkedin_form()),
    ),
    "meta batch": (meta.read_batch, v.META_ESCAPES),
    "meta lead": (lambda body: meta.read_lead(body, v.as_json(v.meta_form()), "a"), v.as_json(v.meta_lead())),
    "meta lead alone": (lambda body: meta.read_lead(body, None, "a"), v.as_json(v.meta_lead())),
    "meta form": (lambda body: meta.read_lead(v.as_json(v.meta_lead()), body, "a"), v.as_json(v.meta_form())),
    "google": (google_lead, v.GOOGLE_BODY),
    "hubspot": (lambda body: hubspot.read_lead(body, "1", "2", "a"), v.as_json(v.hubspot_body())),
    "typeform": (lambda body: typeform.read_lead(body, "a"), v.TYPEFORM_BODY),
    "webflow": (lambda body: mapped_form.read_lead(body, "application/json", a_source(places=WEBFLOW)), v.WEBFLOW_BODY),
}

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "0", "1", "on", "EMAIL", "urn:li:leadGenForm:1", "\ud800", "\x00", "２", "9" * 50]),
)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for name, member in members for place in places(member, (*here, name)))]


def replaced(value: Any, place: tuple[Any, ...], by: Any) -> Any:
    if not place:
        return by
    if isinstance(value, dict):
        return {name: replaced(one, place[1:], by) if name == place[0] else one for name, one in value.items()}
    return [replaced(one, place[1:], by) if at == place[0] else one for at, one in enumerate(value)]


def outcome(read: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        return read(body)
    except RejectedInput as refused:
        return refused


def check(read: Callable[[bytes], Any], body: bytes) -> None:
    found = outcome(read, body)
    if isinstance(found, RejectedInput):
        assert found.code in CODES
        assert (found.__cause__, found.__context__) == (None, None)
    if isinstance(found, PlatformLead):
        computed = {"contact": asdict(found.contact), "fields": found.fields, "country": found.country}
        json.dumps(asdict(found) | computed, ensure_ascii=False, default=str).encode("utf-8")
        assert all(one.values and all(one.values) for one in found.answers)
        assert not any(one.as_shown and not one.wording for one in found.consents)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_body_with_one_odd_place_is_read_or_refused(name: str, data: st.DataObject) -> None:
    read, good = READERS[name]
    value = json.loads(good)

    body = json.dumps(replaced(value, data.draw(st.sampled_from(places(value)[1:])), data.draw(trees))).encode()

    check(read, body)


@pytest.mark.parametrize("name", [name for name in READERS if name != "google"])
@settings(max_examples=40, deadline=None)
@given(body=st.one_of(st.binary(max_size=60), trees.map(lambda tree: json.dumps(tree).encode())))
def test_any_bytes_are_read_or_refused(name: str, body: bytes) -> None:
    check(READERS[name][0], body)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60), st.binary(max_size=60).map(lambda raw: b"oid=1&a=" + quote_from_bytes(raw).encode())
    )
)
def test_any_flat_body_is_read_or_refused(body: bytes) -> None:
    check(lambda raw: salesforce.read_lead(raw, "a"), body)
    check(lambda raw: salesforce.read_lead(raw, "a", "cp932"), body)
    check(lambda raw: mapped_form.read_lead(raw, "application/x-www-form-urlencoded", a_source()), body)
    salesforce.wishes(body)
    salesforce.organisation_of(body)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=80), st.sampled_from([v.META_SIGNATURE, v.TIKTOK_SIGNATURE])), max_size=2),
    st.binary(max_size=60),
    st.lists(st.text(max_size=10), max_size=3),
)
def test_any_header_and_bytes_are_a_verdict(headers: list[str], body: bytes, secrets: list[str]) -> None:
    given_headers = tuple(headers)

    verdicts = [
        signatures.linkedin(given_headers, body, secrets),
        signatures.meta(given_headers, body, secrets),
        signatures.typeform(given_headers, body, secrets),
        signatures.tiktok(given_headers, body, secrets, v.TIKTOK_NOW),
        signatures.webflow(given_headers, given_headers, body, secrets, v.WEBFLOW_NOW),
        google.unlock(body, secrets),
    ]

    assert all(isinstance(verdict, Refused) for verdict in verdicts)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40))
def test_answers_in_any_language_are_kept(text: str) -> None:
    lead = google_lead(json.dumps({"lead_id": "1", "user_column_data": [{"string_value": text}]}).encode())

    assert lead.answers[0].values == (text,)
