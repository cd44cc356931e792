"""Whatever comes in, a submission or a refusal goes out, and a refusal repeats nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import RejectedInput
from shared.domain.submission import Submission
from shared.sources import marketing_context
from tests.sources.builders import (
    BOUNDARY,
    CONTENT_TYPES,
    KEY,
    a_form,
    multipart_body,
    read_bytes,
    urlencoded_body,
)

FORM = a_form()
CODES = {
    "body_too_large",
    "unsupported_media_type",
    "malformed_body",
    "bad_key",
    "invalid_submission",
    "unknown_notice",
}
OUR_NAMES = {
    "/submission_id",
    "/notice",
    "/fields",
    "/consents",
    "/context",
    *(f"/fields/{field.name}" for field in FORM.fields),
    *(f"/consents/{box.purpose}" for box in FORM.boxes),
    *(f"/context/{name}" for name in marketing_context.NAMES),
}

content_types = st.one_of(
    st.none(),
    st.sampled_from(list(CONTENT_TYPES.values())),
    st.text(max_size=40),
    st.builds(
        "{}; {}={}".format, st.sampled_from(list(CONTENT_TYPES.values())), st.text(max_size=9), st.text(max_size=9)
    ),
)
keys = st.lists(st.one_of(st.just(KEY), st.text(max_size=70)), max_size=2).map(tuple)
names = st.one_of(
    st.sampled_from([field.name for field in FORM.fields]),
    st.sampled_from(sorted(marketing_context.NAMES | marketing_context.RAW_TRACES)),
    st.sampled_from(["submission_id", "notice", "consent_mkt_email", "consent_mkt_phone", "mkt_email"]),
    st.text(max_size=8),
)
texts = st.one_of(
    st.sampled_from(["", "on", "ada@example.com", "+442079460958", "GB", "250", "https://example.com/", KEY]),
    st.emails(),
    st.text(max_size=30),
    st.text("+0123456789 -()x", max_size=20),
    st.text("ab@.xn-", max_size=20),
)
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4))
parts = st.sampled_from(["fields", "consents", "context"])
near_json = st.dictionaries(parts, st.dictionaries(names, st.one_of(texts, leaves, trees), max_size=6)).map(json.dumps)
near_flat = st.dictionaries(names, texts.filter(str.isprintable), max_size=8)
bodies = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    trees.map(lambda tree: json.dumps(tree).encode()),
    near_json.map(str.encode),
    near_flat.map(urlencoded_body),
    near_flat.map(multipart_body),
    st.lists(
        st.sampled_from([f"--{BOUNDARY}", "--", "\r\n", "Content-Disposition: form-data; name=a", "x"]), max_size=12
    )
    .map("".join)
    .map(str.encode),
)


@settings(max_examples=600, deadline=None)
@given(bodies, content_types, keys)
def test_any_bytes_are_a_submission_or_a_refusal(body: bytes, content_type: str | None, key: tuple[str, ...]) -> None:
    try:
        outcome: Any = read_bytes(body, content_type, key, FORM)
    except RejectedInput as refused:
        outcome = refused

    assert isinstance(outcome, Submission | RejectedInput)
    if isinstance(outcome, RejectedInput):
        assert outcome.code in CODES
        assert {fault.pointer for fault in outcome.faults} <= OUR_NAMES | {""}
        assert outcome.__cause__ is None
        assert outcome.__context__ is None


@settings(max_examples=300, deadline=None)
@given(near_json)
def test_what_is_read_can_be_written_as_utf8_and_read_again(body: str) -> None:
    try:
        once = read_bytes(body.encode("utf-8"), form=FORM)
    except RejectedInput:
        return
    fields = {name: text for name, text in once.fields.items() if name != "phone_ext"}

    again = read_bytes(
        json.dumps({"fields": fields, "consents": once.consents, "context": once.context}, ensure_ascii=False).encode()
    )

    assert (again.fields, again.contact, again.consents, again.context) == (
        fields,
        once.contact,
        once.consents,
        once.context,
    )


flat_texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Cn", "Zl", "Zp")), max_size=30)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {"email": st.just("Ada@example.com"), "company": flat_texts, "message": flat_texts},
        optional={"first_name": flat_texts, "company_size": st.integers(0, 10**6).map(str)},
    ),
    st.dictionaries(st.sampled_from(["utm_source", "cta", "lead_magnet"]), flat_texts),
    st.dictionaries(st.sampled_from(["visits", "pages_viewed"]), st.integers(0, 99)),
    st.dictionaries(st.sampled_from(["mkt_email", "mkt_phone"]), st.booleans()),
)
def test_json_and_flat_forms_of_the_same_answers_are_equal(
    fields: dict[str, str], marks: dict[str, str], counters: dict[str, int], boxes: dict[str, bool]
) -> None:
    nested = json.dumps({"fields": fields, "context": {**marks, **counters}, "consents": boxes}).encode()
    flat = {
        **fields,
        **marks,
        **{name: str(number) for name, number in counters.items()},
        **{f"consent_{purpose}": "on" if ticked else "" for purpose, ticked in boxes.items()},
    }

    def outcome(body: bytes, content_type: str) -> Any:
        try:
            return read_bytes(body, content_type, form=FORM)
        except RejectedInput as refused:
            return refused.code, refused.faults

    as_json = outcome(nested, CONTENT_TYPES["json"])
    assert outcome(urlencoded_body(flat), CONTENT_TYPES["urlencoded"]) == as_json
    assert outcome(multipart_body(flat), CONTENT_TYPES["multipart"]) == as_json
