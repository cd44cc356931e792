"""The links in mails, walked end to end: real handlers, tables from the template, moto as the cloud."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.builders import ADA
from tests.support.events import a_post, an_event
from tests.walk.conftest import LINKS, Walk, lead

FLAT = {"Content-Type": "application/x-www-form-urlencoded"}
GERMAN = {**ADA, "country": "DE"}
ONE_CLICK = b"List-Unsubscribe=One-Click"
PAGES = {"confirm": "/v1/confirm/{token}", "preferences": "/v1/preferences/{token}", "u": "/u/{token}"}
NOBODYS = {"confirm": "A" * 43, "preferences": "A" * 64, "u": "A" * 64}
ODD_TOKENS = [
    "",
    "x",
    "../../etc/passwd",
    "A" * 42,
    "A" * 44,
    "A" * 65,
    "é" * 43,
    "A" * 43 + "\n",
    "%00" * 20,
    "A" * 9000,
]


def post_form(walk: Walk, fields: dict[str, str], *ticked: str, form_id: str = "demo-request") -> dict[str, Any]:
    body = {"fields": fields, "consents": dict.fromkeys(ticked, True)}
    return walk.call("receive_form", a_post(body, form_id))


def page(
    walk: Walk, name: str, token: str, body: bytes | None = None, method: str = "GET", **headers: str
) -> dict[str, Any]:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    if body is not None:
        method, named = "POST", {**FLAT, **named}
    event = an_event(f"/{name}/{token}", PAGES[name], {"token": token}, method, body or b"", named)
    return walk.call("permission_pages", event)


def links(walk: Walk) -> dict[str, str]:
    """The tokens in the newest mail."""
    text = walk.mails()[-1].body
    return {name: re.findall(rf"{LINKS}/v1/{name}/([\w-]+)", text)[0] for name in ("confirm", "preferences")}


def one_click(walk: Walk) -> str:
    return str(walk.doors["permission_pages"].permissions().keyring.link("one-click", lead(walk)["lead_id"]))


def allowed(walk: Walk, purpose: str) -> bool:
    state = lead(walk)["permission"]
    channel = {"mkt_email": "email", "mkt_phone": "phone"}.get(purpose)
    if channel:
        return bool(state["marketing"][channel] == "yes")
    return state["channels"].get(purpose, {}).get("status") in ("given", "renewed")


def digest(walk: Walk) -> str:
    return hashlib.sha256(walk.everything().encode()).hexdigest()


# Every grant can be reached and ended


@pytest.mark.parametrize(
    ("purpose", "country", "form_id"),
    [
        ("mkt_email", "DE", "demo-request"),
        ("mkt_email", "DE", "newsletter"),
        ("mkt_email", "FR", "demo-request"),
        ("mkt_phone", "FR", "demo-request"),
        ("profiling", "DE", "demo-request"),
        ("profiling", "FR", "content-download"),
    ],
)
def test_the_grant_of_each_purpose_can_be_reached_and_withdrawn(
    walk: Walk, purpose: str, country: str, form_id: str
) -> None:
    fields = {"email": "ada@example.com", "country": country}
    if purpose == "mkt_phone":
        fields["phone"] = "+33612345678"
    post_form(walk, fields, purpose, form_id=form_id)
    walk.relay()
    if walk.mails():
        assert page(walk, "confirm", links(walk)["confirm"], b"act=confirm")["statusCode"] == 200
    assert allowed(walk, purpose)
    link = walk.doors["permission_pages"].permissions().keyring.link("preferences", lead(walk)["lead_id"])

    reply = page(walk, "preferences", link, b"act=save")

    assert reply["statusCode"] == 200
    assert not allowed(walk, purpose)
    types = [json.loads(item["core"]["S"])["type"] for item in walk.items(walk.tables.ledger)]
    assert types[-1] == "consent_withdrawn" or "consent_withdrawn" in types


def test_the_whole_loop_tells_sales_of_every_change(walk: Walk) -> None:
    post_form(walk, GERMAN, "mkt_email")
    walk.relay()
    page(walk, "confirm", links(walk)["confirm"], b"act=confirm")
    walk.relay()
    page(walk, "u", one_click(walk), ONE_CLICK)
    walk.relay()

    messages = walk.messages()

    assert [message["type"] for message in messages] == [
        "lead.sales_qualified",
        "lead.permission_changed",
        "lead.permission_changed",
    ]
    assert [message["data"]["version"] for message in messages] == [1, 2, 3]
    assert [message["data"]["permission"]["marketing"]["email"] for message in messages] == ["after_doi", "yes", "no"]
    assert "example.com" not in json.dumps(messages)


# Looking changes nothing


def test_a_scanner_that_opens_every_link_changes_nothing(walk: Walk) -> None:
    post_form(walk, GERMAN, "mkt_email")
    walk.relay()
    tokens = {**links(walk), "u": one_click(walk)}
    before = digest(walk)

    for name, token in tokens.items():
        for method in ("GET", "HEAD", "GET"):
            page(walk, name, token, method=method)

    assert digest(walk) == before
    assert not allowed(walk, "mkt_email")


@pytest.mark.parametrize("body", [b"", b"act=", b"act=other", b"confirm=1", b"act=confirm&act=confirm", b"\xff", b"{}"])
def test_only_the_pages_own_button_confirms(walk: Walk, body: bytes) -> None:
    post_form(walk, GERMAN, "mkt_email")
    walk.relay()
    before = digest(walk)

    reply = page(walk, "confirm", links(walk)["confirm"], body)

    assert reply["statusCode"] == 400
    assert digest(walk) == before


def stand_still(walk: Walk, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages' clock says this moment."""
    journey = replace(walk.doors["permission_pages"].permissions(), clock=lambda: moment)
    kept = replace(walk.doors["permission_pages"].PAGES, journey=lambda: journey)
    monkeypatch.setitem(walk.doors["permission_pages"].DOORS, "/v1/confirm/{token}", kept.confirm)


