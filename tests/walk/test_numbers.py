"""The proof of a number, walked end to end: a tick for calls, a text with a short link, one button, the way back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.builders import ADA
from tests.support.clouds import Cloud
from tests.support.events import a_post, an_event
from tests.walk.conftest import LINKS, Walk, lead
from tests.walk.test_permissions import FLAT, allowed, digest, post_form

MOBILE, OTHER_MOBILE, LANDLINE = "+4915112345678", "+4915187654321", "+493090182000"
GERMAN = {**ADA, "country": "DE", "phone": MOBILE}


def number_page(walk: Walk, token: str, body: bytes | None = None) -> dict[str, Any]:
    method = "GET" if body is None else "POST"
    event = an_event(f"/c/{token}", "/c/{token}", {"token": token}, method, body or b"", FLAT)
    return walk.call("permission_pages", event)


def short_link(walk: Walk, number: int = 0) -> str:
    """The token in the newest text, or in one before."""
    found = re.findall(rf"{LINKS}/c/([\w-]+)$", walk.texts()[number].text)
    return str(found[0])


def test_a_tick_for_calls_in_germany_is_proved_by_a_text(walk: Walk) -> None:
    receipt = json.loads(post_form(walk, GERMAN, "mkt_phone")["body"])
    walk.relay()
    (text,) = walk.texts()
    before = digest(walk)
    shown = number_page(walk, short_link(walk))
    looked_at = digest(walk)

    done = number_page(walk, short_link(walk), b"act=confirm")

    assert receipt["to_do"] == [{"purpose": "mkt_phone", "what": "confirm_by_phone"}]
    assert text.to == MOBILE
    assert walk.mails() == []
    assert (shown["statusCode"], before == looked_at) == (200, True)
    assert done["statusCode"] == 200
    assert allowed(walk, "mkt_phone")


def test_the_same_link_takes_back_what_it_granted(walk: Walk) -> None:
    post_form(walk, GERMAN, "mkt_phone")
    walk.relay()
    link = short_link(walk)
    assert number_page(walk, link, b"act=take_back")["statusCode"] == 400
    number_page(walk, link, b"act=confirm")
    again = number_page(walk, link)

    ended = number_page(walk, link, b"act=take_back")

    assert "take_back" in again["body"]
    assert ended["statusCode"] == 200
    assert not allowed(walk, "mkt_phone")
    assert number_page(walk, link)["statusCode"] == 410
    assert number_page(walk, link, b"act=take_back")["statusCode"] == 410
    walk.relay()
    changes = [one["data"]["change"] for one in walk.messages() if one["type"] == "lead.permission_changed"]
    assert changes == ["doi_confirmed", "consent_withdrawn"]


def test_a_mail_and_a_text_each_confirm_their_own(walk: Walk) -> None:
    post_form(walk, GERMAN, "mkt_phone", "mkt_email")
    walk.relay()

    number_page(walk, short_link(walk), b"act=confirm")

    assert (allowed(walk, "mkt_phone"), allowed(walk, "mkt_email")) == (True, False)
    assert lead(walk)["permission"]["marketing"]["email"] == "after_doi"
    assert len(walk.mails()) == 1


def test_a_link_speaks_for_the_number_that_it_was_sent_to(walk: Walk) -> None:
    post_form(walk, GERMAN, "mkt_phone")
    walk.relay()
    first = short_link(walk)
    post_form(walk, {**GERMAN, "phone": OTHER_MOBILE}, "mkt_phone")
    walk.relay()

    old = number_page(walk, first, b"act=confirm")
    new = number_page(walk, short_link(walk), b"act=confirm")

    assert [text.to for text in walk.texts()] == [OTHER_MOBILE, MOBILE]
    assert (old["statusCode"], new["statusCode"]) == (410, 200)
    assert allowed(walk, "mkt_phone")


@pytest.mark.parametrize(
    ("country", "phone"), [("DE", LANDLINE), ("DE", "+4990012345678"), ("DE", "+33612345678"), ("DE", "+447797123456")]
)
def test_where_no_text_can_go_nothing_is_promised_and_nothing_counts(walk: Walk, country: str, phone: str) -> None:
    receipt = json.loads(post_form(walk, {**ADA, "country": country, "phone": phone}, "mkt_phone")["body"])
    walk.relay()

    assert receipt["to_do"] == []
    said = {one["purpose"]: one["outcome"] for one in receipt["recorded"]["consents"]}
    assert said["mkt_phone"] == "not_counted"
    assert walk.texts() == []
    assert lead(walk)["permission"]["marketing"]["phone"] == "no"


def test_without_an_origin_no_text_is_promised_or_sent(open_walk: Callable[..., Walk], moto_cloud: Cloud) -> None:
    walk = open_walk(moto_cloud, SMS_ORIGIN="")

    receipt = json.loads(post_form(walk, GERMAN, "mkt_phone")["body"])
    walk.relay()

    assert receipt["to_do"] == []
    assert walk.texts() == []
    assert lead(walk)["permission"]["marketing"]["phone"] == "no"


def test_known_and_unknown_numbers_get_the_same_bytes(walk: Walk) -> None:
    post_form(walk, GERMAN, "mkt_phone")
    walk.relay()
    number_page(walk, short_link(walk), b"act=confirm")

    def answer(email: str) -> dict[str, Any]:
        body = {"fields": {**GERMAN, "email": email}, "consents": {"mkt_phone": True}}
        reply = walk.call("receive_form", a_post(body))
        told: dict[str, Any] = json.loads(reply["body"])
        return {**told, "receipt_id": ""}

    assert answer("ada@example.com") == answer("grace@example.com")


def test_a_tick_on_the_preference_page_is_proved_by_a_text_too(walk: Walk) -> None:
    post_form(walk, GERMAN, "mkt_phone")
    walk.relay()
    number_page(walk, short_link(walk), b"act=confirm")
    link = walk.doors["permission_pages"].permissions().keyring.link("preferences", lead(walk)["lead_id"])
    path = {"token": link}

    def save(body: bytes) -> None:
        event = an_event(f"/v1/preferences/{link}", "/v1/preferences/{token}", path, "POST", body, FLAT)
        assert walk.call("permission_pages", event)["statusCode"] == 200

    save(b"act=save")
    withdrawn = allowed(walk, "mkt_phone")
    save(b"act=save&mkt_phone=on")

    assert (withdrawn, allowed(walk, "mkt_phone")) == (False, False)
    assert lead(walk)["permission"]["marketing"]["phone"] == "after_doi"
    assert list(lead(walk)["permission"]["pending"]) == ["mkt_phone"]
    walk.relay()
    assert len(walk.texts()) == 1, "one text a day for one number"


def test_no_number_is_in_any_message_or_token(walk: Walk) -> None:
    post_form(walk, GERMAN, "mkt_phone")
    walk.relay()
    number_page(walk, short_link(walk), b"act=confirm")

    outbox = [item for item in walk.items(walk.tables.leads) if item["sk"]["S"].startswith("OUT#")]
    tokens = [item for item in walk.items(walk.tables.leads) if item["pk"]["S"][:2] in ("T#", "M#")]

    assert {item["kind"]["S"] for item in outbox} >= {"sms.confirm", "lead.permission_changed"}
    assert len(tokens) == 3
    assert all("gone_at" in item for item in tokens)
    assert MOBILE[1:] not in json.dumps(outbox + tokens)
