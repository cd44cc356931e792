"""The pages as text: exact words, everything escaped, nothing from elsewhere."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from local.pages import (
    ASSETS,
    COUNTRIES,
    GERMAN_REASONS,
    OTHER_GERMAN_REASON,
    OTHER_REASON,
    REASONS,
    WEB,
    answer,
    content_security_policy,
    render_form,
    render_form_page,
    render_sorry_page,
    render_thanks_page,
)
from shared.domain.agreement import Box
from shared.domain.countries import ISO_3166_1
from tests.browser.builders import BOXES, FIELDS, WORDING, a_form, a_notice, an_agreement
from tests.builders import AGREEMENT

API = "https://api.example.com"


class Tags(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_the_plain_form_holds_every_field_box_and_the_notice() -> None:
    html = render_form(a_form(), a_notice(), API)

    tags = Tags(html)
    names = [tag.get("name") for tag in tags.named("input") + tags.named("select") + tags.named("textarea")]
    expected = [asked.name for asked in FIELDS] + [f"consent_{box.purpose}" for box in BOXES] + ["notice"]
    assert sorted(str(name) for name in names) == sorted(expected)
    assert tags.named("form")[0]["action"] == f"{API}/v1/forms/demo-request/submissions"
    assert tags.named("form")[0]["method"] == "post"
    assert {"type": "hidden", "name": "notice", "value": "website-privacy@1"} in tags.named("input")


def test_no_box_is_ticked_required_or_remembered() -> None:
    boxes = [tag for tag in Tags(render_form(a_form(), a_notice(), API)).named("input") if tag["type"] == "checkbox"]

    assert len(boxes) == len(BOXES)
    assert all("checked" not in box and "required" not in box and box["autocomplete"] == "off" for box in boxes)


@pytest.mark.parametrize("box", [replace(BOXES[0], prechecked=True), replace(BOXES[0], required=True)])
def test_a_box_that_is_no_consent_cannot_be_shown(box: Box) -> None:
    form = a_form(boxes=(box,))

    with pytest.raises(ValueError, match="no consent"):
        render_form(form, a_notice(), API)


def test_the_wording_is_shown_to_the_byte() -> None:
    html = render_form(a_form(), a_notice(), API)

    shown = html.split('<p tabindex="0">')[1].split("</p>")[0]

    assert text_of(shown) == WORDING


def test_every_label_belongs_to_its_control() -> None:
    tags = Tags(render_form(a_form(), a_notice(), API))

    controls = [
        tag
        for tag in tags.named("input") + tags.named("select") + tags.named("textarea")
        if tag.get("type") != "hidden"
    ]

    assert {tag["for"] for tag in tags.named("label")} == {tag["id"] for tag in controls}
    assert all(tag["autocomplete"] for tag in controls)


def test_a_form_without_boxes_has_no_empty_group() -> None:
    assert "<fieldset>" not in render_form(a_form(boxes=()), a_notice(), API)


def test_hostile_words_are_escaped_everywhere() -> None:
    evil = "\"'><script>alert(1)</script>&"
    field = replace(FIELDS[5], name=evil, label=evil, kind=evil, autocomplete=evil, choices=(evil,))
    form = a_form(form_id=evil, title=evil, fields=(field,), boxes=(replace(BOXES[0], purpose=evil, label=evil),))
    notice = replace(a_notice(evil), notice_id=evil, lang=evil)

    html = render_form_page(form, notice, "https://api.example.com/" + evil, (form,))

    assert Tags(html).named("script") == [{"src": "/web/leadgate.js", "defer": None}]
    assert "alert(1)</script>" not in html


def test_pages_load_own_files_only_and_nothing_inline() -> None:
    html = render_form_page(a_form(), a_notice(), API)

    tags = Tags(html)
    loaded = [
        tag.get("src") or tag.get("href") for tag in tags.named("script") + tags.named("link") + tags.named("img")
    ]
    assert all(str(address).startswith("/web/") for address in loaded)
    assert not any(
        "style" in attributes or any(name.startswith("on") for name in attributes) for _, attributes in tags.seen
    )
    assert tags.named("style") == []


def test_styles_load_nothing() -> None:
    for name in ("leadgate.css", "page.css"):
        assert not re.search(r"url\(|@import|@font-face", (WEB / name).read_text("utf-8"))


def test_the_script_weighs_less_than_eight_kilobytes_on_the_wire() -> None:
    assert len(gzip.compress((WEB / "leadgate.js").read_bytes(), 9, mtime=0)) < 8 * 1024


def test_the_script_knows_the_same_countries() -> None:
    script = (WEB / "leadgate.js").read_text("utf-8")
    groups = re.findall(r'COUNTRIES = "([A-Z ]+)"', script)[0].split()

    assert (
        {group[0] + letter for group in groups for letter in group[1:]}
        == ISO_3166_1
        == set(COUNTRIES["en"])
        == set(COUNTRIES["de"])
    )


def test_the_script_uses_no_cookie_and_no_lasting_storage() -> None:
    script = (WEB / "leadgate.js").read_text("utf-8")

    for word in (
        "cookie =",
        "document.cookie",
        "localStorage",
        "indexedDB",
        "sendBeacon",
        "innerHTML",
        "eval(",
        "http://",
        "https://",
    ):
        assert word not in script
    for event in ("mousemove", "pointermove", "keydown", "keyup", "touchmove"):
        assert event not in script


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_the_sorry_page_explains_each_reason(reason: str) -> None:
    title, advice = REASONS[reason]

    shown = text_of(render_sorry_page(reason))

    assert title in shown
    assert advice in shown


@pytest.mark.parametrize(
    "query", ["", "reason=", "reason=<script>", "reason=ada%40example.com", "other=1", "reason=a&reason=b", "%ff=%zz"]
)
def test_the_sorry_page_never_echoes_the_query(query: str) -> None:
    page = answer("/sorry", query, an_agreement(), API)

    assert page is not None
    assert page.body.decode() == render_sorry_page()
    assert OTHER_REASON[0] in page.body.decode()


def test_the_first_form_is_the_start_page() -> None:
    agreement = an_agreement(a_form(form_id="newsletter", title="News"), a_form())

    start, demo = answer("/", "", agreement, API), answer("/demo-request", "", agreement, API)

    assert start is not None
    assert start == demo
    assert b'href="/newsletter"' in start.body


def test_without_the_first_form_the_start_page_lists_the_others() -> None:
    start = answer("/", "", an_agreement(a_form(form_id="newsletter", title="News")), API)

    assert start is not None
    assert b'<a href="/newsletter">News</a>' in start.body


def test_a_closed_form_has_no_page() -> None:
    assert answer("/demo-request", "", an_agreement(a_form(enabled=False)), API) is None


@pytest.mark.parametrize(
    "path", ["/x", "/web/", "/web/../README.md", "/web/countries.json", "/web/%2e%2e", "/thanks/", "//thanks", ""]
)
def test_other_paths_are_not_ours(path: str) -> None:
    assert answer(path, "", an_agreement(), API) is None


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_assets_are_served_with_their_type(name: str) -> None:
    asset = answer(f"/web/{name}", "", an_agreement(), API)

    assert asset is not None
    assert asset.headers["Content-Type"] == ASSETS[name]
    assert asset.body == (WEB / name).read_bytes()


@pytest.mark.parametrize("path", ["/", "/forms", "/thanks", "/sorry", "/trends"])
def test_every_page_forbids_what_it_does_not_need(path: str) -> None:
    page = answer(path, "", an_agreement(), API)

    assert page is not None
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.body.startswith(b"<!doctype html>")


def test_the_policy_names_the_origins_a_form_is_sent_to() -> None:
    policy = content_security_policy(API + "/stage", "https://www.example.com/thanks", "/sorry")

    assert "connect-src 'self' https://api.example.com;" in policy
    assert "form-action 'self' https://api.example.com https://www.example.com;" in policy


def test_a_german_page_asks_and_explains_in_german_only() -> None:
    page = answer("/demo-request", "lang=de", AGREEMENT, "https://api.example.com")
    assert page is not None
    html = page.body.decode("utf-8")

    assert '<html lang="de">' in html
    assert 'data-leadgate-lang="de"' in html
    assert '<input type="hidden" name="lang" value="de">' in html
    assert '<option value="Now">Jetzt</option>' in html
    for german in ("Eine Vorführung anfragen", "Ihre Wahl", "Datenschutzhinweis", "Rufen Sie mich", "Bitte wählen"):
        assert german in html
    for german in ("Zum Inhalt", "Den Leitfaden herunterladen", '<option value="DE">Deutschland</option>'):
        assert german in html
    for english in ("Please choose", "Your choice", "Privacy notice", "I can stop this at any time", "To the content"):
        assert english not in html
    assert '<a href="/demo-request" lang="en" hreflang="en">English</a>' in html


def test_pages_that_cannot_know_the_language_say_everything_in_german_too() -> None:
    for reason in (*REASONS, "whatever"):
        title, advice = GERMAN_REASONS.get(reason, OTHER_GERMAN_REASON)
        assert f'<section lang="de"><h2>{title}</h2><p>{advice}</p>' in render_sorry_page(reason)
    assert set(GERMAN_REASONS) == set(REASONS)
    assert '<section lang="de"><h2>Danke.' in render_thanks_page()


def test_a_language_that_nobody_wrote_falls_back_to_the_forms_own() -> None:
    assert answer("/demo-request", "lang=fr", AGREEMENT, "") == answer("/demo-request", "", AGREEMENT, "")