@pytest.mark.parametrize("presses", [(b"act=confirm", b"act=bait"), (b"act=bait", b"act=confirm")])
def test_a_machine_that_presses_every_button_confirms_nothing_and_the_person_still_can(
    walk: Walk, presses: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    post_form(walk, GERMAN, "mkt_email")
    walk.relay()
    token, now = links(walk)["confirm"], datetime.now(UTC)

    stand_still(walk, now, monkeypatch)
    replies = [page(walk, "confirm", token, body) for body in presses]
    pressed = allowed(walk, "mkt_email")
    stand_still(walk, now + timedelta(seconds=60), monkeypatch)
    persons = page(walk, "confirm", token, b"act=confirm")

    assert [reply["statusCode"] for reply in [*replies, persons]] == [200, 200, 200]
    assert 'value="confirm"' in replies[-1]["body"]
    assert "once more in a minute" in replies[-1]["body"]
    assert (pressed, allowed(walk, "mkt_email")) == (False, True)


@pytest.mark.parametrize("token", ["A" * 43, "x"])
def test_a_bait_without_a_link_is_answered_as_any_unknown_link(walk: Walk, token: str) -> None:
    post_form(walk, GERMAN, "mkt_email")
    walk.relay()
    before = digest(walk)

    baited, confirmed = (page(walk, "confirm", token, body) for body in (b"act=bait", b"act=confirm"))

    assert baited == confirmed == page(walk, "confirm", token)
    assert (baited["statusCode"], digest(walk)) == (410, before)


# The preference page says what counts


@pytest.mark.parametrize("more", ["mkt_fax=on", "mkt_email=off", "mkt_email=", "Mkt_email=on", "act2=save"])
def test_a_box_that_is_none_of_ours_is_refused_and_ends_nothing(walk: Walk, more: str) -> None:
    post_form(walk, ADA, "mkt_email")
    link = walk.doors["permission_pages"].permissions().keyring.link("preferences", lead(walk)["lead_id"])
    before = digest(walk)

    reply = page(walk, "preferences", link, f"act=save&{more}".encode())

    assert (reply["statusCode"], digest(walk), allowed(walk, "mkt_email")) == (400, before, True)


def test_after_the_end_of_everything_only_what_was_asked_is_shown_and_no_tick_is_lost_in_silence(walk: Walk) -> None:
    post_form(walk, {"email": "ada@example.com", "country": "FR"}, "mkt_email", form_id="newsletter")
    link = walk.doors["permission_pages"].permissions().keyring.link("preferences", lead(walk)["lead_id"])
    page(walk, "preferences", link, b"act=stop")
    walk.relay()
    walk.messages()

    shown = page(walk, "preferences", link)["body"]
    void = page(walk, "preferences", link, b"act=save&mkt_phone=on")["body"]
    walk.relay()

    assert 'name="mkt_email"' in shown
    assert not [name for name in ("mkt_sms", "mkt_phone", "mkt_autocall", "share_3p") if f'name="{name}"' in shown]
    assert "Not every tick counts" in void
    assert "we have no telephone number from you" in void
    assert walk.messages() == []
    assert not allowed(walk, "mkt_phone")


# Links that are none


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_void_and_over_links_get_the_same_bytes(walk: Walk, method: str) -> None:
    post_form(walk, GERMAN, "mkt_email")
    walk.relay()
    token = links(walk)
    page(walk, "preferences", token["preferences"], b"act=save")
    body = b"act=confirm" if method == "POST" else None

    void = page(walk, "confirm", token["confirm"], body)
    unknown = page(walk, "confirm", NOBODYS["confirm"], body)
    odd = page(walk, "confirm", "x", body)

    assert void == unknown == odd
    assert void["statusCode"] == 410


@pytest.mark.parametrize("name", PAGES)
def test_no_odd_token_breaks_a_page(walk: Walk, name: str) -> None:
    for token, body in itertools.product(ODD_TOKENS, (None, b"act=confirm", b"act=save", ONE_CLICK)):
        assert page(walk, name, token, body)["statusCode"] in (200, 400, 410)


# One-click


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, ONE_CLICK),
        (
            {"Content_Type": "multipart/form-data; boundary=b"},
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
        ),
    ],
)
def test_one_click_acts_at_once_and_once(walk: Walk, headers: dict[str, str], body: bytes) -> None:
    post_form(walk, ADA, "mkt_email")
    token = one_click(walk)

    first = page(walk, "u", token, body, **headers)
    state = digest(walk)
    second = page(walk, "u", token, body, **headers)

    assert first == second
    assert (first["statusCode"], "Location" in first["headers"]) == (200, False)
    assert not allowed(walk, "mkt_email")
    assert digest(walk) == state


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=one-click", b"a=b", ONE_CLICK + b"&more=1", b"One-Click"])
def test_any_other_body_is_a_bad_request(walk: Walk, body: bytes) -> None:
    post_form(walk, ADA, "mkt_email")

    reply = page(walk, "u", one_click(walk), body)

    assert (reply["statusCode"], allowed(walk, "mkt_email")) == (400, True)


