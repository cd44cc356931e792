"""Each purpose over HTTP: ticked, confirmed where the law wants it, seen by sales, ended by preference page, told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.agreement import Field
from tests.builders import ADA
from tests.support.events import a_post, an_event
from tests.walk.conftest import Walk, lead
from tests.walk.test_numbers import MOBILE, number_page, short_link
from tests.walk.test_permissions import FLAT, digest, links, page, post_form

EVERY_PURPOSE = ("mkt_email", "mkt_sms", "mkt_phone", "mkt_autocall", "share_3p", "profiling")
CHANNEL = {"mkt_email": "email", "mkt_sms": "sms", "mkt_phone": "phone", "mkt_autocall": "autocall"}
NUMBERS = {"DE": MOBILE, "FR": "+33612345678", "US": "+12025550123"}
AGE = Field("age", "age", "Your age", required=False, max_length=3, autocomplete="off")


def seen_by_sales(walk: Walk) -> dict[str, Any]:
    """The permission that GET /v1/leads/{lead_id} shows now."""
    lead_id = lead(walk)["lead_id"]
    event = an_event(f"/v1/leads/{lead_id}", "/v1/leads/{lead_id}", {"lead_id": lead_id}, "GET")
    view: dict[str, Any] = json.loads(walk.call("show_lead", event)["body"])["permission"]
    return view


def is_allowed(walk: Walk, purpose: str) -> bool:
    view = seen_by_sales(walk)
    if purpose in CHANNEL:
        return bool(view["marketing"][CHANNEL[purpose]] == "yes")
    return bool(view["share" if purpose == "share_3p" else "profiling"])


def confirm_what_was_sent(walk: Walk) -> None:
    walk.relay()
    if walk.mails():
        assert page(walk, "confirm", links(walk)["confirm"], b"act=confirm")["statusCode"] == 200
    if walk.texts():
        assert number_page(walk, short_link(walk), b"act=confirm")["statusCode"] == 200
    walk.relay()


def save(walk: Walk, *ticked: str) -> dict[str, Any]:
    link = walk.doors["permission_pages"].permissions().keyring.link("preferences", lead(walk)["lead_id"])
    return page(walk, "preferences", link, "&".join(["act=save", *(f"{one}=on" for one in ticked)]).encode())


def ticked_as_by(purpose: str, country: str) -> tuple[str, ...]:
    """A place at an event is a short stay: sharing and judging want a stay that some yes makes long."""
    return (purpose,) if purpose in CHANNEL else ("mkt_email", purpose)


@pytest.mark.parametrize("country", NUMBERS)
@pytest.mark.parametrize("purpose", EVERY_PURPOSE)
def test_each_grant_is_reached_shown_ended_and_told(walk: Walk, purpose: str, country: str) -> None:
    fields = {**ADA, "country": country, "phone": NUMBERS[country]}
    fields.pop("company_size")
    reply = post_form(walk, fields, *ticked_as_by(purpose, country), form_id="event-registration")
    assert reply["statusCode"] == 202, reply["body"]
    confirm_what_was_sent(walk)
    was_allowed = is_allowed(walk, purpose)
    others = {one for one in EVERY_PURPOSE if one not in ticked_as_by(purpose, country) and is_allowed(walk, one)}
    walk.messages()

    assert save(walk)["statusCode"] == 200

    walk.relay()
    (message,) = walk.messages()
    assert was_allowed
    assert others <= ({"mkt_email"} if country == "US" else set())
    assert not is_allowed(walk, purpose)
    assert (message["type"], message["data"]["change"]) == ("lead.permission_changed", "consent_withdrawn")
    assert purpose in message["data"]["purposes"]
    assert "example.com" not in json.dumps(message["data"]["permission"])


@pytest.mark.parametrize("purpose", EVERY_PURPOSE)
def test_ending_one_purpose_ends_no_other(walk: Walk, purpose: str) -> None:
    fields = {"email": "ada@example.com", "country": "FR", "phone": NUMBERS["FR"]}
    post_form(walk, fields, *EVERY_PURPOSE, form_id="event-registration")
    confirm_what_was_sent(walk)
    assert all(is_allowed(walk, one) for one in EVERY_PURPOSE)

    save(walk, *(one for one in EVERY_PURPOSE if one != purpose))

    assert [one for one in EVERY_PURPOSE if not is_allowed(walk, one)] == [purpose]


def test_nobody_is_shared_without_their_own_tick(walk: Walk) -> None:
    post_form(walk, {**ADA, "country": "US"}, "mkt_email")

    assert seen_by_sales(walk)["share"] is False


def test_a_signal_against_sale_outranks_the_tick_for_it(walk: Walk) -> None:
    body = {
        "fields": {"email": "ada@example.com", "country": "US"},
        "consents": {"mkt_email": True, "share_3p": True},
    }
    walk.call("receive_form", a_post(body, "event-registration", {"Sec-GPC": "1"}))

    assert seen_by_sales(walk)["share"] is False


def test_the_preference_page_says_with_whom_data_is_shared_and_the_proof_keeps_it(walk: Walk) -> None:
    fields = {"email": "ada@example.com", "country": "GB"}
    post_form(walk, fields, "mkt_email", "share_3p", form_id="event-registration")
    save(walk, "mkt_email")

    shown = save(walk, "mkt_email", "share_3p")["body"]

    *_, last = ledger_bodies(walk)
    (box,) = last["boxes"]
    assert "third parties: Example Partner GmbH" in shown
    assert (box["label"], box["recipients"]) == (
        "Sharing my details with third parties: Example Partner GmbH",
        ["Example Partner GmbH"],
    )
    assert is_allowed(walk, "share_3p")


# ------------------------------------------------------------------ German


def view(walk: Walk, form_id: str, **query: str) -> dict[str, Any]:
    event = an_event(f"/v1/forms/{form_id}", "/v1/forms/{form_id}", {"form_id": form_id}, "GET")
    told: dict[str, Any] = json.loads(
        walk.call(
            "show_form", {**event, "queryStringParameters": query or None, "multiValueQueryStringParameters": None}
        )["body"]
    )
    return told


def ledger_bodies(walk: Walk) -> list[dict[str, Any]]:
    items = sorted(walk.items(walk.tables.ledger), key=lambda item: item["sk"]["S"])
    return [json.loads(item["body"]["S"]) for item in items]


def test_a_german_form_is_german_in_every_proof(walk: Walk) -> None:
    form = view(walk, "demo-request", lang="de")
    body = {
        "fields": {"email": "ada@example.com", "country": "DE", "timeframe": "Now"},
        "consents": {"mkt_email": True},
        "notice": form["notice"]["ref"],
        "lang": "de",
    }

    receipt = json.loads(walk.call("receive_form", a_post(body))["body"])

    walk.relay()
    (entry,) = ledger_bodies(walk)
    shown = next(box["label"] for box in form["boxes"] if box["purpose"] == "mkt_email")
    assert (form["lang"], form["notice"]["lang"]) == ("de", "de")
    assert next(one for one in form["fields"] if one["name"] == "timeframe")["choice_labels"][0] == "Jetzt"
    assert receipt["recorded"]["lang"] == "de"
    assert {one["wording_sha256"] for one in receipt["recorded"]["consents"]} == {form["notice"]["sha256"]}
    assert receipt["withdraw"]["how"].startswith("Öffnen Sie")
    assert (entry["notice"]["lang"], entry["notice"]["sha256"]) == ("de", form["notice"]["sha256"])
    assert next(box["label"] for box in entry["boxes"] if box["purpose"] == "mkt_email") == shown
    assert walk.mails()[-1].subject == "Bitte bestätigen Sie Ihre Anmeldung"
    assert "Ja, ich bestätige" in page(walk, "confirm", links(walk)["confirm"])["body"]
    assert {item["sk"]["S"] for item in walk.items(walk.tables.notices)} == {"V#2#de"}


def test_a_flat_form_names_its_language_too(walk: Walk) -> None:
    sent = b"email=ada%40example.com&country=DE&phone=%2B4915112345678&consent_mkt_phone=on&lang=de"
    event = a_post({}, "event-registration")

    reply = walk.call(
        "receive_form", an_event(event["path"], event["resource"], event["pathParameters"], "POST", sent, FLAT)
    )

    walk.relay()
    assert reply["statusCode"] in (202, 303)
    assert ledger_bodies(walk)[0]["notice"]["lang"] == "de"
    assert walk.texts()[0].text.startswith("Example Software Ltd: Jemand, vermutlich Sie,")


def test_without_a_language_a_form_is_shown_in_its_own(walk: Walk) -> None:
    assert view(walk, "demo-request")["lang"] == view(walk, "demo-request", lang="fr")["lang"] == "en"
    assert view(walk, "demo-request")["languages"] == ["en", "de"]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"lang": "fr"}, "/lang"),
        ({"lang": 1}, "/lang"),
        ({"lang": ["de"]}, "/lang"),
        ({"lang": "de", "notice": "website-privacy@1"}, "/notice"),
    ],
)
def test_a_language_in_which_nothing_was_shown_is_refused(walk: Walk, more: dict[str, Any], pointer: str) -> None:
    before = digest(walk)

    reply = walk.call("receive_form", a_post({"fields": {"email": "ada@example.com"}, **more}))

    assert reply["statusCode"] == 422
    assert json.loads(reply["body"])["errors"][0]["pointer"] == pointer
    assert digest(walk) == before


# ------------------------------------------------------------------ age


@pytest.fixture
def asking_for_age(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """The same walk with a demo form that asks for the age."""
    door = walk.doors["receive_form"]
    form = door.AGREEMENT.forms["demo-request"]
    asking = replace(form, fields=(*form.fields, AGE), translations={})
    monkeypatch.setattr(door, "AGREEMENT", replace(door.AGREEMENT, forms={"demo-request": asking}))
    return walk


def aged(walk: Walk, age: Any, country: str = "DE", email: str = "ada@example.com") -> dict[str, Any]:
    body = {"fields": {"email": email, "country": country, "age": age}, "consents": {"profiling": True}}
    return walk.call("receive_form", a_post(body))


@pytest.mark.parametrize(("country", "age"), [("DE", 15), ("FR", 14), ("GB", 12), ("BR", 17), ("JP", 15), ("DE", "0")])
def test_below_the_age_of_the_country_nothing_is_stored(asking_for_age: Walk, country: str, age: Any) -> None:
    walk = asking_for_age
    before = digest(walk)

    reply = aged(walk, age, country)

    assert (reply["statusCode"], json.loads(reply["body"])["reason"]) == (422, "age_restricted")
    assert digest(walk) == before


def test_a_child_learns_nothing_about_who_is_known(asking_for_age: Walk) -> None:
    walk = asking_for_age
    aged(walk, 40, email="ada@example.com")
    before = digest(walk)

    known, unknown = aged(walk, 12), aged(walk, 12, email="grace@example.com")

    assert known == unknown
    assert digest(walk) == before


@pytest.mark.parametrize("age", [True, 17.5, -1, 121, "x", "1e1", [], {}, "\u0661\u0662"])
def test_an_age_that_is_none_is_refused_and_not_echoed(asking_for_age: Walk, age: Any) -> None:
    reply = aged(asking_for_age, age)

    assert reply["statusCode"] == 422
    assert json.loads(reply["body"])["errors"] == [{"pointer": "/fields/age", "code": "invalid_age"}]


def test_of_an_age_only_stays_that_a_minor_is_neither_scored_nor_shared(asking_for_age: Walk) -> None:
    walk = asking_for_age
    aged(walk, 17)
    minor = lead(walk)
    aged(walk, None)
    still = lead(walk)
    aged(walk, "18")
    adult = lead(walk)

    assert [one["permission"]["minor"] for one in (minor, still, adult)] == [True, True, False]
    assert [one["permission"]["score"] for one in (minor, still, adult)] == [False, False, True]
    assert "age" not in adult["profile"]
    assert '"age"' not in walk.everything()
