from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.erasure import Order
from shared.domain.errors import Fault, RejectedInput
from shared.domain.submission import ContactPoints
from shared.sources.erasure_request import ErasureRequest, read

JSON = "application/json"
LEAD_ID = "0123456789abcdef0123456789abcdef"


def asked(**members: Any) -> ErasureRequest:
    return read(json.dumps(members).encode(), JSON)


def test_an_address_is_read_in_its_identity_form() -> None:
    assert asked(email=" Ada@Example.COM ") == ErasureRequest("", ContactPoints("ada@example.com"), Order())


def test_a_number_and_the_wish_never_to_hear_again_are_read() -> None:
    found = asked(phone="+33 6 12 34 56 78", never_contact=True, reason="ccpa_delete")

    assert found == ErasureRequest("", ContactPoints(None, "+33612345678"), Order("ccpa_delete", never_contact=True))


def test_a_lead_id_is_read() -> None:
    assert asked(lead_id=LEAD_ID, reason="test") == ErasureRequest(LEAD_ID, ContactPoints(), Order("test"))


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({}, Fault("/email", "required")),
        ({"never_contact": True}, Fault("/email", "required")),
        ({"email": 7}, Fault("/email", "invalid_email")),
        ({"email": ""}, Fault("/email", "invalid_email")),
        ({"email": None}, Fault("/email", "invalid_email")),
        ({"email": "ada@@example.com"}, Fault("/email", "invalid_email")),
        ({"phone": "0612345678"}, Fault("/phone", "invalid_phone")),
        ({"phone": ["+33612345678"]}, Fault("/phone", "invalid_phone")),
        ({"lead_id": LEAD_ID.upper()}, Fault("/lead_id", "invalid_lead_id")),
        ({"lead_id": f"{LEAD_ID}\n"}, Fault("/lead_id", "invalid_lead_id")),
        ({"lead_id": LEAD_ID, "email": "ada@example.com"}, Fault("/lead_id", "beside_a_contact_point")),
        ({"email": "ada@example.com", "never_contact": "yes"}, Fault("/never_contact", "invalid_never_contact")),
        ({"email": "ada@example.com", "reason": "because"}, Fault("/reason", "invalid_reason")),
        ({"email": "ada@example.com", "reason": []}, Fault("/reason", "invalid_reason")),
        ({"email": "ada@example.com", "name": "Ada"}, Fault("/name", "unknown_member")),
    ],
)
def test_what_is_wrong_is_named_and_never_echoed(members: dict[str, Any], fault: Fault) -> None:
    with pytest.raises(RejectedInput) as raised:
        asked(**members)

    assert (raised.value.code, raised.value.faults) == ("invalid_request", (fault,))


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_only_json_is_read(content_type: str | None) -> None:
    with pytest.raises(RejectedInput) as raised:
        read(b'{"email": "ada@example.com"}', content_type)

    assert raised.value.code == "unsupported_media_type"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"email": "a@example.com", "email": "b@example.com"}', b"\xff"])
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(RejectedInput) as raised:
        read(body, JSON)

    assert raised.value.code == "malformed_body"