def test_a_strangers_one_click_looks_like_everybodys(walk: Walk) -> None:
    post_form(walk, ADA, "mkt_email")

    assert page(walk, "u", one_click(walk)) == page(walk, "u", NOBODYS["u"])
    assert page(walk, "u", one_click(walk), ONE_CLICK) == page(walk, "u", NOBODYS["u"], ONE_CLICK)


# Pages


def test_a_page_runs_nothing_keeps_nothing_and_speaks_the_browsers_language(walk: Walk) -> None:
    reply = page(walk, "u", NOBODYS["u"], Accept_Language="fr, de-DE;q=0.8, en;q=0.5")

    assert '<html lang="de">' in reply["body"]
    assert "<script" not in reply["body"] + reply["headers"]["Content-Security-Policy"]
    assert "unsafe-inline" not in reply["headers"]["Content-Security-Policy"]
    assert " style=" not in reply["body"]
    assert (reply["headers"]["Cache-Control"], reply["headers"]["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_the_stylesheet_lies_beside_every_page(walk: Walk) -> None:
    for name in PAGES:
        reply = page(walk, name, "pages.css")

        assert (reply["statusCode"], reply["headers"]["Content-Type"]) == (200, "text/css; charset=utf-8")


# Mail


def test_posting_again_and_again_sends_one_mail(walk: Walk) -> None:
    for _ in range(12):
        post_form(walk, GERMAN, "mkt_email")
    walk.relay()

    assert len(walk.mails()) == 1
    assert walk.mails()[0].destinations["ToAddresses"] == ["ada@example.com"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0", "\x85", "\u2028", "\u2029"])
def test_no_line_end_reaches_a_mail(walk: Walk, end: str) -> None:
    for fields in (
        {**GERMAN, "email": f"ada{end}Bcc: x@example.com"},
        {**GERMAN, "email": f"ada@example.com{end}Bcc:x@example.com"},
        {**GERMAN, "first_name": f"Ada{end}Bcc: x@example.com"},
    ):
        post_form(walk, fields, "mkt_email")
    walk.relay()

    for mail in walk.mails():
        assert mail.destinations["ToAddresses"] == ["ada@example.com"]
        assert "Bcc" not in mail.body + mail.subject


# Opt-out of sale and what the site says


def opt_out(walk: Walk, body: bytes, content_type: str = "application/json") -> dict[str, Any]:
    path = "/v1/privacy/opt-out"
    return walk.call("permission_pages", an_event(path, path, {}, "POST", body, {"Content-Type": content_type}))


def test_an_opt_out_of_sale_is_answered_alike_for_everybody(walk: Walk) -> None:
    post_form(walk, ADA)

    known = opt_out(walk, b'{"email": "ada@example.com"}')
    stranger = opt_out(walk, urlencode({"email": "grace@example.com"}).encode(), FLAT["Content-Type"])
    phone = opt_out(walk, b'{"phone": "+33612345678"}')

    assert known == stranger == phone
    assert known["statusCode"] == 202
    assert lead(walk)["permission"]["sale_optout"]
    assert {item["sk"]["S"] for item in walk.items(walk.tables.suppressions)} == {"SALE"}


def test_the_page_of_a_form_may_ask_for_an_opt_out_and_read_every_answer(walk: Walk) -> None:
    path, ours = "/v1/privacy/opt-out", {"Origin": "https://www.example.com", "Content-Type": "application/json"}
    asked = walk.call("permission_pages", an_event(path, path, {}, "OPTIONS", b"", ours))
    said = walk.call("permission_pages", an_event(path, path, {}, "POST", b'{"email": "ada@example.com"}', ours))
    wrong = walk.call("permission_pages", an_event(path, path, {}, "POST", b"{}", ours))
    theirs = walk.call("permission_pages", an_event(path, path, {}, "OPTIONS", b"", {"Origin": "https://x.example"}))

    assert (asked["statusCode"], said["statusCode"], wrong["statusCode"]) == (204, 202, 422)
    assert "POST" in asked["headers"]["Access-Control-Allow-Methods"]
    for reply in (asked, said, wrong):
        assert reply["headers"]["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert "Access-Control-Allow-Origin" not in theirs["headers"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"email": 1}', b'{"email": "no"}', b'{"name": "x"}', b"\xff"])
def test_an_opt_out_without_a_contact_point_is_a_problem_and_writes_nothing(walk: Walk, body: bytes) -> None:
    before = digest(walk)

    assert opt_out(walk, body)["statusCode"] in (400, 422)
    assert digest(walk) == before


def test_the_site_says_that_it_honours_the_signal_and_where_to_report_a_hole(walk: Walk) -> None:
    said = {
        name: walk.call("permission_pages", an_event(name, name, {}, "GET"))
        for name in ("/.well-known/gpc.json", "/.well-known/security.txt")
    }

    assert json.loads(said["/.well-known/gpc.json"]["body"])["gpc"] is True
    lines = dict(line.split(": ", 1) for line in said["/.well-known/security.txt"]["body"].splitlines())
    assert lines["Contact"].startswith("mailto:")
    left = datetime.fromisoformat(lines["Expires"].replace("Z", "+00:00")) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=366)
